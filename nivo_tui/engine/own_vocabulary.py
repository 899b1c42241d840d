"""The vocabulary of a home: the package's and the settings', with the words of its owner."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from nivo_tui.catalog.decisions import open_decisions
from nivo_tui.catalog.photos import open_catalog
from nivo_tui.catalog.words import (
    KEEP,
    MAP,
    BroughtWord,
    LibraryWord,
    WordRule,
    brought_words,
    read_words,
    word_rules,
)
from nivo_tui.settings import Paths, Settings
from nivo_tui.tagging.own_words import OwnWord, parse_user_tags, with_tags, with_words
from nivo_tui.tagging.vocabulary import Tag, Vocabulary, folded

__all__ = ["Tag", "Vocabulary", "base_vocabulary", "home_vocabulary", "load_vocabulary"]


def base_vocabulary(paths: Paths, settings: Settings) -> Vocabulary:
    """The package's vocabulary and what the settings say of it. Raises SettingsError naming a wrong key."""
    own = parse_user_tags(settings.tags, str(paths.config))
    return with_tags(Vocabulary.load(settings.screen.language), own)


def load_vocabulary(
    paths: Paths, settings: Settings, catalog: sqlite3.Connection, decisions: sqlite3.Connection
) -> Vocabulary:
    """The vocabulary in effect: every tag as it is written in this library.

    What is said of a tag goes in this order: the settings; the newest answer that maps it; the newest list of
    keywords that was brought along; the most frequent word of the files. Raises SettingsError.
    """
    base = base_vocabulary(paths, settings)
    library = read_words(catalog)
    brought = brought_words(decisions)
    rules = word_rules(decisions)
    mapped = _mapped(rules, library, brought)
    answered = {folded(word.keyword) for word in mapped}
    own = [OwnWord(word.path[-1], word.path, word.synonyms) for word in brought]
    # A word that has nothing of its own was written by this program, or might have been.
    counted = [
        OwnWord(word.keyword, word.path, counted=True)
        for word in library
        if folded(word.keyword) not in answered and (word.label, word.tag_path) != (word.keyword, word.path)
    ]
    apart = frozenset((rule.tag, folded(rule.text)) for rule in _newest(rules) if rule.kind == KEEP)
    return with_words(base, (*mapped, *own, *counted), apart)


def home_vocabulary(paths: Paths, settings: Settings) -> Vocabulary:
    """The vocabulary in effect, from the databases of a home. Raises SettingsError, StoreError."""
    with closing(open_catalog(paths)) as catalog, closing(open_decisions(paths)) as decisions:
        return load_vocabulary(paths, settings, catalog, decisions)


def _newest(rules: tuple[WordRule, ...]) -> list[WordRule]:
    """The newest answer about each tag and word; a `never` is of the tag alone."""
    return [rule for rule in rules if rule.text and rule.kind in (MAP, KEEP)]


def _mapped(
    rules: tuple[WordRule, ...], library: tuple[LibraryWord, ...], brought: tuple[BroughtWord, ...]
) -> list[OwnWord]:
    """The words that tags are mapped to, the newest act first, within it the most frequent word."""
    paths = {folded(word.keyword): (word.path, word.photos) for word in library}
    for word in brought:
        paths.setdefault(folded(word.path[-1]), (word.path, 0))
    made = []
    for rule in _newest(rules):
        if rule.kind != MAP:
            continue
        stated = tuple(part.strip() for part in rule.text.split("|") if part.strip())
        if not stated:
            continue
        known, photos = paths.get(folded(stated[-1]), ((stated[-1],), 0))
        path = stated if len(stated) > 1 else (*known[:-1], stated[-1])
        made.append((-rule.act, -photos, OwnWord(path[-1], path, tag=rule.tag)))
    made.sort(key=lambda entry: entry[:2])
    return [word for _, _, word in made]
