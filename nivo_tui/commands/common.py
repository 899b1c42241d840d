"""What every command needs: its surroundings, running a job, and the paths it was given."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nivo_tui.commands.output import Output
from nivo_tui.errors import EngineError, UsageError
from nivo_tui.settings import Paths, Settings

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library
    from nivo_tui.engine.protocol import Event, Job, JobEnded

DONE = 0
SOME_FAILED = 1
WRONG = 2
BUSY = 3
INTERRUPTED = 130

_TOLD_OTHERWISE = frozenset({"error", "note"})
"""Topics of the live log that a command prints as results, or not at all."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A command's home, settings and way to print. `wait`: wait for a home that is busy."""

    paths: Paths
    settings: Settings
    output: Output
    wait: bool = True


def absolute_existing(given: Sequence[str]) -> list[str]:
    """The paths, absolute, links left alone. Raises UsageError for one that does not exist."""
    found = []
    for path in given:
        full = os.path.abspath(os.path.expanduser(path))
        try:
            os.lstat(full)
        except FileNotFoundError as error:
            raise UsageError(f"{path} does not exist") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"{path} cannot be reached: {reason.lower()}") from error
        found.append(full)
    return found


def run_job(
    around: Surroundings, job: Job, on_event: Callable[[Event], None], *, reading: bool = False
) -> tuple[JobEnded, bool]:
    """Run a job in an engine, with progress and messages on stderr; returns its end and if interrupted.

    Raises EngineError for a job that failed as a whole, UsageError where its words were wrong.
    """
    from nivo_tui.engine.client import CommandRun
    from nivo_tui.engine.protocol import EngineBusy, LogLine, Progress

    output = around.output

    def handle(event: Event) -> None:
        if isinstance(event, Progress):
            output.progress(event.stage, event.done, event.total, event.rate, event.left_s)
        elif isinstance(event, EngineBusy):
            output.message(f"waiting for {event.what} (process {event.pid}) to end; Ctrl-C leaves")
        elif isinstance(event, LogLine) and event.level != "info" and event.topic not in _TOLD_OTHERWISE:
            output.message(f"{event.level}: {event.text}")
        on_event(event)

    run = CommandRun(around.paths, reading=reading, wait=around.wait)
    try:
        ended = run.run(job, handle)
    finally:
        output.close()
    if ended.state == "failed":
        kind = UsageError if ended.wrong else EngineError
        raise kind(ended.error or "the job failed")
    return ended, run.interrupted or ended.state == "cancelled"


def renew(around: Surroundings) -> dict[str, Any]:
    """Let suggestions follow what just changed: the job `renew`, with a line on stderr; returns its summary.

    No photo is opened. Ctrl-C leaves the rest to the next scan, and so does a busy home that is not waited
    for: what was said is committed already.
    """
    from nivo_tui.engine.protocol import Job
    from nivo_tui.errors import HomeBusyError

    try:
        ended, interrupted = run_job(around, Job("renew", {}), lambda _: None)
    except HomeBusyError as error:
        around.output.message(f"{error}; the next scan applies it")
        return {}
    summary = ended.summary
    changed, ticks = summary.get("changed", 0), summary.get("ticks", 0)
    parts = [f"suggestions changed on {changed} photos"] if changed else []
    parts += [f"{ticks} ticks changed"] if ticks else []
    words = ", ".join(parts) or "no suggestion changed"
    around.output.message(f"{words}; stopped, the next scan does the rest" if interrupted else words)
    return summary


def settle(around: Surroundings) -> None:
    """Finish or roll back what an interrupted write left, before anything is read or decided."""
    from nivo_tui.catalog.decisions import open_decisions
    from nivo_tui.engine.protocol import Job

    if not around.paths.decisions.exists():
        return
    connection = open_decisions(around.paths)
    try:
        waiting = connection.execute("SELECT 1 FROM writes WHERE state = 'intent' LIMIT 1").fetchone()
    finally:
        connection.close()
    if waiting is None:
        return
    from nivo_tui.platform.locks import FileLock

    lock = FileLock(around.paths.lock)
    if not lock.acquire():
        return  # a write is going on; its engine settles its own journal
    lock.release()
    run_job(around, Job("settle", {}), lambda _: None)


def open_library(around: Surroundings) -> Library:
    """The library of the home, for a command that reads or decides."""
    from nivo_tui.catalog.library import Library

    around.paths.create()
    settle(around)
    return Library(around.paths)


def known_photos(library: Library, given: Sequence[str]) -> list[str]:
    """The scanned photos of the paths given. Raises UsageError for a path that is neither there nor known."""
    found: dict[str, None] = {}
    for path in given:
        full = os.path.abspath(os.path.expanduser(path))
        below = library.paths(full)
        if not below and not os.path.lexists(full):
            raise UsageError(f"{path} does not exist")
        found.update(dict.fromkeys(below))
    return list(found)


def words_of(text: str | None) -> list[str]:
    """The parts of a comma list, without spaces around them."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]
