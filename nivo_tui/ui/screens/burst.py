"""The same for near-duplicates: what was accepted on a photo, given to those that look nearly the same."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from nivo_tui.catalog.bursts import Likeness, Offer, give, read_offer
from nivo_tui.errors import NivoError
from nivo_tui.text import plain
from nivo_tui.ui.burst_words import apart, foot_lines, head_lines
from nivo_tui.ui.commands import BURST
from nivo_tui.ui.geometry import HEIGHTS, WIDTHS
from nivo_tui.ui.guard import CONFIRM_S
from nivo_tui.ui.held_key import HeldKey, Press
from nivo_tui.ui.resources import style_sheets
from nivo_tui.ui.text import counted
from nivo_tui.ui.widgets.bulk_lines import BulkLines
from nivo_tui.ui.widgets.contact_sheet import ContactSheet, SheetPhoto
from nivo_tui.ui.widgets.lines import LINE_CLASSES

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen

_HEAD = 6  # lines
_REVIEW_KEYS = {"accept": "burst_in", "reject": "burst_out", "as_shown": "burst_accept"}
_MOVES = {"burst_next": (1, 0), "burst_previous": (-1, 0), "burst_down": (0, 1), "burst_up": (0, -1)}


class BurstScreen(ModalScreen[None]):
    """Shows near-duplicates, the exceptions first; Enter gives them the same, Esc commits nothing."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = list(WIDTHS)  # noqa: RUF012
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = list(HEIGHTS)  # noqa: RUF012
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = style_sheets(
        "contact_sheet.tcss", "burst.tcss"
    )

    def __init__(self, review: ReviewScreen) -> None:
        super().__init__(classes="dialog", id="burst")
        self._review = review
        self._source = review.twins.source
        self._held = HeldKey(review.clock)
        self._pending = ""
        self._presses = 0
        self._place = 0
        self._start = 0
        self._painted: set[str] = set()
        self._flipped_last: tuple[int, bool] | None = None
        self._giving = False
        self._said = ""
        self.offer: Offer | None = None
        self.chosen: set[str] = set()
        self.sheet = ContactSheet(review.support, id="burst-sheet")

    def compose(self) -> ComposeResult:
        """What is given, the exceptions, the photos, and what Enter does."""
        with Vertical(classes="box burst"):
            yield BulkLines(id="burst-head")
            yield self.sheet
            yield BulkLines(id="burst-foot")

    def on_mount(self) -> None:
        """Find the photos."""
        self._show_texts()
        self.run_worker(self._open(), group="burst", exclusive=True)

    async def _open(self) -> None:
        root, source = self._review.session.root, self._source
        try:
            offer = await self._review.reader.read(
                lambda library: read_offer(library, root, source) if source is not None else None
            )
        except (NivoError, sqlite3.Error) as error:
            self._leave("error", str(error), "error")
            return
        if offer is None:
            self._leave("burst", "no near-duplicate is to do any more")
            return
        self.offer = offer
        self.chosen = {photo.path for photo in offer.photos}
        head = self.query_one("#burst-head", BulkLines)
        head.styles.height = len(head_lines(offer, head.size.width, _HEAD)) + 1
        self._show_texts()
        self.call_after_refresh(self._show_page, anew=True)

    def _leave(self, topic: str, words: str, level: str = "info") -> None:
        self._review.say(topic, plain(words), level)
        self.dismiss()

    # what is shown

    @property
    def photos(self) -> tuple[Likeness, ...]:
        """All near-duplicates."""
        return self.offer.photos if self.offer is not None else ()

    @property
    def page(self) -> tuple[Likeness, ...]:
        """Those on the page in view."""
        return self.photos[self._start : self._start + max(1, self.sheet.capacity)]

    @property
    def unseen(self) -> tuple[Likeness, ...]:
        """Those that were not on the screen yet: nothing is decided on them."""
        return tuple(photo for photo in self.photos if photo.path not in self._painted)

    @on(ContactSheet.Resized)
    def _resized(self) -> None:
        self._show_texts()
        self._show_page(anew=True)

    def _show_page(self, *, anew: bool = False) -> None:
        """The page with the photo in hand; its pictures go out only where it is another one."""
        if self.offer is None or not self.is_attached:
            return
        capacity = max(1, self.sheet.capacity)
        start = self._place // capacity * capacity
        if anew or start != self._start:
            self._start = start
            self.sheet.show(
                [_sheet_photo(photo) for photo in self.page],
                [str(start + place + 1) for place in range(len(self.page))],
                [self._sign(photo) for photo in self.page],
            )
        self.sheet.cursor = self._place - start
        self._show_texts()

    def _sign(self, photo: Likeness) -> tuple[str, str]:
        if photo.path not in self.chosen:
            return ("·", "dim")
        return ("✓", "warn" if photo.is_exception else "good")

    def _show_texts(self) -> None:
        head, foot = self.query_one("#burst-head", BulkLines), self.query_one("#burst-foot", BulkLines)
        head.show(head_lines(self.offer, head.size.width or 76, _HEAD))
        current = self.photos[self._place] if self._place < len(self.photos) else None
        foot.show(
            foot_lines(
                self.offer,
                current,
                chosen=len(self.chosen),
                ahead=len(self.unseen),
                giving=self._giving,
                said=self._said,
                width=foot.size.width or 76,
                sign=self._review.sign_of,
            )
        )

    @on(ContactSheet.Painted)
    def _sheet_painted(self, event: ContactSheet.Painted) -> None:
        if event.page == self.sheet.page:
            self._painted.update(photo.path for photo in self.page)
            self._show_texts()

    @on(ContactSheet.Chosen)
    def _clicked(self, event: ContactSheet.Chosen) -> None:
        self._go_to(self._start + event.index)

    # keys

    def on_key(self, event: events.Key) -> None:
        """Every key of the dialog; a held key acts once."""
        event.stop()
        event.prevent_default()
        press = self._held.press(event.key)
        self._presses += 1
        if self._giving:
            return
        if event.key == "escape":
            self.dismiss()
            return
        match = self._review.keys.match_dialog(BURST, self._pending, event.key, _REVIEW_KEYS)
        self._pending = event.key if match.waiting else ""
        if match.command is not None and self.offer is not None:
            self._do(match.command, press)

    def _do(self, command: str, press: Press) -> None:
        self._said = ""
        if command in _MOVES:
            right, down = _MOVES[command]
            self._go_to(self._place + right + down * self.sheet.columns)
        elif command in ("burst_in", "burst_out"):
            self._flip(command == "burst_in", press)
        elif command == "burst_accept" and press is Press.COUNTS:
            if self._held.is_doubtful:
                self.set_timer(CONFIRM_S, partial(self._settle_accept, self._presses))
            else:
                self._accept()

    def _settle_accept(self, presses: int) -> None:
        """An Enter that may be the repeat of a held one counts, unless another key followed at once."""
        if presses == self._presses and not self._giving:
            self._accept()

    def _go_to(self, place: int) -> None:
        if 0 <= place < len(self.photos):
            self._place = place
            self._show_page()

    def _flip(self, on: bool, press: Press) -> None:
        """The photo in hand in or out, and on to the next; a held key takes its own second flip back."""
        if press is Press.TAKES_BACK and self._flipped_last is not None:
            place, was = self._flipped_last
            self._place = place
            self._set(self.photos[place], was)
        if press is not Press.COUNTS:
            self._flipped_last = None
            return
        photo = self.photos[self._place]
        if photo.path not in self._painted:
            return
        self._flipped_last = (self._place, photo.path in self.chosen)
        self._set(photo, on)
        self._go_to(min(self._place + 1, len(self.photos) - 1))

    def _set(self, photo: Likeness, on: bool) -> None:
        (self.chosen.add if on else self.chosen.discard)(photo.path)
        if photo in self.page:
            self.sheet.set_sign(self.page.index(photo), *self._sign(photo))
        self._show_page()

    # giving

    def _accept(self) -> None:
        """Give it, once every photo was on the screen; until then go to those that were not."""
        if self.unseen:
            if all(photo.path in self._painted for photo in self.page):
                self._go_to(self.photos.index(self.unseen[0]))
            return
        if not self.chosen:
            self._said = "No photo is in; nothing to give. "
            self._show_texts()
            return
        self._giving = True
        self._show_texts()
        self.run_worker(self._commit(), group="burst")

    async def _commit(self) -> None:
        offer, chosen = self.offer, frozenset(self.chosen)
        assert offer is not None
        review = self._review
        try:
            done, act = await review.reader.read(lambda library: give(library, offer, chosen))
        except (NivoError, sqlite3.Error) as error:
            self._giving = False
            self._said = f"Nothing was given: {plain(str(error))}. "
            self._show_texts()
            return
        words = f"{counted(len(offer.tags), 'tag')} of {plain(offer.name)} given to {counted(done, 'photo')}"
        session = review.session
        session.note_act(words, act)
        self.dismiss()
        if session.path in chosen:
            session.next_todo()
        review.show_all()
        review.twins.look_again()
        review.say("burst", f"{words}; {review.sign_of('undo')} takes it back")


def _sheet_photo(photo: Likeness) -> SheetPhoto:
    # A grid has room for the first word of it alone.
    caption = f"! {apart(photo)}" if photo.is_exception else ""
    return SheetPhoto(photo.path, photo.name, photo.thumbnail, caption)
