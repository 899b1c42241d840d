"""PNG: size and metadata chunks (PNG, third edition: sections 5 and 11; ImageMagick's raw profiles)."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime

from nivo_tui.metadata.containers.source import ReadAt

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 65_536
_MOST_CHUNK_BYTES = 16 * 1024 * 1024
_MOST_TEXT_BYTES = 32 * 1024 * 1024
_TEXT_KINDS = {b"tEXt", b"zTXt", b"iTXt"}
_XMP, _RAW_PROFILE = "XML:com.adobe.xmp", "Raw profile type "
_WANTED = {_XMP, "Title", "Description"}
_PROFILE = re.compile(rb"\s*\w+(?: \w+)*\s+(\d+)\s+([0-9a-fA-F\s]*)")


@dataclass(slots=True)
class PngFacts:
    """What a PNG's chunks say. `exif` begins at the TIFF header; `iptc` may be a Photoshop resource block.

    `text_bytes` is how much text there was, inflated, at most.
    """

    width: int | None = None
    height: int | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    title: str | None = None
    description: str | None = None
    modified: datetime | None = None
    problems: tuple[str, ...] = ()
    text_bytes: int = 0


def read_png(read_at: ReadAt, size: int) -> PngFacts:
    """Walk the chunks of a PNG of `size` bytes; only headers and metadata chunks are read."""
    facts = PngFacts()
    profiles: dict[str, bytes] = {}
    offset = len(SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        head = read_at(offset, 8)
        if len(head) < 8:
            facts.problems += ("the PNG ends early",)
            break
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            break
        if kind in _TEXT_KINDS or kind in (b"IHDR", b"eXIf", b"tIME"):
            if length > min(_MOST_CHUNK_BYTES, size) or facts.text_bytes > _MOST_TEXT_BYTES:
                facts.problems += (f"a PNG chunk {kind.decode()} of {length} bytes was left out",)
            else:
                _take_chunk(facts, profiles, kind, read_at(offset + 8, length))
        offset += 12 + length
    _take_profiles(facts, profiles)
    return facts


def _take_chunk(facts: PngFacts, profiles: dict[str, bytes], kind: bytes, data: bytes) -> None:
    if kind == b"IHDR" and len(data) >= 8:
        facts.width, facts.height = struct.unpack_from(">II", data)
    elif kind == b"eXIf":
        facts.exif = facts.exif or data.removeprefix(b"Exif\0\0")
    elif kind == b"tIME":
        facts.modified = _time(data)
    elif kind in _TEXT_KINDS:
        name, _, rest = data.partition(b"\0")
        keyword = name.decode("latin-1")
        if keyword in _WANTED or keyword.startswith(_RAW_PROFILE):
            text = _text(kind, rest)
            # What could not be inflated counts as much as it may have cost: 1032 times is deflate's most.
            facts.text_bytes += len(text) or min(1032 * len(rest), _MOST_CHUNK_BYTES)
            _take_text(facts, profiles, keyword, text)


def _take_text(facts: PngFacts, profiles: dict[str, bytes], keyword: str, text: bytes) -> None:
    if keyword == _XMP:
        facts.xmp = facts.xmp or text or None
    elif keyword.startswith(_RAW_PROFILE):
        profiles.setdefault(keyword.removeprefix(_RAW_PROFILE).strip().lower(), text)
    elif keyword == "Title":
        facts.title = facts.title or _decoded(text).strip() or None
    elif keyword == "Description":
        facts.description = facts.description or _decoded(text).strip() or None


def _take_profiles(facts: PngFacts, profiles: dict[str, bytes]) -> None:
    """Raw profiles stand behind the chunks made for the purpose. "exif" and "APP1" may hold either kind."""
    for name in ("exif", "app1", "xmp"):
        data = _profile_bytes(profiles.get(name, b""))
        if data.startswith(b"Exif\0\0"):
            facts.exif = facts.exif or data[6:]
        elif data[:2] in (b"II", b"MM"):
            facts.exif = facts.exif or data
        elif data:
            facts.xmp = facts.xmp or data.removeprefix(b"http://ns.adobe.com/xap/1.0/\0")
    for name in ("iptc", "8bim"):
        facts.iptc = facts.iptc or _profile_bytes(profiles.get(name, b"")) or None


def _text(kind: bytes, rest: bytes) -> bytes:
    """The text behind a keyword, inflated where compressed; empty where it cannot be."""
    if kind == b"zTXt":
        return _inflated(rest[1:])
    if kind == b"iTXt":
        compressed = rest[:1] == b"\x01"
        _, _, rest = rest[2:].partition(b"\0")
        _, _, rest = rest.partition(b"\0")
        return _inflated(rest) if compressed else rest
    return rest


def _inflated(data: bytes) -> bytes:
    """Inflate, bounded against bombs; what a damaged stream gave before its fault is not used."""
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, _MOST_CHUNK_BYTES)
    except zlib.error:
        return b""
    return text if unpacker.eof else b""


def _profile_bytes(text: bytes) -> bytes:
    """The bytes of a raw profile: a name, their count in decimal, then hex digits in lines."""
    found = _PROFILE.match(text)
    if found is None:
        return b""
    digits = b"".join(found[2].split())
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))


def _decoded(text: bytes) -> str:
    """iTXt is UTF-8 and tEXt Latin-1 by the standard; many programs write UTF-8 into both."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _time(data: bytes) -> datetime | None:
    """tIME: the last change of the image, in UTC (section 11.3.6.1)."""
    if len(data) != 7:
        return None
    year, month, day, hour, minute, second = struct.unpack(">H5B", data)
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
