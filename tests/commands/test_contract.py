"""What holds for every command: its last line, its exit status, and odd surroundings it has to bear."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from running import nivo, picture

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a shell and names of POSIX")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return picture(tmp_path / "photos" / "a.jpg", size=(320, 240))


def in_shell(line: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of a POSIX shell in which $NIVO is the program."""
    command = f"{sys.executable} -m nivo_tui"
    return subprocess.run(
        ["sh", "-c", line.replace("$NIVO", command)], capture_output=True, timeout=60, check=False
    )


def test_every_command_ends_with_a_summary(photo: Path) -> None:
    nivo("scan", photo, "--models", "none")
    made = nivo("decide", photo, "--accept", "beach", "--json").of("decision")[0]["id"]
    for words in (
        ("show", photo),
        ("decisions",),
        ("revoke", made),
        ("runs",),
        ("undo", "--execute"),
        ("verify", photo),
        ("export", photo),
    ):
        ran = nivo(*words, "--json")
        assert ran.status == 0 and ran.out.isascii(), words
        assert [line["type"] for line in ran.lines].count("summary") == 1 and ran.summary, words


@pytest.mark.parametrize(
    "words",
    [
        ("write", "PHOTO", "--keyword", "x", "--categories", "nonsense"),
        ("write", "PHOTO", "--categories", ","),
        ("write", "PHOTO", "--keyword", " "),
        ("undo", "--run", "7"),
        ("undo", "PHOTO.gone"),
        ("verify", "PHOTO.gone"),
        ("decisions", "PHOTO.gone"),
        ("revoke", "99999999999999999999"),
        ("export", "PHOTO", "--format", "csv", "--json"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_status_2(photo: Path, words: tuple[str, ...]) -> None:
    ran = nivo(*(word.replace("PHOTO", str(photo)) for word in words))
    assert ran.status == 2 and ran.out == "" and "Traceback" not in ran.err and "nivo-tui" in ran.err


@POSIX
def test_closed_and_full_streams_are_borne(photo: Path) -> None:
    for closed in (">&-", "2>&-", "<&- >&- 2>&-"):
        assert in_shell(f"$NIVO scan {photo} --models none {closed}").returncode == 0, closed
    if os.path.exists("/dev/full"):
        for words in (f"show {photo}", f"export {photo}"):
            ran = in_shell(f"$NIVO {words} > /dev/full")
            assert ran.returncode == 1 and b"Traceback" not in ran.stderr and b"No space" in ran.stderr


@POSIX
def test_names_and_words_that_are_no_utf_8(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path / "photos") + b"/caf\xe9.jpg"
    picture(tmp_path / "photos" / "x.jpg", size=(320, 240)).rename(os.fsdecode(name))
    before = Path(os.fsdecode(name)).read_bytes()
    ran = nivo("write", os.fsdecode(name), "--keyword", "x", "--execute", "--json")
    assert ran.status == 0 and ran.of("receipt")[0]["path"] == os.fsdecode(name)
    assert nivo("undo", os.fsdecode(name), "--execute", "--json").summary["undone"] == 1
    assert Path(os.fsdecode(name)).read_bytes() == before
    word = os.fsdecode(b"caf\xe9")
    assert nivo("write", os.fsdecode(name), "--keyword", word, "--execute").status == 2
    nivo("scan", os.fsdecode(name), "--models", "none")
    assert nivo("decide", os.fsdecode(name), "--accept", word).status == 2
    assert Path(os.fsdecode(name)).read_bytes() == before


@POSIX
def test_a_link_to_nothing_is_a_photo_that_failed(tmp_path: Path) -> None:
    link = tmp_path / "photos" / "a.jpg"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "nowhere")
    ran = nivo("scan", link, "--models", "none", "--json")
    assert ran.status == 1 and ran.of("photo")[0]["error"]
    assert nivo("write", link, "--keyword", "x", "--json").of("receipt")[0]["status"] == "refused"


def test_a_home_among_the_photos_is_not_looked_into(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg", size=(320, 240))
    for _ in range(2):
        assert nivo("scan", tmp_path, "--models", "none", "--json").summary["photos"] == 1
    assert len(nivo("write", tmp_path, "--keyword", "x", "--json").of("receipt")) == 1


def test_a_tag_the_file_has_in_other_letters_is_not_written_twice(photo: Path) -> None:
    nivo("write", photo, "--keyword", "Beach", "--execute")
    nivo("scan", photo, "--models", "none")
    nivo("decide", photo, "--accept", "beach")
    nivo("write", photo, "--execute")
    nivo("scan", photo, "--models", "none")
    assert nivo("show", photo, "--json").of("photo")[0]["file_keywords"] == ["Beach"]


def test_an_import_never_undoes_a_decision(photo: Path, tmp_path: Path) -> None:
    nivo("scan", photo, "--models", "none")
    nivo("decide", photo, "--accept", "beach", "--reject", "horizontal")
    file = tmp_path / "tags.json"
    file.write_text(json.dumps({str(photo): ["beach", "Horizontal", "horizontal", "garden"]}))
    ran = nivo("import", file, "--json")
    assert (ran.summary["tags"], ran.summary["decided"]) == (1, 2)
    assert nivo("import", file, "--accept", "--json").summary["tags"] == 1
    states = {d["tag"]: d["state"] for d in nivo("decisions", photo, "--json").of("decision")}
    assert states == {"beach": "accepted", "horizontal": "rejected", "garden": "accepted"}


def test_undo_passes_over_files_that_are_gone_and_finds_the_run_of_a_path(photo: Path) -> None:
    first, second = photo, picture(photo.parent / "b.jpg", seed=1, size=(320, 240))
    before = first.read_bytes(), second.read_bytes()
    nivo("write", first, "--keyword", "one", "--execute")
    nivo("write", second, "--keyword", "two", "--execute")
    assert nivo("undo", first, "--execute", "--json").summary["run"] == 1
    assert (first.read_bytes(), second.read_bytes() == before[1]) == (before[0], False)
    nivo("write", first, "--keyword", "three", "--execute")
    first.unlink()
    assert nivo("verify", first, "--json").of("verify")[0]["status"] == "missing"
    assert nivo("undo", "--execute", "--json").summary["run"] == 2
    assert second.read_bytes() == before[1]
    ran = nivo("undo", "--execute", "--json")
    assert ran.status == 0 and ran.summary["undone"] == 0 and ran.of("receipt")[0]["mode"] == "refused"


def test_damaged_databases_are_a_clear_line(photo: Path, home: Path) -> None:
    nivo("scan", photo, "--models", "none")
    for name, status in (("catalog.db", "computed again"), ("decisions.db", "copies")):
        whole = (home / name).read_bytes()
        (home / name).write_bytes(os.urandom(9000))
        for words in (("show", photo), ("write", photo, "--keyword", "x", "--execute")):
            ran = nivo(*words)
            assert ran.status == 2 and status in ran.err and "Traceback" not in ran.err
        (home / name).write_bytes(whole[:4096] + os.urandom(8192) + whole[12288:])
        ran = nivo("show", photo)
        assert ran.status == 2 and ran.err.count("\n") == 1 and "doctor" in ran.err
        (home / name).write_bytes(whole)
    with sqlite3.connect(home / "catalog.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    ran = nivo("scan", photo)
    assert ran.status == 2 and "newer nivo-tui" in ran.err
