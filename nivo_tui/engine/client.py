"""The parent's side of the engine: a command that waits for one job, a screen that follows events.

Imports nothing heavy: it is loaded by every command and by the screen before its first frame.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from nivo_tui.engine.protocol import (
    Cancel,
    Close,
    EngineBusy,
    EngineReady,
    Event,
    Job,
    JobEnded,
    LogLine,
    Order,
    Run,
    event_from_line,
    to_line,
)
from nivo_tui.errors import EngineError, HomeBusyError, NivoError
from nivo_tui.platform.process import on_interrupt, start
from nivo_tui.settings import Paths

if TYPE_CHECKING:
    from nivo_tui.catalog.jobs import JobBoard

Lifetime = Literal["command", "screen"]
_EXIT_BUSY = 3
_RESTARTS = 8
_FOLLOW_PAUSE_S = 0.25
_CRASH_EXITS = frozenset({0xC0000005, 0xC00000FD, 0xC0000374, 0xC0000409})


def _arguments(paths: Paths, lifetime: Lifetime, *, extra: tuple[str, ...] = ()) -> list[str]:
    home = ("--home", str(paths.home)) if paths.is_one_folder else ()
    return [sys.executable, "-m", "nivo_tui.engine", *home, "--lifetime", lifetime, *extra]


def _crashed(code: int) -> bool:
    """Whether a process was ended by a fault in native code, not by somebody's wish."""
    faults = {-4, -6, -7, -8, -10, -11}  # SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGBUS (macOS), SIGSEGV
    return code in faults or (code & 0xFFFFFFFF) in _CRASH_EXITS


class CommandRun:
    """One job of a command, in an engine of the command's own. Ctrl-C cancels; a second one ends both."""

    def __init__(self, paths: Paths, *, reading: bool = False, wait: bool = True) -> None:
        self._paths = paths
        self._extra = (*(("--reading",) if reading else ()), *(() if wait else ("--no-wait",)))
        self._process: subprocess.Popen[bytes] | None = None
        self._interrupts = 0

    @property
    def interrupted(self) -> bool:
        """Whether the person asked for an end."""
        return self._interrupts > 0

    def run(self, job: Job, on_event: Callable[[Event], None]) -> JobEnded:
        """Do the job, giving every event to `on_event`; returns how it ended.

        Raises HomeBusyError where the home is held and waiting was not wanted, EngineError where the
        engine cannot do its work. An engine that native code ended is started again.
        """
        restore = on_interrupt(self._interrupt)
        try:
            crashed = False
            for _ in range(_RESTARTS):
                ended, code = self._attempt(job, on_event, crashed=crashed)
                if ended is not None:
                    return ended
                if code == _EXIT_BUSY:
                    raise HomeBusyError("another nivo-tui works on this home; try again when it is done")
                if self._interrupts or not _crashed(code):
                    break
                crashed = True
            if self._interrupts:
                return JobEnded(0, job.kind, "cancelled")
            raise EngineError(
                f"the engine ended with status {code}; see {self._paths.logs / 'native.log'} and run it again"
            )
        finally:
            restore()

    def _attempt(
        self, job: Job, on_event: Callable[[Event], None], *, crashed: bool
    ) -> tuple[JobEnded | None, int]:
        extra = (*self._extra, "--crashed") if crashed else self._extra
        try:
            process = start(_arguments(self._paths, "command", extra=extra), detached=False)
        except OSError as error:
            raise EngineError(f"the engine cannot be started: {error}") from error
        self._process = process
        assert process.stdin is not None and process.stdout is not None
        ended = None
        self._send(Run(job.kind, job.options))
        for line in process.stdout:
            event = event_from_line(line.decode("ascii", "replace"))
            on_event(event)
            if isinstance(event, JobEnded):
                ended = event
                self._send(Close())
                break
        with suppress(OSError):
            process.stdin.close()
        process.stdout.read()
        return ended, process.wait()

    def _send(self, order: Order) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError, ValueError):
                process.stdin.write(to_line(order).encode("ascii"))
                process.stdin.flush()

    def _interrupt(self) -> None:
        self._interrupts += 1
        if self._interrupts == 1:
            self._send(Cancel())
        elif self._process is not None:
            self._process.kill()


class EngineLink:
    """A screen's link to the engine of its home: its own process, or one that runs already."""

    def __init__(self, paths: Paths, lifetime: Lifetime = "screen") -> None:
        self._paths = paths
        self._lifetime = lifetime
        self._process: subprocess.Popen[bytes] | None = None
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = False
        self._follower: asyncio.Task[None] | None = None
        self._restarts = 0
        self._unfinished: list[Run] = []
        self._asked: dict[int, Run] = {}

    async def start(self) -> None:
        """Start the engine, or follow the one that holds the home; once. Raises EngineError."""
        if self._loop is not None:
            return
        self._loop = asyncio.get_running_loop()
        self._spawn()

    def _spawn(self, *, crashed: bool = False) -> None:
        extra = ("--crashed",) if crashed else ()
        try:
            process = start(_arguments(self._paths, self._lifetime, extra=extra), detached=True)
        except OSError as error:
            raise EngineError(f"the engine cannot be started: {error}") from error
        self._process = process
        threading.Thread(target=self._read, args=(process,), name="engine", daemon=True).start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Thread: bring the events of a process into the loop, and then its end."""
        assert process.stdout is not None
        for line in process.stdout:
            with suppress(EngineError):
                self._deliver(event_from_line(line.decode("ascii", "replace")))
        code = process.wait()
        if self._loop is not None and not self._closing:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._ended, code)

    def _deliver(self, event: Event) -> None:
        if self._loop is not None and not self._closing:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._receive, event)

    def _receive(self, event: Event) -> None:
        """An event of our own engine; what it does next is said by whoever follows the one that is busy."""
        if isinstance(event, EngineBusy):
            return
        if isinstance(event, JobEnded):
            over = next((run for run in self._unfinished if run.kind == event.kind), None)
            if over is not None:
                self._unfinished.remove(over)
        self._queue.put_nowait(event)

    def _overhear(self, event: Event) -> None:
        """An event of another's engine: only the end of what we asked of it is the end of it."""
        if isinstance(event, EngineReady | EngineBusy):
            return
        if isinstance(event, JobEnded):
            run = self._asked.pop(event.job, None)
            if run in self._unfinished:
                self._unfinished.remove(run)
        self._queue.put_nowait(event)

    def _ended(self, code: int) -> None:
        """The engine is gone: it made room, another has the home, or native code ended it."""
        self._process = None
        if self._closing:
            return
        if code in (0, _EXIT_BUSY):
            self._follower = asyncio.ensure_future(self._follow())
            return
        if _crashed(code) and self._restarts < _RESTARTS:
            self._restarts += 1
            self._say("the engine was ended by a decoder and is started again", "warn")
            self._spawn(crashed=True)
            for run in self._unfinished:
                self.send(run)
            return
        self._say(f"the engine ended (status {code}); press s to scan again", "error")
        for run in self._unfinished:
            text = f"the engine ended (status {code}); see {self._paths.logs / 'native.log'}"
            self._queue.put_nowait(JobEnded(0, run.kind, "failed", {}, text))
        self._unfinished = []

    def _say(self, text: str, level: str) -> None:
        import time

        self._queue.put_nowait(LogLine(time.time(), level, "engine", text))

    async def _follow(self) -> None:
        """Read the ring of whoever has the home, until there is work for an engine of our own and room."""
        import sqlite3

        from nivo_tui.catalog.jobs import CHANGES_FILES, JobBoard
        from nivo_tui.catalog.photos import open_catalog
        from nivo_tui.engine.attaching import attach
        from nivo_tui.platform.locks import FileLock

        connection = open_catalog(self._paths)
        board = JobBoard(connection)
        lock = FileLock(self._paths.lock)
        try:
            seen, so_far = attach(board)
            for event in so_far:
                self._queue.put_nowait(event)
            for run in self._unfinished:
                self._ask(run, board)
            while not self._closing:
                # Before the ring is read: what the holder said at its end is in there then.
                free = bool(self._unfinished) and lock.acquire()
                for number, line in board.events_after(seen):
                    seen = number
                    with suppress(EngineError):
                        event = event_from_line(line)
                        self._overhear(event)
                        if isinstance(event, JobEnded) and event.kind in CHANGES_FILES:
                            board.mark_told([event.job])
                lock.release()
                if free and self._unfinished:
                    break
                await asyncio.sleep(_FOLLOW_PAUSE_S)
        except (NivoError, sqlite3.Error) as error:
            self._say(f"the engine at work cannot be followed: {error}", "error")
            self._unfinished = []
        finally:
            lock.release()
            connection.close()
            self._follower = None
        self._asked.clear()
        if not self._closing:
            self._spawn()
            for run in self._unfinished:
                self.send(run)

    def _ask(self, run: Run, board: JobBoard) -> None:
        from nivo_tui.engine.jobs import title_of

        self._asked[board.ask(run.kind, run.options, title_of(run))] = run

    def send(self, order: Order) -> None:
        """Give an order to the engine; one that only follows leaves it in the catalog."""
        if isinstance(order, Run) and order not in self._unfinished:
            self._unfinished.append(order)
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError, ValueError):
                process.stdin.write(to_line(order).encode("ascii"))
                process.stdin.flush()
                return
        if self._follower is not None:
            self._leave(order)
        elif isinstance(order, Run):
            self._spawn()
            self.send(order)

    def _leave(self, order: Order) -> None:
        from nivo_tui.catalog.jobs import JobBoard
        from nivo_tui.catalog.photos import open_catalog

        connection = open_catalog(self._paths)
        try:
            board = JobBoard(connection)
            if isinstance(order, Run):
                self._ask(order, board)
            elif isinstance(order, Cancel):
                board.ask_cancel(order.job)
        finally:
            connection.close()

    async def events(self) -> AsyncIterator[Event]:
        """Every event, in order, until the link is closed."""
        while True:
            event = await self._queue.get()
            if event is None:
                return
            yield event

    async def close(self) -> None:
        """Detach: a screen's engine finishes its job and ends by itself."""
        self._closing = True
        if self._follower is not None:
            self._follower.cancel()
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError, ValueError):
                process.stdin.close()
        self._queue.put_nowait(None)
