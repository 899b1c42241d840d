"""The tag view: one tag across photos as a contact sheet; wrong ones are flipped, Enter decides the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static

from nivo_tui.catalog.across import TagPhoto, TagTally, decide_page, photos_of, tags_to_decide
from nivo_tui.errors import NivoError
from nivo_tui.text import plain
from nivo_tui.ui.geometry import HEIGHTS, WIDTHS
from nivo_tui.ui.guard import CONFIRM_S, DecisionGuard, Verdict
from nivo_tui.ui.resources import style_sheets
from nivo_tui.ui.tag_page import MARKS, STEPS, DecidedPage, Mark, Place, TagPage, labels, meaning, offered
from nivo_tui.ui.tag_view_words import HINT, NOTHING, footer, gone_through, sheet_photo, title
from nivo_tui.ui.widgets.contact_sheet import ContactSheet
from nivo_tui.ui.widgets.frame import Divider, FooterLine, Rule, TitleLine, redraw_frame
from nivo_tui.ui.widgets.lines import LINE_CLASSES, LineList
from nivo_tui.ui.widgets.tag_list import TagList, TagListHead

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library
    from nivo_tui.ui.screens.review import ReviewScreen
_SHEETS = ("contact_sheet.tcss", "tag_view.tcss")


class TagViewScreen(Screen[None]):
    """Shows the tags that wait for decisions, then the photos of one; nothing is decided but by Enter."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = list(WIDTHS)  # noqa: RUF012
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = list(HEIGHTS)  # noqa: RUF012
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = style_sheets(*_SHEETS)

    def __init__(self, review: ReviewScreen) -> None:
        super().__init__(id="tag-view", classes="-on-list")
        self._review = review
        self._labels = labels(review.keys)
        self._pending = ""
        self._busy = True
        self._filling: TagPage | None = None
        self._seen: set[str] = set()
        self._decided: list[DecidedPage] = []
        self._serial = 0
        self._waiting: int | None = None
        self.guard = DecisionGuard(review.clock)
        self.page: TagPage | None = None
        self.tags = TagList(id="tag-list")
        self.sheet = ContactSheet(review.support, id="tag-view-sheet")

    def compose(self) -> ComposeResult:
        """Title, the tags or the sheet, and the keys."""
        yield TitleLine(id="tag-view-title")
        yield Rule()
        with Horizontal(id="tag-view-body"):
            with Vertical(id="tag-view-tags"):
                yield TagListHead(id="tag-list-head")
                yield self.tags
                yield Static("counting …", id="tag-view-note", markup=False)
            yield Divider(id="tag-view-divider")
            yield self.sheet
        yield Rule()
        yield FooterLine(id="tag-view-footer")

    @property
    def is_ready(self) -> bool:
        """Whether a key would count now: nothing is being read, and what it is about is painted."""
        return not self._busy and (self.page is None or self.guard.is_painted)

    def on_mount(self) -> None:
        """Count the tags."""
        self._show_frame()
        self.tags.focus()
        self._ask_tags("")

    # the list of tags

    def _ask_tags(self, note: str) -> None:
        self._busy = True
        self.run_worker(self._read_tags(note), group="tags", exclusive=True)

    async def _read_tags(self, note: str) -> None:
        root = self._review.session.root
        try:
            tallies = await self._review.reader.read(lambda library: tags_to_decide(library, root))
        except NivoError as error:
            self._note(f"the tags could not be read: {error}")
            return
        finally:
            self._busy = False
        self.tags.show(tallies, offered(tallies, self._seen))
        has_tags = any(not tally.is_name for tally in tallies)
        self._note((note or HINT) if has_tags else f"{note}  {NOTHING}".strip())
        self._show_frame()

    def _note(self, text: str) -> None:
        """A line below the tags; there is none for no text."""
        widget = self.query_one("#tag-view-note", Static)
        widget.update(plain(text))
        widget.set_class(not text, "-empty")

    def _show_list(self, note: str) -> None:
        """Back to the tags, counted anew."""
        self.page = None
        self.guard.changed(None)
        self.sheet.show((), (), ())
        self.set_class(True, "-on-list")
        self.set_class(False, "-on-sheet")
        self.call_after_refresh(self.tags.focus)
        self._show_frame()
        self._ask_tags(note)

    # the sheet of a tag

    def _open_tag(self, tally: TagTally) -> None:
        if tally.is_name:
            self._note(f"{tally.label} is a person's name: only its own key accepts it, photo by photo.")
            return
        self.set_class(False, "-on-list")
        self.set_class(True, "-on-sheet")
        self._busy = True
        # How many photos a page holds is known when the sheet has its size.
        self.call_after_refresh(self._ask_page, tally, None)

    def _ask_page(self, tally: TagTally, start: Place, changed: dict[str, Mark] | None = None) -> None:
        self._busy = True
        self.run_worker(self._read_page(tally, start, changed or {}), group="page")

    async def _read_page(self, tally: TagTally, start: Place, changed: dict[str, Mark]) -> None:
        try:
            photos = await self._photos(tally, start)
        except NivoError as error:
            self._busy = False
            self._show_list(str(error))
            return
        self._busy = False
        self._show_page(TagPage(tally, photos, start, changed))

    async def _photos(self, tally: TagTally, start: Place) -> tuple[TagPhoto, ...]:
        """As many photos as there is room for; the room may grow while they are read."""
        root = self._review.session.root
        while True:
            count = self._room
            photos = await self._review.reader.read(
                partial(photos_of, root=root, tag=tally.tag, limit=count, after=start)
            )
            if len(photos) < count or self._room <= count:
                return photos

    @property
    def _room(self) -> int:
        return min(self.sheet.capacity, len(self._labels))

    def _show_page(self, page: TagPage) -> None:
        """Show a page; without photos the tag is gone through, and the next one is offered."""
        if not page.photos:
            self._finish(page.tally)
            return
        page.cut(self._room)
        self.page = page
        self._serial += 1
        self.guard.changed(f"{page.tally.tag}:{self._serial}")
        self.sheet.show(
            [sheet_photo(photo) for photo in page.photos],
            self._labels[: len(page.photos)],
            [page.sign(index) for index in range(len(page.photos))],
        )
        self.sheet.cursor = 0
        self._show_frame()
        self._sheet_resized()

    def _finish(self, tally: TagTally) -> None:
        self._seen.add(tally.tag)
        self._show_list(gone_through(tally))

    @on(ContactSheet.Painted)
    def _sheet_painted(self, event: ContactSheet.Painted) -> None:
        if event.page == self.sheet.page and self.guard.photo is not None and all(self.sheet.size):
            self.guard.painted(self.guard.photo)

    @on(ContactSheet.Resized)
    def _sheet_resized(self) -> None:
        """What has no room any more is not decided; where there is more room, more is shown."""
        page = self.page
        if page is None or self._busy or not all(self.sheet.size):
            return
        if len(page.photos) > self._room:
            self._show_page(page)
        elif len(page.photos) < self._room and self._filling is not page:
            self._filling = page
            self.run_worker(self._fill(page), group="page")

    async def _fill(self, page: TagPage) -> None:
        root, count = self._review.session.root, self._room - len(page.photos)
        try:
            more = await self._review.reader.read(
                lambda library: photos_of(library, root, page.tally.tag, count, page.end)
            )
        except NivoError:
            more = ()
        self._filling = None
        if more and self.page is page and not self._busy:
            page.photos += more
            self._show_page(page)

    @on(ContactSheet.Chosen)
    def _clicked(self, event: ContactSheet.Chosen) -> None:
        self.sheet.cursor = event.index

    @on(LineList.Chosen)
    def _tag_clicked(self) -> None:
        if self.page is None and not self._busy and self.tags.current is not None:
            self._open_tag(self.tags.current)

    # title and keys

    def _show_frame(self) -> None:
        counts = self._review.session.counts
        todo = counts.todo if counts is not None else None
        place, forms = title(self.page, self.tags.tallies, todo, self._review.session.bars)
        self.query_one("#tag-view-title", TitleLine).show(place, forms)
        items = footer(self.page, self._labels, self._review.keys, can_undo=bool(self._decided))
        self.query_one("#tag-view-footer", FooterLine).show(items)
        self.call_after_refresh(redraw_frame, self)

    @on(FooterLine.Clicked)
    def _footer_clicked(self, event: FooterLine.Clicked) -> None:
        if event.command and event.command != "tags_commit":
            self._do(event.command)

    def on_key(self, event: events.Key) -> None:
        """Every key of the tag view; while a page is read or committed none but the one that leaves."""
        event.stop()
        event.prevent_default()
        match = meaning(self._review.keys, self._pending, event.key)
        self._pending = event.key if match.waiting else ""
        if match.command == "tags_leave":
            self._waiting = None
        elif match.command != "tags_commit":
            self._settle_enter()
        if match.command is not None:
            self._do(match.command)
        elif not match.waiting and event.key in self._labels and len(event.key) == 1:
            self._flip(self._labels.index(event.key))

    def _do(self, command: str) -> None:
        if command == "tags_commit":
            self._enter()
        elif self._busy:
            if command == "tags_leave" and self.page is None:
                self.dismiss()
        elif command == "tags_leave":
            self._leave()
        elif command == "tags_undo":
            self._undo()
        elif self.page is None:
            self._move_in_list(command)
        elif command in STEPS:
            self.sheet.step(*STEPS[command])
        elif command in MARKS:
            self._mark(MARKS[command])
        elif command == "tags_skip":
            self._ask_page(self.page.tally, self.page.end)
        elif command == "tags_larger":
            self._show_larger()

    def _move_in_list(self, command: str) -> None:
        rows = self.tags.row_count
        by = {"up": -1, "down": 1, "page_up": -self.tags.page, "page_down": self.tags.page}
        by |= {"first": -rows, "last": rows}
        step = by.get(command.removeprefix("tags_"))
        if step:
            self.tags.step(step)

    def _leave(self) -> None:
        if self.page is None:
            self.dismiss()
        else:
            self._show_list("")

    # deciding

    def _flip(self, index: int) -> None:
        page = self.page
        if page is not None and not self._busy and index < len(page.photos):
            page.flip(index)
            self._after_mark(page, index)

    def _mark(self, mark: Mark | None) -> None:
        page, index = self.page, self.sheet.cursor
        if page is not None and 0 <= index < len(page.photos):
            page.set(index, mark)
            self._after_mark(page, index)
            if mark is not None:
                self.sheet.step(1, 0)

    def _after_mark(self, page: TagPage, index: int) -> None:
        self.sheet.set_sign(index, *page.sign(index))
        self._show_frame()

    def _show_larger(self) -> None:
        from nivo_tui.ui.screens.large_photo import LargePhoto

        page, index = self.page, self.sheet.cursor
        if page is not None and 0 <= index < len(page.photos):
            photo = sheet_photo(page.photos[index])
            self.app.push_screen(LargePhoto(self._review, photo, page.tally.label), self._from_larger)

    def _from_larger(self, command: str | None) -> None:
        if command in MARKS:
            self._mark(MARKS[command])

    def _enter(self) -> None:
        """In the list open the tag; on a page decide it, unless it was not seen or the key is held."""
        verdict = self.guard.enter()
        if self._busy:
            return
        if self.page is None:
            if self.tags.current is not None:
                self._open_tag(self.tags.current)
        elif verdict is Verdict.ACT:
            self._commit()
        elif verdict is Verdict.WAIT:
            self._waiting = self.guard.serial
            self.set_timer(CONFIRM_S, self._settle_enter)

    def _settle_enter(self) -> None:
        """An Enter that waited counts, unless another followed: the key was held."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting == self.guard.serial and not self._busy:
            self._commit()

    def _commit(self) -> None:
        page = self.page
        if page is not None:
            self._busy = True
            # Never cancelled: what is committed is noted, so that it can be taken back.
            self.run_worker(self._decide(page), group="commit")

    async def _decide(self, page: TagPage) -> None:
        root, count = self._review.session.root, self._room
        accepted, rejected = page.take(Mark.ACCEPT), page.take(Mark.WRONG)

        def question(library: Library) -> tuple[tuple[str, int] | None, Sequence[TagPhoto]]:
            made = decide_page(library, page.tally, accepted, rejected)
            return made, photos_of(library, root, page.tally.tag, count, page.end)

        try:
            made, photos = await self._review.reader.read(question)
        except NivoError as error:
            self._review.say("error", str(error), "error")
            self.notify(plain(str(error)), title="Nothing was decided", severity="error", markup=False)
            return
        finally:
            self._busy = False
        if made is not None:
            self._decided.append(DecidedPage(page.tally, page.start, page.changed))
            self._review.session.note_act(*made)
            self._review.say("tags", f"{plain(made[0])}; {self._review.sign_of('undo')} takes it back")
            self._review.show_all()
        left = page.tally.photos - (len(accepted) + len(rejected) if made is not None else 0)
        tally = replace(page.tally, photos=left)
        if accepted and photos and not any(photo.ticked for photo in photos):
            self._finish(tally)
        else:
            self._show_page(TagPage(tally, tuple(photos), page.end))

    def _undo(self) -> None:
        """Take back the page decided last, and show it again."""
        if not self._decided:
            return
        if not self._review.attempt(self._review.does.deciding.undo):
            self.notify("The log says why.", title="Nothing was taken back", severity="error")
            return
        decided = self._decided.pop()
        self._seen.discard(decided.tally.tag)
        if self.page is None:
            self.set_class(False, "-on-list")
            self.set_class(True, "-on-sheet")
            self._busy = True
            self.call_after_refresh(self._ask_page, decided.tally, decided.start, decided.changed)
        else:
            self._ask_page(decided.tally, decided.start, decided.changed)

    def on_screen_suspend(self) -> None:
        """No picture under another screen."""
        self.sheet.pause()

    def on_screen_resume(self) -> None:
        """The pictures again."""
        self.sheet.resume()
