"""A small writer of DNG files: 16-bit mosaic in one strip, a JPEG preview, as cameras write them.

Tags and layout after the Digital Negative specification 1.4 and TIFF 6.0.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

SHORT, LONG, ASCII, BYTE, SRATIONAL = 3, 4, 2, 1, 10
_FULL, _REDUCED = 0, 1
_UNCOMPRESSED, _JPEG = 1, 7
_YCBCR, _CFA = 6, 32803
_WHITE = 16383
_D65 = 21
_XYZ_TO_SRGB = (3.1339, -1.6169, -0.4906, -0.9785, 1.9160, 0.0333, 0.0720, -0.2290, 1.4057)


@dataclass(frozen=True)
class Jpeg:
    """A JPEG stream and its size in pixels."""

    data: bytes
    width: int
    height: int


def dng(mosaic: np.ndarray, preview: Jpeg) -> bytes:
    """A DNG of RGGB sensor values (height, width), 14 bits in uint16, with the preview in IFD0."""
    height, width = mosaic.shape
    raw = mosaic.astype("<u2").tobytes()
    raw_at = 8
    preview_at = raw_at + len(raw)
    sensor_at = preview_at + len(preview.data) + len(preview.data) % 2
    sensor = _directory(sensor_at, {
        0x00FE: (LONG, _FULL), 0x0100: (LONG, width), 0x0101: (LONG, height), 0x0102: (SHORT, 16),
        0x0103: (SHORT, _UNCOMPRESSED), 0x0106: (SHORT, _CFA), 0x0111: (LONG, raw_at), 0x0115: (SHORT, 1),
        0x0116: (LONG, height), 0x0117: (LONG, len(raw)), 0x828D: (SHORT, 2, 2),
        0x828E: (BYTE, 0, 1, 1, 2), 0xC61D: (LONG, _WHITE),
    })  # fmt: skip
    main_at = sensor_at + len(sensor)
    matrix = [number for value in _XYZ_TO_SRGB for number in (round(value * 10000), 10000)]
    main = _directory(main_at, {
        0x00FE: (LONG, _REDUCED), 0x0100: (LONG, preview.width), 0x0101: (LONG, preview.height),
        0x0102: (SHORT, 8, 8, 8), 0x0103: (SHORT, _JPEG), 0x0106: (SHORT, _YCBCR),
        0x010F: (ASCII, *b"Nivo\0"), 0x0110: (ASCII, *b"Bench\0"), 0x0111: (LONG, preview_at),
        0x0112: (SHORT, 1), 0x0115: (SHORT, 3), 0x0116: (LONG, preview.height),
        0x0117: (LONG, len(preview.data)), 0x0132: (ASCII, *b"2026:05:17 10:20:30\0"),
        0x014A: (LONG, sensor_at), 0x0212: (SHORT, 2, 2), 0xC612: (BYTE, 1, 4, 0, 0),
        0xC614: (ASCII, *b"Nivo Bench\0"), 0xC621: (SRATIONAL, *matrix), 0xC65A: (SHORT, _D65),
    })  # fmt: skip
    head = b"II*\0" + struct.pack("<L", main_at)
    return b"".join((head, raw, preview.data, b"\0" * (len(preview.data) % 2), sensor, main))


def mosaic_of(rgb: np.ndarray) -> np.ndarray:
    """RGGB sensor values of an RGB picture (height, width, 3), linear, 14 bits in uint16."""
    linear = (np.linspace(0.0, 1.0, 256) ** 2.2 * _WHITE).astype(np.uint16)
    mosaic = linear[rgb[:, :, 1]]
    mosaic[0::2, 0::2] = linear[rgb[0::2, 0::2, 0]]
    mosaic[1::2, 1::2] = linear[rgb[1::2, 1::2, 2]]
    return mosaic


def _directory(at: int, tags: dict[int, tuple[int, ...]]) -> bytes:
    """An IFD to stand at the offset `at`; values that do not fit in it stand behind it."""
    behind_at = at + 2 + 12 * len(tags) + 4
    table, behind = b"", b""
    for tag, (kind, *values) in sorted(tags.items()):
        letter = {SHORT: "H", LONG: "L", ASCII: "B", BYTE: "B", SRATIONAL: "l"}[kind]
        packed = struct.pack(f"<{len(values)}{letter}", *values)
        table += struct.pack("<HHL", tag, kind, len(values) // (2 if kind == SRATIONAL else 1))
        if len(packed) <= 4:
            table += packed.ljust(4, b"\0")
        else:
            table += struct.pack("<L", behind_at + len(behind))
            behind += packed + b"\0" * (len(packed) % 2)
    return struct.pack("<H", len(tags)) + table + bytes(4) + behind
