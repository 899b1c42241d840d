"""Colours of the picture: which prevail, how strong, how warm."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging.evidence import Draft, Evidence, percent, ramp
from nivo_tui.tagging.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nivo_tui.imaging.features import Features

HUES = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
"""The families `Features.hues` counts, in its order."""

_MOST_DOMINANT = 3
_COLOUR, _EXTREME, _GREY = (0.12, 0.5), (0.3, 0.75), (0.4, 0.85)
"""Shares of the picture from which a colour begins to prevail, and from which it plainly does. Black, white
and above all grey, which are in nearly every picture, have to cover more."""


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
        lambda: f"the strongest colours differ by {percent(features.chroma)} from grey",
        "pixels",
    )
    toned = 0.0 if grey >= 0.5 else is_sepia(features)
    draft.add("sepia", toned, lambda: f"one brown tone throughout ({features.tint:.0f}°)", "pixels")
    if grey < 0.5 and toned < 0.5:
        _strength(draft, features)
        _temperature(draft, features)
    _dominant(draft, features, coloured=grey < 0.5 and toned < 0.5)
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
    def why() -> str:
        return f"colourfulness {features.colorfulness:.2f}, mean saturation {percent(features.saturation)}"

    draft.add("vibrant", ramp(features.colorfulness, 0.16, 0.36), why, "pixels")
    draft.add(
        "muted", ramp(features.colorfulness, 0.14, 0.05) * ramp(features.saturation, 0.4, 0.2), why, "pixels"
    )


def _temperature(draft: Draft, features: Features) -> None:
    shares = dict(zip(HUES, features.hues, strict=True))
    # Half of the beige: skin alone makes no picture warm.
    warm = shares["red"] + shares["orange"] + shares["yellow"] + features.brown + features.beige / 2
    cool = shares["cyan"] + shares["blue"]
    draft.add(
        "warm",
        ramp(features.warmth, 0.06, 0.22) * ramp(warm, 0.15, 0.45),
        lambda: f"{percent(warm)} red, brown, beige or yellow, red over blue by {percent(features.warmth)}",
        "pixels",
    )
    draft.add(
        "cool",
        ramp(-features.warmth, 0.02, 0.15) * ramp(cool, 0.12, 0.35),
        lambda: f"{percent(cool)} cyan to blue, blue over red by {percent(-features.warmth)}",
        "pixels",
    )


def _dominant(draft: Draft, features: Features, *, coloured: bool) -> None:
    """The few colours that cover most. Beige has no tag: skin, sand and wood are of it."""
    sure = {
        "black": (features.black, ramp(features.black, *_EXTREME)),
        "white": (features.white, ramp(features.white, *_EXTREME)),
    }
    if coloured:
        sure["grey"] = (features.grey, ramp(features.grey, *_GREY))
        for name, share in (*zip(HUES, features.hues, strict=True), ("brown", features.brown)):
            sure[name] = (share, ramp(share, *_COLOUR))
    ranked = sorted(sure.items(), key=lambda item: item[1][1], reverse=True)
    for name, (share, confidence) in ranked[:_MOST_DOMINANT]:
        draft.add(f"dominant_{name}", confidence, partial(_covered, share, name), "pixels")


def _covered(share: float, name: str) -> str:
    return f"{percent(share)} of the picture is {name}"
