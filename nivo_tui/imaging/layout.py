"""Where in a picture which colours and how much texture lie: its layout, measured on four by four cells."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nivo_tui.imaging.cells import COLUMNS, ROWS, Cell, Layout, read_layout, write_layout

__all__ = ["Cell", "Layout", "measure_layout", "read_layout"]

Pixels = NDArray[np.uint8]

SIDE = 128
"""Long side, in pixels, of the copy that is measured."""

_FLAT = 1
"""Steps of 8-bit lightness that still count as none."""


def measure_layout(rgb: Pixels) -> str:
    """The layout of an upright RGB picture of shape (height, width, 3), uint8, as text for `read_layout`.

    Any size from 1x1; cheapest (about 0.1 ms) for a copy of at most 128 pixels on its long side, to which
    larger ones are shrunk.
    """
    picture = _at_least_cells(_at_most_side(rgb))
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    means = _cells(lab).reshape(-1, 3)
    step = _steps(np.asarray(cv2.extractChannel(lab, 0), np.uint8))
    texture = _cells(step.astype(np.float32)).reshape(-1) / 2.55
    _, same = cv2.threshold(step, _FLAT, 255, cv2.THRESH_BINARY_INV)
    flat = _cells(same).reshape(-1) / 255.0
    return write_layout(
        [
            (float(mean[0]) / 2.55, float(mean[1]) - 128.0, float(mean[2]) - 128.0, float(t), float(f))
            for mean, t, f in zip(means, texture, flat, strict=True)
        ]
    )


def _cells(plane: Pixels) -> NDArray[np.float32]:
    """Means over the cells, shape (ROWS, COLUMNS) or with three channels; parts of pixels count as such."""
    return np.asarray(cv2.resize(plane, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32)


def _steps(lightness: Pixels) -> Pixels:
    """How far each pixel is from the next to the right or below, whichever is farther."""
    steps = np.zeros_like(lightness)
    steps[:, :-1] = cv2.absdiff(lightness[:, 1:], lightness[:, :-1])
    steps[:-1] = cv2.max(steps[:-1], cv2.absdiff(lightness[1:], lightness[:-1]))
    return steps


def _at_most_side(rgb: Pixels) -> Pixels:
    height, width = rgb.shape[:2]
    longest = max(height, width)
    if longest <= SIDE:
        return rgb
    size = (max(1, round(width * SIDE / longest)), max(1, round(height * SIDE / longest)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def _at_least_cells(rgb: Pixels) -> Pixels:
    """A picture of fewer pixels than cells along a side, enlarged without blending."""
    height, width = rgb.shape[:2]
    if height >= ROWS and width >= COLUMNS:
        return rgb
    size = (max(width, COLUMNS), max(height, ROWS))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_NEAREST), np.uint8)
