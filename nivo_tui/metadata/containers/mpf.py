"""The Multi-Picture Format index of a JPEG: where the further images of the file lie (CIPA DC-007, 5.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from nivo_tui.metadata.containers.jpeg import APP2, MPF_HEADER, JpegParts, segments_with

_ENTRIES_TAG = 0xB002
_ENTRY_SIZE = 16
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}


@dataclass(frozen=True, slots=True)
class MpImage:
    """One image of the index: its extent in the file, and where the index holds its size and its offset.

    `start` is an absolute offset. The first image (stored offset 0) starts with the file.
    """

    start: int
    size: int
    size_at: int
    offset_at: int
    stored_offset: int
    order: str


def mp_images(data: bytes, parts: JpegParts) -> tuple[MpImage, ...]:
    """The images of the first MPF segment; empty where there is none, or one that cannot be followed."""
    found = segments_with(data, parts, APP2, MPF_HEADER)
    if not found:
        return ()
    base = found[0].payload_start + len(MPF_HEADER)
    try:
        return tuple(_images(data, base, found[0].end))
    except struct.error:
        return ()


def _images(data: bytes, base: int, end: int) -> list[MpImage]:
    order = _ORDERS.get(data[base : base + 4])
    if order is None:
        return []
    (first,) = struct.unpack_from(order + "I", data, base + 4)
    position = base + first
    if position + 2 > end:
        return []
    (count,) = struct.unpack_from(order + "H", data, position)
    for number in range(count):
        at = position + 2 + 12 * number
        if at + 12 > end:
            return []
        tag, _kind, length, offset = struct.unpack_from(order + "HHII", data, at)
        if tag == _ENTRIES_TAG:
            start = base + offset
            size = min(length, max(0, end - start)) // _ENTRY_SIZE * _ENTRY_SIZE
            return [_image(data, base, start + at, order) for at in range(0, size, _ENTRY_SIZE)]
    return []


def _image(data: bytes, base: int, at: int, order: str) -> MpImage:
    _attributes, size, offset = struct.unpack_from(order + "III", data, at)
    return MpImage(base + offset if offset else 0, size, at + 4, at + 8, offset, order)
