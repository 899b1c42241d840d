"""The two halves of an image-text pack: pictures and texts as vectors of one space.

The pictures are prepared as CLIP does (Radford et al., 2021): the middle square, its short side averaged down
to the network's size, each channel less its mean and over its spread.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from nivo_tui.errors import PackError
from nivo_tui.inference.detections import FloatArray, Pixels
from nivo_tui.inference.middle import MiddleInput
from nivo_tui.inference.packs.pack import InputSpec
from nivo_tui.inference.phrases.tokens import Tokenizer
from nivo_tui.inference.runtime.backend import Backend, Model, ModelInput

_BLANK = np.zeros((64, 64, 3), np.uint8)
_INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_BATCH = 16
_SHORT = 16
_EMBEDDED = ("embed", "feature")  # how exports name the vector in the common space
_ALIKE = 0.9995


class ImageEncoder:
    """A picture encoder on a session. Any number of threads may call it.

    `spec` says how pictures are prepared; `sizes` are lengths of vectors that the text encoder gives: of
    several outputs the one that fits is meant. `size` is the length of a vector.
    """

    def __init__(self, model: Model, spec: InputSpec, sizes: Collection[int] = ()) -> None:
        self._model = model
        if len(model.input_shape) != 4:
            raise PackError("its picture encoder does not take one colour picture")
        self._input = MiddleInput(model.input_shape, spec)
        answers = model.run(self._input.tensor(_BLANK))
        self._output = _projected(model.path.name, model.outputs, answers, sizes)
        self.size = int(answers[self._output].shape[1])

    def encode(self, rgb: Pixels) -> FloatArray:
        """The (size,) vector of `rgb` (h, w, 3), of length 1. Raises PackError where the network fails."""
        answer = self._model.run(self._input.tensor(rgb))[self._output]
        vectors = _unit(np.asarray(answer, np.float32).reshape(1, -1), self._model.path.name)
        return vectors.reshape(-1)


class TextEncoder:
    """A text encoder on a session of its own, for as long as this object lives.

    It takes ids, (n, length) whole numbers, and maybe an attention mask. `size` is the length of the picture
    encoder's vectors. Raises PackError where it is no text encoder, or no pair with that one.
    """

    def __init__(self, path: Path, tokenizer: Tokenizer, backend: Backend, size: int) -> None:
        self._model = model = backend.load(path, tuple(_INTEGERS))
        masks = [given for given in model.inputs if "mask" in given.name.lower()]
        ids = [given for given in model.inputs if given not in masks]
        if len(ids) != 1 or len(masks) > 1 or len(ids[0].shape) != 2:
            raise PackError(
                f"{path.name} takes {', '.join(given.name for given in model.inputs)}, not a text"
            )
        self._ids, self._mask = ids[0], masks[0] if masks else None
        batch, length = ids[0].shape
        self._batch = batch if isinstance(batch, int) and batch > 0 else None
        free = not isinstance(length, int)
        self._tokenizer = tokenizer.with_length(length) if isinstance(length, int) else tokenizer
        tokens = self._encoded(["a photo"])
        answers = self._run(tokens)
        self._output = _projected(path.name, model.outputs, answers, (size,))
        found = int(answers[self._output].shape[1])
        if found != size:
            raise PackError(
                f"{path.name} gives {found} numbers, the picture encoder {size}: they are no pair"
            )
        self._shortens = free and self._same_when_short(tokens, answers)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """The (n, size) vectors of the texts, each of length 1. Raises PackError where the network fails.

        A session runs on one thread, so on the CPU the batches run side by side.
        """
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        step = self._batch or _BATCH
        places = [order[start : start + step] for start in range(0, len(order), step)]
        workers = 1 if self._model.prefers_few_shapes else os.cpu_count() or 1
        with ThreadPoolExecutor(max_workers=max(1, min(workers, len(places)))) as pool:
            parts = list(pool.map(lambda part: self._vectors([texts[place] for place in part]), places))
        vectors = np.concatenate(parts) if parts else np.empty((0, 0), np.float32)
        sorted_back = np.empty_like(vectors)
        sorted_back[order] = vectors
        return sorted_back

    def _vectors(self, texts: Sequence[str]) -> FloatArray:
        ids, mask = self._encoded(texts)
        if self._shortens:
            longest = int(mask.sum(axis=1).max())
            length = min(-(-longest // _SHORT) * _SHORT, ids.shape[1])
            ids, mask = ids[:, :length], mask[:, :length]
        answer = self._run((ids, mask))[self._output]
        return _unit(np.asarray(answer, np.float32)[: len(texts)], self._model.path.name)

    def _encoded(self, texts: Sequence[str]) -> tuple[Any, Any]:
        """(n, length) ids and mask; where the graph insists on more texts, empty ones follow."""
        missing = max(0, (self._batch or 0) - len(texts))
        rows = [self._tokenizer.encode(text) for text in (*texts, *("",) * missing)]
        return np.array([ids for ids, _ in rows]), np.array([mask for _, mask in rows])

    def _same_when_short(self, tokens: tuple[Any, Any], answers: Sequence[Any]) -> bool:
        """Whether padding may be left out. It is most of a text's work, and counts for nothing in CLIP."""
        ids, mask = tokens
        try:
            short = self._run((ids[:, :_SHORT], mask[:, :_SHORT]))[self._output]
            a, b = (_unit(np.asarray(x, np.float32)[:1], "")[0] for x in (answers[self._output], short))
        except (PackError, ValueError):
            return False
        return float(a @ b) >= _ALIKE

    def _run(self, tokens: tuple[Any, Any]) -> list[Any]:
        given = ((self._ids, tokens[0]), (self._mask, tokens[1]))
        feeds = {one.name: value.astype(_integer(one)) for one, value in given if one is not None}
        return self._model.run_with(feeds)


def _projected(file: str, names: Sequence[str], answers: Sequence[Any], sizes: Collection[int]) -> int:
    """Which output is the vector in the space that pictures and texts share."""
    flat = [place for place, answer in enumerate(answers) if np.ndim(answer) == 2]
    if not flat:
        raise PackError(f"{file} gives no vector for each picture or text")
    named = [place for place in flat if any(word in names[place].lower() for word in _EMBEDDED)]
    among = named or flat
    fitting = [place for place in among if answers[place].shape[1] in sizes]
    return (fitting or among)[0]


def _unit(vectors: FloatArray, file: str) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths <= 0).any():
        raise PackError(f"{file} gives vectors without a direction")
    return np.asarray(vectors / lengths, np.float32)


def _integer(given: ModelInput) -> Any:
    if given.type not in _INTEGERS:
        raise PackError(f"its text encoder takes {given.type} as {given.name}, not whole numbers")
    return _INTEGERS[given.type]
