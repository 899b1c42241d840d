"""What a person decided: acts, decisions, reviews, rules. Committed at once; only ever revoked."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from nivo_tui.catalog.database import failure, open_database
from nivo_tui.catalog.paths import below, from_db, to_db
from nivo_tui.catalog.records import fold
from nivo_tui.catalog.schema import DECISIONS_MIGRATIONS
from nivo_tui.errors import StoreError
from nivo_tui.model import State
from nivo_tui.settings import Paths
from nivo_tui.text import plain

NEVER = "never"


def open_decisions(paths: Paths) -> sqlite3.Connection:
    """Open decisions.db of a home, created, copied and migrated as needed. Raises StoreError."""
    connection = open_database(paths.decisions, DECISIONS_MIGRATIONS, durable=True, copies=paths.copies)
    connection.row_factory = sqlite3.Row
    return connection


@dataclass(frozen=True, slots=True)
class Choice:
    """One tag of one photo and what becomes of it. `single`: a key of its own judged this tag on it."""

    path: str
    tag: str
    label: str
    state: State
    category: str | None = None
    image_hash: str | None = None
    single: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest decision that stands for a photo and a tag."""

    id: int
    path: str
    tag: str
    label: str
    category: str | None
    state: State
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person did: a key press, a command, an import."""

    id: int
    title: str
    by: str
    at: str
    revoked: bool


class DecisionStore:
    """The decisions of a home."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._path: str = connection.execute("PRAGMA database_list").fetchone()[2]
        self._file = self._identity()

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection to decisions.db, for what `record` is given to add."""
        return self._db

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing. Raises StoreError where the database does not take it, or is not there."""
        if self._identity() != self._file:
            # SQLite would go on in a file that has no name any more, and all of it would be lost.
            raise StoreError(
                f"{self._path} was moved or deleted while it was open: nothing can be decided. Put it back, "
                "or quit and start again."
            )
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise failure(self._db, error) from error
        finally:
            # SQLite may have ended it itself, as where the disk is full.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def record(
        self,
        title: str,
        choices: Sequence[Choice] = (),
        *,
        by: str,
        done: Iterable[tuple[str, str | None]] = (),
        never: Collection[str] = (),
        rules: Collection[tuple[str, str, str | None]] = (),
        also: Callable[[int], None] | None = None,
    ) -> tuple[int, tuple[int, ...]]:
        """Commit one act: its choices, the photos that are done with it as (path, image hash), the tags that
        it stops everywhere, and other rules as (kind, tag, text).

        Returns the act's id and the ids of its decisions, in the order of `choices`. `by` is who or what
        decided: "key", "command", "import". `also` is given the act's id and adds what else belongs to it,
        all within one transaction.
        """
        with self._transaction():
            act = self._insert(
                "INSERT INTO acts(title, made_by, made_at) VALUES(?, ?, ?)", (plain(title), by, _now())
            )
            ids = tuple(self._add_decision(act, choice) for choice in choices)
            for path, image_hash in done:
                self._insert(
                    "INSERT INTO reviews(act, path, image_hash) VALUES(?, ?, ?)",
                    (act, to_db(path), image_hash),
                )
            for tag in never:
                self._insert("INSERT INTO rules(act, kind, tag) VALUES(?, ?, ?)", (act, NEVER, tag))
            for rule in rules:
                self._insert("INSERT INTO rules(act, kind, tag, text) VALUES(?, ?, ?, ?)", (act, *rule))
            if also is not None:
                also(act)
        return act, ids

    def _insert(self, statement: str, values: tuple[object, ...]) -> int:
        return int(self._db.execute(statement, values).lastrowid or 0)

    def _add_decision(self, act: int, choice: Choice) -> int:
        path = to_db(choice.path)
        number = self._insert(
            "INSERT INTO decisions(act, path, image_hash, tag, label, category, state, single) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(act, path, choice.image_hash, choice.tag, choice.label, choice.category),
                *(choice.state, choice.single),
            ),
        )
        self._db.execute(
            "INSERT OR REPLACE INTO standing(path, tag, decision, state, folded) VALUES(?, ?, ?, ?, ?)",
            (path, choice.tag, number, choice.state, fold(choice.label)),
        )
        return number

    def revoke_act(self, act: int) -> None:
        """Take back everything an act did."""
        self._mark_act(act, _now())

    def restore_act(self, act: int) -> None:
        """Let a revoked act stand again."""
        self._mark_act(act, None)

    def _mark_act(self, act: int, when: str | None) -> None:
        with self._transaction():
            self._db.execute("UPDATE acts SET revoked_at = ? WHERE id = ?", (when, act))
            rows = self._db.execute("SELECT DISTINCT path, tag FROM decisions WHERE act = ?", (act,))
            for row in rows.fetchall():
                self._restate(row["path"], row["tag"])

    def revoke_decision(self, decision: int) -> Standing | None:
        """Take one decision back; returns what it was, None where there is no such decision that stands."""
        row = self._db.execute(
            f"{_DECISIONS} WHERE d.id = ? AND d.revoked_at IS NULL AND a.revoked_at IS NULL", (decision,)
        ).fetchone()
        if row is None:
            return None
        with self._transaction():
            self._db.execute("UPDATE decisions SET revoked_at = ? WHERE id = ?", (_now(), decision))
            self._restate(row["path"], row["tag"])
        return _standing(row)

    def _restate(self, path: bytes, tag: str) -> None:
        """Make the standing row of a photo and tag again from the decisions that are not revoked."""
        self._db.execute("DELETE FROM standing WHERE path = ? AND tag = ?", (path, tag))
        row = self._db.execute(
            "SELECT d.id, d.state, d.label FROM decisions d JOIN acts a ON a.id = d.act "
            "WHERE d.path = ? AND d.tag = ? AND d.revoked_at IS NULL AND a.revoked_at IS NULL "
            "ORDER BY d.id DESC LIMIT 1",
            (path, tag),
        ).fetchone()
        if row is not None:
            self._db.execute(
                "INSERT INTO standing(path, tag, decision, state, folded) VALUES(?, ?, ?, ?, ?)",
                (path, tag, row["id"], row["state"], fold(row["label"])),
            )

    def of_photo(self, path: str) -> dict[str, Standing]:
        """The standing decisions of one photo, by tag."""
        rows = self._db.execute(f"{_STANDING} WHERE s.path = ? ORDER BY d.id", (to_db(path),))
        return {r["tag"]: _standing(r) for r in rows}

    def below(self, folder: str) -> tuple[Standing, ...]:
        """All standing decisions of the photos below a folder or of one file, oldest first."""
        start, end = below(folder)
        rows = self._db.execute(
            f"{_STANDING} WHERE (s.path >= ? AND s.path < ?) OR s.path = ? ORDER BY d.id",
            (start, end, to_db(folder)),
        )
        return tuple(_standing(r) for r in rows)

    def never_tags(self) -> frozenset[str]:
        """The tags that a rule stops everywhere."""
        rows = self._db.execute(
            "SELECT tag FROM rules r JOIN acts a ON a.id = r.act WHERE kind = ? AND a.revoked_at IS NULL",
            (NEVER,),
        )
        return frozenset(r["tag"] for r in rows)

    def act(self, number: int) -> Act | None:
        """One act, None where there is none of this number."""
        row = self._db.execute("SELECT * FROM acts WHERE id = ?", (number,)).fetchone()
        return None if row is None else _act(row)

    def newest_act(self, *, since: int) -> Act | None:
        """The newest act after number `since` that stands."""
        row = self._db.execute(
            "SELECT * FROM acts WHERE id > ? AND revoked_at IS NULL ORDER BY id DESC LIMIT 1", (since,)
        ).fetchone()
        return None if row is None else _act(row)

    def move(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Let decisions and reviews follow photos that were moved, as (old path, new path)."""
        with self._transaction():
            for old, new in pairs:
                for table in ("decisions", "reviews"):
                    self._db.execute(f"UPDATE {table} SET path = ? WHERE path = ?", (to_db(new), to_db(old)))
                self._db.execute("DELETE FROM standing WHERE path = ?", (to_db(old),))
                tags = self._db.execute("SELECT DISTINCT tag FROM decisions WHERE path = ?", (to_db(new),))
                for row in tags.fetchall():
                    self._restate(to_db(new), row["tag"])

    def rejected_of_hash(self, image_hash: str) -> frozenset[str]:
        """Tags rejected on any photo with this image data: they are not suggested on its copies either."""
        rows = self._db.execute(
            "SELECT DISTINCT d.tag FROM decisions d "
            "CROSS JOIN standing s ON s.path = d.path AND s.tag = d.tag "
            "WHERE d.image_hash = ? AND s.decision = d.id AND s.state = ?",
            (image_hash, State.REJECTED),
        )
        return frozenset(r["tag"] for r in rows)


_FIELDS = "d.id, d.path, d.tag, d.label, d.category, d.state, a.made_by, a.made_at"
_DECISIONS = f"SELECT {_FIELDS} FROM decisions d JOIN acts a ON a.id = d.act"
_STANDING = (
    f"SELECT {_FIELDS} FROM standing s JOIN decisions d ON d.id = s.decision JOIN acts a ON a.id = d.act"
)


def _standing(row: sqlite3.Row) -> Standing:
    return Standing(
        row["id"],
        from_db(row["path"]),
        row["tag"],
        row["label"],
        row["category"],
        State(row["state"]),
        row["made_by"],
        row["made_at"],
    )


def _act(row: sqlite3.Row) -> Act:
    return Act(row["id"], row["title"], row["made_by"], row["made_at"], row["revoked_at"] is not None)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
