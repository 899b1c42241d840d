"""Coming to an engine that works already: what it does now, from what the catalog knows of it."""

from __future__ import annotations

import time
from contextlib import suppress

from nivo_tui.catalog.jobs import JobBoard, JobRow
from nivo_tui.engine.protocol import (
    Event,
    JobStarted,
    LogLine,
    ModelsLoaded,
    Progress,
    event_from_line,
)
from nivo_tui.errors import EngineError
from nivo_tui.text import plain


def attach(board: JobBoard) -> tuple[int, list[Event]]:
    """The number of the newest event there is, and the state of the engine as events: job, models, progress.

    The job that runs is said in a line too, with how far it is.
    """
    seen = board.newest_event()
    running = board.running()
    if running is None:
        return seen, [_line("another nivo-tui is open on this home: this screen goes along with it")]
    events: list[Event] = [JobStarted(running.id, running.kind, running.title)]
    models = _newest_models(board)
    if models is not None:
        events.append(models)
    progress = _newest(board, "progress", running.id)
    if isinstance(progress, Progress):
        events.append(progress)
        events.append(_line(_words(running, progress)))
    else:
        events.append(_line(f"{running.title} goes on from before"))
    return seen, events


def _newest(board: JobBoard, kind: str, job: int | None = None) -> Event | None:
    lines = board.lines_of(kind, job)
    with suppress(EngineError):
        return event_from_line(lines[-1]) if lines else None
    return None


def _newest_models(board: JobBoard) -> ModelsLoaded | None:
    """The models of the engine that runs; None where it has loaded none yet."""
    found = board.newest_after("models", "ready")
    with suppress(EngineError):
        event = event_from_line(found) if found is not None else None
        return event if isinstance(event, ModelsLoaded) else None
    return None


def _words(job: JobRow, progress: Progress) -> str:
    total = f" of {progress.total:,}" if progress.total is not None else ""
    done = f"{progress.done:,}{total} done"
    stage = f" ({progress.stage})" if progress.stage in ("quick", "deep") else ""
    return f"{job.title} goes on from before: {done}{stage}"


def _line(text: str) -> LogLine:
    return LogLine(time.time(), "info", "engine", plain(text))
