"""The edit of the XMP of a WebP (RFC 9649, section 2; RFC 6386, section 9.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.blocks import KEEP, BlockChange
from nivo_tui.metadata.edits import Edit, EditList, edit_list

_XMP_FLAG, _ALPHA_FLAG = 0x04, 0x10
_HEADER, _VP8X_LENGTH = 12, 10
_MOST_CHUNKS = 65_536
_MOST_BYTES = 0xFFFF_FFF6
_XMP = b"XMP "
_XMP_KINDS = frozenset((_XMP, b"XMP\0"))
"""The second is a misspelling of some programs that readers take for XMP; it is written anew as the first."""

_SIMPLE_KINDS = frozenset((b"VP8 ", b"VP8L"))
_IMAGE_KINDS = _SIMPLE_KINDS | {b"ANMF"}


class WebpError(RefusedError):
    """The XMP of a WebP cannot be changed without doubt."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A chunk of `length` bytes behind its header of 8; `end` is behind its padding, as far as it has one."""

    kind: bytes
    start: int
    length: int
    end: int

    @property
    def payload(self) -> slice:
        return slice(self.start + 8, self.start + 8 + self.length)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a simple file's bitstream says: the canvas in pixels, and whether it has alpha."""

    width: int
    height: int
    has_alpha: bool


class EditableWebp:
    """The bytes of a WebP, and the edit of their XMP. Raises WebpError where they cannot be followed."""

    iptc: bytes | None = None
    iptc_refusal: str | None = ""
    exif_texts: dict[str, str | None] | None = None
    has_exif: bool = False

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._chunks, self._end = _walk(data)
        self._extended = self._chunks[0] if self._chunks[0].kind == b"VP8X" else None
        self._found = [chunk for chunk in self._chunks if chunk.kind in _XMP_KINDS]
        packets = [data[chunk.payload] for chunk in self._found]
        self._is_ambiguous = len({packet.strip(b"\0 \t\r\n") for packet in packets} - {b""}) > 1
        self.packet: bytes | None = next((packet for packet in packets if packet), None)
        signed = any(chunk.kind == b"C2PA" for chunk in self._chunks)
        self.notes = ("its content credentials (C2PA) do not cover the change",) if signed else ()

    def edit(self, change: BlockChange) -> EditList:
        """The edits that exchange the packet, its flag and the size of the whole. Raises WebpError.

        A simple file becomes an extended one, and a simple one again once nothing else asks for that.
        """
        if isinstance(change.iptc, bytes) or any(text is not None for text in change.exif.values()):
            raise WebpError("a WebP's IPTC and Exif are not written")
        if change.xmp is KEEP or change.xmp == self.packet:
            return ()
        if self._is_ambiguous:
            raise WebpError("this WebP holds two different XMP packets, and which one counts is not clear")
        edits = [*self._exchange(change.xmp), *self._extension(change.xmp is not None)]
        shift = sum(len(edit.new) - edit.old_length for edit in edits)
        size = self._end + shift - 8
        if size > _MOST_BYTES:
            raise WebpError("the XMP is too long for a WebP")
        if size.to_bytes(4, "little") != self._data[4:8]:
            edits.append(Edit(4, 4, size.to_bytes(4, "little")))
        return edit_list(edits)

    def _exchange(self, packet: bytes | None) -> list[Edit]:
        """One chunk in the place of the first, or at the end; further ones say the same and go."""
        first = next((c for c in self._found if c.length), self._found[0] if self._found else None)
        edits = [Edit(c.start, c.end - c.start, b"") for c in self._found if c is not first]
        new = b"" if packet is None else _chunk(_XMP, packet)
        if first is not None:
            return [*edits, Edit(first.start, first.end - first.start, new)]
        last = self._chunks[-1]
        lacks_padding = last.length & 1 and last.end == last.start + 8 + last.length
        return [*edits, Edit(self._end, 0, b"\0" + new if lacks_padding and new else new)]

    def _extension(self, has_xmp: bool) -> list[Edit]:
        """The edits of the VP8X chunk: its flag set or cleared, the chunk put in, or taken out."""
        extended = self._extended
        if extended is None:
            return [Edit(_HEADER, 0, self._new_extension())] if has_xmp else []
        if not has_xmp and self._could_be_simple(extended):
            return [Edit(extended.start, extended.end - extended.start, b"")]
        at = extended.start + 8
        old = self._data[at]
        new = old | _XMP_FLAG if has_xmp else old & ~_XMP_FLAG
        return [Edit(at, 1, bytes((new,)))] if new != old else []

    def _new_extension(self) -> bytes:
        """VP8X of a simple file. Chunks that were passed over without it stay so: only ours has its flag."""
        frame = _frame(self._data, self._chunks[0])
        if frame is None:
            raise WebpError("the structure of this WebP is damaged: the size of its picture cannot be read")
        return _chunk(b"VP8X", _extension_of(frame, _XMP_FLAG))

    def _could_be_simple(self, extended: _Chunk) -> bool:
        """Whether, without its XMP, all that VP8X says stands in the bitstream, and nothing else is there."""
        rest = [chunk for chunk in self._chunks if chunk is not extended and chunk not in self._found]
        if len(rest) != 1 or rest[0].kind not in _SIMPLE_KINDS:
            return False
        frame = _frame(self._data, rest[0])
        said = bytearray(self._data[extended.payload])
        said[0] &= ~_XMP_FLAG
        return frame is not None and said == _extension_of(frame, 0)


def _walk(data: bytes) -> tuple[list[_Chunk], int]:
    """The chunks of the container, and its end as they give it. What lies behind that is no part of it."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise WebpError("this is no WebP")
    said = 8 + int.from_bytes(data[4:8], "little")
    limit = min(said, len(data))
    chunks: list[_Chunk] = []
    at = _HEADER
    while at + 8 <= limit:
        kind, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > limit:
            raise WebpError("this WebP is cut off: the end of a chunk is missing")
        if kind == b"\0\0\0\0" or len(chunks) >= _MOST_CHUNKS:
            raise WebpError("the structure of this WebP is damaged: its chunks cannot be followed")
        # A last odd chunk may lack its padding, or the size of the whole may not count it.
        end = at + 8 + length + (length & 1)
        chunks.append(_Chunk(kind, at, length, min(end, len(data))))
        at = end
    end = min(at, len(data))
    # Some programs count the 8 bytes of the header as well.
    if said - end > 8:
        raise WebpError("this WebP is cut off: its end is missing")
    if end < limit:
        raise WebpError("the structure of this WebP is damaged: bytes stand between its chunks")
    _check_chunks(chunks)
    _check_rest(data, end)
    return chunks, end


def _check_chunks(chunks: list[_Chunk]) -> None:
    kinds = [chunk.kind for chunk in chunks]
    if not any(chunk.kind in _IMAGE_KINDS and chunk.length for chunk in chunks):
        raise WebpError("the structure of this WebP is damaged: it has no image data")
    is_simple = kinds[0] in _SIMPLE_KINDS and not _IMAGE_KINDS.intersection(kinds[1:])
    if kinds[0] != b"VP8X" and not is_simple:
        raise WebpError("the structure of this WebP is damaged: its chunks are out of order")
    if (kinds[0] == b"VP8X" and chunks[0].length < _VP8X_LENGTH) or b"VP8X" in kinds[1:]:
        raise WebpError("the structure of this WebP is damaged: its VP8X chunk")


def _check_rest(data: bytes, at: int) -> None:
    """Refuse XMP behind the container: some readers go on to the end of the file, others do not."""
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data):
            return
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind in _XMP_KINDS:
            raise WebpError("this WebP holds XMP behind its end, and whether that counts is not clear")
        at += 8 + length + (length & 1)


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return b"".join((kind, len(payload).to_bytes(4, "little"), payload, b"\0" * (len(payload) & 1)))


def _extension_of(frame: _Frame, flags: int) -> bytes:
    flags |= _ALPHA_FLAG if frame.has_alpha else 0
    sizes = ((side - 1).to_bytes(3, "little") for side in (frame.width, frame.height))
    return b"".join((flags.to_bytes(4, "little"), *sizes))


def _frame(data: bytes, chunk: _Chunk) -> _Frame | None:
    """What a bitstream's header says; None where it is none of a key frame (RFC 9649, 2.5 and 2.6)."""
    head = data[chunk.start + 8 : chunk.start + 8 + min(chunk.length, 10)]
    if chunk.kind == b"VP8L" and len(head) >= 5 and head[0] == 0x2F:
        bits = int.from_bytes(head[1:5], "little")
        return _Frame((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1))
    if chunk.kind == b"VP8 " and len(head) == 10 and not head[0] & 1 and head[3:6] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", head, 6))
        return _Frame(width, height, False) if width and height else None
    return None
