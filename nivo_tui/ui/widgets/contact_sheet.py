"""Photos in a grid, each with its key, its sign and its name; where no pictures are drawn, in lines."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from nivo_tui.text import plain
from nivo_tui.ui.images.contact import (
    Grid,
    draw_row,
    lay_out,
    page_budget,
    photos_for,
)
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.text import fit, fit_middle
from nivo_tui.ui.widgets.lines import Piece, draw
from nivo_tui.ui.widgets.sheet_rows import SheetLines, SheetRow

_NAME = 28


@dataclass(frozen=True, slots=True)
class SheetPhoto:
    """A photo of a sheet. `caption` says something on it, the telling word first: .91 found at 0.91"""

    path: str
    name: str
    thumbnail: str | None
    caption: str


@dataclass(slots=True)
class Place:
    """A photo on the sheet: its key, and the sign that changes without its picture."""

    photo: SheetPhoto
    label: str
    sign: str
    role: str


class ContactSheet(Widget):
    """Photos in a grid (or lines, where no pictures are drawn), each with its key, its sign and its name.

    A placeholder stands at once in each picture's place; a row of pictures is one picture, composed in a
    thread, and only the newest page is. Signs and the cursor are text: they never send a picture again.
    """

    class Painted(Message):
        """The page's pictures, or placeholders, reached the terminal. `page` counts the calls of `show`."""

        def __init__(self, source: ContactSheet, page: int) -> None:
            super().__init__()
            self.source = source
            self.page = page

    class Resized(Message):
        """The size changed, and with it perhaps the capacity: a page that is too long is to be shown anew."""

        def __init__(self, source: ContactSheet) -> None:
            super().__init__()
            self.source = source

    class Chosen(Message):
        """A photo was clicked."""

        def __init__(self, source: ContactSheet, index: int) -> None:
            super().__init__()
            self.source = source
            self.index = index

    def __init__(self, support: PictureSupport, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.support = support
        self.page = 0
        self._places: list[Place] = []
        self._cursor = -1
        self._grid: Grid | None = None
        self._laid_out: tuple[object, ...] | None = None
        self._paused = False
        self._lines = SheetLines(self)

    def compose(self) -> ComposeResult:
        """The lines; rows of pictures are mounted as they are laid out."""
        yield self._lines

    # what is shown

    def show(
        self, photos: Sequence[SheetPhoto], labels: Sequence[str], signs: Sequence[tuple[str, str]]
    ) -> None:
        """Show another page: each photo with its key and its (sign, role)."""
        self.page += 1
        self._places = [
            Place(photo, label, *sign) for photo, label, sign in zip(photos, labels, signs, strict=True)
        ]
        self._cursor = min(self._cursor, len(self._places) - 1)
        self._lay_out(anew=True)

    def set_sign(self, index: int, sign: str, role: str) -> None:
        """Another sign for one photo: text alone."""
        place = self._places[index]
        place.sign, place.role = sign, role
        self._refresh_text(index)

    @property
    def cursor(self) -> int:
        """The photo under the cursor, -1 where there is none."""
        return self._cursor

    @cursor.setter
    def cursor(self, index: int) -> None:
        before, self._cursor = self._cursor, max(-1, min(index, len(self._places) - 1))
        if before != self._cursor:
            self._refresh_text(before)
            self._refresh_text(self._cursor)

    def step(self, right: int, down: int) -> None:
        """Move the cursor, at most to the edge of the page."""
        index = self._cursor + right + down * self.columns
        if 0 <= index < len(self._places):
            self.cursor = index

    def choose(self, index: int) -> None:
        """A photo was clicked."""
        self.post_message(self.Chosen(self, index))

    @property
    def columns(self) -> int:
        """How many photos stand beside each other."""
        return self._grid.columns if self._grid is not None else 1

    @property
    def capacity(self) -> int:
        """How many photos a page holds at the present size."""
        width, height = self.size
        if self.support.draws:
            count = photos_for(width, height)
            grid = lay_out(width, height, count, self.support.cell, page_budget(self.support))
            if grid is not None:
                return grid.places
        return max(1, min(height, photos_for(width, height)))

    def pause(self) -> None:
        """Another screen is on top: no picture is drawn under it."""
        self._paused = True
        self.workers.cancel_node(self)
        for row in self.query(SheetRow):
            row.hide_pictures()

    def resume(self) -> None:
        """The screen is on top again."""
        self._paused = False
        self._lay_out(anew=True)

    # laying out

    def on_resize(self, _: events.Resize) -> None:
        """The grid follows the size."""
        self._lay_out(anew=False)
        self.post_message(self.Resized(self))

    def _lay_out(self, *, anew: bool) -> None:
        width, height = self.size
        if not self.is_mounted or not width or not height:
            return
        grid = self._grid_for(width, height)
        state = (width, height, grid)
        if state == self._laid_out and not anew:
            return
        self._laid_out = state
        changed, self._grid = grid != self._grid, grid
        self._lines.display = grid is None
        rows = list(self.query(SheetRow))
        if changed:
            for row in rows:
                row.remove()
            rows = [] if grid is None else [SheetRow(self, number, grid) for number in range(grid.rows)]
            self.mount(*rows)
        self._lines.refresh()
        for row in rows:
            row.show_places()
        if grid is not None and self._places and not self._paused:
            work: Callable[[], Awaitable[None]] = partial(self._load, self.page, grid, rows)
            self.run_worker(work, group="sheet", exclusive=True)
        else:
            self.call_after_refresh(self._tell_painted, self.page)

    def _grid_for(self, width: int, height: int) -> Grid | None:
        if not self.support.draws or not self._places:
            return None
        budget = page_budget(self.support)
        count = min(len(self._places), self.capacity)
        return lay_out(width, height, count, self.support.cell, budget)

    async def _load(self, page: int, grid: Grid, rows: Sequence[SheetRow]) -> None:
        """Compose the rows, one after the other, and show each as it is there."""
        background = self.background_colors[1].rgb
        for row in rows:
            await row.ready.wait()
            thumbnails = [place.photo.thumbnail for _, place in row.places]
            if any(thumbnails):
                made = await asyncio.to_thread(
                    draw_row, thumbnails, grid, self.support, background, self.app.console
                )
                if page != self.page or self._paused:
                    return
                await row.show_pictures(made)
        self.call_after_refresh(self._tell_painted, page)

    def _tell_painted(self, page: int) -> None:
        if page == self.page and self.is_attached:
            self.post_message(self.Painted(self, page))

    # drawing

    def _refresh_text(self, index: int) -> None:
        if not 0 <= index < len(self._places):
            return
        if self._grid is None:
            self._lines.refresh_line(index)
            return
        row, column = divmod(index, self._grid.columns)
        for widget in self.query(SheetRow):
            if widget.number == row:
                widget.refresh_text(column)

    def places_of(self, start: int, count: int) -> list[tuple[int, Place]]:
        """Some neighbours with their numbers."""
        return list(enumerate(self._places))[start : start + count]

    def text_of(self, index: int, width: int) -> list[Piece]:
        """Key, sign, caption and name of a photo, in exactly `width` cells."""
        place = self._places[index]
        head: list[Piece] = [
            ("▸" if index == self._cursor else " ", "accent"),
            (fit(place.label, 2), "key"),
            (f"{place.sign} ", place.role),
        ]
        room = width - 5
        caption, name = plain(place.photo.caption), plain(place.photo.name)
        if self._grid is None:
            length = min(_NAME, max(8, room * 2 // 5))
            texts: list[Piece] = [
                (fit(fit_middle(name, length), length), ""),
                ("  ", ""),
                (fit(caption, max(0, room - length - 2)), "dim"),
            ]
        else:
            first = caption.split(" ")[0]
            length = max(0, room - cell_len(first) - 2)
            texts = [(f"{first} ", "dim"), (fit(_short(name, length), length), ""), (" ", "")]
        return head + texts

    def draw_texts(self, widget: Widget, row: Sequence[tuple[int, int]], width: int) -> Strip:
        """A line of texts: (number of the photo, cells) beside each other, the cursor laid over its own."""
        cursor = widget.screen.get_component_rich_style("line--cursor", partial=True)
        strips = [
            draw(widget, self.text_of(index, cells), cells, cursor if index == self._cursor else None)
            for index, cells in row
        ]
        return Strip.join(strips).adjust_cell_length(width, widget.rich_style)


def _short(name: str, width: int) -> str:
    """A name in few cells: without its ending where that has no room, then the end of it, which differs."""
    stem = name if cell_len(name) <= width else os.path.splitext(name)[0]
    if cell_len(stem) <= width:
        return stem
    while stem and cell_len(stem) > max(0, width - 1):
        stem = stem[1:]
    return f"…{stem}" if width > 0 else ""
