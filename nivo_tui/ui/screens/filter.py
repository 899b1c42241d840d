"""The filter: a few presets with their counts, each on a digit, and a line for a query."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input, Static

from nivo_tui.catalog.finder import Finder
from nivo_tui.catalog.query import Query, parse
from nivo_tui.errors import NivoError, UsageError
from nivo_tui.text import plain
from nivo_tui.ui.photo_source import PRESETS
from nivo_tui.ui.queries import read_query
from nivo_tui.ui.text import counted, fit, number
from nivo_tui.ui.widgets.lines import LINE_CLASSES, LineList, Piece
from nivo_tui.ui.widgets.query_line import QueryLine

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen

_COUNT_S = 0.25


class PresetList(LineList):
    """The presets: digit, name, count."""

    def __init__(self) -> None:
        super().__init__(id="filter-presets")
        self.counts: dict[int, int] = {}

    @property
    def row_count(self) -> int:
        return len(PRESETS)

    def set_count(self, row: int, count: int) -> None:
        """The count of a preset came."""
        self.counts[row] = count
        self.refresh()

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """One preset."""
        name, text = PRESETS[row]
        count = number(self.counts[row]) if row in self.counts else "…"
        faded = "dim" if self.counts.get(row) == 0 else ""
        return [
            (f" {row + 1}  ", "key"),
            (fit(name, 14), faded),
            (fit(count, 9, right=True), faded),
            (fit(f"   {text}", max(0, width - 27)), "dim"),
        ]


class FilterScreen(ModalScreen[Query | None]):
    """Gives the query to filter by, None where it was left: a digit or Enter chooses, letters type one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)

    def __init__(self, review: ReviewScreen, history: Sequence[str]) -> None:
        super().__init__(classes="dialog", id="filter")
        self._review = review
        self._folder = review.session.folder
        self._now = review.session.source.query
        own = self._now is not None and self._now.text not in {text for _, text in PRESETS}
        self.presets = PresetList()
        self.query_line = QueryLine(
            self._now.text if own and self._now is not None else "",
            history,
            hint="or a query",
            id="filter-query",
        )
        self.said = Static("", id="filter-said", markup=False)
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Presets, the line, what it finds or what is wrong with it."""
        with Vertical(classes="box filter"):
            yield Static("Filter", classes="dialog-title", markup=False)
            yield self.presets
            yield self.query_line
            yield self.said
            yield Static(
                "1-7 or Enter lists  ·  letters type  ·  ↑ ↓ earlier  ·  Esc leaves",
                classes="dialog-hint",
                markup=False,
            )

    def on_mount(self) -> None:
        """The cursor where the filter is now, and the counts as they come."""
        if self._now is not None and self.query_line.value:
            self.query_line.focus()
            self.query_line.cursor_position = len(self.query_line.value)
        else:
            self.presets.cursor = next(
                (i for i, (_, t) in enumerate(PRESETS) if self._now is not None and t == self._now.text), 0
            )
            self.presets.focus()
        self._explain("")
        self.run_worker(self._count_presets(), group="presets")

    async def _count_presets(self) -> None:
        for row, (_, text) in enumerate(PRESETS):
            found = await self._count(parse(text))
            if isinstance(found, int):
                self.presets.set_count(row, found)

    async def _count(self, query: Query) -> int | str:
        """How many match; what went wrong where they could not be counted."""
        since, folder = self._review.does.finding.since, self._folder
        try:
            return await self._review.reader.read(lambda library: Finder(library, since).count(query, folder))
        except (NivoError, sqlite3.Error) as error:
            return str(error)

    # keys

    def on_key(self, event: events.Key) -> None:
        """In the presets: digits and Enter choose, letters begin a query. Esc leaves, Tab changes over."""
        typing = self.query_line.has_focus
        if event.key == "escape":
            self._settle(event, lambda: self.dismiss(None))
        elif event.key in ("tab", "shift+tab"):
            self._settle(event, (self.presets if typing else self.query_line).focus)
        elif not typing:
            self._settle(event, lambda: self._choose(event))

    def _settle(self, event: events.Key, act: Callable[[], object]) -> None:
        event.stop()
        event.prevent_default()
        act()

    def _choose(self, event: events.Key) -> None:
        steps = {"down": 1, "up": -1}
        character = event.character or ""
        if event.key in steps:
            self._step(steps[event.key])
        elif event.key == "enter":
            self._take(PRESETS[self.presets.cursor][1])
        elif character.isdigit() and 1 <= int(character) <= len(PRESETS):
            self._take(PRESETS[int(character) - 1][1])
        elif character.isprintable() and character and not character.isdigit():
            self.query_line.focus()
            self.query_line.insert_text_at_cursor("" if character in " /" else character)

    def _step(self, by: int) -> None:
        if by > 0 and self.presets.cursor == len(PRESETS) - 1:
            self.query_line.focus()
        else:
            self.presets.step(by)

    def on_paste(self, event: events.Paste) -> None:
        """A query that is pasted goes into the line."""
        self.query_line.focus()
        self.query_line.on_paste(event)

    @on(LineList.Chosen)
    def _clicked(self, event: LineList.Chosen) -> None:
        self._take(PRESETS[event.row][1])

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self._take(event.value)

    def _take(self, text: str) -> None:
        """Give a query back; one that is wrong stays in the line, with what is wrong."""
        self.run_worker(self._give(text), group="give", exclusive=True)

    async def _give(self, text: str) -> None:
        try:
            query = await read_query(text)
        except UsageError as error:
            self._explain(str(error), wrong=True)
            return
        if self.is_attached:
            self.dismiss(query)

    # what the line finds

    @on(Input.Changed)
    def _changed(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._explain("")
        if self.query_line.value.strip():
            self._timer = self.set_timer(_COUNT_S, self._look)

    def _look(self) -> None:
        self.run_worker(self._count_typed(self.query_line.value), group="typed", exclusive=True)

    async def _count_typed(self, text: str) -> None:
        try:
            query = await read_query(text)
        except UsageError:
            return  # it is said when Enter is pressed: the term may not be written to its end
        found = await self._count(query)
        if self.is_attached and text == self.query_line.value:
            if isinstance(found, int):
                told = counted(found, "photo") if found else "no photo here matches"
                self._explain(f"{told}  ·  {query.meant}" if query.meant else told)
            else:
                self._explain(found, wrong=True)

    def _explain(self, text: str, *, wrong: bool = False) -> None:
        self.said.set_class(wrong, "-wrong")
        self.said.update(
            ("! " if wrong else "") + plain(text)
            or 'tag:beach -tag:night person:"Ann" faces:>=2 taken:2025-06..2025-08 rating:>=3 word'
        )
