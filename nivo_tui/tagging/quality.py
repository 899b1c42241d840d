"""Quality by pixels: sharpness, exposure, contrast, noise, compression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging.evidence import Draft, Evidence, percent, ramp
from nivo_tui.tagging.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nivo_tui.imaging.features import Features

# Edge blur in pixels of a picture 512 long: the borders of sharp, soft, blurry and very blurry.
_SOFT, _BLURRY, _VERY_BLURRY = 1.15, 1.35, 2.5
_MOTION_SUREST = 0.9
_TOO_SMALL = 120


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """No quality tag from preliminary features: a thumbnail says nothing of the picture's sharpness."""
    features = evidence.features
    if features is None or evidence.preliminary or features.measured_side < _TOO_SMALL:
        return ()
    draft = Draft(vocabulary, Category.QUALITY)
    _sharpness(draft, features)
    _exposure(draft, features)
    _contrast(draft, features)
    _defects(draft, features)
    return draft.suggestions


def is_underexposed(features: Features) -> float:
    """Confidence that nearly nothing of the picture is lit."""
    return ramp(features.p98, 0.5, 0.17) * ramp(features.luma_median, 0.35, 0.2)


def is_overexposed(features: Features) -> float:
    """Confidence that light was lost at the bright end.

    A white wall or a cut-out background is blown, too, but ends abruptly: what is overexposed has nearly
    blown surroundings, or colours of which one channel is clipped and another is not.
    """
    softness = max(1.5 * features.halo, min(1.0, features.partly_clipped / 0.03))
    return ramp(features.highlights * softness, 0.02, 0.2)


def _sharpness(draft: Draft, features: Features) -> None:
    if features.blur is None or features.smear is None:
        return
    blur, moved = features.blur, features.motion
    why = f"edges {max(blur, 0.3):.1f} px wide at {features.measured_side} px"
    if moved >= 0.5:
        why = f"smeared by {features.smear:.1f} px one way, {features.smear_least:.1f} px the other"
        draft.add("motion_blur", moved * _MOTION_SUREST, why, "pixels")
    if blur >= _VERY_BLURRY:
        draft.add("very_blurry", 0.55 + 0.45 * ramp(blur, _VERY_BLURRY, 3.2), why, "pixels")
    elif blur >= _BLURRY or moved >= 0.5:
        draft.add("blurry", max(0.55 + 0.45 * ramp(blur, _BLURRY, 1.8), moved), why, "pixels")
    elif blur >= _SOFT:
        draft.add("soft_focus", 0.6, why, "pixels")
    else:
        draft.add("sharp", 0.5 + 0.5 * ramp(blur, _SOFT, 0.8) * (1.0 - moved), why, "pixels")


def _exposure(draft: Draft, features: Features) -> None:
    draft.add(
        "underexposed",
        is_underexposed(features),
        f"median luminance {features.luma_median:.2f}, {percent(features.shadows)} nearly black, "
        f"the brightest at {features.p98:.2f}",
        "pixels",
    )
    draft.add(
        "overexposed",
        is_overexposed(features),
        f"{percent(features.highlights)} blown, median luminance {features.luma_median:.2f}",
        "pixels",
    )


def _contrast(draft: Draft, features: Features) -> None:
    """Spread of tones, and its ratio to their mean: a dark copy of a contrasty picture is not flat."""
    low, high = features.p2, features.p98
    ratio = (high - low) / max(high + low, 0.01)
    why = f"tones from {low:.2f} to {high:.2f}"
    draft.add("low_contrast", ramp(features.contrast, 0.5, 0.28) * ramp(ratio, 0.75, 0.5), why, "pixels")
    extremes = ramp(features.shadows, 0.05, 0.25) * ramp(features.p90, 0.6, 0.85)
    draft.add("high_contrast", ramp(features.contrast, 0.8, 0.97) * extremes, why, "pixels")


def _defects(draft: Draft, features: Features) -> None:
    draft.add(
        "noisy", ramp(features.noise, 0.01, 0.04), f"noise {features.noise * 255:.1f} of 255 levels", "pixels"
    )
    draft.add(
        "jpeg_artifacts",
        ramp(features.blockiness, 0.2, 0.6),
        f"the 8-pixel grid stands out by {percent(features.blockiness)}",
        "pixels",
    )
