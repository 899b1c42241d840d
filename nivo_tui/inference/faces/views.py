"""Pictures on canvases that a detector takes: shrunk, turned, or as windows side by side.

The picture is shrunk, never enlarged: a detector trained on faces up to some 500 pixels loses a close-up
that was blown up to its input size. What is left is black canvas. Only a window around something tiny is
enlarged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from nivo_tui.imaging.working import averaged, whole_fraction
from nivo_tui.inference.detections import Detections, Detector, FloatArray, Pixels

CELL = 128
"""Side of one window's place in a mosaic, in canvas pixels."""

CELL_FACE = 72.0
"""Long side of the face in the middle of a window, in canvas pixels: at this size a detector tells upright
from turned best."""

WHOLE_SIDE = 112.0
"""Long side of a whole picture in a window: a face that fills it is then as large as others are."""

_GAP = 8  # black between windows
_ENLARGED = 6.0
_BORDER = 32
_FARTHEST = 4  # long sides of the picture: a face that reaches beyond is no face
_ROTATIONS = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}


@dataclass(frozen=True, slots=True)
class View:
    """A picture at the upper left of a canvas: `ratio` canvas pixels for one of the picture's."""

    canvas: Pixels
    ratio: float


def view(rgb: Pixels, long_side: int, detector: Detector) -> View:
    """`rgb` with its long side at most `long_side`, on a canvas that `detector` takes."""
    small, ratio = shrunk(rgb, long_side)
    if detector.fixed_size is not None:
        width, height = detector.fixed_size
        fit = min(width / small.shape[1], height / small.shape[0])
        if fit < 1:
            small, more = shrunk(small, max(1, int(max(small.shape[:2]) * fit)))
            ratio *= more
    else:
        # Black beyond the short side: of a face that the border cuts the box then goes on beyond it.
        height, width = small.shape[:2]
        width, height = (width, height + _BORDER) if width >= height else (width + _BORDER, height)
        width, height = _canvas_size(width, height, detector)
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    return View(canvas, ratio)


def shrunk(rgb: Pixels, long_side: int) -> tuple[Pixels, float]:
    """`rgb` averaged over areas down to `long_side`, and the ratio; as it is where it is not larger.

    At a whole factor the rows and columns that do not fill a pixel are dropped: halving is then enough.
    """
    height, width = rgb.shape[:2]
    longest = max(height, width)
    if longest <= long_side:
        return rgb, 1.0
    ratio = long_side / longest
    factor = longest // long_side
    if factor * long_side == longest and min(height, width) >= factor:
        rgb = rgb[: height // factor * factor, : width // factor * factor]
        size = (width // factor, height // factor)
    else:
        size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return averaged(rgb, size), ratio


def look(detector: Detector, rgb: Pixels, long_side: int, threshold: float | None = None) -> Detections:
    """The faces in `rgb`, in its pixels, seen at `long_side`; without those a broken model places nowhere."""
    seen = view(rgb, long_side, detector)
    found = detector.detect(seen.canvas, threshold)
    return _placed(found, max(rgb.shape[:2]) * seen.ratio).mapped(seen.ratio)


def _placed(found: Detections, long_side: float) -> Detections:
    """Those whose boxes and landmarks are numbers, and near a picture of this long side.

    The others are a broken model's, and nothing that is made of them could be told.
    """
    farthest = _FARTHEST * long_side
    places = found.boxes
    if found.landmarks is not None:
        places = np.concatenate([places, found.landmarks.reshape(len(found), 10)], axis=1)
    near = np.abs(places).max(axis=1, initial=0) <= farthest  # NaN is not
    found = found.take(np.flatnonzero(near))
    sides = (found.boxes[:, 2:] - found.boxes[:, :2]).max(axis=1, initial=0)
    return found.take(np.flatnonzero(sides <= farthest))


def turned(rgb: Pixels, quarter_turns: int) -> Pixels:
    """`np.rot90(rgb, quarter_turns)`, contiguous."""
    rotation = _ROTATIONS.get(quarter_turns % 4)
    return rgb if rotation is None else np.asarray(cv2.rotate(rgb, rotation), np.uint8)


def turned_back(found: Detections, quarter_turns: int, width: int, height: int) -> Detections:
    """Faces found in `np.rot90(picture, quarter_turns)`, in pixels of the (height, width) picture."""
    corners = _turn_points(found.boxes.reshape(-1, 2, 2), quarter_turns, width, height)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    landmarks = found.landmarks
    if landmarks is not None:
        landmarks = _turn_points(landmarks, quarter_turns, width, height)
    return Detections(boxes, found.scores, landmarks)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the picture to be looked at closely: `box` in its middle, turned by `quarter_turns`.

    `box` gets a long side of `side` canvas pixels, however large it is in the picture.
    """

    box: FloatArray
    quarter_turns: int = 0
    side: float = CELL_FACE


def look_closely(
    detector: Detector, rgb: Pixels, windows: Sequence[Window], threshold: float
) -> list[Detections]:
    """What is found in each window, in pixels of `rgb`: one call of the detector for all."""
    columns = 4 if len(windows) > 6 else math.ceil(math.sqrt(len(windows)))
    rows = -(-len(windows) // columns)
    size = (columns * CELL, rows * CELL)
    ratio = 1.0
    if detector.fixed_size is None:
        width, height = _canvas_size(*size, detector)
    else:
        width, height = detector.fixed_size
        ratio = min(1.0, width / size[0], height / size[1])
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    placed = [
        _place(canvas, rgb, window, index % columns * CELL, index // columns * CELL)
        for index, window in enumerate(windows)
    ]
    whole = np.zeros((height, width, 3), np.uint8)
    small = shrunk(canvas, max(1, int(max(size) * ratio)))[0] if ratio < 1 else canvas
    whole[: small.shape[0], : small.shape[1]] = small
    found = _placed(detector.detect(whole, threshold), max(height, width)).mapped(ratio)
    middles = (found.boxes[:, :2] + found.boxes[:, 2:]) / np.float32(2)
    return [_placed(place.found(found, middles), max(rgb.shape[:2])) for place in placed]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a window lies: its corner on the canvas and in the picture, its sizes, its turns."""

    x: int
    y: int
    left: int
    top: int
    width: int
    height: int
    ratio: float
    quarter_turns: int

    def found(self, all_found: Detections, middles: FloatArray) -> Detections:
        corner = np.array([self.x, self.y], np.float32)
        inside = np.all((middles >= corner) & (middles < corner + CELL), axis=1)
        part = all_found.take(np.flatnonzero(inside)).mapped(self.ratio, self.x, self.y)
        part = turned_back(part, self.quarter_turns, self.width, self.height)
        return part.mapped(1.0, -self.left, -self.top)


def _place(canvas: Pixels, rgb: Pixels, window: Window, x: int, y: int) -> _Place:
    size = float((window.box[2:] - window.box[:2]).max())
    ratio = min(_ENLARGED, window.side / max(size, 1.0))
    centre, reach = (window.box[:2] + window.box[2:]) / 2, (CELL - _GAP) / 2 / ratio
    left, top = (int(edge) for edge in np.maximum(centre - reach, 0))
    right, bottom = (math.ceil(edge) for edge in np.minimum(centre + reach, rgb.shape[1::-1]))
    left, top = min(left, rgb.shape[1] - 1), min(top, rgb.shape[0] - 1)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    part = rgb[top:bottom, left:right]
    wide = min(CELL, max(1, round(part.shape[1] * ratio)))
    high = min(CELL, max(1, round(part.shape[0] * ratio)))
    if ratio < 1:
        # Averaging by a whole factor first leaves few pixels for the slow broken one.
        part = whole_fraction(part, max(wide, high))
    method = cv2.INTER_CUBIC if ratio > 1 else cv2.INTER_AREA
    small = np.rot90(cv2.resize(part, (wide, high), interpolation=method), window.quarter_turns)
    canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
    return _Place(x, y, left, top, right - left, bottom - top, ratio, window.quarter_turns)


def _canvas_size(width: int, height: int, detector: Detector) -> tuple[int, int]:
    if detector.few_shapes:
        side = 320 * 2 ** max(0, math.ceil(math.log2(max(width, height) / 320)))
        return side, side
    return _canvas_side(width), _canvas_side(height)


def _canvas_side(pixels: int) -> int:
    return max(64, -(-pixels // 32) * 32)


def _turn_points(points: FloatArray, quarter_turns: int, width: int, height: int) -> FloatArray:
    x, y = points[..., 0], points[..., 1]
    match quarter_turns % 4:
        case 1:
            x, y = width - y, x
        case 2:
            x, y = width - x, height - y
        case 3:
            x, y = y, height - x
    return np.stack([x, y], axis=-1)
