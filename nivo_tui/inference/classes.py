"""What a photo shows as a whole: a classifier over the 1000 ImageNet classes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from nivo_tui.errors import PackError
from nivo_tui.imaging.working import averaged
from nivo_tui.inference.detections import Pixels, planes
from nivo_tui.inference.runtime import Model

COUNT = 1000
_SIDE = 224
_CROP = 0.875  # the part of the short side that is looked at, as the network was evaluated
_MEAN, _SPREAD = 127.0, 128.0

ClassScore = tuple[int, str, float]


class Classifier:
    """An ImageNet classifier on a session. Any number of threads may call it.

    `names` are the class names by number; without them a class is called "class_N".
    """

    def __init__(self, model: Model, names: tuple[str, ...] = ()) -> None:
        self._model = model
        self._names = names
        self._width, self._height = model.fixed_input_size or (_SIDE, _SIDE)

    def classify(self, rgb: Pixels, top: int = 10) -> tuple[ClassScore, ...]:
        """The `top` likeliest classes of `rgb` (h, w, 3): number, name, probability 0-1; likeliest first."""
        picture = self._centre(rgb)
        scores = np.asarray(self._model.run(planes(picture, _MEAN, 1 / _SPREAD))[0], np.float64).reshape(-1)
        if len(scores) != COUNT:
            raise PackError(f"{self._model.path.name}: {len(scores)} classes are not those of ImageNet")
        chances = _chances(scores)
        best = np.argsort(-chances, kind="stable")[:top]
        return tuple((int(index), self._name(int(index)), float(chances[index])) for index in best)

    def _centre(self, rgb: Pixels) -> Pixels:
        """The middle of the picture at the network's size."""
        height, width = rgb.shape[:2]
        part = min(height / self._height, width / self._width) * _CROP
        tall, wide = max(1, int(self._height * part)), max(1, int(self._width * part))
        top, left = (height - tall) // 2, (width - wide) // 2
        middle = rgb[top : top + tall, left : left + wide]
        size = (self._width, self._height)
        if part > 1:
            return averaged(middle, size)
        return np.asarray(cv2.resize(middle, size, interpolation=cv2.INTER_CUBIC), np.uint8)

    def _name(self, index: int) -> str:
        return self._names[index] if index < len(self._names) else f"class_{index}"


def read_labels(path: Path) -> tuple[str, ...]:
    """The class names in `path`, one a line. Raises PackError unless there are 1000."""
    try:
        names = tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"the labels file {path.name} cannot be read: {error}") from error
    if len(names) != COUNT:
        raise PackError(f"the labels file {path.name} holds {len(names)} names, not {COUNT}")
    return names


def _chances(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities from logits; as they are where the network ends in a softmax of its own."""
    if scores.min() >= 0 and abs(float(scores.sum()) - 1) < 1e-3:
        return scores
    powers: NDArray[np.float64] = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum(), np.float64)
