"""How good a picture is by its pixels: one score of 0 to 100, and the parts it is made of.

Reads the measurements alone and needs neither numpy nor OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nivo_tui.model import Quality

if TYPE_CHECKING:
    from nivo_tui.imaging.features import Features


@dataclass(frozen=True, slots=True)
class Score:
    """The score 0-100 and its parts 0-1, higher is better in all of them but `noise`, the amount of it.

    `size` is 1 from 400 pixels on the long side upwards: what is smaller cannot be judged, nor printed.
    """

    score: float
    sharpness: float
    exposure: float
    contrast: float
    noise: float
    size: float

    @property
    def quality(self) -> Quality:
        """What is kept of it for every photo."""
        return Quality(self.score, self.sharpness, self.exposure, self.noise)

    @property
    def in_words(self) -> str:
        """`74 of 100: sharpness 0.92, exposure 0.80, contrast 1.00, noise 0.10, size 1.00`."""
        return (
            f"{self.score:.0f} of 100: sharpness {self.sharpness:.2f}, exposure {self.exposure:.2f}, "
            f"contrast {self.contrast:.2f}, noise {self.noise:.2f}, size {self.size:.2f}"
        )


def score_of(features: Features) -> Score:
    """The score of one picture.

    sqrt(sharpness) x (1/4 + 3/4 x the lesser of exposure and contrast) x (1 - 0.4 noise) x (1/2 + 1/2 size):
    a blurred picture is worth little whatever else is right with it, a dim or small one still something.
    """
    blur = features.blur if features.blur is not None else 1.0
    sharpness = _falling(blur, 0.5, 2.5) * (1.0 - 0.6 * features.motion)
    lit = _rising(features.p98, 0.15, 0.55)
    exposure = min(lit, _falling(light_lost(features), 0.02, 0.4))
    contrast = _rising(features.contrast, 0.1, 0.5)
    noise = _rising(features.noise, 0.004, 0.06)
    size = _rising(features.measured_side, 100.0, 400.0)
    light = 0.25 + 0.75 * min(exposure, contrast)
    score = 100.0 * (sharpness**0.5 * light * (1.0 - 0.4 * noise) * (0.5 + 0.5 * size))
    return Score(
        round(score, 1),
        *(round(part, 3) for part in (sharpness, exposure, contrast, noise, size)),
    )


def light_lost(features: Features) -> float:
    """How much of the picture lost its light at the bright end, 0 to a little over 1.

    A white wall or a cut-out background is blown, too, but ends abruptly: what is overexposed has nearly
    blown surroundings, or colours of which one channel is clipped and another is not. Blurring softens the
    ends of a cut-out as well, so that a blurred picture's surroundings count for less.
    """
    clear = 1.0 if features.blur is None else _falling(features.blur, 1.0, 2.5)
    around = _rising(features.halo, 0.1, 0.6) * (0.4 + 0.6 * clear)
    softness = max(around, min(1.0, features.partly_clipped / 0.03))
    return features.highlights * softness + 0.25 * max(0.0, features.partly_clipped - 0.15)


def _rising(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low)
    return share if 0.0 < share < 1.0 else 1.0 if share >= 1.0 else 0.0


def _falling(value: float, low: float, high: float) -> float:
    return 1.0 - _rising(value, low, high)
