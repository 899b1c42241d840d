"""Colours of the picture: which prevail, how strong, how warm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging.evidence import Draft, Evidence, percent, ramp
from nivo_tui.tagging.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nivo_tui.imaging.features import Features

HUES = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
"""The families `Features.hues` counts, in its order."""

_MOST_DOMINANT = 2


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """A picture without colour gets no other colour tag than that."""
    features = evidence.features
    if features is None:
        return ()
    draft = Draft(vocabulary, Category.COLOR)
    grey = is_black_and_white(features)
    draft.add(
        "black_and_white",
        grey,
        f"the strongest colours differ by {percent(features.chroma)} from grey",
        "pixels",
    )
    toned = 0.0 if grey >= 0.5 else is_sepia(features)
    draft.add("sepia", toned, f"one brown tone throughout ({features.tint:.0f}°)", "pixels")
    if grey < 0.5 and toned < 0.5:
        _strength(draft, features)
        _temperature(draft, features)
        _dominant(draft, features)
    _extremes(draft, features)
    return draft.suggestions


def is_black_and_white(features: Features) -> float:
    """Confidence that there is no colour. JPEG leaves a few levels of chroma in grey pictures."""
    return ramp(features.chroma, 0.07, 0.02)


def is_sepia(features: Features) -> float:
    """Confidence that the picture is toned brown: each lightness has one colour, and that is brown."""
    brown = ramp(abs(features.tint - 34.0), 18.0, 10.0)
    weak = ramp(features.chroma, 0.04, 0.08) * ramp(features.chroma, 0.5, 0.36)
    return brown * weak * ramp(features.tone_scatter, 0.03, 0.014) * ramp(features.contrast, 0.15, 0.35)


def _strength(draft: Draft, features: Features) -> None:
    why = f"colourfulness {features.colorfulness:.2f}, mean saturation {percent(features.saturation)}"
    draft.add("colorful", ramp(features.colorfulness, 0.16, 0.36), why, "pixels")
    draft.add(
        "muted", ramp(features.colorfulness, 0.14, 0.05) * ramp(features.saturation, 0.4, 0.2), why, "pixels"
    )


def _temperature(draft: Draft, features: Features) -> None:
    warm = sum(features.hues[i] for i in (0, 1, 2))
    cool = sum(features.hues[i] for i in (4, 5))
    draft.add(
        "warm_tones",
        ramp(features.warmth, 0.04, 0.2) * ramp(warm, 0.15, 0.4),
        f"{percent(warm)} red to yellow, red over blue by {percent(features.warmth)}",
        "pixels",
    )
    draft.add(
        "cool_tones",
        ramp(-features.warmth, 0.02, 0.15) * ramp(cool, 0.12, 0.35),
        f"{percent(cool)} cyan to blue, blue over red by {percent(-features.warmth)}",
        "pixels",
    )


def _dominant(draft: Draft, features: Features) -> None:
    ranked = sorted(zip(features.hues, HUES, strict=True), reverse=True)[:_MOST_DOMINANT]
    for share, hue in ranked:
        draft.add(
            f"dominant_{hue}", ramp(share, 0.12, 0.5), f"{percent(share)} of the picture is {hue}", "pixels"
        )


def _extremes(draft: Draft, features: Features) -> None:
    for name, share in (("black", features.black), ("white", features.white)):
        draft.add(
            f"dominant_{name}", ramp(share, 0.3, 0.75), f"{percent(share)} of the picture is {name}", "pixels"
        )
