"""Edit lists: what a write changes in a file, and what takes it back."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nivo_tui.errors import RefusedError

_COUNT = struct.Struct("<I")
_HEAD = struct.Struct("<QQQ")
_PIECE = 1 << 19


class EditError(RefusedError):
    """An edit list does not fit the bytes it is applied to, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Edit:
    """`old_length` bytes at `offset` give way to `new`."""

    offset: int
    old_length: int
    new: bytes

    @property
    def end(self) -> int:
        """The offset behind the bytes that give way."""
        return self.offset + self.old_length


EditList = tuple[Edit, ...]
"""Edits in order of their offsets, all of the file before the first of them; none overlaps another."""


def edit_list(edits: Iterable[Edit]) -> EditList:
    """Put edits in order, without those that change nothing. Raises EditError where two overlap."""
    kept = sorted((e for e in edits if e.old_length or e.new), key=lambda edit: (edit.offset, edit.end))
    for first, second in pairwise(kept):
        if second.offset < first.end:
            raise EditError("two changes of the file overlap")
    return tuple(kept)


def apply_edits(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The bytes after all edits. Raises EditError where they reach beyond the data or overlap."""
    pieces: list[bytes | memoryview] = []
    view, position = memoryview(data), 0
    for edit in edits:
        if edit.offset < position or edit.end > len(data):
            raise EditError("the changes do not fit the file")
        pieces += (view[position : edit.offset], edit.new)
        position = edit.end
    return b"".join([*pieces, view[position:]])


def inverse(data: bytes, edits: Sequence[Edit]) -> EditList:
    """The edits that turn `apply_edits(data, edits)` into `data` again."""
    shift, found = 0, []
    for edit in edits:
        found.append(Edit(edit.offset + shift, len(edit.new), data[edit.offset : edit.end]))
        shift += len(edit.new) - edit.old_length
    return tuple(found)


def difference(old: bytes, new: bytes) -> EditList:
    """One edit that turns `old` into `new`: what lies between their common beginning and end."""
    if old == new:
        return ()
    shorter = min(len(old), len(new))
    first = _longest(shorter, lambda start, end: old[start:end] == new[start:end])
    last = _longest(
        shorter - first,
        lambda start, end: old[len(old) - end : len(old) - start] == new[len(new) - end : len(new) - start],
    )
    return (Edit(first, len(old) - first - last, new[first : len(new) - last]),)


def _longest(limit: int, equal: Callable[[int, int], bool]) -> int:
    """How far, up to `limit`, all is equal; piece by piece, then by halving within the piece that differs."""
    low = 0
    while low + _PIECE <= limit and equal(low, low + _PIECE):
        low += _PIECE
    high = min(low + _PIECE, limit)
    while low < high:
        middle = (low + high + 1) // 2
        if equal(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


def pack(edits: Sequence[Edit]) -> bytes:
    """Edits as compressed bytes: zlib of a count and, for each, offset, old length, new length, new bytes."""
    parts = [_COUNT.pack(len(edits))]
    for edit in edits:
        parts += (_HEAD.pack(edit.offset, edit.old_length, len(edit.new)), edit.new)
    return zlib.compress(b"".join(parts))


def unpack(packed: bytes) -> EditList:
    """The edits of `pack`. Raises EditError for other bytes."""
    try:
        raw = zlib.decompress(packed)
        (count,) = _COUNT.unpack_from(raw)
        position, edits = _COUNT.size, []
        for _ in range(count):
            offset, old_length, length = _HEAD.unpack_from(raw, position)
            position += _HEAD.size
            edits.append(Edit(offset, old_length, raw[position : position + length]))
            position += length
    except (zlib.error, struct.error) as error:
        raise EditError("the record of the change is damaged") from error
    if position != len(raw):
        raise EditError("the record of the change is damaged")
    return tuple(edits)
