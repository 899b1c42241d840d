"""The phrases that photos are compared with: those of `phrases.toml`, and a person's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import cast

from nivo_tui.inference.phrases.phrase import Phrase, Rule
from nivo_tui.model import Category
from nivo_tui.tagging.own_words import UserTag

OWN = "own"
"""The contest of a person's own tags: each against the background alone."""

_TEMPLATED = ("a photo", "photo ", "a picture", "picture ", "an image", "image ", "a screenshot")


@dataclass(frozen=True, slots=True)
class Group:
    """The phrases of one table of `phrases.toml`; `kin` are tags that do not count against each other."""

    rule: Rule
    template: str
    background: tuple[str, ...]
    tags: Mapping[str, tuple[str, ...]]
    kin: tuple[frozenset[str], ...] = ()


def phrases(own: Sequence[UserTag] = ()) -> tuple[Phrase, ...]:
    """All phrases: the package's, and those of a person's tags.

    A person's phrases for a tag of the package take the place of its own ones.
    """
    replaced = {tag.id: tag.phrases for tag in own if tag.phrases and tag.enabled}
    made: list[Phrase] = []
    for name, group in load().items():
        tags = {tag: replaced.pop(tag, texts) for tag, texts in group.tags.items()}
        made += _contest(name, group.rule, group.template, {"": group.background, **tags})
    if replaced:
        objects = load()[Category.OBJECTS.value]
        made += _contest(OWN, "each", objects.template, {"": objects.background, **replaced})
    return tuple(made)


@lru_cache(maxsize=1)
def load() -> Mapping[str, Group]:
    """The tables of the package, by the category they speak of."""
    text = files("nivo_tui.tagging").joinpath("phrases.toml").read_text(encoding="utf-8")
    return {
        name: Group(
            cast(Rule, table["rule"]),
            table["template"],
            tuple(table["background"]),
            {tag: tuple(texts) for tag, texts in table["tags"].items()},
            tuple(frozenset(row) for row in table.get("kin", ())),
        )
        for name, table in tomllib.loads(text).items()
    }


def _contest(name: str, rule: Rule, template: str, texts: Mapping[str, Sequence[str]]) -> list[Phrase]:
    return [
        Phrase(name, rule, tag, text, _prompt(template, text)) for tag, of in texts.items() for text in of
    ]


def _prompt(template: str, text: str) -> str:
    """The text in the template; one that says itself that it is a picture stays as it is."""
    return text if text.lower().startswith(_TEMPLATED) else template.replace("{}", text)
