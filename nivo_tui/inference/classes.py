"""What a photo shows as a whole: a classifier over the 1000 ImageNet classes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from nivo_tui.errors import PackError
from nivo_tui.imaging.working import averaged
from nivo_tui.inference.detections import FloatArray, Pixels, planes
from nivo_tui.inference.packs.inputs import default_input
from nivo_tui.inference.packs.pack import InputSpec, Layout
from nivo_tui.inference.runtime.backend import Model
from nivo_tui.model import ClassScore

COUNT = 1000
_SIDE = 224
_LARGEST_LABELS = 1 << 20


class Classifier:
    """An ImageNet classifier on a session. Any number of threads may call it.

    `names` are the class names by number, the usual ones where none are given. `spec` says how the input is
    made; what the graph itself says of layout and size goes first.
    """

    def __init__(self, model: Model, names: tuple[str, ...] = (), spec: InputSpec | None = None) -> None:
        self._model = model
        self._names = names or imagenet_names()
        self._spec = spec or default_input("classifier")
        self._layout = _layout(model.input_shape, self._spec.layout)
        sides = model.input_shape[1:3] if self._layout == "nhwc" else model.input_shape[2:4]
        height, width = sides if len(sides) == 2 else (None, None)
        self._width = width if isinstance(width, int) else self._spec.width or _SIDE
        self._height = height if isinstance(height, int) else self._spec.height or _SIDE

    def classify(self, rgb: Pixels, top: int = 10) -> tuple[ClassScore, ...]:
        """The `top` likeliest classes of `rgb` (h, w, 3): number, name, probability 0-1; likeliest first.

        Raises PackError where the network fails, or its answer is not one number for each class.
        """
        answers = self._model.run(self._tensor(self._centre(rgb)))
        chances = _chances(self._scores(answers))
        best = np.argsort(-chances, kind="stable")[:top]
        return tuple((int(index), self._name(int(index)), float(chances[index])) for index in best)

    def _scores(self, answers: Sequence[object]) -> NDArray[np.float64]:
        rows = [np.asarray(answer, np.float64).reshape(-1) for answer in answers]
        scores = next((row for row in rows if len(row) == COUNT), None)
        if scores is None:
            counted = ", ".join(str(len(row)) for row in rows)
            raise PackError(f"{self._model.path.name}: {counted} classes are not those of ImageNet")
        if not np.isfinite(scores).all():
            raise PackError(f"{self._model.path.name}: its answer is no number")
        return scores

    def _centre(self, rgb: Pixels) -> Pixels:
        """The middle of the picture at the network's size."""
        height, width = rgb.shape[:2]
        part = min(height / self._height, width / self._width) * self._spec.crop
        tall, wide = max(1, int(self._height * part)), max(1, int(self._width * part))
        top, left = (height - tall) // 2, (width - wide) // 2
        middle = rgb[top : top + tall, left : left + wide]
        size = (self._width, self._height)
        if part > 1:
            return averaged(middle, size)
        return np.asarray(cv2.resize(middle, size, interpolation=cv2.INTER_CUBIC), np.uint8)

    def _tensor(self, picture: Pixels) -> FloatArray:
        mean, std = self._spec.mean, self._spec.std
        factor = (1 / std[0], 1 / std[1], 1 / std[2])
        tensor = planes(picture, mean, factor, blue_first=self._spec.order == "bgr")
        return np.ascontiguousarray(tensor.transpose(0, 2, 3, 1)) if self._layout == "nhwc" else tensor

    def _name(self, index: int) -> str:
        return self._names[index] if index < len(self._names) else f"class_{index}"


@functools.lru_cache(maxsize=1)
def imagenet_names() -> tuple[str, ...]:
    """Short names of the ImageNet classes, by number."""
    text = files("nivo_tui.inference").joinpath("imagenet.txt").read_text(encoding="utf-8")
    return tuple(text.split())


def read_labels(path: Path) -> tuple[str, ...]:
    """The class names in `path`, one a line. Raises PackError unless there are 1000."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_LABELS + 1)
        if len(content) > _LARGEST_LABELS:
            raise PackError(f"the labels file {path.name} is too large")
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"the labels file {path.name} cannot be read: {error}") from error
    names = tuple(line.strip() for line in text.splitlines() if line.strip())
    if len(names) != COUNT:
        raise PackError(f"the labels file {path.name} holds {len(names)} names, not {COUNT}")
    return names


def _layout(shape: Sequence[int | str | None], stated: Layout) -> Layout:
    """Where the graph has its channels; as stated where it leaves that open."""
    if len(shape) != 4 or (shape[1] == 3) == (shape[3] == 3):
        return stated
    return "nchw" if shape[1] == 3 else "nhwc"


def _chances(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities from logits; as they are where the network ends in a softmax of its own."""
    if scores.min() >= 0 and abs(float(scores.sum()) - 1) < 1e-2:
        return scores
    powers: NDArray[np.float64] = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum(), np.float64)
