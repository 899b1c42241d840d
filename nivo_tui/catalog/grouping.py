"""Shots in the catalog: each photo's row knows its lead, and a lead what is beside it."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from nivo_tui.catalog.paths import from_db, to_db
from nivo_tui.catalog.photos import PhotoStore
from nivo_tui.catalog.shots import ENDINGS_BESIDE, Shot, find_shots, stem_of_shot

_RULE = 1
"""Which rule the shots of a catalog were made by (its `application_id`); 0 before there was any."""

# Files are told apart by what they state: a correction that is for one of them alone, because its edited copy
# names no camera, would part a shot.
_STATED = "CASE WHEN stated IS NULL THEN taken_at ELSE json_extract(stated, '$.taken_at') END"
_AT_ONCE = 500
_NOTHING = (None, "[]")

Stored = tuple[bytes | None, str]
"""What a row says of its shot: the path of its lead (None: itself), and the endings beside it as JSON."""


class ShotRows:
    """Makes the photos of a folder into shots, for the engine."""

    def __init__(self, photos: PhotoStore) -> None:
        self._photos = photos
        self._db = photos.connection

    def are_current(self) -> bool:
        """Whether every photo of the catalog was made into shots by the present rule."""
        return bool(self._db.execute("PRAGMA application_id").fetchone()[0] == _RULE)

    def note_current(self) -> None:
        """From now on every photo of the catalog is in its shot."""
        self._db.execute(f"PRAGMA application_id = {_RULE}")

    def folders(self) -> tuple[str, ...]:
        """Every folder that holds a photo of the catalog."""
        rows = self._db.execute("SELECT DISTINCT folder FROM photos ORDER BY folder")
        return tuple(from_db(row["folder"]) for row in rows)

    def beside(self) -> dict[str, set[tuple[str, str]]]:
        """The films and lists of edits that shots have, for each folder, as (stem of the shot, ending)."""
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for row in self._db.execute("SELECT path, companions FROM photos WHERE companions <> '[]'"):
            folder, name = os.path.split(from_db(row["path"]))
            endings = ENDINGS_BESIDE.intersection(json.loads(row["companions"]))
            found[folder].update((stem_of_shot(name), ending) for ending in endings)
        return found

    def group(self, folder: str, beside: Iterable[str]) -> int:
        """Make the folder's photos into shots with the films and lists of edits `beside` them, by name.

        Returns how many rows changed. They are changed in short transactions.
        """
        rows = self._db.execute(
            f"SELECT id, path, {_STATED} AS taken_at, error, lead, companions FROM photos WHERE folder = ?",
            (to_db(folder),),
        ).fetchall()
        shots = _shots_of(rows, beside)
        wanted = {path: stored for shot in shots for path, stored in _stored(folder, shot)}
        changed = [
            (*new, row["id"])
            for row in rows
            if (new := wanted.get(row["path"], _NOTHING)) != (row["lead"], row["companions"])
        ]
        for start in range(0, len(changed), _AT_ONCE):
            with self._photos.transaction():
                self._db.executemany(
                    "UPDATE photos SET lead = ?, companions = ? WHERE id = ?",
                    changed[start : start + _AT_ONCE],
                )
        return len(changed)


def _shots_of(rows: Iterable[sqlite3.Row], beside: Iterable[str]) -> tuple[Shot, ...]:
    taken: dict[str, datetime | None] = {}
    failed: set[str] = set()
    for row in rows:
        name = os.path.basename(from_db(row["path"]))
        taken[name] = datetime.fromisoformat(row["taken_at"]) if row["taken_at"] else None
        if row["error"] is not None:
            failed.add(name)
    return find_shots((*taken, *beside), taken, failed)


def _stored(folder: str, shot: Shot) -> Iterable[tuple[bytes, Stored]]:
    lead = to_db(os.path.join(folder, shot.lead))
    yield lead, (None, json.dumps(shot.endings))
    for name in shot.photos:
        yield to_db(os.path.join(folder, name)), (lead, "[]")
