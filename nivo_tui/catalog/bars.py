"""The bars of tags in the catalog, and the ticks that follow them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nivo_tui.catalog.photos import PhotoStore

_AT_ONCE = 2000

# One seek a tag: the table holds a row for each photo of it.
_SUGGESTED = """
    WITH RECURSIVE tags(tag) AS (
        SELECT min(tag) FROM suggestions
        UNION ALL SELECT (SELECT min(s.tag) FROM suggestions s WHERE s.tag > tags.tag) FROM tags
        WHERE tags.tag IS NOT NULL)
    SELECT tag FROM tags WHERE tag IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class TagBar:
    """A judgement's floor and bar, as the vocabulary has them."""

    tag: str
    label: str
    floor: float
    bar: float


class BarRows:
    """Notes the bars of tags and lets ticks follow them, for the engine."""

    def __init__(self, photos: PhotoStore) -> None:
        self._photos = photos
        self._db = photos.connection

    def suggested(self) -> list[str]:
        """Every tag that is suggested for any photo."""
        return [row[0] for row in self._db.execute(_SUGGESTED)]

    def note(self, bars: Iterable[TagBar]) -> None:
        """What the vocabulary says of tags. Of a new one the ticks follow its bar."""
        with self._photos.transaction():
            self._db.executemany(
                "INSERT INTO bars VALUES(?1, ?2, ?3, ?4, ?4) ON CONFLICT(tag) DO UPDATE SET "
                "label = excluded.label, floor = excluded.floor, bar = excluded.bar",
                [(bar.tag, bar.label, bar.floor, bar.bar) for bar in bars],
            )

    def apply(self, tag: str, bar: float) -> int:
        """Let the ticks of a tag follow a bar; returns on how many photos a tick came or went."""
        row = self._db.execute("SELECT applied FROM bars WHERE tag = ?", (tag,)).fetchone()
        if row is None or row[0] == bar:
            return 0
        moved = self._db.execute(
            "SELECT photo FROM suggestions WHERE tag = ?1 AND fact = 0 AND category <> 'people' "
            "AND ticked <> (confidence >= ?2)",
            (tag, bar),
        ).fetchall()
        for start in range(0, len(moved), _AT_ONCE):
            with self._photos.transaction():
                self._db.executemany(
                    "UPDATE suggestions SET ticked = (confidence >= ?) WHERE photo = ? AND tag = ?",
                    [(bar, photo[0], tag) for photo in moved[start : start + _AT_ONCE]],
                )
        with self._photos.transaction():
            self._db.execute("UPDATE bars SET applied = ? WHERE tag = ?", (bar, tag))
        return len(moved)
