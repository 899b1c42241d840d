"""What finds photos."""

from __future__ import annotations

import math
import re
import sqlite3
from functools import partial
from typing import TYPE_CHECKING

from nivo_tui.catalog.finder import Finder
from nivo_tui.catalog.query import Named, Query, Term, parse
from nivo_tui.errors import NivoError
from nivo_tui.text import plain
from nivo_tui.ui.photo_source import filter_name
from nivo_tui.ui.queries import read_query
from nivo_tui.ui.text import counted, number

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library
    from nivo_tui.ui.screens.review import ReviewScreen


class Finding:
    """What finds photos. One method for each command id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen
        self.queries: list[str] = []
        self._sought = Query()
        self._before: str | None = None

    @property
    def since(self) -> float:
        """When the visit before this one ended; at the first, nothing is new."""
        visit = self.screen.session.visit
        return math.inf if visit is None else visit.since

    # search

    def search(self) -> None:
        """Ask for a query and go to the first match."""
        from nivo_tui.ui.screens.ask_line import AskLine

        self.screen.nivo.push_screen(
            AskLine(
                "Search",
                "a word of names, tags and keywords, or: tag:beach faces:>=2 taken:2025-08",
                "Enter finds the next  ·  ↑ ↓ earlier  ·  Esc leaves",
                self.queries,
                read_query,
            ),
            self._search,
        )

    def _search(self, text: str | None) -> None:
        if text and text.strip():
            self._sought = parse(text)
            self._remember(self._sought)
            self.screen.search_words = self._sought.text
            self.search_next()

    def _remember(self, query: Query) -> None:
        if query.text:
            self.queries = [text for text in self.queries if text != query.text] + [query.text]

    def search_next(self) -> None:
        """The next match, searched without holding up the screen."""
        self.screen.run_worker(self._find(self._sought), group="search", exclusive=True)

    async def _find(self, query: Query) -> None:
        screen = self.screen
        words, here = plain(query.text), screen.session.path
        screen.say("search", f"looking for {words} …")
        found = await self._next(query)
        if found is None:
            among = f" among {self.filter_name()}" if screen.session.source.filtered else ""
            screen.say("search", f"no photo here{among} matches {words}")
        elif found[0] == here:
            screen.say("search", f"{words}: this photo alone matches")
        elif self._go_to(found[0]):
            round_ = "past the end, on from the first; " if found[1] else ""
            screen.say("search", f"{words}: {round_}{screen.sign_of('search_next')} finds the next")

    async def _next(self, query: Query) -> tuple[str, bool] | None:
        """The next match after the open photo, and whether the search went round for it."""
        session = self.screen.session
        source, path, since = session.source, session.path, self.since

        def ask(library: Library) -> tuple[str, bool] | None:
            among = None if source.listing is None else set(source.listing.photos)
            return Finder(library, since).next(query, source.folder, path, among)

        try:
            found = await self.screen.reader.read(ask)
        except (NivoError, sqlite3.Error) as error:
            self.screen.say("error", str(error), "error")
            return None
        return found if session.source is source else None

    def _go_to(self, path: str) -> bool:
        session = self.screen.session
        row = session.source.row_of(path)
        if row is None or not session.open_row(row):
            return False
        self.screen.show_photo()
        return True

    # filter

    def filter(self) -> None:
        """Ask what to list."""
        from nivo_tui.ui.screens.filter import FilterScreen

        self.screen.nivo.push_screen(FilterScreen(self.screen, self.queries), self._filter)

    def _filter(self, query: Query | None) -> None:
        if query is None:
            return
        self._remember(query)
        if query.terms:
            self.screen.run_worker(self._apply(query), group="filter", exclusive=True)
        else:
            self.clear_filter()

    async def _apply(self, query: Query) -> None:
        screen, session = self.screen, self.screen.session
        source, since = session.source, self.since
        try:
            listing = await screen.reader.read(
                lambda library: Finder(library, since).listing(query, source.folder)
            )
        except (NivoError, sqlite3.Error) as error:
            screen.say("error", str(error), "error")
            return
        if session.folder != source.folder:
            return
        self._before = session.path or self._before
        session.show_listing(listing, self._before)
        screen.show_all()
        found, again = counted(len(listing), "photo"), screen.sign_of("leave")
        screen.say("filter", f"{self.filter_name()}: {found}; {again} lists all again")

    def clear_filter(self) -> None:
        """All photos of the folder again."""
        session = self.screen.session
        self.screen.workers.cancel_group(self.screen, "filter")
        if session.source.filtered:
            session.show_listing(None, session.path or self._before)
            self.screen.show_all()

    def filter_name(self) -> str:
        """How the filter is called; empty where there is none."""
        query = self.screen.session.source.query
        return "" if query is None else filter_name(query)

    def list_head(self) -> str:
        """What stands over the photo list."""
        source = self.screen.session.source
        return f"{self.filter_name()} · {number(len(source))}" if source.filtered else "Photo"

    def nothing_listed(self) -> str:
        """What stands in the place of the tags where the filter finds nothing; empty where it does."""
        source = self.screen.session.source
        if not source.filtered or len(source):
            return ""
        again, other = self.screen.sign_of("leave"), self.screen.sign_of("filter")
        return f"nothing matches {self.filter_name()}: {again} lists all again, {other} changes the filter"

    # jump

    def jump(self) -> None:
        """Ask for a number, a name or a date, and go there."""
        from nivo_tui.ui.screens.ask_line import AskLine

        self.screen.nivo.push_screen(
            AskLine(
                "Go to",
                "214 · IMG_0413 · 2025-08-14",
                "a number, a part of a name, or a day  ·  Esc leaves",
            ),
            self._jump,
        )

    def _jump(self, text: str | None) -> None:
        if text and text.strip():
            self.screen.work(partial(self._go, text.strip()), "search", exclusive=True)

    async def _go(self, text: str) -> None:
        from nivo_tui.catalog.calendar import period

        session = self.screen.session
        there = int(text) if re.fullmatch(r"[1-9][0-9]{0,8}", text) else 0
        if 0 < there <= len(session.source):
            if session.open_row(there - 1):
                self.screen.show_photo()
            return
        day = None if text.isdigit() else period(text)
        if day is not None:
            await self._go_to_day(text, day.start)
            return
        found = await self._next(Query((Term(Named("name", text)),), text))
        if found is not None:
            self._go_to(found[0])
        elif there:
            count = counted(len(session.source), "photo")
            self.screen.say("go to", f"there is no photo {text}: {count} are listed, and none is called that")
        else:
            self.screen.say("go to", f"no photo here is called {plain(text)}")

    async def _go_to_day(self, text: str, start: str) -> None:
        session = self.screen.session
        source = session.source

        def ask(library: Library) -> str | None:
            among = None if source.listing is None else set(source.listing.photos)
            return Finder(library).taken_from(source.folder, start, among)

        found = await self.screen.reader.read(ask)
        if session.source is not source:
            return
        if found is None:
            self.screen.say("go to", f"no photo here was taken on {plain(text)} or later")
        else:
            self._go_to(found)
