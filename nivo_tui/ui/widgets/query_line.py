"""The line in which a person types a query, a name or a number, with what was typed before."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.widgets import Input

from nivo_tui.text import plain

MOST_CHARACTERS = 400


class QueryLine(Input):
    """One line of text. Up and down bring what was typed before; what is pasted is cut and made printable."""

    def __init__(
        self, text: str = "", history: Sequence[str] = (), *, hint: str = "", id: str | None = None
    ) -> None:
        super().__init__(text, hint, compact=True, max_length=MOST_CHARACTERS, select_on_focus=False, id=id)
        self.cursor_blink = False
        self._history = list(history)
        self._place = len(self._history)
        self._typed = ""

    def on_key(self, event: events.Key) -> None:
        """Up and down: an earlier text and back to the newest."""
        if event.key not in ("up", "down"):
            return
        place = self._place + (-1 if event.key == "up" else 1)
        if not 0 <= place <= len(self._history):
            return
        event.stop()
        event.prevent_default()
        if self._place == len(self._history):
            self._typed = self.value
        self._place = place
        self.value = (*self._history, self._typed)[place]
        self.cursor_position = len(self.value)

    def on_paste(self, event: events.Paste) -> None:
        """The first line of it, as far as there is room."""
        event.stop()
        event.prevent_default()
        start, end = sorted(self.selection)
        room = MOST_CHARACTERS - len(self.value) + end - start
        first = event.text[: 2 * MOST_CHARACTERS].lstrip().splitlines()[:1]
        self.replace(plain("".join(first))[: max(0, room)], start, end)
