"""The vocabulary: every tag's label, category, kind and thresholds, read from `vocabulary.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Protocol

from nivo_tui.model import Category

TAG_ID = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
"""What every tag id looks like."""

DEFAULT_FLOOR, DEFAULT_BAR = 0.35, 0.7

OWN_FLOOR, OWN_BAR = 0.3, 0.65
"""Of a person's own tags, whatever their category."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag. It is shown at a confidence of `floor` or more and ticked beforehand at `bar` or more (0-1).

    `path` is its place in the hierarchy from the root to the label. `fact` says that it is computed and
    needs no review, `own` that a person described it in the settings.
    """

    id: str
    label: str
    category: Category
    fact: bool
    floor: float
    bar: float
    synonyms: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    own: bool = False


class Described(Protocol):
    """A tag that a person described in the settings."""

    @property
    def id(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def category(self) -> Category: ...


@dataclass(frozen=True, slots=True)
class Family:
    """Tags whose ids follow a pattern, such as one per year; `label` is a template for its groups."""

    pattern: re.Pattern[str]
    label: str
    category: Category
    fact: bool
    floor: float
    bar: float
    path: tuple[str, ...]

    def tag(self, tag_id: str) -> Tag | None:
        """The member of that id, None where the pattern does not fit the whole of it."""
        found = self.pattern.fullmatch(tag_id)
        if found is None:
            return None
        label = self.label.format(*(text.replace("_", " ") for text in found.groups()))
        return Tag(tag_id, label, self.category, self.fact, self.floor, self.bar, path=(*self.path, label))


class Vocabulary:
    """The tags and families of one vocabulary file, found by id or by how people write them."""

    def __init__(self, tags: Mapping[str, Tag], families: tuple[Family, ...]) -> None:
        self._tags = dict(tags)
        self._families = families
        self._spellings: dict[str, str] = {}
        for tag in self._tags.values():
            for text in (tag.id, tag.label):
                self._spellings.setdefault(_folded(text), tag.id)
        # A synonym of one tag never takes the name of another.
        for tag in self._tags.values():
            for text in tag.synonyms:
                self._spellings.setdefault(_folded(text), tag.id)

    @classmethod
    def load(cls, language: str = "en") -> Vocabulary:
        """The vocabulary of the package, its labels in `language` where it has them, else in English."""
        return _packaged(language)

    @classmethod
    def parse(cls, text: str, language: str = "en") -> Vocabulary:
        """A vocabulary from the text of a file like `vocabulary.toml`.

        Raises ValueError where an id is no snake_case or stands in two categories.
        """
        document = tomllib.loads(text)
        labels: dict[str, str] = document.get("labels", {}).get(language, {})
        tags: dict[str, Tag] = {}
        families: list[Family] = []
        for category in Category:
            table = document.get(category.value)
            if table is None:
                continue
            for tag in _tags_of(category, table, labels):
                if not TAG_ID.fullmatch(tag.id):
                    raise ValueError(f"tag id {tag.id!r} is not snake_case")
                if tag.id in tags:
                    raise ValueError(f"tag id {tag.id!r} stands twice in the vocabulary")
                tags[tag.id] = tag
            families.extend(_families_of(category, table))
        return cls(tags, tuple(families))

    def with_tags(self, described: Iterable[Described]) -> Vocabulary:
        """This vocabulary and a person's own tags: judgements, below the root of their category.

        A tag that is in the vocabulary already stays as it is.
        """
        new = {tag.id: tag for tag in described if self.get(tag.id) is None}
        own = {
            tag.id: Tag(
                tag.id,
                tag.label,
                tag.category,
                False,
                OWN_FLOOR,
                OWN_BAR,
                path=(self._root(tag.category), tag.label),
                own=True,
            )
            for tag in new.values()
        }
        return Vocabulary({**self._tags, **own}, self._families)

    def _root(self, category: Category) -> str:
        """The top of the category's hierarchy."""
        paths = [member.path for member in (*self, *self._families) if member.category is category]
        return paths[0][0] if paths else category.value.capitalize()

    def __iter__(self) -> Iterator[Tag]:
        return iter(self._tags.values())

    def __contains__(self, tag_id: object) -> bool:
        return isinstance(tag_id, str) and self.get(tag_id) is not None

    def get(self, tag_id: str) -> Tag | None:
        """The tag of that id, also as a member of a family; None where there is none."""
        tag = self._tags.get(tag_id)
        if tag is not None:
            return tag
        members = (family.tag(tag_id) for family in self._families)
        return next((member for member in members if member is not None), None)

    def label(self, tag_id: str) -> str:
        """The tag's label; of an unknown id the id itself with spaces."""
        tag = self.get(tag_id)
        return tag.label if tag is not None else tag_id.replace("_", " ")

    def is_fact(self, tag_id: str) -> bool:
        """Whether the tag is computed and needs no review; an unknown one is a judgement."""
        tag = self.get(tag_id)
        return tag is not None and tag.fact

    def match(self, keyword: str) -> str | None:
        """The id a keyword stands for: by case, label, synonym, or the leaf of a path (`Places|Beach`).

        None where no tag of the vocabulary is meant. Only the families are not found: their labels are
        too short to be told from a person's own keywords ("2025").
        """
        leaf = re.split(r"[|/\\]", keyword)[-1] if _folded(keyword) not in self._spellings else keyword
        return self._spellings.get(_folded(leaf))


@lru_cache(maxsize=4)
def _packaged(language: str) -> Vocabulary:
    text = files("nivo_tui.tagging").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    return Vocabulary.parse(text, language)


def _tags_of(category: Category, table: Mapping[str, Any], labels: Mapping[str, str]) -> list[Tag]:
    described: dict[str, dict[str, Any]] = {name: {} for name in table.get("names", ())}
    for name, entry in table.get("tags", {}).items():
        if name in described:
            raise ValueError(f"tag id {name!r} stands twice in the vocabulary")
        described[name] = entry
    made = []
    for name, entry in described.items():
        english = entry.get("label", name.replace("_", " "))
        label = labels.get(name, english)
        synonyms = tuple(entry.get("synonyms", ())) + ((english,) if label != english else ())
        path = (table["root"], *entry.get("path", ()), label)
        made.append(Tag(name, label, category, *_thresholds(table, entry), synonyms=synonyms, path=path))
    return made


def _families_of(category: Category, table: Mapping[str, Any]) -> list[Family]:
    return [
        Family(
            re.compile(entry["pattern"]),
            entry["label"],
            category,
            *_thresholds(table, entry),
            path=(table["root"], *entry.get("path", ())),
        )
        for entry in table.get("families", ())
    ]


def _thresholds(table: Mapping[str, Any], entry: Mapping[str, Any]) -> tuple[bool, float, float]:
    """Whether it is a fact, the floor and the bar: the tag's own, else its category's."""
    kind = entry.get("kind", table.get("kind", "judgement"))
    if kind not in {"fact", "judgement"}:
        raise ValueError(f"kind {kind!r} is neither fact nor judgement")
    floor = float(entry.get("floor", table.get("floor", DEFAULT_FLOOR)))
    bar = float(entry.get("bar", table.get("bar", DEFAULT_BAR)))
    return kind == "fact", floor, bar


def _folded(text: str) -> str:
    return re.sub(r"[\s_\-]+", " ", text).strip().casefold()
