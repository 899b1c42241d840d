"""Suggestions as rows of the catalog: where each stands among those of its photo, and changing some."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nivo_tui.catalog.records import Rated
from nivo_tui.model import Category

ORDER = (
    Category.PEOPLE,
    Category.SCENE,
    Category.OBJECTS,
    Category.LOCATION,
    Category.MOOD,
    Category.TEMPORAL,
    Category.COLOR,
    Category.QUALITY,
    Category.TECHNICAL,
    Category.FORMAT,
)
"""The categories in the order in which their suggestions are shown."""

_ROOM = 1000
"""Places of a category: so one is made anew without moving the others."""

_FIRST = {category: number * _ROOM for number, category in enumerate(ORDER)}
_INSERT = "INSERT OR REPLACE INTO suggestions VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_REWORD = (
    "UPDATE suggestions SET label = ?3, category = ?4, source = ?6, why = ?7, fact = ?8, ticked = ?9, "
    "place = ?10, path = ?11 WHERE photo = ?1 AND tag = ?2"
)

_CONFIDENCE = 4

Row = tuple[Any, ...]
"""A row of `suggestions`: photo, tag, label, category, confidence, source, why, fact, ticked, place, path."""


def rows_of(photo: int, suggestions: Iterable[Rated]) -> Iterator[Row]:
    """The rows of a photo's suggestions; each stands behind those before it of its category."""
    taken: dict[str, int] = {}
    for rated in suggestions:
        s = rated.suggestion
        category = Category.OBJECTS if s.category is None else s.category
        place = taken.get(category, _FIRST[category])
        taken[category] = place + 1
        yield (
            photo,
            s.tag,
            s.label,
            category.value,
            s.confidence,
            s.source,
            s.why,
            int(s.fact),
            int(rated.ticked),
            place,
            json.dumps(s.path) if s.path else None,
        )


def insert(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Put rows into the table, each in the place of the one of its photo and tag."""
    db.executemany(_INSERT, rows)


def change(db: sqlite3.Connection, old: Mapping[tuple[int, str], Row], rows: Iterable[Row]) -> None:
    """Put rows into the table that has these `old` ones, by photo and tag.

    As sure as before, a suggestion keeps its place in the index: that costs half of a new one.
    """
    fresh: list[Row] = []
    reworded: list[Row] = []
    for row in rows:
        before = old.get((row[0], row[1]))
        (fresh if before is None or before[_CONFIDENCE] != row[_CONFIDENCE] else reworded).append(row)
    insert(db, fresh)
    db.executemany(_REWORD, reworded)


def remove(db: sqlite3.Connection, keys: Sequence[tuple[int, str]]) -> None:
    """Take rows out of the table, by photo and tag."""
    db.executemany("DELETE FROM suggestions WHERE photo = ? AND tag = ?", keys)


class SuggestedTag(NamedTuple):
    """A tag that is suggested for any photo, as one of its suggestions has it."""

    id: str
    label: str
    category: Category
    fact: bool


# One seek in the index for each tag, however many photos have it.
_DISTINCT = """
WITH RECURSIVE t(tag) AS (
    SELECT min(tag) FROM suggestions
    UNION ALL
    SELECT (SELECT min(g.tag) FROM suggestions g WHERE g.tag > t.tag) FROM t WHERE t.tag IS NOT NULL
)
SELECT t.tag, g.label, g.category, g.fact FROM t
CROSS JOIN suggestions g ON g.tag = t.tag AND (g.photo, g.tag) = (
    SELECT x.photo, x.tag FROM suggestions x WHERE x.tag = t.tag LIMIT 1
) WHERE t.tag IS NOT NULL
"""


def distinct_tags(connection: sqlite3.Connection) -> list[SuggestedTag]:
    """The tags that are suggested in the catalog."""
    rows = connection.execute(_DISTINCT)
    return [SuggestedTag(tag, label, Category(category), bool(fact)) for tag, label, category, fact in rows]
