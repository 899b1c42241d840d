"""Small dialogs. Enter confirms, Esc leaves and commits nothing."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester, SuggestFromList
from textual.widgets import Input, Static


class AskText(ModalScreen[str | None]):
    """Asks for one line of text; completes from words that are known."""

    def __init__(self, title: str, hint: str, known: Sequence[str] | Suggester, text: str = "") -> None:
        super().__init__(classes="dialog")
        self._title = title
        self._hint = hint
        self._known = known
        self._text = text

    def compose(self) -> ComposeResult:
        """A line to type in, and what the keys do."""
        completing: Suggester | None = None
        if isinstance(self._known, Suggester):
            completing = self._known
        elif self._known:
            completing = SuggestFromList(self._known, case_sensitive=False)
        hint = self._hint + ("  ·  → completes" if completing else "")
        with Vertical(classes="box"):
            yield Static(self._title, classes="dialog-title", markup=False)
            text = Input(self._text, suggester=completing, compact=True)
            text.cursor_blink = False
            yield text
            yield Static(hint, classes="dialog-hint", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def on_key(self, event: events.Key) -> None:
        """Esc leaves."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)


class Confirm(ModalScreen[bool]):
    """Asks whether to go on: Enter does, Esc does not."""

    def __init__(self, title: str, text: str, hint: str) -> None:
        super().__init__(classes="dialog")
        self._texts = (title, text, hint)

    def compose(self) -> ComposeResult:
        """The question and what the keys do."""
        title, text, hint = self._texts
        with Vertical(classes="box"):
            yield Static(title, classes="dialog-title", markup=False)
            yield Static(text, markup=False)
            yield Static(hint, classes="dialog-hint", markup=False)

    def on_key(self, event: events.Key) -> None:
        """Enter or Esc; every other key changes nothing."""
        event.stop()
        event.prevent_default()
        if event.key in ("enter", "escape"):
            self.dismiss(event.key == "enter")
