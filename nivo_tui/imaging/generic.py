"""Every other picture Pillow reads: PNG, TIFF, WebP, AVIF, and what hides behind a wrong extension."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from nivo_tui.errors import DecodeError, TooLargeError
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.imaging.working import NoThumbnailError, Pixels, Purpose, WorkingImage, finish

_Look = Callable[[Image.Image], Pixels]

_PREFIX_BYTES = 16
_ORIENTATION = 0x0112
_STRIP_PIXELS = 1_000_000
_AVERAGED_AS_STORED = frozenset(("RGB", "RGBA", "L", "CMYK", "YCbCr"))
_WITH_ALPHA = frozenset(("RGBA", "LA", "PA", "La", "RGBa"))
# Run another program or only name the picture: never asked.
_UNTRUSTED = frozenset(("EPS", "WMF", "GRIB", "HDF5", "BUFR", "FITS", "MPEG"))


def decode_generic(
    source: PhotoSource, orientation: int, purpose: Purpose, budget: PixelBudget
) -> WorkingImage:
    """Decode the first picture of a file with Pillow.

    A page or frame after the first is not looked at; transparency is laid on white; 16-bit and floating
    point values are brought to 8 bits over the range they use where they have no fixed one.
    Raises DecodeError, TooLargeError, NoThumbnailError.
    """
    if purpose is Purpose.THUMBNAIL:
        raise NoThumbnailError("no embedded thumbnail is read from this kind of file")
    with source.reader() as file:
        image = _open(file)
        with budget.hold(*image.size):
            loaded, note = _load(image, source)
            turned = orientation
            if image.format == "AVIF":
                # Pillow makes AVIF's own irot and imir the orientation of the Exif block it hands out.
                turned = _container_orientation(image)
            elif image.format == "TIFF" and loaded is image:
                turned = 1  # Pillow turns a TIFF while loading it
            rgb = _rgb(loaded, purpose)
            return finish(rgb, purpose, orientation=turned, full=loaded.size, note=note)


def stored_orientation(source: PhotoSource) -> int:
    """The Exif orientation 1-8 that Pillow finds in the file's metadata, 1 where there is none."""
    with source.reader() as file:
        try:
            return _container_orientation(_open(file))
        except DecodeError:
            return 1


def _open(file: IO[bytes]) -> ImageFile.ImageFile:
    """Pillow's `open` without its limit on pixels and the warning of it: the budget stands in for both."""
    Image.init()
    prefix = file.read(_PREFIX_BYTES)
    reasons = []
    for name in [name for name in Image.ID if name not in _UNTRUSTED]:
        factory, accept = Image.OPEN[name]
        try:
            # A text is the reason why a plugin that would know the format cannot read it here.
            if accept and (isinstance(known := accept(prefix), str) or not known):
                continue
            file.seek(0)
            return factory(file, "")
        except Image.DecompressionBombError as error:  # a limit of the plugin's own, above the budget's
            raise TooLargeError(_line(error)) from error
        except Exception as error:  # each plugin has exceptions of its own for what is not its format
            if accept:
                reasons.append(_line(error))
    raise DecodeError(f"not a picture that can be decoded{': ' + reasons[0] if reasons else ''}")


def _container_orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # an unreadable Exif block turns nothing
        return 1


def _load(image: ImageFile.ImageFile, source: PhotoSource) -> tuple[Image.Image, str | None]:
    """Decode; where the data breaks off, a copy of the decoded rows as they are stored, and a note."""
    try:
        image.load()
        return image, None
    except MemoryError as error:
        raise DecodeError("the picture does not fit in memory") from error
    except Exception as error:
        complaint = _line(error)
        partial = _decoded_rows(image)
        if partial is None:
            raise DecodeError(f"the picture cannot be decoded: {complaint}") from error
    return partial, f"damaged at {source.size / 1000:.0f} kB ({complaint}): features from what is there"


def _decoded_rows(image: ImageFile.ImageFile) -> Image.Image | None:
    """What a failed load left behind, None where it is nothing but the empty memory."""
    image.tile = []
    try:
        rows = image.copy()
        spans = np.asarray(rows.getextrema(), dtype=float).reshape(-1, 2)
    except Exception:  # no memory was made, or it is of a kind Pillow cannot copy
        return None
    return rows if spans.max() > spans.min() else None


def _rgb(image: Image.Image, purpose: Purpose) -> Pixels:
    """The picture in RGB, averaged down by a whole factor where the purpose needs less.

    That is done strip by strip: no second picture of full size is ever made.
    """
    try:
        look = _look_of(image)
        factor = max(image.size) // purpose.target_side if purpose.target_side else 1
        if factor < 2:
            return look(image)
        return np.concatenate([_strip_rgb(strip, factor, look) for strip in _strips(image, factor)])
    except MemoryError as error:
        raise DecodeError("the picture does not fit in memory") from error
    except Exception as error:
        raise DecodeError(f"the picture's colours cannot be read: {_line(error)}") from error


def _strips(image: Image.Image, factor: int) -> Iterator[Image.Image]:
    width, height = image.size
    rows = max(1, _STRIP_PIXELS // (width * factor)) * factor
    for top in range(0, height, rows):
        yield image.crop((0, top, width, min(top + rows, height)))


def _strip_rgb(strip: Image.Image, factor: int, look: _Look) -> Pixels:
    if strip.mode == "1":
        strip = strip.convert("L")
    if strip.mode in _AVERAGED_AS_STORED and "transparency" not in strip.info:
        return look(strip.reduce(factor))
    return np.asarray(Image.fromarray(look(strip)).reduce(factor))


def _look_of(image: Image.Image) -> _Look:
    """How the pixels of an image of this kind, or of a part of it, become RGB."""
    mode = image.mode
    if mode == "RGB" and "transparency" not in image.info:
        return np.asarray
    if mode.startswith(("I", "F")):
        return partial(_from_deep, span=_span(image))
    if mode in _WITH_ALPHA or "transparency" in image.info:
        return _on_white
    if mode == "LAB":
        return lambda part: _from_lab(np.asarray(part))
    return lambda part: np.asarray(part.convert("RGB"))


def _on_white(image: Image.Image) -> Pixels:
    rgba = image.convert("RGBA")
    paper = Image.new("RGBA", rgba.size, "white")
    return np.asarray(Image.alpha_composite(paper, rgba).convert("RGB"))


def _span(image: Image.Image) -> tuple[float, float]:
    """The values of black and white in grey of more than 8 bits.

    16-bit values keep their fixed range unless they use less than 1/16 of it (sensor and thermal data);
    32-bit and floating point values are stretched over what they use.
    """
    spans = [(float(part.min()), float(part.max())) for part in map(_finite, _strips(image, 1))]
    low, high = min(span[0] for span in spans), max(span[1] for span in spans)
    floating = image.mode == "F"
    if not floating and low >= 0 and high <= 65535 and high - low >= 65535 / 16:
        return 0.0, 65535.0
    if floating and low >= 0 and 0.5 < high <= 1.0:
        return 0.0, 1.0
    return low, high


def _finite(image: Image.Image) -> NDArray[np.float32]:
    return np.nan_to_num(np.asarray(image).astype(np.float32), posinf=0.0, neginf=0.0)


def _from_deep(image: Image.Image, span: tuple[float, float]) -> Pixels:
    low, high = span
    grey = _finite(image)
    scaled = (grey - low) * (255.0 / (high - low)) if high > low else np.zeros_like(grey)
    return np.repeat(scaled.round().astype(np.uint8)[:, :, None], 3, axis=2)


def _from_lab(lab: np.ndarray) -> Pixels:
    """CIE L*a*b* as Pillow stores it (L 0-255, a and b as signed bytes) to sRGB."""
    import cv2

    stored = lab.astype(np.uint8)
    signed = stored[:, :, 1:].astype(np.int8).astype(np.float32)
    light = stored[:, :, :1].astype(np.float32) * (100.0 / 255.0)
    unit = cv2.cvtColor(np.concatenate([light, signed], axis=2), cv2.COLOR_LAB2RGB)
    rgb: Pixels = (np.clip(unit, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return rgb


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
