"""What each command of the review does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nivo_tui.catalog.views import Progress
from nivo_tui.engine import protocol
from nivo_tui.text import plain
from nivo_tui.ui import commands
from nivo_tui.ui.guard import CONFIRM_S, Verdict
from nivo_tui.ui.photo_source import find_row, todo_indices
from nivo_tui.ui.sheet import TagRow
from nivo_tui.ui.text import counted

if TYPE_CHECKING:
    from nivo_tui.ui.app import NivoApp
    from nivo_tui.ui.screens.review import ReviewScreen


class ReviewCommands:
    """One method for each command id of `commands.COMMANDS`."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen
        self._waiting: int | None = None

    def run(self, name: str, key: str = "") -> None:
        """Do a command by its id."""
        if name != "as_shown":
            self._settle_enter()
        if name == "flip":
            self.flip(key)
            return
        method: Callable[[], None] = getattr(self, name)
        method()

    @property
    def app(self) -> NivoApp:
        """The application, for other screens and the engine."""
        from nivo_tui.ui.app import NivoApp

        app = self.screen.app
        assert isinstance(app, NivoApp)
        return app

    # deciding

    def as_shown(self) -> None:
        """Accept as shown and go on, unless the key is held or the photo was not seen yet."""
        guard = self.screen.guard
        verdict = guard.enter()
        if verdict is Verdict.ACT:
            self._accept_and_go_on()
        elif verdict is Verdict.WAIT:
            self._waiting = guard.serial
            self.screen.set_timer(CONFIRM_S, self._settle_enter)

    def _settle_enter(self) -> None:
        """An Enter that waited counts, unless another Enter followed: the key was held."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting == self.screen.guard.serial:
            self._accept_and_go_on()

    def _accept_and_go_on(self) -> None:
        screen = self.screen
        sheet = screen.session.sheet
        if not screen.session.accept_as_shown():
            failed = sheet is not None and sheet.detail.progress is Progress.FAILED
            screen.say(
                "review",
                "it could not be analysed; nothing decided"
                if failed
                else "not analysed yet; nothing decided",
            )
            return
        if screen.session.next_todo():
            screen.show_photo()
        else:
            screen.show_photo(same=True)
            screen.run_worker(self._say_all_done(), group="done", exclusive=True)

    async def _say_all_done(self) -> None:
        screen = self.screen
        root, sign = screen.session.root, screen.sign_of("write")
        waiting = await screen.reader.read(lambda library: len(library.pending(root)))
        then = f"{sign} writes {counted(waiting, 'photo')}" if waiting else "nothing waits to be written"
        screen.say("review", f"all done here; {then}")
        self.app.notify(then, title="All done here", markup=False)

    def flip(self, key: str) -> None:
        """The numbered row of a digit."""
        number = self.screen.keys.digit(key)
        rows = self.screen.tags.numbered
        if number is not None and number < min(10, len(rows)):
            self.screen.session.flip(rows[number])
            self.screen.show_photo(same=True)

    def accept(self) -> None:
        """Accept the row, then the next row."""
        self._decide(lambda row: self.screen.session.accept(row.suggestion), advance=True)

    def reject(self) -> None:
        """Wrong here, then the next row."""
        self._decide(lambda row: self.screen.session.reject(row.suggestion), advance=True)

    def back(self) -> None:
        """The row back to undecided."""
        self._decide(lambda row: self.screen.session.take_back(row.suggestion))

    def never(self) -> None:
        """Never this tag, anywhere."""
        row = self.screen.tags.current
        self._decide(lambda row: self.screen.session.never(row.suggestion))
        if row is not None:
            label = plain(row.suggestion.label)
            self.screen.say(
                "never", f"{label} is not suggested any more; {self.screen.sign_of('undo')} takes it back"
            )

    def _decide(self, act: Callable[[TagRow], None], *, advance: bool = False) -> None:
        row = self.screen.tags.current
        if row is None:
            return
        act(row)
        self.screen.show_photo(same=True)
        if advance:
            self.screen.tags.step(1)

    def skip(self) -> None:
        """The next photo, nothing decided."""
        self.photo_next()

    def add_tag(self) -> None:
        """Ask for a tag."""
        from nivo_tui.ui.screens.dialogs import AskText

        sheet = self.screen.session.sheet
        known = sorted({plain(s.label) for s in sheet.detail.suggestions}) if sheet is not None else []
        title = f"Add a tag to {plain(sheet.detail.name) if sheet is not None else ''}"
        self.app.push_screen(AskText(title, "Enter adds, Esc leaves", known), self._add)

    def _add(self, text: str | None) -> None:
        if text:
            self.screen.attempt(lambda: self._say_added(self.screen.session.add_tag(text)))

    def _say_added(self, text: str | None) -> None:
        if text:
            self.screen.show_photo(same=True)
            self.screen.say("add", plain(text))

    def repeat(self) -> None:
        """Add the last typed tag here too."""
        if self.screen.session.last_added:
            self._say_added(self.screen.session.add_tag(self.screen.session.last_added))

    def copy(self) -> None:
        """Remember the tags."""
        self.screen.say("copy", f"{self.screen.session.copy()} tags")
        self.screen.show_footer()

    def paste(self) -> None:
        """Accept the remembered tags."""
        count = self.screen.session.paste()
        self.screen.show_photo(same=True)
        self.screen.say("paste", f"{count} tags" if count else "all of them are here already")

    def undo(self) -> None:
        """Take back the newest act."""
        undone = self.screen.session.undo()
        self.screen.say("undo", plain(undone.words) if undone else "nothing to take back")
        self.screen.show_all()

    def redo(self) -> None:
        """Make it again."""
        redone = self.screen.session.redo()
        self.screen.say("redo", plain(redone.words) if redone else "nothing to make again")
        self.screen.show_all()

    # moving

    def row_down(self) -> None:
        """The next row of the pane."""
        self.screen.active_list.step(1)

    def row_up(self) -> None:
        """The row before."""
        self.screen.active_list.step(-1)

    def page_down(self) -> None:
        """A page down."""
        self.screen.active_list.step(self.screen.active_list.page)

    def page_up(self) -> None:
        """A page up."""
        self.screen.active_list.step(-self.screen.active_list.page)

    def first(self) -> None:
        """The first row."""
        self.screen.active_list.step(-self.screen.active_list.row_count)

    def last(self) -> None:
        """The last row."""
        self.screen.active_list.step(self.screen.active_list.row_count)

    def photo_next(self) -> None:
        """The next photo; in the folders, unfold."""
        if self.screen.pane == commands.FOLDERS:
            self.screen.folders.fold(False)
        else:
            self.open_row(self.screen.session.row + 1)

    def photo_previous(self) -> None:
        """The photo before; in the folders, fold or go up."""
        if self.screen.pane == commands.FOLDERS:
            if not self.screen.folders.fold(True):
                self.screen.folders.go_up()
        else:
            self.open_row(self.screen.session.row - 1)

    def open_row(self, row: int) -> None:
        """Open a photo of the list."""
        if row != self.screen.session.row and self.screen.session.open_row(row):
            self.screen.show_photo()

    def open(self) -> None:
        """What the cursor is on: a folder, or the photo of the covering list."""
        if self.screen.pane == commands.FOLDERS:
            self.open_folder()
        self.screen.show_pane(commands.TAGS if self.screen.pane == commands.PHOTOS else commands.PHOTOS)

    def open_folder(self) -> None:
        """The folder under the cursor."""
        folder = self.screen.folders.current
        if folder is not None:
            self.screen.session.open_folder(folder.path)
            self.screen.show_all()

    def pane_next(self) -> None:
        """The next pane."""
        self.screen.cycle_pane(1)

    def pane_previous(self) -> None:
        """The pane before."""
        self.screen.cycle_pane(-1)

    # finding

    def search(self) -> None:
        """Ask for words and go to the first match."""
        from nivo_tui.ui.screens.dialogs import AskText

        self.app.push_screen(AskText("Search names and tags", "Enter searches, Esc leaves", []), self._search)

    def _search(self, words: str | None) -> None:
        if words and words.strip():
            self.screen.search_words = words.strip()
            self.search_next()

    def search_next(self) -> None:
        """The next match, searched without holding up the screen."""
        self.screen.run_worker(self._find(), group="search", exclusive=True)

    async def _find(self) -> None:
        screen = self.screen
        words, source, row = screen.search_words, screen.session.source, screen.session.row
        screen.say("search", f"looking for {plain(words)} …")
        found = await screen.reader.read(lambda library: find_row(library, source, words, row))
        if screen.session.source is not source:
            return
        if found is None:
            screen.say("search", f"no photo here has {plain(words)}")
        elif screen.session.open_row(found):
            screen.show_photo()
            screen.say("search", f"{plain(words)}; {screen.sign_of('search_next')} finds the next")

    def filter(self) -> None:
        """Only the photos to do, or all."""
        self.screen.run_worker(self._filter(), group="filter", exclusive=True)

    async def _filter(self) -> None:
        screen = self.screen
        source, path = screen.session.source, screen.session.path
        folder = source.folder
        todo = None if source.filtered else await screen.reader.read(lambda lib: todo_indices(lib, folder))
        if screen.session.source is not source:
            return
        source.adopt(source.total, {}, todo)
        row = source.row_of(path) if path is not None else None
        screen.session.open_row(row if row is not None else 0)
        screen.show_all()

    def look(self) -> None:
        """The photos on the screen are analysed first."""
        photos = self.screen.photos
        top = int(photos.scroll_offset.y)
        rows = range(top, top + max(1, photos.size.height))
        shown = [photo.path for photo in map(self.screen.session.source.row, rows) if photo is not None]
        path = self.screen.session.path
        if path is not None:
            self.app.order(protocol.Look((path, *(p for p in shown if p != path))))

    # showing

    def facts(self) -> None:
        """Unfold or fold the facts."""
        self.screen.tags.toggle_facts()
        self.screen.explain_row()
        self.screen.show_footer()

    def picture_full(self) -> None:
        """The picture over the whole body, and back."""
        full = not self.screen.preview.full
        self.screen.set_class(full, "-full-picture")
        self.screen.remove_class("-no-picture")
        self.screen.preview.set_full(full)
        self.screen.show_pane(commands.TAGS)

    def picture_toggle(self) -> None:
        """Show or hide the preview."""
        if self.screen.preview.full:
            self.picture_full()
            return
        self.screen.toggle_class("-no-picture")
        self.screen.show_pane(self.screen.pane)

    def theme(self) -> None:
        """Dark or light."""
        self.app.theme = "nivo-light" if self.app.current_theme.dark else "nivo-dark"

    # the library

    def write(self) -> None:
        """The write plan."""
        self.app.open_write_plan()

    def scan(self) -> None:
        """Look for new and changed photos."""
        self.app.scan()

    def cancel(self) -> None:
        """End the job in hand."""
        self.app.cancel_job()
        self.screen.say("cancel", "the job ends after the photo in hand")

    def help(self) -> None:
        """All keys, and how to get models."""
        from nivo_tui.ui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.screen.keys, self.app.models_folder))

    def palette(self) -> None:
        """All commands by name."""
        self.app.open_palette()

    def leave(self) -> None:
        """Back one level: from the full picture, a search, a pane over the tags."""
        screen = self.screen
        screen.workers.cancel_group(screen, "search")
        if screen.preview.full:
            self.picture_full()
        elif screen.pane != commands.TAGS:
            screen.show_pane(commands.TAGS)
        elif screen.session.source.filtered:
            self.filter()

    def quit(self) -> None:
        """Leave; asks only while files are written."""
        self.app.leave()
