"""The review follows engine and library: changes are read elsewhere, and shown a few times a second."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from nivo_tui.errors import NivoError
from nivo_tui.ui.bridge import Batch
from nivo_tui.ui.overview import Overview
from nivo_tui.ui.widgets.photo_list import PhotoHead

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen

_OVERVIEW_S = 0.25
_LOOK_S = 0.25


class Following:
    """Keeps the review's figures, folders and list as the library is now, never in a key's way."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen
        self.wanted = asyncio.Event()
        self._seen_version = -1
        self._look_timer: Timer | None = None

    def apply(self, batch: Batch) -> None:
        """Take what the engine did since the last batch."""
        screen = self.screen
        if not screen.is_attached:
            return
        screen.jobs.apply(batch)
        lines = sorted(
            (*batch.errors, *batch.log, *screen.jobs.lines(batch, screen.wall_clock)), key=lambda e: e.at
        )
        screen.log_tail.add(lines)
        screen.log_tail.show_job(screen.jobs.pieces(short=screen.log_tail.size.height == 1))
        if batch.photos or batch.receipts or batch.ended:
            self.wanted.set()
        if batch.ended:
            screen.work(self._read_bars, "bars", exclusive=True)
        for view in batch.views:
            screen.preview.take_view(view)
        path = screen.session.path
        if path is not None and batch.seen(path):
            screen.attempt(self._reload)
        screen.show_footer()

    def _reload(self) -> None:
        self.screen.session.reload()
        self.screen.show_photo(same=True)

    def take_version(self) -> None:
        """Read the figures anew where a decision changed them."""
        if self._seen_version != self.screen.session.version:
            self._seen_version = self.screen.session.version
            self.wanted.set()

    def look_soon(self) -> None:
        """While photos are analysed, those on the screen come first."""
        if self._look_timer is not None:
            self._look_timer.stop()
            self._look_timer = None
        if self.screen.jobs.running and self.screen.session.path is not None:
            self._look_timer = self.screen.set_timer(_LOOK_S, self.screen.does.whole.look)

    async def run(self) -> None:
        """Read counts, folders and the list anew whenever something changed."""
        screen = self.screen
        screen.work(self._read_bars, "bars", exclusive=True)
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            version = screen.session.version
            asked_at = screen.clock()
            try:
                overview = await screen.reader.read(screen.session.ask())
            except NivoError as error:
                screen.say("error", str(error), "error")
                continue
            # A screen that is being closed loses its widgets before it is detached itself.
            if not screen.is_attached or not screen.query(PhotoHead):
                return
            if version == screen.session.version:
                screen.attempt(partial(self._adopt, overview))
            else:
                self.wanted.set()
            # A library that takes long to read is read less often.
            await asyncio.sleep(min(5.0, max(_OVERVIEW_S, 2 * (screen.clock() - asked_at))))

    async def _read_bars(self) -> None:
        """The bars that were learned; a job may have applied others."""
        from nivo_tui.ui.learned_words import bars_in_words

        screen = self.screen
        bars = await screen.reader.read(bars_in_words)
        if bars != screen.session.bars and screen.query(PhotoHead):
            screen.session.bars = bars
            screen.attempt(self._reload)

    def _adopt(self, overview: Overview) -> None:
        screen = self.screen
        before = screen.session.path
        screen.session.adopt(overview)
        screen.does.many.recommend()
        screen.photos.show(screen.session.source, screen.session.row)
        screen.show_folders()
        screen.show_photo(same=before is not None and before == screen.session.path)
