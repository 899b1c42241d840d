"""The kitty graphics protocol with Unicode placeholders: the picture is sent once, cells name it.

https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders
"""

from __future__ import annotations

import base64
import io
from itertools import count
from random import randint
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from nivo_tui.ui.images.fitting import Box

_PLACEHOLDER = "\U0010eeee"
_CHUNK = 4096
# The first of the diacritics that stand for numbers: the file rowcolumn-diacritics.txt of the protocol.
_RANGES = (
    (0x0305, 0x0305),
    (0x030D, 0x030E),
    (0x0310, 0x0310),
    (0x0312, 0x0312),
    (0x033D, 0x033F),
    (0x0346, 0x0346),
    (0x034A, 0x034C),
    (0x0350, 0x0352),
    (0x0357, 0x0357),
    (0x035B, 0x035B),
    (0x0363, 0x036F),
    (0x0483, 0x0487),
    (0x0592, 0x0595),
    (0x0597, 0x0599),
    (0x059C, 0x05A1),
    (0x05A8, 0x05A9),
    (0x05AB, 0x05AC),
    (0x05AF, 0x05AF),
    (0x05C4, 0x05C4),
    (0x0610, 0x0617),
    (0x0657, 0x065B),
    (0x065D, 0x065E),
    (0x06D6, 0x06DC),
    (0x06DF, 0x06E2),
    (0x06E4, 0x06E4),
    (0x06E7, 0x06E8),
    (0x06EB, 0x06EC),
    (0x0730, 0x0730),
    (0x0732, 0x0733),
    (0x0735, 0x0736),
    (0x073A, 0x073A),
    (0x073D, 0x073D),
    (0x073F, 0x0741),
    (0x0743, 0x0743),
    (0x0745, 0x0745),
    (0x0747, 0x0747),
    (0x0749, 0x074A),
    (0x07EB, 0x07F1),
    (0x07F3, 0x07F3),
    (0x0816, 0x0819),
    (0x081B, 0x0823),
    (0x0825, 0x0827),
    (0x0829, 0x082C),
)
_DIACRITICS = tuple(chr(code) for first, last in _RANGES for code in range(first, last + 1))
MOST_ROWS = len(_DIACRITICS)

# Three bytes, since a placeholder's colour names the picture.
_ids = count(randint(0x10000, 0x7FFFFF))


def next_id() -> int:
    """A number for a picture that no other one of ours has in this terminal."""
    return next(_ids)


def upload(number: int, picture: Image, box: Box, colours: int | None) -> str:
    """What sends a picture and places it unseen; with fewer `colours` than all it is a small PNG."""
    from PIL import Image as Pillow

    png = io.BytesIO()
    if colours is None:
        picture.save(png, "PNG", compress_level=1)
    else:
        few = picture.quantize(colours, method=Pillow.Quantize.FASTOCTREE, dither=Pillow.Dither.NONE)
        few.save(png, "PNG", compress_level=9)
    data = base64.standard_b64encode(png.getvalue()).decode("ascii")
    chunks = [data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)]
    first = f"a=T,U=1,q=2,f=100,i={number},c={box.width},r={box.height},"
    return "".join(
        f"\x1b_G{first if at == 0 else ''}m={int(at < len(chunks) - 1)};{chunk}\x1b\\"
        for at, chunk in enumerate(chunks)
    )


def removal(number: int) -> str:
    """What makes the terminal forget a picture."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"


def colour_of(number: int) -> str:
    """The escape sequence of the colour that names the picture: never brought down to fewer colours."""
    return f"\x1b[38;2;{number >> 16 & 255};{number >> 8 & 255};{number & 255}m"


def placeholders(row: int, width: int) -> str:
    """The cells of one row: its number and column 0 stand at the first, the others count on from it."""
    return _PLACEHOLDER + _DIACRITICS[row] + _DIACRITICS[0] + _PLACEHOLDER * (width - 1)
