"""How a picture is shown to a face detector, so that faces of every size and position are seen.

The picture is shrunk, never enlarged: a detector trained on faces up to some 500 pixels loses a close-up
that was blown up to its input size. What is left is black canvas.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from nivo_tui.imaging.working import averaged
from nivo_tui.inference.detections import (
    Detections,
    Detector,
    FloatArray,
    Pixels,
    joined,
    overlaps,
    without_doubles,
)

LONG_SIDE = 640
_PIXELS = LONG_SIDE * 480
_STRIP_ASPECT = 2.2  # from here on a picture is a strip that may be longer, at the same number of pixels

_BORDER = 32

_RETRY_SIDE = 256
_RETRY_MARGIN = 32
_RETRY_SURER = 0.1  # a second look may invent faces: it has to be surer of them
_TURNED_SURER = 0.15

# Faces of at most so many pixels in the first look are near the limit of what it can see.
_SMALL_FACE = 32.0
_MAYBE = 0.6  # of the threshold
_MAYBES = 4
_CLOSE_FACE = 64.0
_CLOSE_WINDOW = 4  # faces
_CLOSE_SURER = 0.1

_CROWD = 4
_CROWD_FACE = 24.0
_CROWD_SURER = 0.1
_SAME_FACE = 0.3


@dataclass(frozen=True, slots=True)
class View:
    """A picture on a canvas: `ratio` canvas pixels for one of the picture's, at (`left`, `top`)."""

    canvas: Pixels
    ratio: float
    left: int
    top: int


def search(detector: Detector, rgb: Pixels) -> Detections:
    """The faces in `rgb` (h, w, 3), in its pixels."""
    side = _first_side(rgb)
    seen = _look(detector, rgb, side, threshold=min(detector.hint, detector.threshold))
    faces = seen.take(seen.scores >= detector.threshold)
    small = _SMALL_FACE * max(1.0, max(rgb.shape[:2]) / side)
    faces = _together(faces, _closer_look(detector, rgb, seen, small))
    if len(faces):
        faces = _upright_look(detector, rgb, faces, side)
        return _with_crowd(detector, rgb, faces, side)
    if len(seen) or detector.hint == 0:
        return _second_look(detector, rgb, faces)
    return faces


def view(rgb: Pixels, long_side: int, detector: Detector, margin: int = 0) -> View:
    """`rgb` with its long side at most `long_side`, on a canvas that `detector` takes."""
    small, ratio = shrunk(rgb, long_side)
    if detector.fixed_size is not None:
        width, height = detector.fixed_size
        fit = min((width - 2 * margin) / small.shape[1], (height - 2 * margin) / small.shape[0])
        if fit < 1:
            small, more = shrunk(small, max(1, int(max(small.shape[:2]) * fit)))
            ratio *= more
    else:
        # Black beyond the short side: a face that the border cuts is then seen as the part of one.
        width, height = small.shape[1] + 2 * margin, small.shape[0] + 2 * margin
        width, height = (width, height + _BORDER) if width >= height else (width + _BORDER, height)
        width, height = _canvas_side(width), _canvas_side(height)
        if detector.few_shapes:
            width = height = 320 * 2 ** max(0, math.ceil(math.log2(max(width, height) / 320)))
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[margin : margin + small.shape[0], margin : margin + small.shape[1]] = small
    return View(canvas, ratio, margin, margin)


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


def turned_back(found: Detections, quarter_turns: int, width: int, height: int) -> Detections:
    """Faces found in `np.rot90(picture, quarter_turns)`, in pixels of the (height, width) picture."""
    corners = _turn_points(found.boxes.reshape(-1, 2, 2), quarter_turns, width, height)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    landmarks = found.landmarks
    if landmarks is not None:
        landmarks = _turn_points(landmarks, quarter_turns, width, height)
    return Detections(boxes, found.scores, landmarks)


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


def _first_side(rgb: Pixels) -> int:
    height, width = rgb.shape[:2]
    longest, aspect = max(height, width), max(height, width) / min(height, width)
    if aspect < _STRIP_ASPECT:
        return LONG_SIDE
    return max(LONG_SIDE, int(longest * math.sqrt(_PIXELS / (height * width))))


def _canvas_side(pixels: int) -> int:
    return max(64, -(-pixels // 32) * 32)


def _look(
    detector: Detector, rgb: Pixels, long_side: int, threshold: float | None = None, margin: int = 0
) -> Detections:
    seen = view(rgb, long_side, detector, margin)
    return detector.detect(seen.canvas, threshold).mapped(seen.ratio, seen.left, seen.top)


def _second_look(detector: Detector, rgb: Pixels, nothing: Detections) -> Detections:
    """For a picture in which nothing was found: a close-up too large to be seen, or a picture on its side."""
    height, width = rgb.shape[:2]
    small, ratio = shrunk(rgb, _RETRY_SIDE)
    for turns in (0, 1, 3, 2):
        surer = _TURNED_SURER if turns else _RETRY_SURER
        turned = np.ascontiguousarray(np.rot90(small, turns))
        # The margin is for the close-up; a turn is worth fewer pixels.
        margin = 0 if turns else _RETRY_MARGIN
        faces = _look(detector, turned, _RETRY_SIDE, min(0.95, detector.threshold + surer), margin)
        if not len(faces):
            continue
        faces = faces.mapped(ratio)
        if turns:
            upright = np.ascontiguousarray(np.rot90(rgb, turns))
            fine = _look(detector, upright, _first_side(rgb))
            faces = turned_back(fine if len(fine) else faces, turns, width, height)
        return faces
    return nothing


def _upright_look(detector: Detector, rgb: Pixels, faces: Detections, side: int) -> Detections:
    """Where most faces lie on their side or stand on their head, a look with the picture turned sees more."""
    if faces.landmarks is None:
        return faces
    eyes = faces.landmarks[:, 1] - faces.landmarks[:, 0]
    turns = np.rint(np.arctan2(eyes[:, 1], eyes[:, 0]) / (np.pi / 2)).astype(np.intp) % 4
    turn = int(np.bincount(turns).argmax())
    if turn == 0 or 2 * np.count_nonzero(turns == turn) <= len(faces):
        return faces
    turned = _look(detector, np.ascontiguousarray(np.rot90(rgb, turn)), side)
    if (len(turned), turned.scores.sum()) <= (len(faces), faces.scores.sum()):
        return faces
    return turned_back(turned, turn, rgb.shape[1], rgb.shape[0])


def _closer_look(detector: Detector, rgb: Pixels, seen: Detections, small: float) -> Detections:
    """Those of the doubtful in `seen`, no larger than `small`, that are faces when looked at closely."""
    doubtful = (seen.scores < detector.threshold) & (seen.scores >= _MAYBE * detector.threshold)
    sizes = (seen.boxes[:, 2:] - seen.boxes[:, :2]).max(axis=1)
    found = seen.take(np.zeros(0, np.intp))
    for index in np.flatnonzero(doubtful & (sizes <= small) & (sizes >= 1))[:_MAYBES]:
        box, size = seen.boxes[index], float(sizes[index])
        centre, reach = (box[:2] + box[2:]) / 2, size * _CLOSE_WINDOW / 2
        left, top = (int(edge) for edge in np.maximum(centre - reach, 0))
        right, bottom = (int(edge) for edge in np.minimum(centre + reach, rgb.shape[1::-1]))
        ratio = _CLOSE_FACE / size
        width, height = round((right - left) * ratio), round((bottom - top) * ratio)
        if min(width, height) < _CLOSE_FACE / 2:
            continue
        method = cv2.INTER_CUBIC if ratio > 1 else cv2.INTER_AREA
        window = np.asarray(cv2.resize(rgb[top:bottom, left:right], (width, height), interpolation=method))
        sure = min(0.95, detector.threshold + _CLOSE_SURER)
        close = _look(detector, window, max(width, height), sure).mapped(ratio, -left * ratio, -top * ratio)
        found = _together(found, close.take(overlaps(box, close.boxes) > _SAME_FACE))
    return found


def _with_crowd(detector: Detector, rgb: Pixels, faces: Detections, side: int) -> Detections:
    """Where many small faces were found, a look at all pixels there are finds those behind them."""
    longest = max(rgb.shape[:2])
    if len(faces) < _CROWD or longest < side * 1.25:
        return faces
    heights = faces.boxes[:, 3] - faces.boxes[:, 1]
    if float(np.quantile(heights, 0.25)) > _CROWD_FACE * longest / side:
        return faces
    more = _look(detector, rgb, min(longest, 2 * side), min(0.95, detector.threshold + _CROWD_SURER))
    small = more.boxes[:, 3] - more.boxes[:, 1] <= _SMALL_FACE * longest / side
    return _together(faces, more.take(small))


def _together(first: Detections, then: Detections) -> Detections:
    """Both, best score first; where both saw one face that of `first` stays."""
    if not len(then):
        return first
    landmarks = None
    if first.landmarks is not None and then.landmarks is not None:
        landmarks = np.concatenate([first.landmarks, then.landmarks])
    both = Detections(
        np.concatenate([first.boxes, then.boxes]), np.concatenate([first.scores, then.scores]), landmarks
    )
    return joined([without_doubles(both, _SAME_FACE)])
