"""Opening a SQLite database of a home: pragmas, migrations, copies, and a clear word when it cannot be."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from nivo_tui.errors import NewerStoreError, StoreError
from nivo_tui.platform.files import on_network

_COPIES_KEPT = 7
_DAY_S = 86_400
_BUSY_MS = 10_000


def open_database(
    path: Path, migrations: Sequence[str], *, durable: bool, copies: Path | None = None
) -> sqlite3.Connection:
    """Open a database and bring it to the newest of `migrations` (its number is `PRAGMA user_version`).

    `durable` makes every commit reach the disk (synchronous=FULL). `copies` is the folder for the copies
    made once a day and before a migration; the last 7 are kept. Connections are in autocommit mode:
    transactions are begun by name. Raises NewerStoreError for a database of a newer program, StoreError
    for one that cannot be opened, is damaged where a copy is due, or was emptied though copies are there.
    """
    was_emptied = copies is not None and _is_empty(path) and bool(_copies_of(path, copies))
    try:
        connection = sqlite3.connect(
            path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version == 0 and was_emptied:
            # A new database in its place would look as if nothing had ever been decided.
            connection.close()
            raise StoreError(f"the database {path} is empty. {damage_remedy(path, copies)}")
        if version > len(migrations):
            connection.close()
            raise NewerStoreError(
                f"{path} was written by a newer nivo-tui (its format is {version}, this program knows "
                f"{len(migrations)}). Install the newer version; nothing was changed."
            )
        _configure(connection, path, durable=durable)
        if copies is not None and version:
            _copy_when_due(connection, path, copies, before_migration=version < len(migrations))
        _migrate(connection, migrations)
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"the database {path} cannot be used: {error}. {remedy(error, path, copies)}"
        ) from error
    return connection


def remedy(error: sqlite3.DatabaseError, path: Path, copies: Path | None) -> str:
    """What to do about an error of SQLite: only a damaged database is one to be replaced."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return f"Make room on the disk of {path.parent}, or look after the disk; then run it again."
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return f"{path.parent} must be a folder you may write to; NIVO_HOME or --home can name another."
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "Another program holds it; run it again when that has ended."
    return damage_remedy(path, copies)


def failure(connection: sqlite3.Connection, error: sqlite3.Error) -> StoreError:
    """What went wrong with a database in use, in a line that says what to do."""
    path = Path(connection.execute("PRAGMA database_list").fetchone()[2])
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    known = _FIXABLE.get(code)
    what = known.format(folder=path.parent) if known else "nivo-tui doctor says more."
    return StoreError(f"{path.name}: {error}. {what}")


_HELD = "Another program holds it; try again in a moment."
_BARRED = "{folder} and the files in it must be there, and such that you may write to them."
_FIXABLE = {
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_FULL: "Make room on the disk of {folder}.",
    sqlite3.SQLITE_IOERR: "Look after the disk of {folder}, and the room on it.",
    sqlite3.SQLITE_READONLY: _BARRED,
    sqlite3.SQLITE_CANTOPEN: _BARRED,
}


def damage_remedy(path: Path, copies: Path | None) -> str:
    """What to do about a damaged database: compute it again, or go back to a copy in `copies`."""
    name = path.name
    if copies is None:
        return f"It can be computed again: move {name} away and scan."
    aside = f"move {name}, {name}-wal and {name}-shm away and put the newest copy in its place"
    return f"Copies of it are in {copies}: {aside}."


def _configure(connection: sqlite3.Connection, path: Path, *, durable: bool) -> None:
    journal = "TRUNCATE" if on_network(path) else "WAL"
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    connection.execute("PRAGMA foreign_keys = ON")
    if sys.platform != "win32":
        path.chmod(0o600)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    while True:
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version >= len(migrations):
                connection.execute("ROLLBACK")
                return
            for statement in _statements(migrations[version]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _statements(script: str) -> list[str]:
    """The statements of a script: executescript would commit in between, so each is executed by itself."""
    found, text = [], ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            found.append(text)
            text = ""
    return found


def _is_empty(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == 0


def _copies_of(path: Path, copies: Path) -> list[Path]:
    """The copies of a database, the oldest first."""
    return sorted(copies.glob(f"{path.stem}-*.db"))


def _copy_when_due(
    connection: sqlite3.Connection, path: Path, copies: Path, *, before_migration: bool
) -> None:
    from nivo_tui.platform.files import make_private

    make_private(copies)
    old = _copies_of(path, copies)
    fresh = bool(old) and time.time() - old[-1].stat().st_mtime < _DAY_S
    if fresh and not before_migration:
        return
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        # A copy of it would push out a good one.
        raise sqlite3.DatabaseError(f"it is damaged ({' '.join(str(verdict).split())})")
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = copies / f"{path.stem}-{stamp}.db"
    # Commands that start together may all find that a copy is due.
    part = target.with_suffix(f".{os.getpid()}.part")
    with sqlite3.connect(part) as copy:
        connection.backup(copy)
    copy.close()
    part.replace(target)
    for extra in _copies_of(path, copies)[:-_COPIES_KEPT]:
        extra.unlink(missing_ok=True)
