"""What the pixels of one photo say in numbers, measured at one normalised scale.

Tag modules read `Features` and nothing else of the pixels. Every value is a plain float, int or str, so the
whole record goes into the catalog as one JSON text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from nivo_tui.imaging import light, structure
from nivo_tui.imaging.hashing import perceptual_hashes
from nivo_tui.imaging.layout import measure_layout
from nivo_tui.imaging.score import score_of
from nivo_tui.imaging.working import SMALL_SIDE, averaged, whole_fraction
from nivo_tui.model import Quality

SIDE = SMALL_SIDE
"""Long side, in pixels, at which everything is measured."""

COLOUR_SIDE = 128
"""Long side of the copy that colours are read from: JPEG chroma noise is averaged away in it."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Features:
    """Measurements of one picture. Luminance is gamma-coded luma (Rec. 601) as a fraction 0-1 throughout.

    `measured_side`: long side in pixels of what was measured; 512 unless the picture is smaller.
    `hashes`: 64-bit difference hashes in hex of the picture as it is, then of its seven turned and
    mirrored forms (order: `hashing.FORMS`).

    Sharpness. `blur`: Gaussian blur, in pixels of the measured scale, of the sharpest fifth of the strong
    edges, None where the picture has too few edges to tell; `blur_typical`: the same of the median edge;
    `smear` and `smear_least`: blur of the whole picture along the direction of most and of least (a moving
    camera blurs one direction alone). `edge_density`: fraction of pixels on an edge. `noise`: standard
    deviation of pixel noise in the flattest parts. `blockiness`: how much JPEG's 8-pixel grid stands out of
    the picture, 0 = not at all.

    Exposure. `luma_mean`, `luma_median` and percentiles `p2`, `p10`, `p90`, `p98`; `shadows` and
    `highlights`: fractions of pixels nearly black (at or below 12/255) and blown (at or above 250/255);
    `partly_clipped`: fraction where one colour channel is blown and another is not; `halo`: share of the
    surroundings of blown areas that are nearly blown too (a white wall or a cut-out has little of it).

    Colour. `colorfulness` after Hasler and Suesstrunk 2003 (0-1 scale: 0 none, 0.06 slight, 0.2 average,
    0.43 extreme); `saturation`: mean HSV saturation weighted by value; `chroma`: 95th percentile of the
    distance between the largest and smallest channel; `warmth`: mean of (red - blue) over all, -1 to 1;
    `hues`: share of the picture in each family of `light.HUES`; `brown`, `beige`, `black`, `grey`, `white`:
    those of the other names of `colours.COLOURS`;
    `tint`: hue in degrees of what colour there is; `tone_scatter`: how far colours of one lightness differ
    from each other, 0 in a toned or grey picture. `layout`: which colours and textures lie where, as text
    for `cells.read_layout`.
    """

    measured_side: int
    width: int
    height: int
    hashes: tuple[str, ...]
    blur: float | None
    blur_typical: float | None
    smear: float | None
    smear_least: float | None
    edge_density: float
    noise: float
    blockiness: float
    luma_mean: float
    luma_median: float
    p2: float
    p10: float
    p90: float
    p98: float
    shadows: float
    highlights: float
    partly_clipped: float
    halo: float
    colorfulness: float
    saturation: float
    chroma: float
    warmth: float
    hues: tuple[float, ...]
    brown: float
    beige: float
    black: float
    grey: float
    white: float
    tint: float
    tone_scatter: float
    layout: str

    @property
    def contrast(self) -> float:
        """Spread of luminance from the 2nd to the 98th percentile, 0-1."""
        return self.p98 - self.p2

    @property
    def motion(self) -> float:
        """How surely the camera or all of the subject moved, 0-1: blur along one direction, not across it."""
        if self.smear is None or self.smear_least is None:
            return 0.0
        one_way = self.smear / max(self.smear_least, 0.4)
        # A few long lines, such as a horizon, lie one way by themselves.
        enough = _rising(self.edge_density, 0.0005, 0.0014)
        return _rising(self.smear, 1.6, 2.0) * _rising(one_way, 1.3, 1.7) * enough


_NAMES = tuple(field.name for field in fields(Features))
_NAME_SET = frozenset(_NAMES)
_LISTS = ("hashes", "hues")
_decode = json.JSONDecoder().raw_decode


def measure(rgb: Pixels, small: Pixels | None = None) -> Features:
    """Measure an oriented RGB picture of shape (height, width, 3), uint8; any size from 1x1.

    `small` is its `WorkingImage.small` where the caller has one. Costs about 2 to 3 ms on one core.
    """
    reduced = whole_fraction(rgb, SIDE) if small is None else small
    whole = cv2.cvtColor(reduced, cv2.COLOR_RGB2GRAY)
    grey = _to_side(whole, SIDE)
    height, width = grey.shape[:2]
    exposure = light.measure_exposure(grey, reduced)
    small_copy = _to_side(reduced, COLOUR_SIDE)
    values: dict[str, Any] = {
        "measured_side": max(height, width),
        "width": width,
        "height": height,
        "hashes": perceptual_hashes(grey),
        **exposure,
        **structure.measure_structure(grey, spread=255.0 * (exposure["p98"] - exposure["p2"])),
        "blockiness": structure.measure_blockiness(whole if reduced is rgb else _grey_middle(rgb)),
        **light.measure_colour(small_copy),
        "layout": measure_layout(small_copy),
    }
    return Features(**values)


def _grey_middle(rgb: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(structure.middle_of(rgb), cv2.COLOR_RGB2GRAY), np.uint8)


def to_json(features: Features) -> str:
    """The record as one line of JSON, numbers rounded to five significant digits."""
    return json.dumps({name: _rounded(getattr(features, name)) for name in _NAMES}, separators=(",", ":"))


def from_json(text: str) -> Features | None:
    """The record `to_json` made; None where the text is of another version of this module."""
    # Without `json.loads`, which looks for spaces around it: a library has very many of them.
    stored: Any = _decode(text)[0]
    if not isinstance(stored, dict) or stored.keys() != _NAME_SET:
        return None
    for name in _LISTS:
        stored[name] = tuple(stored[name])
    return Features(*map(stored.__getitem__, _NAMES))


def quality(features: Features) -> Quality:
    """The four numbers `show` prints. They rank photos; the quality tags come from the features."""
    return score_of(features).quality


def _to_side(picture: Pixels, side: int) -> Pixels:
    """Shrink by area averaging to a long side; a smaller picture is returned as it is."""
    height, width = picture.shape[:2]
    longest = max(height, width)
    if longest <= side:
        return picture
    return averaged(picture, (max(1, round(width * side / longest)), max(1, round(height * side / longest))))


def _rising(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low)
    return share if 0.0 < share < 1.0 else 1.0 if share >= 1.0 else 0.0


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, tuple):
        return [_rounded(v) for v in value]
    return value
