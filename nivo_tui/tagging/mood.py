"""Moods: a few from light and colour, others from the comparison with phrases; none of them sure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nivo_tui.imaging.cells import read_layout
from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging import screens, zeroshot
from nivo_tui.tagging.color import is_black_and_white
from nivo_tui.tagging.evidence import Draft, Evidence, Why, percent, ramp
from nivo_tui.tagging.quality import is_overexposed, is_underexposed
from nivo_tui.tagging.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nivo_tui.imaging.features import Features

_SUREST, _SUREST_OF_FEELING = 0.8, 0.7
"""Pixels never prove a mood, and of the light (bright, dark, dramatic) they say more than of a feeling: the
confidence in the one goes no further than the first, in the other than the second, below any bar."""

_OF_LIGHT = frozenset({"bright_airy", "dark_moody", "dramatic"})

_PAGE = 0.5
"""As sure a picture has to look like a page of text to be given no mood."""

_MOST = 2
"""Moods of the pixels a photo is given at most: each is a judgement that somebody has to review."""


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """Moods of light and colour (bright, dark, calm, cozy, ...), and those phrases name.

    A page of text has none by its pixels.
    """
    draft = Draft(vocabulary, Category.MOOD)
    if evidence.features is not None:
        moods = sorted(_of_pixels(evidence.features), key=lambda mood: -mood[1])[:_MOST]
        if moods[0][1] > 0.5 and _is_page(evidence.features):
            moods = []
        for tag, confidence, why in moods:
            surest = _SUREST if tag in _OF_LIGHT else _SUREST_OF_FEELING
            draft.add(tag, surest * confidence, why, "pixels")
    for opinion in zeroshot.opinions(evidence, vocabulary, Category.MOOD):
        zeroshot.agree(draft, opinion, zeroshot.source_of(evidence))
    return draft.suggestions


def _is_page(features: Features) -> bool:
    layout = read_layout(features.layout)
    page = None if layout is None else screens.printed(layout)
    return page is not None and page.confidence >= _PAGE


def _of_pixels(features: Features) -> Iterator[tuple[str, float, Why]]:
    """Each mood, how clearly it holds (0-1), and why. A badly exposed picture has a fault, not a mood."""
    fault = max(is_overexposed(features), is_underexposed(features))
    fair = ramp(fault, 0.5, 0.2)
    blank = features.white + features.highlights
    airy = ramp(features.luma_median, 0.55, 0.75) * ramp(features.p10, 0.15, 0.35)
    airy *= ramp(features.saturation, 0.35, 0.2) * ramp(blank, 0.9, 0.5)
    yield (
        "bright_airy",
        airy * fair,
        lambda: f"{_median(features)}, the darkest tenth still at {features.p10:.2f}",
    )
    dim = ramp(features.luma_median, 0.25, 0.12) * ramp(features.luma_mean, 0.32, 0.2)
    dim *= ramp(features.p98, 0.25, 0.45) * ramp(features.p90, 0.55, 0.35)
    yield "dark_moody", dim * fair, lambda: f"{_median(features)}, {percent(features.shadows)} nearly black"
    drama = ramp(features.contrast, 0.75, 0.92) * ramp(features.shadows, 0.1, 0.3)
    drama *= ramp(features.p90, 0.45, 0.65)
    yield "dramatic", drama * fair, lambda: f"{_tones(features)}, {percent(features.shadows)} nearly black"
    quiet = ramp(features.edge_density, 0.006, 0.002) * ramp(features.contrast, 0.9, 0.6)
    quiet *= ramp(features.colorfulness, 0.3, 0.18) * ramp(features.luma_median, 0.1, 0.25)
    yield "calm", quiet * fair, lambda: f"{_few_edges(features)}, {_colour(features)}, {_tones(features)}"
    if is_black_and_white(features) >= 0.5:
        return
    pale = ramp(features.saturation, 0.3, 0.12) * ramp(features.luma_median, 0.45, 0.62)
    pale *= ramp(features.contrast, 0.8, 0.55) * ramp(features.contrast, 0.2, 0.35)
    yield (
        "gentle",
        pale * fair,
        lambda: f"{percent(features.saturation)} saturation, {_median(features)}, {_tones(features)}",
    )
    # Green is red over blue, too: leaves do not glow.
    warm = sum(features.hues[:3]) + features.brown + features.beige
    glow = ramp(features.warmth, 0.15, 0.28) * ramp(features.luma_median, 0.5, 0.35) * ramp(warm, 0.25, 0.5)
    glow *= ramp(features.luma_median, 0.08, 0.16)
    yield (
        "cozy",
        glow * fair,
        lambda: f"red over blue by {percent(features.warmth)}, {_median(features)}",
    )


def _median(features: Features) -> str:
    return f"median luminance {features.luma_median:.2f}"


def _colour(features: Features) -> str:
    return f"colourfulness {features.colorfulness:.2f}"


def _tones(features: Features) -> str:
    return f"tones from {features.p2:.2f} to {features.p98:.2f}"


def _few_edges(features: Features) -> str:
    return f"few edges ({features.edge_density * 1000:.1f} in 1000 pixels)"
