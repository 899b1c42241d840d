"""The process dies at every step of a write: the file is old or new, and the next start settles the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nivo_tui.metadata.apply import STEPS
from nivo_tui.metadata.undo import undo_run
from tests.metadata_write.builders import jpeg, open_journal, write

ROOT = Path(__file__).resolve().parents[2]
KILLED = 9
BEFORE_REPLACE = STEPS[: STEPS.index("replaced")]


def act(path: Path, fatal: str, what: str) -> None:
    """Write or undo in this process, which ends at a step as if it were killed: nothing is cleaned up."""

    def step(name: str) -> None:
        if name == fatal:
            os._exit(KILLED)

    if what == "undo":
        list(undo_run(open_journal(), execute=True, step=step))
    else:
        write(open_journal(), path, "dune", step=step, target=what)


def die_at(step: str, path: Path, what: str) -> None:
    script = "import sys; from pathlib import Path; from tests.metadata_write.test_crash import act; "
    script += "act(Path(sys.argv[1]), *sys.argv[2:])"
    if not hasattr(os, "fork"):
        command = [sys.executable, "-c", script, str(path), step, what]
        assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == KILLED
        return
    child = os.fork()  # spares a new interpreter and its imports
    if not child:
        try:
            act(path, step, what)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir() if entry.name != "nivo-home")


@pytest.fixture
def photo(tmp_path: Path, home: Path) -> Path:
    path = tmp_path / "sea.jpg"
    path.write_bytes(jpeg())
    open_journal()
    return path


@pytest.mark.parametrize("step", STEPS)
def test_a_write_that_dies_is_finished_or_rolled_back(photo: Path, step: str) -> None:
    old = photo.read_bytes()
    die_at(step, photo, "file")
    journal = open_journal()
    settled = journal.settle()
    outcome = [each.outcome for each in settled]
    if step in BEFORE_REPLACE:
        assert outcome == ([] if step == "checked" else ["rolled back"])
        assert photo.read_bytes() == old
        assert names(photo) == ["sea.jpg"]
        assert (journal.runs(), journal.backups(), journal.unsettled()) == ((), (), ())
        assert write(journal, photo, "dune")[0].status == "written"
    else:
        assert outcome == ["finished"]
        assert photo.read_bytes() != old
        assert names(photo) == ["sea.jpg", "sea.jpg.original"]
    assert Path(f"{photo}.original").read_bytes() == old
    assert [record.backup for record in journal.backups()] == [f"{photo}.original"]
    (back,) = undo_run(journal, execute=True)
    assert back.mode == "exact"
    assert photo.read_bytes() == old


@pytest.mark.parametrize("step", ["temporary filled", "source checked", "replaced", "read back"])
def test_an_undo_that_dies_is_finished_or_rolled_back(photo: Path, step: str) -> None:
    old = photo.read_bytes()
    write(open_journal(), photo, "dune")
    new = photo.read_bytes()
    die_at(step, photo, "undo")
    journal = open_journal()
    journal.settle()
    if step in BEFORE_REPLACE:
        assert photo.read_bytes() == new
        assert journal.runs()[0].state == "stands"
        (back,) = undo_run(journal, execute=True)
        assert back.mode == "exact"
    assert photo.read_bytes() == old
    assert journal.runs()[0].state == "undone"
    assert names(photo) == ["sea.jpg", "sea.jpg.original"]


@pytest.mark.parametrize("step", ["intended", "temporary synced", "replaced"])
def test_a_sidecar_whose_making_dies_is_there_or_not(photo: Path, step: str) -> None:
    die_at(step, photo, "sidecar")
    journal = open_journal()
    journal.settle()
    made = names(photo) == ["sea.jpg", "sea.jpg.xmp"]
    assert made == (step == "replaced")
    assert made or names(photo) == ["sea.jpg"]
    assert len(journal.runs()) == made
    if made:
        assert next(undo_run(journal, execute=True)).mode == "exact"
        assert names(photo) == ["sea.jpg"]


def test_a_file_that_somebody_changed_before_the_settling_is_left_to_them(photo: Path) -> None:
    die_at("source checked", photo, "file")
    temporary = photo.with_name("theirs.jpg")
    temporary.write_bytes(jpeg(size=(20, 20)))
    os.replace(temporary, photo)
    theirs = photo.read_bytes()
    journal = open_journal()
    assert [each.outcome for each in journal.settle()] == ["changed by another program"]
    assert photo.read_bytes() == theirs
    assert not [name for name in names(photo) if ".nivo-" in name]
    assert journal.unsettled() == ()


def test_settling_twice_is_settling_once(photo: Path) -> None:
    die_at("replaced", photo, "file")
    journal = open_journal()
    assert len(journal.settle()) == 1
    assert journal.settle() == ()
