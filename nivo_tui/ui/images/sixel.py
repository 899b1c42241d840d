"""Sixel graphics (DEC STD 070, chapter 9): a picture as bands of six rows, one pass of a band a colour."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_BAND = 6
_MOST_COLOURS = 256
# A byte of a row becomes 1 where it is this colour: six rows, each shifted by its number, make a sixel each.
_IS_COLOUR = tuple(bytes(value == colour for value in range(256)) for colour in range(_MOST_COLOURS))
_SIXEL = bytes(0x3F + value if value < 64 else 0x3F for value in range(256))
_PIECE = re.compile(rb"[^?]+(?:\?{1,7}[^?]+)*")
_RUN = re.compile(rb"(.)\1{3,}")


def sixels(picture: Image, colours: int) -> str:
    """An RGB picture in at most `colours` (2-256) of its own colours, as the whole escape sequence."""
    from PIL import Image as Pillow

    few = picture.quantize(colours, method=Pillow.Quantize.FASTOCTREE, dither=Pillow.Dither.NONE)
    width, height = few.size
    data = few.tobytes()
    parts = [b'\x1bP0;0;0q"1;1;%d;%d' % (width, height), *_registers(few)]
    for top in range(0, height, _BAND):
        rows = [data[y * width : (y + 1) * width] for y in range(top, min(top + _BAND, height))]
        parts.append(_band(rows, width))
    parts.append(b"\x1b\\")
    return b"".join(parts).decode("ascii")


def _registers(few: Image) -> list[bytes]:
    """The palette, in percent as sixel has it."""
    palette = few.getpalette() or []
    percent = [(value * 100 + 127) // 255 for value in palette]
    return [
        b"#%d;2;%d;%d;%d" % (number, *percent[3 * number : 3 * number + 3])
        for number in range(len(percent) // 3)
    ]


def _band(rows: list[bytes], width: int) -> bytes:
    """One band. A first pass of solid pieces is painted over by what lies in them; the rest share passes."""
    pieces = []
    for colour in set(b"".join(rows)):
        table = _IS_COLOUR[colour]
        bits = 0
        for number, row in enumerate(rows):
            bits |= int.from_bytes(row.translate(table), "little") << number
        line = bits.to_bytes(width, "little").translate(_SIXEL)
        pieces += [(*found.span(), colour, found[0]) for found in _PIECE.finditer(line)]
    pieces.sort(key=lambda piece: (piece[0], -piece[1]))
    solid = b"%c" % (0x3F + (1 << len(rows)) - 1)
    under: list[bytes] = []
    reached = 0
    ends: list[int] = []  # of the passes over it, in order
    passes: list[list[bytes]] = []
    for start, end, colour, line in pieces:
        if start >= reached:
            under.append(b"%b#%d%b" % (_times(start - reached, b"?"), colour, _times(end - start, solid)))
            reached = end
            continue
        # The pass that ends nearest before the piece.
        at = bisect_right(ends, start) - 1
        gap, parts = (start, []) if at < 0 else (start - ends.pop(at), passes.pop(at))
        parts.append(b"%b#%d%b" % (_times(gap, b"?"), colour, _RUN.sub(_repeated, line)))
        place = bisect_right(ends, end)
        ends.insert(place, end)
        passes.insert(place, parts)
    return b"$".join(b"".join(parts) for parts in (under, *passes)) + b"-"


def _times(count: int, sixel: bytes) -> bytes:
    return b"!%d%b" % (count, sixel) if count > 3 else sixel * count


def _repeated(run: re.Match[bytes]) -> bytes:
    return b"!%d%b" % (run.end() - run.start(), run[1])
