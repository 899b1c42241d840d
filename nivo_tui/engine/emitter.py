"""The way events leave the engine: to its parent's pipe at once, to the ring of the catalog in batches."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time

from nivo_tui.catalog.jobs import JobBoard
from nivo_tui.engine.protocol import Event, JobEnded, LogLine, PhotoSeen, ViewMade, to_line

_log = logging.getLogger(__name__)

_PIPE_PAUSE_S = 0.04
_RING_PAUSE_S = 0.25
_BEAT_PAUSE_S = 5.0


class Emitter:
    """Sends events from any thread. A parent that went away is noticed and forgotten."""

    def __init__(self, pipe: int, board: JobBoard | None) -> None:
        self._pipe: int | None = pipe
        self._board = board
        self._lock = threading.Lock()
        self._for_pipe: list[str] = []
        self._for_ring: list[str] = []
        self._news = threading.Event()
        self._hurry = threading.Event()
        self._closing = False
        self._job: str | None = None
        self._thread = threading.Thread(target=self._work, name="emitter", daemon=True)
        self._thread.start()

    def send(self, event: Event) -> None:
        """Queue an event."""
        line = to_line(event)
        passing = isinstance(event, ViewMade) or (isinstance(event, PhotoSeen) and event.error is None)
        ring = self._board is not None and not passing
        with self._lock:
            self._for_pipe.append(line)
            if ring:
                self._for_ring.append(line)
        if isinstance(event, JobEnded):
            self._hurry.set()  # somebody waits for nothing else
        self._news.set()

    def log(self, topic: str, text: str, level: str = "info") -> None:
        """Queue a line for the live log."""
        self.send(LogLine(time.time(), level, topic, text))

    def working_on(self, job: str | None) -> None:
        """Say in the heartbeat what is being done."""
        self._job = job
        self._hurry.set()
        self._news.set()

    def close(self) -> None:
        """Send what is queued and stop."""
        self._closing = True
        self._hurry.set()
        self._news.set()
        self._thread.join(timeout=10)

    def _work(self) -> None:
        """Thread: rest while there is nothing to say, gather for a moment, then send."""
        ring_due = 0.0
        while True:
            self._news.wait(_BEAT_PAUSE_S)
            hurry = self._hurry.wait(_PIPE_PAUSE_S)
            closing = self._closing
            self._news.clear()
            self._hurry.clear()
            self._flush_pipe()
            now = time.monotonic()
            if hurry or now >= ring_due:
                self._flush_ring()
                ring_due = now + _RING_PAUSE_S
            elif self._for_ring:
                self._news.set()
            if closing:
                return

    def _flush_pipe(self) -> None:
        with self._lock:
            lines, self._for_pipe = self._for_pipe, []
        if self._pipe is None or not lines:
            return
        data = memoryview("".join(lines).encode("ascii"))
        try:
            while data:
                data = data[os.write(self._pipe, data) :]
        except OSError:
            self._pipe = None

    def _flush_ring(self) -> None:
        with self._lock:
            lines, self._for_ring = self._for_ring, []
        if self._board is None:
            return
        try:
            if lines:
                self._board.append(lines)
            self._board.beat(self._job)
        except sqlite3.Error as error:
            # As on a full disk: only who looks on misses these lines, and the parent waits for the next ones.
            _log.warning("events could not be kept: %s", error)
