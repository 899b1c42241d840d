"""HEIF files of every form that the item table allows, and a look at them without the code of the editor."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from nivo_tui.metadata.containers.bmff import Box, ItemTable, boxes, read_item, read_item_table
from nivo_tui.metadata.containers.source import from_bytes

XMP_TYPE = b"application/rdf+xml"
PRIMARY = 1
EMPTY_TIFF = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"


@dataclass(frozen=True)
class Made:
    """An item to be made. `method` is its construction, `pieces` the number of its extents."""

    number: int
    kind: bytes
    payload: bytes
    method: int = 0
    pieces: int = 1
    content_type: bytes = b""
    encoding: bytes = b""
    protected: bool = False


@dataclass(frozen=True)
class Form:
    """How a file is put together; sizes are those of iloc's fields in bytes."""

    iloc: int = 1
    offset_size: int = 4
    length_size: int = 4
    base_size: int = 4
    index_size: int = 0
    infe: int = 2
    iinf: int = 0
    iref: int | None = 0
    based: bool = False
    media_first: bool = False
    open_ended: bool = False
    large_size: bool = False
    chunks: bytes = b""
    before: bytes = b""
    after: bytes = b""
    trailer: bytes = b""
    handler: bytes = b"pict"
    extra: bytes = b""
    references: tuple[tuple[bytes, int, int], ...] = ()
    groups: bytes = b""
    associated: tuple[int, ...] = (PRIMARY,)
    made: tuple[Made, ...] = field(default_factory=lambda: (image(PRIMARY),))


def image(number: int, *, method: int = 0, pieces: int = 1, size: int = 90) -> Made:
    payload = bytes((number * 7 + at) % 251 for at in range(size))
    return Made(number, b"hvc1", payload, method, pieces)


def xmp_item(number: int, packet: bytes, **form: object) -> Made:
    return Made(number, b"mime", packet, content_type=XMP_TYPE, **form)  # type: ignore[arg-type]


def exif_item(number: int, tiff: bytes = EMPTY_TIFF, **form: object) -> Made:
    return Made(number, b"Exif", b"\0\0\0\6Exif\0\0" + tiff, **form)  # type: ignore[arg-type]


def box(kind: bytes, payload: bytes, *, large: bool = False, open_ended: bool = False) -> bytes:
    if large:
        return struct.pack(">I4sQ", 1, kind, len(payload) + 16) + payload
    return struct.pack(">I4s", 0 if open_ended else len(payload) + 8, kind) + payload


def full_box(kind: bytes, version: int, payload: bytes, flags: int = 0) -> bytes:
    return box(kind, bytes([version]) + flags.to_bytes(3, "big") + payload)


def heif(form: Form) -> bytes:
    """The bytes of a file; its pieces lie in an mdat, or in the idat box, with a gap after each."""
    idat, media = _laid_out(form, 1), _laid_out(form, 0)
    ftyp = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    payload = media[0] + form.chunks
    mdat = box(b"mdat", payload, large=form.large_size, open_ended=form.open_ended)
    head = len(mdat) - len(payload)

    def table(start: int) -> bytes:
        places = {
            **idat[1],
            **{n: [(start + at, size) for at, size in spans] for n, spans in media[1].items()},
        }
        chunks = start + len(media[0]) if form.chunks else None
        return _meta(form, idat[0], places) + form.extra + _moov(chunks)

    if form.media_first:
        start = len(ftyp) + len(form.before) + head
        return ftyp + form.before + mdat + table(start) + form.after + form.trailer
    start = len(ftyp) + len(form.before) + len(table(0)) + len(form.after) + head
    return ftyp + form.before + table(start) + form.after + mdat + form.trailer


def _laid_out(form: Form, method: int) -> tuple[bytes, dict[int, list[tuple[int, int]]]]:
    """The bytes of all items of a construction method, and (offset, length) of their pieces."""
    blob, places = b"", {}
    for item in form.made:
        if min(item.method, 1) != method:
            continue
        spans, step = [], -(-len(item.payload) // item.pieces) or 1
        for at in range(0, len(item.payload) or 1, step):
            piece = item.payload[at : at + step]
            spans.append((len(blob), len(piece)))
            blob += piece + b"gap"
        places[item.number] = spans
    return blob, places


def _meta(form: Form, idat: bytes, places: dict[int, list[tuple[int, int]]]) -> bytes:
    wide = form.infe == 3
    infos = b"".join(_infe(form.infe, item) for item in form.made)
    count = len(form.made).to_bytes(4 if form.iinf else 2, "big")
    parts = [
        full_box(b"hdlr", 0, bytes(4) + form.handler + bytes(13)),
        full_box(b"pitm", 1 if wide else 0, PRIMARY.to_bytes(4 if wide else 2, "big")),
        full_box(b"iinf", form.iinf, count + infos),
        _iloc(form, places),
    ]
    if form.iref is not None:
        parts.append(_iref(form))
    parts.append(_iprp(form))
    if idat:
        parts.append(box(b"idat", idat))
    if form.groups:
        parts.append(form.groups)
    return full_box(b"meta", 0, b"".join(parts))


def _infe(version: int, item: Made) -> bytes:
    head = item.number.to_bytes(4 if version == 3 else 2, "big") + int(item.protected).to_bytes(2, "big")
    tail = item.content_type + b"\0" + (item.encoding + b"\0" if item.encoding else b"")
    return full_box(b"infe", version, head + item.kind + b"\0" + (tail if item.kind == b"mime" else b""))


def _iloc(form: Form, places: dict[int, list[tuple[int, int]]]) -> bytes:
    index_size = form.index_size if form.iloc else 0
    sizes = form.offset_size << 12 | form.length_size << 8 | form.base_size << 4 | index_size
    number = 4 if form.iloc == 2 else 2
    out = sizes.to_bytes(2, "big") + len(places).to_bytes(number, "big")
    for item in form.made:
        spans = places[item.number]
        base = min(at for at, _ in spans) if form.based or not form.offset_size else 0
        out += item.number.to_bytes(number, "big")
        out += item.method.to_bytes(2, "big") if form.iloc else b""
        out += bytes(2) + base.to_bytes(form.base_size, "big") + len(spans).to_bytes(2, "big")
        for at, size in spans:
            out += bytes(index_size) + (at - base).to_bytes(form.offset_size, "big")
            out += size.to_bytes(form.length_size, "big")
    return full_box(b"iloc", form.iloc, out)


def _iref(form: Form) -> bytes:
    size = 4 if form.iref else 2
    given = [(b"cdsc", item.number, PRIMARY) for item in form.made if item.kind in (b"mime", b"Exif")]
    entries = [
        box(kind, source.to_bytes(size, "big") + b"\0\1" + target.to_bytes(size, "big"))
        for kind, source, target in (form.references or given)
    ]
    return full_box(b"iref", form.iref or 0, b"".join(entries))


def _iprp(form: Form) -> bytes:
    """One property, which belongs to the items of `associated` in the order given, sorted or not."""
    ispe = full_box(b"ispe", 0, struct.pack(">II", 8, 8))
    wide = form.infe == 3
    entries = b"".join(number.to_bytes(4 if wide else 2, "big") + b"\1\1" for number in form.associated)
    ipma = full_box(b"ipma", int(wide), struct.pack(">I", len(form.associated)) + entries)
    return box(b"iprp", box(b"ipco", ispe) + ipma)


def _moov(chunks: int | None) -> bytes:
    """A movie of two tracks whose chunks are named by stco and co64, and whose side data by saio."""
    if chunks is None:
        return b""
    tables = (
        full_box(b"stco", 0, struct.pack(">II", 1, chunks))
        + full_box(b"saio", 0, struct.pack(">II", 1, chunks + 1)),
        full_box(b"co64", 0, struct.pack(">IQQ", 2, chunks, chunks + 2))
        + full_box(b"saio", 1, b"cenc" + bytes(4) + struct.pack(">IQ", 1, chunks + 3), flags=1),
    )
    own = box(b"dinf", full_box(b"dref", 0, struct.pack(">I", 1) + full_box(b"url ", 0, b"", flags=1)))
    return box(
        b"moov",
        b"".join(box(b"trak", box(b"mdia", box(b"minf", own + box(b"stbl", table)))) for table in tables),
    )


def parts_of(data: bytes, start: int = 0, end: int | None = None) -> list[Box]:
    return list(boxes(from_bytes(data), start, len(data) if end is None else end))


def meta_of(data: bytes) -> Box:
    (meta,) = [part for part in parts_of(data) if part.kind == b"meta"]
    return meta


def table_of(data: bytes) -> ItemTable:
    meta = meta_of(data)
    return read_item_table(data[meta.payload : meta.end])


def payloads(data: bytes) -> dict[int, bytes | None]:
    """Every item's bytes by its number."""
    table = table_of(data)
    return {
        number: read_item(from_bytes(data), len(data), table, item) for number, item in table.items.items()
    }


def raw_part(data: bytes, kind: bytes) -> bytes | None:
    """A box of the meta box, header included."""
    meta = meta_of(data)
    found = [
        data[part.start : part.end]
        for part in parts_of(data, meta.payload + 4, meta.end)
        if part.kind == kind
    ]
    return found[0] if found else None


def chunk_offsets(data: bytes) -> list[int]:
    """All offsets in the movie's tables, in their order."""
    found: list[int] = []

    def look(start: int, end: int) -> None:
        for part in parts_of(data, start, end):
            at = part.payload + 4
            if part.kind == b"saio" and data[part.payload + 3]:
                at += 8
            if part.kind in (b"stco", b"co64", b"saio"):
                (count,) = struct.unpack_from(">I", data, at)
                code = "Q" if part.kind == b"co64" or data[part.payload] else "I"
                found.extend(struct.unpack_from(f">{count}{code}", data, at + 4))
            elif part.kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
                look(part.payload, part.end)

    look(0, len(data))
    return found
