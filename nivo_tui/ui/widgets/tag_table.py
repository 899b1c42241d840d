"""The tags of the open photo: numbered rows of what needs a decision, then the facts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len

from nivo_tui.model import Category
from nivo_tui.text import plain
from nivo_tui.ui.sheet import Sheet, TagRow
from nivo_tui.ui.text import fit, wrap
from nivo_tui.ui.widgets.lines import LineList, Lines, Piece, spread

_LEAD = 5
_MARK: Piece = ("▌", "accent")
_CATEGORY = 10


@dataclass(frozen=True, slots=True)
class Note:
    """A line of words below or in place of the tags."""

    text: str


Line = TagRow | Note | Literal["gap"] | str


class TagHead(Lines):
    """Whose tags these are, and how many are ticked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._name = ""
        self._tally = ""

    def show(self, name: str, tally: str) -> None:
        """Set both ends."""
        if (name, tally) != (self._name, self._tally):
            self._name, self._tally = name, tally
            self.refresh()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """One line."""
        if not self._name:
            return [[]]
        tally = self._tally + " "
        name = fit(self._name, max(0, width - cell_len(tally) - 10)).rstrip()
        return [spread([(" Tags of ", "dim"), (name, "head")], [(tally, "dim")], width)]


class TagTable(LineList):
    """The table; facts are one folded paragraph until they are unfolded into rows."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.sheet: Sheet | None = None
        self.marked: Collection[str] = ()
        self.unfolded = False
        self.empty_text = ""
        self.hint = ""
        self._lines: list[Line] = []
        self._laid_out_for = 0
        self._longest = 0

    def show(
        self, sheet: Sheet | None, *, keep_cursor: bool = False, empty_text: str = "", hint: str = ""
    ) -> None:
        """Take another photo's sheet, or the same one after a decision (`keep_cursor`).

        `empty_text` stands where there is nothing to decide, `hint` below everything.
        """
        self.sheet = sheet
        self.hint = hint
        self.empty_text = empty_text
        if not keep_cursor:
            self._lines = []
            self.cursor = 0
            self.scroll_to(y=0, animate=False, immediate=True)
        self._lay_out()

    def toggle_facts(self) -> None:
        """Fold or unfold the facts."""
        self.unfolded = not self.unfolded
        self._lay_out()

    def on_resize(self) -> None:
        """The folded facts are wrapped to the width."""
        if self.scrollable_content_region.width != self._laid_out_for:
            self._lay_out()
        super().on_resize()

    def _lay_out(self) -> None:
        width, self._laid_out_for = self._laid_out_for, self.scrollable_content_region.width
        lines: list[Line] = []
        if self.sheet is not None:
            lines.extend(self.sheet.rows())
            facts = self.sheet.facts()
            if not lines:
                lines.extend(self._wrapped(self.empty_text))
            if facts:
                lines.append("gap")
                lines.extend(facts if self.unfolded else self._folded(facts))
        else:
            lines.extend(self._wrapped(self.empty_text))
        if self.hint:
            lines.extend(("gap", *self._wrapped(self.hint)))
        if lines == self._lines and width == self._laid_out_for:
            return
        self._lines = lines
        self._longest = max((cell_len(line.label) for line in lines if isinstance(line, TagRow)), default=0)
        self.update_size()
        if not self.can_stand_on(self.cursor):
            standing = [i for i in range(len(lines)) if self.can_stand_on(i)]
            self.cursor = min(standing, key=lambda i: abs(i - self.cursor)) if standing else 0

    def _folded(self, facts: Sequence[TagRow]) -> list[str]:
        kept = [
            ("✓ " if row.sign == "✓" else "") + plain(row.suggestion.label)
            for row in facts
            if row.suggestion.state != "rejected"
        ]
        return wrap(kept, max(10, self._laid_out_for - _CATEGORY))

    def _wrapped(self, text: str) -> list[Line]:
        return [Note(line) for line in wrap(text.split(), max(10, self._laid_out_for - 3), " ")]

    @property
    def row_count(self) -> int:
        return len(self._lines)

    @property
    def numbered(self) -> tuple[TagRow, ...]:
        """The judgement rows, in the order of their numbers."""
        return self.sheet.rows() if self.sheet is not None else ()

    @property
    def current(self) -> TagRow | None:
        """The row under the cursor."""
        line = self._lines[self.cursor] if self.cursor < len(self._lines) else None
        return line if isinstance(line, TagRow) else None

    def cuts_why(self, row: TagRow) -> bool:
        """Whether the reason of a row has no room beside it."""
        return cell_len(row.why) > _columns(self.scrollable_content_region.width, self._longest)[2]

    def can_stand_on(self, row: int) -> bool:
        return 0 <= row < len(self._lines) and isinstance(self._lines[row], TagRow)

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """A tag, or a line of the folded facts."""
        line = self._lines[row]
        if isinstance(line, TagRow):
            return self._tag(row, line, width)
        if isinstance(line, Note):
            return [("  " + line.text, "dim")]
        if line == "gap":
            return ()
        first = row > 0 and self._lines[row - 1] == "gap"
        return [(fit("  facts", _CATEGORY - 1) if first else " " * (_CATEGORY - 1), "dim"), (line, "dim")]

    def _tag(self, row: int, tag: TagRow, width: int) -> list[Piece]:
        suggestion = tag.suggestion
        before = self._lines[row - 1] if row > 0 else None
        repeated = isinstance(before, TagRow) and before.suggestion.category is suggestion.category
        label_width, bar_width, why_width = _columns(width, self._longest)
        rejected = suggestion.state == "rejected"
        label_role = "dim" if rejected or (tag.sign == "·") else ""
        return [
            _MARK if suggestion.tag in self.marked else (" ", ""),
            (f"{tag.number if tag.number is not None else ' '} ", "key"),
            (f"{tag.sign}  ", tag.role),
            (fit("" if repeated else _category(suggestion.category), _CATEGORY), "dim"),
            (fit(tag.label, label_width), label_role),
            (" ", ""),
            *_bar(suggestion.confidence, bar_width, faded=rejected or tag.sign == "·"),
            (f" {_share(suggestion.confidence)} ", "dim"),
            (fit(tag.why, why_width), "dim"),
        ]


def _category(category: Category | None) -> str:
    return "yours" if category is None else category.value


def _columns(width: int, longest: int) -> tuple[int, int, int]:
    """The widths of label, bar and why; the why gives way a little where the longest label needs it."""
    bar = 5 if width >= 42 else 0
    room = width - _LEAD - 1 - _CATEGORY - 1 - bar - 5
    if room < 22:
        return max(6, room), bar, 0
    label = max(12, min(22, room * 2 // 5))
    if longest > label:
        label = max(label, min(22, room * 3 // 5))
    return label, bar, max(0, room - label - 1)


def _bar(confidence: float, width: int, *, faded: bool) -> list[Piece]:
    if width == 0:
        return []
    halves = round(max(0.0, min(1.0, confidence)) * width * 2)
    full, half = divmod(halves, 2)
    drawn = "━" * full + ("╸" if half else "")
    return [(drawn, "dim" if faded else "bar"), ("━" * (width - len(drawn)), "track")]


def _share(confidence: float) -> str:
    return "1.0" if confidence >= 0.995 else f"{confidence:.2f}"[1:]
