"""A picture becomes what the terminal is sent: made outside the screen's thread, within its byte budget."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import ControlType, Segment
from textual.strip import Strip

from nivo_tui.ui.images import kitty
from nivo_tui.ui.images.boxes import Mark, draw_boxes
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.images.fitting import Box
from nivo_tui.ui.images.halfcells import half_cells
from nivo_tui.ui.images.sixel import sixels

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import Console

# From the finest to the one below which a picture is drawn smaller instead; None: all its colours.
_COLOURS: dict[str, tuple[int | None, ...]] = {
    "sixel": (32, 20),
    "kitty": (64, 24),
    "half": (None, 96, 40),
}
_LOCAL_COLOURS: dict[str, int | None] = {"sixel": 64, "kitty": None, "half": None}
_MARGIN = 0.95
_LEAST = 4
_CONTROL = ((ControlType.CURSOR_FORWARD, 0),)
"""Marks a text that takes no cells; the terminal gets the text as it is."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as the terminal gets it, `box` large. One of the three is filled, by its protocol.

    `strips`: lines of cells. `sixel`: the escape sequence. `upload`: what sends the picture that the
    strips then name by `number` (kitty).
    """

    box: Box
    strips: tuple[Strip, ...] = ()
    sixel: str = ""
    upload: str = ""
    number: int = 0
    size: int = 0


def control(text: str) -> Segment:
    """An escape sequence between the cells of a strip."""
    return Segment(text, None, _CONTROL)


def draw(
    picture: Image,
    support: PictureSupport,
    box: Box,
    marks: Sequence[Mark] = (),
    console: Console | None = None,
) -> Drawn:
    """Draw an RGB picture in a place of cells, with boxes around faces.

    Over a slow line it gets fewer colours, and then fewer cells, until it fits `support.most_bytes`.
    `console` is the application's, for the colours that the terminal knows.
    """
    most = support.most_bytes
    shades = _COLOURS[support.kind] if most is not None else (_LOCAL_COLOURS[support.kind],)
    if support.kind == "half" and "NO_COLOR" in os.environ:
        picture = picture.convert("L").convert("RGB")
    while True:
        fitted = _sized(picture, support.pixels(box))
        captions = draw_boxes(fitted, marks, None if support.kind == "half" else support.cell)
        for colours in shades:
            if support.kind == "sixel":
                assert colours is not None
                text = sixels(fitted, colours)
                drawn = Drawn(box, sixel=text, size=len(text))
            elif support.kind == "kitty":
                drawn = _kitty(fitted, box, colours)
            else:
                strips = tuple(half_cells(fitted, colours, captions))
                drawn = Drawn(box, strips, size=sum(_bytes(strip, console) for strip in strips))
            if most is None or drawn.size <= most:
                return drawn
        assert most is not None
        smaller = _shrunk(box, (most / drawn.size) ** 0.5 * _MARGIN)
        if smaller == box:
            return drawn
        box, shades = smaller, shades[-1:]


def _sized(picture: Image, size: tuple[int, int]) -> Image:
    """A copy at this size, to be drawn into."""
    from PIL import Image as Pillow

    return picture.copy() if picture.size == size else picture.resize(size, Pillow.Resampling.BILINEAR)


def _shrunk(box: Box, scale: float) -> Box:
    height = max(_LEAST, min(box.height - 1, int(box.height * scale)))
    if height >= box.height:
        return box
    return Box(max(_LEAST, round(box.width * height / box.height)), height)


def _kitty(picture: Image, box: Box, colours: int | None) -> Drawn:
    number = kitty.next_id()
    text = kitty.upload(number, picture, box, colours)
    colour, rest = control(kitty.colour_of(number)), control("\x1b[39m")
    strips = tuple(
        Strip([colour, Segment(kitty.placeholders(row, box.width)), rest], box.width)
        for row in range(min(box.height, kitty.MOST_ROWS))
    )
    return Drawn(box, strips, upload=text, number=number, size=len(text) + 4 * box.width * box.height)


def _bytes(strip: Strip, console: Console | None) -> int:
    """What a line costs. It is kept in the strip, so that the screen's thread need not make it again."""
    from rich.console import Console as Plain

    return len(strip.render(console or Plain(color_system="truecolor")).encode())
