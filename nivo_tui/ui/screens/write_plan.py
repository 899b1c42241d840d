"""The write plan: what would be written, confirmed by typing the number of photos; then the writing."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from nivo_tui.engine import protocol
from nivo_tui.model import Receipt
from nivo_tui.text import duration, plain
from nivo_tui.ui.bridge import Batch
from nivo_tui.ui.commands import PLAN, keys_sign
from nivo_tui.ui.job_state import JobState
from nivo_tui.ui.keymap import KeyTable
from nivo_tui.ui.plan_figures import PlanFigures
from nivo_tui.ui.text import counted, fit, number
from nivo_tui.ui.widgets.lines import LINE_CLASSES, LineList, Lines, Piece
from nivo_tui.ui.widgets.plan_lines import PlanSummary, PlanTable

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

_SLICE_S = 0.005
_LEFT_OUT_SHOWN = 4
_FRAME = 11  # border, title, question and the blank lines between


class Phase(Enum):
    """Where the dialog is."""

    PLANNING = auto()
    READY = auto()
    WRITING = auto()
    OVER = auto()


class LeftOut(Lines):
    """What is not written, and why."""

    def __init__(self) -> None:
        super().__init__(id="plan-left-out")
        self._receipts: Sequence[Receipt] = ()

    def show(self, receipts: Sequence[Receipt]) -> None:
        """Set the receipts."""
        self._receipts = receipts
        self.refresh()

    def fit_height(self) -> int:
        """Take the lines that are needed; how many."""
        shown = min(len(self._receipts), _LEFT_OUT_SHOWN)
        height = shown + (1 if shown else 0)
        self.styles.height = height
        return height

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """The first few; the log holds all."""
        count = len(self._receipts)
        head = f"Left out {number(count)}:  "
        lines: list[Sequence[Piece]] = [()]
        for place, receipt in enumerate(self._receipts[:_LEFT_OUT_SHOWN]):
            more = place == _LEFT_OUT_SHOWN - 1 and count > _LEFT_OUT_SHOWN
            text = f"and {number(count - place)} more" if more else _reason(receipt)
            lead = head if place == 0 else " " * len(head)
            lines.append([(lead, "warn"), (fit(text, max(0, width - len(lead))), "")])
        return lines


def _reason(receipt: Receipt) -> str:
    return f"{plain(os.path.basename(receipt.path))}  {plain(receipt.reason or receipt.status)}"


class WritePlanScreen(ModalScreen[None]):
    """Plans, asks, writes and reports; Esc leaves at any time and commits nothing."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)

    def __init__(
        self,
        library: Library,
        root: str,
        jobs: JobState,
        keys: KeyTable,
        order: Callable[[protocol.Order], bool],
        *,
        backups: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(classes="dialog", id="write-plan")
        self._backups = backups
        self._library = library
        self._root = root
        self._jobs = jobs
        self._keys = keys
        self._order = order
        self._clock = clock
        self._paths = library.pending(root)
        self._job: int | None = None
        self._waiting: deque[Receipt] = deque()
        self._progress: protocol.Progress | None = None
        self._free: int | None = None
        self._cancelled = False
        self._error: str | None = None
        self.phase = Phase.PLANNING
        self.figures = PlanFigures()
        self.plan = self.figures

    def compose(self) -> ComposeResult:
        """Summary, table, what is left out, and the line that asks."""
        with Vertical(classes="box plan"):
            yield Static("", id="plan-title", classes="dialog-title", markup=False)
            yield PlanSummary()
            yield PlanTable()
            yield LeftOut()
            with Horizontal(id="plan-ask"):
                yield Static("", id="plan-question", markup=False)
                count = Input(id="plan-count", compact=True, restrict=r"[0-9]*", max_length=9)
                count.cursor_blink = False
                yield count

    def on_mount(self) -> None:
        """Ask the engine for the plan."""
        self.query_one("#plan-count").display = False
        if self._paths and self._order(protocol.Run("write", {"paths": list(self._paths), "execute": False})):
            self.set_interval(0.05, self._consider_more)
            self.run_worker(self._measure_disk(), group="disk")
        else:
            self._error = "there is nothing to write" if not self._paths else "the engine is not there"
            self.phase = Phase.OVER
        self._show()

    def on_resize(self) -> None:
        """The table gives way first, the question never."""
        self.call_after_refresh(self._show)

    async def _measure_disk(self) -> None:
        try:
            self._free = (await asyncio.to_thread(shutil.disk_usage, self._root)).free
        except OSError:
            return
        self._show()

    # the engine

    def apply(self, batch: Batch) -> None:
        """Follow our own job."""
        for started in batch.started:
            if (
                started.kind == "write"
                and self._job is None
                and self.phase in (Phase.PLANNING, Phase.WRITING)
            ):
                self._job = started.job
                if self.phase is Phase.WRITING:
                    self._jobs.writes.add(started.job)
        if batch.progress is not None and batch.progress.job == self._job:
            self._progress = batch.progress
        for made in batch.receipts:
            if made.job == self._job:
                self._take(made.receipt)
        for ended in batch.ended:
            if ended.kind == "write" and self._job is not None and ended.job in (self._job, 0):
                self._end(ended)
        if batch.lost is not None and self.phase is not Phase.OVER:
            self._error = batch.lost
            self.phase = Phase.OVER
        self._show()

    def _take(self, receipt: Receipt) -> None:
        self.figures.add(receipt)
        if self.phase is Phase.PLANNING and receipt.status == "planned":
            self._waiting.append(receipt)

    def _end(self, ended: protocol.JobEnded) -> None:
        self._job = None
        self._progress = None
        if ended.state == "failed":
            self._error = ended.error or "the log says why"
            self.phase = Phase.OVER
        elif self.phase is Phase.PLANNING:
            self._cancelled = ended.state == "cancelled"
            self.phase = Phase.OVER if self._cancelled or not self.figures.photos else Phase.READY
        else:
            self._cancelled = ended.state == "cancelled"
            self.phase = Phase.OVER
        if self.phase is Phase.READY:
            asks = self.query_one("#plan-count", Input)
            asks.display = True
            asks.focus()

    def _consider_more(self) -> None:
        """Look up the planned photos a few at a time: the screen does not wait for it."""
        end = self._clock() + _SLICE_S
        changed = False
        while self._waiting and self._clock() < end:
            receipt = self._waiting.popleft()
            detail = self._library.detail(receipt.path)
            if detail is not None:
                self.plan.consider(detail)
                changed = True
        if changed:
            self._show()

    # what is shown

    def _show(self) -> None:
        if not self.is_attached:
            return
        writing = self.phase in (Phase.WRITING, Phase.OVER) and self.figures is not self.plan
        self.query_one("#plan-title", Static).update(self._title())
        # What came of it, once it is over; the plan until then.
        shown = self.figures if self.phase is Phase.OVER and writing else self.plan
        self.query_one(PlanSummary).show(shown, self._free, backups=self._backups)
        table = self.query_one(PlanTable)
        table.show(self.figures.going, written=writing)
        around = _FRAME + self.query_one(PlanSummary).fit_height() + self.query_one(LeftOut).fit_height()
        table.styles.height = max(0, min(table.row_count, self.size.height - around))
        self.query_one(LeftOut).show(self.figures.left_out)
        self.query_one("#plan-question", Static).update(self._question())

    def _title(self) -> str:
        count = counted(len(self.plan.photos), "photo")
        if self.phase is Phase.PLANNING:
            return f"Planning {counted(len(self._paths), 'photo')}"
        if self.phase is Phase.WRITING:
            return f"Writing {count}"
        if self.phase is Phase.OVER and self.figures is not self.plan:
            return f"{number(len(self.figures.photos))} of {count} written"
        return f"Write {count}"

    def _question(self) -> str:
        if self.phase is Phase.PLANNING:
            if self._job is None and self._jobs.running:
                return "Waits for the job that runs; Esc leaves."
            far = len(self.figures.photos) + len(self.figures.left_out) + self.figures.unchanged
            return f"Looking at each file: {number(far)} of {number(len(self._paths))}.   Esc leaves."
        if self.phase is Phase.READY:
            return f"Type {len(self.plan.photos)} and press Enter to write, Esc to leave."
        if self.phase is Phase.WRITING:
            return self._writing_line()
        return self._result_line()

    def _writing_line(self) -> str:
        done = len(self.figures.photos) + len(self.figures.left_out) + self.figures.unchanged
        left = (
            f"   {duration(self._progress.left_s)} left" if self._progress and self._progress.left_s else ""
        )
        stop = (
            "stopping after the file in hand"
            if self._cancelled
            else f"{keys_sign(self._keys.keys['plan_cancel'])} stops after the file in hand"
        )
        return f"{number(done)} of {number(len(self.plan.photos))}{left}   {stop}   Esc: go on reviewing"

    def _result_line(self) -> str:
        if self._error is not None:
            return f"Stopped: {plain(self._error)}.   Esc leaves."
        if self.figures is self.plan:
            return "Nothing is left to write.   Esc leaves."
        stopped = "Stopped as you asked.   " if self._cancelled else ""
        if not self.figures.photos:
            return f"{stopped}Nothing was written.   Esc leaves."
        run = f" --run {self.figures.run}" if self.figures.run is not None else ""
        return f"{stopped}To take it back:  nivo-tui undo{run} --execute     Esc leaves."

    # keys

    @on(Input.Submitted, "#plan-count")
    def _confirmed(self, event: Input.Submitted) -> None:
        if self.phase is not Phase.READY:
            return
        if event.value != str(len(self.plan.photos)):
            self.query_one("#plan-question", Static).update(
                f"That is not {len(self.plan.photos)}: nothing is written. Type it again, or Esc."
            )
            event.input.clear()
            return
        paths = list(dict.fromkeys(receipt.path for receipt in self.plan.going))
        self.phase = Phase.WRITING
        self.figures = PlanFigures()
        self._waiting.clear()
        event.input.display = False
        self.set_focus(None)
        if not self._order(protocol.Run("write", {"paths": paths, "execute": True, "command": "screen"})):
            self._error = "the engine is not there"
            self.phase = Phase.OVER
        self._show()

    def on_key(self, event: events.Key) -> None:
        """Esc leaves, arrows scroll, c stops the writing; nothing else does anything."""
        table: LineList = self.query_one(PlanTable)
        steps = {"down": 1, "up": -1, "pagedown": table.page, "pageup": -table.page}
        if event.key == "escape":
            self._leave()
        elif event.key in steps:
            table.scroll_relative(y=steps[event.key], animate=False)
        elif self._stops(event.key) and self.phase is Phase.WRITING:
            self._cancelled = True
            self._order(protocol.Cancel(self._job))
            self._show()
        else:
            return
        event.stop()
        event.prevent_default()

    def _stops(self, key: str) -> bool:
        return self._keys.match(PLAN, "", key).command == "plan_cancel"

    def _leave(self) -> None:
        if self.phase is Phase.PLANNING and self._job is not None:
            self._order(protocol.Cancel(self._job))
        self.dismiss()
