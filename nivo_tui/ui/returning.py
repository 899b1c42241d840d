"""The screen's memory of itself: keeps where one is, and tells what was done while nobody looked."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from nivo_tui.catalog import places
from nivo_tui.catalog.jobs import JobBoard, JobRow
from nivo_tui.engine.protocol import ReceiptMade, event_from_line
from nivo_tui.errors import NivoError
from nivo_tui.text import plain
from nivo_tui.ui.text import number
from nivo_tui.ui.visit import Visit, visit_of

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library
    from nivo_tui.model import Receipt
    from nivo_tui.ui.bridge import Batch
    from nivo_tui.ui.screens.review import ReviewScreen

__all__ = ["Returning", "Visit", "visit_of"]

KEEP_S = 4.0
_MOST_TOLD = 3


class Returning:
    """Keeps the place of a review, at most every few seconds and when it is left, never in a key's way."""

    def __init__(self, review: ReviewScreen, remembers: bool) -> None:
        self._review = review
        self._remembers = remembers
        self._kept: tuple[str, str | None] | None = None
        self._opened = self._place
        self._looks_for_new = remembers and review.session.visit is not None
        self.untold: tuple[JobRow, ...] = ()
        if remembers:
            review.set_interval(KEEP_S, self._keep_soon)

    @property
    def _place(self) -> tuple[str, str | None]:
        session = self._review.session
        return session.folder, session.path

    # where one is

    def _keep_soon(self) -> None:
        place = self._place
        if place != self._kept:
            self._kept = place
            self._review.run_worker(self._keep(place), group="place")

    async def _keep(self, place: tuple[str, str | None]) -> None:
        root = self._review.session.root
        try:
            await self._review.reader.read(lambda library: places.remember(library, root, *place))
        except NivoError as error:
            self._review.say("error", str(error), "error")

    def leave(self) -> None:
        """The screen is left: keep where one is, and when that was."""
        session = self._review.session
        if self._remembers:
            with suppress(sqlite3.Error):  # a place that is lost is no reason to fail at the end
                places.remember(session.library, session.root, session.folder, session.path)

    # what came

    def apply(self, batch: Batch) -> None:
        """Once the scan of the start found something new, go there, where no one moved yet."""
        if self._remembers:
            self._review.offer.apply(batch)
        if not self._looks_for_new:
            return
        if self._place != self._opened or self._review.app.screen is not self._review:
            self._looks_for_new = False
        elif any(photo.status == "new" for photo in batch.photos) or any(
            e.kind == "scan" for e in batch.ended
        ):
            self._looks_for_new = not any(e.kind == "scan" for e in batch.ended)
            self._review.work(self._go_to_new, "new", exclusive=True)

    async def _go_to_new(self) -> None:
        review = self._review
        session, visit = review.session, review.session.visit
        if visit is None or visit.new is not None:
            return
        root, since = session.root, visit.since
        new = await review.reader.read(lambda library: places.first_new(library, root, since))
        if new is not None and self._place == self._opened and review.app.screen is review:
            self._looks_for_new = False
            if session.go_to_path(new):
                review.show_all()

    # what was done meanwhile

    async def tell(self) -> None:
        """A line for each run that changed files and that no screen saw the end of; told once."""
        if not self._remembers:
            return
        self.untold = await self._review.reader.read(_untold)
        for job in self.untold[-_MOST_TOLD:]:
            self._review.say(job.kind, self.words(job), "warn" if job.state == "interrupted" else "info")
        if len(self.untold) > _MOST_TOLD:
            self._review.say("history", f"and {len(self.untold) - _MOST_TOLD} runs before it")
        told = [job.id for job in self.untold]
        if told:
            await self._review.reader.read(lambda library: JobBoard(library.connection).mark_told(told))
            self._review.show_footer()

    def words(self, job: JobRow) -> str:
        """How a run ended that nobody saw the end of."""
        counts = [
            f"{number(n)} {name}"
            for name in ("written", "unchanged", "refused", "failed")
            if isinstance(n := job.summary.get(name), int) and n
        ]
        at = time.strftime("%H:%M", time.localtime(job.ended_at)) if job.ended_at else ""
        how = {"done": "ended", "cancelled": "was cancelled", "failed": "failed"}.get(
            job.state, "was interrupted"
        )
        when = f" at {at}" if at else ""
        what = f": {' · '.join(counts)}" if counts else ""
        see = f"; {self._review.sign_of('receipts')} shows the receipts" if counts else ""
        return plain(f"{job.title} {how}{when} while no screen was open{what}{see}")

    async def receipts(self) -> tuple[tuple[Receipt, ...], str, int | None] | None:
        """The receipts of the newest run that is known here, its title and its number; None without any."""
        untold = self.untold[-1].id if self.untold else None
        return await self._review.reader.read(lambda library: _receipts(library, untold))


def _untold(library: Library) -> tuple[JobRow, ...]:
    return JobBoard(library.connection).untold()


def _receipts(library: Library, job: int | None) -> tuple[tuple[Receipt, ...], str, int | None] | None:
    board = JobBoard(library.connection)
    row = board.job(job) if job is not None else board.newest_change()
    if row is None:
        return None
    run = row.summary.get("run")
    made = (event_from_line(line) for line in board.lines_of("receipt", row.id))
    receipts = tuple(event.receipt for event in made if isinstance(event, ReceiptMade))
    return receipts, row.title, run if isinstance(run, int) else None
