"""What lies where in a TIFF structure: the ranges that its directories refer to.

Sources: TIFF 6.0, sections 2, 8 and 15; TIFF technical note 1 (SubIFDs); Exif 2.32, section 4.6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from nivo_tui.metadata.containers.tiff import EXIF_IFD, GPS_IFD, INTEROP_IFD, SUB_IFDS
from nivo_tui.metadata.containers.tiff_tables import (
    ENTRY_BYTES,
    HEADER_BYTES,
    Directory,
    Entry,
    StructureError,
    read_directory,
)

_LEAVES = (EXIF_IFD, GPS_IFD, INTEROP_IFD)
_POINTERS = (*_LEAVES, SUB_IFDS)
_IFD_TYPE = 13
_INTEGERS = {3: "H", 4: "I", 13: "I"}
# Tags of offsets and tags of their lengths: strips, tiles, an old JPEG or a thumbnail.
_DATA_TAGS = ((273, 279), (324, 325), (513, 514))
_IMAGE_DATA_TAGS = (273, 324)
_MOST_DIRECTORIES = 65_536
_MOST_ENTRIES = 250_000
_MOST_RANGES = 1_000_000


@dataclass(slots=True)
class Claim:
    """A range that an editor may move: a table (`tag` None) or the value of a tag of the directory there.

    `shared` says that something else refers to the range, or to a part of it, too.
    """

    start: int
    end: int
    directory: int
    tag: int | None
    shared: bool = False


@dataclass(slots=True)
class Extents:
    """What the references of a structure of `size` bytes come to.

    kept_end: the end of the last range within that is not claimed. meets_header: whether a range begins in
    the header. cut: whether one begins within and reaches beyond the end. outside: where the first begins
    that lies wholly beyond it. lost_image: whether strips or tiles reach beyond it. unclear_image: whether
    it is not said in a form that is known where they are. loops: whether a page leads back to one before.
    repeated: the directories to which more than one reference leads. lacking: the bytes that the link of a
    directory at the very end lacks: what is appended must not be read as that link.
    """

    size: int
    claims: list[Claim]
    kept_end: int = HEADER_BYTES
    meets_header: bool = False
    cut: bool = False
    outside: int | None = None
    lost_image: bool = False
    unclear_image: bool = False
    loops: bool = False
    repeated: set[int] = field(default_factory=set)
    lacking: int = 0

    def add(self, start: int, end: int) -> None:
        """Count a range that something refers to, and that is not claimed."""
        if end <= start:
            return
        self.meets_header = self.meets_header or start < HEADER_BYTES
        if start >= self.size:
            self.outside = start if self.outside is None else min(start, self.outside)
            return
        self.cut = self.cut or end > self.size
        self.kept_end = max(self.kept_end, min(end, self.size))
        for claim in self.claims:
            if claim.end > start and claim.start < end:
                claim.shared = True

    @property
    def damage(self) -> str | None:
        """What is missing from a file that should hold all that it refers to; None where nothing is."""
        if self.lost_image:
            return "the end of its picture is missing"
        if self.unclear_image:
            return "where its picture lies is not clear"
        if self.cut or self.outside is not None:
            return "it refers to bytes beyond its end"
        if self.meets_header:
            return "it refers to its own header"
        return "its pages lead back to each other" if self.loops else None

    def refuse_growth(self, length: int) -> None:
        """Raise StructureError where a reference would meet what is new: the header, bytes up to `length`."""
        if self.meets_header:
            raise StructureError("it refers to its own header")
        if self.cut or (self.outside is not None and self.outside < length):
            raise StructureError("it refers to bytes beyond its end")


def survey(data: bytes, order: str, main: Directory, exif: Directory | None, claims: list[Claim]) -> Extents:
    """Follow every reference from IFD0 on, each directory once.

    Raises StructureError where there is more than any real file holds.
    """
    found = Extents(len(data), claims)
    _mark_overlaps(claims)
    claimed = {(claim.directory, claim.tag) for claim in claims}
    budget = _Budget()
    known = {main.offset: main} | ({exif.offset: exif} if exif else {})
    visited: set[int] = set()
    todo = [(main.offset, True)]
    while todo:
        offset, chained = todo.pop()
        if offset in visited:
            found.repeated.add(offset)
            continue
        visited.add(offset)
        directory = known.get(offset) or read_directory(data, order, offset, chained=chained)
        if directory is None:
            found.add(offset, _table_end(data, order, offset))
            continue
        budget.spend(directory)
        if (offset, None) not in claimed:
            found.add(offset, directory.end)
        if directory.end == len(data):
            found.lacking = max(found.lacking, 4 - len(directory.following))
        for entry in directory.entries:
            size = entry.size
            if size > 4 and (offset, entry.tag) not in claimed:
                start = entry.offset(order)
                found.add(start, start + size)
            if entry.tag in _POINTERS or entry.type == _IFD_TYPE:
                budget.spend_pointers(entry.count)
                todo.extend(_children(data, order, entry))
        _add_data(data, order, directory, found, budget)
        following = int.from_bytes(directory.following, "little" if order == "<" else "big")
        if chained and following:
            found.loops = found.loops or following in visited
            todo.append((following, True))
    return found


@dataclass(slots=True)
class _Budget:
    """How much of a hostile structure is looked at before it is refused."""

    directories: int = 0
    pointers: int = 0
    entries: int = 0
    ranges: int = 0

    def spend(self, directory: Directory) -> None:
        self.directories += 1
        self.entries += len(directory.entries)
        if self.directories > _MOST_DIRECTORIES or self.entries > _MOST_ENTRIES:
            raise StructureError("it has more directories than any picture")

    def spend_pointers(self, count: int) -> None:
        self.pointers += count
        if self.pointers > _MOST_DIRECTORIES:
            raise StructureError("it has more directories than any picture")

    def spend_ranges(self, count: int) -> None:
        self.ranges += count
        if self.ranges > _MOST_RANGES:
            raise StructureError("it has more strips than any picture")


def _mark_overlaps(claims: list[Claim]) -> None:
    for index, claim in enumerate(claims):
        for other in claims[index + 1 :]:
            if claim.start < other.end and other.start < claim.end:
                claim.shared = other.shared = True


def _table_end(data: bytes, order: str, offset: int) -> int:
    """Where a directory that does not fit would end."""
    if offset + 2 > len(data):
        return offset + 2
    (count,) = struct.unpack_from(order + "H", data, offset)
    return int(offset + 2 + count * ENTRY_BYTES + 4)


def _children(data: bytes, order: str, entry: Entry) -> Iterator[tuple[int, bool]]:
    """The directories an entry points to, and whether each may lead on to a next one."""
    for offset in _integers(data, order, entry, _MOST_DIRECTORIES):
        if offset:
            yield offset, entry.tag not in _LEAVES


def _add_data(data: bytes, order: str, directory: Directory, found: Extents, budget: _Budget) -> None:
    """Count what strips, tiles and the like take; ranges that follow each other count as one."""
    entries = {entry.tag: entry for entry in reversed(directory.entries)}
    for offsets_tag, lengths_tag in _DATA_TAGS:
        offsets, lengths = entries.get(offsets_tag), entries.get(lengths_tag)
        if offsets is None:
            continue
        if lengths is None or not _are_pairs(offsets, lengths):
            found.unclear_image = found.unclear_image or offsets_tag in _IMAGE_DATA_TAGS
            continue
        count = offsets.count
        budget.spend_ranges(count)
        start = end = last = 0
        pairs = zip(
            _integers(data, order, offsets, count), _integers(data, order, lengths, count), strict=False
        )
        for offset, length in pairs:
            if offset != end:
                found.add(start, end)
                start = offset
            end = offset + length
            last = max(last, end)
        found.add(start, end)
        if offsets_tag in _IMAGE_DATA_TAGS and last > len(data):
            found.lost_image = True


def _are_pairs(offsets: Entry, lengths: Entry) -> bool:
    return offsets.count == lengths.count and offsets.type in _INTEGERS and lengths.type in _INTEGERS


def _integers(data: bytes, order: str, entry: Entry, most: int) -> Iterator[int]:
    """The whole numbers of an entry, at most `most`; none where they lie outside or are of another type."""
    code = _INTEGERS.get(entry.type)
    if code is None:
        return
    width = 2 if code == "H" else 4
    count = min(entry.count, most)
    stored: bytes | memoryview = entry.stored[: count * width]
    if entry.size > 4:
        start = entry.offset(order)
        if start + entry.size > len(data):
            return
        stored = memoryview(data)[start : start + count * width]
    for (number,) in struct.iter_unpack(order + code, stored):
        yield number
