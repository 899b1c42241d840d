"""The largest image of a TIFF structure: TIFF 6.0, BigTIFF, and the raws built on them."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from nivo_tui.imaging.source import ByteSource

Extent = tuple[int, int]

_MAGIC = {
    b"II*\0": "<",
    b"MM\0*": ">",
    b"II+\0": "<",
    b"MM\0+": ">",
    b"IIRO": "<",
    b"IIRS": "<",
    b"MMOR": ">",
}
_RW2 = b"IIU\0"
_TYPE_BYTES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_INTEGERS = {1: "B", 3: "H", 4: "L", 13: "L", 16: "Q", 18: "Q"}
_PHOTOMETRIC, _STRIP_OFFSETS, _STRIP_COUNTS = 0x0106, 0x0111, 0x0117
_SUB_IFDS, _TILE_OFFSETS, _TILE_COUNTS = 0x014A, 0x0144, 0x0145
_JPEG_OFFSET, _JPEG_LENGTH = 0x0201, 0x0202
_RW2_RAW_OFFSET = 0x0118
_PLACES = ((_TILE_OFFSETS, _TILE_COUNTS), (_STRIP_OFFSETS, _STRIP_COUNTS), (_JPEG_OFFSET, _JPEG_LENGTH))
_WANTED = frozenset((_PHOTOMETRIC, _SUB_IFDS, _RW2_RAW_OFFSET, *(tag for place in _PLACES for tag in place)))
_SENSOR_DATA = frozenset(
    (32803, 34892)
)  # colour filter array, linear raw (DNG 1.7, PhotometricInterpretation)
_MOST_IFDS, _MOST_ENTRIES, _MOST_VALUES = 512, 4096, 4_000_000


@dataclass(slots=True)
class _Tiff:
    source: ByteSource
    order: str
    big: bool
    seen: set[int] = field(default_factory=set)

    def unsigned(self, at: int, size: int) -> int:
        data = self.source.read(at, size)
        if len(data) < size:
            raise ValueError("the structure ends early")
        return int.from_bytes(data, "little" if self.order == "<" else "big")


def tiff_extents(source: ByteSource) -> list[Extent] | None:
    """The strips or tiles of the largest image, sensor data before any rendered one; None where unknown."""
    magic = source.read(0, 4)
    if magic == _RW2:
        return _rw2_extents(source)
    order = _MAGIC.get(magic)
    if order is None:
        return None
    tiff = _Tiff(source, order, big=b"+" in magic)
    images = []
    queue = [tiff.unsigned(8, 8) if tiff.big else tiff.unsigned(4, 4)]
    while queue and len(tiff.seen) < _MOST_IFDS:
        at = queue.pop(0)
        if not at or at in tiff.seen:
            continue
        tiff.seen.add(at)
        try:
            tags, following = _read_ifd(tiff, at)
        except ValueError:
            continue
        queue += [*tags.get(_SUB_IFDS, ())[:_MOST_IFDS], following]
        extents = _extents_of(tags)
        if extents:
            sensor = tags.get(_PHOTOMETRIC, (0,))[0] in _SENSOR_DATA
            images.append((sensor, sum(length for _, length in extents), extents))
    # The first of equals: max keeps it.
    return max(images, key=lambda image: image[:2])[2] if images else None


def _extents_of(tags: dict[int, tuple[int, ...]]) -> list[Extent]:
    for offsets, counts in _PLACES:
        if offsets in tags and len(tags[offsets]) == len(tags.get(counts, ())):
            pairs = zip(tags[offsets], tags[counts], strict=True)
            return [(offset, length) for offset, length in pairs if length]
    return []


def _rw2_extents(source: ByteSource) -> list[Extent] | None:
    """Panasonic: sensor data runs from RawDataOffset, or the one strip's offset, to the end of the file."""
    tiff = _Tiff(source, "<", big=False)
    tags, _ = _read_ifd(tiff, tiff.unsigned(4, 4))
    start = tags.get(_RW2_RAW_OFFSET) or tags.get(_STRIP_OFFSETS)
    if not start or not 0 < start[0] < source.size:
        return None
    return [(start[0], source.size - start[0])]


def _read_ifd(tiff: _Tiff, at: int) -> tuple[dict[int, tuple[int, ...]], int]:
    """The integer values of the wanted tags, and the offset of the following IFD (0: none)."""
    count_bytes, entry_bytes, offset_bytes = (8, 20, 8) if tiff.big else (2, 12, 4)
    entries = tiff.unsigned(at, count_bytes)
    if entries > _MOST_ENTRIES:
        raise ValueError("too many entries for an IFD")
    table = tiff.source.read(at + count_bytes, entries * entry_bytes)
    tags: dict[int, tuple[int, ...]] = {}
    for place in range(0, len(table) - entry_bytes + 1, entry_bytes):
        tag, kind = struct.unpack_from(tiff.order + "HH", table, place)
        if tag in _WANTED and kind in _INTEGERS:
            tags[tag] = _values(tiff, table[place : place + entry_bytes], kind)
    after = tiff.source.read(at + count_bytes + entries * entry_bytes, offset_bytes)
    return tags, int.from_bytes(after, "little" if tiff.order == "<" else "big")


def _values(tiff: _Tiff, entry: bytes, kind: int) -> tuple[int, ...]:
    (count,) = struct.unpack_from(tiff.order + ("Q" if tiff.big else "L"), entry, 4)
    inline = entry[12:] if tiff.big else entry[8:]
    length = count * _TYPE_BYTES[kind]
    if count > _MOST_VALUES or length > tiff.source.size:
        raise ValueError("more values than the file can hold")
    if length > len(inline):
        (offset,) = struct.unpack(tiff.order + ("Q" if tiff.big else "L"), inline)
        inline = tiff.source.read(offset, length)
        if len(inline) < length:
            raise ValueError("values outside the file")
    return struct.unpack_from(f"{tiff.order}{count}{_INTEGERS[kind]}", inline)
