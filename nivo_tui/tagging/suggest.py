"""All suggestions for one photo: each category has a module that turns evidence into tags."""

from __future__ import annotations

from nivo_tui.model import Suggestion
from nivo_tui.tagging import (
    color,
    format,
    mood,
    objects,
    people,
    quality,
    scene,
    technical,
    temporal,
    zeroshot,
)
from nivo_tui.tagging.evidence import Evidence
from nivo_tui.tagging.vocabulary import Vocabulary

_CATEGORIES = (scene, objects, people, mood, zeroshot, temporal, technical, format, quality, color)
"""In the order they are shown: what is judged before what is computed."""


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """Every tag at or above its floor, category by category, surest first within each; a tag once."""
    return tuple(made for category in _CATEGORIES for made in category.suggest(evidence, vocabulary))
