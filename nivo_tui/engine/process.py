"""The engine: holds the home, takes orders from its parent and from the catalog, does one job at a time."""

from __future__ import annotations

import logging
import logging.handlers
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from nivo_tui.catalog.decisions import open_decisions
from nivo_tui.catalog.jobs import JobBoard
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.quarantine import PackDeaths, Quarantine
from nivo_tui.engine.context import JobContext
from nivo_tui.engine.emitter import Emitter
from nivo_tui.engine.jobs import run_job, title_of
from nivo_tui.engine.protocol import (
    Cancel,
    Close,
    EngineBusy,
    EngineReady,
    JobEnded,
    JobStarted,
    Look,
    Run,
    View,
    order_from_line,
)
from nivo_tui.engine.viewing import Viewer
from nivo_tui.engine.work import MODEL, PHOTO, InHand
from nivo_tui.errors import EngineError, NivoError, PackError, SettingsError, StoreError, UsageError
from nivo_tui.platform.locks import FileLock
from nivo_tui.platform.process import lower_priority
from nivo_tui.settings import Paths, load_paths, load_settings

_log = logging.getLogger(__name__)

_IDLE_END_S = 60.0
_LOCK_PAUSE_S = 0.2
_TRIES_UNSAID = 5
"""Tries before a command says that it waits: an idle engine makes room sooner."""

_POLL_S = 0.3
KNOCK = "knock"
"""A wish in the queue of jobs: an engine that only waits for orders makes room for a command."""

IDLE = "nothing"
"""What an engine without a job is said to do."""

_TRIES_FOR_ORPHAN = 8

EXIT_BUSY = 3
EXIT_STUCK = 4
EXIT_UNUSABLE = 2

_GRACE_S = 5.0
_INTERRUPTIBLE = frozenset({"scan", "renew", "doctor", "models", "verify"})
"""What may be ended at any moment: no photo is open for writing."""

_WRONG = (UsageError, SettingsError, StoreError, PackError, sqlite3.Error)
"""What ends a job before it began its work: what was asked for, or the home, is not as it has to be."""


class Orders:
    """The orders of the parent, read by a thread of their own. Knows when the parent went away."""

    def __init__(self, fd: int) -> None:
        self.gone = False
        self.cancel = False
        self._on_look: Callable[[tuple[str, ...]], None] | None = None
        self._on_view: Callable[[View], None] | None = None
        self._early_view: View | None = None
        self._waiting: deque[Run] = deque()
        self._in_hand = False
        self._change = threading.Condition()
        self._file = os.fdopen(fd, "r", encoding="ascii", errors="replace")
        threading.Thread(target=self._read, name="orders", daemon=True).start()

    def next(self, timeout: float) -> Run | None:
        """The next job asked for; waits up to `timeout` seconds for one."""
        with self._change:
            if not self._waiting and not self.gone:
                self._change.wait(timeout)
            self._in_hand = bool(self._waiting)
            return self._waiting.popleft() if self._waiting else None

    def begin(self) -> None:
        """A job is in hand from now on, wherever it came from."""
        with self._change:
            self._in_hand = True

    def end(self) -> None:
        """The job in hand is over, and with it the wish to end it."""
        with self._change:
            self._in_hand = self.cancel = False

    def set_look(self, act: Callable[[tuple[str, ...]], None] | None) -> None:
        """Whom to tell what the screen shows."""
        self._on_look = act

    def set_view(self, act: Callable[[View], None]) -> None:
        """Who makes the pictures that the screen asks for, and so the newest one asked for before."""
        with self._change:
            self._on_view = act
            early, self._early_view = self._early_view, None
        if early is not None:
            act(early)

    def _read(self) -> None:
        for line in self._file:
            try:
                self._take(order_from_line(line))
            except EngineError as error:
                _log.warning("%s", error)
        with self._change:
            self.gone = True
            self._change.notify_all()

    def _take(self, order: object) -> None:
        with self._change:
            if isinstance(order, Run):
                self._waiting.append(order)
            elif isinstance(order, Cancel):
                # It may come while its job still waits for the engine to be ready.
                self.cancel = self._in_hand or bool(self._waiting)
            elif isinstance(order, Look):
                if self._on_look is not None:
                    self._on_look(order.paths)
            elif isinstance(order, View):
                if self._on_view is None:
                    self._early_view = order
                else:
                    self._on_view(order)
            elif isinstance(order, Close):
                self.gone = True
            self._change.notify_all()


class Engine:
    """The process that does the work of one home."""

    def __init__(
        self,
        *,
        home: str | None,
        lifetime: str,
        reading: bool,
        wait: bool,
        crashed: bool,
        orders: int,
        events: int,
    ) -> None:
        self._home = home
        self._screen = lifetime == "screen"
        self._reading = reading
        self._wait = wait and not self._screen
        self._crashed = crashed
        self._orders = Orders(orders)
        self._events = events
        self._makes_room = False

    def run(self) -> int:
        """Serve until there is nothing left to serve; returns the exit status."""
        try:
            paths = load_paths(self._home)
            paths.create()
            _log_to(paths)
            board = JobBoard(open_catalog(paths))
            ring = None if self._reading else JobBoard(open_catalog(paths))
        except (NivoError, OSError) as error:
            self._refuse(str(error))
            return EXIT_UNUSABLE
        emitter = Emitter(self._events, ring)
        lock = FileLock(paths.lock)
        try:
            if not self._reading and not self._take(lock, board, emitter):
                return EXIT_BUSY
            return self._serve(paths, board, emitter)
        except (NivoError, sqlite3.Error) as error:
            _log.error("%s", error)
            emitter.send(JobEnded(0, "start", "failed", {}, _words(error), wrong=True))
            return EXIT_UNUSABLE
        except Exception as error:
            _log.exception("the engine failed")
            text = f"internal error ({type(error).__name__}: {error}); see {paths.logs / 'engine.log'}"
            emitter.send(JobEnded(0, "start", "failed", {}, text))
            return 1
        finally:
            emitter.close()
            lock.release()

    def _refuse(self, reason: str) -> None:
        emitter = Emitter(self._events, None)
        emitter.send(JobEnded(0, "start", "failed", {}, reason, wrong=True))
        emitter.close()

    def _take(self, lock: FileLock, board: JobBoard, emitter: Emitter) -> bool:
        """Take the home's lock, waiting for it where that was asked.

        A screen's engine waits a moment for one that has nothing to do and no screen any more.
        """
        tries = knock = 0
        while not lock.acquire():
            engine = board.engine()
            job = engine[1] if engine else None
            waits = self._wait or (self._screen and job is None and tries < _TRIES_FOR_ORPHAN)
            if tries == 0 and waits:
                knock = board.ask(KNOCK, {"orphan": self._screen}, "a command waits")
            if tries == _TRIES_UNSAID if self._wait else not waits:
                holder = lock.holder()
                emitter.send(EngineBusy(holder.pid if holder else None, job or IDLE))
            if not waits or self._orders.gone:
                if self._screen and knock:
                    board.end(knock, "cancelled", {})
                return False
            tries += 1
            time.sleep(_LOCK_PAUSE_S)
        return True

    def _serve(self, paths: Paths, board: JobBoard, emitter: Emitter) -> int:
        load_settings(paths.config)  # a wrong one is said before anything is begun
        photos = PhotoStore(open_catalog(paths))
        decisions = open_decisions(paths)
        if self._screen:
            lower_priority()
        if not self._reading:
            self._tidy(paths, board, photos)
        emitter.send(EngineReady(os.getpid()))
        if self._screen:
            self._orders.set_view(Viewer(paths, emitter.send).ask)

        def context(job: int, kind: str) -> JobContext:
            return JobContext(
                job,
                kind,
                paths,
                load_settings(paths.config),  # a person may have changed them since the job before
                photos,
                decisions,
                emitter,
                cancelled=self._canceller(job, board),
                interactive=self._screen,
                on_look=self._orders.set_look,
            )

        if not self._reading:
            run_job(context(0, "settle"), {})
        idle_since = time.monotonic()
        while True:
            asked = self._next_job(board)
            if asked is not None:
                self._do(*asked, board, emitter, context)
                idle_since = time.monotonic()
            elif self._may_end(idle_since):
                return 0

    def _tidy(self, paths: Paths, board: JobBoard, photos: PhotoStore) -> None:
        """Clear up what an engine before this one left: its jobs, and the photos it died of."""
        board.interrupt_orphans()
        board.drop_queue()
        photos_left = InHand(paths.home, PHOTO).left_behind()
        packs_left = InHand(paths.home, MODEL).left_behind()
        if self._crashed:
            # Where a model was looking it is the model that is to blame, and not the photo.
            decoding = (photo for thread, photo in photos_left.items() if thread not in packs_left)
            Quarantine(photos.connection).blame(decoding)
            PackDeaths(photos.connection).blame(packs_left.values())

    def _watch_over(self, kind: str) -> threading.Event:
        """See to it that a cancelled job ends, even where native code never comes back; set, it is over.

        A job that writes photos is left to finish the one in hand.
        """
        over = threading.Event()

        def watch() -> None:
            while not over.wait(_POLL_S):
                if self._orders.cancel or (self._orders.gone and not self._screen):
                    if not over.wait(_GRACE_S):
                        _log.error("the job %s did not end when it was asked to: the engine ends", kind)
                        os._exit(EXIT_STUCK)
                    return

        if kind in _INTERRUPTIBLE:
            threading.Thread(target=watch, name="watchdog", daemon=True).start()
        return over

    def _canceller(self, job: int, board: JobBoard) -> Callable[[], bool]:
        asked = 0.0

        def cancelled() -> bool:
            nonlocal asked
            if self._orders.cancel or (self._orders.gone and not self._screen):
                return True
            now = time.monotonic()
            if now - asked < _POLL_S or job == 0 or self._reading:
                return False
            asked = now
            if board.cancel_asked(job):
                self._orders.cancel = True
            return self._orders.cancel

        return cancelled

    def _next_job(self, board: JobBoard) -> tuple[int, str, dict[str, Any]] | None:
        order = self._orders.next(_POLL_S)
        if order is not None:
            number = 1 if self._reading else board.ask(order.kind, order.options, title_of(order))
            return number, order.kind, order.options
        if self._screen:
            row = board.next_queued()
            if row is not None and row.kind == KNOCK:
                board.end(row.id, "done", {})
                self._makes_room = self._orders.gone or not row.options.get("orphan")
            elif row is not None:
                return row.id, row.kind, row.options
        if self._orders.gone:
            time.sleep(_POLL_S if self._screen else 0)
        return None

    def _may_end(self, idle_since: float) -> bool:
        if self._makes_room:
            return True
        if not self._orders.gone:
            return False
        return not self._screen or time.monotonic() - idle_since > _IDLE_END_S

    def _do(
        self,
        job: int,
        kind: str,
        options: dict[str, Any],
        board: JobBoard,
        emitter: Emitter,
        context: Callable[[int, str], JobContext],
    ) -> None:
        """Do one job and say how it ended; its errors end the job, not the engine."""
        title = title_of(Run(kind, options))
        self._orders.begin()
        if not self._reading:
            board.start(job)
        emitter.working_on(title)
        emitter.send(JobStarted(job, kind, title, str(options.get("token") or "")))
        watchdog = self._watch_over(kind)
        summary: dict[str, Any] = {}
        failure: str | None = None
        wrong = cancelled = False
        try:
            here = context(job, kind)
            summary = run_job(here, options)
            cancelled = here.cancelled()
        except (NivoError, sqlite3.Error) as error:
            failure, wrong = _words(error), isinstance(error, _WRONG)
        except Exception as error:
            _log.exception("job %s failed", kind)
            failure = f"internal error ({type(error).__name__}: {error})"
        finally:
            watchdog.set()
        state = "failed" if failure else "cancelled" if cancelled else "done"
        self._orders.end()
        if not self._reading:
            board.end(job, state, summary, told=not self._orders.gone)
        emitter.working_on(None)
        emitter.send(JobEnded(job, kind, state, summary, failure, wrong))


def _words(error: NivoError | sqlite3.Error) -> str:
    if isinstance(error, sqlite3.Error):
        return f"a database of the home cannot be used: {error}. nivo-tui doctor says which, and what to do."
    return str(error)


def _log_to(paths: Paths) -> None:
    handler = logging.handlers.RotatingFileHandler(
        paths.logs / "engine.log",
        maxBytes=2_000_000,
        backupCount=3,
        encoding="utf-8",
        errors="backslashreplace",
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
