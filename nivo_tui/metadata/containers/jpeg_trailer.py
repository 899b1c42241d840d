"""What stands behind the picture of a JPEG and is found by offsets: previews that Exif points to, and AFCP.

Most trailers (Samsung, Google motion photo, PhotoMechanic, Canon VRD, FotoStation) are found from the end
of the file or by lengths, and move without harm.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from nivo_tui.metadata.containers.jpeg import (
    EXIF_HEADER_LENGTH,
    JpegError,
    JpegParts,
    Segment,
)
from nivo_tui.metadata.edits import Edit

_MOST_PREVIEWS = 64
_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_STRIP_OFFSET, _STRIP_LENGTH = 0x0111, 0x0117
_AFCP = {b"AXS!": ">", b"AXS*": "<"}
_AFCP_END = 12


def exif_reaches_out(data: bytes, segment: Segment, pictures: Sequence[int]) -> bool:
    """Whether an Exif segment points, by offsets from its TIFF header, to data behind its own end.

    Looked at are the thumbnail and strips of its directories, and every place of the trailer that looks
    like the start of a picture: its offset, in any four bytes of the segment, is taken for a pointer.
    `pictures` are those of `pictures_behind`.
    """
    base = segment.payload_start + EXIF_HEADER_LENGTH
    return _thumbnail_end(data, base, segment.end) > segment.end - base or any(
        _is_pointed_to(data, segment, place - base) for place in pictures
    )


def has_absolute_preview(data: bytes, segments: Sequence[Segment], pictures: Sequence[int]) -> bool:
    """Whether one of the Exif segments holds the place in the file of a picture in the trailer."""
    return any(_is_pointed_to(data, segment, place) for segment in segments for place in pictures)


def pictures_behind(data: bytes, parts: JpegParts) -> list[int]:
    """Offsets in the trailer where a picture may begin: its start, and each FF D8 FF.

    The first byte of a picture is not looked at: some cameras damage it.
    """
    end = parts.image_end
    if end is None or end >= len(data):
        return []
    places = [end]
    position = data.find(b"\xd8\xff", end)
    while position > 0 and len(places) < _MOST_PREVIEWS:
        if position - 1 > end:
            places.append(position - 1)
        position = data.find(b"\xd8\xff", position + 2)
    return places


def _is_pointed_to(data: bytes, segment: Segment, offset: int) -> bool:
    if not 0 < offset < 2**32:
        return False
    forms = (offset.to_bytes(4, "little"), offset.to_bytes(4, "big"))
    return any(data.find(form, segment.payload_start, segment.end) >= 0 for form in forms)


def _thumbnail_end(data: bytes, base: int, end: int) -> int:
    """The end of the furthest thumbnail of the first two directories, from the TIFF header.

    A JPEG thumbnail counts where there is one at the place named, the strip of an uncompressed one always.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[base : base + 2])
    furthest = 0
    if order is None or base + 8 > end:
        return furthest
    (directory,) = struct.unpack_from(order + "I", data, base + 4)
    for number_of_directory in range(2):
        at = base + directory
        if not directory or at + 2 > end:
            break
        (count,) = struct.unpack_from(order + "H", data, at)
        following = at + 2 + 12 * count
        if following + 4 > end:
            break
        values = {}
        for number in range(count):
            tag, kind, length = struct.unpack_from(order + "HHI", data, at + 2 + 12 * number)
            if length == 1 and kind in (3, 4):
                code = "H" if kind == 3 else "I"
                (values[tag],) = struct.unpack_from(order + code, data, at + 10 + 12 * number)
        thumbnail = values.get(_THUMBNAIL_OFFSET)
        if thumbnail and data[base + thumbnail + 1 : base + thumbnail + 3] == b"\xd8\xff":
            furthest = max(furthest, thumbnail + values.get(_THUMBNAIL_LENGTH, 0))
        strip = values.get(_STRIP_OFFSET)
        if strip and number_of_directory == 1 and base + strip < len(data):
            furthest = max(furthest, strip + values.get(_STRIP_LENGTH, 0))
        (directory,) = struct.unpack_from(order + "I", data, following)
    return furthest


def afcp_corrections(data: bytes, parts: JpegParts, shift: int) -> list[Edit]:
    """The edits that keep the offsets of an AFCP trailer right; they count from the start of the file.

    The trailer ends in "AXS!" (big-endian) or "AXS*", its start and four more bytes; at its start stand the
    same mark, a version, the number of entries and a reserved word, then tag, size and offset of each
    (AFCP 1.01, Tangent Systems). Offsets that are stale already are left. Raises JpegError for a trailer
    that cannot be followed.
    """
    mark = data[-_AFCP_END:][:4]
    order = _AFCP.get(mark)
    if order is None or parts.image_end is None or len(data) - _AFCP_END < parts.image_end:
        return []
    end = len(data) - _AFCP_END
    (start,) = struct.unpack_from(order + "I", data, end + 4)
    if start < parts.image_end or start + 12 > end or data[start : start + 4] != mark:
        return []
    (count,) = struct.unpack_from(order + "H", data, start + 6)
    if start + 12 + 12 * count > end:
        raise JpegError("its AFCP trailer is damaged, and would be lost")
    fields = [end + 4, *(start + 12 + 12 * number + 8 for number in range(count))]
    edits = []
    for at in fields:
        (offset,) = struct.unpack_from(order + "I", data, at)
        if offset >= parts.image_end:
            edits.append(Edit(at, 4, struct.pack(order + "I", offset + shift)))
    return edits
