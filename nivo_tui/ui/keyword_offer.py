"""Offers, once, to say what becomes of the keywords that a library has already and that mean a tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.catalog.history import History
from nivo_tui.catalog.mappings import Proposal, proposals
from nivo_tui.catalog.offers import KEYWORDS, note_offered, was_offered
from nivo_tui.engine import protocol
from nivo_tui.ui.guard import FIRST_PAUSE_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nivo_tui.catalog.library import Library
    from nivo_tui.ui.bridge import Batch
    from nivo_tui.ui.screens.review import ReviewScreen

QUIET_S = 2 * FIRST_PAUSE_S[1]
_AGAIN_S = 1.0


class KeywordOffer:
    """Opens the screen of keywords: at a command, and by itself after the first scan that found any."""

    def __init__(self, review: ReviewScreen) -> None:
        self._review = review
        self._looked = False
        self._shown = False

    def open(self) -> None:
        """At a command."""
        self._review.work(self._open, "keywords", exclusive=True)

    async def _open(self) -> None:
        review = self._review
        found = await review.reader.read(proposals)
        if not found:
            review.say(
                "words",
                "no keyword waits for an answer: those of your photos are compared when a scan ends, "
                f"and {review.sign_of('history')} takes back what was answered",
            )
        elif review.is_current:
            self._show(found)

    def apply(self, batch: Batch) -> None:
        """A scan that ended may have found keywords."""
        if not self._looked and any(job.kind == "scan" and job.state == "done" for job in batch.ended):
            self._looked = True
            self._review.work(self._look, "keywords")

    async def _look(self) -> None:
        self._when_quiet(await self._review.reader.read(_never_offered))

    def _when_quiet(self, found: Sequence[Proposal]) -> None:
        """Not over another screen, and not while somebody types."""
        review = self._review
        if not found or self._shown or not review.is_attached:
            return
        if review.is_current and not review.tiny and review.does.holding.quiet_s >= QUIET_S:
            self._show(found)
        else:
            review.set_timer(_AGAIN_S, lambda: self._when_quiet(found))

    def _show(self, found: Sequence[Proposal]) -> None:
        from nivo_tui.ui.screens.keywords import KeywordsScreen

        review = self._review
        self._shown = True
        review.nivo.push_screen(KeywordsScreen(review, found))
        review.work(self._note, "keywords-shown")

    async def _note(self) -> None:
        await self._review.reader.read(lambda library: note_offered(library, KEYWORDS))

    def renew(self) -> None:
        """Labels follow what was answered."""
        self._review.nivo.order(protocol.Run("renew", {}))

    def turned_round(self, acts: Sequence[int]) -> None:
        """Acts were taken back or stand again: where suggestions depend on them, these are made anew."""
        if acts and History(self._review.session.library).changes_suggestions(acts):
            self.renew()


def _never_offered(library: Library) -> tuple[Proposal, ...]:
    return () if was_offered(library, KEYWORDS) else proposals(library)
