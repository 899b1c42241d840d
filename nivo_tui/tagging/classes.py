"""What the classes of an ImageNet-1k classifier mean in our tags, read from `classes.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TypeVar

CLASSES = 1000

ANIMALS = 398
"""The classes below this index are animals, and no other is."""

_Member = TypeVar("_Member")


@dataclass(frozen=True, slots=True)
class Meanings:
    """`scenes` and `objects`: class index -> tags; `groups`: object tag -> has_* tags."""

    scenes: Mapping[int, tuple[str, ...]]
    objects: Mapping[int, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]


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
    return Meanings(
        _by_class(document["scenes"]),
        _by_class(document["objects"]),
        _inverted(document["groups"].items()),
    )


def weigh(
    classes: Iterable[tuple[int, str | None, float]], meanings: Mapping[int, Sequence[str]]
) -> list[Weighed]:
    """Sum the probabilities of the classes of each tag; likeliest tag first."""
    found: dict[str, list[tuple[float, str]]] = {}
    for index, name, probability in classes:
        for tag in meanings.get(index, ()):
            found.setdefault(tag, []).append((probability, named(index, name)))
    weighed = []
    for tag, parts in found.items():
        best_probability, best = max(parts)
        total = min(1.0, sum(probability for probability, _ in parts))
        weighed.append(Weighed(tag, total, best, best_probability, len(parts)))
    return sorted(weighed, key=lambda w: (-w.probability, w.tag))


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
