"""Writing to files and taking it back, seen from outside."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nivo_tui.metadata import xmp
from nivo_tui.metadata.backups import backup_status, prune_backup, verify_backups
from nivo_tui.metadata.containers.jpeg import walk, xmp_packet
from nivo_tui.metadata.containers.jpeg_edit import edit_xmp
from nivo_tui.metadata.edits import apply_edits
from nivo_tui.metadata.journal import Journal
from nivo_tui.metadata.plan import WriteOptions, WriteRequest, plan_write
from nivo_tui.metadata.planned import now
from nivo_tui.metadata.restore import restore_backup
from nivo_tui.metadata.undo import undo_run, untag
from nivo_tui.metadata.verify import verify
from nivo_tui.metadata.xmp import Keyword
from nivo_tui.model import Receipt
from nivo_tui.platform import files
from nivo_tui.tagger import write_tags
from tests.metadata_write.builders import bag, jpeg, open_journal, packet, write, xmp_segment

OLD = 1_600_000_000_123_456_700


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    path = folder / "sea.jpg"
    path.write_bytes(jpeg(xmp_segment(packet(bag("dc:subject", "sea")))))
    os.utime(path, ns=(OLD, OLD))
    return path


def facts(path: Path) -> xmp.XmpFacts:
    data = path.read_bytes()
    found = data if path.suffix == ".xmp" else xmp_packet(data, walk(data))
    return xmp.read(found) if found else xmp.XmpFacts()


def another_program_writes(path: Path, *keywords: str, description: str = "theirs") -> None:
    """Put keywords and a description into a file as another program would: none of our records are kept."""
    data = path.read_bytes()
    body = bag("dc:subject", *keywords) + f"<dc:description>{description}</dc:description>"
    path.write_bytes(apply_edits(data, edit_xmp(data, packet(body))))


def add_caption(path: Path) -> None:
    """Put a caption into the packet that is there, and leave all else."""
    data = path.read_bytes()
    old = xmp_packet(data, walk(data)) or b""
    new = old.replace(b"<rdf:Description ", b'<rdf:Description xmlns:own2="urn:o" own2:caption="kept" ', 1)
    path.write_bytes(apply_edits(data, edit_xmp(data, new)))


def undo(journal: Journal, run: int | None = None, execute: bool = True) -> list[Receipt]:
    return list(undo_run(journal, run, execute=execute))


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def test_a_write_says_what_it_did_and_undo_gives_every_byte_and_the_time_back(
    journal: Journal, photo: Path
) -> None:
    before = photo.read_bytes()
    (receipt,) = write(journal, photo, "dune", "Zürich", "日本")
    assert (receipt.status, receipt.path, receipt.target) == ("written", str(photo), str(photo))
    assert receipt.added == ("dune", "Zürich", "日本")
    assert receipt.fields == (
        "xmp:dc:subject",
        "xmp:lr:hierarchicalSubject",
        "xmp:digiKam:TagsList",
        "iptc:Keywords",
    )
    assert receipt.backup == f"{photo}.original"
    assert receipt.before != receipt.after
    assert facts(photo).keywords == ("sea", "dune", "Zürich", "日本")
    assert Path(receipt.backup).read_bytes() == before
    (planned,) = undo(journal, execute=False)
    assert (planned.status, planned.mode) == ("planned", "exact")
    (back,) = undo(journal)
    assert (back.status, back.mode, back.run) == ("written", "exact", receipt.run)
    assert (back.before, back.after) == (receipt.after, receipt.before)
    assert back.removed == receipt.added
    assert photo.read_bytes() == before
    assert photo.stat().st_mtime_ns == OLD
    assert names(photo) == ["sea.jpg", "sea.jpg.original"]
    assert undo(journal) == []


def test_a_plan_changes_nothing(photo: Path) -> None:
    before = photo.read_bytes()
    plan = plan_write(WriteRequest(str(photo), (Keyword("dune"),)), WriteOptions())
    (receipt,) = plan.receipts()
    assert (receipt.status, receipt.added) == ("planned", ("dune",))
    assert photo.read_bytes() == before
    assert names(photo) == ["sea.jpg"]


def test_the_second_write_writes_nothing_and_is_no_run(journal: Journal, photo: Path) -> None:
    write(journal, photo, "dune")
    written = photo.read_bytes()
    (again,) = write(journal, photo, "dune", "sea")
    assert (again.status, again.added, again.before) == ("unchanged", (), again.after)
    assert photo.read_bytes() == written
    assert len(journal.runs()) == 1


def test_runs_come_off_in_turn_byte_for_byte(journal: Journal, photo: Path) -> None:
    states = [photo.read_bytes()]
    for keyword in ("a", "b", "c"):
        write(journal, photo, keyword)
        states.append(photo.read_bytes())
    for state in reversed(states[:-1]):
        (back,) = undo(journal)
        assert back.mode == "exact"
        assert photo.read_bytes() == state
    assert [run.state for run in journal.runs()] == ["undone"] * 3


def test_an_older_run_is_taken_out_from_under_a_newer_one(journal: Journal, photo: Path) -> None:
    (first,) = write(journal, photo, "a")
    write(journal, photo, "b")
    (back,) = undo(journal, first.run)
    assert (back.mode, back.removed) == ("additions", ("a",))
    assert facts(photo).keywords == ("sea", "b")
    (back,) = undo(journal)
    assert back.mode == "additions"
    assert facts(photo).keywords == ("sea",)
    assert facts(photo).hierarchies == ()


def test_what_another_program_wrote_since_stays(journal: Journal, photo: Path) -> None:
    write(journal, photo, "dune")
    add_caption(photo)
    (back,) = undo(journal)
    assert (back.status, back.mode, back.removed) == ("written", "additions", ("dune",))
    assert back.notes
    assert facts(photo).keywords == ("sea",)
    assert b'own2:caption="kept"' in photo.read_bytes()
    assert undo(journal) == []


def test_an_older_run_does_not_take_what_a_newer_one_wrote_again(journal: Journal, photo: Path) -> None:
    (first,) = write(journal, photo, "dune")
    another_program_writes(photo, "sea")
    write(journal, photo, "dune")
    (back,) = undo(journal, first.run)
    assert (back.status, back.mode) == ("unchanged", "additions")
    assert facts(photo).keywords == ("sea", "dune")


def test_without_our_records_undo_goes_by_the_journal(journal: Journal, photo: Path) -> None:
    write(journal, photo, "dune", options=WriteOptions(iptc="never"))
    another_program_writes(photo, "dune", "sea")
    (back,) = undo(journal)
    assert (back.status, back.mode, back.removed) == ("written", "additions", ("dune",))
    assert facts(photo).keywords == ("sea",)


def test_where_nothing_of_ours_is_left_undo_changes_nothing(journal: Journal, photo: Path) -> None:
    write(journal, photo, "dune", options=WriteOptions(iptc="never"))
    another_program_writes(photo, "sea")
    present = photo.read_bytes()
    (back,) = undo(journal)
    assert (back.status, back.mode) == ("unchanged", "additions")
    assert photo.read_bytes() == present


def test_undo_of_a_file_that_is_gone_is_refused(journal: Journal, photo: Path) -> None:
    write(journal, photo, "dune")
    photo.unlink()
    (back,) = undo(journal)
    assert (back.status, back.mode, back.target) == ("refused", "refused", None)
    assert back.reason
    assert journal.runs()[0].state == "stands"


def test_undo_of_some_photos_leaves_the_run_partly_undone(journal: Journal, photo: Path) -> None:
    other = photo.with_name("other.jpg")
    other.write_bytes(jpeg())
    run = journal.begin_run("write", now())
    from nivo_tui.metadata.apply import apply_plan

    for path in (photo, other):
        plan = plan_write(WriteRequest(str(path), (Keyword("dune"),)), WriteOptions(), run)
        apply_plan(plan, journal, run, WriteOptions())
    journal.end_run(run, now())
    (back,) = undo_run(journal, run, [str(photo)], execute=True)
    assert back.path == str(photo)
    assert (journal.runs()[0].state, journal.runs()[0].files) == ("partly", 2)
    assert [r.path for r in undo_run(journal, None, [str(photo.parent)], execute=True)] == [str(other)]
    assert journal.runs()[0].state == "undone"


def test_untag_takes_exactly_ours_and_can_be_undone(journal: Journal, photo: Path) -> None:
    before = facts(photo)
    write(journal, photo, Keyword("dune", tag="sand_dune"), "surf", title="T")
    tagged = photo.read_bytes()

    def taken(tags: list[str] | None) -> tuple[Receipt, ...]:
        run = journal.begin_run("untag", now())
        receipts = tuple(untag(journal, run, [str(photo)], tags, execute=True))
        journal.end_run(run, now())
        return receipts

    (receipt,) = taken(["sand_dune", "sea"])
    assert (receipt.status, receipt.removed) == ("written", ("dune",))
    assert facts(photo).keywords == ("sea", "surf")
    undo(journal)
    assert photo.read_bytes() == tagged
    (receipt,) = taken(None)
    assert receipt.removed == ("dune", "surf", "T")
    after = facts(photo)
    assert (after.keywords, after.hierarchies, after.title) == (before.keywords, before.hierarchies, None)
    assert after.applied == ()
    assert taken(None)[0].status == "unchanged"


def test_a_photo_without_xmp_is_as_before_when_untagged(journal: Journal, photo: Path) -> None:
    photo.write_bytes(jpeg())
    before = photo.read_bytes()
    write(journal, photo, "dune")
    run = journal.begin_run("untag", now())
    list(untag(journal, run, [str(photo)], execute=True))
    assert photo.read_bytes() == before


def test_the_time_is_kept_or_moves_but_size_and_time_never_both_stay(journal: Journal, photo: Path) -> None:
    size = photo.stat().st_size
    write(journal, photo, "dune", options=WriteOptions(iptc="never"))
    assert photo.stat().st_size == size
    assert 0 < photo.stat().st_mtime_ns - OLD <= 2_000_000_000
    grown = photo.with_name("grown.jpg")
    grown.write_bytes(jpeg())
    os.utime(grown, ns=(OLD, OLD))
    write(journal, grown, "dune")
    assert grown.stat().st_mtime_ns == OLD
    write(journal, grown, "surf", options=WriteOptions(keep_mtime=False))
    assert grown.stat().st_mtime_ns > OLD + 10**17


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_permissions_and_a_link_stay_what_they_are(journal: Journal, photo: Path, tmp_path: Path) -> None:
    photo.chmod(0o640)
    link = tmp_path / "link.jpg"
    link.symlink_to(photo)
    (receipt,) = write(journal, link, "dune")
    assert (receipt.status, receipt.target) == ("written", str(link))
    assert link.is_symlink()
    assert facts(photo).keywords == ("sea", "dune")
    assert photo.stat().st_mode & 0o777 == 0o640
    assert Path(receipt.backup or "").parent == photo.parent
    undo(journal)
    assert link.is_symlink()


ODD_NAMES = ("text.jpg", "empty.jpg", "folder.jpg", "missing.jpg", "hard.jpg")


def refusals(photo: Path) -> dict[str, Path]:
    folder = photo.parent
    made = {
        name: folder / name for name in ("text.jpg", "empty.jpg", "folder.jpg", "missing.jpg", "hard.jpg")
    }
    made["text.jpg"].write_text("no picture")
    made["empty.jpg"].touch()
    made["folder.jpg"].mkdir()
    os.link(photo, made["hard.jpg"])
    return made


@pytest.mark.parametrize("name", ODD_NAMES)
def test_what_may_not_be_written_is_refused_with_its_reason(journal: Journal, photo: Path, name: str) -> None:
    path = refusals(photo)[name]
    present = names(photo)
    (receipt,) = write(journal, path, "dune")
    assert (receipt.status, receipt.target, receipt.added) == ("refused", None, ())
    assert receipt.reason
    assert names(photo) == present
    assert journal.runs() == ()


def test_a_hard_link_is_written_where_that_is_allowed(journal: Journal, photo: Path) -> None:
    other = photo.with_name("hard.jpg")
    os.link(photo, other)
    (receipt,) = write(journal, photo, "dune", options=WriteOptions(allow_hardlinks=True))
    assert receipt.status == "written"
    assert facts(other).keywords == ("sea",)


def test_a_write_protected_file_is_refused(
    journal: Journal, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    (receipt,) = write(journal, photo, "dune")
    assert (receipt.status, "protect" in (receipt.reason or "")) == ("refused", True)


def test_a_file_that_changes_between_plan_and_write_is_left_alone(journal: Journal, photo: Path) -> None:
    def meddle(name: str) -> None:
        if name == "temporary synced":
            photo.write_bytes(photo.read_bytes() + b"more")

    (receipt,) = write(journal, photo, "dune", step=meddle)
    assert (receipt.status, "meanwhile" in (receipt.reason or "")) == ("refused", True)
    assert photo.read_bytes().endswith(b"more")
    assert names(photo) == ["sea.jpg"]
    assert journal.unsettled() == ()


def test_a_file_that_changed_since_the_scan_is_read_again_and_said(journal: Journal, photo: Path) -> None:
    (receipt,) = write(journal, photo, "dune", expected=(1, 2))
    assert receipt.status == "written"
    assert "scanned" in receipt.notes[0]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("failing", ["temporary made", "temporary filled", "source checked", "backed up"])
def test_a_failing_disk_is_a_failed_receipt_and_the_file_is_as_it_was(
    journal: Journal, photo: Path, code: int, failing: str
) -> None:
    def fail(name: str) -> None:
        if name == failing:
            raise OSError(code, os.strerror(code))

    before = photo.read_bytes()
    (receipt,) = write(journal, photo, "dune", step=fail)
    assert (receipt.status, receipt.target) == ("failed", str(photo))
    assert os.strerror(code) in (receipt.reason or "")
    assert receipt.before == receipt.after
    assert photo.read_bytes() == before
    assert names(photo) == ["sea.jpg"]
    assert (journal.runs(), journal.unsettled(), journal.backups()) == ((), (), ())


def test_too_little_space_is_refused(journal: Journal, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "free_bytes", lambda folder: 100)
    (receipt,) = write(journal, photo, "dune")
    assert (receipt.status, "space" in (receipt.reason or "")) == ("refused", True)


@pytest.mark.skipif(os.name == "nt", reason="POSIX resource limits")
def test_a_file_size_limit_leaves_the_photo_whole(photo: Path) -> None:
    photo.write_bytes(jpeg(size=(900, 700)))
    before = photo.read_bytes()
    script = (
        "import resource, sys, os\n"
        "from pathlib import Path\n"
        "from tests.metadata_write.builders import open_journal, write\n"
        "journal = open_journal()\n"
        "limit = os.path.getsize(sys.argv[1]) // 2\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n"
        "from nivo_tui.metadata.journal import Journal\n"
        "import sqlite3\n"
        "from nivo_tui.metadata.journal_records import SCHEMA, SCHEMA_OF_TRACES\n"
        "memory = sqlite3.connect(':memory:', isolation_level=None)\n"
        "memory.executescript(SCHEMA + SCHEMA_OF_TRACES)\n"
        "print(write(Journal(memory), Path(sys.argv[1]), 'dune')[0].status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(photo)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "failed"
    assert photo.read_bytes() == before
    assert names(photo) == ["sea.jpg"]


# -- backups


def test_only_the_first_pristine_copy_is_kept(journal: Journal, photo: Path) -> None:
    before = photo.read_bytes()
    (first,) = write(journal, photo, "a")
    (second,) = write(journal, photo, "b")
    assert (first.backup, second.backup) == (f"{photo}.original", None)
    assert Path(f"{photo}.original").read_bytes() == before
    assert names(photo) == ["sea.jpg", "sea.jpg.original"]
    assert [status.status for status in verify_backups(journal)] == ["good"]


def test_a_file_of_somebody_elses_with_the_backups_name_is_kept(journal: Journal, photo: Path) -> None:
    mine = photo.with_name("sea.jpg.original")
    mine.write_text("precious")
    (receipt,) = write(journal, photo, "dune")
    assert receipt.backup == f"{mine}.1"
    assert mine.read_text() == "precious"


def test_no_backup_is_made_where_none_is_wanted(journal: Journal, photo: Path) -> None:
    (receipt,) = write(journal, photo, "dune", backup=False)
    assert receipt.backup is None
    assert names(photo) == ["sea.jpg"]


def test_the_backup_is_copied_where_the_disk_knows_no_second_names(
    journal: Journal, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*args: object, **more: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    before = photo.read_bytes()
    monkeypatch.setattr(os, "link", no_links)
    (receipt,) = write(journal, photo, "dune")
    assert Path(receipt.backup or "").read_bytes() == before
    assert [status.status for status in verify_backups(journal)] == ["good"]


@pytest.mark.skipif(os.name == "nt", reason="a Windows folder cannot be synced, nor a mode set")
def test_what_a_file_system_lacks_is_noted_and_the_photo_written(
    journal: Journal, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_modes(*args: object, **more: object) -> None:
        raise PermissionError(errno.EPERM, "no permissions here")

    really = os.fsync

    def no_folders(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "a folder cannot be synced here")
        really(fd)

    monkeypatch.setattr(os, "chmod", no_modes)
    monkeypatch.setattr(os, "fsync", no_folders)
    before = photo.read_bytes()
    (receipt,) = write(journal, photo, "dune")
    assert receipt.status == "written"
    assert [note.partition(":")[0] for note in receipt.notes] == ["permissions not kept", "folder not synced"]
    (back,) = undo(journal)
    assert back.mode == "exact"
    assert photo.read_bytes() == before


def test_a_bad_backup_is_seen_and_not_pruned(journal: Journal, photo: Path) -> None:
    (receipt,) = write(journal, photo, "dune")
    (record,) = journal.backups()
    backup = Path(receipt.backup or "")
    whole = backup.read_bytes()
    backup.write_bytes(b"spoiled")
    assert backup_status(record) == "bad"
    assert prune_backup(journal, record)
    backup.write_bytes(whole)
    assert prune_backup(journal, record) is None
    assert not backup.exists()
    assert journal.backups() == ()


def test_a_backup_is_put_back_and_that_can_be_undone(journal: Journal, photo: Path) -> None:
    before = photo.read_bytes()
    write(journal, photo, "a")
    write(journal, photo, "b")
    written = photo.read_bytes()
    (record,) = journal.backups()

    def restored() -> Receipt:
        run = journal.begin_run("backups restore", now())
        receipt = restore_backup(journal, run, record, execute=True)
        journal.end_run(run, now())
        return receipt

    assert restore_backup(journal, 0, record, execute=False).status == "planned"
    assert photo.read_bytes() == written
    assert restored().status == "written"
    assert (photo.read_bytes(), photo.stat().st_mtime_ns) == (before, OLD)
    assert restored().status == "unchanged"
    (back,) = undo(journal)
    assert (back.mode, photo.read_bytes()) == ("exact", written)
    photo.unlink()
    assert restored().status == "written"
    assert photo.read_bytes() == before
    Path(record.backup).write_bytes(b"spoiled")
    assert restored().status == "refused"
    assert photo.read_bytes() == before


# -- verify


def test_verify_knows_what_happened_to_a_photo(journal: Journal, photo: Path) -> None:
    assert verify(str(photo), journal).status == "ok"
    write(journal, photo, "dune", "surf")
    result = verify(str(photo), journal)
    assert (result.status, result.image, result.lost, result.backup) == ("ok", "same", (), "good")
    another_program_writes(photo, "sea", "surf")
    result = verify(str(photo), journal)
    assert (result.status, result.image, result.lost) == ("differs", "same", ("dune",))
    photo.write_bytes(jpeg(size=(40, 40)))
    result = verify(str(photo), journal)
    assert (result.status, result.image) == ("differs", "changed")
    photo.write_bytes(b"nothing")
    assert verify(str(photo), journal).image == "unreadable"
    photo.unlink()
    assert verify(str(photo), journal).status == "missing"


def test_verify_is_content_after_an_undo(journal: Journal, photo: Path) -> None:
    write(journal, photo, "dune")
    undo(journal)
    assert verify(str(photo), journal).status == "ok"


# -- the Python interface


def test_write_tags_writes_and_can_be_undone(home: Path, photo: Path) -> None:
    before = photo.read_bytes()
    receipt = write_tags(photo, ["dune"], title="T", description="D")
    assert receipt
    assert receipt.added == ("dune", "T", "D")
    again = write_tags(photo, ["dune"])
    assert not again
    assert again.status == "unchanged"
    missing = write_tags(photo.with_name("none.jpg"), ["dune"])
    assert not missing
    assert missing.reason
    undo(open_journal())
    assert photo.read_bytes() == before


@pytest.mark.parametrize("keyword", ["beach", b"beach", Path("beach")])
def test_a_plain_string_is_one_keyword(home: Path, photo: Path, keyword: str | bytes) -> None:
    assert write_tags(photo, keyword).added == ("beach",)


def test_names_that_are_not_utf8_are_written_and_undone(journal: Journal, photo: Path) -> None:
    odd = photo.parent / os.fsdecode(b"caf\xe9.jpg")
    try:
        photo.rename(odd)
    except OSError:
        pytest.skip("this file system takes no such name")
    before = odd.read_bytes()
    assert write(journal, odd, "dune")[0].status == "written"
    (back,) = undo(journal)
    assert (back.path, back.mode) == (str(odd), "exact")
    assert odd.read_bytes() == before


def test_a_name_as_long_as_names_can_be_is_written(journal: Journal, photo: Path) -> None:
    long = photo.with_name("é" * 115 + ".jpg")
    photo.rename(long)
    assert write(journal, long, "dune")[0].status == "written"
