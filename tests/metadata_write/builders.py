"""Pictures, packets and journals for the tests of writing."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from PIL import Image

from nivo_tui.catalog.decisions import open_decisions
from nivo_tui.metadata.apply import Step, apply_plan, no_step
from nivo_tui.metadata.journal import Journal
from nivo_tui.metadata.plan import WriteOptions, WriteRequest, plan_write
from nivo_tui.metadata.planned import now
from nivo_tui.metadata.xmp import Keyword
from nivo_tui.model import Receipt
from nivo_tui.settings import load_paths

XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
BEGIN = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
PADDING = (b" " * 99 + b"\n") * 20
END = b'<?xpacket end="w"?>'
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/" '
    'xmlns:digiKam="http://www.digikam.org/ns/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:own="urn:somebody"'
)


def jpeg(*segments: bytes, size: tuple[int, int] = (48, 32), progressive: bool = False) -> bytes:
    """A small JPEG with segments put behind its APP0."""
    buffer = io.BytesIO()
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    picture.save(buffer, "JPEG", quality=85, progressive=progressive)
    data = buffer.getvalue()
    end = 4 + int.from_bytes(data[4:6], "big")
    return data[:end] + b"".join(segments) + data[end:]


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def xmp_segment(packet: bytes) -> bytes:
    return segment(0xE1, XMP_HEADER + packet)


def exif_segment(tiff: bytes) -> bytes:
    return segment(0xE1, b"Exif\0\0" + tiff)


def tiff_with(entries: list[tuple[int, int, int, int]], extra: bytes = b"") -> bytes:
    """A little-endian TIFF of one directory; each entry is tag, type, count, value."""
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries) + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", 8) + directory + extra


def packet(body: str, *, about: str = "", padding: bytes = PADDING, attributes: str = "") -> bytes:
    """A packet of one description with `body` in it."""
    text = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="{about}" {NAMESPACES} {attributes}>{body}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    )
    return BEGIN + text.encode() + padding + END


def bag(name: str, *values: str, kind: str = "Bag") -> str:
    items = "".join(f"<rdf:li>{value}</rdf:li>" for value in values)
    return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"


def mpf_segment(first_size: int, images: list[tuple[int, int]]) -> bytes:
    """An MPF index; `images` are (offset from the index, size) of the images after the first."""
    entries = struct.pack(">IIIHH", 0x030000, first_size, 0, 0, 0)
    entries += b"".join(struct.pack(">IIIHH", 0, size, offset, 0, 0) for offset, size in images)
    count = 1 + len(images)
    head = b"MM\0*" + struct.pack(">IH", 8, 3)
    head += struct.pack(">HHI", 0xB000, 7, 4) + b"0100"
    head += struct.pack(">HHII", 0xB001, 4, 1, count)
    head += struct.pack(">HHII", 0xB002, 7, 16 * count, 8 + 2 + 36 + 4)
    return segment(0xE2, b"MPF\0" + head + struct.pack(">I", 0) + entries)


def open_journal() -> Journal:
    paths = load_paths()
    paths.create()
    return Journal(open_decisions(paths))


def write(
    journal: Journal,
    path: Path,
    *keywords: str | Keyword,
    options: WriteOptions = WriteOptions(),  # noqa: B008
    step: Step = no_step,
    **request: object,
) -> tuple[Receipt, ...]:
    """One run that writes keywords to one photo."""
    wanted = tuple(k if isinstance(k, Keyword) else Keyword(k) for k in keywords)
    run = journal.begin_run("write", now())
    plan = plan_write(WriteRequest(str(path), wanted, **request), options, run)  # type: ignore[arg-type]
    receipts = apply_plan(plan, journal, run, options, step)
    journal.end_run(run, now())
    return receipts
