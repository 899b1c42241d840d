"""The size that a file's header gives its picture, read without any decoder."""

from __future__ import annotations

import struct

from nivo_tui.imaging.jpeg_segments import frame_size
from nivo_tui.imaging.source import ByteSource
from nivo_tui.model import Format

_WIDTH, _HEIGHT = 0x0100, 0x0101
_SHORT = 3
_ENTRY = 12
_VP8_START = b"\x9d\x01\x2a"


def declared_size(source: ByteSource, content: Format) -> tuple[int, int] | None:
    """(width, height) in pixels as stored, either of which may be 0; None where none is found.

    JPEG: the first frame header (ITU-T T.81, B.2.2). PNG: IHDR. WebP: the frame of a lossy picture
    (RFC 6386, 9.1); the other kinds cannot say 0. TIFF and DNG: the first directory.
    """
    try:
        if content is Format.JPEG:
            return frame_size(source)
        if content is Format.PNG:
            width, height = struct.unpack(">LL", source.read(16, 8))
            return width, height
        if content is Format.WEBP:
            return _lossy_webp(source.read(0, 64))
        if content in (Format.TIFF, Format.DNG):
            return _first_directory(source)
    except struct.error:  # the header ends early
        pass
    return None


def _lossy_webp(head: bytes) -> tuple[int, int] | None:
    if head[12:16] != b"VP8 " or head[23:26] != _VP8_START:
        return None
    width, height = struct.unpack_from("<HH", head, 26)
    return width & 0x3FFF, height & 0x3FFF


def _first_directory(source: ByteSource) -> tuple[int, int] | None:
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(source.read(0, 4))
    if order is None:
        return None
    (at,) = struct.unpack(order + "L", source.read(4, 4))
    (count,) = struct.unpack(order + "H", source.read(at, 2))
    table = source.read(at + 2, count * _ENTRY)
    sizes = {}
    for place in range(0, len(table) - _ENTRY + 1, _ENTRY):
        tag, kind = struct.unpack_from(order + "HH", table, place)
        if tag in (_WIDTH, _HEIGHT):
            (sizes[tag],) = struct.unpack_from(order + ("H" if kind == _SHORT else "L"), table, place + 8)
    return (sizes[_WIDTH], sizes[_HEIGHT]) if len(sizes) == 2 else None
