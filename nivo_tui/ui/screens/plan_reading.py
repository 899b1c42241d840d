"""Lines to read over the plan: one row of it opened, or what to do in other programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from nivo_tui.ui.commands import PLAN
from nivo_tui.ui.keymap import KeyTable
from nivo_tui.ui.widgets.lines import LINE_CLASSES, LineList, Piece

Wrapped = Callable[[int], Sequence[Sequence[Piece]]]

_AROUND = 8
_CLOSING = frozenset({"plan_close", "plan_open", "plan_steps"})


class ReadingLines(LineList):
    """Lines wrapped to the width; they scroll, and there is no cursor."""

    def __init__(self, wrapped: Wrapped) -> None:
        super().__init__(id="reading-lines")
        self._wrapped = wrapped
        self._lines: Sequence[Sequence[Piece]] = ()
        self._width = 0

    def lay_out(self, width: int, room: int) -> None:
        """Wrap for a width, and take as many lines as are needed, at most `room`."""
        self._lines = self._wrapped(max(20, width - 1))
        self.styles.height = max(1, min(len(self._lines), room))
        self.update_size()

    @property
    def row_count(self) -> int:
        return len(self._lines)

    def can_stand_on(self, row: int) -> bool:
        return False

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """One line."""
        return self._lines[row]


class PlanReading(ModalScreen[None]):
    """Shows lines; arrows scroll, Esc and ← go back. Nothing can be confirmed here."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)

    def __init__(self, title: str, wrapped: Wrapped, keys: KeyTable) -> None:
        super().__init__(classes="dialog")
        self._title = title
        self._wrapped = wrapped
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Title, lines, and how to leave."""
        with Vertical(classes="box reading"):
            yield Static(self._title, classes="dialog-title", markup=False)
            yield ReadingLines(self._wrapped)
            yield Static("↑↓ scroll   ← or Esc back to the plan", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Wrapped once the width is known."""
        self.call_after_refresh(self._lay_out)

    def on_resize(self) -> None:
        """And anew for another."""
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        if self.is_attached:
            lines = self.query_one(ReadingLines)
            lines.lay_out(lines.size.width, self.size.height - _AROUND)

    def on_key(self, event: events.Key) -> None:
        """Scroll, or go back."""
        event.stop()
        event.prevent_default()
        command = self._keys.match(PLAN, "", event.key).command or ""
        lines = self.query_one(ReadingLines)
        steps = {"plan_down": 1, "plan_up": -1, "plan_page_down": lines.page, "plan_page_up": -lines.page}
        if event.key == "escape" or command in _CLOSING:
            self.dismiss()
        elif command in steps:
            lines.scroll_relative(y=steps[command], animate=False)
        elif command == "plan_first":
            lines.scroll_home(animate=False)
        elif command == "plan_last":
            lines.scroll_end(animate=False)
