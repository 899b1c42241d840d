"""Finding photos by a query: how many, which, page by page, and the next one."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nivo_tui.catalog.listed import PROGRESS, ROW
from nivo_tui.catalog.matching import Clause, compile_query, read_vocabulary
from nivo_tui.catalog.paths import below, from_db, to_db
from nivo_tui.catalog.query import Query
from nivo_tui.catalog.sql_functions import add_functions
from nivo_tui.catalog.states import photo_view
from nivo_tui.catalog.views import PhotoView

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

_CACHE_KB = 32_768


@dataclass(frozen=True, slots=True)
class Listing:
    """The photos that a query found, by their numbers in the catalog, in the order of their paths.

    `todo` has a byte for each: 1 where the photo is to do. A screen sets it as it goes. `since` is when
    what is new began, as for the Finder.
    """

    query: Query
    photos: array[int] = field(default_factory=lambda: array("q"))
    todo: bytearray = field(default_factory=bytearray)
    since: float | None = None

    def __len__(self) -> int:
        return len(self.photos)

    def place(self, photo: int) -> int | None:
        """The place of a photo, None where it is not in the list."""
        try:
            return self.photos.index(photo)
        except ValueError:
            return None


class Finder:
    """Finds photos in a library, in the library's thread.

    What came into it after `since` (epoch seconds) is new; None: after the screen was left the last time.
    """

    def __init__(self, library: Library, since: float | None = None) -> None:
        self._db = library.connection
        self._since = since
        add_functions(self._db)
        # A list of hits lies all over the table: SQLite's own 2 MB would read its pages again and again.
        self._db.execute(f"PRAGMA main.cache_size = -{_CACHE_KB}")

    def count(self, query: Query, folder: str) -> int:
        """How many rows of the list below a folder match."""
        where, values = self._listed(query, folder)
        row = self._db.execute(f"SELECT count(*) FROM photos p WHERE {where}", values).fetchone()
        return int(row[0])

    def listing(self, query: Query, folder: str, kept: Collection[int] = ()) -> Listing:
        """The rows of the list below a folder that match, or are among those `kept`."""
        where, values = self._listed(query, folder, kept)
        found = Listing(query, since=self._since)
        for row in self._db.execute(
            f"SELECT p.id, ({PROGRESS}) = 'todo' FROM photos p WHERE {where} ORDER BY p.path", values
        ):
            found.photos.append(row[0])
            found.todo.append(row[1])
        return found

    def page(self, photos: Sequence[int]) -> tuple[PhotoView, ...]:
        """The list rows of these photos, in their order; those that are gone are left out."""
        marks = ", ".join("?" * len(photos))
        rows = self._db.execute(
            f"SELECT {ROW} FROM photos p WHERE p.id IN ({marks})",
            tuple(photos),
        )
        found = {row["id"]: photo_view(row) for row in rows}
        return tuple(found[photo] for photo in photos if photo in found)

    def number(self, path: str) -> int | None:
        """The number in the catalog of a photo, or of the lead of its shot; None where it is not known."""
        row = self._db.execute(
            "SELECT id FROM photos WHERE path = (SELECT coalesce(lead, path) FROM photos WHERE path = ?)",
            (to_db(path),),
        ).fetchone()
        return None if row is None else int(row[0])

    def paths(self, query: Query) -> Iterator[str]:
        """All photos that match, members of shots by themselves, in the order of their paths."""
        clause = self._compiled(query, shots=False)
        rows = self._db.execute(
            f"SELECT p.path FROM photos p WHERE {clause.sql} ORDER BY p.path", clause.values
        )
        return (from_db(row[0]) for row in rows)

    def next(
        self, query: Query, folder: str, after: str | None, among: Collection[int] | None = None
    ) -> tuple[str, bool] | None:
        """The next match after a photo, and whether the search went round the end for it.

        The photo itself comes last. `among` are the photos that are listed; None: all of the folder.
        """
        clause = self._compiled(query, shots=True)
        start, end = below(folder)
        here = start if after is None else to_db(after)
        compared = ">=" if after is None else ">"
        spans = [(f"p.path {compared} ? AND p.path < ?", here, end)]
        if after is not None:
            spans.append(("p.path >= ? AND p.path <= ?", start, here))
        for place, (span, low, high) in enumerate(spans):
            rows = self._db.execute(
                f"SELECT p.id, p.path FROM photos p WHERE {span} AND p.lead IS NULL AND {clause.sql} "
                "ORDER BY p.path",
                (low, high, *clause.values),
            )
            for row in rows:
                if among is None or row["id"] in among:
                    return from_db(row["path"]), place == 1
        return None

    def taken_from(self, folder: str, start: str, among: Collection[int] | None = None) -> str | None:
        """The photo taken first at `start` (the beginning of an ISO 8601 local time) or later."""
        rows = self._db.execute(
            "SELECT p.id, p.path FROM photos p WHERE p.taken_at >= ? AND +p.path >= ? AND +p.path < ? "
            "AND p.lead IS NULL ORDER BY p.taken_at, p.path",
            (start, *below(folder)),
        )
        return next((from_db(r["path"]) for r in rows if among is None or r["id"] in among), None)

    def _listed(
        self, query: Query, folder: str, kept: Collection[int] = ()
    ) -> tuple[str, tuple[object, ...]]:
        clause = self._compiled(query, shots=True)
        if kept:
            among = "p.id IN (SELECT j.value FROM json_each(?) j)"
            clause = clause.joined("OR", Clause(among, (json.dumps(list(kept)),)))
        return (
            f"p.path >= ? AND p.path < ? AND p.lead IS NULL AND {clause.sql}",
            (*below(folder), *clause.values),
        )

    def _compiled(self, query: Query, *, shots: bool) -> Clause:
        since = self._visited() if self._since is None else self._since
        return compile_query(query, read_vocabulary(self._db), since=since, shots=shots)

    def _visited(self) -> float:
        """When a person was here the last time, over all folders; 0 where nobody ever was."""
        row = self._db.execute("SELECT coalesce(max(left_at), 0) FROM d.places").fetchone()
        return float(row[0])
