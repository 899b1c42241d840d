"""A contact sheet: how photos lie in a grid of cells, and each row of them as one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.images.fitting import Box, CellSize, fit_box

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import Console

    from nivo_tui.ui.images.drawing import Drawn

Colour = tuple[int, int, int]

_RATIO = (4, 3)
_LEAST_PITCH = 12
_LEAST = Box(6, 2)
_MOST = Box(44, 15)
# The side of a page in cells for each photo on it: 12 on 80x19, 20 on 120x34, 30 on 200x45.
_SIDE_PER_PHOTO = 3.2
_COARSER = (2, 4, 8)


@dataclass(frozen=True, slots=True)
class Grid:
    """Where photos lie, in cells: pictures of `tile` every (`across`, `down`), a line under each."""

    columns: int
    rows: int
    tile: Box
    across: int
    down: int

    @property
    def places(self) -> int:
        """How many photos it holds."""
        return self.columns * self.rows


def photos_for(width: int, height: int) -> int:
    """How many photos a page of this many cells should hold."""
    return max(1, round(math.sqrt(width * height) / _SIDE_PER_PHOTO))


def lay_out(width: int, height: int, count: int, cell: CellSize, most_pixels: int | None) -> Grid | None:
    """The grid with the largest pictures in which `count` photos have room, None where they have none.

    `most_pixels` is what the pictures of a whole page may have together.
    """
    best: Grid | None = None
    for columns in range(1, max(1, width // _LEAST_PITCH) + 1):
        rows = -(-count // columns)
        across, down = width // columns, height // rows
        room = across - 1, down - 1
        if count > 1:
            room = min(_MOST.width, room[0]), min(_MOST.height, room[1])
        if room[0] < _LEAST.width or room[1] < _LEAST.height:
            continue
        tile = fit_box(_RATIO, room, cell)
        if best is None or _area(tile) >= _area(best.tile):
            best = Grid(columns, rows, tile, across, min(down, tile.height + 2))
    if best is None or most_pixels is None:
        return best
    room = best.tile.width, best.tile.height
    return replace(best, tile=fit_box(_RATIO, room, cell, most_pixels // best.places))


def _area(box: Box) -> int:
    return box.width * box.height


def page_budget(support: PictureSupport) -> int | None:
    """What the pictures of a page may have together: over SSH as much as one picture, else as it comes."""
    if not support.remote or support.most_pixels is None:
        return None
    # Small pictures are busier than large ones: a pixel takes more of the line.
    return support.most_pixels * 4 // 5


@dataclass(frozen=True, slots=True)
class Strip:
    """Neighbours of a row, from place `start` on, drawn as one picture; None where they have none."""

    start: int
    count: int
    picture: Image | None


def compose_row(
    thumbnails: Sequence[str | None], grid: Grid, support: PictureSupport, background: Colour
) -> list[Strip]:
    """One row of a page. Neighbours with a picture are one strip; those without, or a broken one, another."""
    tiles = [_tile(path, support.pixels(grid.tile), background) if path else None for path in thumbnails]
    strips: list[Strip] = []
    start = 0
    while start < len(tiles):
        end = start
        while end < len(tiles) and (tiles[end] is None) is (tiles[start] is None):
            end += 1
        run = [tile for tile in tiles[start:end] if tile is not None]
        strips.append(Strip(start, end - start, _beside(run, grid, support, background) if run else None))
        start = end
    return strips


@dataclass(frozen=True, slots=True)
class _RowSupport(PictureSupport):
    """The support of one row of a page: what a picture may take over the line is shared by all of them."""

    rows: int = 1

    @property
    def most_bytes(self) -> int | None:
        """The budget of a row."""
        most = super(_RowSupport, self).most_bytes
        return most // self.rows if most is not None else None


def draw_row(
    thumbnails: Sequence[str | None],
    grid: Grid,
    support: PictureSupport,
    background: Colour,
    console: Console | None = None,
) -> list[tuple[Strip, Drawn | None]]:
    """The strips of a row, each with what the terminal is sent for it; made outside the screen's thread."""
    share = _RowSupport(support.kind, support.cell, support.remote, grid.rows)
    return [
        (strip, None if strip.picture is None else _draw(strip.picture, strip.count, grid, share, console))
        for strip in compose_row(thumbnails, grid, support, background)
    ]


def _draw(picture: Image, count: int, grid: Grid, share: PictureSupport, console: Console | None) -> Drawn:
    """A strip in exactly its place, over the keys: where it is too busy for the line, it gets coarser."""
    from PIL import Image as Pillow

    from nivo_tui.ui.images.drawing import draw

    box = Box(strip_width(count, grid), grid.tile.height)
    drawn = draw(picture, share, box, console=console)
    for step in _COARSER:
        most = share.most_bytes
        if drawn.box == box and (most is None or drawn.size <= most):
            break
        coarse = picture.reduce(step).resize(picture.size, Pillow.Resampling.NEAREST)
        drawn = draw(coarse, share, box, console=console)
    return drawn


def strip_width(count: int, grid: Grid) -> int:
    """The cells that the pictures of neighbours take, without the gap after the last."""
    return (count - 1) * grid.across + grid.tile.width


def _beside(tiles: Sequence[Image], grid: Grid, support: PictureSupport, background: Colour) -> Image:
    from PIL import Image as Pillow

    whole = Pillow.new(
        "RGB", support.pixels(Box(strip_width(len(tiles), grid), grid.tile.height)), background
    )
    step = support.pixels(Box(grid.across, 1))[0]
    for number, tile in enumerate(tiles):
        whole.paste(tile, (number * step, 0))
    return whole


def _tile(path: str, size: tuple[int, int], background: Colour) -> Image | None:
    """A thumbnail in the middle of its place, in its own ratio; None where it cannot be read."""
    from PIL import Image as Pillow

    try:
        with Pillow.open(path) as opened:
            opened.draft("RGB", size)
            picture = opened.convert("RGB")
    except (OSError, ValueError, Pillow.DecompressionBombError):
        return None
    scale = min(size[0] / picture.width, size[1] / picture.height)
    fitted = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = picture.resize(
        fitted, Pillow.Resampling.BOX if picture.width > 3 * fitted[0] else Pillow.Resampling.BILINEAR
    )
    place = Pillow.new("RGB", size, background)
    place.paste(small, ((size[0] - fitted[0]) // 2, (size[1] - fitted[1]) // 2))
    return place
