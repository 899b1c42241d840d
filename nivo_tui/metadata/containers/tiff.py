"""TIFF structures: a bounded walk over the image file directories (IFDs) of TIFF, Exif and TIFF-like RAW.

Sources: TIFF 6.0 (section 2), Exif 2.32 (section 4.6), BigTIFF (libtiff's design note). Variants read:
ORF ("IIRO", "IIRS", "MMOR") and RW2 (magic 0x55), which differ from TIFF in the magic alone.
Nothing here raises for hostile input: offsets outside, loops and absurd counts end the walk early.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from nivo_tui.metadata.containers.source import ReadAt

Kind = Literal["page", "sub", "exif", "gps", "interop"]

SUB_IFDS = 0x014A
EXIF_IFD = 0x8769
GPS_IFD = 0x8825
INTEROP_IFD = 0xA005
_POINTERS: dict[int, Kind] = {SUB_IFDS: "sub", EXIF_IFD: "exif", GPS_IFD: "gps", INTEROP_IFD: "interop"}

TYPE_SIZES = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
    129: 1,
}  # fmt: skip
_CODES = {
    1: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q",
    18: "Q",
}  # fmt: skip
_RATIONAL, _SIGNED_RATIONAL = 5, 10

_CLASSIC_MAGICS = {42, 0x55, 0x4F52, 0x5352}
_BIG_MAGIC = 43
_HEADER_BYTES = 8
_MOST_IFDS = 512
_MOST_ENTRIES = 4096
_MOST_ENTRIES_TOGETHER = 65_536
_MOST_TEXT = 64 * 1024
_MOST_VALUES = 256
MOST_BLOB = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ifd:
    """One directory: where it lies, what it is for, and its entries by tag.

    An entry is (field type, count, value field as stored: 4 bytes, 8 in BigTIFF). Of a repeated tag the
    first counts. `order` is "<" or ">" as in `struct`.
    """

    offset: int
    kind: Kind
    order: str
    big: bool
    entries: dict[int, tuple[int, int, bytes]] = field(repr=False)
    read_at: ReadAt = field(repr=False)

    def location(self, tag: int) -> tuple[int, int] | None:
        """Offset in the TIFF and length of a value stored outside its entry; None where inline or absent."""
        entry = self.entries.get(tag)
        if entry is None:
            return None
        size = TYPE_SIZES.get(entry[0], 0) * entry[1]
        if size <= len(entry[2]):
            return None
        return self._unsigned(entry[2]), size

    def raw(self, tag: int, most: int = MOST_BLOB) -> bytes:
        """The bytes of a value, at most `most` of them; empty where absent or outside the file."""
        entry = self.entries.get(tag)
        if entry is None:
            return b""
        kind, count, stored = entry
        size = TYPE_SIZES.get(kind, 0) * count
        if size <= len(stored):
            return stored[:size]
        offset = self._unsigned(stored)
        return self.read_at(offset, min(size, most)) if offset >= _HEADER_BYTES else b""

    def text(self, tag: int) -> str | None:
        """A text value up to its first NUL, without blanks around it; None where empty.

        Exif says ASCII; what is not is taken as UTF-8, else as Latin-1.
        """
        data = self.raw(tag, _MOST_TEXT).split(b"\0", 1)[0].strip()
        if not data:
            return None
        try:
            return data.decode("utf-8").strip() or None
        except UnicodeDecodeError:
            return data.decode("cp1252", "replace").strip() or None

    def numbers(self, tag: int, most: int = _MOST_VALUES) -> tuple[float, ...]:
        """A numeric value's numbers, at most `most`; a fraction over zero is NaN. Empty where absent."""
        entry = self.entries.get(tag)
        if entry is None:
            return ()
        kind = entry[0]
        if kind in (_RATIONAL, _SIGNED_RATIONAL):
            pairs = self._unpack(tag, "I" if kind == _RATIONAL else "i", 4, most * 2)
            return tuple(
                above / below if below else float("nan")
                for above, below in zip(pairs[::2], pairs[1::2], strict=False)
            )
        code = _CODES.get(kind)
        return () if code is None else self._unpack(tag, code, TYPE_SIZES[kind], most)

    def number(self, tag: int) -> float | None:
        """The first number of a value; None where absent. NaN is possible, see `numbers`."""
        numbers = self.numbers(tag, 1)
        return numbers[0] if numbers else None

    def integer(self, tag: int) -> int | None:
        """The first number of a value as a whole one; None where absent or not finite."""
        number = self.number(tag)
        return int(number) if number is not None and math.isfinite(number) else None

    def _unpack(self, tag: int, code: str, size: int, most: int) -> tuple[float, ...]:
        data = self.raw(tag, most * size)
        count = min(len(data) // size, most)
        return struct.unpack_from(f"{self.order}{count}{code}", data)

    def _unsigned(self, stored: bytes) -> int:
        return int.from_bytes(stored, "little" if self.order == "<" else "big")


@dataclass(frozen=True, slots=True)
class Tiff:
    """The directories of one TIFF in the order of the walk: each page, then what hangs below it."""

    order: str
    big: bool
    magic: int
    ifds: tuple[Ifd, ...]

    def first(self, kind: Kind) -> Ifd | None:
        """The first directory of a kind; of "page" it is IFD0."""
        return next((ifd for ifd in self.ifds if ifd.kind == kind), None)


def read_header(read_at: ReadAt) -> tuple[str, bool, int, int] | None:
    """Byte order ("<" or ">"), whether BigTIFF, magic and offset of IFD0; None where this is no TIFF."""
    head = read_at(0, 16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return None
    magic, first = struct.unpack_from(order + "HI", head, 2)
    if magic in _CLASSIC_MAGICS:
        return order, False, magic, first
    if magic == _BIG_MAGIC and len(head) == 16:
        offset_size, _, first = struct.unpack_from(order + "HHQ", head, 4)
        return (order, True, magic, first) if offset_size == 8 else None
    return None


def read_tiff(read_at: ReadAt, *, pages: bool = True) -> Tiff | None:
    """Walk a TIFF; None where the header is none. `pages` False reads IFD0 and what hangs below it alone."""
    header = read_header(read_at)
    if header is None:
        return None
    order, big, magic, first = header
    return Tiff(order, big, magic, tuple(_walk(read_at, order, big, first, pages)))


def _walk(read_at: ReadAt, order: str, big: bool, first: int, pages: bool) -> Iterator[Ifd]:
    """Depth first: a page, its sub-IFDs, then the next page. No offset is visited twice."""
    seen: set[int] = set()
    entries = 0
    todo: list[tuple[int, Kind]] = [(first, "page")]
    while todo and len(seen) < _MOST_IFDS and entries < _MOST_ENTRIES_TOGETHER:
        offset, kind = todo.pop()
        if offset in seen or offset < _HEADER_BYTES:
            continue
        seen.add(offset)
        found = _read_ifd(read_at, order, big, offset, kind)
        if found is None:
            continue
        ifd, following = found
        entries += len(ifd.entries)
        yield ifd
        if kind == "page" and pages and following:
            todo.append((following, "page"))
        todo.extend(reversed(list(_children(ifd))))


def _children(ifd: Ifd) -> Iterator[tuple[int, Kind]]:
    for tag, kind in _POINTERS.items():
        if tag not in ifd.entries:
            continue
        most = _MOST_VALUES if kind == "sub" else 1
        for offset in ifd.numbers(tag, most):
            if math.isfinite(offset):
                yield int(offset), kind


def _read_ifd(read_at: ReadAt, order: str, big: bool, offset: int, kind: Kind) -> tuple[Ifd, int] | None:
    """The directory at `offset` and the offset of the next page; None where it lies outside the file."""
    count_size, entry, following_size = (8, order + "HHQ8s", 8) if big else (2, order + "HHI4s", 4)
    byteorder: Literal["little", "big"] = "little" if order == "<" else "big"
    head = read_at(offset, count_size)
    if len(head) < count_size:
        return None
    count = int.from_bytes(head, byteorder)
    size = struct.calcsize(entry)
    table = min(count, _MOST_ENTRIES) * size
    data = read_at(offset + count_size, table + following_size)
    whole = min(len(data), table) // size * size
    entries: dict[int, tuple[int, int, bytes]] = {}
    for tag, field_type, values, stored in struct.iter_unpack(entry, data[:whole]):
        if tag not in entries:
            entries[tag] = (field_type, values, stored)
    following = data[table : table + following_size] if count <= _MOST_ENTRIES else b""
    following_offset = int.from_bytes(following, byteorder) if len(following) == following_size else 0
    return Ifd(offset, kind, order, big, entries, read_at), following_offset
