"""Photos that ended the decoder: after two times they are left out until they change."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterable

from nivo_tui.catalog.paths import from_db, to_db

_KILLS = 2
_PACK_DEATHS = 3


class Quarantine:
    """Counts, per file as it stood, how often the engine died while it was being decoded."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def blame(self, paths: Iterable[str]) -> None:
        """Count one death for each of these, which were in hand."""
        for path in paths:
            try:
                stat = os.stat(path)
            except OSError:
                continue
            self._db.execute(
                "INSERT INTO quarantine VALUES(?, ?, ?, 1) ON CONFLICT(path) DO UPDATE SET "
                "kills = CASE WHEN size = excluded.size AND mtime_ns = excluded.mtime_ns "
                "THEN kills + 1 ELSE 1 END, size = excluded.size, mtime_ns = excluded.mtime_ns",
                (to_db(path), stat.st_size, stat.st_mtime_ns),
            )

    def shut_out(self) -> frozenset[str]:
        """The files that are not decoded again as they stand."""
        return frozenset(path for path, kills in self._standing() if kills >= _KILLS)

    def suspects(self, paths: Collection[str]) -> tuple[str, ...]:
        """Those of the paths that were in hand at one death: to be decoded with nothing beside them."""
        wanted = set(paths)
        return tuple(path for path, kills in self._standing() if kills < _KILLS and path in wanted)

    def pardon(self, paths: Iterable[str]) -> None:
        """Forget what was counted against these."""
        self._db.executemany("DELETE FROM quarantine WHERE path = ?", ((to_db(p),) for p in paths))

    def _standing(self) -> list[tuple[str, int]]:
        """The counts of files that have not changed since."""
        standing = []
        for row in self._db.execute("SELECT path, size, mtime_ns, kills FROM quarantine").fetchall():
            path = from_db(row["path"])
            try:
                stat = os.stat(path)
            except OSError:
                continue
            if (stat.st_size, stat.st_mtime_ns) == (row["size"], row["mtime_ns"]):
                standing.append((path, int(row["kills"])))
        return standing


class PackDeaths:
    """Counts, per pack as its files are, how often the engine died while one of its models was running.

    An innocent pack may have been running beside a decoder that crashed; one that is to blame is there each
    time.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def blame(self, packs: Iterable[str]) -> None:
        """Count one death for each of these, which were running."""
        self._db.executemany(
            "INSERT INTO pack_deaths VALUES(?, 1) ON CONFLICT(pack) DO UPDATE SET deaths = deaths + 1",
            ((pack,) for pack in set(packs)),
        )

    def barred(self) -> frozenset[str]:
        """The packs that are not used again as they are."""
        rows = self._db.execute("SELECT pack FROM pack_deaths WHERE deaths >= ?", (_PACK_DEATHS,))
        return frozenset(str(row["pack"]) for row in rows)

    def clear(self) -> None:
        """Forget the deaths of those that are not barred: a scan came through with them."""
        self._db.execute("DELETE FROM pack_deaths WHERE deaths < ?", (_PACK_DEATHS,))

    def pardon(self) -> None:
        """Forget what was counted against all of them."""
        self._db.execute("DELETE FROM pack_deaths")
