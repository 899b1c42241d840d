"""Many small faces: looks at all pixels of the picture, and at more, where a first look hints at them.

A detector sees a face of some 10 pixels far better when it is enlarged twice; on a picture of 1280 pixels
that costs sixteen times the first look, so it is done for crowds alone and where their faces are.
"""

from __future__ import annotations

import cv2
import numpy as np

from nivo_tui.inference.detections import Detections, Detector, FloatArray, Pixels, joined, without_doubles
from nivo_tui.inference.faces.views import look

SAME_FACE = 0.3
"""Boxes that overlap by more are one face seen twice."""

SMALL_FACE = 32.0
"""The long side, in canvas pixels, below which a look at more pixels shows more."""

_CROWD = 4
_CROWD_FACE = 24.0
_HINTS = 6
_MANY_SMALL = 8
_SURER = 0.1
_TILE = 640
_OVERLAP = 48  # working pixels: the largest face that a tile is asked for
_MOST_TILES = 6


def together(first: Detections, then: Detections) -> Detections:
    """Both, best score first; where both saw one face that of `first` stays."""
    if not len(then):
        return first
    landmarks = None
    if first.landmarks is not None and then.landmarks is not None:
        landmarks = np.concatenate([first.landmarks, then.landmarks])
    both = Detections(
        np.concatenate([first.boxes, then.boxes]), np.concatenate([first.scores, then.scores]), landmarks
    )
    return joined([without_doubles(both, SAME_FACE)])


def long_sides(found: Detections) -> FloatArray:
    """The longer side of each box, (n,)."""
    sides: FloatArray = (found.boxes[:, 2:] - found.boxes[:, :2]).max(axis=1, initial=0)
    return sides


def with_crowd(
    detector: Detector, rgb: Pixels, faces: Detections, hints: Detections, sure: bool, side: int
) -> Detections:
    """`faces`, and those of a crowd that the first look of long side `side` could not see.

    `hints` is all that look returned, down to the detector's hint; `sure`: of its doubtful ones those
    that were looked at closely are faces.
    """
    longest = max(rgb.shape[:2])
    if longest < side * 1.25 or not _is_crowd(faces, hints, sure, longest / side):
        return faces
    threshold = min(0.95, detector.threshold + _SURER)
    seen = look(detector, rgb, min(longest, 2 * side), min(detector.hint, threshold) or threshold)
    small = seen.take(long_sides(seen) <= SMALL_FACE * longest / side)
    faces = together(faces, small.take(small.scores >= threshold))
    tiny = small.take(long_sides(small) <= _CROWD_FACE)
    if np.count_nonzero(tiny.scores >= threshold) < _MANY_SMALL:
        return faces
    for left, top in _tiles(rgb, tiny):
        part = rgb[top : top + _TILE, left : left + _TILE]
        twice = np.asarray(cv2.resize(part, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
        more = look(detector, twice, 2 * _TILE, threshold).mapped(2.0, -2 * left, -2 * top)
        faces = together(faces, more.take(long_sides(more) <= _OVERLAP))
    return faces


def _is_crowd(faces: Detections, hints: Detections, sure: bool, unit: float) -> bool:
    """Whether most faces are small; `unit` picture pixels are one of the first look's."""
    small = _CROWD_FACE * unit
    if len(faces) >= _CROWD and float(np.quantile(long_sides(faces), 0.25)) <= small:
        return True
    return sure and int(np.count_nonzero(long_sides(hints) <= small)) >= _HINTS


def _tiles(rgb: Pixels, tiny: Detections) -> list[tuple[int, int]]:
    """The left and top of each tile with something tiny in it; tiles overlap by a small face."""
    middles = (tiny.boxes[:, :2] + tiny.boxes[:, 2:]) / 2
    tiles = []
    for top in _starts(rgb.shape[0]):
        for left in _starts(rgb.shape[1]):
            inside = ((middles >= (left, top)) & (middles < (left + _TILE, top + _TILE))).all(axis=1)
            tiles.append((int(np.count_nonzero(inside)), left, top))
    fullest = sorted(tiles, reverse=True)[:_MOST_TILES]
    return [(left, top) for count, left, top in fullest if count]


def _starts(length: int) -> list[int]:
    count = max(1, -(-(length - _OVERLAP) // (_TILE - _OVERLAP)))
    if count == 1:
        return [0]
    return [round(index * (length - _TILE) / (count - 1)) for index in range(count)]
