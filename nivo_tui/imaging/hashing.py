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

_GRID = 72  # divisible by 8 and by 9: each form is averaged from whole cells


def perceptual_hashes(grey: NDArray[np.uint8]) -> tuple[str, ...]:
    """64-bit difference hashes (16 hex digits) of a grey picture (height, width) and its seven other forms.

    Each bit says whether a cell of a 9x8 grid of area averages is darker than its right neighbour.
    """
    square = cv2.resize(grey, (_GRID, _GRID), interpolation=cv2.INTER_AREA).astype(np.float32)
    turned = [np.rot90(square, turns) for turns in range(4)]
    mirrored = [np.rot90(square[:, ::-1], turns) for turns in range(4)]
    forms = np.stack((*turned, *mirrored))
    cells = forms.reshape(len(forms), 8, _GRID // 8, 9, _GRID // 9).sum(axis=(2, 4))
    bits = np.packbits(cells[:, :, 1:] > cells[:, :, :-1], axis=None)
    return tuple(row.tobytes().hex() for row in bits.reshape(len(forms), 8))


def distance(first: str, second: str) -> int:
    """How many of the 64 bits differ."""
    return (int(first, 16) ^ int(second, 16)).bit_count()
