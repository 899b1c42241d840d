"""The layout of a picture as other rooms read it: sixteen cells, kept as a short text.

Needs neither numpy nor OpenCV, so that a reader of stored layouts loads nothing heavy.
"""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from typing import NamedTuple

ROWS = COLUMNS = 4

_CELL = struct.Struct("BbbBB")
_BYTES = ROWS * COLUMNS * _CELL.size
_PER_TEXTURE = 255.0 / 25.0


class Cell(NamedTuple):
    """One sixteenth of a picture, in CIE L*a*b* (D65, sRGB).

    `lightness`: mean L*, 0-100; `a` (green to red) and `b` (blue to yellow): means, -128 to 127; `texture`:
    mean step of L* between neighbouring pixels of a copy with 128 pixels on its long side, 0-25 (above that
    cut off): below 0.5 a clear sky or a plain wall, from 3 on leaves, crowds or print; `flat`: share of
    pixels that differ from the next ones by one 256th of lightness at most, 0-1.
    """

    lightness: float
    a: float
    b: float
    texture: float
    flat: float

    @property
    def chroma(self) -> float:
        """Distance from grey, 0 to about 180; 10 is a tint, 40 a plain colour."""
        return float((self.a * self.a + self.b * self.b) ** 0.5)


@dataclass(frozen=True, slots=True)
class Layout:
    """The cells of a picture, row by row from its upper left corner: always `ROWS` x `COLUMNS`."""

    cells: tuple[Cell, ...]

    def rows(self, first: int, last: int) -> tuple[Cell, ...]:
        """The cells of the rows `first` to `last`, both included, 0 the uppermost."""
        return self.cells[first * COLUMNS : (last + 1) * COLUMNS]


def write_layout(cells: list[tuple[float, float, float, float, float]]) -> str:
    """Sixteen cells (fields and units as in `Cell`) as text: 108 characters of base64."""
    packed = b"".join(
        _CELL.pack(
            _within(lightness * 2.55, 0, 255),
            _within(a, -128, 127),
            _within(b, -128, 127),
            _within(texture * _PER_TEXTURE, 0, 255),
            _within(flat * 255.0, 0, 255),
        )
        for lightness, a, b, texture, flat in cells
    )
    return base64.b64encode(packed).decode("ascii")


def read_layout(text: str) -> Layout | None:
    """The layout that `write_layout` made a text of; None where it is of something else, or empty."""
    try:
        packed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(packed) != _BYTES:
        return None
    return Layout(
        tuple(
            Cell(lightness / 2.55, float(a), float(b), texture / _PER_TEXTURE, flat / 255.0)
            for lightness, a, b, texture, flat in _CELL.iter_unpack(packed)
        )
    )


def _within(value: float, least: int, most: int) -> int:
    return min(most, max(least, round(value)))
