"""Events become batches: a few a second, and nothing that matters is dropped."""

from __future__ import annotations

import asyncio

from screen_fakes import FakeLink

from nivo_tui.engine import protocol
from nivo_tui.errors import EngineError
from nivo_tui.model import Receipt
from nivo_tui.ui.bridge import TAIL, Batch, Bridge, fold
from nivo_tui.ui.job_state import JobState


def now() -> float:
    return 100.0


def line(number: int, level: str = "info") -> protocol.LogLine:
    return protocol.LogLine(float(number), level, "scan", f"line {number}")


def test_the_newest_progress_wins_and_nothing_else_is_lost() -> None:
    events: list[protocol.Event] = []
    for number in range(1000):
        events.append(protocol.Progress(1, "scan", "deep", number, 1000))
        events.append(protocol.PhotoSeen(1, f"/{number}", "new", "broken" if number % 10 == 0 else None))
        events.append(line(number, "error" if number % 20 == 0 else "info"))
        events.append(protocol.ReceiptMade(1, Receipt(f"/{number}", None, "refused", reason="why")))
    batch = fold(events, now)
    assert batch.progress is not None and batch.progress.done == 999
    assert len(batch.photos) == len(batch.receipts) == 1000
    assert len(batch.errors) == 50 + 100
    assert [entry.text for entry in batch.log] == [f"line {n}" for n in range(1000) if n % 20][-TAIL:]
    assert batch.seen("/7") and not batch.seen("/none")


async def test_many_events_make_few_batches_and_the_end_is_told() -> None:
    link = FakeLink()
    batches: list[Batch] = []
    link.put(*(line(number) for number in range(500)), EngineError("the engine died"))
    await asyncio.wait_for(Bridge(link, batches.append, now, interval=0.01).run(), 5)
    assert len(batches) <= 3
    assert batches[-1].lost == "the engine died"


def test_jobs_are_followed_to_their_end() -> None:
    jobs = JobState()
    jobs.apply(
        fold([protocol.JobStarted(4, "write", "w"), protocol.Progress(4, "write", "write", 1, 9)], now)
    )
    jobs.writes.add(4)
    assert jobs.running and jobs.writing
    jobs.apply(fold([protocol.JobEnded(4, "write", "done")], now))
    assert not jobs.running and not jobs.writing and jobs.progress is None


def test_a_job_that_failed_before_it_had_a_number_is_over() -> None:
    jobs = JobState()
    jobs.apply(fold([protocol.JobStarted(4, "scan", "s")], now))
    batch = fold([protocol.JobEnded(0, "scan", "failed", {}, "the engine ended (status 9)")], now)
    jobs.apply(batch)
    assert not jobs.running
    assert [entry.text for entry in jobs.lines(batch, now)] == ["the engine ended (status 9)"]


def test_a_busy_home_and_a_lost_engine_are_said_in_a_line() -> None:
    jobs = JobState()
    batch = fold([protocol.EngineBusy(12, "scanning /photos")], now, "gone")
    jobs.apply(batch)
    said = " / ".join(entry.text for entry in jobs.lines(batch, now))
    assert "scanning /photos" in said and "gone" in said
    assert not jobs.alive
