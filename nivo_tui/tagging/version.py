"""The versions of the rules that turn evidence into tags, one for each category."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from nivo_tui.model import Category
from nivo_tui.tagging.vocabulary import Vocabulary

_COMMON = ("tagging/evidence.py", "tagging/vocabulary.py", "tagging/own_words.py")
_CLASSES = ("tagging/classes.py", "tagging/classes.toml")
OWN_TAGS = ("tagging/zeroshot.py", "tagging/phrases.py", "tagging/phrases.toml", "tagging/candidate.py")
"""What a person's own tags of any category are made by."""

_PLACES = (
    *("tagging/scene.py", "tagging/scene_rules.py", "tagging/scene_rules.toml", "tagging/outlook.py"),
    *("tagging/screens.py", "tagging/shelter.py", "tagging/closeup.py", "tagging/people.py"),
    "imaging/cells.py",
)
_QUALITY = ("tagging/quality.py", "imaging/score.py")
_PAGES = ("tagging/screens.py", "imaging/cells.py")
_TIMES = ("engine/taken.py", "catalog/clocks.py", "tagging/dates.py")
"""What the time that is taken for true is made by."""

SOURCES: Mapping[Category, tuple[str, ...]] = {
    Category.SCENE: (*_COMMON, *OWN_TAGS, *_PLACES, "tagging/things.py", *_CLASSES),
    Category.OBJECTS: (*_COMMON, *OWN_TAGS, "tagging/objects.py", "tagging/things.py", *_CLASSES),
    Category.PEOPLE: (*_COMMON, *OWN_TAGS, "tagging/people.py"),
    Category.LOCATION: (
        *(*_COMMON, "tagging/location.py", "places/gazetteer.py", "places/borders.py", "places/table.py"),
        "places/places.bin",
    ),
    Category.MOOD: (*_COMMON, *OWN_TAGS, "tagging/mood.py", "tagging/color.py", *_QUALITY, *_PAGES),
    Category.TEMPORAL: (
        *(*_COMMON, "tagging/temporal.py", "tagging/clock.py", "tagging/sun.py", "tagging/dates.py"),
        *("engine/taken.py", "catalog/clocks.py"),
    ),
    Category.TECHNICAL: (*_COMMON, "tagging/technical.py"),
    Category.FORMAT: (*_COMMON, "tagging/format.py"),
    Category.QUALITY: (*_COMMON, *_QUALITY),
    Category.COLOR: (*_COMMON, "tagging/color.py"),
}
"""The files that a category's tags are made by: a number kept by hand would be forgotten."""

Parts = Mapping[Category, tuple[object, ...]]


def rules_versions(vocabulary: Vocabulary, parts: Parts | None = None) -> dict[Category, str]:
    """For each category 12 hex digits that change whenever its suggestions may.

    They cover the files of its rules, its section of the vocabulary, and `parts`: what else its suggestions
    depend on, such as the corrections of clocks, as values whose repr says all.
    """
    given = parts or {}
    return {category: _version(category, vocabulary, given.get(category, ())) for category in SOURCES}


def _version(category: Category, vocabulary: Vocabulary, parts: tuple[object, ...]) -> str:
    names = set(SOURCES[category])
    if any(tag.own and tag.category is category for tag in vocabulary):
        names.update(OWN_TAGS)
    contents = [(name, _digest(name)) for name in sorted(names)]
    told = repr((contents, vocabulary.version(category), parts))
    return hashlib.sha256(told.encode()).hexdigest()[:12]


@lru_cache(maxsize=64)
def _digest(name: str) -> str:
    return hashlib.sha256(files("nivo_tui").joinpath(*name.split("/")).read_bytes()).hexdigest()
