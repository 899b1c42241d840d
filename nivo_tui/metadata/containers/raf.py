"""Fujifilm RAF: where its embedded JPEG lies, and the size of its sensor image.

Source: the header as LibRaw and ExifTool describe it: big-endian; 0x54 offset and length of the JPEG,
0x5C offset and length of the directory of the sensor image.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from nivo_tui.metadata.containers.source import ReadAt

MAGIC = b"FUJIFILMCCD-RAW"
_FULL_SIZE, _CROPPED_SIZE = 0x100, 0x111
_MOST_RECORDS = 255


@dataclass(frozen=True, slots=True)
class RafFacts:
    """Offset and length of the embedded JPEG; width and height of the cropped sensor image in pixels."""

    jpeg_offset: int
    jpeg_length: int
    width: int | None
    height: int | None


def read_raf(read_at: ReadAt, size: int) -> RafFacts | None:
    """The facts of a RAF of `size` bytes; None where its header is cut off or is none."""
    head = read_at(0, 0x64)
    if len(head) < 0x64 or not head.startswith(MAGIC):
        return None
    jpeg_offset, jpeg_length, directory, directory_length = struct.unpack_from(">4I", head, 0x54)
    width, height = _sensor_size(read_at(directory, min(directory_length, 64 * 1024)))
    jpeg_length = max(0, min(jpeg_length, size - jpeg_offset))
    return RafFacts(jpeg_offset, jpeg_length, width, height)


def _sensor_size(directory: bytes) -> tuple[int | None, int | None]:
    """Cropped size where stated, else the full one, from records of tag, length and value."""
    sizes: dict[int, tuple[int, int]] = {}
    if len(directory) < 4:
        return None, None
    (count,) = struct.unpack_from(">I", directory)
    offset = 4
    for _ in range(min(count, _MOST_RECORDS)):
        if offset + 4 > len(directory):
            break
        tag, length = struct.unpack_from(">HH", directory, offset)
        if tag in (_FULL_SIZE, _CROPPED_SIZE) and length == 4 and offset + 8 <= len(directory):
            height, width = struct.unpack_from(">HH", directory, offset + 4)
            sizes[tag] = (width, height)
        offset += 4 + length
    width_height = sizes.get(_CROPPED_SIZE) or sizes.get(_FULL_SIZE)
    return width_height if width_height else (None, None)
