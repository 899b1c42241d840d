"""Opening databases: migrations, newer programs, copies, damage."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from nivo_tui.catalog.database import open_database, remedy
from nivo_tui.catalog.schema import CATALOG_MIGRATIONS, DECISIONS_MIGRATIONS
from nivo_tui.errors import NewerStoreError, StoreError

ONE = ("CREATE TABLE a(x);",)
TWO = (*ONE, "CREATE TABLE b(y);\nINSERT INTO b VALUES(';');\n")


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_every_migration_of_ours_runs(tmp_path: Path) -> None:
    for name, migrations in (("c", CATALOG_MIGRATIONS), ("d", DECISIONS_MIGRATIONS)):
        connection = open_database(tmp_path / name, migrations, durable=True)
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(migrations)
        connection.close()


def test_an_old_database_is_migrated_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connection = open_database(path, ONE, durable=False)
    connection.execute("INSERT INTO a VALUES(7)")
    connection.close()
    connection = open_database(path, TWO, durable=False)
    assert _tables(connection) == {"a", "b"}
    assert connection.execute("SELECT x FROM a").fetchone()[0] == 7
    assert connection.execute("SELECT y FROM b").fetchone()[0] == ";"


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    open_database(path, ONE, durable=False).close()
    with pytest.raises(StoreError):
        open_database(path, (*ONE, "CREATE TABLE b(y);\nCREATE TABLE a(z);"), durable=False)
    connection = open_database(path, ONE, durable=False)
    assert _tables(connection) == {"a"}


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    open_database(path, TWO, durable=False).close()
    before = path.read_bytes()
    with pytest.raises(NewerStoreError, match="newer nivo-tui"):
        open_database(path, ONE, durable=False)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"this is no database, by far" * 50)
    with pytest.raises(StoreError, match=r"cannot be used.*scan"):
        open_database(path, ONE, durable=False)


def test_a_copy_is_made_before_a_migration_and_seven_are_kept(tmp_path: Path) -> None:
    path, copies = tmp_path / "x.db", tmp_path / "copies"
    open_database(path, ONE, durable=True, copies=copies).close()
    copies.mkdir(exist_ok=True)
    for n in range(9):
        (copies / f"x-2020010{n}-000000.db").write_bytes(b"")
    open_database(path, TWO, durable=True, copies=copies).close()
    kept = sorted(copies.glob("*.db"))
    assert len(kept) == 7
    copy = sqlite3.connect(kept[-1])
    assert _tables(copy) == {"a"}


def test_writes_are_synced_where_that_is_asked(tmp_path: Path) -> None:
    full = open_database(tmp_path / "x.db", ONE, durable=True)
    assert full.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert full.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_an_emptied_database_whose_copies_are_there_is_not_begun_anew(tmp_path: Path) -> None:
    path, copies = tmp_path / "x.db", tmp_path / "copies"
    for _ in range(2):
        open_database(path, ONE, durable=True, copies=copies).close()
    assert list(copies.glob("x-*.db"))
    path.write_bytes(b"")
    with pytest.raises(StoreError, match=r"empty.*copies"):
        open_database(path, ONE, durable=True, copies=copies)
    assert path.read_bytes() == b""
    path.unlink()  # whoever takes it away wants a new one
    open_database(path, ONE, durable=True, copies=copies).close()


def test_a_damaged_database_is_never_copied(tmp_path: Path) -> None:
    path, copies = tmp_path / "x.db", tmp_path / "copies"
    connection = open_database(path, ONE, durable=False)
    connection.executemany("INSERT INTO a VALUES(?)", [("x" * 500,) for _ in range(100)])
    connection.close()
    data = bytearray(path.read_bytes())
    data[8192:16384] = b"\xa5" * 8192
    path.write_bytes(data)
    with pytest.raises(StoreError, match=r"damaged.*copies"):
        open_database(path, ONE, durable=True, copies=copies)
    assert not list(copies.glob("*.db"))


def test_copies_made_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    path, copies = tmp_path / "x.db", tmp_path / "copies"
    open_database(path, ONE, durable=True).close()
    script = (
        "import sys; from pathlib import Path; from nivo_tui.catalog.database import open_database\n"
        "open_database(Path(sys.argv[1]), ['CREATE TABLE a(x);'], durable=True, copies=Path(sys.argv[2]))"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(path), str(copies)]) for _ in range(6)]
    assert [process.wait(30) for process in running] == [0] * 6
    assert [file.suffix for file in copies.iterdir()] == [".db"] * len(list(copies.iterdir()))


def test_a_full_disk_is_not_called_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert "Make room" in remedy(full, path, None) and "move" not in remedy(full, path, None)


def test_what_was_decided_about_a_tag_stands_under_its_new_id_and_the_newest_word_counts(
    tmp_path: Path,
) -> None:
    path = tmp_path / "d.db"
    old = open_database(path, DECISIONS_MIGRATIONS[:4], durable=False)
    old.execute("INSERT INTO acts VALUES(1, 'x', 'key', '2026-01-01', NULL)")
    given = (
        (1, b"a", "colorful", "accepted"),
        (2, b"a", "vibrant", "rejected"),
        (3, b"b", "vibrant", "rejected"),
        (4, b"b", "colorful", "accepted"),
        (5, b"c", "vibrant", "accepted"),
        (6, b"c", "warm_tones", "passed"),
        (7, b"c", "blue_hour", "accepted"),
    )
    for number, photo, tag, state in given:
        old.execute(
            "INSERT INTO decisions VALUES(?, 1, ?, 'h', ?, ?, 'mood', ?, NULL)",
            (number, photo, tag, tag, state),
        )
        old.execute("INSERT INTO standing VALUES(?, ?, ?, ?, ?)", (photo, tag, number, state, tag))
    old.close()
    new = open_database(path, DECISIONS_MIGRATIONS, durable=False)
    standing = new.execute("SELECT path, tag, decision, state FROM standing").fetchall()
    assert {tuple(row) for row in standing} == {
        (b"a", "vibrant", 2, "rejected"),
        (b"b", "vibrant", 4, "accepted"),
        (b"c", "vibrant", 5, "accepted"),
        (b"c", "warm", 6, "passed"),
        (b"c", "twilight", 7, "accepted"),
    }


def test_suggestions_get_their_new_ids_before_the_next_scan(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    old = open_database(path, CATALOG_MIGRATIONS[:4], durable=False)
    old.execute("INSERT INTO photos(id, path, folder, size, mtime_ns, ctime_ns) VALUES(1, 'a', '', 1, 1, 1)")
    for tag, category in (("colorful", "color"), ("vibrant", "mood"), ("warm_tones", "color")):
        old.execute(
            "INSERT INTO suggestions VALUES(1, ?, ?, ?, 0.5, 'pixels', 'x', 0, 0, 0)", (tag, tag, category)
        )
    old.close()
    new = open_database(path, CATALOG_MIGRATIONS, durable=False)
    found = {tuple(row) for row in new.execute("SELECT tag, category FROM suggestions")}
    assert found == {("vibrant", "color"), ("warm", "color")}
