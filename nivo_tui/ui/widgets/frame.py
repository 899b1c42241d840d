"""The frame of the screen: title, footer, and the lines where panes meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from nivo_tui.ui.text import fit
from nivo_tui.ui.widgets.lines import Lines, Piece, draw, pieces_width, spread


class TitleLine(Lines):
    """Where one is, and how much there is to do."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.place = ""
        self.figures: Sequence[Sequence[Piece]] = ()

    def show(self, place: str, figures: Sequence[Sequence[Piece]]) -> None:
        """Set both ends; `figures` gives the right end from the fullest form to the shortest."""
        if (place, figures) != (self.place, self.figures):
            self.place, self.figures = place, figures
            self.refresh()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """One line."""
        brand = [(" nivo", "accent"), ("  ", "")]
        for right in self.figures:
            room = width - pieces_width(brand) - pieces_width(right) - 3
            if room >= min(len(self.place), 14):
                place = fit(self.place, room).rstrip()
                return [spread([*brand, (place, "head")], [*right, (" ", "")], width)]
        return [[*brand, (fit(self.place, width - 8), "head")]]


class FooterLine(Lines):
    """The commands of the moment with their keys; a click does what the key does."""

    class Clicked(Message):
        """A command of the footer was clicked."""

        def __init__(self, command: str) -> None:
            super().__init__()
            self.command = command

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._items: Sequence[tuple[str, str, str, int]] = ()
        self._spans: list[tuple[int, int, str]] = []

    def show(self, items: Sequence[tuple[str, str, str, int]]) -> None:
        """Set (command id, key, text, rank); those of the highest ranks are left out first."""
        if items != self._items:
            self._items = items
            self.refresh()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """One line, as many commands as fit."""
        gap = 3 if width >= 100 else 2
        kept = sorted(self._items, key=lambda item: item[3])
        while kept and 1 + sum(len(key) + 1 + len(text) + gap for _, key, text, _ in kept) - gap > width - 1:
            # Help stays to the last: it leads to all the others.
            kept.pop(-2 if kept[-1][0] == "help" and len(kept) > 1 else -1)
        pieces: list[Piece] = [(" ", "")]
        self._spans = []
        at = 1
        for command, key, text, _ in kept:
            length = len(key) + 1 + len(text)
            pieces += [(key, "key"), (f" {text}", "dim"), (" " * gap, "")]
            self._spans.append((at, at + length, command))
            at += length + gap
        return [pieces]

    def on_click(self, event: events.Click) -> None:
        """The command under the mouse."""
        for start, end, command in self._spans:
            if start <= event.x < end:
                self.post_message(self.Clicked(command))


class Dragged(Message):
    """A line between panes is being dragged: its id, and the column and line of the screen it is at."""

    def __init__(self, line: str, x: int, y: int) -> None:
        super().__init__()
        self.line = line
        self.x = x
        self.y = y


class Draggable(Widget):
    """A line that tells where the mouse drags it."""

    _dragging = False

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """The mouse took hold of it."""
        self._dragging = True
        self.capture_mouse()
        event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """It goes along."""
        if self._dragging and self.id:
            self.post_message(Dragged(self.id, int(event.screen_x), int(event.screen_y)))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """The mouse let go."""
        self._dragging = False
        self.release_mouse()
        event.stop()


class Divider(Draggable):
    """The upright line between two panes; joins the level lines that touch it."""

    _joins: Mapping[int, str] = {}

    def render_lines(self, crop: Region) -> list[Strip]:
        """The line, with a branch where a level line ends at it."""
        here = self.region
        sides: dict[int, str] = {}
        for rule in self.screen.query(Rule):
            region = rule.region
            if region.height and _shown(rule):
                if region.right == here.x:
                    sides[region.y] = sides.get(region.y, "") + "l"
                if region.x == here.right:
                    sides[region.y] = sides.get(region.y, "") + "r"
        self._joins = {y - here.y: {"l": "┤", "r": "├"}.get(side, "┼") for y, side in sides.items()}
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One cell (Textual's line API)."""
        return draw(self, [(self._joins.get(y, "│"), "")], self.size.width)


class Rule(Draggable):
    """A level line; joins the upright lines that touch it."""

    def render_line(self, y: int) -> Strip:
        """The line, with a branch where an upright line begins or ends."""
        here = self.region
        sides: dict[int, str] = {}
        for divider in self.screen.query(Divider):
            region = divider.region
            if region.height and here.x <= region.x < here.right and _shown(divider):
                if region.bottom == here.y:
                    sides[region.x] = sides.get(region.x, "") + "u"
                if region.y == here.bottom:
                    sides[region.x] = sides.get(region.x, "") + "d"
        signs = ["─"] * here.width
        for x, side in sides.items():
            signs[x - here.x] = {"u": "┴", "d": "┬"}.get(side, "┼")
        return draw(self, [("".join(signs), "")], here.width)


def _shown(widget: Widget) -> bool:
    return all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))


def redraw_frame(widget: Widget) -> None:
    """After panes came or went: draw every line anew."""
    for line in (*widget.query(Rule), *widget.query(Divider)):
        line.refresh(Region(0, 0, *line.size))
