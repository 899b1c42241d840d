"""Asks for one line; what is wrong with it is said there, and nothing closes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from nivo_tui.errors import UsageError
from nivo_tui.text import plain
from nivo_tui.ui.widgets.query_line import QueryLine


class AskLine(ModalScreen[str | None]):
    """Gives the line that was typed, None where it was left.

    `check` raises UsageError for a wrong one; it may take a while, and the line can be left meanwhile.
    """

    def __init__(
        self,
        title: str,
        example: str,
        hint: str,
        history: Sequence[str] = (),
        check: Callable[[str], Awaitable[object]] | None = None,
    ) -> None:
        super().__init__(classes="dialog")
        self._title, self._example, self._hint = title, example, hint
        self._check = check
        self.query_line = QueryLine("", history)
        self.said = Static(example, classes="dialog-said", markup=False)

    def compose(self) -> ComposeResult:
        """A line to type in, an example or what is wrong, and what the keys do."""
        with Vertical(classes="box"):
            yield Static(self._title, classes="dialog-title", markup=False)
            yield self.query_line
            yield self.said
            yield Static(self._hint, classes="dialog-hint", markup=False)

    @on(Input.Changed)
    def _changed(self) -> None:
        self.said.remove_class("-wrong")
        self.said.update(self._example)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.run_worker(self._give(event.value), group="check", exclusive=True)

    async def _give(self, text: str) -> None:
        try:
            if self._check is not None:
                await self._check(text)
        except UsageError as error:
            if text == self.query_line.value:
                self.said.add_class("-wrong")
                self.said.update("! " + plain(error))
            return
        if self.is_attached and text == self.query_line.value:
            self.dismiss(text)

    def on_key(self, event: events.Key) -> None:
        """Esc leaves."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
