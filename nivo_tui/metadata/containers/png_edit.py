"""The edit of the XMP of a PNG (PNG, third edition, sections 5 and 11.3; XMP Specification Part 3, 1.1.5)."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.blocks import KEEP, BlockChange
from nivo_tui.metadata.containers.png import SIGNATURE
from nivo_tui.metadata.edits import Edit, EditList, edit_list

XMP_KEYWORD = b"XML:com.adobe.xmp"
_NEW_HEAD = XMP_KEYWORD + b"\0\0\0\0\0"
_RAW_PROFILE = b"raw profile type "
_APP1_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_PROFILE = re.compile(rb"\n?[^\n]*\n\s*\d+\n([0-9a-fA-F\s]*)")

_MOST_CHUNKS = 65_536
_MOST_LENGTH = 0x7FFF_FFFF
_MOST_TEXT = 16 * 1024 * 1024
_MOST_KEYWORD = 80
_HEADER_LENGTH = 13

_TEXTS = frozenset((b"tEXt", b"zTXt", b"iTXt"))
_CHECKED = frozenset((b"IHDR", b"PLTE"))
_PASSED_OVER = frozenset((b"IDAT", b"fdAT"))
_TIED_TO_IMAGE = frozenset((b"IDAT", b"iDOT", b"fcTL"))
_DOT_LENGTH, _DOT_OFFSETS = 28, (12, 24)
_NOTES = {
    b"caBX": "its content credentials (C2PA) do not cover the change",
    b"dSIG": "its digital signature does not cover the change",
}


class PngError(RefusedError):
    """The XMP of a PNG cannot be changed without doubt."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A chunk from the first byte of its length to the last of its CRC."""

    kind: bytes
    start: int
    end: int

    def payload(self, data: bytes) -> bytes:
        return data[self.start + 8 : self.end - 4]

    def is_sound(self, data: bytes) -> bool:
        """Whether the CRC is right."""
        with memoryview(data) as view:
            return (
                zlib.crc32(view[self.start + 4 : self.end - 4]).to_bytes(4, "big")
                == data[self.end - 4 : self.end]
            )


@dataclass(frozen=True, slots=True)
class _Xmp:
    """A chunk that holds XMP, the packet in it, and how its payload is to begin when it is written anew."""

    chunk: _Chunk
    packet: bytes
    head: bytes = _NEW_HEAD


class EditablePng:
    """The bytes of a PNG, and the edit of their XMP. Raises PngError where they cannot be followed.

    XMP of old programs, in a raw profile or a tEXt or zTXt chunk, counts as the packet; it is written into
    an iTXt chunk in the same place, which every program that reads the old forms reads too.
    """

    iptc: bytes | None = None
    iptc_refusal: str | None = ""
    exif_texts: dict[str, str | None] | None = None
    has_exif: bool = False

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._chunks, self._new_place = _walk(data)
        self._found = _all_xmp(data, self._chunks)
        self.packet: bytes | None = next((xmp.packet for xmp in self._found if xmp.packet), None)
        kinds = dict.fromkeys(chunk.kind for chunk in self._chunks)
        self.notes = tuple(_NOTES[kind] for kind in kinds if kind in _NOTES)

    def edit(self, change: BlockChange) -> EditList:
        """The edits that exchange the packet; bytes behind IEND stay. Raises PngError."""
        if isinstance(change.iptc, bytes) or any(text is not None for text in change.exif.values()):
            raise PngError("a PNG's IPTC and Exif are not written")
        if change.xmp is KEEP or change.xmp == self.packet:
            return ()
        self._refuse_doubtful()
        return edit_list(self._with_offsets(self._exchange(change.xmp)))

    def _refuse_doubtful(self) -> None:
        if len({xmp.packet.strip(b"\0 \t\r\n") for xmp in self._found} - {b""}) > 1:
            raise PngError("this PNG holds two different XMP packets, and which one counts is not clear")
        if not all(xmp.chunk.is_sound(self._data) for xmp in self._found):
            raise PngError("the XMP of this PNG is damaged: its checksum is wrong")

    def _exchange(self, packet: bytes | None) -> list[Edit]:
        """One chunk in the place of the first; further ones say the same and go."""
        first = next((xmp for xmp in self._found if xmp.packet), self._found[0] if self._found else None)
        edits = [
            Edit(xmp.chunk.start, xmp.chunk.end - xmp.chunk.start, b"")
            for xmp in self._found
            if xmp is not first
        ]
        head = first.head if first else _NEW_HEAD
        new = b"" if packet is None else _chunk(b"iTXt", head + packet)
        if first is None:
            return [*edits, Edit(self._new_place, 0, new)]
        return [*edits, Edit(first.chunk.start, first.chunk.end - first.chunk.start, new)]

    def _with_offsets(self, edits: list[Edit]) -> list[Edit]:
        """Set right what Apple's iDOT says of the places of IDAT chunks, counted from its own start.

        Nothing shifts where the edit stands before it; offsets that lead to no IDAT are stale and stay.
        """
        for chunk in self._chunks:
            if chunk.kind != b"iDOT" or chunk.end - chunk.start != 12 + _DOT_LENGTH:
                continue
            payload = bytearray(chunk.payload(self._data))
            for at in _DOT_OFFSETS:
                target = chunk.start + int.from_bytes(payload[at : at + 4], "big")
                if self._data[target + 4 : target + 8] == b"IDAT":
                    moved = target - chunk.start + _shift(edits, chunk.end, target)
                    payload[at : at + 4] = moved.to_bytes(4, "big")
            if payload != chunk.payload(self._data) and chunk.is_sound(self._data):
                new = _chunk(b"iDOT", bytes(payload))
                edits = [*edits, Edit(chunk.start, len(new), new)]
        return edits


def _walk(data: bytes) -> tuple[list[_Chunk], int]:
    """The chunks up to IEND but those of image data, and where a new one goes: before the image data.

    Also before an animation's first frame control and Apple's iDOT, which belong to it; but not right
    behind IHDR, where programs look for the mark of an animation.
    """
    if not data.startswith(SIGNATURE):
        raise PngError("this is no PNG")
    chunks: list[_Chunk] = []
    at, place, size, has_image = len(SIGNATURE), 0, len(data), False
    for _ in range(_MOST_CHUNKS):
        if at + 12 > size:
            raise PngError("this PNG is cut off: its end is missing")
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if length > _MOST_LENGTH or not kind.isalpha():
            raise PngError("the structure of this PNG is damaged: its chunks cannot be followed")
        if end > size:
            raise PngError("this PNG is cut off: the end of a chunk is missing")
        if not place and kind in _TIED_TO_IMAGE:
            place = at
        if kind in _PASSED_OVER:
            has_image = has_image or (kind == b"IDAT" and length > 0)
        else:
            chunks.append(_Chunk(kind, at, end))
            if kind == b"IEND":
                break
        at = end
    else:
        raise PngError(f"this PNG has more than {_MOST_CHUNKS:,} chunks")
    _check_order(data, chunks, place if has_image else 0)
    return chunks, place


def _check_order(data: bytes, chunks: list[_Chunk], image_at: int) -> None:
    kinds = [chunk.kind for chunk in chunks]
    # Programs for iPhones put CgBI first.
    first = 1 if kinds[0] == b"CgBI" else 0
    is_headed = kinds.index(b"IHDR") == first if kinds.count(b"IHDR") == 1 else False
    header = chunks[first : first + 1]
    if not is_headed or image_at < header[0].start or header[0].end - header[0].start != 12 + _HEADER_LENGTH:
        raise PngError("the structure of this PNG is damaged: it has no header or no image data")
    if not all(chunk.is_sound(data) for chunk in chunks if chunk.kind in _CHECKED):
        raise PngError("this PNG is damaged: the checksum of its header or palette is wrong")


def _chunk(kind: bytes, payload: bytes) -> bytes:
    if len(payload) > _MOST_LENGTH:
        raise PngError("the XMP is too long for a PNG")
    crc = zlib.crc32(payload, zlib.crc32(kind))
    return b"".join((len(payload).to_bytes(4, "big"), kind, payload, crc.to_bytes(4, "big")))


def _shift(edits: Iterable[Edit], start: int, end: int) -> int:
    return sum(len(edit.new) - edit.old_length for edit in edits if start <= edit.offset < end)


# -- XMP in its forms


def _all_xmp(data: bytes, chunks: Iterable[_Chunk]) -> list[_Xmp]:
    found, size = [], 0
    for chunk in chunks:
        xmp = _xmp_in(data, chunk)
        if xmp is not None:
            found.append(xmp)
            size += len(xmp.packet)
        # Each may be small and inflate to much; all together hold no more than one may.
        if size > _MOST_TEXT:
            raise PngError("this PNG holds more XMP than any picture has")
    return found


def _xmp_in(data: bytes, chunk: _Chunk) -> _Xmp | None:
    """What a chunk holds of XMP. Raises PngError where it holds some that cannot be read."""
    if chunk.kind not in _TEXTS:
        return None
    start = chunk.start + 8
    end = data.find(b"\0", start, min(chunk.end - 4, start + _MOST_KEYWORD))
    keyword = data[start:end] if end >= 0 else b""
    if keyword == XMP_KEYWORD:
        head, packet = _text(chunk.kind, data[end + 1 : chunk.end - 4])
        return _Xmp(chunk, packet, head)
    if keyword.lower().startswith(_RAW_PROFILE):
        name = keyword[len(_RAW_PROFILE) :].strip().lower()
        profile = _in_profile(name, chunk.kind, data[end + 1 : chunk.end - 4])
        return None if profile is None else _Xmp(chunk, profile)
    return None


def _in_profile(name: bytes, kind: bytes, rest: bytes) -> bytes | None:
    """The packet in a raw profile: named for it, or of a JPEG's APP1, which may be Exif as well."""
    if name == b"xmp":
        return _profile(_text(kind, rest)[1]).removeprefix(_APP1_HEADER)
    if name not in (b"app1", b"exif"):
        return None
    try:
        profile = _profile(_text(kind, rest)[1])
    except PngError:
        return None
    return profile.removeprefix(_APP1_HEADER) if profile.startswith(_APP1_HEADER) else None


def _text(kind: bytes, rest: bytes) -> tuple[bytes, bytes]:
    """How an iTXt chunk with this text begins, and the text, from what stands behind a keyword.

    A translated keyword of an iTXt chunk stays; the text of a new one is not compressed.
    """
    if kind == b"tEXt":
        return _NEW_HEAD, rest
    if kind == b"zTXt":
        return _NEW_HEAD, _inflated(rest[:1], rest[1:])
    flag, method = rest[:1], rest[1:2]
    language, first, after = rest[2:].partition(b"\0")
    translated, second, text = after.partition(b"\0")
    if not first or not second:
        raise PngError("the XMP of this PNG is in a damaged chunk")
    if language:
        raise PngError("the XMP of this PNG is marked with a language, which programs read differently")
    head = XMP_KEYWORD + b"\0\0\0\0" + translated + b"\0"
    return head, text if flag == b"\0" else _inflated(method, text)


def _inflated(method: bytes, packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(packed, _MOST_TEXT)
    except zlib.error as error:
        raise PngError("the compressed XMP of this PNG is damaged") from error
    if method != b"\0" or not unpacker.eof:
        raise PngError("the compressed XMP of this PNG is damaged or too large")
    return text


def _profile(text: bytes) -> bytes:
    """The bytes of ImageMagick's raw profile: a line with its name, one with their count, lines of hex."""
    found = _PROFILE.fullmatch(text.rstrip(b"\0"))
    digits = b"".join(found[1].split()) if found else b""
    if not digits or len(digits) % 2:
        raise PngError("the XMP of this PNG is in a damaged raw profile")
    return bytes.fromhex(digits.decode("ascii"))
