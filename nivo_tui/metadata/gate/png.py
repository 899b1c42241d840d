"""PNG, old and new: every chunk the same but the one that holds XMP (PNG, third edition, 5.3)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from itertools import pairwise

from nivo_tui.metadata.gate import xmp
from nivo_tui.metadata.gate.ledger import GateError, Ledger
from nivo_tui.metadata.gate.ranges import Runs, without

_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 65_536
_MOST_XMP_BYTES = 64 << 20
_XMP = b"XML:com.adobe.xmp"
_RAW_PROFILE = b"raw profile type "
_APP1_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_KEYWORD_BYTES = 80
_BLANKS = b"\0 \t\r\n"
# Of Apple's iDOT the two numbers that say how far from its start IDAT chunks begin.
_DOT, _DOT_BYTES, _DOT_OFFSETS = b"iDOT", 28, (12, 24)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One chunk from its length to the end of its CRC."""

    kind: bytes
    start: int
    end: int
    is_xmp: bool


def check(old: bytes, new: bytes, ledger: Ledger) -> None:
    """Raise GateError unless all chunks but those of XMP, and what follows the last, are the same."""
    before, after = _chunks(old), _chunks(new)
    kept = [chunk for chunk in before if not chunk.is_xmp]
    found = [chunk for chunk in after if not chunk.is_xmp]
    if len(kept) != len(found):
        raise GateError("a chunk would be lost")
    places = {chunk.start: other.start for chunk, other in zip(kept, found, strict=True)}
    runs = Runs()
    for chunk, other in zip(kept, found, strict=True):
        if chunk.kind != other.kind or chunk.end - chunk.start != other.end - other.start:
            raise GateError(f"a chunk {_name(chunk)} would change")
        if chunk.kind == _DOT and chunk.end - chunk.start == 12 + _DOT_BYTES:
            _check_dot(old, chunk, new, other, places)
        else:
            runs.add(chunk.start, other.start, chunk.end - chunk.start)
    if len(old) - before[-1].end != len(new) - after[-1].end:
        raise GateError("what follows the picture would change its length")
    runs.add(before[-1].end, after[-1].end, len(old) - before[-1].end)
    runs.require(old, new, "a chunk, or what follows the last, would change")
    if _idat_groups(after) > _idat_groups(before):
        raise GateError("the XMP would part the image data")
    _check_xmp(old, before, new, after, ledger)


def _check_xmp(old: bytes, before: list[_Chunk], new: bytes, after: list[_Chunk], ledger: Ledger) -> None:
    gone, come = ([chunk for chunk in part if chunk.is_xmp] for part in (before, after))
    packets, new_packets = [_packet(old, each) for each in gone], [_packet(new, each) for each in come]
    is_same = [old[c.start : c.end] for c in gone] == [new[c.start : c.end] for c in come]
    if is_same:
        packets = new_packets = packets[:1]
    elif len(come) > 1 or len({packet.strip(_BLANKS) for packet in packets} - {b""}) > 1:
        raise GateError("it would hold two XMP packets, or lose one of two")
    elif come:
        _check_form(new, come[0])
    xmp.check([packet for packet in packets if packet.strip(_BLANKS)][:1], new_packets, ledger)


def _check_dot(old: bytes, chunk: _Chunk, new: bytes, other: _Chunk, places: dict[int, int]) -> None:
    """iDOT must lead to the same IDAT chunks; all else in it stays, but for the checksum."""
    start, start_now = chunk.start + 8, other.start + 8
    free = [(at, at + 4) for at in _DOT_OFFSETS]
    if any(old[start + a : start + b] != new[start_now + a : start_now + b] for a, b in without(0, 28, free)):
        raise GateError("a chunk iDOT would change")
    is_moved = False
    for at in _DOT_OFFSETS:
        (value,), (value_now,) = (
            struct.unpack_from(">I", d, s + at) for d, s in ((old, start), (new, start_now))
        )
        target = chunk.start + value
        is_idat = old[target + 4 : target + 8] == b"IDAT" and target in places
        if other.start + value_now != places[target] if is_idat else value != value_now:
            raise GateError("the chunk iDOT would lead elsewhere")
        is_moved = is_moved or value != value_now
    if is_moved:
        _check_crc(new, other)
    elif old[chunk.end - 4 : chunk.end] != new[other.end - 4 : other.end]:
        raise GateError("a chunk iDOT would change")


def _chunks(data: bytes) -> list[_Chunk]:
    """The chunks up to IEND. Raises GateError where there is no such end."""
    if data[:8] != _SIGNATURE:
        raise GateError("it is no PNG any more")
    chunks = []
    at = 8
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        is_xmp = kind in _TEXTS and _holds_xmp(data, _Chunk(kind, at, end, False))
        chunks.append(_Chunk(kind, at, end, is_xmp))
        if kind == b"IEND":
            return chunks
        at = end
    raise GateError("its chunks cannot be followed to their end")


def _keyword(data: bytes, chunk: _Chunk) -> bytes:
    start = chunk.start + 8
    keyword, mark, _ = data[start : min(chunk.end - 4, start + _KEYWORD_BYTES)].partition(b"\0")
    return keyword if mark else b""


def _holds_xmp(data: bytes, chunk: _Chunk) -> bool:
    """Whether a chunk of text is XMP, by its keyword; a raw profile of APP1, or Exif, may be XMP as well."""
    keyword = _keyword(data, chunk)
    if keyword == _XMP:
        return True
    if not keyword.lower().startswith(_RAW_PROFILE):
        return False
    name = keyword[len(_RAW_PROFILE) :].strip().lower()
    if name not in (b"app1", b"exif"):
        return name == b"xmp"
    try:
        return _profile(_text(data, chunk)).startswith(_APP1_HEADER)
    except (zlib.error, ValueError, IndexError, GateError):
        return False


def _check_form(data: bytes, chunk: _Chunk) -> None:
    """XMP that is written is an iTXt chunk with its keyword, of no language, and not compressed."""
    start = chunk.start + 8 + len(_XMP) + 1
    if chunk.kind != b"iTXt" or _keyword(data, chunk) != _XMP or data[start : start + 3] != b"\0\0\0":
        raise GateError("the XMP chunk would not be of the form that readers take")
    _check_crc(data, chunk)


def _check_crc(data: bytes, chunk: _Chunk) -> None:
    body = memoryview(data)[chunk.start + 4 : chunk.end - 4]
    if zlib.crc32(body) != int.from_bytes(data[chunk.end - 4 : chunk.end], "big"):
        raise GateError("the checksum of the XMP chunk would be wrong")


def _idat_groups(chunks: list[_Chunk]) -> int:
    """How many rows of IDAT chunks there are; they must follow each other (5.6)."""
    kinds = [b"", *(chunk.kind for chunk in chunks)]
    return sum(1 for last, kind in pairwise(kinds) if kind == b"IDAT" != last)


def _packet(data: bytes, chunk: _Chunk) -> bytes:
    """The XMP in a chunk: its text, or what the digits of a raw profile give."""
    text = _text(data, chunk)
    return text if _keyword(data, chunk) == _XMP else _profile(text).removeprefix(_APP1_HEADER)


def _text(data: bytes, chunk: _Chunk) -> bytes:
    """The text of a tEXt, zTXt or iTXt chunk (11.3.3)."""
    _, _, rest = data[chunk.start + 8 : chunk.end - 4].partition(b"\0")
    if chunk.kind == b"tEXt":
        return rest
    if chunk.kind == b"zTXt":
        return _unpacked(rest[1:])
    is_packed = rest[0]
    _, _, rest = rest[2:].partition(b"\0")
    _, _, text = rest.partition(b"\0")
    return _unpacked(text) if is_packed else text


def _profile(text: bytes) -> bytes:
    """The bytes of ImageMagick's raw profile: a line with its name, one with their count, lines of digits."""
    digits = b"".join(text.strip(b"\n\0").split(b"\n", 2)[2:])
    return bytes.fromhex(digits.decode("ascii"))


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(data, _MOST_XMP_BYTES)
    if unpacker.unconsumed_tail:
        raise GateError("its XMP is larger than any packet")
    return text


def _name(chunk: _Chunk) -> str:
    return chunk.kind.decode("latin-1")
