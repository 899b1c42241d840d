"""WebP: size, Exif and XMP chunks of the RIFF container (RFC 9649, section 2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from nivo_tui.metadata.containers.source import ReadAt

_MOST_CHUNKS = 65_536
_MOST_CHUNK_BYTES = 16 * 1024 * 1024
_EXIF_PREFIX = b"Exif\0\0"


@dataclass(slots=True)
class WebpFacts:
    """What a WebP's chunks say. `exif` begins at the TIFF header. The size is the canvas's, in pixels."""

    width: int | None = None
    height: int | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    problems: tuple[str, ...] = ()


def read_webp(read_at: ReadAt, size: int) -> WebpFacts:
    """Walk the chunks of a WebP of `size` bytes; only headers and metadata chunks are read."""
    facts = WebpFacts()
    offset = 12
    for _ in range(_MOST_CHUNKS):
        head = read_at(offset, 8)
        if len(head) < 8:
            break
        kind, length = struct.unpack("<4sI", head)
        if kind in (b"EXIF", b"XMP ", b"XMP\0"):  # the last is a misspelling that some writers have
            if length > min(_MOST_CHUNK_BYTES, size):
                facts.problems += (f"a WebP chunk of {length} bytes was left out",)
            else:
                _take_metadata(facts, kind, read_at(offset + 8, length))
        elif facts.width is None and kind in (b"VP8X", b"VP8 ", b"VP8L"):
            facts.width, facts.height = _canvas(kind, read_at(offset + 8, 10))
        offset += 8 + length + (length & 1)
    return facts


def _take_metadata(facts: WebpFacts, kind: bytes, data: bytes) -> None:
    if kind != b"EXIF":
        facts.xmp = facts.xmp or data or None
        return
    # The standard wants the bare TIFF; several writers put JPEG's prefix before it, some of them twice.
    while data.startswith(_EXIF_PREFIX):
        data = data[len(_EXIF_PREFIX) :]
    facts.exif = facts.exif or data or None


def _canvas(kind: bytes, data: bytes) -> tuple[int | None, int | None]:
    """Width and height from the first chunk that has them (sections 2.5 to 2.7; RFC 6386, section 9.1)."""
    if len(data) < 10:
        return None, None
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
    if kind == b"VP8L":
        if data[0] != 0x2F:
            return None, None
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if data[3:6] != b"\x9d\x01\x2a":
        return None, None
    width, height = struct.unpack_from("<HH", data, 6)
    return width & 0x3FFF, height & 0x3FFF
