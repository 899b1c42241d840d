"""How light and how coloured a picture is."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from nivo_tui.imaging.colours import COLOURS, count_colours

HUES = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
"""The hue families of `Features.hues`; `colours.py` says where each begins and ends."""

_LEVELS = np.arange(256)

# Rows: red against green, yellow against blue, red against blue.
_OPPONENTS = np.array([[1, -1, 0], [0.5, 0.5, -1], [1, 0, -1]], np.float32)
_TONES = 16

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]


def measure_exposure(grey: Pixels, rgb: Pixels) -> dict[str, float]:
    """How the tones are spread: luminance from `grey`, clipped channels from `rgb` (its size may differ)."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()
    share = np.cumsum(counts) / counts.sum()
    p2, p10, p50, p90, p98 = (np.searchsorted(share, (0.02, 0.1, 0.5, 0.9, 0.98)) / 255.0).tolist()
    return {
        "luma_mean": float((counts @ _LEVELS) / counts.sum() / 255.0),
        "luma_median": p50,
        "p2": p2,
        "p10": p10,
        "p90": p90,
        "p98": p98,
        "shadows": float(share[12]),
        "highlights": float(1.0 - share[249]),
        "partly_clipped": _partly_clipped(rgb),
        "halo": _halo(grey) if counts[250:].any() else 0.0,
    }


def _partly_clipped(rgb: Pixels) -> float:
    """Share of the pixels with one channel at 253 or above and another at 244 or below."""
    # One pixel in four is enough for a share.
    size = (max(1, rgb.shape[1] // 2), max(1, rgb.shape[0] // 2))
    red, green, blue = cv2.split(cv2.resize(rgb, size, interpolation=cv2.INTER_NEAREST))
    largest, smallest = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    # NumPy compares single bytes faster than OpenCV, which is the quicker one in most else here.
    return float(np.count_nonzero((largest >= 253) & (smallest <= 244)) / largest.size)


def _halo(grey: Pixels) -> float:
    """Of the pixels two to three away from blown ones, the share above 215/255."""
    near = cv2.dilate((grey >= 250).view(np.uint8), np.ones((3, 3), np.uint8))
    ring = cv2.dilate(near, np.ones((5, 5), np.uint8)) > near
    around = int(np.count_nonzero(ring))
    return int(np.count_nonzero(ring & (grey >= 215))) / around if around else 0.0


def measure_colour(rgb: Pixels) -> dict[str, float | tuple[float, ...]]:
    """Strength, warmth and named colours of a small RGB picture."""
    red, green, blue = cv2.split(rgb)
    size = red.size
    value = cv2.max(cv2.max(red, green), blue)
    chroma = cv2.subtract(value, cv2.min(cv2.min(red, green), blue))
    chromas = cv2.calcHist([chroma], [0], None, [256], [0, 256]).ravel()
    strong = int(np.searchsorted(np.cumsum(chromas), int(0.95 * (size - 1)), side="right"))
    shares = dict(zip(COLOURS, (count_colours(red, green, blue) / size).tolist(), strict=True))
    mean = cv2.mean(rgb)[:3]
    opponents = cv2.transform(rgb.astype(np.float32), _OPPONENTS)
    means, deviations = (of_all.ravel().tolist() for of_all in cv2.meanStdDev(opponents))
    tones = (red.astype(np.intp) + green + green + blue) >> 6
    return {
        "colorfulness": _colorfulness(means, deviations),
        "saturation": float(chromas @ _LEVELS) / max(1.0, cv2.sumElems(value)[0]),
        "chroma": strong / 255.0,
        "warmth": (mean[0] - mean[2]) / 255.0,
        "hues": tuple(shares[name] for name in HUES),
        **{name: shares[name] for name in ("brown", "beige", "black", "grey", "white")},
        "tint": _tint(*mean),
        "tone_scatter": _tone_scatter(tones, opponents[:, :, 2], means[2], deviations[2]),
    }


def _colorfulness(means: list[float], deviations: list[float]) -> float:
    """Hasler and Suesstrunk 2003, "Measuring colourfulness in natural images", equation M3, over 255."""
    return (math.hypot(*deviations[:2]) + 0.3 * math.hypot(*means[:2])) / 255.0


def _tint(red: float, green: float, blue: float) -> float:
    """Hue in degrees of the mean colour, on the circle whose red, green and blue lie 120 degrees apart."""
    return math.degrees(math.atan2(math.sqrt(3.0) * (green - blue), 2.0 * red - green - blue)) % 360.0


def _tone_scatter(tones: NDArray[np.intp], difference: Plane, mean: float, deviation: float) -> float:
    """Standard deviation of red minus blue among pixels of one lightness (sixteen steps of it), over 255.

    A toned print has one colour for each lightness; a photo of brown things has not. `mean` and `deviation`
    are of the difference over all: what of its variance the tones explain is taken off.
    """
    count = np.bincount(tones.ravel(), minlength=_TONES)
    total = np.bincount(tones.ravel(), weights=difference.ravel(), minlength=_TONES)
    explained = float((total * total / np.maximum(count, 1)).sum()) / tones.size - mean**2
    return math.sqrt(max(0.0, deviation**2 - explained)) / 255.0
