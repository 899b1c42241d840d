"""The boxes of a HEIF or AVIF file as an edit of it must know them: strictly, with what stays at its end.

Sources: ISO/IEC 14496-12 (4.2 boxes, 8.11 meta), ISO/IEC 23008-12 (HEIF), the Motion Photo format 1.0 of
Android (mpvd), ExifTool's description of Samsung's trailer (SEF).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.edits import Edit

_MOST_BOXES = 65_536
_MOST_META_BYTES = 32 * 1024 * 1024
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_FRAGMENTS = (b"moof", b"mfra", b"sidx", b"styp", b"ssix")
_AT_THE_END = (b"mpvd", b"sefd")
_ONCE = (b"hdlr", b"pitm", b"iinf", b"iloc", b"iref", b"iprp", b"idat", b"grpl")
_NEEDED = (b"hdlr", b"pitm", b"iinf", b"iloc")


class BmffError(RefusedError):
    """A HEIF or AVIF file cannot be changed without doubt."""


class CutOffError(BmffError):
    """A part of the file is missing."""


class FragmentedError(BmffError):
    """The media of the file lie in fragments."""


class UnknownTrailerError(BmffError):
    """The file ends with bytes of unknown meaning."""


class DamagedError(BmffError):
    """The structure of the file contradicts itself."""


class AmbiguousError(BmffError):
    """Which of several things in the file counts is not clear."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type, where it starts, where its payload starts, where it ends.

    `open_ended` is a box whose size says that it reaches to the end of the file.
    """

    kind: bytes
    start: int
    payload: int
    end: int
    open_ended: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The boxes of the picture; `behind` is where they end and what must stay at the file's end starts.

    `parts` are the boxes in the meta box that are there once. `signed` tells of content credentials.
    """

    boxes: tuple[Box, ...]
    behind: int
    meta: Box
    parts: dict[bytes, Box]
    signed: bool


def read_layout(data: bytes) -> Layout:
    """Find the boxes. Raises BmffError where the file is no picture of this kind, or in doubt."""
    boxes, behind = _top(data)
    if not boxes or boxes[0].kind != b"ftyp":
        raise DamagedError("this file does not start as a HEIF or AVIF file does")
    if data[boxes[0].payload : boxes[0].payload + 4] == b"crx ":
        raise BmffError("this is a raw file of Canon's, which is not changed")
    if any(box.kind in _FRAGMENTS for box in boxes):
        raise FragmentedError("the media of this file lie in fragments, which cannot be moved safely")
    identities = {data[box.payload : box.payload + 16] for box in boxes if box.kind == b"uuid"}
    if _XMP_UUID in identities:
        raise AmbiguousError("this file keeps XMP in a box of its own, as a video does")
    metas = [box for box in boxes if box.kind == b"meta"]
    if not metas:
        raise BmffError("this file has no table of items, as a picture has")
    if len(metas) > 1:
        raise AmbiguousError("this file has more than one table of items")
    return Layout(boxes, behind, metas[0], _parts(data, metas[0]), _C2PA_UUID in identities)


def walk(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes that fill the bytes between two offsets. Raises DamagedError where they do not."""
    count = 0
    while start < end:
        box = _box(data, start, end)
        count += 1
        if box is None or box.open_ended or count > _MOST_BOXES:
            raise DamagedError("the boxes of this file cannot be followed")
        yield box
        start = box.end


def resized(data: bytes, box: Box, growth: int) -> Edit:
    """The edit of a box's size. Raises BmffError where the new size does not fit its four bytes."""
    size = box.end - box.start + growth
    if int.from_bytes(data[box.start : box.start + 4], "big") != 1:
        if size > 0xFFFFFFFF:
            raise BmffError("a box of this file would grow beyond 4 GiB")
        return Edit(box.start, 4, size.to_bytes(4, "big"))
    return Edit(box.start + 8, 8, size.to_bytes(8, "big"))


def box_of(kind: bytes, payload: bytes) -> bytes:
    """A box of that type and payload. Raises BmffError where it would be larger than 4 GiB."""
    size = len(payload) + 8
    if size > 0xFFFFFFFF:
        raise BmffError("a box of this file would grow beyond 4 GiB")
    return struct.pack(">I4s", size, kind) + payload


def _top(data: bytes) -> tuple[tuple[Box, ...], int]:
    boxes: list[Box] = []
    start, end = 0, len(data)
    while start < end:
        box = _box(data, start, end) if _is_name(data[start + 4 : start + 8]) else None
        if box is None:
            _require_known_trailer(data, start, bool(boxes))
            break
        if box.kind in _AT_THE_END or (box.kind == b"ftyp" and boxes):
            break
        if box.open_ended and (box.kind != b"mdat" or data.endswith(b"SEFT")):
            raise UnknownTrailerError("the last box of this file has no stated end")
        if len(boxes) >= _MOST_BOXES:
            raise DamagedError("this file has too many boxes")
        boxes.append(box)
        start = box.end
    return tuple(boxes), start


def _box(data: bytes, start: int, end: int) -> Box | None:
    """The box at an offset; None where there is none. Raises CutOffError where it runs beyond the end."""
    if end - start < 8:
        return None
    size, kind = struct.unpack_from(">I4s", data, start)
    header = 8
    if size == 0:
        return Box(kind, start, start + header, end, open_ended=True)
    if size == 1:
        if end - start < 16:
            return None
        (size,) = struct.unpack_from(">Q", data, start + 8)
        header = 16
    if size < header:
        return None
    if size > end - start:
        raise CutOffError("this file is cut off: its last part is missing")
    return Box(kind, start, start + header, start + size)


def _is_name(kind: bytes) -> bool:
    """Whether the type of a box is of letters, as all are that stand for themselves in a file."""
    return all(0x20 <= code < 0x7F or code == 0xA9 for code in kind)


def _require_known_trailer(data: bytes, start: int, follows_boxes: bool) -> None:
    """Zeros, and the trailer of Samsung's that counts back from the file's end, are kept there."""
    if follows_boxes and (data.endswith(b"SEFT") or data.count(0, start) == len(data) - start):
        return
    raise UnknownTrailerError("this file ends with bytes of unknown meaning")


def _parts(data: bytes, meta: Box) -> dict[bytes, Box]:
    if meta.end - meta.payload > _MOST_META_BYTES:
        raise BmffError("the table of items of this file is too large to be changed")
    if meta.end - meta.payload < 4 or data[meta.payload]:
        raise DamagedError("the table of items of this file is of an unknown version")
    parts: dict[bytes, Box] = {}
    for box in walk(data, meta.payload + 4, meta.end):
        if box.kind in _ONCE and box.kind in parts:
            raise AmbiguousError("a part of the table of items is there twice")
        parts[box.kind] = box
    if any(kind not in parts for kind in _NEEDED):
        raise DamagedError("the table of items of this file is not complete")
    handler = parts[b"hdlr"].payload + 8
    if data[handler : handler + 4] != b"pict":
        raise BmffError("the table of items of this file is not that of a picture")
    return parts
