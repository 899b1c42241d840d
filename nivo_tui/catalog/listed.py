"""The photos as they are listed: one row a shot, in the order of their paths; folders and figures with it."""

from __future__ import annotations

import os
import sqlite3

from nivo_tui.catalog.paths import below, from_db, to_db
from nivo_tui.catalog.states import photo_view, up_to
from nivo_tui.catalog.views import FolderView, PhotoView

_DONE = (
    "EXISTS(SELECT 1 FROM d.reviews r JOIN d.acts a ON a.id = r.act "
    "WHERE r.path = p.path AND a.revoked_at IS NULL)"
)
PROGRESS = (
    f"CASE WHEN p.error IS NOT NULL THEN 'failed' WHEN {_DONE} THEN 'done' "
    "WHEN p.versions IS NULL THEN 'new' ELSE 'todo' END"
)
"""How far a person is with the photo `p`."""

REFUSED = (
    "EXISTS(SELECT 1 FROM d.decisions e CROSS JOIN d.standing t ON t.path = e.path AND t.tag = e.tag "
    "WHERE e.image_hash = p.image_hash AND e.tag = g.tag AND t.decision = e.id AND t.state = 'rejected')"
)
"""Whether the tag of suggestion `g` was rejected for the picture of the photo `p`, in whatever file."""

_OPEN_TAGS = (
    "(SELECT count(*) FROM suggestions g WHERE g.photo = p.id AND g.fact = 0 "
    "AND g.tag NOT IN (SELECT tag FROM uninformative) "
    "AND g.tag NOT IN (SELECT r.tag FROM d.rules r JOIN d.acts a ON a.id = r.act "
    "WHERE r.kind = 'never' AND a.revoked_at IS NULL) AND NOT EXISTS("
    "SELECT 1 FROM d.standing s WHERE s.path = p.path AND s.tag = g.tag AND s.state <> 'undecided') "
    f"AND NOT {REFUSED})"
)
_MEMBER_ERROR = (
    "(SELECT m.error FROM photos m INDEXED BY photos_lead "
    "WHERE m.lead = p.path AND m.error IS NOT NULL ORDER BY m.path LIMIT 1)"
)
ROW = (
    f"p.*, {PROGRESS} AS progress, {_OPEN_TAGS} AS open_tags, "
    f"CASE WHEN p.companions <> '[]' THEN {_MEMBER_ERROR} END AS member_error"
)
"""The columns that `photo_view` takes of the photo `p`."""

# The planner would take the index of all paths, which knows nothing of leads.
_LISTED = "photos p INDEXED BY photos_listed WHERE p.lead IS NULL AND p.path >= ? AND p.path < ?"


class Listed:
    """Reads the rows of the list over catalog.db with decisions.db attached as `d`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def folders(self, root: str) -> tuple[FolderView, ...]:
        """The folders with photos below `root`, and those between, in pre-order, `root` first."""
        rows = self._db.execute(
            f"SELECT p.folder AS folder, count(*) AS photos, sum({PROGRESS} = 'todo') AS todo "
            "FROM photos p WHERE p.path >= ? AND p.path < ? AND p.lead IS NULL GROUP BY p.folder",
            below(root),
        )
        photos: dict[str, int] = {root: 0}
        todo: dict[str, int] = {root: 0}
        for row in rows:
            for folder in up_to(from_db(row["folder"]), root):
                photos[folder] = photos.get(folder, 0) + row["photos"]
                todo[folder] = todo.get(folder, 0) + row["todo"]
        ordered = sorted(photos, key=lambda f: [] if f == root else os.path.relpath(f, root).split(os.sep))
        return tuple(
            FolderView(
                folder,
                os.path.basename(folder) or folder,
                0 if folder == root else os.path.relpath(folder, root).count(os.sep) + 1,
                photos[folder],
                todo[folder],
            )
            for folder in ordered
        )

    def count(self, folder: str) -> int:
        """How many rows the photos below a folder have."""
        return int(self._db.execute(f"SELECT count(*) FROM {_LISTED}", below(folder)).fetchone()[0])

    def page(self, folder: str, offset: int, limit: int) -> tuple[PhotoView, ...]:
        """Rows `offset` to `offset + limit` of the photos below a folder."""
        rows = self._db.execute(
            f"SELECT {ROW} FROM {_LISTED} ORDER BY p.path LIMIT ? OFFSET ?",
            (*below(folder), limit, offset),
        )
        return tuple(photo_view(row) for row in rows)

    def position(self, folder: str, path: str) -> int | None:
        """Which row of `page` a photo is in, its shot's where that has another lead; None where in none."""
        start, end = below(folder)
        row = self._db.execute(
            "SELECT coalesce(lead, path) AS listed FROM photos WHERE path = ?", (to_db(path),)
        ).fetchone()
        if row is None or not start <= row["listed"] < end:
            return None
        before = self._db.execute(f"SELECT count(*) FROM {_LISTED}", (start, row["listed"]))
        return int(before.fetchone()[0])

    def next_todo(self, folder: str, after: int) -> int | None:
        """The row of the next photo to do after row `after`, None where there is none."""
        here = self._path_of(folder, after)
        if here is None:
            return None
        compare = ">=" if after < 0 else ">"
        row = self._db.execute(
            f"SELECT p.path FROM photos p INDEXED BY photos_listed WHERE p.lead IS NULL "
            f"AND p.path {compare} ? AND p.path < ? AND {PROGRESS} = 'todo' ORDER BY p.path LIMIT 1",
            (here, below(folder)[1]),
        ).fetchone()
        return None if row is None else self.position(folder, from_db(row["path"]))

    def states(self, root: str) -> dict[str, int]:
        """How many rows there are of each progress."""
        rows = self._db.execute(
            f"SELECT {PROGRESS} AS progress, count(*) AS n FROM photos p "
            "WHERE p.path >= ? AND p.path < ? AND p.lead IS NULL GROUP BY progress",
            below(root),
        )
        return {row["progress"]: row["n"] for row in rows}

    def _path_of(self, folder: str, row: int) -> bytes | None:
        """The stored path of a row, of the first one for a row before it."""
        found = self._db.execute(
            f"SELECT p.path FROM {_LISTED} ORDER BY p.path LIMIT 1 OFFSET ?", (*below(folder), max(row, 0))
        ).fetchone()
        return None if found is None else bytes(found["path"])
