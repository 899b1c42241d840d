"""Perceptual hashes: near-equal numbers for pictures that look the same, in any of the eight positions."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FORMS = (
    "as it is",
    "turned 90",
    "turned 180",
    "turned 270",
    "mirrored",
    "mirrored, turned 90",
    "mirrored, turned 180",
    "mirrored, turned 270",
)
"""What `perceptual_hashes` returns, in order; turns are counter-clockwise."""

_ROWS, _COLUMNS = 8, 9
_HEX_DIGITS = 16
_GRID = _ROWS * _COLUMNS  # each form is averaged from whole cells


def perceptual_hashes(grey: NDArray[np.uint8]) -> tuple[str, ...]:
    """64-bit difference hashes (16 hex digits) of a grey picture (height, width) and its seven other forms.

    Each bit says whether a cell of a 9x8 grid of area averages is darker than its right neighbour.
    """
    height, width = grey.shape
    if height % 2 == width % 2 == 0 and min(height, width) >= 2 * _GRID:
        grey = cv2.resize(grey, (width // 2, height // 2), interpolation=cv2.INTER_AREA).astype(np.uint8)
    square = cv2.resize(grey, (_GRID, _GRID), interpolation=cv2.INTER_AREA).astype(np.float32)
    # The cells of a turned or mirrored picture are the picture's own in another order: of the upright grid
    # in the forms that keep width and height, of the lying one in those that exchange them.
    upright, lying = _cells(square, _ROWS, _COLUMNS), _cells(square, _COLUMNS, _ROWS)
    across, down = upright[:, 1:] > upright[:, :-1], lying[1:] > lying[:-1]
    back, up = upright[:, 1:] < upright[:, :-1], lying[1:] < lying[:-1]
    forms = (
        across,
        down.T[::-1],
        back[::-1, ::-1],
        up.T[:, ::-1],
        back[:, ::-1],
        down.T,
        across[::-1],
        up.T[::-1, ::-1],
    )
    digits = np.packbits(np.array(forms)).tobytes().hex()
    return tuple(digits[at : at + _HEX_DIGITS] for at in range(0, len(digits), _HEX_DIGITS))


def _cells(square: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """The means of a square picture over a grid of whole cells."""
    return np.asarray(cv2.resize(square, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def distance(first: str, second: str) -> int:
    """How many of the 64 bits differ."""
    return (int(first, 16) ^ int(second, 16)).bit_count()
