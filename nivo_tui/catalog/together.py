"""One set of decisions for a whole shot: what is decided on a photo counts for the others of its shot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace

from nivo_tui.catalog.decisions import Choice
from nivo_tui.catalog.paths import from_db, to_db
from nivo_tui.model import State

_OTHERS = (
    "SELECT m.path, m.image_hash FROM photos p JOIN photos m ON m.path = p.lead "
    "WHERE p.path = ?1 AND p.lead IS NOT NULL "
    "UNION ALL SELECT m.path, m.image_hash FROM photos m INDEXED BY photos_lead "
    "WHERE m.lead = coalesce((SELECT lead FROM photos WHERE path = ?1), ?1) AND m.path <> ?1 "
    "ORDER BY 1"
)


class WholeShots:
    """Carries choices from photos to all photos of their shots, over catalog.db with `d` attached."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def others(self, path: str) -> tuple[tuple[str, str | None], ...]:
        """The other photos of a photo's shot as (path, image hash); none where it is alone or not known."""
        rows = self._db.execute(_OTHERS, (to_db(path),))
        return tuple((from_db(row["path"]), row["image_hash"]) for row in rows)

    def choices(self, choices: Iterable[Choice]) -> list[Choice]:
        """The choices, each followed by the same for the other photos of its shot, once for each photo."""
        given = {(choice.path, choice.tag): choice for choice in choices}
        shots: dict[str, tuple[tuple[str, str | None], ...]] = {}
        everywhere = dict(given)
        for choice in given.values():
            if choice.path not in shots:
                shots[choice.path] = self.others(choice.path)
            for path, image_hash in shots[choice.path]:
                key = (path, choice.tag)
                if key not in everywhere and not (
                    choice.state is State.PASSED and self._is_decided(path, choice.tag)
                ):
                    everywhere[key] = replace(choice, path=path, image_hash=image_hash, single=False)
        return list(everywhere.values())

    def done(self, paths: Iterable[str]) -> Iterator[tuple[str, str | None]]:
        """All photos of the shots of these photos, once each, as (path, image hash)."""
        every: dict[str, str | None] = {}
        for path in paths:
            row = self._db.execute("SELECT image_hash FROM photos WHERE path = ?", (to_db(path),)).fetchone()
            every[path] = None if row is None else row["image_hash"]
            every |= dict(self.others(path))
        yield from every.items()

    def _is_decided(self, path: str, tag: str) -> bool:
        row = self._db.execute(
            "SELECT state FROM d.standing WHERE path = ? AND tag = ?", (to_db(path), tag)
        ).fetchone()
        return row is not None and row["state"] != State.UNDECIDED
