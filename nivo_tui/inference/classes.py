"""What a photo shows as a whole: a classifier over the 1000 ImageNet classes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nivo_tui.errors import PackError
from nivo_tui.inference.detections import Pixels
from nivo_tui.inference.middle import MiddleInput
from nivo_tui.inference.packs.inputs import default_input
from nivo_tui.inference.packs.pack import InputSpec
from nivo_tui.inference.runtime.backend import Model
from nivo_tui.model import ClassScore

COUNT = 1000
_LARGEST_LABELS = 1 << 20


class Classifier:
    """An ImageNet classifier on a session. Any number of threads may call it.

    `names` are the class names by number, the usual ones where none are given. `spec` says how the input is
    made; what the graph itself says of layout and size goes first.
    """

    def __init__(self, model: Model, names: tuple[str, ...] = (), spec: InputSpec | None = None) -> None:
        self._model = model
        self._names = names or imagenet_names()
        self._input = MiddleInput(model.input_shape, spec or default_input("classifier"))

    def classify(self, rgb: Pixels, top: int = 10) -> tuple[ClassScore, ...]:
        """The `top` likeliest classes of `rgb` (h, w, 3): number, name, probability 0-1; likeliest first.

        Raises PackError where the network fails, or its answer is not one number for each class.
        """
        answers = self._model.run(self._input.tensor(rgb))
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


def _chances(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities from logits; as they are where the network ends in a softmax of its own."""
    if scores.min() >= 0 and abs(float(scores.sum()) - 1) < 1e-2:
        return scores
    powers: NDArray[np.float64] = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum(), np.float64)
