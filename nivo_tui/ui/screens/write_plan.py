"""The write plan: what would be written, confirmed by typing the number of photos; then the writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.engine import protocol
from nivo_tui.errors import NivoError
from nivo_tui.ui.own_job import News
from nivo_tui.ui.plan_figures import PlanFigures
from nivo_tui.ui.screens.receipts import Phase, ReceiptsScreen
from nivo_tui.ui.text import counted, number
from nivo_tui.ui.widgets.lines import Piece
from nivo_tui.ui.widgets.receipt_table import ReceiptTable

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen

__all__ = ["Phase", "WritePlanScreen"]


class WritePlanScreen(ReceiptsScreen):
    """Plans, asks, writes and reports; Esc leaves at any time and commits nothing."""

    def __init__(self, review: ReviewScreen) -> None:
        super().__init__(review, (), "", None)
        self.phase = Phase.PLANNING
        self.plan = PlanFigures()
        self._paths: tuple[str, ...] | None = None

    def on_mount(self) -> None:
        """Look up which photos there are, and ask the engine for the plan."""
        super().on_mount()
        self.run_worker(self._find_photos(), group="plan")

    async def _find_photos(self) -> None:
        root = self.review.session.root
        try:
            self._paths = await self.review.reader.read(lambda library: library.pending(root))
        except NivoError as error:
            self.error, self.phase = str(error), Phase.OVER
        else:
            self._make_plan(self._paths)
        self.show()

    def _make_plan(self, paths: tuple[str, ...]) -> None:
        """A plan of these photos; a number typed for another plan is gone."""
        self.count.clear()
        self._paths = paths
        self.plan = PlanFigures()
        self.phase, self.cancelled = Phase.PLANNING, False
        options: dict[str, object] = {"paths": list(paths), "execute": False, "details": True}
        if not paths:
            self.phase = Phase.OVER
        elif not self.job.begin("write", {**options, "root": self.review.session.root}):
            self.error, self.phase = "the engine is not there", Phase.OVER

    # the engine

    def take(self, news: News) -> None:
        """One thing that our job said."""
        if isinstance(news, protocol.JobStarted) and self.phase is Phase.PLANNING:
            # An engine that died was started again, and with it the plan.
            self.plan = PlanFigures()
        elif isinstance(news, protocol.TargetPlanned):
            self.plan.note(news)
        elif isinstance(news, protocol.PlanAround):
            self.plan.around = news
        else:
            super().take(news)

    def end(self, ended: protocol.JobEnded) -> None:
        """Our job is over: there is a plan to confirm, a plan that no longer stands, or the receipts."""
        before = self.phase
        super().end(ended)
        if before is Phase.PLANNING:
            goes_on = self.error is None and not self.cancelled and self.plan.photos
            self.phase = Phase.READY if goes_on else Phase.OVER
        elif before is Phase.WRITING and ended.summary.get("stale"):
            self._plan_again()
        elif before is Phase.WRITING:
            self.phase = Phase.OVER

    def _plan_again(self) -> None:
        """What was to be written is not what was shown: nothing of it is written before it is shown."""
        self.remark = "Something was decided or changed since: this is the plan now."
        if self.job.restarts:
            self.remark = "The engine was started again: this is what is left to write."
        self.done = PlanFigures()
        self.phase, self._paths = Phase.PLANNING, None
        self.run_worker(self._find_photos(), group="plan")

    @property
    def figures(self) -> PlanFigures:
        """What the present phase tells of."""
        return self.plan if self._shows_plan else super().figures

    @property
    def _shows_plan(self) -> bool:
        return self.phase in (Phase.PLANNING, Phase.READY) or not self._wrote

    @property
    def _wrote(self) -> bool:
        """Whether writing was begun."""
        return bool(self.done.receipts) or self.phase not in (Phase.PLANNING, Phase.READY, Phase.OVER)

    @property
    def wanted(self) -> int | None:
        """The number that has to be typed now."""
        return len(self.plan.photos) if self.phase is Phase.READY else super().wanted

    def confirmed(self) -> None:
        """The number was typed: write exactly what was planned, or take it back."""
        if self.phase is not Phase.READY:
            super().confirmed()
            return
        paths = list(dict.fromkeys(receipt.path for receipt in self.plan.going))
        stamps = {path: self.plan.stamps[path] for path in paths if path in self.plan.stamps}
        self.done = self.plan.heir()
        self.phase, self.cancelled = Phase.WRITING, False
        options = {"paths": paths, "execute": True, "command": "screen", "stamps": stamps}
        if not self.job.begin("write", options):
            self.error, self.phase = "the engine is not there", Phase.OVER

    def leave(self) -> None:
        """Leaving while it is planned ends the planning; while it is written, the writing goes on."""
        if self.phase is Phase.PLANNING:
            self.job.cancel()
        super().leave()

    # what is shown

    @property
    def summed(self) -> PlanFigures:
        """The plan stays above the table until it is over."""
        return self.plan if self.phase in (Phase.PLANNING, Phase.READY, Phase.WRITING) else self.figures

    @property
    def tells_outcome(self) -> bool:
        """Whether the figures tell what was done."""
        return self.summed is not self.plan

    def show_table(self, table: ReceiptTable) -> None:
        """The plan, and then its receipts."""
        if self._shows_plan:
            table.follows = False
            table.show(self.plan, outcome=False)
        else:
            super().show_table(table)
            table.follows = self.phase in (Phase.WRITING, Phase.UNDOING)

    def title_text(self) -> str:
        """What the dialog is about, in a line."""
        count = counted(len(self.plan.photos), "photo")
        if self.phase is Phase.PLANNING:
            many = "" if self._paths is None else f" {counted(len(self._paths), 'photo')}"
            return f"Planning{many}"
        if self.phase is Phase.WRITING:
            return f"Writing {count}"
        if self.phase is Phase.OVER and self._wrote:
            return f"{number(len(self.done.photos))} of {count} written"
        if self.phase is Phase.OVER and not self.plan.photos:
            return "Nothing to write"
        return f"Write {count}" if self._shows_plan else super().title_text()

    def question(self) -> Piece:
        """What is asked, or how it stands."""
        if self.phase is Phase.PLANNING:
            return (self._planning_words(), "")
        if self.phase is Phase.READY:
            asks = f"Type {len(self.plan.photos)} and press Enter to write."
            return (f"{self.remark} {asks}", "warn") if self.remark else (asks, "head")
        if self.phase is Phase.WRITING:
            return (self.under_way(len(self.plan.photos)), "")
        if self.phase is Phase.OVER and not self._wrote and self.error is None:
            return (self._empty_words(), "warn")
        return super().question()

    def _planning_words(self) -> str:
        if self.job.number is None and self.review.jobs.running:
            return "Waits for the job that runs; Esc leaves."
        total = len(self._paths or ())
        return f"Looking at each file: {number(self.plan.receipts)} of {number(total)}. Nothing is changed."

    def _empty_words(self) -> str:
        if self.cancelled:
            return "The plan was stopped; nothing was written."
        if self.plan.left_out:
            return "None of these photos can be written; the list says why."
        if self.plan.unchanged:
            return "Nothing is left to write: the files have every accepted tag."
        sign = self.review.sign_of("as_shown")
        return f"No accepted tag waits. Accept some first: {sign} takes a photo's ticked tags."
