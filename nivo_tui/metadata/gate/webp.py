"""WebP, old and new: every chunk the same but XMP, and the flag in VP8X that tells of it (RFC 9649)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from nivo_tui.metadata.gate import xmp
from nivo_tui.metadata.gate.ledger import GateError, Ledger
from nivo_tui.metadata.gate.ranges import Runs

_EXTENDED, _LOSSY, _LOSSLESS = b"VP8X", b"VP8 ", b"VP8L"
# The second form is a mistake of some programs, which others read.
_XMP, _XMP_KINDS = b"XMP ", (b"XMP ", b"XMP\0")
_XMP_FLAG, _ALPHA_FLAG = 0x04, 0x10
_MOST_CHUNKS = 65_536
_BLANKS = b"\0 \t\r\n"


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One chunk: its payload from `start` to `end`."""

    kind: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _WebP:
    """The chunks, where the last ends with its padding, and what the header says of the length."""

    data: bytes
    chunks: tuple[_Chunk, ...]
    end: int
    claimed: int

    def packets(self) -> list[bytes]:
        """The payloads of all chunks of XMP."""
        return [self.data[c.start : c.end] for c in self.chunks if c.kind in _XMP_KINDS]

    def one(self, kind: bytes) -> bytes | None:
        """The payload of the only chunk of a kind. Raises GateError where there are two."""
        found = [self.data[c.start : c.end] for c in self.chunks if c.kind == kind]
        if len(found) > 1:
            raise GateError(f"it would hold two chunks {kind.decode('latin-1')}")
        return found[0] if found else None


def check(old: bytes, new: bytes, ledger: Ledger) -> None:
    """Raise GateError unless all chunks but XMP are the same, and header and flags fit it."""
    before, after = _read(old), _read(new)
    others = (*_XMP_KINDS, _EXTENDED)
    kept = [chunk for chunk in before.chunks if chunk.kind not in others]
    found = [chunk for chunk in after.chunks if chunk.kind not in others]
    if [chunk.kind for chunk in kept] != [chunk.kind for chunk in found]:
        raise GateError("a chunk would be lost")
    runs = Runs()
    for chunk, other in zip(kept, found, strict=True):
        length = chunk.end - chunk.start
        if length != other.end - other.start:
            raise GateError(f"a chunk {chunk.kind.decode('latin-1')} would change")
        runs.add(chunk.start, other.start, length)
    if len(old) - before.end != len(new) - after.end:
        raise GateError("what follows the picture would change its length")
    runs.add(before.end, after.end, len(old) - before.end)
    runs.require(old, new, "a chunk, or what follows the last, would change")
    excess = before.claimed - before.end
    if after.claimed != after.end and after.claimed - after.end != excess:
        raise GateError("its header would tell a wrong length")
    packets, new_packets = before.packets(), after.packets()
    _check_extended(before, after, bool(new_packets))
    if packets == new_packets:
        packets = new_packets = packets[:1]
    elif len({packet.strip(_BLANKS) for packet in packets} - {b""}) > 1 or len(new_packets) > 1:
        raise GateError("it would hold two XMP packets, or lose one of two")
    elif new_packets and after.one(_XMP) is None:
        raise GateError("its XMP would not be where readers look for it")
    xmp.check([packet for packet in packets if packet.strip(_BLANKS)][:1], new_packets, ledger)


def _read(data: bytes) -> _WebP:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise GateError("it is no WebP any more")
    claimed = 8 + int.from_bytes(data[4:8], "little")
    end = min(claimed, len(data))
    chunks: list[_Chunk] = []
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at + 8 > end:
            return _WebP(data, tuple(chunks), min(at, len(data)), claimed)
        kind, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > len(data):
            raise GateError("its chunks cannot be followed to their end")
        chunks.append(_Chunk(kind, at + 8, at + 8 + length))
        at += 8 + length + (length & 1)
    raise GateError("it has more chunks than any picture")


def _check_extended(before: _WebP, after: _WebP, has_xmp: bool) -> None:
    """VP8X (2.7): all the same but the flag of XMP; or newly made for a simple file, or taken away again."""
    old, new = before.one(_EXTENDED), after.one(_EXTENDED)
    if new is None:
        if has_xmp:
            raise GateError("its XMP would not be announced")
        if old is not None:
            is_simple = len(after.chunks) == 1 and old[1:4] == b"\0\0\0"
            if not is_simple or old[:1] + old[4:] != _extended_for(after, old[0] & _XMP_FLAG):
                raise GateError("the extended header would be lost")
        return
    if after.chunks[0].kind != _EXTENDED or len(new) < 10:
        raise GateError("the extended header would not come first")
    if bool(new[0] & _XMP_FLAG) != has_xmp and not (old is not None and old == new):
        raise GateError("the flag of XMP would be wrong")
    if old is None:
        if new[:1] + new[4:] != _extended_for(before, _XMP_FLAG) or new[1:4] != b"\0\0\0":
            raise GateError("the extended header would not fit the picture")
    elif (old[0] | _XMP_FLAG, old[1:]) != (new[0] | _XMP_FLAG, new[1:]):
        raise GateError("the extended header would change")


def _extended_for(simple: _WebP, flag: int) -> bytes:
    """Flags, and width and height less one, that VP8X must hold for a file of one picture."""
    images = [chunk for chunk in simple.chunks if chunk.kind in (_LOSSY, _LOSSLESS)]
    if len(images) != 1:
        raise GateError("the extended header would not fit the picture")
    width, height, alpha = _dimensions(simple.data, images[0])
    flags = flag | (_ALPHA_FLAG if alpha else 0)
    return bytes([flags]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _dimensions(data: bytes, image: _Chunk) -> tuple[int, int, bool]:
    """Width, height and whether there is transparency (RFC 6386, 9.1; RFC 9649, 3.4)."""
    if image.kind == _LOSSY:
        if data[image.start + 3 : image.start + 6] != b"\x9d\x01\x2a":
            raise GateError("the size of its picture cannot be read")
        width, height = struct.unpack_from("<HH", data, image.start + 6)
        return width & 0x3FFF, height & 0x3FFF, False
    (bits,) = struct.unpack_from("<I", data, image.start + 1)
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
