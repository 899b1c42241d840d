"""All suggestions for one photo: each category has a module that turns evidence into tags."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging import (
    color,
    format,
    location,
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

ALL = frozenset(Category)

_MODULES: Mapping[Category, Callable[[Evidence, Vocabulary], tuple[Suggestion, ...]]] = {
    Category.SCENE: scene.suggest,
    Category.OBJECTS: objects.suggest,
    Category.PEOPLE: people.suggest,
    Category.LOCATION: location.suggest,
    Category.MOOD: mood.suggest,
    Category.TEMPORAL: temporal.suggest,
    Category.TECHNICAL: technical.suggest,
    Category.FORMAT: format.suggest,
    Category.QUALITY: quality.suggest,
    Category.COLOR: color.suggest,
}
_PHRASES = frozenset({"phrases", "phrase_model"})
_SIZE = frozenset({"width", "height"})
_MODELS = frozenset({"classes", "classifier", "objects", "object_detector"})
_FEATURES = frozenset({"features", "preliminary"})
READS: Mapping[Category, frozenset[str]] = {
    Category.SCENE: frozenset({"format", "metadata", "faces"}) | _SIZE | _MODELS | _FEATURES | _PHRASES,
    Category.OBJECTS: frozenset({"faces"}) | _SIZE | _MODELS | _PHRASES,
    Category.PEOPLE: frozenset({"faces", "detector", "objects", "metadata"}) | _SIZE | _PHRASES,
    Category.LOCATION: frozenset({"metadata", "private"}),
    Category.MOOD: _FEATURES | _PHRASES,
    Category.TEMPORAL: frozenset({"metadata", "capture", "taken_why", "latest"}) | _FEATURES,
    Category.TECHNICAL: frozenset({"metadata"}),
    Category.FORMAT: frozenset({"format", "width", "height", "live_photo"}),
    Category.QUALITY: frozenset({"faces", "face_quality", "width", "height"}) | _FEATURES,
    Category.COLOR: _FEATURES,
}
"""The fields of the evidence that each category's tags depend on: what has to be read to make them anew.

"face_quality" is that of the faces, which the others do without; nobody reads their landmarks or embeddings.
"""


def suggest(
    evidence: Evidence, vocabulary: Vocabulary, categories: Collection[Category] = ALL
) -> tuple[Suggestion, ...]:
    """Every tag of the categories at or above its floor, category by category, surest first within each.

    A person's own tags follow those of their category.
    """
    own = zeroshot.suggest(evidence, vocabulary) if evidence.phrases else ()
    made: list[Suggestion] = []
    for category, of_category in _MODULES.items():
        if category in categories:
            made += of_category(evidence, vocabulary)
            made += (suggestion for suggestion in own if suggestion.category is category)
    return tuple(made)
