"""The live log: the running job, and the newest lines below it. The whole log is on the disk."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.message import Message

from nivo_tui.engine.protocol import LogLine, Progress
from nivo_tui.text import duration, plain
from nivo_tui.ui.log_memory import Level, LogMemory
from nivo_tui.ui.text import fit, number
from nivo_tui.ui.widgets.lines import Lines, Piece, pieces_width, spread

_ROLES = {"error": "bad", "warn": "warn"}


class LogTail(Lines):
    """A line for the job, then the tail of the log; where there is one line, both share it."""

    class Opened(Message):
        """The log was clicked: all of it is wanted."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.memory = LogMemory()
        self.level = Level.ALL
        self._job: list[Piece] = []

    def add(self, lines: Sequence[LogLine]) -> None:
        """Append lines, the oldest first."""
        if lines:
            self.memory.add(lines)
            self.refresh()

    def say(self, topic: str, text: str, at: float, level: str = "info") -> None:
        """Append one line of the screen's own."""
        self.add([LogLine(at, level, topic, text)])

    def next_level(self) -> str:
        """Show the lines of the next level; what it is called."""
        self.level = self.level.next
        self.refresh()
        return self.level.value

    def show_job(self, pieces: list[Piece]) -> None:
        """Set the line of the job; empty when nothing runs."""
        if pieces != self._job:
            self._job = pieces
            self.refresh()

    def on_click(self) -> None:
        """The mouse asks for the whole log."""
        self.post_message(self.Opened())

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """As many as there is room for; the newest at the bottom."""
        height = self.size.height
        if height == 1:
            return [self._one_line(width)]
        job: list[Piece] = [(" ", ""), *self._job]
        tail = self.memory.tail(self.level, height - 1) if height > 1 else []
        return [spread(job, self._level(), width), *(log_line(line, width) for line in tail)]

    def _level(self) -> list[Piece]:
        return [] if self.level is Level.ALL else [(f"log: {self.level.value} ", "warn")]

    def _one_line(self, width: int) -> list[Piece]:
        pieces: list[Piece] = [(" ", ""), *self._job]
        level = [(f"  {_SHORT[self.level]}", "warn")] if self.level is not Level.ALL else []
        tail = self.memory.tail(self.level, 1)
        gap: list[Piece] = [*level, ("   ", "")] if self._job else level
        room = width - pieces_width(pieces) - pieces_width(gap) - 9
        if not tail or room < 12:
            return [*pieces, *level]
        return [*pieces, *gap, *_topic(tail[0]), (fit(plain(tail[0].text), room).rstrip(), "")]


_SHORT = {Level.ALL: "", Level.WARNINGS: "log: warn", Level.ERRORS: "log: errors"}


def log_line(line: LogLine, width: int) -> list[Piece]:
    """A line of the log: when, about what, and what."""
    clock = time.strftime("%H:%M:%S", time.localtime(line.at))
    text = fit(plain(line.text), max(0, width - 19)).rstrip()
    return [(f" {clock}  ", "dim"), *_topic(line), (text, "bad" if line.level == "error" else "")]


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
    if provider:
        # The reason why it is not another one has no room in the short form.
        shown = plain(provider).partition(" (")[0] if short else plain(provider)
        pieces.append((f"  {shown}" if short else f"   {shown}", "dim"))
    return pieces
