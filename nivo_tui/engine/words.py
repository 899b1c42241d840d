"""The words of the library, counted when a scan ends, with the tag that each one means."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache

from nivo_tui.catalog.suggestion_rows import distinct_tags
from nivo_tui.catalog.words import (
    LibraryWord,
    count_words,
    photos_with,
    read_words,
    save_words,
)
from nivo_tui.engine.own_vocabulary import base_vocabulary, load_vocabulary
from nivo_tui.model import Category
from nivo_tui.settings import Paths, Settings
from nivo_tui.tagging.vocabulary import Tag, Vocabulary, folded

_LANGUAGES = ("en", "de")


def settle_words(
    paths: Paths,
    settings: Settings,
    catalog: sqlite3.Connection,
    decisions: sqlite3.Connection,
    *,
    changed: bool,
) -> frozenset[str] | None:
    """Bring the catalog's words up to date; returns those that are spelt or placed otherwise than before, are
    new or gone, in the form of `folded`. None where everything is as it was, to the count of photos.

    They are counted only where photos changed since (`changed`), or never were; what each means is looked up
    every time, for the settings may say something new. 100,000 photos take about a second.
    """
    before = read_words(catalog)
    counted = [word for word in before if word.photos] if before and not changed else count_words(catalog)
    base = base_vocabulary(paths, settings)
    now = load_vocabulary(paths, settings, catalog, decisions)
    words = [_meant(word, base, now) for word in counted]
    known = {folded(word.keyword) for word in words}
    words += [word for word in _of_settings(base) if folded(word.keyword) not in known]
    if sorted(words, key=repr) == sorted(before, key=repr):
        return None
    save_words(catalog, words)
    differing = {replace(w, photos=0) for w in words} ^ {replace(w, photos=0) for w in before}
    return frozenset(folded(word.keyword) for word in differing)


def photos_called(
    catalog: sqlite3.Connection, words: Collection[str], vocabulary: Vocabulary
) -> dict[int, frozenset[Category]]:
    """The photos with a tag made by a pattern, such as a place, that is called as one of these words, and its
    category: how it is written depends on the word, and no version tells of it."""
    found: defaultdict[int, set[Category]] = defaultdict(set)
    for tag_id, label, category, _ in distinct_tags(catalog):
        if tag_id not in vocabulary.tags and folded(label) in words:
            for photo in photos_with(catalog, tag_id):
                found[photo].add(category)
    return {photo: frozenset(categories) for photo, categories in found.items()}


def _meant(word: LibraryWord, base: Vocabulary, now: Vocabulary) -> LibraryWord:
    """The word with the tag it means. One that this program wrote, by the vocabulary as it is `now`, says
    nothing new of its tag."""
    tag_id = base.match(word.keyword)
    tag = base.get(tag_id) if tag_id is not None else None
    if tag is None:
        # By an answer or a list that was brought along: that says how the tag is written, not the files.
        mapped = now.match(word.keyword)
        return replace(word, tag=mapped, label=mapped and word.keyword, tag_path=word.path if mapped else ())
    # The settings have the last word on a tag that they name.
    if tag.owned or _is_ours(word, tag) or _is_ours(word, now.get(tag.id)):
        return replace(word, tag=tag.id, label=word.keyword, tag_path=word.path)
    return replace(word, tag=tag.id, label=tag.label, tag_path=tag.path)


def _is_ours(word: LibraryWord, tag: Tag | None) -> bool:
    """Whether the word stands where the tag is written when its owner has no word for it."""
    if len(word.path) < 2 or tag is None or tag.owned:
        return False
    same_place = word.path[:-1] == tag.path[:-1] and word.keyword in (tag.id, tag.label)
    return same_place or word.path in _our_places()


@lru_cache(maxsize=1)
def _our_places() -> frozenset[tuple[str, ...]]:
    """The places in the package's hierarchies, in every language: those of its tags and of its headings."""
    paths = (tag.path for language in _LANGUAGES for tag in Vocabulary.load(language))
    return frozenset(path[:length] for path in paths for length in range(2, len(path) + 1))


def _of_settings(base: Vocabulary) -> list[LibraryWord]:
    """The words that a person gave tags in the settings: they complete what is typed."""
    return [
        LibraryWord(tag.label, tag.path, 0, tag.id, tag.label, tag.path)
        for tag in base
        if (tag.own or tag.owned) and not tag.off
    ]
