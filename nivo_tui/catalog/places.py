"""Where a person was when the screen was left, and what came into the library since."""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nivo_tui.catalog.paths import below, from_db, to_db

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

_SHOWN_AND_NOT_DONE = (
    "p.lead IS NULL AND NOT EXISTS(SELECT 1 FROM d.reviews r JOIN d.acts a ON a.id = r.act "
    "WHERE r.path = p.path AND a.revoked_at IS NULL)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """The folder and the photo that were open, and when they were left, in epoch seconds."""

    folder: str
    path: str | None
    left_at: float


def remember(
    library: Library | sqlite3.Connection, root: str, folder: str, path: str | None, now: float | None = None
) -> None:
    """Keep where a person is in the library of `root`. One small write, which reaches the disk."""
    at = time.time() if now is None else now
    _connection(library).execute(
        "INSERT INTO places(root, folder, path, left_at) VALUES(?, ?, ?, ?) ON CONFLICT(root) DO UPDATE SET "
        "folder = excluded.folder, path = excluded.path, left_at = excluded.left_at",
        (to_db(root), to_db(folder), None if path is None else to_db(path), at),
    )


def where(library: Library | sqlite3.Connection, root: str) -> Place | None:
    """Where a person was in the library of `root`; None at the first visit."""
    row = (
        _connection(library)
        .execute("SELECT folder, path, left_at FROM places WHERE root = ?", (to_db(root),))
        .fetchone()
    )
    if row is None:
        return None
    folder = from_db(row["folder"])
    inside = folder == root or folder.startswith(root.rstrip(os.sep) + os.sep)
    path = None if row["path"] is None else from_db(row["path"])
    return Place(folder if inside else root, path, float(row["left_at"]))


def last_visit(library: Library | sqlite3.Connection, root: str) -> float | None:
    """When the library of `root` was left the last time, in epoch seconds; None at the first visit."""
    place = where(library, root)
    return None if place is None else place.left_at


def first_new(library: Library, root: str, since: float) -> str | None:
    """The first photo, in the order of paths, that came into the library after `since` and is not done."""
    row = library.connection.execute(
        "SELECT p.path FROM photos p WHERE p.path >= ? AND p.path < ? AND p.added_at > ? "
        f"AND {_SHOWN_AND_NOT_DONE} ORDER BY p.path LIMIT 1",
        (*below(root), since),
    ).fetchone()
    return None if row is None else from_db(row["path"])


def count_new(library: Library, root: str, since: float) -> int:
    """How many photos below a folder came into the library after `since` and are not done."""
    row = library.connection.execute(
        "SELECT count(*) FROM photos p WHERE p.path >= ? AND p.path < ? AND p.added_at > ? "
        f"AND {_SHOWN_AND_NOT_DONE}",
        (*below(root), since),
    ).fetchone()
    return int(row[0])


def _connection(library: Library | sqlite3.Connection) -> sqlite3.Connection:
    return library if isinstance(library, sqlite3.Connection) else library.connection
