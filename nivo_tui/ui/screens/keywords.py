"""The keywords that a library has already and that mean a tag: keep, map or never, for all at once."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from nivo_tui.catalog.mappings import Answer, Proposal, answer, proposals
from nivo_tui.errors import NivoError
from nivo_tui.ui import commands
from nivo_tui.ui.geometry import HEIGHTS, WIDTHS
from nivo_tui.ui.guard import FIRST_PAUSE_S
from nivo_tui.ui.held_key import HeldKey, Press
from nivo_tui.ui.resources import style_sheets
from nivo_tui.ui.text import number
from nivo_tui.ui.widgets.keyword_list import KeywordAbout, KeywordHead, KeywordList
from nivo_tui.ui.widgets.lines import LINE_CLASSES, LineList

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library
    from nivo_tui.ui.screens.review import ReviewScreen

_ANSWERS = {"map": Answer.MAP, "keep": Answer.KEEP, "never": Answer.NEVER}
_REVIEW_KEYS = {"accept": "keywords_map", "reject": "keywords_never", "never": "keywords_never"}
_INTRO = "Mapped, a tag is written your way; kept, both stand apart."
_AROUND = 13  # the lines of the box beside its list
_LEAST_ROWS = 6
_WIDE = 100


class KeywordsScreen(ModalScreen[None]):
    """Lists proposals; a key answers one, Enter commits all as shown, Esc leaves them open."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = list(WIDTHS)  # noqa: RUF012
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = list(HEIGHTS)  # noqa: RUF012
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = style_sheets("keywords.tcss")

    def __init__(self, review: ReviewScreen, found: Sequence[Proposal]) -> None:
        super().__init__(classes="dialog", id="keywords")
        self._review = review
        self._list = KeywordList(found, id="keyword-list")
        self._pending = ""
        self._opened_at = review.clock()
        self._last_key = ("", float("-inf"))
        self._held = HeldKey(review.clock)
        self._before = self._list.state
        self._busy = False

    def compose(self) -> ComposeResult:
        """What this is, the keywords, the one under the cursor in words, and the keys."""
        with Vertical(classes="box keywords"):
            yield KeywordHead(id="keyword-head")
            yield Static(_INTRO, id="keyword-intro", markup=False)
            yield self._list
            yield KeywordAbout(id="keyword-about")
            yield Static(self._hint(), id="keyword-hint", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """The first keyword is under the cursor."""
        self._list.update_size()
        self._list.focus()
        self._show()

    def on_resize(self) -> None:
        """The box is as high as its list needs, where there is room."""
        height = max(_LEAST_ROWS, self._list.row_count) + _AROUND
        fits = height <= self.size.height * 94 // 100
        self.query_one(".box").styles.height = height if fits else None
        self.query_one("#keyword-hint", Static).update(self._hint())

    def _hint(self) -> str:
        keys = self._review.keys.keys
        wanted = (
            ("map", "map"),
            ("keep", "keep"),
            ("never", "never"),
            *(() if self.size.width < _WIDE else (("keep_all", "keep all"),)),
            ("commit", "all as shown"),
        )
        named = [
            f"{commands.key_sign(keys[f'keywords_{name}'][0])} {does}"
            for name, does in wanted
            if keys[f"keywords_{name}"]
        ]
        return " · ".join([*named, "Esc leaves"])

    def _show(self) -> None:
        self.query_one(KeywordHead).show(Counter(self._list.answers))
        self.query_one(KeywordAbout).show(self._list.current)

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._show()

    def on_key(self, event: events.Key) -> None:
        """The keys of this screen; Esc leaves it and answers nothing."""
        event.stop()
        event.prevent_default()
        match = self._review.keys.match_dialog(commands.KEYWORDS, self._pending, event.key, _REVIEW_KEYS)
        self._pending = event.key if match.waiting else ""
        held, press = self._is_repeat(event.key), self._held.press(event.key)
        if match.command is None:
            if event.key in ("escape", "q") and not match.waiting:
                self._leave()
            return
        what = match.command.removeprefix("keywords_")
        if what == "commit":
            if not held and not self._busy:
                self._busy = True
                self.run_worker(self._commit(), group="commit")
        elif what in _ANSWERS:
            self._answer(_ANSWERS[what], press)
        elif what in ("map_all", "keep_all"):
            self._list.answer_all(_ANSWERS[what.removesuffix("_all")])
        else:
            self._go(what)
        self._show()

    def _answer(self, given: Answer, press: Press) -> None:
        """Answer and go on; a held key answers once."""
        if press is Press.COUNTS:
            self._before = self._list.state
            self._list.answer(given)
            self._list.step(1)
        elif press is Press.TAKES_BACK:
            self._list.restore(self._before)

    def _go(self, what: str) -> None:
        page, rows = self._list.page, self._list.row_count
        steps = {"down": 1, "up": -1, "page_down": page, "page_up": -page, "first": -rows, "last": rows}
        self._list.step(steps[what])

    def _is_repeat(self, key: str) -> bool:
        """Whether a key may be a repeat, or was meant for the screen before this one."""
        now = self._review.clock()
        before, at = self._last_key
        self._last_key = (key, now)
        pause = FIRST_PAUSE_S[1]
        return (key == before and now - at <= pause) or now - self._opened_at <= pause

    def _leave(self) -> None:
        self._review.say("words", f"nothing answered; {self._review.sign_of('keywords')} asks again")
        self.dismiss()

    async def _commit(self) -> None:
        review, given = self._review, self._list.given()

        def change(library: Library) -> int | None:
            # Another program may have answered some of them meanwhile.
            still = {proposal.keyword for proposal in proposals(library)} & given.keys()
            return answer(library, {word: given[word] for word in still}) if still else None

        try:
            number_of_act = await review.reader.read(change)
        except (NivoError, sqlite3.Error) as error:
            review.say("error", str(error), "error")
            return
        finally:
            self._busy = False
        if number_of_act is None:
            review.say("words", "all of them were answered meanwhile")
        else:
            words = self._words(Counter(given.values()))
            review.session.note_act(f"keywords: {words}", number_of_act)
            review.show_all()
            review.offer.renew()
            review.say("words", f"{words}; {review.sign_of('undo')} takes it back")
        if self.is_attached:
            self.dismiss()

    def _words(self, answers: Counter[Answer]) -> str:
        done = ((Answer.MAP, "mapped"), (Answer.KEEP, "kept apart"), (Answer.NEVER, "never suggested"))
        return ", ".join(f"{number(answers[kind])} {words}" for kind, words in done if answers[kind])
