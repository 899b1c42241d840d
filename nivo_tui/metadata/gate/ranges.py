"""Byte ranges of old and new held side by side, without copies of a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nivo_tui.metadata.edits import Edit
from nivo_tui.metadata.gate.ledger import GateError

_MOST_PASSES = 16
Range = tuple[int, int]
"""(start, end) in bytes."""


def same_bytes(first: bytes, start: int, second: bytes, other: int, length: int) -> bool:
    """Whether `length` bytes of two values are equal. Nothing is copied."""
    if min(start, other, length) < 0 or start + length > len(first) or other + length > len(second):
        return False
    return first.startswith(memoryview(second)[other : other + length], start)


def turns_into(data: bytes, edits: Sequence[Edit], wanted: bytes) -> bool:
    """Whether the edits, applied to the data, would give what is wanted."""
    position = reached = 0
    for edit in edits:
        length = edit.offset - position
        if edit.end > len(data) or not same_bytes(data, position, wanted, reached, length):
            return False
        reached += length
        if not same_bytes(edit.new, 0, wanted, reached, len(edit.new)):
            return False
        reached += len(edit.new)
        position = edit.end
    rest = len(data) - position
    return rest == len(wanted) - reached and same_bytes(data, position, wanted, reached, rest)


class Runs:
    """Ranges of the old bytes and where they are expected in the new, collected and then compared at once.

    What lies side by side or overlaps is compared once, so that a hostile file, whose many ranges cover
    each other, costs no more than an honest one.
    """

    def __init__(self) -> None:
        self._by_shift: dict[int, list[Range]] = {}

    def add(self, old_at: int, new_at: int, length: int) -> None:
        """Expect `length` bytes that stood at `old_at` to stand at `new_at`."""
        if length > 0:
            self._by_shift.setdefault(new_at - old_at, []).append((old_at, old_at + length))

    def require(self, old: bytes, new: bytes, message: str) -> None:
        """Raise GateError unless all ranges are the same; also where comparing would take without end."""
        merged = [(shift, *each) for shift, ranges in self._by_shift.items() for each in union(ranges)]
        if sum(end - start for _, start, end in merged) > _MOST_PASSES * (len(old) + 4096):
            raise GateError("it is built of parts that cover each other over and over")
        if not all(same_bytes(old, at, new, at + shift, end - at) for shift, at, end in merged):
            raise GateError(message)


def union(ranges: Iterable[Range]) -> list[Range]:
    """Ranges in order, those that touch or overlap made one."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged


def without(start: int, end: int, free: Iterable[Range]) -> list[Range]:
    """What is left of a range when the `free` ones are taken out."""
    left, at = [], start
    for first, last in union(free):
        if last <= start or first >= end:
            continue
        if first > at:
            left.append((at, first))
        at = max(at, last)
    if at < end:
        left.append((at, end))
    return left


def is_blank(data: bytes, start: int, end: int, free: Iterable[Range] = ()) -> bool:
    """Whether a range holds nothing but NUL outside the `free` ranges."""
    return not any(data[first:last].strip(b"\0") for first, last in without(start, end, free))
