"""What the classes of an ImageNet-1k classifier mean in our tags, read from `classes.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from operator import itemgetter
from typing import TypeVar

CLASSES = 1000

_HEARD = 0.01
_first = itemgetter(0)

_Member = TypeVar("_Member")


@dataclass(frozen=True, slots=True)
class Meanings:
    """`scenes`, `hints` and `objects`: class index -> tags; `groups`: object tag -> has_* tags.

    `hints` are scenes where such a thing is mostly found; `without` are classes that mean none of our tags;
    `classes` are those of each object tag, and `kinds` those of each has_* tag: tag -> class indices.
    """

    scenes: Mapping[int, tuple[str, ...]]
    hints: Mapping[int, tuple[str, ...]]
    objects: Mapping[int, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]
    classes: Mapping[str, frozenset[int]]
    kinds: Mapping[str, frozenset[int]]
    without: frozenset[int]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A tag with the summed probability of its classes, and the likeliest of them with its own."""

    tag: str
    probability: float
    best: str
    best_probability: float
    classes: int


@lru_cache(maxsize=1)
def load() -> Meanings:
    """The table of the package."""
    text = files("nivo_tui.tagging").joinpath("classes.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    of_tags = {tag: frozenset(_indices(spans)) for tag, spans in document["objects"].items()}
    return Meanings(
        scenes=_by_class(document["scenes"]),
        hints=_by_class(document["hints"]),
        objects=_by_class(document["objects"]),
        groups=_inverted(document["groups"].items()),
        classes=of_tags,
        kinds={
            group: frozenset().union(*(of_tags.get(tag, frozenset()) for tag in (group, *members)))
            for group, members in document["groups"].items()
        },
        without=frozenset(_indices(document["without"]["classes"])),
    )


def weigh(
    classes: Iterable[tuple[int, str | None, float]],
    meanings: Mapping[int, Sequence[str]],
    least: float = 0.0,
) -> list[Weighed]:
    """Sum the probabilities of the classes of each tag; likeliest tag first, none below `least`.

    Classes below 0.01 take no part: a photo has ten, and most of them say nothing.
    """
    found: dict[str, list[tuple[float, int, str | None]]] = {}
    for index, name, probability in classes:
        if probability >= _HEARD:
            for tag in meanings.get(index, ()):
                found.setdefault(tag, []).append((probability, index, name))
    weighed = []
    for tag, parts in found.items():
        total = sum(map(_first, parts))
        if total >= least:
            probability, index, name = max(parts, key=_first)
            weighed.append(Weighed(tag, min(1.0, total), named(index, name), probability, len(parts)))
    return weighed if len(weighed) < 2 else sorted(weighed, key=lambda w: (-w.probability, w.tag))


def named(index: int, name: str | None) -> str:
    """The class's name as people read it; empty where a pack without labels only numbers its classes."""
    text = (name or "").replace("_", " ").strip()
    return "" if text in (f"class {index}", str(index)) else text


def explained(weighed: Weighed) -> str:
    """Why the tag is proposed, in words."""
    if not weighed.best:
        known = "classified so at" if weighed.classes == 1 else f"{weighed.classes} classes together"
        return f"{known} {weighed.probability:.2f}"
    if weighed.classes == 1:
        return f"classified as {weighed.best} at {weighed.probability:.2f}"
    return (
        f"{weighed.classes} classes together {weighed.probability:.2f}, "
        f"{weighed.best} {weighed.best_probability:.2f}"
    )


def _by_class(table: Mapping[str, Sequence[int | str]]) -> Mapping[int, tuple[str, ...]]:
    return _inverted({tag: _indices(spans) for tag, spans in table.items()}.items())


def _inverted(items: Iterable[tuple[str, Iterable[_Member]]]) -> Mapping[_Member, tuple[str, ...]]:
    turned: dict[_Member, tuple[str, ...]] = {}
    for tag, members in items:
        for member in dict.fromkeys(members):
            turned[member] = (*turned.get(member, ()), tag)
    return turned


def _indices(spans: Sequence[int | str]) -> list[int]:
    indices: list[int] = []
    for span in spans:
        if isinstance(span, int):
            indices.append(span)
        else:
            first, last = (int(part) for part in span.split("-"))
            indices.extend(range(first, last + 1))
    return indices
