"""Pictures and containers that the tests of this folder make for themselves."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image


def scene(width: int, height: int) -> np.ndarray:
    """A picture whose eight orientations all differ: a gradient each way and one bright corner."""
    x, y = np.arange(width)[None], np.arange(height)[:, None]
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[:, :, 0] = x * 200 // max(width - 1, 1)
    rgb[:, :, 1] = y * 200 // max(height - 1, 1)
    rgb[:, :, 2] = (x + y) % 64
    rgb[: height // 4, : width // 4] = (250, 240, 20)
    return rgb


def encoded(rgb: np.ndarray, fmt: str, **options: object) -> bytes:
    """The picture as a file of a format Pillow writes."""
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, fmt, **options)
    return out.getvalue()


def exif_block(orientation: int) -> bytes:
    """An Exif block that says nothing but the orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def jpeg_segment(marker: int, payload: bytes) -> bytes:
    """A JPEG marker segment."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(payload) + 2) + payload


def png_chunk(kind: bytes, payload: bytes) -> bytes:
    """A PNG chunk with its checksum."""
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")
    )


def box(kind: bytes, payload: bytes) -> bytes:
    """An ISO base media box."""
    return struct.pack(">I", len(payload) + 8) + kind + payload


def full_box(kind: bytes, version: int, payload: bytes) -> bytes:
    """A box with version and no flags."""
    return box(kind, bytes([version, 0, 0, 0]) + payload)


def grid_heif(tiles: list[bytes], *, exif: bytes = b"", padding: int = 0, exif_first: bool = False) -> bytes:
    """The skeleton of a HEIF whose primary item (1) is a grid in `idat`, derived from tile items 2, 3 ...

    An Exif item (100) may stand before or after the tiles in `mdat`; `padding` bytes of `free` come first.
    """
    grid = b"\0\0\0\1" + struct.pack(">HH", 64, 32)
    ftyp = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    free = box(b"free", bytes(padding)) if padding else b""

    def build(mdat_start: int) -> tuple[bytes, int]:
        parts = [(100, exif)] if exif and exif_first else []
        parts += [(2 + index, tile) for index, tile in enumerate(tiles)]
        parts += [(100, exif)] if exif and not exif_first else []
        items = struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(grid))
        at = mdat_start
        for item, data in parts:
            items += struct.pack(">HHHHII", item, 0, 0, 1, at, len(data))
            at += len(data)
        iloc = full_box(b"iloc", 1, b"\x44\x00" + struct.pack(">H", len(parts) + 1) + items)
        dimg = struct.pack(">HH", 1, len(tiles)) + b"".join(
            struct.pack(">H", 2 + index) for index in range(len(tiles))
        )
        iref = full_box(b"iref", 0, box(b"dimg", dimg))
        body = full_box(b"pitm", 0, struct.pack(">H", 1)) + iloc + iref + box(b"idat", grid)
        meta = full_box(b"meta", 0, body)
        before = ftyp + free + meta
        return before + box(b"mdat", b"".join(data for _, data in parts)), len(before) + 8

    _, start = build(0)
    return build(start)[0]


def tiff(
    images: list[bytes], *, order: str = "<", description: bytes = b"", data_first: bool = True
) -> bytes:
    """A TIFF of uncompressed grey pages of one strip each, its data before or after the directories."""
    magic = b"II*\0" if order == "<" else b"MM\0*"
    entries_per_page = 8
    ifd_bytes = 2 + entries_per_page * 12 + 4
    head = 8
    text = description + b"\0" * (len(description) % 2)
    data_bytes = sum(len(image) for image in images)
    data_at = head if data_first else head + ifd_bytes * len(images) + len(text)
    ifd_at = head + data_bytes + (data_bytes % 2) if data_first else head
    text_at = ifd_at + ifd_bytes * len(images)
    ifds = b""
    at = data_at
    for number, image in enumerate(images):
        width, height = 16, len(image) // 16
        rows = [
            (0x0100, 4, 1, width),
            (0x0101, 4, 1, height),
            (0x0102, 4, 1, 8),
            (0x0103, 4, 1, 1),
            (0x0106, 4, 1, 1),
            (0x010E, 2, max(len(text), 1), text_at if len(text) > 4 else 0),
            (0x0111, 4, 1, at),
            (0x0117, 4, 1, len(image)),
        ]
        following = ifd_at + ifd_bytes * (number + 1) if number + 1 < len(images) else 0
        ifds += struct.pack(order + "H", len(rows)) + b"".join(
            struct.pack(order + "HHLL", *row) for row in rows
        )
        ifds += struct.pack(order + "L", following)
        at += len(image)
    start = magic + struct.pack(order + "L", ifd_at)
    data = b"".join(images)
    if data_first:
        return start + data + b"\0" * (data_bytes % 2) + ifds + text
    return start + ifds + text + data


def dng(
    width: int,
    height: int,
    *,
    orientation: int = 1,
    preview: bytes = b"",
    preview_size: tuple[int, int] = (0, 0),
) -> bytes:
    """A minimal DNG: 16-bit Bayer data of `scene` in a SubIFD, a JPEG preview in IFD0 where one is given."""
    rgb = scene(width, height).astype(np.uint16) * 200 + 1000
    mosaic = rgb[:, :, 1].copy()
    mosaic[0::2, 0::2] = rgb[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = rgb[1::2, 1::2, 2]
    raw = mosaic.astype("<u2").tobytes()

    def ifd(at: int, rows: list[tuple[int, int, int, bytes]]) -> bytes:
        """A directory at `at`, values that do not fit behind it."""
        rows = sorted(rows)
        extra_at = at + 2 + 12 * len(rows) + 4
        table, extra = b"", b""
        for tag, kind, count, value in rows:
            if len(value) > 4:
                table += struct.pack("<HHLL", tag, kind, count, extra_at + len(extra))
                extra += value + b"\0" * (len(value) % 2)
            else:
                table += struct.pack("<HHL", tag, kind, count) + value.ljust(4, b"\0")
        return struct.pack("<H", len(rows)) + table + bytes(4) + extra

    def short(*values: int) -> tuple[int, int, bytes]:
        return 3, len(values), struct.pack(f"<{len(values)}H", *values)

    def long(value: int) -> tuple[int, int, bytes]:
        return 4, 1, struct.pack("<L", value)

    matrix = struct.pack("<18l", *(v for n in (10000, 0, 0, 0, 10000, 0, 0, 0, 10000) for v in (n, 10000)))
    raw_at = 8
    preview_at = raw_at + len(raw)
    sub_at = preview_at + len(preview) + len(preview) % 2
    sub = ifd(
        sub_at,
        [
            (0x00FE, *long(0)),
            (0x0100, *long(width)),
            (0x0101, *long(height)),
            (0x0102, *short(16)),
            (0x0103, *short(1)),
            (0x0106, *short(32803)),
            (0x0111, *long(raw_at)),
            (0x0115, *short(1)),
            (0x0116, *long(height)),
            (0x0117, *long(len(raw))),
            (0x828D, *short(2, 2)),
            (0x828E, 1, 4, b"\0\1\1\2"),
            (0xC61D, *long(65535)),
        ],
    )
    main_at = sub_at + len(sub)
    main = [
        (0x00FE, *long(1)),
        (0x010F, 2, 5, b"Nivo\0"),
        (0x0110, 2, 5, b"Test\0"),
        (0x0112, *short(orientation)),
        (0x014A, *long(sub_at)),
        (0xC612, 1, 4, b"\1\4\0\0"),
        (0xC614, 2, 10, b"Nivo Test\0"),
        (0xC621, 10, 9, matrix),
        (0xC65A, *short(21)),
    ]
    if preview:
        main += [
            (0x0100, *long(preview_size[0])),
            (0x0101, *long(preview_size[1])),
            (0x0102, *short(8, 8, 8)),
            (0x0103, *short(7)),
            (0x0106, *short(6)),
            (0x0111, *long(preview_at)),
            (0x0115, *short(3)),
            (0x0116, *long(preview_size[1])),
            (0x0117, *long(len(preview))),
        ]
    body = raw + preview + b"\0" * (len(preview) % 2) + sub + ifd(main_at, main)
    return b"II*\0" + struct.pack("<L", main_at) + body
