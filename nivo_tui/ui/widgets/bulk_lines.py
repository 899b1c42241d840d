"""The words of the bulk dialog: what is drawn, the row of signs, the photo in hand, and what Enter does."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from nivo_tui.catalog.precision import DRAW
from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.model import State
from nivo_tui.text import plain
from nivo_tui.ui.text import day, fit, fit_middle, wrap
from nivo_tui.ui.widgets.lines import Lines, Piece, spread

Line = Sequence[Piece]

_BLOCK = 5


class BulkLines(Lines):
    """Lines that are set from outside."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Set the lines; drawn anew only where they differ."""
        if list(lines) != list(self._lines):
            self._lines = lines
            self.refresh()

    def lines(self, width: int) -> Sequence[Line]:
        """As they were set."""
        return self._lines


def sign_of(verdict: bool | None, *, current: bool) -> tuple[str, str]:
    """The sign of a drawn photo and its role: ✓ right, ✗ wrong, ▸ the one in hand, · not judged."""
    if verdict is not None:
        return ("✓", "good") if verdict else ("✗", "bad")
    return ("▸", "accent") if current else ("·", "dim")


def sign_row(verdicts: Sequence[bool | None], current: int, width: int) -> Line:
    """The draw in hand in one line: with numbers where there is room, else the signs in fives."""
    start = max(0, current) // DRAW * DRAW
    places = range(start, min(start + DRAW, len(verdicts)))
    signs = [(place, *sign_of(verdicts[place], current=place == current)) for place in places]
    digits = 2 if not places or places[-1] < 99 else 3
    pieces: list[Piece] = []
    if (digits + 2) * DRAW <= width:
        for place, sign, role in signs:
            number = f"{place + 1}".rjust(digits)
            pieces += [(number, "head" if place == current else "dim"), (f"{sign} ", role)]
        return pieces
    for place, sign, role in signs:
        gap = "" if place == start or (place - start) % _BLOCK else "  "
        pieces.append((f"{gap}{sign} ", role))
    return pieces


def head_lines(title: str, count: str, drawn: str, keys: str, width: int) -> Sequence[Line]:
    """What is accepted, on how many photos; what was drawn, and the keys that judge."""
    return [
        spread([(fit(title, max(1, width - len(count) - 2)).rstrip(), "head")], [(count, "head")], width),
        spread([(drawn, "dim")], [(keys, "dim")], width),
    ]


def photo_lines(
    detail: PhotoDetail, tag: str, place: int, drawn: int, width: int, height: int
) -> Sequence[Line]:
    """The photo in hand in words: why the tag, when it was taken, and what else is on it."""
    found = next((s for s in detail.suggestions if s.tag == tag), None)
    at = f"{place + 1} of {drawn}"
    name = fit_middle(plain(detail.name), max(8, width - len(at) - 2))
    lines: list[Line] = [spread([(name, "head")], [(at, "dim")], width)]
    if found is not None:
        why = f"{found.confidence:.2f}  {plain(found.why)}"
        lines += [[(text, "")] for text in wrap(why.split(" "), width, " ")[:2]]
    size = f"{detail.width}×{detail.height}" if detail.width and detail.height else ""
    taken = day(detail.capture.taken_at) if detail.capture.taken_at else ""
    lines.append([("   ".join(part for part in (taken, size) if part), "dim")])
    others = _others(detail, tag)
    if others:
        lines += [(), *([(text, "dim")] for text in wrap(others, width)[:2])]
    return lines[:height]


def photo_line(detail: PhotoDetail, tag: str, width: int, *, with_name: bool) -> Line:
    """The same in one line, where there is no more room; what a list shows already is not repeated."""
    found = next((s for s in detail.suggestions if s.tag == tag), None)
    if with_name:
        name = fit_middle(plain(detail.name), max(8, width * 2 // 5))
        why = f"{found.confidence:.2f}  {plain(found.why)}" if found is not None else ""
        return [(f"{name}  ", "head"), (fit(why, max(0, width - cell_len(name) - 2)), "dim")]
    taken = day(detail.capture.taken_at) if detail.capture.taken_at else ""
    others = " · ".join(_others(detail, tag))
    return [(fit("   ".join(part for part in (taken, others) if part), width), "dim")]


def _others(detail: PhotoDetail, tag: str) -> list[str]:
    """What else may be on the photo."""
    return [
        plain(s.label)
        for s in detail.suggestions
        if s.tag != tag and s.state not in (State.REJECTED, State.PASSED) and not s.fact
    ]


def wrapped(text: str, role: str, width: int, most: int) -> list[Line]:
    """A sentence in at most `most` lines."""
    return [[(line, role)] for line in wrap(text.split(" "), width, " ")[:most]]
