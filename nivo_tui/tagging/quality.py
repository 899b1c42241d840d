"""Quality by pixels: sharpness, exposure, contrast, noise, compression, and the score of them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nivo_tui.imaging.score import light_lost, score_of
from nivo_tui.model import Category, Face, Suggestion
from nivo_tui.tagging.evidence import Draft, Evidence, percent, ramp
from nivo_tui.tagging.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nivo_tui.imaging.features import Features

# Edge blur in pixels of a picture 512 long: the borders of sharp, soft, blurry and very blurry.
_SOFT, _BLURRY, _VERY_BLURRY = 1.05, 1.25, 2.5
_MOTION_SUREST = 0.9
_TOO_SMALL = 120

# A face is judged where it is so many pixels wide in the picture that faces are looked for in.
_FACE_SIDE, _SEEN_SIDE = 80.0, 1280
# `FaceQuality.sharpness`: below the first a face is soft, below the second blurry, and above the third in
# focus whatever lies behind it.
_FACE_SOFT, _FACE_BLURRY, _FACE_SHARP = 0.30, 0.03, 0.45
# Pixel noise beyond which a blurred face may pass for a sharp one, and the edge blur beyond which no part of
# the picture can be in focus, the face neither.
_NOISY, _NOTHING_SHARP = 0.008, 1.6


@dataclass(frozen=True, slots=True)
class Sharpness:
    """The verdict on a picture's sharpness: its tag, the confidence, and why. `tag` None: too few edges."""

    tag: str | None
    confidence: float
    why: str
    moved: float = 0.0


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """No quality tag from preliminary features: a thumbnail says nothing of the picture's sharpness."""
    features = evidence.features
    if features is None or evidence.preliminary or features.measured_side < _TOO_SMALL:
        return ()
    draft = Draft(vocabulary, Category.QUALITY)
    sharpness = judge_sharpness(features, main_face_sharpness(evidence))
    if sharpness.tag is not None:
        draft.add(sharpness.tag, sharpness.confidence, sharpness.why, "pixels")
    if sharpness.moved >= 0.5:
        draft.add("motion_blur", sharpness.moved * _MOTION_SUREST, _smeared(features), "pixels")
    _exposure(draft, features)
    _contrast(draft, features)
    _defects(draft, features)
    _score(draft, features, sharpness)
    return draft.suggestions


def is_underexposed(features: Features) -> float:
    """Confidence that nearly nothing of the picture is lit, or that even its brightest parts are dim.

    The latter is not said of a flat picture, of which the darkest parts are as bright.
    """
    nothing_lit = ramp(features.p98, 0.5, 0.17) * ramp(features.luma_median, 0.35, 0.2)
    dim = ramp(features.p98, 0.42, 0.33) * ramp(_tone_ratio(features), 0.15, 0.4)
    return max(nothing_lit, dim)


def is_overexposed(features: Features) -> float:
    """Confidence that light was lost at the bright end, or that nothing is left but white."""
    return max(ramp(light_lost(features), 0.02, 0.15), ramp(features.highlights, 0.985, 0.995))


def main_face_sharpness(evidence: Evidence) -> float | None:
    """Sharpness 0-1 of the sharpest of the largest faces, None where no face is large enough to tell."""
    faces = [face for face in evidence.faces or () if face.quality is not None]
    if not faces:
        return None
    seen = min(1.0, _SEEN_SIDE / max(evidence.width or 1, evidence.height or 1))
    largest = max(_side(face) for face in faces)
    if largest * seen < _FACE_SIDE:
        return None
    return max(face.quality.sharpness for face in faces if face.quality and _side(face) >= 0.6 * largest)


def _side(face: Face) -> float:
    return min(face.right - face.left, face.bottom - face.top)


def judge_sharpness(features: Features, face: float | None) -> Sharpness:
    """One verdict of four, subject first: a `face` (its sharpness 0-1) in focus makes the picture sharp
    whatever lies behind it, and one out of focus makes it soft."""
    if features.blur is None or features.smear is None:
        return Sharpness(None, 0.0, "")
    of_edges = _by_edges(features, features.blur)
    return of_edges if face is None else _by_face(features, face, of_edges)


def _by_edges(features: Features, blur: float) -> Sharpness:
    moved = features.motion
    why = _smeared(features) if moved >= 0.5 else _edges(features)
    if blur >= _VERY_BLURRY:
        return Sharpness("very_blurry", 0.55 + 0.45 * ramp(blur, _VERY_BLURRY, 3.2), why, moved)
    if blur >= _BLURRY or moved >= 0.5:
        confidence = max(0.55 + 0.45 * ramp(blur, _BLURRY, 1.8), moved)
        return Sharpness("blurry", confidence, why, moved)
    if blur >= _SOFT:
        return Sharpness("soft_focus", 0.6, why, moved)
    sharp = 0.6 + 0.4 * ramp(blur, _SOFT, 0.7)
    return Sharpness("sharp", sharp * (1.0 - 0.5 * moved), why, moved)


def _by_face(features: Features, face: float, of_edges: Sharpness) -> Sharpness:
    """What the face says, where it says anything else than the edges of the whole or is surer of it."""
    named = f"the face's sharpness is {face:.2f} of 1"
    clear = features.noise < _NOISY and (features.blur or 0.0) < _NOTHING_SHARP
    if face >= _FACE_SHARP and clear:
        sure = 0.6 + 0.4 * ramp(face, _FACE_SHARP, 0.6)
        if of_edges.tag == "sharp":
            return Sharpness("sharp", max(sure, of_edges.confidence), f"{named}, {_edges(features)}")
        return Sharpness("sharp", sure, f"{named}, behind it {_edges(features)}")
    if face < _FACE_SOFT and of_edges.tag in ("sharp", "soft_focus"):
        tag = "blurry" if face < _FACE_BLURRY else "soft_focus"
        confidence = 0.55 + 0.35 * ramp(face, _FACE_SOFT, _FACE_BLURRY)
        return Sharpness(tag, confidence, f"{named}, around it {_edges(features)}")
    return of_edges


def _edges(features: Features) -> str:
    return f"edges {max(features.blur or 0.0, 0.3):.1f} px wide at {features.measured_side} px"


def _smeared(features: Features) -> str:
    assert features.smear is not None and features.smear_least is not None
    return f"smeared by {features.smear:.1f} px one way, {features.smear_least:.1f} px the other"


def _exposure(draft: Draft, features: Features) -> None:
    draft.add(
        "underexposed",
        is_underexposed(features),
        lambda: (
            f"median luminance {features.luma_median:.2f}, {percent(features.shadows)} nearly black, "
            f"the brightest at {features.p98:.2f}"
        ),
        "pixels",
    )
    draft.add(
        "overexposed",
        is_overexposed(features),
        lambda: (
            f"{percent(features.highlights)} blown, "
            f"{percent(features.partly_clipped)} with a colour clipped, "
            f"median luminance {features.luma_median:.2f}"
        ),
        "pixels",
    )


def _tone_ratio(features: Features) -> float:
    """Spread of tones beside their sum: it stays where all of them are multiplied."""
    low, high = features.p2, features.p98
    return (high - low) / max(high + low, 0.01)


def _contrast(draft: Draft, features: Features) -> None:
    """Spread of tones, and its ratio to their mean: a dark copy of a contrasty picture is not flat."""

    def why() -> str:
        return f"tones from {features.p2:.2f} to {features.p98:.2f}"

    flat = ramp(features.contrast, 0.5, 0.28) * ramp(_tone_ratio(features), 0.75, 0.5)
    draft.add("low_contrast", flat, why, "pixels")
    extremes = ramp(features.shadows, 0.05, 0.25) * ramp(features.p90, 0.6, 0.85)
    draft.add("high_contrast", ramp(features.contrast, 0.8, 0.97) * extremes, why, "pixels")


def _defects(draft: Draft, features: Features) -> None:
    draft.add(
        "noisy",
        ramp(features.noise, 0.01, 0.04),
        lambda: f"noise {features.noise * 255:.1f} of 255 levels",
        "pixels",
    )
    draft.add(
        "jpeg_artifacts",
        ramp(features.blockiness, 0.2, 0.6),
        lambda: f"the 8-pixel grid stands out by {percent(features.blockiness)}",
        "pixels",
    )


def _score(draft: Draft, features: Features, sharpness: Sharpness) -> None:
    """Good and poor quality: their confidence is the score, their floors in the vocabulary are the bars.

    What is badly exposed, or not sharp where it counts, is never good.
    """
    score = score_of(features)
    flawed = max(draft.confidence("underexposed"), draft.confidence("overexposed")) > 0.0
    if sharpness.tag in ("sharp", None) and not flawed:
        draft.add("good_quality", score.score / 100.0, lambda: score.in_words, "pixels")
    draft.add("poor_quality", 1.0 - score.score / 100.0, lambda: score.in_words, "pixels")
