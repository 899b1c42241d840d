"""The write journal: what every run did to which file, so that it can be finished, undone and verified."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from blake3 import blake3

from nivo_tui.metadata.journal_records import (
    COLUMNS,
    BackupRecord,
    RunRecord,
    Settled,
    StandingWrite,
    WriteRecord,
    from_db,
    record_of,
    to_db,
    values_of,
)
from nivo_tui.text import plain

__all__ = [
    "BackupRecord",
    "Journal",
    "RunRecord",
    "Settled",
    "StandingWrite",
    "WriteRecord",
]

_SELECT = f"SELECT {COLUMNS}, id FROM writes"


class Journal:
    """The journal of a home, over an open decisions.db in autocommit mode whose commits reach the disk."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._finished: list[tuple[WriteRecord, BackupRecord | None]] = []

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """A transaction; it begins with the finished writes that are not on the disk yet."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for record, backup in self._finished:
                self._save_finished(record, backup)
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        self._finished.clear()

    def flush(self) -> None:
        """Bring the finished writes that wait for the next commit to the disk."""
        if self._finished:
            with self._transaction():
                pass

    def _flush_of(self, real: str) -> None:
        """The same where one of them is of this file: for another it need not cost a commit."""
        if any(record.real == real for record, _ in self._finished):
            self.flush()

    def home(self) -> str:
        """The random name of this home (8 hex digits), made with its database and kept in its copies."""
        return str(self._db.execute("SELECT id FROM origin").fetchone()[0])

    # -- runs

    def begin_run(self, command: str, started_at: str) -> int:
        """Give a command its number. The run counts as one from its first changed file on."""
        values = (plain(command), started_at)
        with self._transaction():
            cursor = self._db.execute("INSERT INTO runs(command, started_at) VALUES(?, ?)", values)
        return int(cursor.lastrowid or 0)

    def end_run(self, run: int, ended_at: str) -> None:
        """Note the end of a run; one that changed nothing is forgotten."""
        with self._transaction():
            self._db.execute("UPDATE runs SET ended_at = ? WHERE id = ?", (ended_at, run))
            self._forget_empty_runs("id = ?", run)

    def _forget_empty_runs(self, condition: str, *values: object) -> None:
        self._db.execute(
            f"DELETE FROM runs WHERE {condition} AND NOT EXISTS "
            "(SELECT 1 FROM writes WHERE run_id = runs.id) "
            "AND NOT EXISTS (SELECT 1 FROM backups WHERE run_id = runs.id)",
            values,
        )

    def runs(self) -> tuple[RunRecord, ...]:
        """The runs that changed files, the newest first."""
        self.flush()
        rows = self._db.execute(
            "SELECT r.id, r.command, r.started_at, r.ended_at, COUNT(*), SUM(w.state = 'done') "
            "FROM runs r JOIN writes w ON w.run_id = r.id "
            "WHERE w.kind = 'write' AND w.state IN ('done', 'undone') GROUP BY r.id ORDER BY r.id DESC"
        )
        return tuple(RunRecord(r[0], r[1], r[2], r[3], r[4], _run_state(r[4], r[5])) for r in rows)

    def newest_standing_run(self) -> int | None:
        """The newest run of which something still stands."""
        return next((write.run for write in self.standing()), None)

    def standing(self) -> tuple[StandingWrite, ...]:
        """All writes that were not taken back, those of the newest run first."""
        self.flush()
        rows = self._db.execute(
            "SELECT run_id, path, target, after_hash IS NULL FROM writes "
            "WHERE kind = 'write' AND state = 'done' ORDER BY run_id DESC, id"
        )
        return tuple(StandingWrite(r[0], from_db(r[1]), from_db(r[2]), bool(r[3])) for r in rows)

    def has_run(self, run: int) -> bool:
        """Whether there was a run of this number that changed a file."""
        row = self._db.execute("SELECT 1 FROM runs WHERE id = ?", (run,)).fetchone()
        return row is not None

    # -- writes

    def intend(self, record: WriteRecord) -> int:
        """Note on the disk what is about to be done to a file; returns the record's id."""
        marks = ", ".join("?" * (COLUMNS.count(",") + 1))
        with self._transaction():
            cursor = self._db.execute(f"INSERT INTO writes({COLUMNS}) VALUES({marks})", values_of(record))
        return int(cursor.lastrowid or 0)

    def finish(self, record: WriteRecord, backup: BackupRecord | None = None) -> None:
        """Note that an intended write was done, with what the file is now; what it takes back is undone.

        Of the record only what was not known before is saved: size, time, notes and traces of the file.
        It is committed with the next write's intent, or by `flush` and `end_run`: until then a crash leaves
        the intent, which `settle` finds done.
        """
        self._finished.append((record, backup))

    def _save_finished(self, record: WriteRecord, backup: BackupRecord | None) -> None:
        self._db.execute(
            "UPDATE writes SET state = 'done', temp = NULL, after_size = ?, after_mtime_ns = ?, notes = ?, "
            "traces = ? WHERE id = ?",
            (
                record.after_size,
                record.after_mtime_ns,
                json.dumps(list(record.notes)),
                None if record.traces is None else record.traces.to_json(),
                record.id,
            ),
        )
        if record.undoes is not None:
            self._db.execute("UPDATE writes SET state = 'undone' WHERE id = ?", (record.undoes,))
        if backup is not None:
            self._add_backup(backup)

    def abandon(self, number: int) -> None:
        """Note that an intended write was not done."""
        with self._transaction():
            self._db.execute("DELETE FROM writes WHERE id = ? AND state = 'intent'", (number,))

    def mark_undone(self, number: int) -> None:
        """Note that nothing of a write is left to take back."""
        with self._transaction():
            self._db.execute("UPDATE writes SET state = 'undone' WHERE id = ?", (number,))

    def writes_of_run(self, run: int) -> tuple[WriteRecord, ...]:
        """The writes of a run that stand, the newest first."""
        self.flush()
        rows = self._db.execute(
            f"{_SELECT} WHERE run_id = ? AND kind = 'write' AND state = 'done' ORDER BY id DESC", (run,)
        )
        return tuple(record_of(tuple(row)) for row in rows)

    def newest_of_photo(self, path: str) -> tuple[WriteRecord, ...]:
        """The newest change of each file of a photo, whose path may lead over links.

        A photo is known by every name under which it was written to. A change that is still an intent may
        be done or not.
        """
        self.flush()
        names = (to_db(path), to_db(os.path.realpath(path)))
        rows = self._db.execute(
            f"{_SELECT} WHERE id IN (SELECT MAX(id) FROM writes WHERE real IN "
            "(SELECT real FROM writes WHERE path IN "
            "(SELECT ? UNION ALL SELECT path FROM writes WHERE real = ?)) "
            "AND state IN ('intent', 'done', 'undone') GROUP BY real) ORDER BY id",
            names,
        )
        return tuple(record_of(tuple(row)) for row in rows)

    def values_standing(self, real: str) -> dict[str, WriteRecord]:
        """The keywords and texts that a file should hold by its writes, each with its last write.

        What a later write took out again is not among them.
        """
        self._flush_of(real)
        rows = self._db.execute(
            f"{_SELECT} WHERE real = ? AND kind = 'write' AND state = 'done' ORDER BY id", (to_db(real),)
        )
        standing: dict[str, WriteRecord] = {}
        for record in (record_of(tuple(row)) for row in rows):
            for value in record.removed:
                standing.pop(value, None)
            standing.update(dict.fromkeys(record.added, record))
        return standing

    def path_of(self, real: str) -> str:
        """The path under which a file, named with its links resolved, was last written to."""
        self._flush_of(real)
        row = self._db.execute(
            "SELECT path FROM writes WHERE real = ? ORDER BY id DESC LIMIT 1", (to_db(real),)
        ).fetchone()
        return real if row is None else from_db(row[0])

    def written_paths(self) -> frozenset[str]:
        """All photos that a run ever changed."""
        self.flush()
        rows = self._db.execute("SELECT DISTINCT path FROM writes WHERE state IN ('done', 'undone')")
        return frozenset(from_db(row[0]) for row in rows)

    def unsettled(self) -> tuple[WriteRecord, ...]:
        """The writes that were begun and neither finished nor abandoned."""
        self.flush()
        rows = self._db.execute(f"{_SELECT} WHERE state = 'intent' ORDER BY id")
        return tuple(record_of(tuple(row)) for row in rows)

    # -- backups

    def backup_of(self, real: str) -> BackupRecord | None:
        """The newest pristine copy of a file, by its path with links resolved."""
        return next(reversed(self.backups(real)), None)

    def is_picture(self, real: str, image_hash: str | None) -> bool:
        """Whether the picture last written to at this path is the one of this hash, as far as known."""
        self._flush_of(real)
        row = self._db.execute(
            "SELECT image_hash FROM writes WHERE real = ? AND image_hash IS NOT NULL "
            "ORDER BY id DESC LIMIT 1",
            (to_db(real),),
        ).fetchone()
        return row is None or image_hash is None or row[0] == image_hash

    def move(self, old: str, new: str) -> None:
        """Follow a photo that was moved: its writes and its backups are those of the new path.

        Sidecars are files of their own and keep their targets.
        """
        self.flush()
        real = os.path.realpath(new)
        with self._transaction():
            self._db.execute(
                "UPDATE writes SET target = ?, real = ? WHERE path = ? AND target = ?",
                (to_db(new), to_db(real), to_db(old), to_db(old)),
            )
            self._db.execute("UPDATE writes SET path = ? WHERE path = ?", (to_db(new), to_db(old)))
            self._db.execute("UPDATE backups SET target = ? WHERE target = ?", (to_db(real), to_db(old)))

    def backups(self, real: str | None = None) -> tuple[BackupRecord, ...]:
        """The backups of one file, or all; the oldest first."""
        if real is None:
            self.flush()
        else:
            self._flush_of(real)
        where, values = ("", ()) if real is None else (" WHERE target = ?", (to_db(real),))
        rows = self._db.execute(
            f"SELECT target, backup, hash, size, created_at, run_id FROM backups{where} ORDER BY id", values
        )
        return tuple(
            BackupRecord(from_db(row[0]), from_db(row[1]), row[2], row[3], row[4], row[5]) for row in rows
        )

    def forget_backup(self, backup: str) -> None:
        """Note that a backup is gone."""
        with self._transaction():
            self._db.execute("DELETE FROM backups WHERE backup = ?", (to_db(backup),))

    def _add_backup(self, backup: BackupRecord) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO backups(target, backup, hash, size, created_at, run_id) "
            "VALUES(?, ?, ?, ?, ?, ?)",
            (
                to_db(backup.target),
                to_db(backup.backup),
                backup.hash,
                backup.size,
                backup.created_at,
                backup.run,
            ),
        )

    # -- after a crash

    def settle(self) -> tuple[Settled, ...]:
        """Finish or roll back what was interrupted. No other write may be under way.

        A file with the bytes the write was to give it is finished; one with the bytes from before is rolled
        back, its backup and temporary file removed; any other was changed by someone since, and stays.
        """
        settled = tuple(self._settle(record) for record in self.unsettled())
        with self._transaction():
            self._forget_empty_runs("ended_at IS NULL")
        return settled

    def _settle(self, record: WriteRecord) -> Settled:
        if record.temp:
            _remove_file(record.temp)
        present = _hash_of_file(record.real)
        if present == record.after_hash:
            status = os.stat(record.real) if present is not None else None
            backup = None
            if record.backup and record.before_hash and _hash_of_file(record.backup) == record.before_hash:
                backup = BackupRecord(
                    record.real,
                    record.backup,
                    record.before_hash,
                    record.before_size or 0,
                    record.at,
                    record.run,
                )
            done = replace(
                record,
                after_size=status.st_size if status else None,
                after_mtime_ns=status.st_mtime_ns if status else None,
                notes=(*record.notes, "finished after an interruption"),
            )
            self.finish(done, backup)
            return Settled(record.path, record.target, "finished")
        if record.backup and present == record.before_hash and _is_beginning(record.backup, record.real):
            _remove_file(record.backup)
        self.abandon(record.id)
        outcome = "rolled back" if present == record.before_hash else "changed by another program"
        return Settled(record.path, record.target, outcome)


def _hash_of_file(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return blake3(file.read()).hexdigest()
    except OSError:
        return None


def _is_beginning(copy: str, path: str) -> bool:
    """Whether a file is a copy, or the beginning of one, of another."""
    try:
        with open(copy, "rb") as first, open(path, "rb") as second:
            return second.read().startswith(first.read())
    except OSError:
        return False


def _remove_file(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _run_state(files: int, standing: int) -> str:
    if standing == files:
        return "stands"
    return "partly" if standing else "undone"
