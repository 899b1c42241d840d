"""The review: folders, photos and tags, the preview, and a live log."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import PurePath
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from nivo_tui.errors import NivoError
from nivo_tui.text import plain
from nivo_tui.ui import commands, words
from nivo_tui.ui.bridge import Batch
from nivo_tui.ui.commands import BY_ID, COMMANDS, Situation
from nivo_tui.ui.geometry import HEIGHTS, LEAST, WIDTHS, fits, form_of
from nivo_tui.ui.guard import DecisionGuard
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.images.preview import Preview
from nivo_tui.ui.job_state import JobState
from nivo_tui.ui.keymap import KeyTable
from nivo_tui.ui.overview import LibraryReader, Overview
from nivo_tui.ui.resources import REVIEW_SHEETS, style_sheets
from nivo_tui.ui.review_commands import ReviewCommands
from nivo_tui.ui.session import Session
from nivo_tui.ui.text import number, short_path
from nivo_tui.ui.widgets.folder_tree import FolderTree
from nivo_tui.ui.widgets.frame import Divider, FooterLine, Rule, TitleLine, redraw_frame
from nivo_tui.ui.widgets.lines import LINE_CLASSES, LineList, Piece
from nivo_tui.ui.widgets.log_tail import LogTail
from nivo_tui.ui.widgets.photo_list import PhotoHead, PhotoList
from nivo_tui.ui.widgets.tag_table import TagHead, TagTable

_PANES = ("folders", "photos", "tags")
_OVERVIEW_S = 0.25
_LOOK_S = 0.25


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
        self.keys = keys
        self.clock = clock
        self.wall_clock = wall_clock
        self.guard = DecisionGuard(clock)
        self.jobs = JobState()
        self.does = ReviewCommands(self)
        self.search_words = ""
        self._title = title
        self._pending_key = ""
        self._overview_wanted = asyncio.Event()
        self._seen_version = -1
        self.folders = FolderTree(id="folders")
        self.photos = PhotoList(id="photos")
        self.tags = TagTable(id="tags")
        self.log_tail = LogTail(id="log")
        self.preview = Preview(support) if debounce is None else Preview(support, debounce)
        self.pane = "tags"
        self._look_timer: Timer | None = None

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
        self.run_worker(self._keep_overview(), group="overview")

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
            self._look_soon()
        if self._seen_version != self.session.version:
            self._seen_version = self.session.version
            self._overview_wanted.set()
        self.photos.go_to(self.session.row)
        self.photos.refresh_changed()
        self.query_one("#photo-head", PhotoHead).show(self._list_head())
        name = plain(sheet.detail.name) if sheet is not None else ""
        self.query_one("#tag-head", TagHead).show(name, sheet.tally() if sheet is not None else "")
        self.tags.show(
            sheet,
            keep_cursor=same,
            empty_text=words.nothing_to_decide(sheet, self.jobs, self.sign_of),
            hint=words.not_looked_for(sheet, self.jobs, self.sign_of),
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
        return "To do" if self.session.source.filtered else "Photo"

    def show_folders(self) -> None:
        """The tree and its counts."""
        self.folders.show(self.session.folders, self.session.folder)

    def show_title(self) -> None:
        """Where one is and the figures, fullest form first."""
        counts = self.session.counts
        forms: list[list[Piece]] = [[]]
        if self.narrow and self.session.sheet is not None:
            at = f"{number(self.session.row + 1)}/{number(len(self.session.source))}"
            name = plain(self.session.sheet.detail.name)
            todo, write = words.to_do(counts), words.to_write(counts)
            forms = [
                [(name, "head"), (f"  {words.joined(at, todo, write)}", "dim")],
                [(name, "head"), (f"  {words.joined(at, todo)}", "dim")],
                [(words.joined(at, todo), "dim")],
            ]
        elif counts is not None:
            forms = [[(form, "dim")] for form in words.figures(counts)]
        self.query_one("#title", TitleLine).show(plain(self._place()), [*forms, []])

    def _place(self) -> str:
        if self.narrow:
            return os.path.basename(self.session.folder) or self.session.folder
        return short_path(self.session.folder) if self._title is None else self._title

    def show_footer(self) -> None:
        """The commands that can be used now, in this pane."""
        now = self.situation()
        where = self.context
        items = [
            (
                c.id,
                commands.keys_sign(self.keys.keys[c.id][: 10 if c.id == "flip" else 1]),
                c.label(now),
                c.rank,
            )
            for c in COMMANDS
            if c.footer and where in c.where and self.keys.keys[c.id] and c.when(now)
        ]
        self.query_one("#footer", FooterLine).show(items)

    def situation(self) -> Situation:
        """What can be done now."""
        session = self.session
        return Situation(
            has_photo=session.sheet is not None,
            has_photos=len(session.source) > 0 or session.source.filtered,
            has_rows=self.tags.current is not None,
            has_judgements=bool(self.tags.numbered),
            job_running=self.jobs.running,
            can_write=session.can_write and not self.jobs.writing,
            can_repeat=session.last_added is not None,
            can_paste=bool(session.copied),
            searching=bool(self.search_words),
        )

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
        self.call_after_refresh(redraw_frame, self)
        if self.is_mounted:
            self.show_footer()

    def cycle_pane(self, by: int) -> None:
        """The next pane, round."""
        self.show_pane(_PANES[(_PANES.index(self.pane) + by) % len(_PANES)])

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
        match = self.keys.match(self.context, self._pending_key, event.key)
        self._pending_key = event.key if match.waiting else ""
        if match.command is not None:
            self.command(match.command, event.key)

    def command(self, name: str, key: str = "") -> None:
        """Do a command, if it can be used now; what goes wrong is said in the log."""
        if not BY_ID[name].when(self.situation()):
            return
        self.attempt(lambda: self.does.run(name, key))

    def attempt(self, act: Callable[[], None]) -> None:
        """Do something; what goes wrong is said in the log."""
        try:
            act()
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
            self.does.open_row(event.row)
        elif event.source is self.folders and isinstance(event, LineList.Chosen):
            self.does.open_folder()
        else:
            self.explain_row()
            self.show_footer()

    @on(Preview.Painted)
    def _painted(self, event: Preview.Painted) -> None:
        self.guard.painted(event.path)

    def on_screen_suspend(self) -> None:
        """No picture under another screen."""
        self.preview.pause()

    def on_screen_resume(self) -> None:
        """The picture again."""
        self.preview.resume()

    # the engine

    def apply(self, batch: Batch) -> None:
        """Take what the engine did since the last batch."""
        if not self.is_attached:
            return
        self.jobs.apply(batch)
        lines = sorted(
            (*batch.errors, *batch.log, *self.jobs.lines(batch, self.wall_clock)), key=lambda e: e.at
        )
        self.log_tail.add(lines)
        self.log_tail.show_job(self.jobs.pieces(short=self.log_tail.size.height == 1))
        if batch.photos or batch.receipts or batch.ended:
            self._overview_wanted.set()
        path = self.session.path
        if path is not None and batch.seen(path):
            self.session.reload()
            self.show_photo(same=True)
        self.show_footer()

    def _look_soon(self) -> None:
        """While photos are analysed, those on the screen come first."""
        if self._look_timer is not None:
            self._look_timer.stop()
            self._look_timer = None
        if self.jobs.running and self.session.path is not None:
            self._look_timer = self.set_timer(_LOOK_S, self.does.look)

    async def _keep_overview(self) -> None:
        """Read counts, folders and the list anew when something changed, never in a key's way."""
        while True:
            await self._overview_wanted.wait()
            self._overview_wanted.clear()
            version = self.session.version
            asked_at = self.clock()
            try:
                overview = await self.reader.read(self.session.ask())
            except NivoError as error:
                self.say("error", str(error), "error")
                continue
            # A screen that is being closed loses its widgets before it is detached itself.
            if not self.is_attached or not self.query(PhotoHead):
                return
            if version == self.session.version:
                self._adopt(overview)
            else:
                self._overview_wanted.set()
            # A library that takes long to read is read less often.
            await asyncio.sleep(min(5.0, max(_OVERVIEW_S, 2 * (self.clock() - asked_at))))

    def _adopt(self, overview: Overview) -> None:
        before = self.session.path
        self.session.adopt(overview)
        self.photos.show(self.session.source, self.session.row)
        self.show_folders()
        self.show_photo(same=before is not None and before == self.session.path)
