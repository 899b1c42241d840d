"""What is known of a model file by itself: its hash, and what its graph is for; remembered between runs."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nivo_tui.errors import PackError
from nivo_tui.inference.graph import Graph, read_graph

Kind = Literal["scrfd", "yunet", "recogniser", "yolox", "classifier"]

KINDS: tuple[Kind, ...] = ("scrfd", "yunet", "recogniser", "yolox", "classifier")
_FACE = 112
_YOLOX_ROW = 85
_IMAGENET = 1000
_SCRFD_OUTPUTS = (6, 9, 10, 15)


def kind_of(graph: Graph) -> Kind | None:
    """What a graph is for, by its inputs and outputs; None where it is nothing of ours."""
    shape = graph.inputs[0].shape
    if len(graph.inputs) != 1 or len(shape) != 4 or shape[1] not in (3, None):
        return None
    lasts = [value.shape[-1] if value.shape else None for value in graph.outputs]
    names = {value.name for value in graph.outputs}
    if {"cls_8", "obj_8", "bbox_8", "kps_8"} <= names:
        return "yunet"
    if len(lasts) in _SCRFD_OUTPUTS and _is_scrfd(lasts):
        return "scrfd"
    if len(lasts) == 1:
        return _kind_of_one_output(shape, graph.outputs[0].shape)
    return None


def _is_scrfd(lasts: Sequence[int | None]) -> bool:
    """Whether the outputs come in groups of scores, boxes and landmarks, one of each for every stride."""
    strides = 3 if len(lasts) in (6, 9) else 5
    rows = [size for size in (1, 4, 10) for _ in range(strides)][: len(lasts)]
    return all(last in (row, None) for last, row in zip(lasts, rows, strict=True))


def _kind_of_one_output(shape: Sequence[int | None], output: Sequence[int | None]) -> Kind | None:
    if len(output) == 3 and output[-1] == _YOLOX_ROW:
        return "yolox"
    if len(output) != 2 or output[-1] is None:
        return None
    if output[-1] == _IMAGENET:
        return "classifier"
    # Age, gender and landmark networks take larger faces (96, 192) or give few numbers.
    return "recogniser" if tuple(shape[2:]) == (_FACE, _FACE) and output[-1] >= 64 else None


@dataclass(frozen=True, slots=True)
class Fact:
    """A model file's SHA-256, its kind (None: nothing of ours), whether its graph normalises the input."""

    sha256: str
    kind: Kind | None
    normalises: bool


_remembered: dict[str, Fact] = {}
_lock = threading.Lock()


class Facts:
    """Hash and kind of model files, remembered as long as path, size and time of the file stay."""

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._stored: dict[str, list[Any]] = {}
        self._changed = False
        if cache is not None:
            try:
                stored = json.loads(cache.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                stored = {}
            self._stored = stored if isinstance(stored, dict) else {}

    def of(self, path: Path) -> Fact:
        """The facts of one file. Raises PackError where it is no complete model."""
        try:
            state = path.stat()
        except OSError as error:
            raise PackError(f"{path.name} cannot be read: {error.strerror or error}") from error
        key = f"{path.absolute()}|{state.st_size}|{state.st_mtime_ns}"
        with _lock:
            known = _remembered.get(key)
        if known is None:
            known = self._from_cache(key) or _measure(path)
            with _lock:
                _remembered[key] = known
        row = [known.sha256, known.kind, known.normalises]
        if self._stored.get(key) != row:
            self._stored[key] = row
            self._changed = True
        return known

    def kind(self, path: Path) -> Kind | None:
        """What a file is for; None also where it cannot be read."""
        try:
            return self.of(path).kind
        except PackError:
            return None

    def save(self) -> None:
        """Writes the cache file, where there is one; a cache that cannot be written is only slower."""
        if self._cache is None or not self._changed:
            return
        draft = self._cache.with_name(f"{self._cache.name}.{os.getpid()}.new")
        try:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(self._stored, indent=0), encoding="utf-8")
            draft.replace(self._cache)
        except OSError:
            draft.unlink(missing_ok=True)

    def _from_cache(self, key: str) -> Fact | None:
        match self._stored.get(key):
            case [str(sha256), None | str() as kind, bool(normalises)] if kind is None or kind in KINDS:
                return Fact(sha256, next((known for known in KINDS if known == kind), None), normalises)
        return None


def _measure(path: Path) -> Fact:
    graph = read_graph(path)
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PackError(f"{path.name} cannot be read: {error.strerror or error}") from error
    return Fact(sha256, kind_of(graph), graph.normalises)
