"""What is known of a model file by itself: its hash, and what its graph is for; remembered between runs."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal, get_args

from nivo_tui.errors import PackError
from nivo_tui.inference.packs.graph import Graph, Value, read_graph
from nivo_tui.inference.packs.places import is_file

Kind = Literal["scrfd", "yunet", "recogniser", "yolox", "classifier", "image_encoder", "text_encoder"]

KINDS: tuple[Kind, ...] = get_args(Kind)
_FACE = 112
_YOLOX_ROW = 85
_IMAGENET = 1000
_SCRFD_OUTPUTS = (6, 9, 10, 15)
_FLOATS = (0, 1, 10, 11, 16)  # not stated, float, float16, double, bfloat16
_INTEGERS = (6, 7)  # int32, int64
_EMBEDDED = ("embed", "feature")  # how exports name the vector that image and text share
_MOST_DATA_FILES = 64
_LARGEST_SIDE = 4096
_REMEMBERED_FIELDS = 7


def kind_of(graph: Graph) -> Kind | None:
    """What a graph is for, by its inputs and outputs; None where it is nothing of ours."""
    first = graph.inputs[0]
    if _takes_text(graph.inputs):
        return "text_encoder" if _gives_embedding(graph.outputs) else None
    if len(graph.inputs) != 1 or len(first.shape) != 4 or first.element not in _FLOATS:
        return None
    if first.shape[1] in (3, None):
        return _kind_of_channels_first(first, graph)
    return _kind_of_channels_last(first, graph.outputs)


def _kind_of_channels_first(first: Value, graph: Graph) -> Kind | None:
    lasts = [value.shape[-1] if value.shape else None for value in graph.outputs]
    names = {value.name for value in graph.outputs}
    if {"cls_8", "obj_8", "bbox_8", "kps_8"} <= names:
        return "yunet"
    if len(lasts) in _SCRFD_OUTPUTS and _is_scrfd(lasts):
        return "scrfd"
    if len(lasts) == 1:
        return _kind_of_one_output(first.shape, graph.outputs[0])
    return "image_encoder" if _gives_embedding(graph.outputs) else None


def _is_scrfd(lasts: Sequence[int | None]) -> bool:
    """Whether the outputs come in groups of scores, boxes and landmarks, one of each for every stride."""
    strides = 3 if len(lasts) in (6, 9) else 5
    rows = [size for size in (1, 4, 10) for _ in range(strides)][: len(lasts)]
    return all(last in (row, None) for last, row in zip(lasts, rows, strict=True))


def _kind_of_one_output(shape: Sequence[int | None], output: Value) -> Kind | None:
    if len(output.shape) == 3 and output.shape[-1] == _YOLOX_ROW:
        return "yolox"
    if _is_imagenet(output):
        return "classifier"
    last = output.shape[-1] if len(output.shape) == 2 else None
    # Age, gender and landmark networks take larger faces (96, 192) or give few numbers.
    if tuple(shape[2:]) == (_FACE, _FACE) and last is not None and last >= 64:
        return "recogniser"
    return "image_encoder" if _gives_embedding([output]) else None


def _kind_of_channels_last(picture: Value, outputs: Sequence[Value]) -> Kind | None:
    if picture.shape[3] != 3:
        return None
    if len(outputs) == 1 and _is_imagenet(outputs[0]):
        return "classifier"
    return "image_encoder" if _gives_embedding(outputs) else None


def _is_imagenet(output: Value) -> bool:
    """Whether it is a row of 1000 numbers; older exports add sides of 1."""
    return len(output.shape) >= 2 and output.shape[1] == _IMAGENET and set(output.shape[2:]) <= {1}


def _takes_text(inputs: Sequence[Value]) -> bool:
    """Whether it takes rows of token numbers, and at most a mask beside them."""
    return len(inputs) <= 2 and all(len(v.shape) == 2 and v.element in _INTEGERS for v in inputs)


def _gives_embedding(outputs: Sequence[Value]) -> bool:
    """Whether one output is a vector for each input: of its name, or of a usual length.

    Landmark networks give a row, too, but of odd lengths (212, 3309).
    """
    rows = [value for value in outputs if len(value.shape) == 2 and value.element in _FLOATS]
    if any(word in value.name.lower() for value in rows for word in _EMBEDDED):
        return True
    last = rows[0].shape[1] if len(rows) == 1 and len(outputs) == 1 else None
    return last is not None and 256 <= last <= 4096 and last % 64 == 0


@dataclass(frozen=True, slots=True)
class Fact:
    """What a model file is.

    `sha256` is its hash, with that of the weights it keeps in other files; `own_sha256` is of the file alone.
    `kind` None: nothing of ours. `data` are the files of weights beside it, by name, with their hashes.
    """

    sha256: str
    kind: Kind | None
    normalises: bool
    own_sha256: str
    data: tuple[tuple[str, str], ...] = ()


_State = tuple[int, int]
_remembered: dict[str, tuple[tuple[_State, ...], Fact]] = {}
_lock = threading.Lock()


class Facts:
    """Hash and kind of model files, remembered as long as size and time of the file and its data stay.

    With `fresh` every file is read again, once, whatever is remembered of it from before.
    """

    def __init__(self, cache: Path | None, *, fresh: bool = False) -> None:
        self._cache = cache
        self._fresh = fresh
        self._read: set[str] = set()
        self._stored: dict[str, Any] = {}
        self._changed = False
        if cache is not None:
            try:
                stored = json.loads(cache.read_text(encoding="utf-8"))
            except (OSError, ValueError, RecursionError):
                stored = {}
            self._stored = stored if isinstance(stored, dict) else {}

    def of(self, path: Path) -> Fact:
        """The facts of one model file. Raises PackError where it is no complete model."""
        state = _state(path)
        key = str(path.absolute())
        with _lock:
            known = None if self._fresh and key not in self._read else _remembered.get(key)
        known = known if known and known[0] == _states(path, state, known[1]) else None
        known = known or self._from_cache(key, path, state)
        if known is None:
            fact = _measure(path)
            known = _states(path, state, fact), fact
        self._read.add(key)
        with _lock:
            _remembered[key] = known
        row = _row(*known)
        if self._stored.get(key) != row:
            self._stored[key] = row
            self._changed = True
        return known[1]

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

    def _from_cache(self, key: str, path: Path, state: _State) -> tuple[tuple[_State, ...], Fact] | None:
        row = self._stored.get(key)
        if not isinstance(row, list) or len(row) != _REMEMBERED_FIELDS:
            return None
        fact = _fact_of(row)
        if fact is None:
            return None
        states = _states(path, state, fact)
        return (states, fact) if row == _row(states, fact) else None


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal. Raises PackError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PackError(f"{path.name} cannot be read: {error.strerror or error}") from error


def inside(folder: Path, place: str) -> Path | None:
    """The file that the relative path `place` names below `folder`; None where it would lie elsewhere."""
    windows = PureWindowsPath(place)
    parts = PurePosixPath(place.replace("\\", "/")).parts
    if not parts or windows.drive or windows.root or ".." in parts or "\0" in place:
        return None
    return folder.joinpath(*parts)


def _state(path: Path) -> _State:
    try:
        state = path.stat()
    except OSError as error:
        raise PackError(f"{path.name} cannot be read: {error.strerror or error}") from error
    return state.st_size, state.st_mtime_ns


def _states(path: Path, state: _State, fact: Fact) -> tuple[_State, ...]:
    """Size and time of the file and of its data files; (-1, -1) for one that is gone."""
    states = [state]
    for name, _ in fact.data:
        file = inside(path.parent, name)
        try:
            states.append((-1, -1) if file is None else _state(file))
        except PackError:
            states.append((-1, -1))
    return tuple(states)


def _row(states: tuple[_State, ...], fact: Fact) -> list[Any]:
    data = [list(entry) for entry in fact.data]
    later = [list(state) for state in states[1:]]
    return [list(states[0]), fact.sha256, fact.own_sha256, fact.kind, fact.normalises, data, later]


def _fact_of(row: Sequence[Any]) -> Fact | None:
    match row:
        case [_, str(sha256), str(own), None | str() as kind, bool(normalises), list(data), _]:
            known = next((known for known in KINDS if known == kind), None)
            entries = [entry for entry in data if isinstance(entry, list) and len(entry) == 2]
            if known == kind and all(isinstance(text, str) for entry in entries for text in entry):
                return Fact(sha256, known, normalises, own, tuple((name, digest) for name, digest in entries))
    return None


def _measure(path: Path) -> Fact:
    graph = read_graph(path)
    kind = kind_of(graph)
    if kind is not None:
        _check_sides(graph.inputs)
    files = _data_files(path, graph)
    own = file_sha256(path)
    data = tuple((name, file_sha256(file)) for name, file in files)
    if not data:
        return Fact(own, kind, graph.normalises, own)
    together = "".join([own, *(f"{name}\0{digest}\0" for name, digest in data)])
    return Fact(hashlib.sha256(together.encode("utf-8")).hexdigest(), kind, graph.normalises, own, data)


def _check_sides(inputs: Sequence[Value]) -> None:
    """Raises PackError where an input could not be made in the memory there is."""
    for given in inputs:
        if any(side is not None and side > _LARGEST_SIDE for side in given.shape):
            shape = given.shape
            if len(shape) == 4:
                tall, wide = shape[1:3] if shape[3] == 3 and shape[1] != 3 else shape[2:]
                shape = wide, tall
            words = "x".join("?" if side is None else str(side) for side in shape)
            raise PackError(f"its input of {words} is too large: a side can have {_LARGEST_SIDE} at most")


def _data_files(path: Path, graph: Graph) -> list[tuple[str, Path]]:
    """The files of weights beside a model. Raises PackError where one is missing or lies elsewhere."""
    if len(graph.external) > _MOST_DATA_FILES:
        raise PackError(f"{path.name} keeps its weights in more than {_MOST_DATA_FILES} files")
    files = []
    for name in sorted(graph.external):
        file = inside(path.parent, name)
        if file is None:
            raise PackError(
                f"{path.name} is refused: it wants weights from outside its folder ({name[:80]!r})"
            )
        if not is_file(file):
            raise PackError(f"{path.name} keeps its weights in {name[:80]!r}, which is not beside it")
        files.append((name, file))
    return files
