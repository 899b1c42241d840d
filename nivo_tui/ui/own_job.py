"""One job of a screen's own, told from all others: the engine repeats the token it was given."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from nivo_tui.engine import protocol
from nivo_tui.model import Receipt
from nivo_tui.ui.bridge import Batch

_numbers = itertools.count(1)

News = protocol.JobStarted | protocol.TargetPlanned | Receipt | protocol.PlanAround | protocol.JobEnded


@dataclass(slots=True)
class OwnJob:
    """Sends a job and keeps what came of it, in order, until it is taken.

    `number` is None until it started. `restarts` counts how often an engine that died was started again
    with it.
    """

    send: Callable[[protocol.Order], bool]
    kind: str = ""
    number: int | None = None
    restarts: int = 0
    progress: protocol.Progress | None = None
    news: deque[News] = field(default_factory=deque)
    _token: str = ""

    def begin(self, kind: str, options: dict[str, object]) -> bool:
        """Ask for a job. False where there is no engine."""
        self.kind, self.number, self.restarts, self.progress = kind, None, 0, None
        self._token = f"{os.getpid()}-{next(_numbers)}"
        self.news.clear()
        return self.send(protocol.Run(kind, {**options, "token": self._token}))

    def cancel(self) -> None:
        """End it after the file in hand."""
        if self.kind and self.number is not None:
            self.send(protocol.Cancel(self.number))

    @property
    def asked(self) -> bool:
        """Whether a job was asked for and did not end."""
        return bool(self.kind)

    def apply(self, batch: Batch) -> None:
        """Take what a batch says of this job."""
        if not self.kind:
            return
        for started in batch.started:
            if started.token == self._token:
                self.restarts += self.number is not None
                self.number = started.job
                self.news.append(started)
        if batch.progress is not None and batch.progress.job == self.number:
            self.progress = batch.progress
        self.news.extend(target for target in batch.targets if target.job == self.number)
        self.news.extend(made.receipt for made in batch.receipts if made.job == self.number)
        if batch.around is not None and batch.around.job == self.number:
            self.news.append(batch.around)
        for ended in batch.ended:
            # A job that ended without ever getting a number is known by its kind.
            if ended.kind == self.kind and ended.job in (self.number, 0):
                self.news.append(ended)
                self.kind, self.progress = "", None
                return
