"""What finds photos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.text import plain
from nivo_tui.ui.photo_source import find_row, todo_indices

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen


class Finding:
    """What finds photos. One method for each command id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen

    def search(self) -> None:
        """Ask for words and go to the first match."""
        from nivo_tui.ui.screens.dialogs import AskText

        self.screen.nivo.push_screen(
            AskText("Search names and tags", "Enter searches, Esc leaves", []), self._search
        )

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
