"""ISO base media files: HEIC, AVIF and Canon CR3. The item table of a picture, and its Exif and XMP.

Sources: ISO/IEC 14496-12 (boxes; sections 4.2, 8.11 for meta, iloc, iinf, iref, iprp), ISO/IEC 23008-12
(HEIF; 6.5.3 ispe, 6.5.10 irot, 6.5.12 imir, annex A.2.1 for Exif items). CR3 as ExifTool and LibRaw
describe it. Only headers, the meta box and the wanted items are read: a file of 2 GB costs a few kB.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from nivo_tui.metadata.containers.cursor import LETTERS, Cursor
from nivo_tui.metadata.containers.source import ReadAt, from_bytes

_MOST_BOXES = 65_536
_MOST_CANDIDATES = 4
_MOST_META_BYTES = 32 * 1024 * 1024
_MOST_ITEM_BYTES = 16 * 1024 * 1024
_MOST_ITEMS = 65_536

_BOX_HEAD = struct.Struct(">I4s")
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")


# Of boxes and items a photo in tiles has a hundred: plain tuples are made in a third of the time.


class Box(NamedTuple):
    """A box: its type, where it starts, where its payload starts (past a uuid), and where it ends."""

    kind: bytes
    start: int
    payload: int
    end: int
    uuid: bytes = b""


class Item(NamedTuple):
    """An item of the meta box. `extents` are (offset, length), relative to what `construction` says.

    Construction 0 counts from the file's start, 1 from the idat box, 2 from another item. A length of 0
    means all there is. `data_reference` other than 0 lies in another file.
    """

    number: int
    kind: bytes = b""
    content_type: bytes = b""
    name: bytes = b""
    encoding: bytes = b""
    protected: bool = False
    construction: int = 0
    data_reference: int = 0
    extents: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ItemTable:
    """What a meta box says: items by number, the primary one, references and properties.

    `references` are (type, from, to...). `properties` gives each item its (type, payload) in their order
    of association. `idat` is the payload of the idat box.
    """

    primary: int | None = None
    items: dict[int, Item] = field(default_factory=dict)
    references: tuple[tuple[bytes, int, tuple[int, ...]], ...] = ()
    properties: dict[int, tuple[tuple[bytes, bytes], ...]] = field(default_factory=dict)
    idat: bytes = b""


@dataclass(slots=True)
class BmffFacts:
    """What an ISO base media file says of its main image.

    `width` and `height` are those of the primary item's ispe, before what a decoder applies: `cropped`
    (the size of clap), `turns` (quarter turns anticlockwise, irot) and `mirror` (imir; 0 top to bottom, 1
    left to right).
    `exif`, `tiffs` (CR3: IFD0, Exif and GPS, each a TIFF of its own, by box type) and `xmp` are bytes.
    """

    brands: tuple[bytes, ...] = ()
    width: int | None = None
    height: int | None = None
    cropped: tuple[int, int] | None = None
    turns: int = 0
    mirror: int | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    tiffs: dict[bytes, bytes] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def shown_size(self) -> tuple[int | None, int | None]:
        """Width and height as a decoder that applies clap and irot delivers them."""
        width, height = self.cropped or (self.width, self.height)
        return (height, width) if self.turns % 2 else (width, height)


def boxes(read_at: ReadAt, start: int, end: int) -> Iterator[Box]:
    """The boxes between two offsets. A box of size 0 reaches to `end`; one that cannot be ends the walk."""
    offset = start
    for _ in range(_MOST_BOXES):
        head = read_at(offset, min(32, end - offset)) if offset < end else b""
        if len(head) < 8:
            return
        size, kind = _BOX_HEAD.unpack_from(head)
        header = 8
        if size == 1:
            if len(head) < 16:
                return
            (size,) = struct.unpack_from(">Q", head, 8)
            header = 16
        elif size == 0:
            size = end - offset
        uuid = b""
        if kind == b"uuid":
            uuid = head[header : header + 16]
            header += 16
        if size < header:
            return
        box_end = offset + size
        yield Box(kind, offset, offset + header, min(box_end, end), uuid)
        offset = box_end


def read_bmff(read_at: ReadAt, size: int) -> BmffFacts:
    """The facts of a HEIC, AVIF or CR3 of `size` bytes."""
    facts = BmffFacts()
    for box in boxes(read_at, 0, size):
        if box.kind == b"ftyp":
            facts.brands = _brands(read_at(box.payload, min(box.end - box.payload, 1024)))
        elif box.kind == b"meta":
            _take_meta(facts, read_at, box, size)
        elif box.kind == b"moov":
            _take_moov(facts, read_at, box)
        elif box.uuid == _XMP_UUID and facts.xmp is None:
            facts.xmp = read_at(box.payload, min(box.end - box.payload, _MOST_ITEM_BYTES)) or None
    return facts


def read_item_table(meta: bytes) -> ItemTable:
    """The item table of a meta box's payload (version and flags included)."""
    parts = {box.kind: meta[box.payload : box.end] for box in boxes(from_bytes(meta), 4, len(meta))}
    pitm = parts.get(b"pitm", b"")
    places = dict(_item_places(parts.get(b"iloc", b"")))
    return ItemTable(
        primary=Cursor(pitm, 4).unsigned(2 if pitm[:1] == b"\0" else 4),
        items={item.number: item for item in _items(parts.get(b"iinf", b""), places)},
        references=tuple(_item_references(parts.get(b"iref", b""))),
        properties=_item_properties(parts.get(b"iprp", b"")),
        idat=parts.get(b"idat", b""),
    )


def read_item(read_at: ReadAt, size: int, table: ItemTable, item: Item) -> bytes | None:
    """The bytes of an item; None where it lies elsewhere, outside the file, or is absurdly large."""
    if item.data_reference or item.construction > 1 or not item.extents:
        return None
    source, end = (read_at, size) if item.construction == 0 else (from_bytes(table.idat), len(table.idat))
    parts: list[bytes] = []
    left = _MOST_ITEM_BYTES
    for offset, stated in item.extents:
        length = stated or max(0, end - offset)
        if length > left or offset + length > end:
            return None
        parts.append(source(offset, length))
        left -= length
    return b"".join(parts)


def exif_tiff(item: bytes) -> bytes | None:
    """The TIFF of an Exif item: four bytes say how far behind themselves its header lies (A.2.1).

    Some writers leave the number wrong, or "Exif\\0\\0" uncounted: then the header is looked for.
    """
    if len(item) < 12:
        return None
    start = 4 + int.from_bytes(item[:4], "big")
    headers = (b"II*\0", b"MM\0*")
    if item[start : start + 4] in headers:
        return item[start:]
    for skipped in (start + 6, 0, 4, 6, 10):
        if item[skipped : skipped + 4] in headers:
            return item[skipped:]
    return None


def _brands(payload: bytes) -> tuple[bytes, ...]:
    names = [payload[at : at + 4] for at in range(0, len(payload) - 3, 4)]
    return tuple(name for at, name in enumerate(names) if at != 1)


def _take_meta(facts: BmffFacts, read_at: ReadAt, box: Box, size: int) -> None:
    length = box.end - box.payload
    if length > _MOST_META_BYTES:
        facts.problems += (f"the table of items, {length} bytes, was left out",)
        return
    table = read_item_table(read_at(box.payload, length))
    if table.primary is not None:
        _take_primary(facts, table, table.primary)
    describing = {source for kind, source, to in table.references if kind == b"cdsc" and table.primary in to}
    items = sorted(table.items.values(), key=lambda item: item.number not in describing)
    exif_items = [item for item in items if item.kind == b"Exif"][:_MOST_CANDIDATES]
    xmp_items = [item for item in items if _is_xmp(item)][:_MOST_CANDIDATES]
    blocks = (read_item(read_at, size, table, item) for item in exif_items)
    facts.exif = next((found for block in blocks if block and (found := exif_tiff(block))), None)
    packets = (read_item(read_at, size, table, item) for item in xmp_items)
    facts.xmp = next((packet for packet in packets if packet), None)
    if exif_items and facts.exif is None:
        facts.problems += ("the Exif item cannot be read",)
    if xmp_items and facts.xmp is None:
        facts.problems += ("the XMP item cannot be read",)


def _is_xmp(item: Item) -> bool:
    xmp = item.kind == b"mime" and item.content_type.lower() == b"application/rdf+xml"
    return xmp and not item.encoding and not item.protected


def _take_primary(facts: BmffFacts, table: ItemTable, primary: int) -> None:
    for kind, payload in table.properties.get(primary, ()):
        if kind == b"ispe" and len(payload) >= 12:
            facts.width, facts.height = struct.unpack_from(">II", payload, 4)
        elif kind == b"clap" and len(payload) >= 16:
            facts.cropped = _clean_aperture(payload)
        elif kind == b"irot" and payload:
            facts.turns = payload[0] & 3
        elif kind == b"imir" and payload:
            facts.mirror = payload[0] & 1


def _clean_aperture(payload: bytes) -> tuple[int, int] | None:
    """Width and height of clap (14496-12, 12.1.4), which are fractions; None where they are senseless."""
    width, width_below, height, height_below = struct.unpack_from(">4I", payload)
    if not (width_below and height_below):
        return None
    size = round(width / width_below), round(height / height_below)
    return size if min(size) > 0 else None


def _take_moov(facts: BmffFacts, read_at: ReadAt, moov: Box) -> None:
    """CR3 keeps IFD0 in CMT1, the Exif IFD in CMT2 and GPS in CMT4, below a uuid box of Canon's."""
    for box in boxes(read_at, moov.payload, moov.end):
        if box.uuid != _CANON_UUID:
            continue
        for part in boxes(read_at, box.payload, box.end):
            if part.kind in (b"CMT1", b"CMT2", b"CMT4"):
                length = min(part.end - part.payload, _MOST_ITEM_BYTES)
                facts.tiffs.setdefault(part.kind, read_at(part.payload, length))


_INFO, _LONG_INFO = struct.Struct(">HH4s"), struct.Struct(">IH4s")
_ASSOCIATION, _LONG_ASSOCIATION = struct.Struct(">HB"), struct.Struct(">IB")


_Place = tuple[int, int, tuple[tuple[int, int], ...]]
"""Construction, data reference and extents of an item."""

_NOWHERE: _Place = (0, 0, ())


def _items(payload: bytes, places: dict[int, _Place]) -> Iterator[Item]:
    """The entries of iinf (8.11.6), of versions 2 and 3; older ones have no type."""
    start = 6 if payload[:1] == b"\0" else 8
    for box in boxes(from_bytes(payload), start, len(payload)):
        version = payload[box.payload : box.payload + 1]
        if box.kind != b"infe" or version not in (b"\2", b"\3"):
            continue
        layout = _INFO if version == b"\2" else _LONG_INFO
        at = box.payload + 4
        if at + layout.size > box.end:
            continue
        number, protection, kind = layout.unpack_from(payload, at)
        name, *more = payload[at + layout.size : box.end].split(b"\0", 3)
        content_type, encoding = (*more, b"", b"")[:2] if kind == b"mime" else (b"", b"")
        place = places.get(number, _NOWHERE)
        yield Item(number, kind, content_type, name, encoding, protection != 0, *place)


def _item_places(payload: bytes) -> Iterator[tuple[int, _Place]]:
    """The entries of iloc (8.11.3), versions 0 to 2: an item's number and its place."""
    version = payload[0] if payload else 0
    cursor = Cursor(payload, 4)
    sizes = cursor.unsigned(2)
    wide = version == 2
    count = cursor.unsigned(4 if wide else 2)
    if sizes is None or count is None or version > 2:
        return
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    if not {offset_size, length_size, base_size, index_size} <= {0, 4, 8}:
        return
    letters = LETTERS
    head = struct.Struct(f">{'I' if wide else 'H'}{'H' if version else ''}H{letters[base_size]}H")
    extent = struct.Struct(f">{letters[index_size]}{letters[offset_size]}{letters[length_size]}")
    at = cursor.at
    try:
        for _ in range(min(count, _MOST_ITEMS)):
            fields = head.unpack_from(payload, at)
            at += head.size
            base = fields[-2] if base_size else 0
            places: list[tuple[int, int]] = []
            for _ in range(fields[-1] if extent.size else min(fields[-1], 1)):
                numbers = extent.unpack_from(payload, at)
                at += extent.size
                length = numbers[-1] if length_size else 0
                offset = numbers[-2 if length_size else -1] if offset_size else 0
                places.append((base + offset, length))
            construction, reference = (fields[1] & 15, fields[2]) if version else (0, fields[1])
            yield fields[0], (construction, reference, tuple(places))
    except struct.error:  # the table is cut short
        return


def _item_references(payload: bytes) -> Iterator[tuple[bytes, int, tuple[int, ...]]]:
    """The references of iref (8.11.12): type, from, to."""
    size = 4 if payload[:1] == b"\1" else 2
    for box in boxes(from_bytes(payload), 4, len(payload)):
        cursor = Cursor(payload[box.payload : box.end])
        source, count = cursor.unsigned(size), cursor.unsigned(2)
        if source is None or count is None:
            continue
        yield box.kind, source, cursor.row(count, size)


def _item_properties(payload: bytes) -> dict[int, tuple[tuple[bytes, bytes], ...]]:
    """The properties of each item: iprp's ipco and ipma (8.11.14)."""
    properties: list[tuple[bytes, bytes]] = []
    tables: list[bytes] = []
    read_at = from_bytes(payload)
    for box in boxes(read_at, 0, len(payload)):
        if box.kind == b"ipco":
            properties = [
                (part.kind, payload[part.payload : part.end]) for part in boxes(read_at, box.payload, box.end)
            ]
        elif box.kind == b"ipma":
            tables.append(payload[box.payload : box.end])
    found: dict[int, tuple[tuple[bytes, bytes], ...]] = {}
    for table in tables:
        # The tiles of a picture share one row: each is looked up once.
        given: dict[bytes, tuple[tuple[bytes, bytes], ...]] = {}
        wide = _has_wide_indices(table)
        for item, row in _associations(table, wide):
            if row not in given:
                given[row] = tuple(
                    properties[index - 1] for index in _indices(row, wide) if 0 < index <= len(properties)
                )
            found[item] = found.get(item, ()) + given[row]
    return found


def _has_wide_indices(ipma: bytes) -> bool:
    return len(ipma) > 3 and bool(ipma[3] & 1)


def _associations(ipma: bytes, wide: bool) -> Iterator[tuple[int, bytes]]:
    """The entries of one ipma box: an item and its row of property indices, as far as the box has them."""
    head = _LONG_ASSOCIATION if ipma[:1] == b"\1" else _ASSOCIATION
    count, at = Cursor(ipma, 4).unsigned(4) or 0, 8
    for _ in range(min(count, _MOST_ITEMS)):
        if at + head.size > len(ipma):
            return
        item, number = head.unpack_from(ipma, at)
        at += head.size
        end = at + (number * 2 if wide else number)
        yield item, ipma[at:end]
        at = end


def _indices(row: bytes, wide: bool) -> tuple[int, ...]:
    """The indices of a row, counted from 1, without the bit that says whether a property is essential."""
    if not wide:
        return tuple(index & 0x7F for index in row)
    return tuple(index & 0x7FFF for index in Cursor(row).row(len(row) // 2, 2))
