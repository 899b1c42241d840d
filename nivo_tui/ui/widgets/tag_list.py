"""The tags that wait for decisions: how many photos each, how many of them are ticked, how sure they are."""

from __future__ import annotations

from collections.abc import Sequence

from nivo_tui.catalog.across import TagTally
from nivo_tui.text import plain
from nivo_tui.ui.namesakes import namesakes, told_apart
from nivo_tui.ui.text import fit, number
from nivo_tui.ui.widgets.lines import LineList, Lines, Piece

_LABEL, _LEAST_LABEL = 30, 10
_CATEGORY = 10
_BAR = 16
_FIGURES = 18


class TagList(LineList):
    """One row a tag; a name of a person is there to be seen, and is decided elsewhere."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tallies: Sequence[TagTally] = ()
        self._kinds: dict[str, str] = {}

    def show(self, tallies: Sequence[TagTally], row: int) -> None:
        """Take a newer state; the cursor goes to `row`."""
        self.tallies = tallies
        self._kinds = namesakes((tally.tag, tally.label) for tally in tallies)
        self.update_size()
        self.go_to(row)
        self.refresh()

    @property
    def current(self) -> TagTally | None:
        """The tag under the cursor."""
        return self.tallies[self.cursor] if self.cursor < len(self.tallies) else None

    @property
    def row_count(self) -> int:
        return len(self.tallies)

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """A tag: label, category, photos, ticked ones, and both as a bar; how sure they are."""
        tally = self.tallies[row]
        label, category, bar = _columns(width)
        role = "dim" if tally.is_name else ""
        pieces: list[Piece] = [
            (" ◇ " if tally.is_name else "   ", "dim"),
            (fit(told_apart(plain(tally.label), self._kinds.get(tally.tag)), label), role),
            (" ", ""),
            (fit(tally.category.value, category), "dim"),
            (fit(number(tally.photos), 8, right=True), role),
        ]
        if tally.is_name:
            return [*pieces, ("  by its own key", "dim")]
        return [
            *pieces,
            (fit(number(tally.sure), 8, right=True), "good" if tally.sure else "dim"),
            ("  ", ""),
            *_bar(tally.sure / tally.photos, bar),
            (f"  {tally.confidence:.2f}".replace("0.", ".", 1), "dim"),
        ]


class TagListHead(Lines):
    """What the columns are."""

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """One line."""
        label, category, bar = _columns(width)
        names = f"   {fit('Tag', label)} {fit('', category)}{'Photos':>8}{'Ticked':>8}  {fit('', bar)}  Sure"
        return [[(names, "dim")]]


def _columns(width: int) -> tuple[int, int, int]:
    """The widths of label, category and bar."""
    category = _CATEGORY if width >= 56 else 0
    room = width - 4 - category - _FIGURES - 6
    bar = max(0, min(_BAR, room - _LEAST_LABEL - 4))
    return max(_LEAST_LABEL, min(_LABEL, room - bar)), category, bar


def _bar(share: float, width: int) -> list[Piece]:
    """The share that is ticked, and what is in doubt."""
    full = min(width, round(share * width)) if share < 1 else width
    if share and not full:
        full = min(1, width)
    return [("━" * full, "bar"), ("╌" * (width - full), "track")]
