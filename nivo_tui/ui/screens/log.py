"""The whole log, as far back as the screen keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from nivo_tui.engine.protocol import LogLine
from nivo_tui.text import plain
from nivo_tui.ui import commands
from nivo_tui.ui.text import counted, fit, wrap
from nivo_tui.ui.widgets.lines import LINE_CLASSES, LineList, Lines, Piece
from nivo_tui.ui.widgets.log_tail import log_line

if TYPE_CHECKING:
    from nivo_tui.ui.bridge import Batch
    from nivo_tui.ui.screens.review import ReviewScreen


class LogList(LineList):
    """The lines; it stays at the newest while the cursor is on it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[LogLine] = []

    def show(self, lines: list[LogLine], *, newest: bool = False) -> None:
        """Take other lines; `newest` puts the cursor on the last."""
        newest = newest or self.cursor >= len(self._lines) - 1
        self._lines = lines
        self.update_size()
        if newest:
            self.go_to(len(lines) - 1, tell=True)

    @property
    def row_count(self) -> int:
        return len(self._lines)

    @property
    def current(self) -> LogLine | None:
        """The line under the cursor."""
        return self._lines[self.cursor] if self.cursor < len(self._lines) else None

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """One line of the log."""
        return log_line(self._lines[row], width)


class WholeLine(Lines):
    """The line under the cursor, not cut."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = ""

    def show(self, text: str) -> None:
        """Set the text."""
        self._text = text
        self.refresh()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """As many lines as there is room for."""
        lines = wrap(self._text.split(), width - 2, " ")
        height = self.size.height
        if len(lines) > height:
            lines[height - 1 :] = [fit(lines[height - 1] + " …", width - 2)]
        return [[(" " + line, "")] for line in lines]


class LogScreen(ModalScreen[None]):
    """The log with its level; moved in with the review's own keys, left by Esc."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)

    def __init__(self, review: ReviewScreen) -> None:
        super().__init__(classes="dialog")
        self._review = review
        self._pending = ""

    def compose(self) -> ComposeResult:
        """The level, the lines, the one under the cursor whole, the keys."""
        sign = self._review.sign_of
        with Vertical(classes="box whole-log"):
            yield Static("", id="log-title", classes="dialog-title", markup=False)
            yield LogList(id="log-lines")
            yield WholeLine(id="log-whole")
            yield Static(
                f"{sign('log_level')} other level  ·  Esc leaves  ·  older lines are in the log file",
                classes="dialog-hint",
                markup=False,
            )

    def on_mount(self) -> None:
        """The newest lines."""
        self.query_one(LogList).focus()
        self._show(newest=True)

    def _show(self, *, newest: bool = False) -> None:
        tail = self._review.log_tail
        lines = tail.memory.tail(tail.level)
        self.query_one("#log-title", Static).update(f"Log: {tail.level.value}, {counted(len(lines), 'line')}")
        self.query_one(LogList).show(lines, newest=newest)
        self._explain()

    @on(LineList.Moved)
    def _explain(self) -> None:
        line = self.query_one(LogList).current
        self.query_one(WholeLine).show(plain(line.text) if line is not None else "nothing was logged")

    def apply(self, batch: Batch) -> None:
        """Lines that come while it is open."""
        if self.is_mounted:
            self._show()

    def on_key(self, event: events.Key) -> None:
        """Move, another level, or leave."""
        event.stop()
        event.prevent_default()
        match = self._review.keys.match(commands.TAGS, self._pending, event.key)
        self._pending = event.key if match.waiting else ""
        lines = self.query_one(LogList)
        steps = {
            "row_down": 1,
            "row_up": -1,
            "page_down": lines.page,
            "page_up": -lines.page,
            "first": -lines.row_count,
            "last": lines.row_count,
        }
        if event.key in ("escape", "enter", "q"):
            self.dismiss()
        elif match.command == "log_level":
            self._review.log_tail.next_level()
            self._show(newest=True)
        elif match.command in steps:
            lines.step(steps[match.command])
