"""A screen's link to its engine: jobs, cancelling, following another's, and a decoder that dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from running import nivo, picture

from nivo_tui.catalog.jobs import JobBoard
from nivo_tui.catalog.photos import open_catalog
from nivo_tui.catalog.quarantine import Quarantine
from nivo_tui.engine.client import EngineLink
from nivo_tui.engine.protocol import Cancel, Event, JobEnded, Look, PhotoSeen, Progress, Run
from nivo_tui.platform.locks import FileLock
from nivo_tui.settings import Paths, load_paths

LONG = 60


@pytest.fixture
def paths(home: Path) -> Paths:
    paths = load_paths()
    paths.create()
    return paths


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for n in range(6):
        picture(tmp_path / "p" / f"{n}.jpg", seed=n)
    return tmp_path / "p"


@pytest.fixture
async def link(paths: Paths) -> AsyncIterator[EngineLink]:
    link = EngineLink(paths)
    await link.start()
    yield link
    await link.close()
    _end_engine(paths)


def _end_engine(paths: Paths) -> None:
    """An engine of a screen lives on for a minute; a test does not wait for that."""
    import os
    import signal

    holder = FileLock(paths.lock).holder()
    if holder is not None and holder.pid != os.getpid():
        try:
            os.kill(holder.pid, signal.SIGTERM)
        except OSError:
            return


def scan(root: Path) -> Run:
    return Run("scan", {"paths": [str(root)], "models": "none", "quick": True})


async def until_ended(link: EngineLink) -> list[Event]:
    """The events up to the end of the job in hand."""
    seen: list[Event] = []

    async def read() -> None:
        async for event in link.events():
            seen.append(event)
            if isinstance(event, JobEnded):
                return

    await asyncio.wait_for(read(), LONG)
    return seen


async def test_a_scan_tells_its_photos_and_its_progress(link: EngineLink, photos: Path) -> None:
    link.send(scan(photos))
    link.send(Look((str(photos / "5.jpg"),)))
    events = await until_ended(link)
    assert sum(isinstance(e, PhotoSeen) for e in events) == 6
    assert {e.stage for e in events if isinstance(e, Progress)} >= {"quick", "deep"}
    assert events[-1].state == "done" and events[-1].summary["new"] + events[-1].summary["changed"] == 6


async def test_a_job_that_cannot_be_done_ends_with_its_reason(link: EngineLink, tmp_path: Path) -> None:
    link.send(scan(tmp_path / "nowhere"))
    ended = (await until_ended(link))[-1]
    assert ended.state == "failed" and "no such file" in ended.error
    link.send(Run("dance", {}))
    assert "dance" in (await until_ended(link))[-1].error


async def test_a_job_is_cancelled_between_files(link: EngineLink, photos: Path) -> None:
    original = (photos / "0.jpg").read_bytes()
    for n in range(300):
        (photos / f"x{n}.jpg").write_bytes(original)
    link.send(scan(photos))
    async for event in link.events():
        if isinstance(event, PhotoSeen):
            break
    link.send(Cancel())
    assert (await until_ended(link))[-1].state == "cancelled"


async def test_a_second_screen_follows_and_gives_jobs(link: EngineLink, paths: Paths, photos: Path) -> None:
    link.send(scan(photos))
    await until_ended(link)
    second = EngineLink(paths)
    await second.start()
    second.send(scan(photos))
    events = await until_ended(second)
    assert events[-1].state == "done" and events[-1].summary["unchanged"] == 6
    assert (await until_ended(link))[-1].state == "done"
    await second.close()


async def test_an_engine_without_a_screen_gives_way_to_the_next_screen_s(paths: Paths, photos: Path) -> None:
    first = EngineLink(paths)
    await first.start()
    first.send(scan(photos))
    await until_ended(first)
    holder = FileLock(paths.lock).holder()
    await first.close()
    second = EngineLink(paths)
    await second.start()
    second.send(scan(photos))
    assert (await until_ended(second))[-1].state == "done"
    assert holder is not None and FileLock(paths.lock).holder() != holder
    await second.close()
    _end_engine(paths)


async def test_a_screen_that_only_waits_makes_room_for_a_command(link: EngineLink, photos: Path) -> None:
    link.send(scan(photos))
    await until_ended(link)
    ran = await asyncio.to_thread(nivo, "scan", photos, "--models", "none", "--json")
    assert ran.status == 0 and ran.summary["unchanged"] == 6
    assert (await until_ended(link))[-1].kind == "scan"  # the screen saw the command's job
    link.send(scan(photos))
    assert (await until_ended(link))[-1].summary["unchanged"] == 6


def test_jobs_of_a_dead_engine_are_interrupted(paths: Paths) -> None:
    board = JobBoard(open_catalog(paths))
    job = board.ask("scan", {}, "scanning")
    board.start(job)
    assert board.running().id == job
    board.interrupt_orphans()
    assert board.running() is None


def test_the_ring_keeps_the_newest_events(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nivo_tui.catalog.jobs.EVENTS_KEPT", 3)
    board = JobBoard(open_catalog(paths))
    board.append(["a", "b"])
    board.append(["c", "d", "e"])
    assert [line for _, line in board.events_after(0)] == ["c", "d", "e"]
    assert board.newest_event() == 5


def test_two_deaths_shut_a_photo_out_until_it_changes(paths: Paths, photos: Path) -> None:
    photo = str(photos / "0.jpg")
    quarantine = Quarantine(open_catalog(paths))
    quarantine.blame([photo, str(photos / "gone.jpg")])
    assert quarantine.suspects([photo]) == (photo,) and not quarantine.shut_out()
    quarantine.blame([photo])
    assert quarantine.shut_out() == {photo}
    picture(photos / "0.jpg", seed=77)
    assert not quarantine.shut_out()
