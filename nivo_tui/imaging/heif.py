"""HEIC and HEIF through libheif, in one place: `_open` is all that a sibling package has to serve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pillow_heif

from nivo_tui.errors import DecodeError
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.imaging.working import (
    ADEQUATE_SIDE,
    LEAST_SIDE,
    NoThumbnailError,
    Pixels,
    Purpose,
    WorkingImage,
    finish,
)

_SHAPE_TOLERANCE = 0.03

# Photos are decoded side by side: more threads for each of them only get in each other's way.
pillow_heif.options.DECODE_THREADS = 1


def decode_heif(source: PhotoSource, purpose: Purpose, budget: PixelBudget) -> WorkingImage:
    """Decode the primary picture of a HEIF file, or its embedded thumbnail where that will do.

    libheif applies the container's own rotation and mirroring (`irot`, `imir`), which are the ones that
    count (ISO/IEC 23008-12, 6.5.10): an Exif orientation beside them is not applied again.
    Raises DecodeError, TooLargeError, NoThumbnailError.
    """
    picture = _primary(_open(source.data))
    full = (int(picture.size[0]), int(picture.size[1]))
    if purpose in (Purpose.FEATURES, Purpose.THUMBNAIL):
        thumbnail = _thumbnail(picture, full, 1 if purpose is Purpose.THUMBNAIL else LEAST_SIDE)
        if thumbnail is not None:
            return _small(thumbnail, purpose, full)
        if purpose is Purpose.THUMBNAIL:
            raise NoThumbnailError("the file has no embedded thumbnail")
    with budget.hold(*full):
        try:
            return finish(_rgb(picture), purpose)
        except DecodeError as error:
            stand_in = _thumbnail(picture, full, 1)
            if stand_in is None:
                raise
            return _small(stand_in, purpose, full).noted(f"{error}: taken from the embedded thumbnail")


def _open(data: bytes) -> Any:
    try:
        return pillow_heif.open_heif(data, convert_hdr_to_8bit=True)
    except Exception as error:  # whatever libheif's binding raises on hostile input
        raise DecodeError(f"the HEIF container cannot be read: {_line(error)}") from error


def _primary(file: Any) -> Any:
    try:
        return file[file.primary_index]
    except Exception as error:
        raise DecodeError("the HEIF container has no primary picture") from error


def _small(rgb: Pixels, purpose: Purpose, full: tuple[int, int]) -> WorkingImage:
    longest = max(rgb.shape[:2])
    return finish(rgb, purpose, full=full, preliminary=longest < min(ADEQUATE_SIDE, max(full)))


def _thumbnail(picture: Any, full: tuple[int, int], least: int) -> Pixels | None:
    """The smallest embedded thumbnail of at least `least` pixels that shows the same picture upright."""
    candidates = []
    for index in range(len(picture.info.get("thumbnails", ()))):
        try:
            thumbnail = picture.get_thumbnail(index)
        except Exception:  # a broken thumbnail is as good as none: the picture itself is decoded instead
            continue
        if least <= max(thumbnail.size) <= max(full) and _same_shape(thumbnail.size, full):
            candidates.append(thumbnail)
    for thumbnail in sorted(candidates, key=lambda found: max(found.size)):
        try:
            return _rgb(thumbnail)
        except DecodeError:
            continue
    return None


def _same_shape(thumbnail: tuple[int, int], full: tuple[int, int]) -> bool:
    ratio = thumbnail[0] * full[1] / max(thumbnail[1] * full[0], 1)
    return abs(ratio - 1) <= max(_SHAPE_TOLERANCE, 1.5 / max(min(thumbnail), 1))


def _rgb(picture: Any) -> Pixels:
    try:
        stored = np.asarray(picture)
        mode, (width, height) = str(picture.mode), picture.size
    except Exception as error:
        raise DecodeError(f"the HEIF picture cannot be decoded: {_line(error)}") from error
    pixels: Pixels = stored[:height, :width]
    if mode == "RGB":
        return pixels
    if mode in ("RGBA", "RGBa"):
        return _on_white(pixels, premultiplied=mode == "RGBa")
    if pixels.ndim == 2:
        return np.repeat(pixels[:, :, None], 3, axis=2)
    if pixels.shape[2] == 2:
        grey = np.repeat(pixels[:, :, :1], 3, axis=2)
        return _on_white(np.concatenate([grey, pixels[:, :, 1:]], axis=2), premultiplied=mode.endswith("a"))
    raise DecodeError(f"the HEIF picture has an unknown layout ({mode})")


def _on_white(rgba: Pixels, *, premultiplied: bool) -> Pixels:
    alpha = rgba[:, :, 3:].astype(np.uint16)
    colour = rgba[:, :, :3].astype(np.uint16)
    painted = colour * 255 if premultiplied else colour * alpha
    white: Pixels = np.minimum((painted + 255 * (255 - alpha) + 127) // 255, 255).astype(np.uint8)
    return white


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
