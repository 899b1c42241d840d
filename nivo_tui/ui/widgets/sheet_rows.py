"""What a contact sheet is made of: rows of pictures with a line of texts under each, or lines alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.geometry import Region
from textual.strip import Strip as LineStrip
from textual.widget import Widget

from nivo_tui.text import plain
from nivo_tui.ui.images.contact import Grid, Strip, strip_width
from nivo_tui.ui.images.picture import Picture
from nivo_tui.ui.text import fit_middle
from nivo_tui.ui.widgets.lines import Lines, Piece

if TYPE_CHECKING:
    from nivo_tui.ui.images.drawing import Drawn
    from nivo_tui.ui.widgets.contact_sheet import ContactSheet, Place


class SheetLines(Widget):
    """A photo a line, where no pictures are drawn."""

    def __init__(self, sheet: ContactSheet) -> None:
        super().__init__()
        self._sheet = sheet

    def render_line(self, y: int) -> LineStrip:
        """One photo (Textual's line API)."""
        width = self.size.width
        if not self._sheet.places_of(y, 1):
            return LineStrip.blank(width, self.rich_style)
        return self._sheet.draw_texts(self, [(y, width)], width)

    def refresh_line(self, y: int) -> None:
        """Draw one photo's line anew."""
        self.refresh(Region(0, y, self.size.width, 1))

    def on_click(self, event: events.Click) -> None:
        """The photo under the mouse."""
        if self._sheet.places_of(event.y, 1):
            self._sheet.choose(event.y)


class SheetRow(Widget):
    """A row of pictures, and the line of texts under it."""

    def __init__(self, sheet: ContactSheet, number: int, grid: Grid) -> None:
        super().__init__()
        self.number = number
        self._sheet = sheet
        self._grid = grid
        self._pictures: list[Widget] = []
        self._names = SheetPlaces(self, 0, grid.columns, grid)
        self._keys = SheetKeys(self, grid)
        self._strips = SheetStrips()
        self.ready = asyncio.Event()
        self.styles.height = grid.down

    def compose(self) -> ComposeResult:
        """Pictures above, texts below."""
        self._strips.styles.height = self._grid.tile.height
        with self._strips:
            yield self._names
        yield self._keys

    def on_mount(self) -> None:
        """Pictures can be mounted."""
        self.ready.set()

    @property
    def places(self) -> list[tuple[int, Place]]:
        """The photos of this row with their numbers."""
        return self._sheet.places_of(self.number * self._grid.columns, self._grid.columns)

    @property
    def sheet(self) -> ContactSheet:
        """The sheet it is a row of."""
        return self._sheet

    def show_places(self) -> None:
        """Placeholders where the pictures will come."""
        self.hide_pictures()
        self._names.refresh()
        self._keys.refresh()

    def refresh_text(self, column: int) -> None:
        """Draw the text of one photo anew."""
        self._keys.refresh(Region(column * self._grid.across, 0, self._grid.across, 1))

    def hide_pictures(self) -> None:
        """Take the pictures away; the placeholders stand."""
        for widget in self._pictures:
            widget.remove()
        self._pictures = []
        self._names.display = True

    async def show_pictures(self, strips: Sequence[tuple[Strip, Drawn | None]]) -> None:
        """Put pictures in the places, and placeholders where a photo has none."""
        grid, made = self._grid, []
        for strip, drawn in strips:
            if drawn is None:
                widget: Widget = SheetPlaces(self, strip.start, strip.count, grid)
            else:
                widget = picture = Picture(self._sheet.support)
                picture.show_picture(drawn)
                picture.styles.width = strip_width(strip.count, grid)
                picture.styles.margin = (0, grid.across - grid.tile.width, 0, 0)
            widget.styles.height = grid.tile.height
            made.append(widget)
        self._pictures = made
        with self.app.batch_update():
            self._names.display = False
            await self._strips.mount(*made)

    def on_click(self, event: events.Click) -> None:
        """The photo under the mouse."""
        column = event.x // self._grid.across
        if column < len(self.places):
            self._sheet.choose(self.places[column][0])


class SheetStrips(Widget):
    """Holds what stands beside each other in a row."""


class SheetPlaces(Lines):
    """Stands where pictures come, in their exact places, and names them."""

    def __init__(self, row: SheetRow, start: int, count: int, grid: Grid) -> None:
        super().__init__()
        self._row = row
        self._range = slice(start, start + count)
        self._grid = grid
        self.styles.width = count * grid.across
        self.styles.height = grid.tile.height

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """A quiet field for each photo, its name in the middle."""
        tile, gap = self._grid.tile, " " * (self._grid.across - self._grid.tile.width)
        names = [plain(place.photo.name) for _, place in self._row.places[self._range]]
        blank = [piece for _ in names for piece in (("░" * tile.width, "track"), (gap, ""))]
        named = [
            piece
            for name in names
            for piece in ((fit_middle(name, tile.width).center(tile.width), "dim"), (gap, ""))
        ]
        middle = tile.height // 2
        return [named if y == middle else blank for y in range(tile.height)]


class SheetKeys(Widget):
    """The line of keys, signs and names under a row."""

    def __init__(self, row: SheetRow, grid: Grid) -> None:
        super().__init__()
        self._row = row
        self._grid = grid

    def render_line(self, y: int) -> LineStrip:
        """The texts of the row (Textual's line API)."""
        texts = [(index, self._grid.across) for index, _ in self._row.places]
        return self._row.sheet.draw_texts(self, texts, self.size.width)
