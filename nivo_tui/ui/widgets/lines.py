"""Lists and lines drawn straight from data: no widget per row, so that a list may have any length."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

Piece = tuple[str, str]
"""A text and its role: "", dim, accent, good, bad, warn, head, key, bar or track (see the style sheet)."""

_ROLES = ("dim", "accent", "good", "bad", "warn", "head", "key", "bar", "track", "cursor", "cursor-away")
LINE_CLASSES: frozenset[str] = frozenset(f"line--{role}" for role in _ROLES)
"""The component classes of the roles. The screen has them once for all its lines."""


def pieces_width(pieces: Sequence[Piece]) -> int:
    """The cells that the pieces take."""
    return sum(cell_len(text) for text, _ in pieces)


def spread(left: Sequence[Piece], right: Sequence[Piece], width: int) -> list[Piece]:
    """Left and right with the room between them filled; the right gives way where both do not fit."""
    room = width - pieces_width(left) - pieces_width(right)
    if room < 1 and right:
        return list(left)
    return [*left, (" " * max(0, room), ""), *right]


def draw(widget: Widget, pieces: Sequence[Piece], width: int, over: Style | None = None) -> Strip:
    """A strip of exactly `width` cells in the widget's colours; `over` is laid over all of it."""
    base = widget.rich_style
    segments = []
    for text, role in pieces:
        style = base + widget.screen.get_component_rich_style(f"line--{role}", partial=True) if role else base
        segments.append(Segment(text, style + over if over is not None else style))
    return Strip(segments).adjust_cell_length(width, base + over if over is not None else base)


class Lines(Widget):
    """A few lines of pieces that follow from data, without scrolling."""

    _lines_of_pass: Sequence[Sequence[Piece]] = ()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """The lines to show, top first."""
        raise NotImplementedError

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines are made once for all that are drawn."""
        self._lines_of_pass = self.lines(self.size.width)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the widget (Textual's line API)."""
        lines = self._lines_of_pass
        pieces = lines[y] if y < len(lines) else ()
        return draw(self, pieces, self.size.width)


class LineList(ScrollView, can_focus=True, inherit_bindings=False):
    """A list with a cursor over rows of any number, each drawn when it is seen."""

    ALLOW_SELECT = False

    class Moved(Message):
        """The cursor went to another row by the person's doing."""

        def __init__(self, source: LineList, row: int) -> None:
            super().__init__()
            self.source = source
            self.row = row

        @property
        def control(self) -> LineList:
            return self.source

    class Chosen(Moved):
        """A row was clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """The pieces of a row."""
        raise NotImplementedError

    def can_stand_on(self, row: int) -> bool:
        """Whether the cursor may be on this row."""
        return 0 <= row < self.row_count

    def update_size(self) -> None:
        """The number of rows changed: scrolling and drawing follow."""
        self.take_row_count()
        self.cursor = max(0, min(self.cursor, self.row_count - 1))
        self.refresh()

    def take_row_count(self) -> None:
        """Scrolling follows the number of rows; panes are laid out anew only where the bar comes or goes."""
        size, height = Size(0, self.row_count), self.container_size.height
        if size == self.virtual_size:
            return
        if not height or (size.height > height) != self.show_vertical_scrollbar:
            self.virtual_size = size
            return
        self.set_reactive(LineList.virtual_size, size)
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.window_virtual_size = size.height
        if self.scroll_offset.y > self.max_scroll_y:
            self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """One line of the view (Textual's line API)."""
        row = y + int(self.scroll_offset.y)
        width = self.scrollable_content_region.width
        if row >= self.row_count:
            return Strip.blank(width, self.rich_style)
        return draw(self, self.line(row, width), width, self._cursor_style(row))

    def _cursor_style(self, row: int) -> Style | None:
        if row != self.cursor or not self.can_stand_on(row):
            return None
        return self.screen.get_component_rich_style(
            "line--cursor" if self.has_focus else "line--cursor-away", partial=True
        )

    def go_to(self, row: int, *, tell: bool = False) -> bool:
        """Put the cursor on a row and bring it into view; `tell` posts Moved. False when it stays."""
        row = max(0, min(row, self.row_count - 1))
        if not self.can_stand_on(row):
            return False
        moved = row != self.cursor
        old, self.cursor = self.cursor, row
        self.bring_into_view(row)
        if moved:
            self._refresh_row(old)
            self._refresh_row(row)
            if tell:
                self.post_message(self.Moved(self, row))
        return moved

    def step(self, by: int) -> None:
        """Move the cursor by rows, over those it cannot stand on."""
        row = self.cursor + by
        direction = 1 if by > 0 else -1
        if abs(by) > 1:
            row = max(0, min(row, self.row_count - 1))
        while 0 <= row < self.row_count and not self.can_stand_on(row):
            row += direction
        if 0 <= row < self.row_count:
            self.go_to(row, tell=True)

    def bring_into_view(self, row: int) -> None:
        """Scroll, without animation, until the row is seen."""
        height = self.scrollable_content_region.height
        if height <= 0:
            return
        top = int(self.scroll_offset.y)
        if row < top:
            self.scroll_to(y=row, animate=False, immediate=True)
        elif row >= top + height:
            self.scroll_to(y=row - height + 1, animate=False, immediate=True)

    @property
    def page(self) -> int:
        """The rows of one page."""
        return max(1, self.scrollable_content_region.height - 1)

    def _refresh_row(self, row: int) -> None:
        y = row - int(self.scroll_offset.y)
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_resize(self) -> None:
        self.bring_into_view(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """The row under the mouse."""
        row = event.y + int(self.scroll_offset.y)
        if 0 <= row < self.row_count and self.can_stand_on(row):
            self.go_to(row)
            self.post_message(self.Chosen(self, row))
