"""The image data of ISO base media files: HEIF's primary item, Canon CR3's largest track."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from nivo_tui.imaging.source import ByteSource

Extent = tuple[int, int]

_DERIVED = b"dimg"
_FIELD = {0: "", 1: "B", 2: "H", 4: "I", 8: "Q"}
_MOST_BOXES, _MOST_ITEMS, _MOST_EXTENTS, _MOST_SAMPLES = 4096, 65_536, 1_000_000, 4_000_000
_MOST_META_BYTES = 64 * 1024 * 1024


# Of boxes and places a photo in tiles has a hundred: plain tuples are made in a third of the time.


class _Box(NamedTuple):
    kind: bytes
    start: int
    end: int


class _EarlyEnd(ValueError):
    """A box is shorter than what it says it holds."""


@dataclass(slots=True)
class _Cursor:
    """Reads big-endian numbers of a box's payload one after the other."""

    data: bytes
    at: int = 0

    def take(self, size: int) -> int:
        if self.at + size > len(self.data):
            raise _EarlyEnd("the box ends early")
        value = int.from_bytes(self.data[self.at : self.at + size], "big")
        self.at += size
        return value

    def row(self, count: int, size: int) -> tuple[int, ...]:
        """The next `count` numbers of 2 or 4 bytes each."""
        end = self.at + count * size
        if end > len(self.data):
            raise _EarlyEnd("the box ends early")
        numbers: tuple[int, ...] = struct.unpack_from(f">{count}{_FIELD[size]}", self.data, self.at)
        self.at = end
        return numbers


def bmff_extents(source: ByteSource) -> list[Extent] | None:
    """Extents of the primary item and of what it is derived from; without one, those of the largest track."""
    top = {box.kind: box for box in _boxes(source, 0, source.size)}
    if b"meta" in top:
        found = _primary_extents(source, top[b"meta"])
        if found:
            return found
    return _largest_track(source, top[b"moov"]) if b"moov" in top else None


def _boxes(source: ByteSource, start: int, end: int) -> Iterator[_Box]:
    """The boxes in a range (ISO/IEC 14496-12, 4.2): `start` and `end` are those of each one's payload."""
    at = start
    for _ in range(_MOST_BOXES):
        head = source.read(at, 16) if at + 8 <= end else b""
        if len(head) < 8:
            return
        size, payload = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:
            size, payload = int.from_bytes(head[8:16], "big"), at + 16
        box_end = end if size == 0 else at + size
        if box_end < payload or box_end > end:
            return
        yield _Box(head[4:8], payload, box_end)
        at = box_end


def _primary_extents(source: ByteSource, meta: _Box) -> list[Extent] | None:
    if meta.end - meta.start > _MOST_META_BYTES:
        return None
    boxes: dict[bytes, _Box] = {}
    for box in _boxes(source, meta.start + 4, meta.end):
        boxes.setdefault(box.kind, box)
    if b"pitm" not in boxes or b"iloc" not in boxes:
        return None
    pitm = _payload(source, boxes[b"pitm"])
    version = pitm.take(1)
    pitm.take(3)
    primary = pitm.take(2 if version == 0 else 4)
    locations = _item_locations(_payload(source, boxes[b"iloc"]))
    sources = _derivations(source, boxes[b"iref"]) if b"iref" in boxes else {}
    idat = boxes.get(b"idat")
    extents: list[Extent] = []
    for item in _with_sources(primary, sources):
        if item not in locations:
            return None
        extents += _placed(locations[item], idat, source.size)
    return extents


def _payload(source: ByteSource, box: _Box) -> _Cursor:
    return _Cursor(source.read(box.start, box.end - box.start))


class _Location(NamedTuple):
    method: int
    extents: list[Extent]


class _ItemLayout:
    """How an `iloc` box lays out its items: a head, then an extent as often as the head says.

    Widths are in bytes; one of 0 means that the field is not there and stands for 0.
    """

    def __init__(self, version: int, widths: int) -> None:
        """`widths` is the box's 16-bit field of them: offset, length, base, index, four bits each."""
        offset, length, base = (_FIELD[widths >> shift & 15] for shift in (12, 8, 4))
        self._numbered = version in (1, 2)
        self._based, self._placed, self._measured = bool(base), bool(offset), bool(length)
        self._full = self._placed and self._measured
        index = _FIELD[widths & 15] if self._numbered else ""
        # Item, construction method (where the version has one), data reference, base, number of extents.
        item = "H" if version < 2 else "I"
        self.head = struct.Struct(f">{item}{'HH' if self._numbered else 'H'}{base}H")
        self.extent = struct.Struct(f">{index}{offset}{length}")

    def read(self, data: bytes, at: int) -> tuple[int, _Location, int]:
        """The item at a place in the box, where its data lies, and the place behind it."""
        head = self.head.unpack_from(data, at)
        at += self.head.size
        end = at + head[-1] * self.extent.size
        if end > len(data):
            raise _EarlyEnd("the box ends early")
        base = head[-2] if self._based else 0
        if self._full:
            extents = [(base + fields[-2], fields[-1]) for fields in self.extent.iter_unpack(data[at:end])]
        else:
            extents = self._sparse(base, data[at:end], head[-1])
        # A data reference other than this file (0) points elsewhere.
        elsewhere = head[2] if self._numbered else head[1]
        method = head[1] & 15 if self._numbered else 0
        return head[0], _Location(-1 if elsewhere else method, extents), end

    def _sparse(self, base: int, data: bytes, count: int) -> list[Extent]:
        """Extents that lack an offset or a length, which then is 0."""
        extents = []
        for fields in self.extent.iter_unpack(data) if self.extent.size else [()] * count:
            length = fields[-1] if self._measured else 0
            offset = fields[-1 - self._measured] if self._placed else 0
            extents.append((base + offset, length))
        return extents


def _item_locations(iloc: _Cursor) -> dict[int, _Location]:
    """ISO/IEC 14496-12, 8.11.3. Items after the end of the box are missing; those before it stand."""
    version = iloc.take(1)
    iloc.take(3)
    layout = _ItemLayout(version, iloc.take(2))
    locations: dict[int, _Location] = {}
    total = 0
    count, at = iloc.take(2 if version < 2 else 4), iloc.at
    for _ in range(min(count, _MOST_ITEMS)):
        try:
            item, location, at = layout.read(iloc.data, at)
        except (struct.error, _EarlyEnd):
            break
        total += len(location.extents)
        if total > _MOST_EXTENTS:
            raise ValueError("too many extents")
        locations[item] = location
    return locations


def _derivations(source: ByteSource, iref: _Box) -> dict[int, list[int]]:
    """Which items each item is derived from, in order (8.11.12, reference type `dimg`)."""
    id_size = 2 if source.read(iref.start, 1) == b"\0" else 4
    found: dict[int, list[int]] = {}
    for box in _boxes(source, iref.start + 4, iref.end):
        if box.kind != _DERIVED:
            continue
        body = _payload(source, box)
        item = body.take(id_size)
        found.setdefault(item, []).extend(body.row(body.take(2), id_size))
    return found


def _with_sources(primary: int, sources: dict[int, list[int]]) -> list[int]:
    """The primary item, then all it is derived from, each once, depth first."""
    ordered: list[int] = []
    seen: set[int] = set()
    stack = [primary]
    while stack and len(ordered) < _MOST_ITEMS:
        item = stack.pop()
        if item in seen:
            continue
        seen.add(item)
        ordered.append(item)
        stack.extend(reversed(sources.get(item, ())))
    return ordered


def _placed(location: _Location, idat: _Box | None, size: int) -> list[Extent]:
    """Construction method 0: offsets in the file; 1: in the `idat` box; a length of 0 runs to the end."""
    if location.method == 0:
        base, end = 0, size
    elif location.method == 1 and idat is not None:
        base, end = idat.start, idat.end
    else:
        raise ValueError("a construction method that is not known")
    return [(base + offset, length or end - base - offset) for offset, length in location.extents]


def _largest_track(source: ByteSource, moov: _Box) -> list[Extent] | None:
    """The samples of the track of the most bytes: a CR3's sensor data, the frames of a sequence."""
    best: list[Extent] = []
    for trak in _boxes(source, moov.start, moov.end):
        if trak.kind == b"trak":
            samples = _samples(source, trak)
            if sum(length for _, length in samples) > sum(length for _, length in best):
                best = samples
    return best or None


def _samples(source: ByteSource, trak: _Box) -> list[Extent]:
    table = _descend(source, trak, (b"mdia", b"minf", b"stbl"))
    if table is None:
        return []
    boxes = {box.kind: box for box in _boxes(source, table.start, table.end)}
    chunks = boxes.get(b"co64") or boxes.get(b"stco")
    if chunks is None or b"stsz" not in boxes or b"stsc" not in boxes:
        return []
    offset_size = 8 if chunks.kind == b"co64" else 4
    offsets = _table(source, chunks, offset_size)
    sizes = _sample_sizes(source, boxes[b"stsz"])
    per_chunk = _samples_per_chunk(source, boxes[b"stsc"], len(offsets))
    extents: list[Extent] = []
    sample = 0
    for offset, count in zip(offsets, per_chunk, strict=False):
        length = sum(sizes[sample : sample + count])
        sample += count
        if length:
            extents.append((offset, length))
    return extents


def _descend(source: ByteSource, box: _Box, path: tuple[bytes, ...]) -> _Box | None:
    found: _Box | None = box
    for kind in path:
        if found is None:
            return None
        found = next((child for child in _boxes(source, found.start, found.end) if child.kind == kind), None)
    return found


def _table(source: ByteSource, box: _Box, width: int) -> list[int]:
    body = _payload(source, box)
    body.take(4)
    count = body.take(4)
    if count > _MOST_SAMPLES:
        raise ValueError("too many samples")
    return [body.take(width) for _ in range(count)]


def _sample_sizes(source: ByteSource, box: _Box) -> list[int]:
    body = _payload(source, box)
    body.take(4)
    common, count = body.take(4), body.take(4)
    if count > _MOST_SAMPLES:
        raise ValueError("too many samples")
    return [common] * count if common else [body.take(4) for _ in range(count)]


def _samples_per_chunk(source: ByteSource, box: _Box, chunks: int) -> list[int]:
    """8.7.4: runs of chunks with the same number of samples, each run by its first chunk, counted from 1."""
    body = _payload(source, box)
    body.take(4)
    runs = [(body.take(4), body.take(4), body.take(4)) for _ in range(min(body.take(4), _MOST_SAMPLES))]
    counts: list[int] = []
    for index, (first, count, _) in enumerate(runs):
        until = runs[index + 1][0] - 1 if index + 1 < len(runs) else chunks
        counts += [count] * max(min(until, chunks) - first + 1, 0)
    return counts[:chunks]
