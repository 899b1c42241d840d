"""Files whose header says another size than their data has."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image

from .pictures import dng, encoded

FORMATS = ("JPEG", "progressive JPEG", "PNG", "TIFF", "WebP", "lossless WebP", "AVIF", "HEIC", "DNG", "GIF")


def file_of(kind: str, rgb: np.ndarray) -> bytes:
    """The picture as a file of one of `FORMATS`."""
    if kind == "progressive JPEG":
        return encoded(rgb, "JPEG", progressive=True)
    if kind == "lossless WebP":
        return encoded(rgb, "WEBP", lossless=True)
    if kind == "HEIC":
        out = io.BytesIO()
        pillow_heif.from_pillow(Image.fromarray(rgb)).save(out, quality=60)
        return out.getvalue()
    if kind == "DNG":
        return dng(rgb.shape[1], rgb.shape[0])
    return encoded(rgb, kind.upper())


def said_to_be(kind: str, data: bytes, width: int, height: int) -> bytes:
    """The file with another width and height in its header, each cut to the bits that the format has."""
    changed = bytearray(data)
    if kind.endswith("JPEG"):
        at = next(data.find(marker) for marker in (b"\xff\xc0", b"\xff\xc2") if marker in data)
        struct.pack_into(">HH", changed, at + 5, height & 0xFFFF, width & 0xFFFF)
    elif kind == "PNG":
        struct.pack_into(">II", changed, 16, width, height)
        struct.pack_into(">I", changed, 29, zlib.crc32(changed[12:29]))
    elif kind in ("TIFF", "DNG"):
        _set_tiff_size(changed, width, height)
    elif kind == "WebP":
        struct.pack_into("<HH", changed, data.index(b"\x9d\x01\x2a") + 3, width & 0x3FFF, height & 0x3FFF)
    elif kind == "lossless WebP":
        # 14 bits each, counted from 0: there is no size of 0.
        (bits,) = struct.unpack_from("<L", data, 21)
        bits = bits >> 28 << 28 | (width - 1 & 0x3FFF) | (height - 1 & 0x3FFF) << 14
        struct.pack_into("<L", changed, 21, bits)
    elif kind in ("AVIF", "HEIC"):
        at = data.find(b"ispe")
        while at >= 0:
            struct.pack_into(">II", changed, at + 8, width, height)
            at = data.find(b"ispe", at + 4)
    elif kind == "GIF":
        struct.pack_into("<HH", changed, 6, width & 0xFFFF, height & 0xFFFF)
        struct.pack_into("<HH", changed, data.index(b",\0\0\0\0") + 5, width & 0xFFFF, height & 0xFFFF)
    return bytes(changed)


def _set_tiff_size(data: bytearray, width: int, height: int) -> None:
    """Of every directory that has a size (ImageWidth, ImageLength, RowsPerStrip)."""
    queue = [struct.unpack_from("<L", data, 4)[0]]
    while queue:
        at = queue.pop()
        for entry in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", data, at)[0], 12):
            (tag,) = struct.unpack_from("<H", data, entry)
            if tag in (0x0100, 0x0101, 0x0116):
                value = width if tag == 0x0100 else height
                struct.pack_into("<HHLL", data, entry, tag, 4, 1, value)
            elif tag == 0x014A:
                queue.append(struct.unpack_from("<L", data, entry + 8)[0])
