"""Receipts: what was written, file by file, and the way back from the same place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from nivo_tui.engine import protocol
from nivo_tui.model import Receipt
from nivo_tui.text import duration, plain
from nivo_tui.ui.bridge import Batch
from nivo_tui.ui.commands import PLAN
from nivo_tui.ui.geometry import fits
from nivo_tui.ui.own_job import News, OwnJob
from nivo_tui.ui.plan_figures import PlanFigures
from nivo_tui.ui.plan_words import row_opened, steps
from nivo_tui.ui.screens.plan_reading import PlanReading
from nivo_tui.ui.text import counted, fit_middle, number
from nivo_tui.ui.typed_count import Said, TypedCount
from nivo_tui.ui.widgets.lines import LINE_CLASSES, Piece
from nivo_tui.ui.widgets.plan_lines import PlanAsk, PlanSummary
from nivo_tui.ui.widgets.receipt_table import ReceiptTable

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen

_SLICE = 400
_PAUSE_S = 0.01
_TIGHT_LINES = 24
_FRAME, _TIGHT_FRAME = 8, 4  # the lines of the box itself, its title and what parts it
_LEAST_ROWS = 4
_TITLE = 48


class Phase(Enum):
    """Where the dialog is."""

    PLANNING = auto()
    READY = auto()
    WRITING = auto()
    OVER = auto()
    ASKING_UNDO = auto()
    UNDOING = auto()
    UNDONE = auto()


class ReceiptsScreen(ModalScreen[None]):
    """A table of receipts; the run they belong to can be taken back. Esc leaves and commits nothing."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)

    def __init__(
        self, review: ReviewScreen, receipts: Sequence[Receipt], title: str, run: int | None
    ) -> None:
        super().__init__(classes="dialog", id="write-plan")
        self.review = review
        self.count = TypedCount(review.clock)
        self.job = OwnJob(self._send)
        self.phase = Phase.OVER
        self.done = PlanFigures()
        self.undone = PlanFigures()
        self.error: str | None = None
        self.remark = ""
        self.cancelled = False
        self._heading = title
        self._drains = False
        for receipt in receipts:
            self.done.add(receipt)
        self.done.run = run

    def _send(self, order: protocol.Order) -> bool:
        return self.review.nivo.order(order)

    def compose(self) -> ComposeResult:
        """Summary, table, and the line that asks."""
        with Vertical(classes="box plan"):
            yield Static("", id="plan-title", classes="dialog-title", markup=False)
            yield PlanSummary(self.sign("names"), self.sign("steps"))
            yield ReceiptTable()
            yield PlanAsk()

    def on_mount(self) -> None:
        """The keys go to the dialog, the lists only show."""
        self.query_one(ReceiptTable).focus()
        self.show()

    def on_resize(self) -> None:
        """The table gives way first, the question never; a number typed before is typed again."""
        self.count.clear()
        self.call_after_refresh(self.show)

    def sign(self, command: str) -> str:
        """How the key of a command of the plan is written."""
        return self.review.sign_of(f"plan_{command}")

    # the engine

    def apply(self, batch: Batch) -> None:
        """Follow our own job; what came is taken a slice at a time, so that no key waits for it."""
        self.job.apply(batch)
        if batch.lost is not None:
            self._lose(batch.lost)
        self._drain()

    def _drain(self) -> None:
        self._drains = False
        news = self.job.news
        for _ in range(min(_SLICE, len(news))):
            self.take(news.popleft())
        if news and not self._drains:
            self._drains = True
            self.set_timer(_PAUSE_S, self._drain)
        self.show()

    def take(self, news: News) -> None:
        """One thing that our job said."""
        if isinstance(news, protocol.JobEnded):
            self.end(news)
        elif isinstance(news, Receipt):
            self.figures.add(news)

    def end(self, ended: protocol.JobEnded) -> None:
        """Our job is over."""
        self.cancelled = ended.state == "cancelled"
        if ended.state == "failed":
            self.error = ended.error or "the log says why"
        if self.phase is Phase.UNDOING:
            self.phase = Phase.UNDONE

    def _lose(self, why: str) -> None:
        """The link or the engine is gone."""
        if self.phase in (Phase.PLANNING, Phase.READY, Phase.WRITING, Phase.UNDOING):
            while self.job.news:
                self.take(self.job.news.popleft())
            self.error = why
            self.phase = Phase.UNDONE if self.phase is Phase.UNDOING else Phase.OVER
        self.count.clear()

    @property
    def figures(self) -> PlanFigures:
        """What the present phase tells of."""
        return self.undone if self.phase in (Phase.UNDOING, Phase.UNDONE) else self.done

    @property
    def wanted(self) -> int | None:
        """The number that has to be typed now; None where nothing is asked."""
        return len(self.done.photos) if self.phase is Phase.ASKING_UNDO else None

    # what is shown

    def show(self) -> None:
        """Everything, as it is now."""
        if not self.is_attached or not self.query(PlanAsk):
            return
        fitting = fits(*self.size)
        tight = self.size.height < _TIGHT_LINES
        self.set_class(tight, "-tight")
        title = self.title_text() if fitting else "Make the terminal larger, or leave with Esc."
        self.query_one("#plan-title", Static).update(title)
        summary, table = self.query_one(PlanSummary), self.query_one(ReceiptTable)
        backups = self.review.nivo.keeps_backups
        summary.show(self.summed, backups=backups, outcome=self.tells_outcome)
        self.show_table(table)
        typed = self.count.text if self.wanted is not None and fitting else None
        ask = self.query_one(PlanAsk)
        ask.show(self.question() if fitting else ("", ""), typed, self.hint())
        room = self.size.height - (_TIGHT_FRAME if tight else _FRAME) - ask.fit_height()
        lines = summary.fit_height(room - min(_LEAST_ROWS, table.row_count) if fitting else 0)
        table.styles.height = max(0, min(table.row_count, room - lines))

    @property
    def tells_outcome(self) -> bool:
        """Whether the figures tell what was done."""
        return True

    @property
    def summed(self) -> PlanFigures:
        """The figures above the table."""
        return self.figures

    def show_table(self, table: ReceiptTable) -> None:
        """The rows of the present phase."""
        undo = self.phase in (Phase.UNDOING, Phase.UNDONE)
        table.follows = self.phase is Phase.UNDOING
        table.show(self.figures, outcome=True, word="Lost again" if undo else "Added")

    def title_text(self) -> str:
        """What the dialog is about, in a line."""
        if self.phase is Phase.ASKING_UNDO:
            return f"Take back {counted(len(self.done.photos), 'photo')}"
        if self.phase is Phase.UNDOING:
            return f"Taking back {counted(len(self.done.photos), 'photo')}"
        if self.phase is Phase.UNDONE:
            return (
                f"{number(len(self.undone.photos))} of {counted(len(self.done.photos), 'photo')} taken back"
            )
        return self._heading

    def question(self) -> Piece:
        """What is asked, or how it stands."""
        if self.phase is Phase.ASKING_UNDO:
            asks = f"Type {self.wanted} and press Enter to take all of it back."
            return (f"{self.remark} {asks}", "warn") if self.remark else (asks, "head")
        if self.phase is Phase.UNDOING:
            return (self.under_way(len(self.done.photos)), "")
        if self.error is not None:
            return (self.stopped_words(), "bad")
        if self.phase is Phase.UNDONE:
            return (self._undone_words(), "good" if self.undone.photos else "warn")
        return self._done_words()

    def _done_words(self) -> Piece:
        if not self.done.photos:
            return (f"{self._stop()}Nothing was written.", "warn")
        left = len(self.done.left_out)
        trouble = f" {counted(left, 'file')} not: first in the list." if left else ""
        return (f"{self._stop()}{counted(len(self.done.photos), 'photo')} written.{trouble}", "good")

    def _stop(self) -> str:
        return "Stopped as you asked. " if self.cancelled else ""

    def _undone_words(self) -> str:
        modes = self.undone.modes
        told = [
            f"{number(modes['exact'])} byte for byte" if modes["exact"] else "",
            f"{number(modes['additions'])} changed since, only what was added is gone"
            if modes["additions"]
            else "",
            f"{number(modes['refused'])} not" if modes["refused"] else "",
        ]
        return f"{self._stop()}Taken back: {', '.join(t for t in told if t) or 'nothing was left of it'}."

    def stopped_words(self) -> str:
        """What an engine that is gone left behind."""
        figures = self.figures
        what = "taken back" if self.phase is Phase.UNDONE else "written"
        far = f"{counted(len(figures.photos), 'photo')} {what} so far; " if figures.receipts else ""
        return f"Stopped: {plain(self.error, 300)}. {far}the next start settles a file that was in hand."

    def under_way(self, total: int) -> str:
        """How far the job is."""
        if self.job.number is None and self.review.jobs.running:
            return "Waits for the job that runs."
        progress = self.job.progress
        left = f"   {duration(progress.left_s)} left" if progress and progress.left_s else ""
        again = "   the engine was started again" if self.job.restarts else ""
        stop = "   stopping after the file in hand" if self.cancelled else ""
        return f"{number(len(self.figures.photos))} of {number(total)}{left}{again}{stop}"

    def hint(self) -> str:
        """The keys that do something now."""
        keys = ["↑↓ rows", f"{self.sign('open')} one row"] if self.figures.receipts else []
        if self.phase in (Phase.WRITING, Phase.UNDOING):
            keys += [f"{self.sign('cancel')} stop after this file", "Esc go on reviewing"]
            return "   ".join(keys)
        if self.phase is Phase.OVER and self.can_undo:
            keys.append(f"{self.sign('undo')} take it back")
        keys += [f"{self.sign('steps')} other programs"] if self.tells_steps else []
        return "   ".join([*keys, "Esc leaves"])

    @property
    def tells_steps(self) -> bool:
        """Whether there is something to do in other programs."""
        around = self.summed.around
        open_ones = around is not None and (around.lightroom or around.darktable or around.at_rest)
        return bool(self.summed.programs or open_ones)

    @property
    def can_undo(self) -> bool:
        """Whether there is a run to take back."""
        return self.done.run is not None and bool(self.done.photos)

    # keys

    def on_key(self, event: events.Key) -> None:
        """Every key of the dialog goes through the key table; digits are typed."""
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self.leave()
            return
        if not fits(*self.size):
            return
        character = event.character or ""
        if self.wanted is not None and character.isascii() and character.isdigit():
            self.remark = ""
            self.count.digit(character)
        elif event.key == "backspace":
            self.count.backspace()
        else:
            self._command(self.review.keys.match(PLAN, "", event.key).command or "")
        self.show()

    def on_paste(self, event: events.Paste) -> None:
        """A pasted number is typed; its Enter has to be pressed."""
        event.stop()
        event.prevent_default()
        if self.wanted is not None and fits(*self.size):
            self.count.paste(event.text)
            self.show()

    def _command(self, command: str) -> None:
        table = self.query_one(ReceiptTable)
        steps_of = {"plan_down": 1, "plan_up": -1, "plan_page_down": table.page, "plan_page_up": -table.page}
        if command in steps_of:
            table.follows = False
            table.step(steps_of[command])
        elif command in ("plan_first", "plan_last"):
            table.step(-table.row_count if command == "plan_first" else table.row_count)
        elif command == "plan_confirm":
            self._enter()
        elif command == "plan_open":
            self.open_row()
        elif command == "plan_names":
            table.go_to_name()
        elif command == "plan_steps":
            self.open_steps()
        elif command == "plan_undo" and self.phase is Phase.OVER and self.can_undo:
            self._ask_undo()
        elif command == "plan_cancel" and self.phase in (Phase.WRITING, Phase.UNDOING):
            self.cancelled = True
            self.job.cancel()

    def _enter(self) -> None:
        wanted = self.wanted
        said = self.count.enter(wanted or 0)
        if said is Said.NOT_PRESSED:
            if self.count.text:
                self.remark = "The number and Enter came in one go: press Enter by itself."
        elif said is Said.NOTHING or wanted is None:
            self.open_row()
        elif said is Said.WRONG:
            self.remark = f"That is not {wanted}; nothing is changed."
        else:
            self.remark = ""
            self.confirmed()

    def confirmed(self) -> None:
        """The number was typed and Enter pressed."""
        if self.phase is not Phase.ASKING_UNDO:
            return
        self.undone = PlanFigures()
        self.phase, self.error, self.cancelled = Phase.UNDOING, None, False
        if not self.job.begin("undo", {"run": self.done.run, "execute": True}):
            self.phase, self.error = Phase.UNDONE, "the engine is not there"

    def _ask_undo(self) -> None:
        self.count.clear()
        self.remark = ""
        self.phase = Phase.ASKING_UNDO

    def open_row(self) -> None:
        """What one photo has, gets, and where."""
        receipt = self.query_one(ReceiptTable).current
        if receipt is None:
            return
        self.count.clear()
        target = self.summed.target_of(receipt) or self.done.target_of(receipt)
        title = fit_middle(plain(os.path.basename(receipt.path)), _TITLE)
        self.review.nivo.push_screen(
            PlanReading(title, partial(row_opened, receipt, target), self.review.keys)
        )

    def open_steps(self) -> None:
        """What to do in Lightroom and darktable."""
        self.count.clear()
        title = "Lightroom and darktable beside nivo"
        self.review.nivo.push_screen(PlanReading(title, partial(steps, self.summed), self.review.keys))

    def leave(self) -> None:
        """Back to what was before: the receipts, or the review."""
        if self.phase is Phase.ASKING_UNDO:
            self.count.clear()
            self.phase, self.remark = Phase.OVER, ""
            self.show()
            return
        self.dismiss()
        if self.done.photos or self.undone.photos:
            self.review.session.reload()
            self.review.show_all()
