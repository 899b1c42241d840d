"""Which of a dozen plain words names a colour, by its place in a perceptual space.

The space is OKLab (Ottosson 2020, "A perceptual color space for image processing",
https://bottosson.github.io/posts/oklab/): lightness L 0-1, and a plane of colour whose distance from grey is
the chroma C (0 to about 0.32 within sRGB) and whose angle is the hue h. The regions are drawn so that the
named colours of CSS (CSS Color 4, section 6.1) fall under the plain word that they are shades of.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

COLOURS = (
    *("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink"),
    *("brown", "beige", "black", "grey", "white"),
)
"""The words. Brown is dark orange; beige is what pale orange, sand, wood and skin share."""

_HUES = {"pink": 8.0, "red": 40.0, "orange": 85.0, "yellow": 113.0, "green": 168.0, "cyan": 217.0}
_MORE_HUES = {"blue": 286.0, "purple": 336.0}
"""Where each family of hues ends, in degrees of h; pink begins where purple ends."""

_BITS = 5
"""Of each channel that a colour is looked up by."""

Plane = NDArray[np.float64]


def count_colours(red: NDArray[np.uint8], green: NDArray[np.uint8], blue: NDArray[np.uint8]) -> Plane:
    """How many pixels of a picture bear each name of `COLOURS`; its channels (uint8) may be of any shape."""
    drop = 8 - _BITS
    place = (red >> drop).astype(np.uint16) << 2 * _BITS
    place |= (green >> drop).astype(np.uint16) << _BITS
    place |= blue >> drop
    return np.bincount(_table()[place.ravel()], minlength=len(COLOURS)).astype(np.float64)


def named(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The place in `COLOURS` of the name of each sRGB colour of an array of shape (..., 3)."""
    lightness, chroma, hue = oklch(rgb)
    borders = {**_HUES, **_MORE_HUES}
    families = np.array([COLOURS.index(name) for name in (*borders, "pink")])
    made = families[np.searchsorted(list(borders.values()), hue)]
    is_of = {name: made == COLOURS.index(name) for name in ("red", "orange", "yellow", "pink")}
    warm = is_of["red"] | is_of["orange"] | is_of["yellow"]
    dark = lightness < 0.66
    rules = (
        # Dark orange is brown, and so is dark red that is not strong; dark yellow is olive, a green.
        (is_of["orange"] & dark, "brown"),
        (is_of["red"] & (lightness < 0.55) & (chroma < 0.09), "brown"),
        (is_of["yellow"] & dark, np.where(hue < 100.0, COLOURS.index("brown"), COLOURS.index("green"))),
        (warm & ~dark & (chroma < np.where(is_of["yellow"], 0.10, 0.13)), "beige"),
        (is_of["red"] & (lightness >= 0.55) & (chroma < np.where(hue > 30.0, 0.12, 0.09)), "beige"),
        (
            is_of["red"] & (lightness > 0.7) & (chroma > 0.065) & (hue < np.where(chroma > 0.09, 30.0, 22.0)),
            "pink",
        ),
        (is_of["pink"] & (chroma < 0.05), "beige"),
        (chroma < 0.035, "grey"),
        ((lightness > 0.92) & (chroma < 0.03), "white"),
        ((lightness < 0.17) | ((lightness < 0.30) & (chroma < 0.06)), "black"),
    )
    for where, name in rules:
        made = np.where(where, COLOURS.index(name) if isinstance(name, str) else name, made)
    return made.astype(np.uint8)


def oklch(rgb: NDArray[np.uint8]) -> tuple[Plane, Plane, Plane]:
    """Lightness 0-1, chroma and hue in degrees (0-360) of sRGB colours, uint8 of shape (..., 3)."""
    coded = rgb / 255.0
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    cones = np.cbrt(linear @ _TO_CONES.T)
    lightness, a, b = np.moveaxis(cones @ _TO_LAB.T, -1, 0)
    return lightness, np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360.0


_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@cache
def _table() -> NDArray[np.uint8]:
    """The name of every colour whose channels have `_BITS` bits, by the middle of what it stands for."""
    step = 1 << (8 - _BITS)
    levels = (np.arange(1 << _BITS) * step + step // 2).astype(np.uint8)
    red, green, blue = np.meshgrid(levels, levels, levels, indexing="ij")
    return named(np.stack([red.ravel(), green.ravel(), blue.ravel()], axis=1))
