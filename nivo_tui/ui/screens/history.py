"""The history: what was decided, ruled out and written, and taking any of it back."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from nivo_tui.catalog.history import Entry, History, Kind
from nivo_tui.errors import NivoError
from nivo_tui.text import plain
from nivo_tui.ui import commands
from nivo_tui.ui.guard import FIRST_PAUSE_S
from nivo_tui.ui.resources import style_sheets
from nivo_tui.ui.text import counted
from nivo_tui.ui.undoing import mark
from nivo_tui.ui.widgets.history_list import HistoryAbout, HistoryHead, HistoryList
from nivo_tui.ui.widgets.lines import LINE_CLASSES, LineList

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library
    from nivo_tui.ui.screens.review import ReviewScreen

LARGE = 20
"""An entry of more decisions than this is taken back only after a question."""

_KINDS = tuple(Kind)


class HistoryScreen(ModalScreen[None]):
    """Lists the history; `x` takes the entry under the cursor back, `a` lets it stand again."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = style_sheets("history.tcss")

    def __init__(self, review: ReviewScreen) -> None:
        super().__init__(classes="dialog")
        self._review = review
        self._kind = Kind.ALL
        self._words = ""
        self._pending = ""
        self._busy = False
        self._last_key = ("", float("-inf"))

    def compose(self) -> ComposeResult:
        """What is listed, the entries, the one under the cursor in full, and the keys."""
        with Vertical(classes="box history"):
            yield HistoryHead(id="history-head")
            yield HistoryList(id="history-list")
            yield HistoryAbout(id="history-about")
            yield Static(self._hint(), id="history-hint", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Read what there is."""
        self._list.focus()
        self._reload()

    @property
    def _list(self) -> HistoryList:
        return self.query_one(HistoryList)

    def _hint(self) -> str:
        keys = self._review.keys.keys
        wanted = (
            ("revoke", "takes back"),
            ("restore", "lets stand"),
            ("kind", "lists"),
            ("search", "search"),
        )
        named = [
            f"{commands.key_sign(keys[f'history_{name}'][0])} {does}"
            for name, does in wanted
            if keys[f"history_{name}"]
        ]
        return "  ·  ".join([*named, "Esc leaves"])

    # reading

    def _reload(self) -> None:
        self.query_one(HistoryHead).show(self._kind, plain(self._words), None)
        self.run_worker(self._read_keys(), group="keys", exclusive=True)

    async def _read_keys(self) -> None:
        kind, words = self._kind, self._words
        try:
            keys = await self._review.reader.read(lambda library: History(library).keys(kind, words))
        except NivoError as error:
            self._review.say("error", str(error), "error")
            return
        self.query_one(HistoryHead).show(kind, plain(words), len(keys))
        self._list.show(keys, self._nothing())
        self._explain()

    def _nothing(self) -> str:
        sign = self._review.sign_of
        if self._words:
            return f"nothing here holds {plain(self._words)}"
        return {
            Kind.ALL: "nothing was decided yet",
            Kind.RULES: f"no tag is ruled out; {sign('never')} on a tag of the review does that",
            Kind.BULK: f"nothing was decided on many at once; {sign('bulk')} and {sign('tag_view')} do that",
            Kind.RUNS: f"nothing was written yet; {sign('write')} shows what would be",
        }[self._kind]

    @on(HistoryList.Needs)
    def _needs(self, event: HistoryList.Needs) -> None:
        self.run_worker(self._read_entries(event.keys), group="entries")

    async def _read_entries(self, keys: tuple[tuple[str, int], ...]) -> None:
        try:
            entries = await self._review.reader.read(lambda library: History(library).entries(keys))
        except NivoError as error:
            self._review.say("error", str(error), "error")
            return
        self._list.put(entries)
        self._explain()

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._explain()

    def _explain(self) -> None:
        entry = self._list.current
        self.query_one(HistoryAbout).show(entry, "" if entry is None else self._then(entry))

    def _then(self, entry: Entry) -> str:
        keys = self._review.keys.keys
        if entry.is_run:
            if entry.revoked:
                return ""
            write = self._review.sign_of("write")
            return f"the write plan ({write}) or nivo-tui undo --run {entry.number} takes it back"
        name, does = ("restore", "lets it stand again") if entry.revoked else ("revoke", "takes it back")
        bound = keys[f"history_{name}"]
        return f"{commands.key_sign(bound[0])} {does}" if bound else ""

    # keys

    def on_key(self, event: events.Key) -> None:
        """The keys of the history; Esc leaves it."""
        event.stop()
        event.prevent_default()
        match = self._review.keys.match(commands.HISTORY, self._pending, event.key)
        self._pending = event.key if match.waiting else ""
        held = self._is_repeat(event.key)
        if match.command is None:
            if event.key in ("escape", "q"):
                self.dismiss()
        elif match.command in ("history_revoke", "history_restore"):
            if not held:
                self._ask(stand=match.command == "history_restore")
        else:
            self._go(match.command.removeprefix("history_"))

    def _is_repeat(self, key: str) -> bool:
        """Whether a key may be the repeat of a held one: only another key makes it count at once."""
        now = self._review.clock()
        before, at = self._last_key
        self._last_key = (key, now)
        return key == before and now - at <= FIRST_PAUSE_S[1]

    def _go(self, what: str) -> None:
        page, rows = self._list.page, self._list.row_count
        steps = {"down": 1, "up": -1, "page_down": page, "page_up": -page, "first": -rows, "last": rows}
        if what in steps:
            self._list.step(steps[what])
        elif what == "kind":
            self._kind = _KINDS[(_KINDS.index(self._kind) + 1) % len(_KINDS)]
            self._reload()
        elif what == "search":
            self._search()

    def _search(self) -> None:
        from nivo_tui.ui.screens.dialogs import AskText

        self._review.nivo.push_screen(
            AskText(
                "Search the history",
                "Enter lists what holds it, empty lists all, Esc leaves",
                [],
                self._words,
            ),
            self._search_for,
        )

    def _search_for(self, words: str | None) -> None:
        if words is not None and words.strip() != self._words:
            self._words = words.strip()
            self._reload()

    # taking back

    def _ask(self, *, stand: bool) -> None:
        """Take back the entry under the cursor, or let it stand again; a large one after a question.

        Taking back what was taken back lets it stand again.
        """
        entry = self._list.current
        if entry is None or self._busy or entry.is_run:
            return
        stand = stand or entry.revoked
        if stand and entry.state == "stands":
            return
        if entry.decisions <= LARGE:
            self._change(entry, stand=stand)
            return
        from nivo_tui.ui.screens.dialogs import Confirm

        tags = f"{counted(entry.decisions, 'decision')} on {counted(entry.photos, 'photo')}"
        title = "Let this stand again?" if stand else "Take this back?"
        does = "count again" if stand else "are taken back"
        text = (
            f"{plain(entry.title)}\n\n{tags} {does}. What was decided later on the same tags stays as it is."
        )
        self._review.nivo.push_screen(
            Confirm(title, text, "Enter does it, Esc leaves all as it is"),
            lambda sure: self._change(entry, stand=stand) if sure else None,
        )

    def _change(self, entry: Entry, *, stand: bool) -> None:
        self._busy = True
        self.run_worker(self._commit(entry, stand=stand), group="change")

    async def _commit(self, entry: Entry, *, stand: bool) -> None:
        def change(library: Library) -> Entry | None:
            mark(library, entry.number, stand=stand)
            return History(library).entry(entry.number)

        review = self._review
        try:
            changed = await review.reader.read(change)
        except NivoError as error:
            review.say("error", str(error), "error")
            return
        finally:
            self._busy = False
        did = "stands again" if stand else "taken back"
        words = f"{plain(entry.title)}: {did}"
        review.session.note_revoked(entry.number, words, stand=stand)
        review.show_all()
        review.offer.turned_round((entry.number,))
        review.say("history", words)
        if self.is_attached and changed is not None:
            self._list.put([changed])
            self._explain()
