"""What in a HEIF or AVIF file names a place by its offset from the file's start, beside the item table.

Sources: ISO/IEC 14496-12: 8.7.5 (stco, co64), 8.7.9 (saio), 8.11.3 (iloc of other meta boxes), 8.7.2 (dref);
C2PA 2.1, A.5 (the box of content credentials); ExifTool's description of Samsung's trailer.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from nivo_tui.metadata.containers.bmff_items import Iloc, Place, iloc_bytes, read_iloc
from nivo_tui.metadata.containers.bmff_layout import (
    BmffError,
    Box,
    CutOffError,
    DamagedError,
    Layout,
    walk,
)
from nivo_tui.metadata.edits import Edit

Moved = Callable[[int], int]
"""Where a byte at an offset of the old file lies in the new one."""

_HOLDERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"meco", b"dinf")
_MOST_DEPTH = 8
_C2PA_MANIFEST = bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + b"\0\0\0\0manifest\0"
_EMBEDDED_VIDEO = b"MotionPhoto_Datampv2"


@dataclass(frozen=True, slots=True)
class OffsetTable:
    """`values` of `width` bytes each, one after another from `at`."""

    at: int
    width: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Offsets:
    """All that names places: tables of offsets, and the iloc boxes of other meta boxes."""

    tables: tuple[OffsetTable, ...]
    ilocs: tuple[tuple[Box, Iloc], ...]

    def spans(self) -> Iterator[tuple[int, int]]:
        """(start, length) of what is named; the length is 1 where it is not known."""
        for table in self.tables:
            yield from ((value, 1) for value in table.values)
        for _, iloc in self.ilocs:
            for place in iloc.places:
                if place.in_file:
                    yield from place.spans()


def read_offsets(data: bytes, layout: Layout) -> Offsets:
    """Find the offsets. Raises BmffError where one cannot be followed or lies in another file."""
    tables: list[OffsetTable] = []
    ilocs: list[tuple[Box, Iloc]] = []
    for box in layout.boxes:
        if box.kind in _HOLDERS:
            _collect(data, box, tables, ilocs, _MOST_DEPTH)
        elif box.kind == b"uuid" and data.startswith(_C2PA_MANIFEST, box.payload):
            tables += _merkle(data, box)
    tables += _embedded_video(data, layout.behind)
    if any(value > len(data) for table in tables for value in table.values):
        raise CutOffError("this file is cut off: a part of its media is missing")
    return Offsets(tuple(tables), tuple(ilocs))


def shifted_tables(offsets: Offsets, moved: Moved) -> list[Edit]:
    """The edits of the tables. Raises BmffError where an offset does not fit its field."""
    edits = []
    for table in offsets.tables:
        values = tuple(map(moved, table.values))
        if values == table.values:
            continue
        try:
            new = struct.pack(f">{len(values)}{'Q' if table.width == 8 else 'I'}", *values)
        except struct.error as error:
            raise BmffError("an offset of this file would not fit its field") from error
        edits.append(Edit(table.at, len(new), new))
    for box, iloc in offsets.ilocs:
        places = tuple(shifted(iloc, place, moved) for place in iloc.places)
        if places != iloc.places:
            new = iloc_bytes(replace(iloc, places=places))
            edits.append(Edit(box.payload, len(new), new))
    return edits


def shifted(iloc: Iloc, place: Place, moved: Moved) -> Place:
    """An entry of iloc after the shift: by its base offset where that does, by its extents otherwise."""
    if not place.in_file:
        return place
    shifts = {moved(start) - start for start, _ in place.spans()}
    if not shifts or shifts == {0}:
        return place
    shift = shifts.pop() if len(shifts) == 1 else None
    if shift is not None and (place.base or not iloc.offset_size) and place.base + shift >= 0:
        if not iloc.base_size:
            raise BmffError("the place of an item of this file cannot be set right")
        return replace(place, base=place.base + shift)
    if not iloc.offset_size:
        raise BmffError("the place of an item of this file cannot be set right")
    extents = tuple(
        (index, moved(place.base + offset) - place.base, length) for index, offset, length in place.extents
    )
    return replace(place, extents=extents)


def _collect(
    data: bytes, holder: Box, tables: list[OffsetTable], ilocs: list[tuple[Box, Iloc]], depth: int
) -> None:
    if not depth:
        raise DamagedError("the boxes of this file are nested too deep")
    for box in _children(data, holder):
        if box.kind in (b"stco", b"co64"):
            tables.append(_table(data, box, box.payload + 4, 8 if box.kind == b"co64" else 4))
        elif box.kind == b"saio":
            skipped = 12 if data[box.payload + 3 : box.payload + 4] == b"\1" else 4
            tables.append(_table(data, box, box.payload + skipped, 8 if data[box.payload] else 4))
        elif box.kind == b"iloc":
            ilocs.append((box, read_iloc(data, box)))
        elif box.kind == b"dref":
            _require_own_data(data, box)
        elif box.kind in _HOLDERS or box.kind == b"meta":
            _collect(data, box, tables, ilocs, depth - 1)


def _children(data: bytes, holder: Box) -> Iterator[Box]:
    """The boxes in a holder; QuickTime ends udta with four zeros and gives meta no version."""
    start, end = holder.payload, holder.end
    if holder.kind == b"meta" and data[start + 4 : start + 8] != b"hdlr":
        start += 4
    if holder.kind == b"udta" and data[end - 4 : end] == b"\0\0\0\0" and end - start >= 4:
        end -= 4 if _tiles(data, start, end - 4) else 0
    return walk(data, start, end)


def _tiles(data: bytes, start: int, end: int) -> bool:
    try:
        for _ in walk(data, start, end):
            pass
    except BmffError:
        return False
    return True


def _table(data: bytes, box: Box, at: int, width: int) -> OffsetTable:
    """The table of offsets whose count stands at `at`."""
    if at + 4 > box.end:
        raise DamagedError("a table of offsets of this file is cut off")
    (count,) = struct.unpack_from(">I", data, at)
    if at + 4 + count * width > box.end:
        raise DamagedError("a table of offsets of this file is cut off")
    return OffsetTable(
        at + 4, width, struct.unpack_from(f">{count}{'Q' if width == 8 else 'I'}", data, at + 4)
    )


def _require_own_data(data: bytes, dref: Box) -> None:
    for entry in walk(data, dref.payload + 8, dref.end):
        if data[entry.payload + 3 : entry.payload + 4] != b"\1":
            raise BmffError("a part of this file's media lies in another file")


def _merkle(data: bytes, box: Box) -> list[OffsetTable]:
    """Content credentials name the first of the boxes that hold their hash tree, 0 where there is none."""
    at = box.payload + len(_C2PA_MANIFEST)
    if at + 8 > box.end:
        return []
    return [OffsetTable(at, 8, struct.unpack_from(">Q", data, at))]


def _embedded_video(data: bytes, behind: int) -> list[OffsetTable]:
    """Samsung's trailer names its video by offset and size, where it is no part of the trailer itself."""
    tables, at = [], data.find(_EMBEDDED_VIDEO, behind)
    while at >= 0:
        at += len(_EMBEDDED_VIDEO)
        if at + 8 <= len(data):
            start, size = struct.unpack_from(">II", data, at)
            if behind <= start and start + size <= len(data):
                tables.append(OffsetTable(at, 4, (start,)))
        at = data.find(_EMBEDDED_VIDEO, at)
    return tables
