"""`backups list|verify|prune|restore` and `verify` of scanned photos, from outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from running import nivo, picture

FIELDS = {"type", "path", "backup", "status", "bytes", "created", "run"}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = picture(tmp_path / "photos" / "a.jpg", size=(320, 240))
    assert nivo("write", path, "--keyword", "beach", "--execute").status == 0
    return path


def damage(path: Path, at: int) -> None:
    """Change a byte as a failing disk would: the file's size and time stay."""
    status, data = path.stat(), bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_backups_are_listed_and_verified(photo: Path) -> None:
    mine = photo.with_name("b.jpg.original")
    mine.write_text("not of this program")
    ran = nivo("backups", "list", "--json")
    (line,) = ran.of("backup")
    assert set(line) == FIELDS
    backup = Path(line["backup"])
    assert (line["path"], line["status"], line["run"]) == (str(photo), None, 1)
    assert (line["bytes"], ran.summary["bytes"]) == (backup.stat().st_size,) * 2
    ran = nivo("backups", "verify", photo.parent, "--json")
    assert (ran.status, ran.of("backup")[0]["status"], ran.summary["good"]) == (0, "good", 1)
    damage(backup, 200)
    ran = nivo("backups", "verify", backup, "--json")
    assert (ran.status, ran.of("backup")[0]["status"], ran.summary["bad"]) == (1, "bad", 1)
    backup.unlink()
    assert nivo("backups", "list", photo, "--json").of("backup")[0]["status"] == "none"
    assert mine.read_text() == "not of this program"


def test_prune_says_first_and_deletes_only_ours_of_intact_photos(photo: Path) -> None:
    other = picture(photo.parent / "c.jpg", seed=5, size=(320, 240))
    nivo("write", other, "--keyword", "sea", "--execute")
    foreign = photo.with_name("d.jpg.original")
    foreign.write_text("not of this program")
    damage(other, other.stat().st_size - 30)
    ran = nivo("backups", "prune", "--json")
    assert {Path(x["path"]).name: x["action"] for x in ran.of("backup")} == {
        "a.jpg": "planned",
        "c.jpg": "kept",
    }
    assert set(ran.of("backup")[0]) == {*FIELDS, "action", "reason"}
    assert photo.with_name("a.jpg.original").exists()
    assert nivo("backups", "prune", "--older-than", "3", "--json").summary["backups"] == 0
    ran = nivo("backups", "prune", "--older-than", "0", "--execute", photo.parent, "--json")
    assert (ran.status, ran.summary["pruned"], ran.summary["kept"]) == (0, 1, 1)
    assert sorted(os.listdir(photo.parent)) == ["a.jpg", "c.jpg", "c.jpg.original", "d.jpg.original"]
    assert nivo("undo", "--run", "1", "--execute", "--json").of("receipt")[0]["mode"] == "exact"


def test_restore_gives_the_pristine_photo_back_and_is_a_run_that_can_be_undone(photo: Path) -> None:
    written, pristine = photo.read_bytes(), photo.with_name("a.jpg.original").read_bytes()
    (planned,) = nivo("backups", "restore", photo, "--json").of("receipt")
    assert planned["status"] == "planned" and photo.read_bytes() == written
    ran = nivo("backups", "restore", photo, "--execute", "--json")
    (receipt,) = ran.of("receipt")
    assert (receipt["status"], receipt["removed"], receipt["run"]) == (
        "written",
        ["beach"],
        ran.summary["run"],
    )
    assert photo.read_bytes() == pristine
    assert nivo("runs", "--json").of("run")[0]["command"] == "backups restore"
    assert nivo("backups", "restore", photo, "--execute", "--json").of("receipt")[0]["status"] == "unchanged"
    assert nivo("undo", "--execute", "--json").of("receipt")[0]["mode"] == "exact"
    assert photo.read_bytes() == written
    photo.unlink()
    assert nivo("backups", "restore", photo, "--execute", "--json").of("receipt")[0]["status"] == "written"
    assert photo.read_bytes() == pristine
    damage(photo.with_name("a.jpg.original"), 100)
    (refused,) = nivo("backups", "restore", photo, "--execute", "--json").of("receipt")
    assert refused["status"] == "refused" and refused["reason"] and photo.read_bytes() == pristine


@pytest.mark.parametrize(
    "words", [("",), ("burn",), ("list", "{}"), ("list", "--execute"), ("prune", "--older-than", "-1")]
)
def test_wrong_usage_is_status_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = nivo("backups", *(word.format(tmp_path / "none.jpg") for word in words if word))
    assert ran.status == 2 and ran.out == "" and "Traceback" not in ran.err


def test_words_for_a_person(photo: Path) -> None:
    assert "a.jpg.original" in nivo("backups", "list").out
    assert "--execute" in nivo("backups", "prune").out
    assert "no backup" in nivo("backups", "list", "--home", photo.parent.parent / "other-home").out


def test_verify_covers_photos_that_were_only_scanned(photo: Path) -> None:
    other = picture(photo.parent / "b.jpg", seed=9, size=(320, 240))
    assert nivo("verify", other, "--json").of("verify")[0]["image"] is None
    assert nivo("scan", photo.parent, "--models", "none").status == 0
    ran = nivo("verify", photo.parent, "--json")
    assert [(v["status"], v["image"], v["backup"]) for v in ran.of("verify")] == [
        ("ok", "same", "good"),
        ("ok", "same", "none"),
    ]
    damage(other, other.stat().st_size - 30)
    damage(photo, photo.stat().st_size - 30)
    ran = nivo("verify", photo.parent, "--json")
    assert [(v["status"], v["image"], v["changed_by"]) for v in ran.of("verify")] == [
        ("differs", "changed", "bit rot")
    ] * 2
    assert (ran.status, ran.summary["differs"]) == (1, 2)
    assert "bit rot in the picture" in nivo("verify", other).out
    photo.unlink()
    other.unlink()
    assert {v["status"] for v in nivo("verify", photo.parent, "--json").of("verify")} == {"missing"}
