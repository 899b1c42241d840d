"""Faces on the picture: their boxes and names, and the same in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nivo_tui.model import Face
from nivo_tui.text import plain
from nivo_tui.ui.images.fitting import CellSize
from nivo_tui.ui.text import counted, fit_middle

if TYPE_CHECKING:
    from PIL.Image import Image

UNKNOWN = "?"
_LIGHT, _DARK = (255, 255, 255), (0, 0, 0)
_LEAST_SIDE = 4
_LONGEST_NAME = 16
_LARGE, _SMALL = 0.3, 0.1


@dataclass(frozen=True, slots=True)
class Mark:
    """A face's box as fractions (0-1) of the upright picture, and what is written below it."""

    left: float
    top: float
    right: float
    bottom: float
    name: str = UNKNOWN

    def within(self, window: tuple[float, float, float, float]) -> Mark:
        """The same in fractions of a part of the picture."""
        left, top, right, bottom = window
        width, height = max(right - left, 1e-9), max(bottom - top, 1e-9)
        return Mark(
            (self.left - left) / width,
            (self.top - top) / height,
            (self.right - left) / width,
            (self.bottom - top) / height,
            self.name,
        )


@dataclass(frozen=True, slots=True)
class Caption:
    """A text over a picture of half cells, by its first cell."""

    column: int
    line: int
    text: str


def marks_of(faces: Sequence[Face], width: int | None, height: int | None) -> tuple[Mark, ...]:
    """The faces of a photo of this size in pixels, from left to right."""
    if not width or not height:
        return ()
    ordered = sorted(faces, key=lambda face: face.left + face.right)
    return tuple(
        Mark(f.left / width, f.top / height, f.right / width, f.bottom / height, name_of(f)) for f in ordered
    )


def name_of(face: Face) -> str:
    """Who it is, or `?`."""
    return plain(face.person) if face.person else UNKNOWN


def draw_boxes(picture: Image, marks: Sequence[Mark], cell: CellSize | None) -> list[Caption]:
    """Draw the boxes into an RGB picture; with `cell`, the names too, as high as a line of text.

    Without it the picture is one of half cells, and the names come back as captions.
    """
    captions = []
    for mark in marks:
        box = _pixels(mark, picture.size)
        if box is None:
            continue
        if cell is None:
            _dashes(picture, box)
            captions.append(_caption(mark.name, box, picture.size))
        else:
            _outline(picture, box)
            _label(picture, mark.name, box, cell)
    return captions


def _pixels(mark: Mark, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The box in pixels, left, top, right, bottom included; None where it lies outside."""
    width, height = size
    left, right = round(mark.left * width), round(mark.right * width) - 1
    top, bottom = round(mark.top * height), round(mark.bottom * height) - 1
    if right < 0 or bottom < 0 or left >= width or top >= height:
        return None
    grow_x, grow_y = max(0, _LEAST_SIDE - 1 - (right - left)), max(0, _LEAST_SIDE - 1 - (bottom - top))
    left, right = left - grow_x // 2, right + grow_x - grow_x // 2
    top, bottom = top - grow_y // 2, bottom + grow_y - grow_y // 2
    return left, top, right, bottom


def _outline(picture: Image, box: tuple[int, int, int, int]) -> None:
    """A light line with a dark one on either side: seen on any ground."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    left, top, right, bottom = box
    for inset, colour in ((-1, _DARK), (1, _DARK), (0, _LIGHT)):
        corners = left + inset, top + inset, right - inset, bottom - inset
        if corners[2] > corners[0] and corners[3] > corners[1]:
            draw.rectangle(corners, outline=colour)


def _dashes(picture: Image, box: tuple[int, int, int, int]) -> None:
    """A line of light and dark in turn, for where one pixel is half a cell."""
    left, top, right, bottom = box
    around = [(x, top) for x in range(left, right + 1)]
    around += [(right, y) for y in range(top + 1, bottom + 1)]
    around += [(x, bottom) for x in range(right - 1, left - 1, -1)]
    around += [(left, y) for y in range(bottom - 1, top, -1)]
    for number, (x, y) in enumerate(around):
        if 0 <= x < picture.width and 0 <= y < picture.height:
            picture.putpixel((x, y), _DARK if number % 4 == 3 else _LIGHT)


def _caption(name: str, box: tuple[int, int, int, int], size: tuple[int, int]) -> Caption:
    from rich.cells import cell_len

    text = fit_middle(name, min(_LONGEST_NAME, size[0]))
    width = cell_len(text)
    column = max(0, min((box[0] + box[2] + 1 - width) // 2, size[0] - width))
    last = size[1] // 2 - 1
    below = box[3] // 2 + 1
    return Caption(column, below if below <= last else max(0, min(last, box[3] // 2)), text)


def _label(picture: Image, name: str, box: tuple[int, int, int, int], cell: CellSize) -> None:
    """The name on a dark ground below the box, or inside it where there is no room below."""
    from PIL import ImageDraw, ImageFont

    text = _in_plain_letters(fit_middle(name, _LONGEST_NAME))
    font = ImageFont.load_default(max(10, round(cell.height * 0.7)))
    draw = ImageDraw.Draw(picture)
    left, top, right, bottom = (int(edge) for edge in draw.textbbox((0, 0), text, font=font))
    width, height = right - left + 6, bottom - top + 4
    x = max(0, min((box[0] + box[2] - width) // 2, picture.width - width))
    y = (
        box[3] + 3
        if box[3] + 3 + height <= picture.height
        else max(0, min(box[3], picture.height) - height - 2)
    )
    draw.rectangle((x, y, x + width - 1, y + height - 1), fill=_DARK)
    draw.text((x + 3 - left, y + 2 - top), text, fill=_LIGHT, font=font)


def _in_plain_letters(name: str) -> str:
    """What the font that comes with Pillow can write of a name; the words below the picture have it all."""
    bare = "".join(part for part in unicodedata.normalize("NFKD", name) if not unicodedata.combining(part))
    return bare if bare.isascii() else "…"


def in_words(marks: Sequence[Mark]) -> str:
    """The faces from left to right: "2 faces: Ann left, large; right, small"."""
    if not marks:
        return "no faces"
    return f"{counted(len(marks), 'face')}: " + "; ".join(map(_where, marks))


def _where(mark: Mark) -> str:
    middle = (mark.left + mark.right) / 2
    place = "left" if middle < 0.38 else "right" if middle > 0.62 else "middle"
    side = max(mark.right - mark.left, mark.bottom - mark.top)
    size = ", large" if side >= _LARGE else ", small" if side <= _SMALL else ""
    name = "" if mark.name == UNKNOWN else f"{mark.name} "
    return f"{name}{place}{size}"
