"""The table of a plan and of its receipts: one row for each target, trouble in a part of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from nivo_tui.model import Receipt
from nivo_tui.text import plain
from nivo_tui.ui.plan_figures import PlanFigures
from nivo_tui.ui.text import fit, fit_middle, number
from nivo_tui.ui.widgets.lines import LineList, Piece

_ADDS_SHOWN = 8
_NAME_CHARACTERS = 300
_TARGET, _BYTES, _HAS, _OUTCOME = 10, 10, 5, 10

_SIGNS = {
    "planned": ("+", "good"),
    "written": ("✓", "good"),
    "unchanged": ("·", "dim"),
    "refused": ("!", "warn"),
    "failed": ("✗", "bad"),
}


@dataclass(frozen=True, slots=True)
class _Part:
    """Receipts under a heading."""

    title: str
    receipts: Sequence[Receipt]
    count: int
    trouble: bool = False


class ReceiptTable(LineList):
    """A plan says what each target has and gets; receipts say what came of it, failures first."""

    def __init__(self) -> None:
        super().__init__(id="plan-table")
        self._figures = PlanFigures()
        self._parts: tuple[_Part, ...] = ()
        self._outcome = False
        self._word = "Adds"
        self.follows = False

    def show(self, figures: PlanFigures, *, outcome: bool, word: str = "Adds") -> None:
        """Set the figures. `outcome`: they tell what was done; `word` heads what each photo gets or loses."""
        # Lists that go on growing are shown as long as they were: a row never moves while it is drawn.
        going = _Part("", figures.going, len(figures.going))
        left_out = _Part("Not done" if outcome else "Left out", figures.left_out, len(figures.left_out), True)
        rest = _Part("Needs nothing", figures.unchanged, len(figures.unchanged))
        ordered = (left_out, going, rest) if outcome else (going, left_out, rest)
        parts = tuple(part for part in ordered if part.count)
        if (
            figures is self._figures
            and parts == self._parts
            and (outcome, word) == (self._outcome, self._word)
        ):
            return
        if figures is not self._figures:
            self.cursor = 0
            self.scroll_to(y=0, animate=False, immediate=True)
        self._figures, self._parts, self._outcome, self._word = figures, parts, outcome, word
        self.update_size()
        if self.current is None and self.row_count > 1:
            self.cursor = 1
        if self.follows:
            self.call_after_refresh(self.scroll_end, animate=False)

    @property
    def row_count(self) -> int:
        return sum(part.count + 1 for part in self._parts)

    def at(self, row: int) -> Receipt | _Part | None:
        """The receipt of a row, or the part whose heading it is."""
        for part in self._parts:
            if row == 0:
                return part
            if 0 < row <= part.count:
                return part.receipts[row - 1]
            row -= part.count + 1
        return None

    def can_stand_on(self, row: int) -> bool:
        return isinstance(self.at(row), Receipt)

    @property
    def current(self) -> Receipt | None:
        """The receipt under the cursor."""
        found = self.at(self.cursor)
        return found if isinstance(found, Receipt) else None

    def go_to_name(self) -> bool:
        """To the next row whose photo gets a person's name, around the end. False where none does."""
        for step in range(1, self.row_count + 1):
            row = (self.cursor + step) % self.row_count
            receipt = self.at(row)
            target = self._figures.target_of(receipt) if isinstance(receipt, Receipt) else None
            if target is not None and target.names:
                self.go_to(row)
                return True
        return False

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """A heading or a target."""
        found = self.at(row)
        if isinstance(found, _Part):
            return self._heading(found, width)
        if found is None:
            return ()
        sign, role = _SIGNS.get(found.status, (" ", ""))
        name_width, words_width = self._widths(width)
        name = fit_middle(plain(os.path.basename(found.path), _NAME_CHARACTERS), name_width - 1)
        lead: list[Piece] = [(f"{sign} ", role), (fit(name, name_width), "")]
        if found.status in ("refused", "failed"):
            reason = plain(found.reason or found.status)
            return [*lead, (fit(reason, max(0, width - name_width - 2)), role)]
        return [*lead, (fit(_words(found, words_width - 1), words_width), ""), *self._end(found)]

    def _widths(self, width: int) -> tuple[int, int]:
        name = max(12, min(30, width // 4))
        end = _TARGET + _OUTCOME if self._outcome else _HAS + 1 + _TARGET + _BYTES
        return name, max(8, width - name - end - 2)

    def _end(self, receipt: Receipt) -> list[Piece]:
        where = "file" if receipt.target == receipt.path else "sidecar"
        if self._outcome:
            how = receipt.mode or receipt.status
            return [(fit(where, _TARGET), "dim"), (fit(how, _OUTCOME), "dim" if how == "written" else "")]
        target = self._figures.target_of(receipt)
        has = number(target.old_count) if target is not None else ""
        grows = f"{receipt.bytes_added:+,}" if receipt.bytes_added else "0"
        return [
            (fit(has, _HAS, right=True), "dim"),
            (" ", ""),
            (fit(where, _TARGET), "dim"),
            (fit(grows, _BYTES, right=True), "dim"),
        ]

    def _heading(self, part: _Part, width: int) -> list[Piece]:
        if part.title:
            return [(f"{part.title} {number(part.count)}", "warn" if part.trouble else "dim")]
        name, words = self._widths(width)
        head = fit("  Photo", name + 2) + fit(self._word, words)
        if self._outcome:
            return [(head + fit("Target", _TARGET) + fit("Outcome", _OUTCOME), "dim")]
        end = fit("Has", _HAS, right=True) + " " + fit("Target", _TARGET) + fit("Bytes", _BYTES, right=True)
        return [(head + end, "dim")]


def _words(receipt: Receipt, width: int) -> str:
    """What is added or taken away, as many words as fit and how many there are."""
    every = receipt.added or receipt.removed
    shown = [plain(word, width + 1) for word in every[:_ADDS_SHOWN]]
    for count in range(len(shown), 0, -1):
        more = "" if count == len(every) else f" … ({len(every)})"
        text = ", ".join(shown[:count]) + more
        if len(text) <= width:
            return text
    if shown:
        return fit(", ".join(shown), width)
    return plain(receipt.reason or "has every tag already" if receipt.status == "unchanged" else "no keyword")
