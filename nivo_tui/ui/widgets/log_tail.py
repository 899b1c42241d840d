"""The live log: the running job, and the newest lines below it. The whole log is on the disk."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from nivo_tui.engine.protocol import LogLine, Progress
from nivo_tui.text import duration, plain
from nivo_tui.ui.text import fit, number
from nivo_tui.ui.widgets.lines import Lines, Piece, pieces_width

_KEPT = 100
_ROLES = {"error": "bad", "warn": "warn"}


class LogTail(Lines):
    """A line for the job, then the tail of the log; where there is one line, both share it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tail: deque[LogLine] = deque(maxlen=_KEPT)
        self._job: list[Piece] = []
        self._provider = ""

    def add(self, lines: Sequence[LogLine]) -> None:
        """Append lines, the oldest first."""
        if lines:
            self._tail.extend(lines)
            self.refresh()

    def say(self, topic: str, text: str, at: float, level: str = "info") -> None:
        """Append one line of the screen's own."""
        self.add([LogLine(at, level, topic, text)])

    def show_job(self, pieces: list[Piece]) -> None:
        """Set the line of the job; empty when nothing runs."""
        if pieces != self._job:
            self._job = pieces
            self.refresh()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """As many as there is room for; the newest at the bottom."""
        height = self.size.height
        if height == 1:
            return [self._one_line(width)]
        job = [[(" ", ""), *self._job]] if self._job else []
        room = height - len(job)
        tail = list(self._tail)[-room:] if room else []
        return [*job, *(self._line(line, width) for line in tail)]

    def _line(self, line: LogLine, width: int) -> list[Piece]:
        clock = time.strftime("%H:%M:%S", time.localtime(line.at))
        text = fit(plain(line.text), max(0, width - 19)).rstrip()
        return [(f" {clock}  ", "dim"), *_topic(line), (text, "bad" if line.level == "error" else "")]

    def _one_line(self, width: int) -> list[Piece]:
        pieces: list[Piece] = [(" ", ""), *self._job]
        if not self._tail:
            return pieces
        newest = self._tail[-1]
        gap: list[Piece] = [("   ", "")] if self._job else []
        room = width - pieces_width(pieces) - pieces_width(gap) - 9
        if room < 12:
            return pieces
        return [*pieces, *gap, *_topic(newest), (fit(plain(newest.text), room).rstrip(), "")]


def _topic(line: LogLine) -> list[Piece]:
    return [(fit(plain(line.topic), 7), _ROLES.get(line.level, "accent")), (" ", "")]


_STAGES = {
    "listing": "listing",
    "rules": "new rules",
    "quick": "quick pass",
    "deep": "deep pass",
    "write": "writing",
}


def job_line(progress: Progress, provider: str, *, short: bool) -> list[Piece]:
    """The running job in words: stage, how far, speed, time left, and what it runs on."""
    stage = _STAGES.get(progress.stage, plain(progress.stage))
    done = number(progress.done)
    far = f"{done}/{number(progress.total)}" if progress.total is not None else done
    pieces: list[Piece] = [(plain(progress.kind), "accent"), ("  ", "")]
    pieces.append((f"{far}" if short else f"{stage} {far}", ""))
    if progress.rate:
        pieces.append((f"  {progress.rate:.1f}/s" if short else f"   {progress.rate:.1f} photos/s", "dim"))
    if progress.left_s is not None:
        left = duration(progress.left_s)
        pieces.append((f"  {left} left" if short else f"   {left} left", "dim"))
    if provider and not short:
        pieces.append((f"   {plain(provider)}", "dim"))
    return pieces
