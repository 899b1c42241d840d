"""The picture that is analysed: its sizes, its scaling and its turning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from nivo_tui.errors import DecodeError

Pixels = NDArray[np.uint8]

ANALYSIS_SIDE = 1280
"""Long side of the working image that faces, objects and the cached thumbnail come from."""

FEATURES_SIDE = 512
"""Long side to which a picture decoded for features alone is averaged down: that of their measures."""

_FEATURES_SLACK, _SCALED_SLACK = 1.875, 1.2
"""Up to so many times that side it stays as it is: pixels as they were stored show JPEG's grid, and
scaled ones nothing more than what is measured."""

ADEQUATE_SIDE = 480
"""The least long side that quality can be judged from; a smaller stand-in is preliminary."""

SMALL_SIDE = 512
"""The least long side of `WorkingImage.small`."""

LEAST_SIDE = 320
"""The least long side of an embedded thumbnail that features may come from."""


_LINEAR_AT_LEAST = 1.2
"""A smaller factor blurs where samples fall between pixels; this is hidden by halving afterwards."""

_LINEAR_AT_MOST = 1.6
"""Up to this factor two samples each way cover a new pixel; further down pixels would be left out."""


# What OpenCV calls the turns and mirrorings of Exif's orientation; 5 and 7 are transposed.
_ROTATIONS = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
_FLIPS = {2: 1, 4: 0}


class Purpose(Enum):
    """What a picture is decoded for, and so how large it has to be.

    ANALYSIS: long side up to 1280, averaged down, never enlarged. FEATURES: the cheapest picture that
    features can be measured on (long side 320-960, mostly about 512). THUMBNAIL: the embedded
    thumbnail or none.
    FULL: every pixel.
    """

    ANALYSIS = "analysis"
    FEATURES = "features"
    THUMBNAIL = "thumbnail"
    FULL = "full"

    @property
    def least_side(self) -> int | None:
        """The long side below which a scaled decode would lose what the purpose needs; None: every pixel."""
        return {Purpose.ANALYSIS: ANALYSIS_SIDE, Purpose.FULL: None}.get(self, ADEQUATE_SIDE)

    @property
    def target_side(self) -> int | None:
        """The long side to which a larger picture is averaged down; None: as it is."""
        return {Purpose.ANALYSIS: ANALYSIS_SIDE, Purpose.FULL: None}.get(self, FEATURES_SIDE)


class NoThumbnailError(DecodeError):
    """The file has no embedded thumbnail that can be used."""


@dataclass(frozen=True)
class WorkingImage:
    """A decoded picture: `rgb` is (height, width, 3) uint8, RGB, upright.

    `full_width` and `full_height` are those of the full-size picture, upright, in pixels. `preliminary`:
    taken from an embedded thumbnail too small for quality tags. `note`: a line for the log, or None.
    Colour profiles are not applied: values are those stored, read as sRGB.
    """

    rgb: Pixels
    full_width: int
    full_height: int
    preliminary: bool = False
    note: str | None = None

    @cached_property
    def small(self) -> Pixels:
        """`rgb` shrunk by a whole factor to a long side of 512 to 1023 pixels (640 for one of 1280), made
        when first asked for; `rgb` itself where it is smaller.

        Features, the thumbnail and a detector's input come from it at less cost than from `rgb`.
        """
        return whole_fraction(self.rgb, SMALL_SIDE)

    def noted(self, note: str) -> WorkingImage:
        """The same with a remark added."""
        return replace(self, note=f"{self.note}; {note}" if self.note else note)


def finish(
    rgb: Pixels,
    purpose: Purpose,
    *,
    orientation: int = 1,
    full: tuple[int, int] | None = None,
    scaled: bool = False,
    preliminary: bool = False,
    note: str | None = None,
) -> WorkingImage:
    """Average down to the purpose's size, turn upright, and give the sizes.

    `rgb` is (height, width, 3) as stored; `full` is the full (width, height) as stored, by default that
    of `rgb`; `orientation` is Exif's 1-8; `scaled`: the decoder made fewer pixels than were stored.
    """
    width, height = full or (rgb.shape[1], rgb.shape[0])
    if turns_sideways(orientation):
        width, height = height, width
    slack = 1.0 if purpose is not Purpose.FEATURES else _SCALED_SLACK if scaled else _FEATURES_SLACK
    smaller = average_down(rgb, purpose.target_side, slack)
    return WorkingImage(upright(smaller, orientation), width, height, preliminary, note)


def average_down(rgb: Pixels, long_side: int | None, slack: float = 1.0) -> Pixels:
    """Shrink so that the long side is `long_side`, each pixel the average of those it covers.

    Nothing is enlarged, and nothing within `slack` times the size is touched.
    """
    height, width = rgb.shape[:2]
    longest = max(height, width)
    if long_side is None or longest <= long_side * slack:
        return rgb
    scale = long_side / longest
    return averaged(rgb, (max(round(width * scale), 1), max(round(height * scale), 1)))


def whole_fraction(rgb: Pixels, side: int) -> Pixels:
    """Average down by the largest whole factor, which is fast, that leaves the long side at `side` or more.

    Rows and columns that do not fill a pixel are dropped.
    """
    factor = max(rgb.shape[:2]) // side
    if factor < 2 or min(rgb.shape[:2]) < factor:
        return rgb
    height, width = (n // factor for n in rgb.shape[:2])
    return _resized(rgb[: height * factor, : width * factor], (width, height), cv2.INTER_AREA)


def averaged(picture: Pixels, size: tuple[int, int]) -> Pixels:
    """Average a picture of any number of channels down to `size` (width, height), no larger than it is.

    OpenCV halves twenty times faster than it averages over a broken number of pixels. So the picture is
    halved as long as it can be, then sampled at the size or at a multiple of it, and that halved again:
    45 dB and more from the exact average on photos.
    """
    wide, high = size
    while _can_be_halved(picture, size):
        picture = _resized(picture, (picture.shape[1] // 2, picture.shape[0] // 2), cv2.INTER_AREA)
    height, width = picture.shape[:2]
    if (width, height) == size:
        return picture
    if max(width, height) > 2 * max(wide, high) or min(wide, high) == 1:
        return _resized(picture, size, cv2.INTER_AREA)
    if max(width / wide, height / high) <= _LINEAR_AT_MOST:
        return _resized(picture, size, cv2.INTER_LINEAR)
    return _resized(_resized(picture, (wide * 2, high * 2), cv2.INTER_LINEAR), size, cv2.INTER_AREA)


def _can_be_halved(picture: Pixels, size: tuple[int, int]) -> bool:
    height, width = picture.shape[:2]
    half = (width // 2, height // 2)
    least = (_LINEAR_AT_LEAST * size[0], _LINEAR_AT_LEAST * size[1])
    return width % 2 == height % 2 == 0 and (half == size or (half[0] >= least[0] and half[1] >= least[1]))


def _resized(picture: Pixels, size: tuple[int, int], method: int) -> Pixels:
    return np.asarray(cv2.resize(picture, size, interpolation=method), dtype=np.uint8)


def turns_sideways(orientation: int) -> bool:
    """Whether an Exif orientation exchanges width and height."""
    return orientation in (5, 6, 7, 8)


def upright(rgb: Pixels, orientation: int) -> Pixels:
    """Turn stored pixels as Exif 2.32, tag 0x0112 says; an unknown value counts as 1. Always contiguous."""
    if orientation in _ROTATIONS:
        return np.asarray(cv2.rotate(rgb, _ROTATIONS[orientation]), dtype=np.uint8)
    if orientation in _FLIPS:
        return np.asarray(cv2.flip(rgb, _FLIPS[orientation]), dtype=np.uint8)
    if orientation == 5:
        return np.asarray(cv2.transpose(rgb), dtype=np.uint8)
    if orientation == 7:
        return np.asarray(cv2.flip(cv2.transpose(rgb), -1), dtype=np.uint8)
    return np.ascontiguousarray(rgb)
