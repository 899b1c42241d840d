"""The phrases that photos are compared with: those of `phrases.toml`, and a person's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from nivo_tui.errors import SettingsError
from nivo_tui.inference.phrases.phrase import Phrase, Rule
from nivo_tui.model import Category
from nivo_tui.tagging.vocabulary import TAG_ID, Vocabulary

COMPARED = (Category.SCENE, Category.MOOD, Category.OBJECTS)
"""The categories that phrases of the package speak of."""

OWN = "own"
"""The contest of a person's own tags: each against the background alone."""

_LONGEST, _MOST = 300, 10
_KEYS = ("label", "category", "phrases")
_TEMPLATED = ("a photo", "photo ", "a picture", "picture ", "an image", "image ", "a screenshot")


@dataclass(frozen=True, slots=True)
class UserTag:
    """A tag that a person described: suggested where a photo looks like one of its phrases."""

    id: str
    label: str
    category: Category
    phrases: tuple[str, ...]


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
    replaced = {tag.id: tag.phrases for tag in own}
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


def parse_user_tags(table: Mapping[str, Any], file: str | None = None) -> tuple[UserTag, ...]:
    """A person's tags from the table [tags] of the settings in `file`.

    Each is `id = "phrase"`, or `id = { label = "...", category = "...", phrases = ["...", ...] }`. Without
    more said the label is the id with spaces, the category objects. Raises SettingsError naming the key.
    """
    vocabulary = Vocabulary.load()
    try:
        return tuple(_user_tag(name, entry, vocabulary) for name, entry in table.items())
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}" if file else str(error)) from error


def _user_tag(name: str, entry: Any, vocabulary: Vocabulary) -> UserTag:
    where = f"[tags] {name}"
    if not TAG_ID.fullmatch(name):
        raise SettingsError(f"{where}: a tag's id is made of a-z, 0-9 and _, such as old_town")
    if isinstance(entry, str | list):
        entry = {"phrases": entry}
    if not isinstance(entry, dict):
        raise SettingsError(f'{where} must be a phrase in quotes, or {{ phrases = ["..."] }}')
    for key in entry:
        if key not in _KEYS:
            raise SettingsError(f"{where}: unknown key {key!r}; known: {', '.join(_KEYS)}")
    known = vocabulary.get(name)
    stated = entry.get("category", known.category.value if known is not None else Category.OBJECTS.value)
    category = next((category for category in Category if category.value == stated), None)
    if category is None:
        raise SettingsError(f"{where}: unknown category {stated!r}; known: {', '.join(Category)}")
    if known is not None and known.category is not category:
        raise SettingsError(f"{where}: the tag exists in the category {known.category}; choose another id")
    if known is not None and (category not in COMPARED or known.fact):
        raise SettingsError(f"{where}: the tag exists and is found in another way; choose another id")
    default = known.label if known is not None else name.replace("_", " ")
    label = _checked(f"{where}: label", entry.get("label", default))
    if any(sign in label for sign in "|/\\,;"):
        raise SettingsError(f"{where}: label must not hold any of | / \\ , ; which part keywords")
    return UserTag(name, label, category, _phrases_of(where, entry.get("phrases")))


def _phrases_of(where: str, stated: Any) -> tuple[str, ...]:
    listed = [stated] if isinstance(stated, str) else stated
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MOST:
        raise SettingsError(f"{where}: phrases must be 1 to {_MOST} texts of what is to be seen")
    return tuple(dict.fromkeys(_checked(f"{where}: a phrase", text) for text in listed))


def _checked(where: str, text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise SettingsError(f"{where} must be a text in quotes that is not empty")
    tidy = " ".join(text.split())
    if not tidy.isprintable() or len(tidy) > _LONGEST:
        raise SettingsError(f"{where} must be at most {_LONGEST} characters, all printable")
    return tidy


def _contest(name: str, rule: Rule, template: str, texts: Mapping[str, Sequence[str]]) -> list[Phrase]:
    return [
        Phrase(name, rule, tag, text, _prompt(template, text)) for tag, of in texts.items() for text in of
    ]


def _prompt(template: str, text: str) -> str:
    """The text in the template; one that says itself that it is a picture stays as it is."""
    return text if text.lower().startswith(_TEMPLATED) else template.replace("{}", text)
