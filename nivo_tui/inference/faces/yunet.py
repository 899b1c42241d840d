"""YuNet (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023) from its raw network outputs."""

from __future__ import annotations

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

THRESHOLD = 0.6
HINT = 0.1
NMS_OVERLAP = 0.4
_STRIDES = (8, 16, 32)
_NAMES = tuple(f"{part}_{stride}" for part in ("cls", "obj", "bbox", "kps") for stride in _STRIDES)


class YuNet:
    """A YuNet graph on a session."""

    def __init__(self, model: Model, threshold: float = THRESHOLD, name: str = "yunet") -> None:
        missing = [wanted for wanted in _NAMES if wanted not in model.outputs]
        if missing:
            raise PackError(f"{model.path.name}: the output {missing[0]} of a YuNet detector is missing")
        self.name = name
        self.threshold = threshold
        self.hint = HINT
        self.fixed_size = model.fixed_input_size
        self.few_shapes = model.prefers_few_shapes
        self._model = model

    def detect(self, rgb: Pixels, threshold: float | None = None) -> Detections:
        """Faces in `rgb`, whose sides are multiples of 32 (or the fixed size)."""
        floor = self.threshold if threshold is None else threshold
        tensor = scratch((1, 3, *rgb.shape[:2]))
        write_planes(tensor[0], rgb, 0.0, 1.0, blue_first=True)
        outputs = self._model.run(tensor)
        with reading_outputs(self._model.path):
            return self._decode(dict(zip(self._model.outputs, outputs, strict=True)), rgb.shape[1], floor)

    def _decode(self, outputs: dict[str, FloatArray], width: int, floor: float) -> Detections:
        """The faces that the outputs, by name, for an input of this width stand for."""
        parts = []
        for stride in _STRIDES:
            # The score is the geometric mean of "is a face" and "is the centre of something".
            product = np.clip(outputs[f"cls_{stride}"], 0, 1) * np.clip(outputs[f"obj_{stride}"], 0, 1)
            scores = np.sqrt(product.reshape(-1))
            chosen = np.flatnonzero(scores >= floor)
            if not chosen.size:
                continue
            columns = width // stride
            cells = np.stack([chosen % columns, chosen // columns], axis=1).astype(np.float32)
            raw = outputs[f"bbox_{stride}"].reshape(-1, 4)[chosen]
            centres = (cells + raw[:, :2]) * stride
            halves = np.exp(raw[:, 2:]) * (stride / 2)
            points = outputs[f"kps_{stride}"].reshape(-1, 5, 2)[chosen]
            landmarks = (cells[:, None, :] + points) * np.float32(stride)
            parts.append(
                Detections(
                    np.concatenate([centres - halves, centres + halves], axis=1), scores[chosen], landmarks
                )
            )
        if not parts:
            return no_faces(with_landmarks=True)
        return without_doubles(joined(parts), NMS_OVERLAP)
