"""The review: folders, photos and tags, the preview, and a live log."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import WorkType

from nivo_tui.errors import NivoError
from nivo_tui.text import plain
from nivo_tui.ui import captions, commands, words
from nivo_tui.ui.actions import Actions
from nivo_tui.ui.bridge import Batch
from nivo_tui.ui.commands import BY_ID, Situation
from nivo_tui.ui.following import Following
from nivo_tui.ui.geometry import HEIGHTS, LEAST, WIDTHS, fits, form_of
from nivo_tui.ui.guard import DecisionGuard
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.images.preview import Preview
from nivo_tui.ui.job_state import JobState
from nivo_tui.ui.keymap import KeyTable
from nivo_tui.ui.keyword_offer import KeywordOffer
from nivo_tui.ui.overview import LibraryReader
from nivo_tui.ui.resources import REVIEW_SHEETS, style_sheets
from nivo_tui.ui.session import Session
from nivo_tui.ui.twins import Twins
from nivo_tui.ui.widgets.folder_tree import FolderTree
from nivo_tui.ui.widgets.frame import Divider, Dragged, FooterLine, Rule, TitleLine
from nivo_tui.ui.widgets.lines import LINE_CLASSES, LineList
from nivo_tui.ui.widgets.log_tail import LogTail
from nivo_tui.ui.widgets.photo_list import PhotoHead, PhotoList
from nivo_tui.ui.widgets.tag_table import TagHead, TagTable

if TYPE_CHECKING:
    from nivo_tui.ui.app import NivoApp
    from nivo_tui.ui.judgement import Draft

_PANES = ("folders", "photos", "tags")


class ReviewScreen(Screen[None]):
    """Shows the session and turns keys into its commands."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = list(WIDTHS)  # noqa: RUF012
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = list(HEIGHTS)  # noqa: RUF012
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = style_sheets(*REVIEW_SHEETS)

    def __init__(
        self,
        session: Session,
        reader: LibraryReader,
        keys: KeyTable,
        support: PictureSupport,
        *,
        size: Size,
        title: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        debounce: float | None = None,
    ) -> None:
        forms = (form_of(size.width, WIDTHS), form_of(size.height, HEIGHTS))
        super().__init__(id="review", classes=f"{forms[0]} {forms[1]} -on-tags")
        self.session = session
        self.reader = reader
        self.support = support
        self.keys = keys
        self.clock = clock
        self.wall_clock = wall_clock
        self.twins = Twins(self)
        self.offer = KeywordOffer(self)
        self.guard = DecisionGuard(clock)
        self.jobs = JobState()
        self.does = Actions(self)
        self.search_words = ""
        self.debounce = debounce
        self.drafts: dict[str, Draft] = {}  # what was judged in a bulk accept that was left, by tag
        self._title = title
        self._pending_key = ""
        self.following = Following(self)
        self.folders = FolderTree(id="folders")
        self.photos = PhotoList(id="photos")
        self.tags = TagTable(id="tags")
        self.photos.marked, self.tags.marked = session.marks.photos, session.marks.tags
        self.log_tail = LogTail(id="log")
        self.preview = Preview(support) if debounce is None else Preview(support, debounce)
        self.pane = "tags"

    def compose(self) -> ComposeResult:
        """Title, three panes, log, footer; and the one line for a terminal that is too small."""
        yield TitleLine(id="title")
        yield Rule(id="title-rule")
        with Horizontal(id="body"):
            yield self.folders
            yield Divider(id="folders-divider")
            with Vertical(id="middle"):
                yield PhotoHead(id="photo-head")
                yield self.photos
                yield Rule(id="middle-rule")
                yield TagHead(id="tag-head")
                yield self.tags
            yield Divider(id="preview-divider")
            yield self.preview
        yield Rule(id="log-rule")
        yield self.log_tail
        yield Rule(id="footer-rule")
        yield FooterLine(id="footer")
        yield Static("", id="tiny", markup=False)

    def on_mount(self) -> None:
        """Show what the library knows already."""
        self.photos.show(self.session.source, self.session.row)
        self.show_folders()
        self.show_photo()
        self.tags.focus()
        self.log_tail.show_job(self.jobs.pieces(short=True))
        self.run_worker(self.following.run(), group="overview")

    @property
    def nivo(self) -> NivoApp:
        """The application, for other screens and the engine."""
        from nivo_tui.ui.app import NivoApp

        assert isinstance(self.app, NivoApp)
        return self.app

    # what is shown

    @property
    def narrow(self) -> bool:
        """Whether one of the panes is shown at a time."""
        return form_of(self.size.width, WIDTHS) == "-narrow"

    @property
    def tiny(self) -> bool:
        """Whether there is no room for the review at all."""
        return not fits(*self.size)

    def on_resize(self, event: events.Resize) -> None:
        """Too small a terminal gets one line instead of a broken layout."""
        tiny = not fits(*event.size)
        self.set_class(tiny, "-tiny")
        if tiny:
            self.query_one("#tiny", Static).update(
                f"nivo needs {LEAST[0]}×{LEAST[1]} characters; this terminal has "
                f"{event.size.width}×{event.size.height}. Make it larger, or press q to leave."
            )
        self.show_pane(self.pane)
        self.show_title()

    def show_photo(self, *, same: bool = False) -> None:
        """Everything that follows from the open photo; `same` after a decision on it."""
        sheet = self.session.sheet
        if self.guard.photo != self.session.path:
            self.guard.changed(self.session.path)
            self.following.look_soon()
            self.twins.opened()
        self.following.take_version()
        self.photos.go_to(self.session.row)
        self.photos.refresh_changed()
        # A screen that is being closed loses its widgets before it is detached itself.
        for photo_head in self.query("#photo-head").results(PhotoHead):
            photo_head.show(self._list_head())
        name = plain(sheet.detail.name) if sheet is not None else ""
        for tag_head in self.query("#tag-head").results(TagHead):
            tag_head.show(name, sheet.tally() if sheet is not None else "")
        self.tags.show(
            sheet,
            keep_cursor=same,
            empty_text=self.does.finding.nothing_listed()
            or words.nothing_to_decide(sheet, self.jobs, self.sign_of, self.session.counts),
            hint=self.does.deciding.marked_hint()
            or words.what_next(self.session.counts, self.jobs, self.sign_of)
            or words.not_looked_for(sheet, self.jobs, self.sign_of),
        )
        self.preview.show(sheet)
        self.explain_row()
        self.show_title()
        self.show_footer()

    def explain_row(self) -> None:
        """The reason of the tag under the cursor, where its row has no room for it."""
        row = self.tags.current
        self.preview.explain(row if row is not None and self.tags.cuts_why(row) else None)

    def show_all(self) -> None:
        """The lists too: the open folder, the filter or the photo changed."""
        self.photos.show(self.session.source, self.session.row)
        self.show_folders()
        self.show_photo(same=self.guard.photo == self.session.path)

    def _list_head(self) -> str:
        return self.does.finding.list_head() + self.does.deciding.marked_count()

    def show_folders(self) -> None:
        """The tree and its counts."""
        self.folders.show(self.session.folders, self.session.folder)

    def show_title(self) -> None:
        """Where one is and the figures."""
        place, forms = captions.title(self.session, narrow=self.narrow, title=self._title)
        for line in self.query("#title").results(TitleLine):
            line.show(place, forms)

    def show_footer(self) -> None:
        """The commands that can be used now, in this pane."""
        for footer in self.query("#footer").results(FooterLine):
            footer.show(captions.footer(self.situation(), self.context, self.keys))

    def situation(self) -> Situation:
        """What can be done now."""
        return captions.situation(self)

    # panes

    @property
    def context(self) -> str:
        """Where keys go: the pane, or the photo list that covers the tags."""
        if self.pane == "photos" and self.narrow:
            return commands.COVER
        return self.pane

    def show_pane(self, pane: str) -> None:
        """Make a pane the one that keys move in; where only one is shown, it is this one."""
        self.pane = pane
        for name in _PANES:
            self.set_class(name == pane, f"-on-{name}")
        widget = {"folders": self.folders, "photos": self.photos, "tags": self.tags}[pane]
        widget.focus(scroll_visible=False)
        self.does.panes.apply()
        if self.is_mounted:
            self.show_footer()

    def cycle_pane(self, by: int) -> None:
        """The next pane, round."""
        panes = _PANES[1:] if self.does.panes.hides_folders else _PANES
        self.show_pane(panes[(panes.index(self.pane) + by) % len(panes)])

    @property
    def active_list(self) -> LineList:
        """The list of the pane in which keys move."""
        lists: dict[str, LineList] = {"folders": self.folders, "photos": self.photos, "tags": self.tags}
        return lists[self.pane]

    # keys and clicks

    def on_key(self, event: events.Key) -> None:
        """Every key of the review goes through the key table."""
        event.stop()
        event.prevent_default()
        if self.tiny:
            if self.keys.match(self.context, "", event.key).command == "quit":
                self.command("quit")
            return
        if not self._pending_key and self.does.showing.pan(event.key):
            return
        match = self.keys.match(self.context, self._pending_key, event.key)
        self._pending_key = event.key if match.waiting else ""
        if match.command is not None:
            self.command(match.command, event.key)

    def command(self, name: str, key: str = "") -> None:
        """Do a command, if it can be used now; what goes wrong is said in the log."""
        if not BY_ID[name].when(self.situation()):
            return
        self.attempt(lambda: self.does.run(name, key))

    def attempt(self, act: Callable[[], None]) -> bool:
        """Do something; what goes wrong is said in the log. False where it did."""
        try:
            act()
        except (NivoError, sqlite3.Error) as error:
            self.say("error", str(error), "error")
            return False
        return True

    def work(self, act: Callable[[], Awaitable[None]], group: str, *, exclusive: bool = False) -> None:
        """The same for what takes longer, in a worker."""
        attempt: WorkType[None] = partial(self._attempt_soon, act)
        self.run_worker(attempt, group=group, exclusive=exclusive)

    async def _attempt_soon(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            await act()
        except NivoError as error:
            self.say("error", str(error), "error")

    def say(self, topic: str, text: str, level: str = "info") -> None:
        """A line of the screen's own in the log."""
        self.log_tail.say(topic, text, self.wall_clock(), level)

    def sign_of(self, command: str) -> str:
        """How the first key of a command is written."""
        keys = self.keys.keys[command]
        return commands.key_sign(keys[0]) if keys else BY_ID[command].title

    @on(FooterLine.Clicked)
    def _footer_clicked(self, event: FooterLine.Clicked) -> None:
        if event.command not in ("as_shown", "flip"):
            self.command(event.command)

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        if isinstance(event, LineList.Chosen):
            self.show_pane(event.source.id or "tags")
        if event.source is self.photos:
            self.attempt(lambda: self.does.moving.open_row(event.row))
        elif event.source is self.folders and isinstance(event, LineList.Chosen):
            self.attempt(self.does.moving.open_folder)
        else:
            self.explain_row()
            self.show_footer()

    @on(Dragged)
    def _dragged(self, event: Dragged) -> None:
        self.does.panes.drag(event.line, event.x, event.y)

    @on(LogTail.Opened)
    def _log_opened(self) -> None:
        self.command("log_full")

    @on(Preview.Painted)
    def _painted(self, event: Preview.Painted) -> None:
        self.guard.painted(event.path)

    @on(Preview.Needs)
    def _sharper_wanted(self, event: Preview.Needs) -> None:
        self.nivo.order(event.order, quietly=True)

    def on_screen_suspend(self) -> None:
        """No picture under another screen."""
        self.preview.pause()

    def on_screen_resume(self) -> None:
        """The picture again."""
        self.preview.resume()
        self.guard.note()
        self.does.holding.came_back(self.nivo.last_key)

    def on_paste(self) -> None:
        """A pasted text decides nothing."""
        self.say("keys", f"a pasted text is not taken here; {self.sign_of('add_tag')} adds a tag")

    # the engine

    def apply(self, batch: Batch) -> None:
        """Take what the engine did since the last batch."""
        self.following.apply(batch)
