"""The vocabulary: what every tag means, how it is written, when it is shown; from `vocabulary.toml`."""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from nivo_tui.model import Category

TAG_ID = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
"""What every tag id looks like."""

DEFAULT_FLOOR, DEFAULT_BAR = 0.35, 0.7


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag. It is shown at a confidence of `floor` or more and ticked beforehand at `bar` or more (0-1).

    `meaning` is a line of what is to be seen, or when it holds. `parent` is the id of another tag, or the
    headings joined by "|", that it stands below; `path` is its place in the hierarchy from the root to the
    label. `fact` says that it is computed and needs no review; `written`, that it is written by default: a
    judgement once it is accepted, a fact without being asked. `own` says that a person described it in the
    settings, `owned` that its label or path is the owner's word, `off` that it is never suggested.
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
    meaning: str = ""
    parent: str = ""
    written: bool = False
    owned: bool = False
    off: bool = False


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
    meaning: str = ""
    parent: str = ""
    written: bool = False

    def tag(self, tag_id: str) -> Tag | None:
        """The member of that id, None where the pattern does not fit the whole of it."""
        found = self.pattern.fullmatch(tag_id)
        if found is None:
            return None
        label = self.label.format(*(text.replace("_", " ") for text in found.groups()))
        return Tag(
            tag_id,
            label,
            self.category,
            self.fact,
            self.floor,
            self.bar,
            path=(*self.path, label),
            meaning=self.meaning,
            parent=self.parent,
            written=self.written,
        )


@dataclass(frozen=True, slots=True)
class Word:
    """A keyword as its owner spells it, and its path from the top of their hierarchy to the keyword.

    `counted` says that it was counted in files: whoever counts tells what depends on it, `version` does not.
    """

    keyword: str
    path: tuple[str, ...]
    counted: bool = False


class Vocabulary:
    """The tags and families of one vocabulary, found by id or by how people write them."""

    def __init__(
        self,
        tags: Mapping[str, Tag],
        families: tuple[Family, ...],
        roots: Mapping[Category, str],
        others: Mapping[str, str] | None = None,
        words: Mapping[str, Word] | None = None,
    ) -> None:
        """`roots` are the tops of the categories' hierarchies; `others` are more names, folded, with the id
        that each stands for: they never take a name of `tags`. `words` are the owner's, by folded name."""
        self.tags: Mapping[str, Tag] = dict(tags)
        self.families = families
        self.roots: Mapping[Category, str] = dict(roots)
        self.others: Mapping[str, str] = dict(others or {})
        self.words: Mapping[str, Word] = dict(words or {})
        self._versions: dict[Category, str] = {}
        self._told: str | None = None
        self._spellings: dict[str, str] = {}
        for tag in self.tags.values():
            for text in (tag.id, tag.label):
                self._spellings.setdefault(folded(text), tag.id)
        # A synonym of one tag never takes the name of another.
        for tag in self.tags.values():
            for text in tag.synonyms:
                self._spellings.setdefault(folded(text), tag.id)
        for text, tag_id in self.others.items():
            self._spellings.setdefault(text, tag_id)

    @classmethod
    def load(cls, language: str = "en") -> Vocabulary:
        """The vocabulary of the package, its labels in `language` where it has them, else in English."""
        return _packaged(language)

    @classmethod
    def parse(cls, text: str, language: str = "en") -> Vocabulary:
        """A vocabulary from the text of a file like `vocabulary.toml`.

        The labels of all its languages stand for their tags. Raises ValueError where an id is no snake_case
        or stands in two categories, a tag has no meaning, or a parent is not there or below its own child.
        """
        document = tomllib.loads(text)
        languages: dict[str, dict[str, str]] = document.get("labels", {})
        labels = languages.get(language, {})
        tags: dict[str, Tag] = {}
        families: list[Family] = []
        roots: dict[Category, str] = {}
        for category in Category:
            table = document.get(category.value)
            if table is None:
                continue
            roots[category] = table["root"]
            for tag in _tags_of(category, table, labels):
                if tag.id in tags:
                    raise ValueError(f"tag id {tag.id!r} stands twice in the vocabulary")
                tags[tag.id] = tag
            families.extend(_families_of(category, table))
        others = {folded(label): name for of in languages.values() for name, label in of.items()}
        return cls(tags, tuple(families), roots, others)

    def changed(
        self,
        tags: Mapping[str, Tag],
        *,
        others: Mapping[str, str] | None = None,
        words: Mapping[str, Word] | None = None,
    ) -> Vocabulary:
        """This vocabulary with these tags in the place of its own."""
        return Vocabulary(
            tags,
            self.families,
            self.roots,
            self.others if others is None else others,
            self.words if words is None else words,
        )

    def version(self, category: Category) -> str:
        """12 hex digits that change whenever a suggestion of the category may become another one."""
        found = self._versions.get(category)
        if found is None:
            tags = sorted((tag for tag in self if tag.category is category), key=lambda tag: tag.id)
            ids = {tag.id for tag in tags}
            families = [
                (f.pattern.pattern, f.label, f.fact, f.floor, f.bar)
                for f in self.families
                if f.category is category
            ]
            names = sorted((text, meant) for text, meant in self.others.items() if meant in ids)
            # Only what a family makes is looked for among the owner's words.
            told = repr((tags, families, names, self._words_told() if families else "")).encode()
            found = self._versions[category] = hashlib.sha256(told).hexdigest()[:12]
        return found

    def _words_told(self) -> str:
        """The owner's words for `version`: a list may hold 100,000, so they are gone through once."""
        if self._told is None:
            told = sorted((name, w.keyword, w.path) for name, w in self.words.items() if not w.counted)
            self._told = hashlib.sha256(repr(told).encode()).hexdigest()
        return self._told

    def spelled(self, tag: Tag, label: str, path: tuple[str, ...] = ()) -> tuple[str, tuple[str, ...]]:
        """How a suggestion of this tag is written, that its rule would call `label`, at `path`: as its owner
        does, where they have a word for it. An empty path is that of the tag.

        Two places of one name are told apart by what they lie in.
        """
        if tag.owned:
            return tag.label, ()
        word = self.words.get(folded(label)) if tag.id not in self.tags else None
        if word is None:
            return label, path
        ours = path or (*tag.path[:-1], label)
        around = {folded(part) for part in ours[1:-1]}
        is_same = not around or not around.isdisjoint(map(folded, word.path[:-1]))
        if len(word.path) > 1 and (tag.category is not Category.LOCATION or is_same):
            return word.keyword, word.path
        return (word.keyword, (*ours[:-1], word.keyword)) if len(word.path) == 1 else (label, path)

    def __iter__(self) -> Iterator[Tag]:
        return iter(self.tags.values())

    def __contains__(self, tag_id: object) -> bool:
        return isinstance(tag_id, str) and self.get(tag_id) is not None

    def get(self, tag_id: str) -> Tag | None:
        """The tag of that id, also as a member of a family; None where there is none."""
        tag = self.tags.get(tag_id)
        if tag is not None:
            return tag
        members = (family.tag(tag_id) for family in self.families)
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
        whole = self._spellings.get(folded(keyword))
        if whole is not None:
            return whole
        leaf = _PARTED.split(keyword)[-1]
        return self._spellings.get(folded(leaf)) if leaf != keyword else None


_PARTED = re.compile(r"[|/\\]")


@lru_cache(maxsize=4)
def _packaged(language: str) -> Vocabulary:
    text = files("nivo_tui.tagging").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    return Vocabulary.parse(text, language)


def _tags_of(category: Category, table: Mapping[str, Any], labels: Mapping[str, str]) -> list[Tag]:
    described: dict[str, dict[str, Any]] = table.get("tags", {})
    made = {}
    for name, entry in described.items():
        if not TAG_ID.fullmatch(name):
            raise ValueError(f"tag id {name!r} is not snake_case")
        english = entry.get("label", name.replace("_", " "))
        label = labels.get(name, english)
        meaning = entry.get("meaning", "")
        if not meaning:
            raise ValueError(f"tag {name!r} has no meaning")
        fact, floor, bar, written = _terms(table, entry)
        made[name] = Tag(
            name,
            label,
            category,
            fact,
            floor,
            bar,
            synonyms=tuple(entry.get("synonyms", ())) + ((english,) if label != english else ()),
            meaning=meaning,
            parent=entry.get("parent", ""),
            written=written,
        )
    return with_paths(made, {category: table["root"]})


def with_paths(tags: Mapping[str, Tag], roots: Mapping[Category, str]) -> list[Tag]:
    """The tags with their paths: below their parents, and so up to the root of their category.

    A tag whose path is the owner's keeps it. Raises ValueError for a parent that is not among them, and for
    one that stands below its own child.
    """
    paths: dict[str, tuple[str, ...]] = {tag.id: tag.path for tag in tags.values() if tag.owned and tag.path}

    def path_of(tag: Tag, below: tuple[str, ...]) -> tuple[str, ...]:
        if tag.id in below:
            raise ValueError(f"tag {tag.id!r} stands below itself")
        if tag.id not in paths:
            parent = tags.get(tag.parent)
            if parent is not None and parent.category is tag.category:
                over = path_of(parent, (*below, tag.id))
            elif TAG_ID.fullmatch(tag.parent):
                raise ValueError(f"the parent {tag.parent!r} of tag {tag.id!r} is not in its category")
            else:
                over = (roots[tag.category], *headings(tag.parent))
            paths[tag.id] = (*over, tag.label)
        return paths[tag.id]

    return [replace(tag, path=path_of(tag, ())) for tag in tags.values()]


def headings(parent: str) -> tuple[str, ...]:
    """The headings of a parent that is no tag, "Animals|Birds", from the top."""
    return tuple(part for part in parent.split("|") if part)


def _families_of(category: Category, table: Mapping[str, Any]) -> list[Family]:
    made = []
    for entry in table.get("families", ()):
        fact, floor, bar, written = _terms(table, entry)
        parent = entry.get("parent", "")
        made.append(
            Family(
                re.compile(entry["pattern"]),
                entry["label"],
                category,
                fact,
                floor,
                bar,
                path=(table["root"], *headings(parent)),
                meaning=entry.get("meaning", ""),
                parent=parent,
                written=written,
            )
        )
    return made


def _terms(table: Mapping[str, Any], entry: Mapping[str, Any]) -> tuple[bool, float, float, bool]:
    """Whether it is a fact, the floor, the bar and whether it is written by default: the tag's own, else
    its category's. A fact among judgements is not written unless it says so itself."""
    usual = table.get("kind", "judgement")
    kind = entry.get("kind", usual)
    if kind not in {"fact", "judgement"}:
        raise ValueError(f"kind {kind!r} is neither fact nor judgement")
    floor = float(entry.get("floor", table.get("floor", DEFAULT_FLOOR)))
    bar = float(entry.get("bar", table.get("bar", DEFAULT_BAR)))
    written = entry.get("written", table.get("written", False) and (kind == usual or kind != "fact"))
    return kind == "fact", floor, bar, bool(written)


@lru_cache(maxsize=50_000)
def folded(text: str) -> str:
    """The form in which names are compared: case folded, NFC, "_" and "-" as spaces, these reduced."""
    return re.sub(r"[\s_\-]+", " ", unicodedata.normalize("NFC", text)).strip().casefold()
