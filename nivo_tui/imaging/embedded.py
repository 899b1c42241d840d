"""Smaller pictures that cameras store inside a photo: Exif thumbnails, previews in raw files."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from nivo_tui.imaging.jpeg_segments import APP1, SOS, read_header, segments
from nivo_tui.imaging.source import ByteSource, BytesSource

_EXIF = b"Exif\0\0"
_JPEG_OFFSET, _JPEG_LENGTH = 0x0201, 0x0202
_ENTRY = 12
_SOI = b"\xff\xd8\xff"
_MOST_PREVIEWS = 64
_LEAST_PREVIEW_BYTES = 1024


def exif_thumbnail(source: ByteSource) -> bytes | None:
    """The JPEG bytes of the Exif thumbnail (Exif 2.32, 4.5.5: IFD1) of a JPEG file, or None."""
    for segment in segments(source):
        if segment.marker == SOS:
            return None
        if segment.marker == APP1 and source.read(segment.start + 4, 6) == _EXIF:
            tiff = source.read(segment.start + 10, segment.end - segment.start - 10)
            return _ifd1_thumbnail(tiff)
    return None


def _ifd1_thumbnail(tiff: bytes) -> bytes | None:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (first,) = struct.unpack_from(order + "L", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, first)
        (second,) = struct.unpack_from(order + "L", tiff, first + 2 + entries * _ENTRY)
        if not second:
            return None
        values = dict(_long_entries(tiff, order, second))
    except struct.error:
        return None
    offset, length = values.get(_JPEG_OFFSET, 0), values.get(_JPEG_LENGTH, 0)
    thumbnail = tiff[offset : offset + length]
    return thumbnail if thumbnail.startswith(_SOI) else None


def _long_entries(tiff: bytes, order: str, at: int) -> Iterator[tuple[int, int]]:
    (entries,) = struct.unpack_from(order + "H", tiff, at)
    for entry in range(entries):
        tag, _, _, value = struct.unpack_from(order + "HHLL", tiff, at + 2 + entry * _ENTRY)
        yield tag, value


def largest_embedded_jpeg(data: bytes) -> bytes | None:
    """The embedded JPEG of the most pixels in the bytes of a raw file, from its SOI to the end of the data.

    For raw files that the raw decoder does not know: their previews are ordinary JPEG streams.
    """
    best: tuple[int, int] | None = None
    at = data.find(_SOI, 1)
    for _ in range(_MOST_PREVIEWS):
        if at < 0:
            break
        # Tables and an Exif block fit in so much; bounded, so that no search is quadratic.
        header = read_header(BytesSource(memoryview(data)[at : at + 256 * 1024]))
        usable = header is not None and header.components in (1, 3) and len(data) - at > _LEAST_PREVIEW_BYTES
        if header is not None and usable:
            pixels = header.width * header.height
            if best is None or pixels > best[0]:
                best = (pixels, at)
        at = data.find(_SOI, at + len(_SOI))
    return data[best[1] :] if best else None
