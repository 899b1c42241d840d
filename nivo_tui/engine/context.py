"""What a job gets to work with: the home's stores, its settings, a way to speak and a way to be stopped."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from nivo_tui.catalog.photos import PhotoStore
from nivo_tui.engine.emitter import Emitter
from nivo_tui.engine.protocol import Progress
from nivo_tui.settings import Paths, Settings

_PROGRESS_PAUSE_S = 0.2


@dataclass(slots=True)
class JobContext:
    """One job's surroundings. `decisions_db` is the open connection to decisions.db.

    `interactive` is true while a screen is the parent: the job then yields and does its quick pass.
    """

    job: int
    kind: str
    paths: Paths
    settings: Settings
    photos: PhotoStore
    decisions_db: sqlite3.Connection
    emitter: Emitter
    cancelled: Callable[[], bool]
    interactive: bool
    on_look: Callable[[Callable[[tuple[str, ...]], None] | None], None]
    _started: float = field(default_factory=time.monotonic)
    _next: float = 0.0

    def progress(self, stage: str, done: int, total: int | None, *, last: bool = False) -> None:
        """Say how far the job is, at most five times a second."""
        now = time.monotonic()
        if now < self._next and not last:
            return
        self._next = now + _PROGRESS_PAUSE_S
        spent = now - self._started
        rate = done / spent if done and spent > 0 else None
        left = (total - done) / rate if rate and total is not None else None
        self.emitter.send(Progress(self.job, self.kind, stage, done, total, rate, left))

    def restart_clock(self) -> None:
        """Let rates be counted from now on."""
        self._started = time.monotonic()
