"""The terminal is lost, the work goes on, and the next screen finds it: job, place and receipts."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from real_home import ROOT, make_home
from running import picture

from nivo_tui.catalog import places
from nivo_tui.catalog.jobs import JobBoard
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import open_catalog
from nivo_tui.engine.attaching import attach
from nivo_tui.engine.client import EngineLink
from nivo_tui.engine.protocol import (
    JobEnded,
    JobStarted,
    LogLine,
    ModelsLoaded,
    Progress,
    ReceiptMade,
    Run,
    to_line,
)
from nivo_tui.model import Receipt
from nivo_tui.platform.locks import FileLock
from nivo_tui.settings import Paths, load_paths
from nivo_tui.ui.session import Session
from nivo_tui.ui.visit import visit_of

sys.path.insert(0, str(Path(__file__).parent.parent / "engine"))

unix = pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")

# Loaded by every Python process that finds it: a photo takes the engine a moment.
SLOW = """
import os, sys, time
if "nivo_tui.engine" in " ".join(sys.orig_argv):
    import threading
    _fsync = os.fsync
    def fsync(fd):
        time.sleep(0.02)
        return _fsync(fd)
    os.fsync = fsync
"""


@pytest.fixture
def paths(home: Path) -> Iterator[Paths]:
    paths = load_paths()
    paths.create()
    paths.config.write_text("")
    yield paths
    end_engine(paths)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "p"
    first = picture(root / "000.jpg")
    data = first.read_bytes()
    for n in range(1, 12):
        (root / f"{n:03}.jpg").write_bytes(data + bytes([n]))
    return root


def end_engine(paths: Paths) -> None:
    """An engine of a screen lives on for a minute; a test does not wait for that."""
    holder = FileLock(paths.lock).holder()
    if holder is not None and holder.pid != os.getpid():
        try:
            os.kill(holder.pid, signal.SIGTERM)
        except OSError:
            return


def wait(met: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        time.sleep(0.02)


# what an engine at work is known to do


def test_who_comes_to_a_running_job_knows_all_at_once(paths: Paths) -> None:
    board = JobBoard(open_catalog(paths))
    job = board.ask("scan", {"paths": ["/p"]}, "scanning p")
    board.start(job)
    models = ModelsLoaded("CPUExecutionProvider", "CPU", ("buffalo_sc",))
    progress = Progress(job, "scan", "deep", 812, 2310, 6.2, 240.0)
    early = Progress(job, "scan", "deep", 800, 2310, 6.2, 240.0)
    board.append([to_line(models), to_line(early), to_line(progress), to_line(Progress(99, "x", "y", 1, 2))])
    seen, events = attach(board)
    assert seen == board.newest_event()
    assert events[:3] == [JobStarted(job, "scan", "scanning p"), models, progress]
    assert isinstance(events[3], LogLine)
    assert events[3].text == "scanning p goes on from before: 812 of 2,310 done (deep)"


def test_models_of_an_engine_that_is_gone_are_not_those_of_this_one(paths: Paths) -> None:
    from nivo_tui.engine.protocol import EngineReady

    board = JobBoard(open_catalog(paths))
    job = board.ask("scan", {}, "scanning p")
    board.start(job)
    board.append([to_line(ModelsLoaded("x", "y")), to_line(EngineReady(1))])
    assert [type(event) for event in attach(board)[1]] == [JobStarted, LogLine]


def test_where_nothing_runs_the_other_screen_is_named(paths: Paths) -> None:
    seen, events = attach(JobBoard(open_catalog(paths)))
    assert seen == 0 and [type(event) for event in events] == [LogLine]


# what was done while nobody looked


def changed(board: JobBoard, state: str = "done", *, told: bool = False, execute: bool = True) -> int:
    job = board.ask("write", {"paths": ["/p"], "execute": execute}, "writing p")
    board.start(job)
    if state == "interrupted":
        board.interrupt_orphans()
    else:
        board.end(job, state, {"written": 31, "refused": 2, "run": 7}, told=told)
    return job


def test_a_write_that_nobody_saw_is_told_once(paths: Paths) -> None:
    board = JobBoard(open_catalog(paths))
    changed(board, told=True)
    changed(board, execute=False)
    board.end(board.ask("scan", {"paths": []}, "scanning"), "done", {}, told=False)
    unseen, broken = changed(board), changed(board, "interrupted")
    assert [row.id for row in board.untold()] == [unseen, broken]
    row = board.untold()[0]
    assert row.summary == {"written": 31, "refused": 2, "run": 7} and row.ended_at is not None
    board.mark_told([unseen, broken])
    assert board.untold() == ()
    assert board.newest_change() is not None and board.newest_change().id == broken  # type: ignore[union-attr]


def test_receipts_are_read_from_the_ring(paths: Paths) -> None:
    board = JobBoard(open_catalog(paths))
    one, other = changed(board), changed(board)
    made = Receipt("/p/a.jpg", "/p/a.jpg", "written", added=("beach",))
    board.append([to_line(ReceiptMade(one, made)), to_line(ReceiptMade(other, made))])
    assert len(board.lines_of("receipt", one)) == 1


# real screens and engines


@unix
def test_a_lost_terminal_keeps_the_place_and_the_scan_goes_on(paths: Paths, photos: Path) -> None:
    from pty_screen import Terminal

    terminal = Terminal(str(photos), size=(80, 24))
    try:
        terminal.shows("done: 12 photos")
        terminal.press("l")
        terminal.press("l")
        terminal.shows("3/12")
        terminal.press("i")
        terminal.shows("Add")
        terminal.press("beach")
        terminal.shows("beach")
        terminal.press("\r")
        terminal.shows("1 to write")
        terminal.press("w")
        terminal.shows("Type 1 and press Enter")
        terminal.press("1")  # the count, but no Enter
        terminal.lose()
    finally:
        terminal.end()
    assert FileLock(paths.lock).acquire() is False  # the engine is still there
    library = Library(paths)
    place = places.where(library, str(photos))
    library.close()
    assert place is not None and place.path == str(photos / "002.jpg")
    before = (photos / "002.jpg").read_bytes()
    again = Terminal(str(photos), size=(80, 24))
    try:
        again.shows("3/12")
        again.shows("done: 12 photos")
        assert "Type 1" not in again.text
        again.press("\r")
        again.press("l")
        again.until(lambda: "4/12" in again.text or "5/12" in again.text)
        assert (photos / "002.jpg").read_bytes() == before
    finally:
        again.lose()
        again.end()


@unix
def test_a_screen_that_is_asked_to_end_keeps_the_place_and_leaves_the_terminal_as_it_was(
    paths: Paths, photos: Path
) -> None:
    from pty_screen import Terminal

    terminal = Terminal(str(photos), size=(80, 24))
    try:
        terminal.shows("done: 12 photos")
        terminal.press("l")
        terminal.press("l")
        terminal.shows("3/12")
        terminal.process.send_signal(signal.SIGTERM)
        terminal.until(lambda: b"\x1b[?1049l" in terminal.drawn)
        assert terminal.process.wait(30) == 1
    finally:
        terminal.end()
    library = Library(paths)
    place = places.where(library, str(photos))
    library.close()
    assert place is not None and place.path == str(photos / "002.jpg")


@unix
def test_a_write_goes_on_without_its_terminal_and_is_told_at_the_next_start(
    paths: Paths, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pty_screen import Terminal

    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(SLOW)
    monkeypatch.setenv("PYTHONPATH", str(hook))
    terminal = Terminal(str(photos))
    try:
        terminal.shows("done: 12 photos")
        library = Library(paths)
        for path in library.paths(str(photos)):
            library.add_tag(path, "beach")
        # A second screen's order, as the first one's write plan would give it.
        board = JobBoard(open_catalog(paths))
        job = board.ask("write", {"paths": [str(photos)], "execute": True}, "writing p")
        wait(lambda: board.lines_of("receipt", job))
        terminal.lose()
    finally:
        terminal.end()
    wait(lambda: not board.running() and not board.next_queued())
    assert [row.id for row in board.untold()] == [job]
    assert not library.pending(str(photos))
    library.close()
    again = Terminal(str(photos))
    try:
        again.shows("while no screen was open: 12 written")
        again.press("R")
        again.until(lambda: "000.jpg" in again.text.rsplit("while no screen", 1)[1])
        wait(lambda: not board.untold())
        again.press("\x1b")
    finally:
        again.lose()
        again.end()


@unix
def test_the_next_screen_attaches_to_a_scan_that_runs(
    paths: Paths, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pty_screen import Terminal

    data = (photos / "000.jpg").read_bytes()
    for n in range(12, 600):
        (photos / f"{n:03}.jpg").write_bytes(data + n.to_bytes(2, "big"))
    terminal = Terminal(str(photos))
    board = JobBoard(open_catalog(paths))
    try:
        wait(lambda: (terminal.read(0.0), board.lines_of("progress"))[1])
        terminal.lose()
    finally:
        terminal.end()
    assert board.running() is not None
    again = Terminal(str(photos))
    try:
        again.shows("goes on from before")
        again.press("c")
        wait(lambda: (again.read(0.0), board.running() is None)[1])
    finally:
        again.lose()
        again.end()


# links


async def test_an_order_left_with_another_s_engine_is_over_when_it_is(paths: Paths, photos: Path) -> None:
    link = EngineLink(paths)
    run = Run("scan", {"paths": [str(photos)]})
    link._unfinished = [run]
    link._asked = {5: run}
    link._overhear(JobEnded(4, "scan", "done"))
    assert link._unfinished == [run]
    link._overhear(JobEnded(5, "scan", "done"))
    assert link._unfinished == []


async def test_a_link_is_started_once(paths: Paths) -> None:
    link = EngineLink(paths)
    await link.start()
    process = link._process
    await link.start()
    assert link._process is process
    await link.close()


# where a screen opens


def open_on(paths: Paths) -> Session:
    library = Library(paths)
    return Session(library, ROOT, visit=visit_of(library, ROOT))


def test_a_known_library_opens_where_one_was_or_at_what_is_new(paths: Paths) -> None:
    make_home(paths, 20)
    library = Library(paths)
    connection = open_catalog(paths)
    connection.execute("UPDATE photos SET added_at = 1")
    known = library.paths(ROOT)
    folder = os.path.dirname(known[9])
    places.remember(library, ROOT, folder, known[9], now=100.0)
    session = open_on(paths)
    assert session.path == known[9] and session.folder == folder
    overview = session.ask()(library)
    assert overview.counts.new == 0
    for path in (known[4], known[6]):
        connection.execute("UPDATE photos SET added_at = 200 WHERE path = ?", (path.encode(),))
    session = open_on(paths)
    assert session.path == known[4] and session.folder == ROOT
    assert session.ask()(library).counts.new == 2
    library.accept_as_shown(known[4], ())
    library.accept_as_shown(known[6], ())
    assert open_on(paths).path == known[9]
    places.remember(library, ROOT, folder, os.path.join(folder, "gone.jpg"), now=300.0)
    session = open_on(paths)
    assert session.folder == folder and session.path is not None
    connection.close()
    library.close()


def test_a_first_visit_opens_at_the_first_photo_to_do_and_counts_nothing_as_new(paths: Paths) -> None:
    make_home(paths, 20)
    session = open_on(paths)
    library = Library(paths)
    assert session.path == library.paths(ROOT)[0]
    assert session.ask()(library).counts.new == 0
    library.close()
