"""Bulk accept: a tag on every photo above a bar, after a person judged enough of a random draw."""

from __future__ import annotations

import sqlite3
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen

from nivo_tui.catalog.judging import (
    Candidates,
    accept_above,
    candidates,
    drawn_details,
)
from nivo_tui.catalog.precision import DRAW
from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.errors import NivoError
from nivo_tui.model import Suggestion
from nivo_tui.text import plain
from nivo_tui.ui.bulk_words import BulkWords
from nivo_tui.ui.commands import BULK
from nivo_tui.ui.geometry import HEIGHTS, WIDTHS
from nivo_tui.ui.held_key import HeldKey, Press
from nivo_tui.ui.images.single import DEBOUNCE_S, SinglePicture
from nivo_tui.ui.judgement import STEP, Draft, Gate, Judgement, bar_of
from nivo_tui.ui.resources import style_sheets
from nivo_tui.ui.widgets.bulk_lines import (
    BulkLines,
    photo_line,
    photo_lines,
    sign_of,
    sign_row,
)
from nivo_tui.ui.widgets.contact_sheet import ContactSheet, SheetPhoto
from nivo_tui.ui.widgets.lines import LINE_CLASSES

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen

_REVIEW_KEYS = {"accept": "bulk_right", "reject": "bulk_wrong", "back": "bulk_back"}


class BulkScreen(ModalScreen[None]):
    """Draws photos, takes judgements, and accepts once they suffice; Esc leaves and commits nothing.

    What was judged is kept in `review.drafts` while the program runs.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = list(WIDTHS)  # noqa: RUF012
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = list(HEIGHTS)  # noqa: RUF012
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = style_sheets(
        "contact_sheet.tcss", "bulk.tcss"
    )

    def __init__(self, review: ReviewScreen, suggestion: Suggestion) -> None:
        super().__init__(classes=f"dialog{'' if review.support.draws else ' -no-pictures'}", id="bulk")
        self._review = review
        self._suggestion = suggestion
        self._folder = review.session.folder
        self._words = BulkWords(suggestion, review.sign_of, review.session.bars.get(suggestion.tag, ""))
        self._held = HeldKey(review.clock)
        self._pending = ""
        self._details: dict[int, PhotoDetail] = {}
        self._place = 0
        self._shown: tuple[int, ...] = ()
        self._start = 0
        self._painted = False
        self._said = ""
        self._judged_last: tuple[int, bool | None, int] | None = None
        self.accepting = False
        self.judgement: Judgement | None = None
        support = review.support
        debounce = DEBOUNCE_S if review.debounce is None else review.debounce
        self.sheet = ContactSheet(support, id="bulk-sheet")
        self.picture = SinglePicture(support, debounce=debounce, id="bulk-picture")

    def compose(self) -> ComposeResult:
        """Head, signs, contact sheet beside the photo in hand, and what Enter does."""
        with Vertical(classes="box bulk"):
            yield BulkLines(id="bulk-head")
            yield BulkLines(id="bulk-signs")
            with Horizontal(id="bulk-body"):
                yield self.sheet
                with Vertical(id="bulk-current"):
                    yield self.picture
                    yield BulkLines(id="bulk-words")
            yield BulkLines(id="bulk-photo")
            yield BulkLines(id="bulk-foot")

    def on_mount(self) -> None:
        """Find the photos."""
        self._show_texts()
        self.run_worker(self._open(), group="bulk", exclusive=True)

    async def _open(self) -> None:
        folder, suggestion = self._folder, self._suggestion
        try:
            found: Candidates = await self._review.reader.read(
                lambda library: candidates(library, folder, suggestion)
            )
        except (NivoError, sqlite3.Error) as error:
            self._fail(error)
            return
        draft = self._review.drafts.setdefault(suggestion.tag, Draft(bar_of(suggestion.confidence)))
        self.judgement = Judgement(found, draft)
        await self._show_draw()

    def _fail(self, error: Exception) -> None:
        self._review.say("error", str(error), "error")
        self.dismiss()

    async def _show_draw(self, place: int | None = None) -> None:
        """After the draw changed: read what is drawn, and go to the first photo that is not judged."""
        judgement = self.judgement
        assert judgement is not None
        drawn = judgement.drawn
        unknown = [photo for photo in drawn if photo not in self._details]
        if unknown:
            try:
                read = await self._review.reader.read(lambda library: drawn_details(library, unknown))
            except (NivoError, sqlite3.Error) as error:
                self._fail(error)
                return
            self._details.update(read)
        if not self.is_attached or judgement.drawn != drawn:
            return
        if place is None:
            place = judgement.next_open(-1) or 0
        self._place = place
        self._show_page(anew=True)

    # what is shown

    @property
    def place(self) -> int:
        """The place in the draw of the photo in hand."""
        return self._place

    @property
    def painted(self) -> bool:
        """Whether the photo in hand reached the terminal."""
        return self._painted and bool(self._shown)

    def on_resize(self) -> None:
        """As many photos on a page as there is room for."""
        self.call_after_refresh(self._show_page)

    def _show_page(self, *, anew: bool = False) -> None:
        """The page of the contact sheet that holds the photo in hand; its pictures go out only once."""
        judgement = self.judgement
        if judgement is None or not self.is_attached:
            return
        size = self._page_size(len(judgement.drawn))
        start = self._place // size * size
        shown = judgement.drawn[start : start + size]
        if anew or shown != self._shown or start != self._start:
            self._shown, self._start, self._painted = shown, start, False
            self.sheet.display = bool(shown)
            self.sheet.show(
                [self._sheet_photo(photo) for photo in shown],
                [str(start + place + 1) for place in range(len(shown))],
                [self._sign(start + place) for place in range(len(shown))],
            )
        self.sheet.cursor = self._place - start if shown else -1
        self._show_texts()

    def _page_size(self, drawn: int) -> int:
        """Pages of the same length, so that the last is not a remnant."""
        drawn = max(1, min(drawn, DRAW))
        room = self.sheet.capacity if self._review.support.draws else max(1, self.sheet.size.height)
        return -(-drawn // -(-drawn // room))

    def _sheet_photo(self, photo: int) -> SheetPhoto:
        detail = self._details.get(photo)
        if detail is None:
            return SheetPhoto("", "no longer there", None, "")
        found = next((s for s in detail.suggestions if s.tag == self._suggestion.tag), None)
        caption = f"{found.confidence:.2f} {found.why}".removeprefix("0") if found is not None else ""
        return SheetPhoto(detail.path, detail.name, detail.thumbnail, caption)

    def _sign(self, place: int) -> tuple[str, str]:
        assert self.judgement is not None
        return sign_of(self.judgement.verdict(place), current=False)

    def _show_texts(self) -> None:
        empty = self.judgement is not None and not self.judgement.photos
        self.set_class(empty, "-empty")
        self._show_head()
        self._show_photo()
        self._show_foot()

    def _show_head(self) -> None:
        head, signs = self.query_one("#bulk-head", BulkLines), self.query_one("#bulk-signs", BulkLines)
        judgement = self.judgement
        head.show(self._words.head(judgement, head.size.width))
        drawn = range(len(judgement.drawn)) if judgement is not None else ()
        verdicts = [judgement.verdict(place) for place in drawn] if judgement is not None else []
        signs.show([sign_row(verdicts, self._place, signs.size.width)])

    def _show_photo(self) -> None:
        judgement = self.judgement
        words, line = self.query_one("#bulk-words", BulkLines), self.query_one("#bulk-photo", BulkLines)
        drawn = judgement.drawn if judgement is not None else ()
        self.query_one("#bulk-current").display = bool(drawn)
        detail = self._details.get(drawn[self._place]) if self._place < len(drawn) else None
        if detail is None:
            words.show(())
            line.show(())
            return
        size = (detail.width, detail.height) if detail.width and detail.height else None
        self.picture.show(plain(detail.name), detail.thumbnail, size)
        tag = self._suggestion.tag
        words.show(
            photo_lines(detail, tag, self._place, len(drawn), max(1, words.size.width), words.size.height)
        )
        narrow = photo_line(detail, tag, max(1, line.size.width), with_name=self._review.support.draws)
        line.show([narrow])

    def _show_foot(self) -> None:
        foot = self.query_one("#bulk-foot", BulkLines)
        foot.show(self._words.foot(self.judgement, self._said, max(20, foot.size.width), self.accepting))

    # keys

    @on(ContactSheet.Painted)
    def _sheet_painted(self, event: ContactSheet.Painted) -> None:
        self._painted = event.page == self.sheet.page

    @on(ContactSheet.Resized)
    def _sheet_resized(self) -> None:
        self._show_page()

    @on(ContactSheet.Chosen)
    def _clicked(self, event: ContactSheet.Chosen) -> None:
        self._go_to(self._start + event.index)

    def on_key(self, event: events.Key) -> None:
        """Every key of the dialog; held keys judge once."""
        event.stop()
        event.prevent_default()
        press = self._held.press(event.key)
        if self.accepting:
            return
        if event.key == "escape":
            self.dismiss()
            return
        match = self._review.keys.match_dialog(BULK, self._pending, event.key, _REVIEW_KEYS)
        self._pending = event.key if match.waiting else ""
        if match.command is not None and self.judgement is not None:
            self._do(match.command, press, self.judgement)

    def _do(self, command: str, press: Press, judgement: Judgement) -> None:
        moves = {"bulk_next": 1, "bulk_previous": -1}
        if command in moves:
            self._go_to(self._place + moves[command])
        elif command in ("bulk_right", "bulk_wrong"):
            self._judge(command == "bulk_right", press, judgement)
        elif press is not Press.COUNTS:
            return
        elif command == "bulk_back":
            self._take_back(judgement)
        elif command == "bulk_accept":
            self._accept(judgement)
        elif command in ("bulk_raise", "bulk_lower"):
            if judgement.move_bar(STEP if command == "bulk_raise" else -STEP):
                self._draw_changed(None)
        elif command == "bulk_more" and judgement.draw_more():
            self._draw_changed(judgement.next_open(-1))

    def _draw_changed(self, place: int | None) -> None:
        self._said = ""
        self._judged_last = None
        self._shown, self._painted = (), False
        self._place = 0
        self.run_worker(self._show_draw(place), group="bulk", exclusive=True)

    def _go_to(self, place: int) -> None:
        judgement = self.judgement
        if judgement is None or not 0 <= place < len(judgement.drawn):
            return
        self._said = ""
        self._place = place
        self._show_page()

    def _judge(self, right: bool, press: Press, judgement: Judgement) -> None:
        """Judge the photo in hand, if it was seen; the repeat of a held key takes its own judgement back."""
        if press is Press.TAKES_BACK and self._judged_last is not None:
            place, before, _ = self._judged_last
            judgement.judge(place, before)
            self._after_judging(place, place, judgement)
        self._judged_last = self._judged_last if press is Press.COUNTS else None
        if press is not Press.COUNTS or not self.painted or self._place >= len(judgement.drawn):
            return
        place = self._place
        self._judged_last = (place, judgement.verdict(place), place)
        judgement.judge(place, right)
        ahead = judgement.next_open(place)
        self._after_judging(place, place if ahead is None else ahead, judgement)

    def _take_back(self, judgement: Judgement) -> None:
        """The judgement of the photo in hand; where it has none, of the one before."""
        place = self._place
        if place < len(judgement.drawn) and judgement.verdict(place) is None and place > 0:
            place -= 1
        if place < len(judgement.drawn):
            judgement.judge(place, None)
            self._after_judging(place, place, judgement)

    def _after_judging(self, judged: int, place: int, judgement: Judgement) -> None:
        self._said = ""
        index = judged - self._start
        if 0 <= index < len(self._shown):
            self.sheet.set_sign(index, *self._sign(judged))
        self._place = place
        self._show_page()

    # accepting

    def _accept(self, judgement: Judgement) -> None:
        if judgement.gate is Gate.OPEN and self.painted:
            self.accepting = True
            self._show_foot()
            self.run_worker(self._commit(judgement), group="bulk")
        elif judgement.gate in (Gate.JUDGING, Gate.SHUT):
            self._said = "Not yet: "
            self._show_foot()

    async def _commit(self, judgement: Judgement) -> None:
        """In the reader's thread: a hundred thousand decisions take seconds."""
        shown, bar, judged = judgement.candidates, judgement.bar, dict(judgement.draft.judged)
        try:
            made = await self._review.reader.read(lambda library: accept_above(library, shown, bar, judged))
        except (NivoError, sqlite3.Error) as error:
            self.accepting = False
            self._said = f"Nothing was accepted: {plain(error)}. "
            self._show_foot()
            return
        words = self._words.committed(made)
        self._review.drafts.pop(self._suggestion.tag, None)
        if made.act is not None:
            self._review.session.note_act(words, made.act)
        self.dismiss()
        self._review.show_all()
        self._review.say("bulk", words)
