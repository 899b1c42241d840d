"""The history: every act of decisions and every written run, the newest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from nivo_tui.catalog.decisions import NEVER
from nivo_tui.catalog.words import KEEP, MAP

if TYPE_CHECKING:
    import sqlite3

    from nivo_tui.catalog.library import Library


class Kind(StrEnum):
    """What the history lists: everything, rules, what decided on many photos at once, or written runs."""

    ALL = "all"
    RULES = "rules"
    BULK = "bulk"
    RUNS = "runs"


Key = tuple[str, int]
"""An entry: `act` or `run`, and its number."""

_ACT, _RUN = "act", "run"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history.

    `number` is the act's, or the run's where `is_run`. `by` is who or what decided: key, bulk, command
    and so on. `decisions` and `photos` count what it holds (a run's photos are the files it changed);
    `rules` are the tags it stops everywhere, `words` what it says of keywords. `state` is stands or revoked,
    of a run stands, partly or undone; an act of which single decisions were taken back stands partly as
    well.
    """

    number: int
    is_run: bool
    at: str
    title: str
    by: str
    decisions: int
    photos: int
    rules: tuple[str, ...]
    state: str
    words: tuple[str, ...] = ()

    @property
    def revoked(self) -> bool:
        """Whether nothing of it stands."""
        return self.state in ("revoked", "undone")


class History:
    """Reads the history of a home over its library."""

    def __init__(self, library: Library) -> None:
        self._db = library.connection

    def keys(self, kind: Kind = Kind.ALL, words: str = "") -> tuple[Key, ...]:
        """All entries of a kind whose title holds `words`, the newest first.

        Reads the whole history, 100,000 acts in some tenths of a second: not for the screen's thread.
        """
        like = "%" + re.sub(r"([%_\\])", r"\\\1", words) + "%"
        parts, values = [], []
        if kind is not Kind.RUNS:
            parts.append(
                "SELECT a.made_at AS at, 0 AS run, a.id AS number FROM d.acts a "
                f"WHERE {_OF_KIND[kind]} AND a.title LIKE ? ESCAPE '\\'"
            )
            values.append(like)
        if kind in (Kind.ALL, Kind.RUNS):
            parts.append(
                "SELECT r.started_at AS at, 1 AS run, r.id AS number FROM d.runs r "
                "WHERE r.command LIKE ? ESCAPE '\\' AND EXISTS("
                "SELECT 1 FROM d.writes w WHERE w.run_id = r.id AND w.kind = 'write' "
                "AND w.state IN ('done', 'undone'))"
            )
            values.append(like)
        rows = self._db.execute(
            f"SELECT run, number FROM ({' UNION ALL '.join(parts)}) ORDER BY at DESC, number DESC", values
        )
        return tuple((_RUN if row["run"] else _ACT, row["number"]) for row in rows)

    def entries(self, keys: Sequence[Key]) -> tuple[Entry, ...]:
        """The lines of some entries, in their order; what is gone is left out."""
        found = {
            **{(_ACT, e.number): e for e in self._acts([n for kind, n in keys if kind == _ACT])},
            **{(_RUN, e.number): e for e in self._runs([n for kind, n in keys if kind == _RUN])},
        }
        return tuple(found[key] for key in keys if key in found)

    def entry(self, act: int) -> Entry | None:
        """One act."""
        return next(iter(self._acts([act])), None)

    def changes_suggestions(self, acts: Sequence[int]) -> bool:
        """Whether what is suggested depends on one of these acts: keywords, clocks, bars."""
        marks = _marks(acts)
        row = self._db.execute(
            f"SELECT 1 FROM d.rules WHERE act IN ({marks}) AND kind <> ? "
            f"UNION ALL SELECT 1 FROM d.own_words WHERE act IN ({marks}) "
            f"UNION ALL SELECT 1 FROM d.clocks WHERE act IN ({marks}) LIMIT 1",
            (*acts, NEVER, *acts, *acts),
        ).fetchone()
        return row is not None

    def _acts(self, numbers: Sequence[int]) -> list[Entry]:
        rows = self._db.execute(f"{_ACTS} WHERE a.id IN ({_marks(numbers)})", tuple(numbers))
        return [self._act(row) for row in rows.fetchall()]

    def _act(self, row: sqlite3.Row) -> Entry:
        rules: tuple[str, ...] = ()
        words: tuple[str, ...] = ()
        if row["rules"]:
            made = self._db.execute(
                "SELECT kind, tag, coalesce(text, '') FROM d.rules WHERE act = ? ORDER BY id", (row["id"],)
            ).fetchall()
            rules = tuple(tag for kind, tag, _ in made if kind == NEVER)
            words = tuple(_SAYS[kind].format(tag, text) for kind, tag, text in made if kind in _SAYS)
        if row["revoked_at"] is not None:
            state = "revoked"
        elif row["single"]:
            state = "revoked" if row["single"] == row["decisions"] and not rules else "partly"
        else:
            state = "stands"
        by = "rule" if rules else row["made_by"]
        return Entry(
            row["id"],
            False,
            row["made_at"],
            row["title"],
            by,
            row["decisions"],
            row["photos"],
            rules,
            state,
            words,
        )

    def _runs(self, numbers: Sequence[int]) -> list[Entry]:
        rows = self._db.execute(f"{_RUNS} WHERE r.id IN ({_marks(numbers)}) GROUP BY r.id", tuple(numbers))
        return [
            Entry(
                row["id"],
                True,
                row["started_at"],
                row["command"],
                "write",
                0,
                row["files"],
                (),
                "undone"
                if not row["standing"]
                else "stands"
                if row["standing"] == row["files"]
                else "partly",
            )
            for row in rows
        ]


_SAYS = {MAP: "{0} is written as {1}", KEEP: "{1} is kept apart from {0}"}
_OF_KIND = {
    Kind.ALL: "1",
    Kind.RULES: "a.id IN (SELECT act FROM d.rules)",
    Kind.BULK: "a.made_by NOT IN ('key') AND a.id NOT IN (SELECT act FROM d.rules)",
}
_ACTS = (
    "SELECT a.id, a.title, a.made_by, a.made_at, a.revoked_at, "
    "(SELECT count(*) FROM d.decisions x WHERE x.act = a.id) AS decisions, "
    "(SELECT count(*) FROM d.decisions x WHERE x.act = a.id AND x.revoked_at IS NOT NULL) AS single, "
    "(SELECT count(DISTINCT x.path) FROM d.decisions x WHERE x.act = a.id) AS photos, "
    "EXISTS(SELECT 1 FROM d.rules u WHERE u.act = a.id) AS rules FROM d.acts a"
)
_RUNS = (
    "SELECT r.id, r.command, r.started_at, count(*) AS files, sum(w.state = 'done') AS standing "
    "FROM d.runs r JOIN d.writes w ON w.run_id = r.id AND w.kind = 'write' AND w.state IN ('done', 'undone')"
)


def _marks(numbers: Sequence[int]) -> str:
    return ", ".join("?" * len(numbers))
