"""JPEG, decoded at the scale that is needed (ITU-T T.81; libjpeg-turbo through simplejpeg)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import simplejpeg

from nivo_tui.errors import DecodeError
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.embedded import exif_thumbnail
from nivo_tui.imaging.jpeg_segments import JpegHeader, read_header
from nivo_tui.imaging.source import BytesSource, PhotoSource
from nivo_tui.imaging.working import NoThumbnailError, Pixels, Purpose, WorkingImage, finish

_REDUCTIONS = (8, 4, 2, 1)
_LETTERBOX_TOLERANCE = 0.02
_LEAST_SCAN_BYTES = 64  # of less, libjpeg makes a picture too, and nothing of it is the photo's


def decode_jpeg(source: PhotoSource, orientation: int, purpose: Purpose, budget: PixelBudget) -> WorkingImage:
    """Decode a JPEG file. Raises DecodeError, TooLargeError, NoThumbnailError."""
    header = read_header(source)
    if header is None:
        raise DecodeError("no JPEG picture header was found")
    if purpose is Purpose.THUMBNAIL:
        return _thumbnail(source, header, orientation, budget)
    return decode_jpeg_bytes(source.data, orientation, purpose, budget, header)


def decode_jpeg_bytes(
    data: bytes, orientation: int, purpose: Purpose, budget: PixelBudget, header: JpegHeader | None = None
) -> WorkingImage:
    """Decode a JPEG in memory, such as a raw file's preview. Raises DecodeError, TooLargeError."""
    header = header or read_header(BytesSource(data))
    if header is None:
        raise DecodeError("no JPEG picture header was found")
    reduction = _reduction(header, purpose)
    size = header.scaled(reduction)
    counted = (header.width, header.height) if header.buffers_whole_picture else size
    with budget.hold(*counted):
        picture = _pixels(data, size, header)
        return finish(
            picture.rgb,
            purpose,
            orientation=orientation,
            full=(header.width, header.height),
            scaled=reduction > 1,
            note=picture.note,
        )


@dataclass(frozen=True, slots=True)
class _Picture:
    rgb: Pixels
    note: str | None = None


def _reduction(header: JpegHeader, purpose: Purpose) -> int:
    least = purpose.least_side
    longest = max(header.width, header.height)
    if least is None:
        return 1
    return next((by for by in _REDUCTIONS if longest // by >= least), 1)


def _pixels(data: bytes, size: tuple[int, int], header: JpegHeader) -> _Picture:
    try:
        return _Picture(_turbo(data, size, header, strict=True))
    except (ValueError, RuntimeError) as error:
        complaint = str(error)
    try:
        rgb = _turbo(data, size, header, strict=False)
    except (ValueError, RuntimeError) as error:
        raise DecodeError(f"the JPEG data cannot be decoded: {error}") from error
    if "Premature end" not in complaint:
        return _Picture(rgb, f"damaged JPEG data ({complaint}): features from what is there")
    if len(data) - header.scan_start < _LEAST_SCAN_BYTES:
        raise DecodeError(f"truncated at {len(data) / 1000:.0f} kB, before any picture data")
    return _Picture(rgb, f"truncated at {len(data) / 1000:.0f} kB: features from what is there")


def _turbo(data: bytes, size: tuple[int, int], header: JpegHeader, *, strict: bool) -> Pixels:
    width, height = size
    if header.components != 4:
        rgb: Pixels = simplejpeg.decode_jpeg(data, "RGB", min_width=width, min_height=height, strict=strict)
        return rgb
    cmyk = simplejpeg.decode_jpeg(data, "CMYK", min_width=width, min_height=height, strict=strict)
    return _from_cmyk(cmyk)


def _from_cmyk(cmyk: Pixels) -> Pixels:
    """(h, w, 4) to RGB without a profile. Ink is stored inverted, as Adobe began and all others followed."""
    light = cmyk.astype(np.uint16)
    return ((light[:, :, :3] * light[:, :, 3:] + 127) // 255).astype(np.uint8)


def _thumbnail(
    source: PhotoSource, header: JpegHeader, orientation: int, budget: PixelBudget
) -> WorkingImage:
    data = exif_thumbnail(source)
    inner = read_header(BytesSource(data)) if data else None
    if data is None or inner is None:
        raise NoThumbnailError("the file has no embedded thumbnail")
    with budget.hold(inner.width, inner.height):
        rgb = without_bars(_pixels(data, (inner.width, inner.height), inner).rgb, header.width, header.height)
    full = (header.width, header.height)
    smaller = max(rgb.shape[:2]) < max(full)
    return finish(rgb, Purpose.THUMBNAIL, orientation=orientation, full=full, preliminary=smaller)


def without_bars(rgb: Pixels, width: int, height: int) -> Pixels:
    """Cut the black bars that fit a 3:2 picture into a 4:3 thumbnail, going by the full size's shape."""
    high, wide = rgb.shape[:2]
    wanted_high, wanted_wide = round(wide * height / width), round(high * width / height)
    if 0 < wanted_high < high * (1 - _LETTERBOX_TOLERANCE):
        top = (high - wanted_high) // 2
        return rgb[top : top + wanted_high]
    if 0 < wanted_wide < wide * (1 - _LETTERBOX_TOLERANCE):
        left = (wide - wanted_wide) // 2
        return rgb[:, left : left + wanted_wide]
    return rgb
