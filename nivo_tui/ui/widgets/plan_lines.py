"""The parts of the write plan: its figures, and the table of what each photo gets."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from nivo_tui.model import Receipt
from nivo_tui.text import plain
from nivo_tui.ui.plan_figures import PlanFigures
from nivo_tui.ui.text import counted, fit, fit_middle, megabytes, number
from nivo_tui.ui.widgets.lines import LineList, Lines, Piece, pieces_width

_ADDS_SHOWN = 8


class PlanSummary(Lines):
    """The totals of the plan."""

    def __init__(self) -> None:
        super().__init__(id="plan-summary")
        self._plan = PlanFigures()
        self._free: int | None = None
        self._backups = True

    def show(self, plan: PlanFigures, free: int | None, *, backups: bool) -> None:
        """Set the figures."""
        self._plan, self._free, self._backups = plan, free, backups
        self.refresh()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """Where to, what, and what keeps it safe."""
        plan = self._plan
        lines = [
            _fitting([_targets("in the file", plan.in_file), _targets("sidecars", plan.sidecars)], width),
            _fitting(
                [
                    [(f"+ {counted(plan.tags, 'tag')}", "good")],
                    [(f"keeps {_all(plan.kept)} already there", "")] if plan.kept else [],
                    [(f"{counted(plan.facts, 'fact')} in nivo only", "dim")] if plan.facts else [],
                    [(f"{number(plan.unchanged)} need nothing", "dim")] if plan.unchanged else [],
                ],
                width,
            ),
            _fitting([_names(plan.names)], width),
            _fitting(
                [
                    _backups(plan, self._backups),
                    _space(plan.bytes if self._backups else 0, self._free),
                    [("undo brings back every byte", "dim")],
                ],
                width,
            ),
        ]
        return [line for line in lines if line]

    def fit_height(self) -> int:
        """Take the lines that are needed; how many."""
        height = len(self.lines(max(1, self.size.width)))
        self.styles.height = height
        return height


def _all(keywords: int) -> str:
    return f"all {number(keywords)} keywords" if keywords != 1 else "the 1 keyword"


def _targets(where: str, formats: Counter[str]) -> list[Piece]:
    total = sum(formats.values())
    if not total:
        return []
    listed = " · ".join(f"{name} {number(count)}" for name, count in formats.most_common(6))
    return [
        (f"{number(total)} {where if total != 1 else where.removesuffix('s')}", "head"),
        (f"   {listed}", "dim"),
    ]


def _names(names: Counter[str]) -> list[Piece]:
    if not names:
        return []
    listed = ", ".join(f"{plain(name)} {number(count)}" for name, count in names.most_common(8))
    return [("names  ", "dim"), (listed, "")]


def _backups(plan: PlanFigures, wanted: bool) -> list[Piece]:
    if not wanted:
        return [("no backups", "dim")]
    count = sum(plan.in_file.values())
    return [(f"{counted(count, 'backup')} (.original)", "")] if count else []


def _space(needed: int, free: int | None) -> list[Piece]:
    if free is None:
        return []
    short = needed > free
    if not needed:
        return [(f"{megabytes(free)} free", "dim")]
    return [(f"{megabytes(needed)} of {megabytes(free)} free", "bad" if short else "")]


def _fitting(groups: Sequence[list[Piece]], width: int) -> list[Piece]:
    """The groups in a line, those that do not fit left out from the end."""
    line: list[Piece] = []
    for group in groups:
        if not group:
            continue
        gap: list[Piece] = [("     ", "")] if line else []
        if pieces_width([*line, *gap, *group]) > width and line:
            break
        line += [*gap, *group]
    return line


class PlanTable(LineList):
    """One row for each target: what it gets, where, and how much longer it becomes."""

    def __init__(self) -> None:
        super().__init__(id="plan-table")
        self._receipts: Sequence[Receipt] = ()
        self._count = 0
        self._written = False

    def show(self, receipts: Sequence[Receipt], *, written: bool) -> None:
        """Set the receipts; while writing the newest is kept in view."""
        if receipts is self._receipts and len(receipts) == self._count and written == self._written:
            return
        self._receipts, self._count, self._written = receipts, len(receipts), written
        self.update_size()
        if written:
            self.call_after_refresh(self.scroll_end, animate=False)

    @property
    def row_count(self) -> int:
        return self._count + 1

    def can_stand_on(self, row: int) -> bool:
        return False

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """A head, then the targets."""
        name_width = max(12, min(30, width // 4))
        adds_width = max(8, width - name_width - 20)
        if row == 0:
            head = fit("Photo", name_width) + fit("Adds", adds_width)
            return [(head, "dim"), (fit("Target", 10), "dim"), (fit("Bytes", 10, right=True), "dim")]
        receipt = self._receipts[row - 1]
        name = fit(fit_middle(plain(os.path.basename(receipt.path)), name_width - 2), name_width)
        grows = f"{receipt.bytes_added:+,}" if receipt.bytes_added else "0"
        return [
            (name, ""),
            (fit(_adds(receipt, adds_width - 2), adds_width), ""),
            (fit("file" if receipt.target == receipt.path else "sidecar", 10), "dim"),
            (fit(grows, 10, right=True), "dim"),
        ]


def _adds(receipt: Receipt, width: int) -> str:
    shown = [plain(word) for word in receipt.added[:_ADDS_SHOWN]]
    total = len(receipt.added)
    for count in range(len(shown), 0, -1):
        more = "" if count == total else f" … ({total})"
        text = ", ".join(shown[:count]) + more
        if len(text) <= width:
            return text
    return fit(", ".join(shown), width) if shown else "no new tag"
