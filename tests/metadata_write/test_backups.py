"""Which backups may be pruned, and which never."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nivo_tui.metadata.backups import backup_status, presence, prune_backup
from nivo_tui.metadata.journal import BackupRecord, Journal
from nivo_tui.metadata.planned import now
from nivo_tui.metadata.prune import why_kept
from nivo_tui.metadata.restore import restore_backup
from nivo_tui.metadata.undo import undo_run
from nivo_tui.metadata.verify import verify
from tests.metadata_write.builders import jpeg, write


def kept(journal: Journal, record: BackupRecord, path: Path, *, changed: bool = False) -> str | None:
    return why_kept(record, backup_status(record), verify(str(path), journal), changed=changed)


def test_the_backup_of_an_intact_photo_may_go(journal: Journal, photo: Path) -> None:
    write(journal, photo, "dune")
    (record,) = journal.backups()
    assert kept(journal, record, photo) is None
    list(undo_run(journal, execute=True))
    assert kept(journal, record, photo) is None
    assert prune_backup(journal, record) is None
    assert sorted(os.listdir(photo.parent)) == ["sea.jpg"]


@pytest.mark.parametrize("fate", ["gone", "text", "another picture", "rot in the picture", "rot elsewhere"])
def test_the_backup_of_a_photo_that_is_not_intact_stays(journal: Journal, photo: Path, fate: str) -> None:
    write(journal, photo, "dune")
    (record,) = journal.backups()
    status, data = photo.stat(), bytearray(photo.read_bytes())
    if fate == "gone":
        photo.unlink()
    elif fate == "text":
        photo.write_bytes(b"text")
    elif fate == "another picture":
        photo.write_bytes(jpeg(size=(20, 20)))
    else:
        data[-20 if "picture" in fate else data.index(b">sea<") + 1] ^= 1
        photo.write_bytes(bytes(data))
        os.utime(photo, ns=(0, status.st_mtime_ns))
    for changed in (False, True):
        assert "copy" in (kept(journal, record, photo, changed=changed) or "")


def test_metadata_changed_by_others_keep_the_backup_unless_told_otherwise(
    journal: Journal, photo: Path
) -> None:
    write(journal, photo, "dune")
    (record,) = journal.backups()
    photo.write_bytes(photo.read_bytes().replace(b">sea<", b">SEA<"))
    os.utime(photo, ns=(0, 10**18))
    assert "another program" in (kept(journal, record, photo) or "")
    assert kept(journal, record, photo, changed=True) is None


def test_the_backup_of_an_older_picture_of_the_same_name_stays(journal: Journal, photo: Path) -> None:
    write(journal, photo, "dune")
    photo.write_bytes(jpeg(size=(33, 33)))
    write(journal, photo, "surf")
    first, second = journal.backups()
    assert "another picture" in (kept(journal, first, photo) or "")
    assert kept(journal, second, photo) is None


def test_a_bad_backup_stays_and_its_length_tells_it_without_reading(journal: Journal, photo: Path) -> None:
    write(journal, photo, "dune")
    (record,) = journal.backups()
    backup = Path(record.backup)
    assert presence(record) is None
    spoiled = bytearray(backup.read_bytes())
    spoiled[30] ^= 1
    backup.write_bytes(bytes(spoiled))
    assert presence(record) is None
    assert kept(journal, record, photo)
    backup.write_bytes(b"short")
    assert presence(record) == "bad"
    backup.unlink()
    assert presence(record) == "none"


def test_a_restored_photo_lost_nothing_and_undo_brings_the_tags_back(
    journal: Journal, photo: Path, tmp_path: Path
) -> None:
    before = photo.read_bytes()
    link = tmp_path / "link.jpg"
    link.symlink_to(photo)
    write(journal, link, "dune", "surf")
    written = photo.read_bytes()
    (record,) = journal.backups()
    run = journal.begin_run("backups restore", now())
    receipt = restore_backup(journal, run, record, execute=True)
    journal.end_run(run, now())
    assert (receipt.status, receipt.path, receipt.target) == ("written", str(link), str(link))
    assert receipt.removed == ("dune", "surf")
    assert photo.read_bytes() == before and link.is_symlink()
    assert verify(str(link), journal).status == "ok"
    photo.write_bytes(before.replace(b">sea<", b">SEA<"))
    os.utime(photo, ns=(0, 10**18))
    assert verify(str(link), journal).lost == ()
    photo.write_bytes(before)
    (back,) = undo_run(journal, run, execute=True)
    assert (back.mode, back.added, photo.read_bytes()) == ("exact", ("dune", "surf"), written)
