"""SCRFD, the detector of the InsightFace packs (Guo et al., "Sample and Computation Redistribution for
Efficient Face Detection", ICLR 2022): input, anchors and decoding.
"""

from __future__ import annotations

import functools

import numpy as np

from nivo_tui.errors import PackError
from nivo_tui.inference.detections import (
    Detections,
    FloatArray,
    Pixels,
    joined,
    no_faces,
    scratch,
    without_doubles,
    write_planes,
)
from nivo_tui.inference.runtime.backend import Model, reading_outputs

THRESHOLD = 0.5
HINT = 0.15
NMS_OVERLAP = 0.4
_MEAN, _SPREAD = 127.5, 128.0

# Outputs -> (strides, anchors at each point, with landmarks): scores of all strides, then boxes, then points.
_LAYOUTS = {
    6: ((8, 16, 32), 2, False),
    9: ((8, 16, 32), 2, True),
    10: ((8, 16, 32, 64, 128), 1, False),
    15: ((8, 16, 32, 64, 128), 1, True),
}


class Scrfd:
    """An SCRFD graph on a session."""

    def __init__(self, model: Model, threshold: float = THRESHOLD, name: str = "scrfd") -> None:
        layout = _LAYOUTS.get(len(model.outputs))
        if layout is None:
            raise PackError(f"{model.path.name}: {len(model.outputs)} outputs are not those of SCRFD")
        self.name = name
        self.threshold = threshold
        self.hint = HINT
        self.fixed_size = model.fixed_input_size
        self.few_shapes = model.prefers_few_shapes
        self._model = model
        self._strides, self._anchors, self._has_landmarks = layout

    def detect(self, rgb: Pixels, threshold: float | None = None) -> Detections:
        """Faces in `rgb`, whose sides are multiples of 32 (or the fixed size)."""
        floor = self.threshold if threshold is None else threshold
        height, width = rgb.shape[:2]
        tensor = scratch((1, 3, height, width))
        write_planes(tensor[0], rgb, _MEAN, 1 / _SPREAD)
        outputs = self._model.run(tensor)
        with reading_outputs(self._model.path):
            return self.decode(outputs, width, height, floor)

    def decode(self, outputs: list[FloatArray], width: int, height: int, threshold: float) -> Detections:
        """The faces that the network's outputs for a (height, width) input stand for.

        Boxes are distances from the anchor point to the four sides, landmarks offsets from it, both in
        units of the stride.
        """
        levels = len(self._strides)
        parts = []
        for level, stride in enumerate(self._strides):
            scores = outputs[level].reshape(-1)
            chosen = np.flatnonzero(scores >= threshold)
            if not chosen.size:
                continue
            points = _anchor_points(height // stride, width // stride, stride, self._anchors)[chosen]
            sides = outputs[level + levels].reshape(-1, 4)[chosen] * stride
            boxes = np.concatenate([points - sides[:, :2], points + sides[:, 2:]], axis=1)
            landmarks = None
            if self._has_landmarks:
                offsets = outputs[level + 2 * levels].reshape(-1, 5, 2)[chosen] * stride
                landmarks = points[:, None, :] + offsets
            parts.append(Detections(boxes, scores[chosen], landmarks))
        if not parts:
            return no_faces(self._has_landmarks)
        return without_doubles(joined(parts), NMS_OVERLAP, pixel=1.0)


@functools.lru_cache(maxsize=64)
def _anchor_points(rows: int, columns: int, stride: int, anchors: int) -> FloatArray:
    """The (x, y) of each anchor, (rows * columns * anchors, 2), row by row."""
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    return np.repeat(grid * stride, anchors, axis=0).astype(np.float32)
