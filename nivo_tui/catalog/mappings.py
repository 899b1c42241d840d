"""The words of the library that mean a tag which is called otherwise: what is proposed, and the answers.

*map*: the tag is written as that word, at the word's path: the library's keyword and the tag are one. Of
several words that are mapped to one tag the most frequent gives the spelling; the others still mean it.
*keep*: word and tag are kept apart: the tag keeps its own label, and is suggested where a file has the word.
*never*: the tag is never suggested again, as by the review's key.
Where nothing was answered, a word counts as mapped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from nivo_tui.catalog.decisions import NEVER
from nivo_tui.catalog.records import fold
from nivo_tui.catalog.words import KEEP, MAP, add_rules, read_words, word_rules

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library


class Answer(StrEnum):
    """What becomes of a word and its tag."""

    MAP = MAP
    KEEP = KEEP
    NEVER = NEVER


@dataclass(frozen=True, slots=True)
class Proposal:
    """A word of the library and the tag it means: `beach (214) -> Beach [Places|Coast]`.

    `keyword` stands at `path` in `photos` photos; `path` is the keyword alone where it is in no hierarchy.
    Without it the tag would be called `label` and stand at `tag_path`.
    """

    keyword: str
    path: tuple[str, ...]
    photos: int
    tag: str
    label: str
    tag_path: tuple[str, ...]


def proposals(library: Library) -> tuple[Proposal, ...]:
    """The words of files whose spelling or path is not the tag's and that have no answer that stands; the
    most frequent first."""
    rules = word_rules(library.connection, "d")
    answered = {(rule.tag, fold(rule.text)) for rule in rules if rule.text}
    never = {rule.tag for rule in rules if rule.kind == NEVER}
    return tuple(
        Proposal(word.keyword, word.path, word.photos, word.tag, word.label or word.tag, word.tag_path)
        for word in read_words(library.connection)
        if word.tag is not None
        and word.photos
        and word.tag not in never
        and (word.tag, fold(word.keyword)) not in answered
        and (word.keyword != word.label or (len(word.path) > 1 and word.path != word.tag_path))
    )


def answer(library: Library, answers: Mapping[str, Answer], by: str = "key") -> int:
    """Commit answers by the keyword of their proposal, as one act; returns its number.

    The act is in the history and is taken back as any other. Suggestions follow when they are made anew (the
    job `renew`, or the next scan). A keyword that a scan has found gone meanwhile is left out; 0 is returned
    where none is left. Raises StoreError where the database does not take it.
    """
    meant = {word.keyword: word.tag for word in read_words(library.connection) if word.tag is not None}
    rules = [(str(kind), meant[keyword], keyword) for keyword, kind in answers.items() if keyword in meant]
    return add_rules(library.decisions, _title(rules), rules, by) if rules else 0


def _title(rules: list[tuple[str, str, str]]) -> str:
    """What the history says of the act: the word itself where there is one alone."""
    if len(rules) == 1:
        kind, tag, text = rules[0]
        return {
            MAP: f"write {tag} as '{text}'",
            KEEP: f"keep '{text}' apart from {tag}",
            NEVER: f"never suggest {tag}",
        }[kind]
    counted = [(kind, sum(1 for k, _, _ in rules if k == kind)) for kind in (MAP, KEEP, NEVER)]
    done = ", ".join(f"{n} {verb}" for (_, n), verb in zip(counted, _VERBS, strict=True) if n)
    return f"words of the library: {done}"


_VERBS = ("mapped", "kept apart", "never suggested")
