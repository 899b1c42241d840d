"""Facts of the file itself: container, size band, orientation of the frame."""

from __future__ import annotations

from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging.evidence import Draft, Evidence
from nivo_tui.tagging.vocabulary import Vocabulary

_SIZE_BANDS = ((7680, "8k_plus"), (3840, "4k_plus"), (1920, "full_hd"), (1280, "hd"), (0, "small_size"))
_SQUARE_WITHIN = 0.02
_PANORAMA_FROM = 2.2


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """Container, RAW, Live Photo; and by the oriented size its band and shape."""
    draft = Draft(vocabulary, Category.FORMAT)
    name = vocabulary.label(evidence.format.value)
    draft.add(evidence.format.value, 1.0, f"the file is {name}", "file")
    if evidence.format.is_raw:
        draft.add("raw", 1.0, f"{name} holds sensor data", "file")
    if evidence.live_photo:
        draft.add("live_photo", 1.0, "a short video belongs to it", "file")
    if evidence.width and evidence.height:
        _shape(draft, evidence.width, evidence.height)
    return draft.suggestions


def _shape(draft: Draft, width: int, height: int) -> None:
    size = f"{width} x {height} pixels"
    longest, shortest = max(width, height), min(width, height)
    band = next(tag for least, tag in _SIZE_BANDS if longest >= least)
    draft.add(band, 1.0, size, "file")
    ratio = longest / shortest
    if ratio <= 1 + _SQUARE_WITHIN:
        draft.add("square", 1.0, size, "file")
    else:
        draft.add("horizontal" if width > height else "vertical", 1.0, size, "file")
    if ratio >= _PANORAMA_FROM:
        draft.add(
            "panorama",
            min(1.0, 0.5 + (ratio - 2.0) / 2),
            f"{ratio:.1f} times as long as high" if width > height else f"{ratio:.1f} times as high as wide",
            "file",
        )
