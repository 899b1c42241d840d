"""The first frame: the review's frame and title, until the library is open."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from nivo_tui.text import plain
from nivo_tui.ui.geometry import LEAST, fits, frame_lines


class Frame(Widget):
    """The lines where panes meet, the title and one word; a single widget, so that it is there at once."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"frame--line", "frame--brand", "frame--place"}

    def __init__(self, place: str) -> None:
        super().__init__(id="frame")
        self._place = place

    def render_line(self, y: int) -> Strip:
        """One line (Textual's line API)."""
        width, height = self.size
        base = self.rich_style
        line = base + self.get_component_rich_style("frame--line", partial=True)
        if not fits(width, height):
            words = f" nivo needs {LEAST[0]}×{LEAST[1]} characters" if y == 0 else ""
            return Strip([Segment(words, base)]).adjust_cell_length(width, base)
        if y == 0:
            brand = base + self.get_component_rich_style("frame--brand", partial=True)
            place = base + self.get_component_rich_style("frame--place", partial=True)
            title = [Segment(" nivo", brand), Segment("  ", base), Segment(self._place, place)]
            return Strip(title).adjust_cell_length(width, base)
        return Strip([Segment(frame_lines(width, height)[y], line)]).adjust_cell_length(width, base)


class OpeningScreen(Screen[None]):
    """Shown while the library is opened; keys that are pressed meanwhile go to the review."""

    def __init__(self, place: str) -> None:
        super().__init__(id="opening")
        self._place = plain(place)

    def compose(self) -> ComposeResult:
        """The frame alone."""
        yield Frame(self._place)
