"""Pictures of half cells: the upper half of a cell in one colour, the lower half in another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

if TYPE_CHECKING:
    from PIL.Image import Image

    from nivo_tui.ui.images.boxes import Caption

_UPPER_HALF = "▀"
_CAPTION = Style(color="bright_white", bgcolor="black", bold=True)


def half_cells(picture: Image, colours: int | None, captions: Sequence[Caption] = ()) -> list[Strip]:
    """An RGB picture, two rows of pixels in each line; captions are written over it as text."""
    from PIL import Image as Pillow

    if colours is not None:
        few = picture.quantize(colours, method=Pillow.Quantize.MEDIANCUT, dither=Pillow.Dither.NONE)
        picture = few.convert("RGB")
    width = picture.width
    data = picture.tobytes()
    strips = []
    for line in range(picture.height // 2):
        upper, lower = (data[3 * width * y : 3 * width * (y + 1)] for y in (2 * line, 2 * line + 1))
        strip = Strip(_segments(upper, lower, width), width)
        for caption in captions:
            if caption.line == line:
                strip = _written(strip, caption)
        strips.append(strip)
    return strips


def _segments(upper: bytes, lower: bytes, width: int) -> list[Segment]:
    """Neighbours of the same two colours are one segment: over a slow line each costs 40 bytes."""
    segments = []
    start = 0
    while start < width:
        pair = upper[3 * start : 3 * start + 3], lower[3 * start : 3 * start + 3]
        end = start + 1
        while end < width and (upper[3 * end : 3 * end + 3], lower[3 * end : 3 * end + 3]) == pair:
            end += 1
        segments.append(Segment(_UPPER_HALF * (end - start), _style(*pair)))
        start = end
    return segments


def _written(strip: Strip, caption: Caption) -> Strip:
    width, length = strip.cell_length, cell_len(caption.text)
    text = Strip([Segment(caption.text, _CAPTION)], length)
    end = caption.column + length
    return Strip.join([strip.crop(0, caption.column), text, strip.crop(end, width)])


@lru_cache(maxsize=8192)
def _style(upper: bytes, lower: bytes) -> Style:
    return Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower))
