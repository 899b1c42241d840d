"""Raw files through LibRaw: the camera's own preview where it is large enough, else developed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import rawpy

from nivo_tui.errors import DecodeError, TooLargeError
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.embedded import largest_embedded_jpeg
from nivo_tui.imaging.jpeg import decode_jpeg_bytes
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.imaging.working import (
    ADEQUATE_SIDE,
    LEAST_SIDE,
    NoThumbnailError,
    Pixels,
    Purpose,
    WorkingImage,
    average_down,
    finish,
    turns_sideways,
    upright,
)

_LEAST_PREVIEW = {Purpose.ANALYSIS: 1000, Purpose.FEATURES: LEAST_SIDE, Purpose.THUMBNAIL: 1}
# LibRaw's `flip`: bit 0 mirrors, bit 1 turns upside down, bit 2 exchanges rows and columns.
_ORIENTATION_OF_FLIP = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}


def decode_raw(source: PhotoSource, purpose: Purpose, budget: PixelBudget) -> WorkingImage:
    """Decode a raw file that LibRaw knows; it also turns it upright, preview or developed.

    Raises DecodeError, TooLargeError, NoThumbnailError.
    """
    with _opened(source) as raw:
        full, orientation = (int(raw.sizes.width), int(raw.sizes.height)), _orientation(raw)
        least = _LEAST_PREVIEW.get(purpose)
        preview = _preview(raw, full, orientation, purpose, budget) if least is not None else None
        if preview is not None and least is not None and max(preview.rgb.shape[:2]) >= least:
            return preview
        if purpose is Purpose.THUMBNAIL:
            raise NoThumbnailError("the raw file has no preview")
        try:
            with budget.hold(*full):
                return _developed(raw, purpose, full, orientation)
        except TooLargeError:
            raise
        except DecodeError as error:
            # Outside the block above: a preview asks for its own share of the budget.
            preview = preview or _preview(raw, full, orientation, purpose, budget)
            if preview is None:
                raise
            return preview.noted(f"{error}: taken from the embedded preview")


def decode_preview(
    source: PhotoSource, orientation: int, purpose: Purpose, budget: PixelBudget
) -> WorkingImage:
    """The largest JPEG inside a raw file that LibRaw does not know, turned by the Exif orientation given."""
    data = largest_embedded_jpeg(source.data)
    if data is None:
        raise DecodeError("the raw format is not known, and the file holds no preview")
    image = decode_jpeg_bytes(data, orientation, purpose, budget)
    return finish(
        image.rgb,
        purpose,
        full=(image.full_width, image.full_height),
        preliminary=max(image.rgb.shape[:2]) < ADEQUATE_SIDE,
        note="LibRaw cannot read this raw file: taken from its embedded preview",
    )


@contextmanager
def _opened(source: PhotoSource) -> Iterator[rawpy.RawPy]:
    """Open by path, so that LibRaw reads the preview alone; by content where the path is not UTF-8."""
    raw = rawpy.RawPy()
    try:
        try:
            path = str(source.path)
            path.encode()
            raw.open_file(path)
        except UnicodeEncodeError:
            raw.open_buffer(io.BytesIO(source.data))
    except Exception as error:
        raw.close()
        raise DecodeError(f"no raw file that LibRaw can read: {_line(error)}") from error
    try:
        yield raw
    finally:
        raw.close()


def _orientation(raw: rawpy.RawPy) -> int:
    return _ORIENTATION_OF_FLIP.get(int(raw.sizes.flip), 1)


def _preview(
    raw: rawpy.RawPy, full: tuple[int, int], orientation: int, purpose: Purpose, budget: PixelBudget
) -> WorkingImage | None:
    try:
        found = raw.extract_thumb()
        if found.format == rawpy.ThumbFormat.JPEG:
            image = decode_jpeg_bytes(bytes(found.data), 1, purpose, budget)
            rgb = image.rgb
        else:
            rgb = average_down(_three_channels(found.data), purpose.target_side)
    except Exception:  # no preview, an unknown kind of one, or a broken one: the sensor data is developed
        return None
    stored = _oriented_size(full, orientation)
    rgb = upright(rgb, _preview_orientation(rgb, full, orientation))
    adequate = max(rgb.shape[:2]) >= min(ADEQUATE_SIDE, max(full))
    return finish(rgb, purpose, full=stored, preliminary=not adequate)


def _preview_orientation(rgb: Pixels, full: tuple[int, int], orientation: int) -> int:
    """1 where the camera stored the preview upright already: tall where the sensor is wide, or reverse."""
    if not turns_sideways(orientation):
        return orientation
    high, wide = rgb.shape[:2]
    return 1 if high != wide and (wide > high) != (full[0] > full[1]) else orientation


def _oriented_size(full: tuple[int, int], orientation: int) -> tuple[int, int]:
    return (full[1], full[0]) if turns_sideways(orientation) else full


def _developed(raw: rawpy.RawPy, purpose: Purpose, full: tuple[int, int], orientation: int) -> WorkingImage:
    stored = _oriented_size(full, orientation)
    try:
        rgb = _demosaiced(raw, half=purpose is not Purpose.FULL)
    except Exception as error:  # LibRaw raises a class of its own per kind of damage
        reason = _line(error)
    else:
        size = (rgb.shape[1], rgb.shape[0]) if purpose is Purpose.FULL else stored
        return finish(rgb, purpose, full=size)
    try:
        grey = upright(_sensor_grey(raw), orientation)
    except Exception as error:
        raise DecodeError(f"the raw data cannot be developed ({reason})") from error
    return finish(grey, purpose, full=stored, note=f"developed without colour ({reason})")


def _demosaiced(raw: rawpy.RawPy, *, half: bool) -> Pixels:
    return _three_channels(raw.postprocess(half_size=half, use_camera_wb=True, output_bps=8))


def _sensor_grey(raw: rawpy.RawPy) -> Pixels:
    """Grey of the sensor values, averaged two by two, from their 1st to 99.5th percentile, gamma 2.2."""
    values = np.asarray(raw.raw_image_visible, dtype=np.float32)
    if values.ndim == 3:
        values = values[:, :, :3].mean(axis=2)
    height, width = values.shape
    cells = cv2.resize(values, (max(width // 2, 1), max(height // 2, 1)), interpolation=cv2.INTER_AREA)
    low, high = (float(edge) for edge in np.percentile(cells, (1.0, 99.5)))
    unit = np.clip((cells - low) / max(high - low, 1e-6), 0.0, 1.0) ** (1 / 2.2)
    return np.repeat((unit * 255 + 0.5).astype(np.uint8)[:, :, None], 3, axis=2)


def _three_channels(pixels: np.ndarray) -> Pixels:
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.dtype != np.uint8:
        pixels = (pixels >> 8).astype(np.uint8)
    return np.repeat(pixels[:, :, :1], 3, axis=2) if pixels.shape[2] < 3 else pixels[:, :, :3]


def _line(error: Exception) -> str:
    text = error.args[0] if error.args else ""
    words = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return words.splitlines()[0] if words else type(error).__name__
