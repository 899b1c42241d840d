"""Moods: a few from light and colour, others from the comparison with phrases; none of them sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging import zeroshot
from nivo_tui.tagging.color import is_black_and_white
from nivo_tui.tagging.evidence import Draft, Evidence, percent, ramp
from nivo_tui.tagging.quality import is_overexposed, is_underexposed
from nivo_tui.tagging.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nivo_tui.imaging.features import Features

_SUREST = 0.85
"""Pixels never prove a mood: no confidence goes beyond this."""


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """Moods of the light (bright, dark, ...), of the colours (vibrant, cozy, ...), and those phrases name."""
    draft = Draft(vocabulary, Category.MOOD)
    if evidence.features is not None:
        _light(draft, evidence.features)
        _colours(draft, evidence.features)
    for opinion in zeroshot.opinions(evidence, vocabulary, Category.MOOD):
        zeroshot.agree(draft, opinion, zeroshot.source_of(evidence))
    return draft.suggestions


def _light(draft: Draft, features: Features) -> None:
    fault = max(is_overexposed(features), is_underexposed(features))
    fair = ramp(fault, 0.8, 0.3)
    median = f"median luminance {features.luma_median:.2f}"
    airy = ramp(features.luma_median, 0.52, 0.78) * ramp(features.p10, 0.12, 0.35)
    draft.add("bright_airy", _SUREST * airy * fair, f"{median}, few dark parts", "pixels")
    moody = ramp(features.luma_median, 0.3, 0.12) * ramp(features.shadows + features.black, 0.15, 0.5)
    draft.add(
        "dark_moody", _SUREST * moody * fair, f"{median}, {percent(features.shadows)} nearly black", "pixels"
    )
    drama = (
        ramp(features.contrast, 0.7, 0.92) * ramp(features.shadows, 0.08, 0.3) * ramp(features.p98, 0.7, 0.9)
    )
    draft.add(
        "dramatic",
        _SUREST * drama * fair,
        f"tones from {features.p2:.2f} to {features.p98:.2f}, {percent(features.shadows)} nearly black",
        "pixels",
    )


def _colours(draft: Draft, features: Features) -> None:
    colour = f"colourfulness {features.colorfulness:.2f}"
    draft.add("vibrant", _SUREST * ramp(features.colorfulness, 0.22, 0.42), colour, "pixels")
    quiet = ramp(features.edge_density, 0.008, 0.003) * ramp(features.contrast, 0.95, 0.6)
    draft.add(
        "calm",
        _SUREST * quiet * ramp(features.colorfulness, 0.35, 0.2),
        f"few edges ({features.edge_density * 1000:.1f} in 1000 pixels), {colour}",
        "pixels",
    )
    if is_black_and_white(features) >= 0.5:
        return
    pale = ramp(features.saturation, 0.35, 0.15) * ramp(features.luma_median, 0.45, 0.65)
    draft.add(
        "gentle",
        _SUREST * pale * ramp(features.contrast, 0.85, 0.6),
        f"pale: {percent(features.saturation)} saturation, median luminance {features.luma_median:.2f}",
        "pixels",
    )
    warm = ramp(features.warmth, 0.12, 0.28) * ramp(features.luma_median, 0.55, 0.35)
    draft.add(
        "cozy",
        _SUREST * warm * ramp(features.luma_median, 0.06, 0.14),
        f"red over blue by {percent(features.warmth)}, median luminance {features.luma_median:.2f}",
        "pixels",
    )
