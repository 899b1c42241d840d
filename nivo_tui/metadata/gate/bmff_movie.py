"""The movie box of image sequences and motion photos: the same but for chunk offsets, which must follow.

ISO/IEC 14496-12, 8.7.5 (stco, co64) and 8.7.9 (saio).
"""

from __future__ import annotations

from bisect import bisect_right

from nivo_tui.metadata.gate.bmff_boxes import Box, boxes, number
from nivo_tui.metadata.gate.ledger import GateError
from nivo_tui.metadata.gate.ranges import Range, same_bytes, without

_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_TABLES = {b"stco": 4, b"co64": 8}
_FRAGMENTS = (b"moof", b"mfra", b"sidx")
_COMPARED_BYTES = 64
_MOST_OFFSETS = 400_000
_MOST_BOXES = 4096


def check(old: bytes, before: list[Box], new: bytes, after: list[Box], shifts: list[tuple[Box, int]]) -> None:
    """Raise GateError unless each chunk of a movie is found where it went.

    `shifts` tells for each box of the old file how far it moves.
    """
    movies, others = ([box for box in top if box.kind == b"moov"] for top in (before, after))
    if len(movies) != len(others):
        raise GateError("a movie would be lost")
    is_moved = any(shift for _, shift in shifts)
    if is_moved and any(box.kind in _FRAGMENTS for box in before):
        raise GateError("a movie in fragments would not be found any more")
    for movie, other in zip(movies, others, strict=True):
        if movie.size != other.size:
            raise GateError("the movie would change")
        if is_moved and old.find(b"iloc", movie.at, movie.end) >= 0:
            raise GateError("items within a movie would not be found any more")
        tables = _offset_tables(old, movie)
        _check_offsets(old, new, other.at - movie.at, tables, shifts)
        ranges = [(start, start + size * count) for start, size, count in tables]
        _check_rest(old, new, movie, other.at - movie.at, ranges)


def _offset_tables(data: bytes, movie: Box) -> list[tuple[int, int, int]]:
    """Where the numbers of each table of offsets stand, their size and count."""
    found = []
    waiting = [movie]
    visited = 0
    while waiting:
        box = waiting.pop()
        visited += 1
        if visited > _MOST_BOXES:
            raise GateError("it has more boxes than any movie")
        if box.kind in _CONTAINERS and box.body < box.end:
            waiting += boxes(data, box.body, box.end)[0]
        elif box.kind in _TABLES:
            count = number(data, box.body + 4, 4, box.end)
            found.append((box.body + 8, _TABLES[box.kind], count))
        elif box.kind == b"saio":
            version, flags = number(data, box.body, 1, box.end), number(data, box.body + 1, 3, box.end)
            at = box.body + 4 + (8 if flags & 1 else 0)
            found.append((at + 4, 4 if version == 0 else 8, number(data, at, 4, box.end)))
        if found and (found[-1][0] + found[-1][1] * found[-1][2] > movie.end):
            raise GateError("a box of it ends early")
    if sum(count for _, _, count in found) > _MOST_OFFSETS:
        raise GateError("it has more chunks than any movie")
    return found


def _check_offsets(
    old: bytes, new: bytes, moved: int, tables: list[tuple[int, int, int]], shifts: list[tuple[Box, int]]
) -> None:
    starts = [box.at for box, _ in shifts]
    for table, size, count in tables:
        for at in range(table, table + size * count, size):
            offset = int.from_bytes(old[at : at + size], "big")
            other = int.from_bytes(new[at + moved : at + moved + size], "big")
            place = bisect_right(starts, offset) - 1
            box, shift = shifts[place] if place >= 0 else (None, 0)
            is_inside = box is not None and offset < box.end
            length = max(min(_COMPARED_BYTES, len(old) - offset), 0)
            if is_inside and (other - offset != shift or not same_bytes(old, offset, new, other, length)):
                raise GateError("a part of the movie would not be found any more")
            if not is_inside and other not in (offset, offset + shift):
                raise GateError("a part of the movie would not be found any more")


def _check_rest(old: bytes, new: bytes, movie: Box, moved: int, tables: list[Range]) -> None:
    for start, end in without(movie.at, movie.end, tables):
        if not same_bytes(old, start, new, start + moved, end - start):
            raise GateError("the movie would change")
