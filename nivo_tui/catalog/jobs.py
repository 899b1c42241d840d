"""Jobs and events that outlive the process that asked for them: rows of the catalog."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EVENTS_KEPT = 10_000
CHANGES_FILES = ("write", "untag", "undo")
"""The kinds of jobs that change photos, where they are executed."""

_STALE_S = 30.0
_TOLD = "told"
"""In a job's summary: somebody looked on as it ended, or was told of it later."""

_CHANGED = (
    f"kind IN {CHANGES_FILES} AND json_extract(options, '$.execute') "
    "AND (state = 'interrupted' OR ended_at IS NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as its row says. `state`: queued, running, done, cancelled, failed or interrupted.

    `summary` is its last JSON line, `ended_at` epoch seconds; both are there once it is over.
    """

    id: int
    kind: str
    options: dict[str, Any]
    title: str
    state: str
    summary: dict[str, Any] = field(default_factory=dict)
    ended_at: float | None = None


class JobBoard:
    """The jobs, the ring of events and the heartbeat of a home."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def ask(self, kind: str, options: Mapping[str, Any], title: str) -> int:
        """Put a job into the queue; returns its number."""
        cursor = self._db.execute(
            "INSERT INTO jobs(kind, options, title, state, owner, asked_at) VALUES(?, ?, ?, 'queued', ?, ?)",
            (kind, json.dumps(options), title, os.getpid(), time.time()),
        )
        return int(cursor.lastrowid or 0)

    def next_queued(self) -> JobRow | None:
        """The oldest job that waits."""
        row = self._db.execute("SELECT * FROM jobs WHERE state = 'queued' ORDER BY id LIMIT 1").fetchone()
        return None if row is None else _job(row)

    def running(self) -> JobRow | None:
        """The job in hand."""
        row = self._db.execute("SELECT * FROM jobs WHERE state = 'running' ORDER BY id LIMIT 1").fetchone()
        return None if row is None else _job(row)

    def start(self, job: int) -> None:
        """Mark a job as the one in hand."""
        self._db.execute("UPDATE jobs SET state = 'running' WHERE id = ?", (job,))

    def end(self, job: int, state: str, summary: Mapping[str, Any], *, told: bool = True) -> None:
        """Mark a job as over. `told`: somebody looked on."""
        known = {**summary, _TOLD: True} if told else summary
        self._db.execute(
            "UPDATE jobs SET state = ?, summary = ?, ended_at = ? WHERE id = ?",
            (state, json.dumps(known), time.time(), job),
        )

    def untold(self) -> tuple[JobRow, ...]:
        """The jobs that changed files and are over, of whose end nobody was told; the oldest first."""
        rows = self._db.execute(
            f"SELECT * FROM jobs WHERE {_CHANGED} AND json_extract(summary, '$.{_TOLD}') IS NULL ORDER BY id"
        )
        return tuple(_job(row) for row in rows)

    def mark_told(self, jobs: Iterable[int]) -> None:
        """Remember that a person was told of the end of these jobs."""
        self._db.executemany(
            f"UPDATE jobs SET summary = json_set(coalesce(summary, '{{}}'), '$.{_TOLD}', json('true')) "
            "WHERE id = ?",
            ((job,) for job in jobs),
        )

    def job(self, job: int) -> JobRow | None:
        """The job of a number."""
        row = self._db.execute("SELECT * FROM jobs WHERE id = ?", (job,)).fetchone()
        return None if row is None else _job(row)

    def newest_change(self) -> JobRow | None:
        """The newest job that changed files and is over."""
        row = self._db.execute(f"SELECT * FROM jobs WHERE {_CHANGED} ORDER BY id DESC LIMIT 1").fetchone()
        return None if row is None else _job(row)

    def lines_of(self, kind: str, job: int | None = None) -> tuple[str, ...]:
        """The events of a type that the ring still holds, of one job where that is named; oldest first."""
        start = f'{{"type":"{kind}",' + (f'"job":{job},' if job is not None else "")
        rows = self._db.execute(
            "SELECT line FROM events WHERE substr(line, 1, ?) = ? ORDER BY number", (len(start), start)
        )
        return tuple(str(row["line"]) for row in rows)

    def interrupt_orphans(self) -> None:
        """Mark jobs of an engine that died as interrupted. Only for the holder of the home's lock."""
        self._db.execute("UPDATE jobs SET state = 'interrupted' WHERE state = 'running'")

    def drop_queue(self) -> None:
        """Forget the jobs that wait, so that an old wish is not carried out days later."""
        self._db.execute("UPDATE jobs SET state = 'cancelled' WHERE state = 'queued'")

    def ask_cancel(self, job: int | None) -> None:
        """Ask for the end of a job, or of the one in hand."""
        if job is None:
            self._db.execute("UPDATE jobs SET cancel = 1 WHERE state = 'running'")
        else:
            self._db.execute("UPDATE jobs SET cancel = 1 WHERE id = ?", (job,))

    def cancel_asked(self, job: int) -> bool:
        """Whether somebody asked for the end of this job."""
        row = self._db.execute("SELECT cancel FROM jobs WHERE id = ?", (job,)).fetchone()
        return bool(row and row["cancel"])

    def append(self, lines: Sequence[str]) -> None:
        """Add events to the ring."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany("INSERT INTO events(line) VALUES(?)", ((line,) for line in lines))
            self._db.execute(
                "DELETE FROM events WHERE number <= (SELECT max(number) FROM events) - ?", (EVENTS_KEPT,)
            )
            self._db.execute("COMMIT")
        except sqlite3.Error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def newest_event(self) -> int:
        """The number of the newest event, 0 before the first."""
        return int(self._db.execute("SELECT coalesce(max(number), 0) FROM events").fetchone()[0])

    def events_after(self, number: int, limit: int = 1000) -> tuple[tuple[int, str], ...]:
        """The events after a number, as (number, line), oldest first."""
        rows = self._db.execute(
            "SELECT number, line FROM events WHERE number > ? ORDER BY number LIMIT ?", (number, limit)
        )
        return tuple((r["number"], r["line"]) for r in rows)

    def newest_after(self, kind: str, other: str) -> str | None:
        """The newest event of a type, as its line; None where an event of the type `other` came after it."""
        start, border = f'{{"type":"{kind}",', f'{{"type":"{other}",'
        row = self._db.execute(
            "SELECT line FROM events WHERE substr(line, 1, ?) = ? OR substr(line, 1, ?) = ? "
            "ORDER BY number DESC LIMIT 1",
            (len(start), start, len(border), border),
        ).fetchone()
        return str(row["line"]) if row is not None and str(row["line"]).startswith(start) else None

    def beat(self, job: str | None) -> None:
        """Say that the engine of this process lives, and what it does."""
        now = time.time()
        self._db.execute(
            "INSERT INTO engine VALUES(1, ?, ?, ?, ?, ?) ON CONFLICT(only) DO UPDATE SET "
            "started_at = CASE WHEN pid = excluded.pid THEN started_at ELSE excluded.started_at END, "
            "pid = excluded.pid, host = excluded.host, beat_at = excluded.beat_at, job = excluded.job",
            (os.getpid(), socket.gethostname(), now, now, job),
        )

    def engine(self) -> tuple[int, str | None, bool] | None:
        """The engine's process id, its job's title, and whether its heart beat in the last 30 s."""
        row = self._db.execute("SELECT * FROM engine").fetchone()
        if row is None:
            return None
        return row["pid"], row["job"], time.time() - row["beat_at"] < _STALE_S


def _job(row: sqlite3.Row) -> JobRow:
    summary = json.loads(row["summary"]) if row["summary"] else {}
    summary.pop(_TOLD, None)
    options = json.loads(row["options"])
    return JobRow(row["id"], row["kind"], options, row["title"], row["state"], summary, row["ended_at"])
