"""How light and how coloured a picture is."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

HUES = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
"""The hue families of `Features.hues`; their borders are `_HUE_BORDERS` degrees on the HSV circle."""

_HUE_BORDERS = (15.0, 42.0, 70.0, 165.0, 195.0, 255.0, 290.0, 345.0)
# The family of each hue of OpenCV's HSV_FULL, 256 steps to the circle.
_FAMILY_OF = np.searchsorted(_HUE_BORDERS, np.arange(256) * 360.0 / 256.0, side="right") % len(HUES)

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]


def measure_exposure(grey: Pixels, rgb: Pixels) -> dict[str, float]:
    """How the tones are spread: luminance from `grey`, clipped channels from `rgb` (its size may differ)."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()
    share = np.cumsum(counts) / counts.sum()
    p2, p10, p50, p90, p98 = (float(np.searchsorted(share, q)) / 255.0 for q in (0.02, 0.1, 0.5, 0.9, 0.98))
    blown = cv2.inRange(grey, 250, 255)
    red, green, blue = cv2.split(rgb)
    largest, smallest = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    partly = cv2.bitwise_and(cv2.inRange(largest, 253, 255), cv2.inRange(smallest, 0, 244))
    return {
        "luma_mean": float((counts @ np.arange(256)) / counts.sum() / 255.0),
        "luma_median": p50,
        "p2": p2,
        "p10": p10,
        "p90": p90,
        "p98": p98,
        "shadows": float(share[12]),
        "highlights": float(1.0 - share[249]),
        "partly_clipped": cv2.countNonZero(partly) / partly.size,
        "halo": _halo(grey, blown),
    }


def _halo(grey: Pixels, blown: Pixels) -> float:
    """Of the pixels two to three away from blown ones, the share above 215/255."""
    if cv2.countNonZero(blown) == 0:
        return 0.0
    near = cv2.dilate(blown, np.ones((3, 3), np.uint8))
    ring = cv2.bitwise_and(cv2.dilate(near, np.ones((5, 5), np.uint8)), cv2.bitwise_not(near))
    around = cv2.countNonZero(ring)
    if around == 0:
        return 0.0
    return cv2.countNonZero(cv2.bitwise_and(cv2.inRange(grey, 215, 255), ring)) / around


def measure_colour(rgb: Pixels) -> dict[str, float | tuple[float, ...]]:
    """Strength, warmth and families of colour of a small RGB picture."""
    red, green, blue = (plane.ravel() for plane in cv2.split(rgb.astype(np.float32)))
    value = np.maximum(np.maximum(red, green), blue)
    chroma = value - np.minimum(np.minimum(red, green), blue)
    coloured = (chroma >= 24.0) & (chroma >= 0.15 * value)
    hue = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV_FULL)[:, :, 0].ravel()[coloured]
    plain = value[~coloured]
    total = float(value.size)
    black, white = (int(np.count_nonzero(found)) for found in (plain < 50.0, plain > 215.0))
    # Whole numbers up to 255: counting them is quicker than sorting.
    chroma_up_to = np.cumsum(np.bincount(chroma.astype(np.uint8), minlength=256))
    mean = (float(red.mean()), float(green.mean()), float(blue.mean()))
    return {
        "colorfulness": _colorfulness(red, green, blue),
        "saturation": float(chroma.sum()) / max(1.0, float(value.sum())),
        "chroma": float(np.searchsorted(chroma_up_to, int(0.95 * (chroma.size - 1)), side="right")) / 255.0,
        "warmth": (mean[0] - mean[2]) / 255.0,
        "hues": tuple(float(n) / total for n in np.bincount(_FAMILY_OF[hue], minlength=len(HUES))),
        "black": black / total,
        "white": white / total,
        "grey": (plain.size - black - white) / total,
        "tint": _tint(*mean),
        "tone_scatter": _tone_scatter(red, green, blue),
    }


def _colorfulness(red: Plane, green: Plane, blue: Plane) -> float:
    """Hasler and Suesstrunk 2003, "Measuring colourfulness in natural images", equation M3, over 255."""
    first, second = red - green, 0.5 * (red + green) - blue
    spread = math.hypot(float(first.std()), float(second.std()))
    offset = math.hypot(float(first.mean()), float(second.mean()))
    return (spread + 0.3 * offset) / 255.0


def _tint(red: float, green: float, blue: float) -> float:
    """Hue in degrees of the mean colour, on the circle whose red, green and blue lie 120 degrees apart."""
    return math.degrees(math.atan2(math.sqrt(3.0) * (green - blue), 2.0 * red - green - blue)) % 360.0


def _tone_scatter(red: Plane, green: Plane, blue: Plane) -> float:
    """Standard deviation of red minus blue among pixels of one lightness (sixteen steps of it), over 255.

    A toned print has one colour for each lightness; a photo of brown things has not.
    """
    step = ((red + green + green + blue) / 64.0).astype(np.intp)
    difference = red - blue
    count = np.maximum(np.bincount(step, minlength=16), 1)
    mean = np.bincount(step, weights=difference, minlength=16) / count
    return float(np.std(difference - mean[step])) / 255.0
