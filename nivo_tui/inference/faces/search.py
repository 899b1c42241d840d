"""Where the faces of a picture are, whatever their size and however the picture was held.

One look at a picture shrunk to 640 pixels is all that a usual photo with faces costs. What it leaves open
is settled by one more, at small windows side by side: the picture as a whole, where a face that fills it
is as large as others are; the surest spot turned each way, which tells a photo on its side or on its head
from one without faces; and the doubtful spots close by. On the photos this was tuned on, a missed face
stood out of the first look by a score of 0.15 or more, and in its window it rose above the threshold;
spots that were no faces fell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nivo_tui.inference.detections import Detections, Detector, Pixels, no_faces, overlaps
from nivo_tui.inference.faces.crowd import SAME_FACE, SMALL_FACE, long_sides, together, with_crowd
from nivo_tui.inference.faces.views import WHOLE_SIDE, Window, look, look_closely, shrunk, turned, turned_back

LONG_SIDE = 640
_PIXELS = LONG_SIDE * 480
_STRIP_ASPECT = 2.2  # from here on a picture is a strip that may be longer, at the same number of pixels

_CLOSE_SURER = 0.1  # a second look may invent faces: it has to be surer of them
_TURNED_SURER = 0.15
_TURN_GAIN = 0.1  # by so much another position has to be better than the one the picture is in
_UPRIGHT_SURE = 0.22  # above the threshold: so sure a detector is of upright faces alone

_MAYBES = 4
_MAYBES_BESIDE_POSITIONS = 2

_HUGE_SIDE = 320
_BLIND_SIDE = 256

_SURE_AT_ONCE = 0.8  # a face that need not be looked at again, where the detector gives no hints
_AGAIN_SIDES = (56.0, 96.0)  # the sizes in canvas pixels that a doubtful one is looked at again in
_LASTING = 1.1  # what its scores there have to come to together
_MOST_AGAIN = 8  # more of them are a crowd, which bears itself out


def search(detector: Detector, rgb: Pixels, small: Pixels | None = None) -> Detections:
    """The faces in `rgb` (h, w, 3), in its pixels; `small` is it shrunk by a whole factor, if at hand."""
    side = _first_side(rgb)
    seen, faces = _first_look(detector, rgb, side, small)
    close = _Close(detector, rgb, seen, side, positions=True)
    turns = close.turns or _turns_by_landmarks(faces)
    if turns:
        upright = _upright(detector, turned(rgb, turns), side)
        if (len(upright), upright.scores.sum()) > (len(faces), faces.scores.sum()):
            return turned_back(upright, turns, rgb.shape[1], rgb.shape[0])
    if len(close.huge):
        fine = look(detector, rgb, _HUGE_SIDE)
        return fine if len(fine) else close.huge
    if not len(seen) and detector.hint == 0:
        return _blind_look(detector, rgb)
    return with_crowd(detector, rgb, together(faces, close.faces), seen, close.most_are, side)


def _upright(detector: Detector, rgb: Pixels, side: int) -> Detections:
    """The faces of a picture known to be upright."""
    seen, faces = _first_look(detector, rgb, side)
    close = _Close(detector, rgb, seen, side, positions=False)
    return with_crowd(detector, rgb, together(faces, close.faces), seen, close.most_are, side)


def _first_look(
    detector: Detector, rgb: Pixels, side: int, small: Pixels | None = None
) -> tuple[Detections, Detections]:
    """All that a detector says of the picture, down to its hint, and of that the faces."""
    floor = min(detector.hint, detector.threshold)
    if small is not None and max(small.shape[:2]) == side:
        seen = look(detector, small, side, floor).mapped(side / max(rgb.shape[:2]))
    else:
        seen = look(detector, rgb, side, floor)
    if detector.hint == 0:
        seen = _lasting(detector, rgb, seen)
    return seen, seen.take(seen.scores >= detector.threshold)


def _lasting(detector: Detector, rgb: Pixels, seen: Detections) -> Detections:
    """`seen` without the doubtful faces that fade at another size: a face is one at any, a pattern is not."""
    doubtful = np.flatnonzero((seen.scores >= detector.threshold) & (seen.scores < _SURE_AT_ONCE))
    if not 0 < len(doubtful) <= _MOST_AGAIN:
        return seen
    windows = [Window(seen.boxes[n], 0, side) for n in doubtful for side in _AGAIN_SIDES]
    found = look_closely(detector, rgb, windows, detector.hint)
    scores = [
        float(there.scores[overlaps(window.box, there.boxes) > SAME_FACE].max(initial=0.0))
        for window, there in zip(windows, found, strict=True)
    ]
    sums = np.array(scores).reshape(len(doubtful), -1).sum(axis=1)
    return seen.take(np.setdiff1d(np.arange(len(seen)), doubtful[sums < _LASTING]))


def _first_side(rgb: Pixels) -> int:
    height, width = rgb.shape[:2]
    longest, aspect = max(height, width), max(height, width) / min(height, width)
    if aspect < _STRIP_ASPECT:
        return LONG_SIDE
    return max(LONG_SIDE, int(longest * math.sqrt(_PIXELS / (height * width))))


class _Close:
    """The second look. It is not made where the first, `seen`, leaves nothing open.

    `faces` are those at doubtful spots, `most_are` whether most of these spots were faces, `huge` the face
    that fills the picture, `turns` the quarter turns at which the surest spot is upright.
    """

    def __init__(self, detector: Detector, rgb: Pixels, seen: Detections, side: int, positions: bool) -> None:
        self._threshold = detector.threshold
        self.faces = self.huge = seen.take(np.zeros(0, np.intp))
        self.most_are, self.turns = False, 0
        best = float(seen.scores.max(initial=0.0))
        turns = _positions(detector, seen) if positions else []
        whole = [_whole(rgb)] if positions and best < detector.threshold else []
        spots = [Window(box) for box in _doubtful(detector, seen, rgb, side).boxes]
        if turns:
            spots = [spot for spot in spots if (spot.box != seen.boxes[0]).any()][:_MAYBES_BESIDE_POSITIONS]
        windows = [*whole, *turns, *spots]
        if windows:
            found = look_closely(detector, rgb, windows, detector.threshold)
            self._judge_whole(found[: len(whole)])
            self._judge_turns(found[len(whole) : len(whole) + len(turns)])
            ahead = [n for n, window in enumerate(windows) if not window.quarter_turns][len(whole) :]
            self._judge_spots([windows[n] for n in ahead], [found[n] for n in ahead])

    def _judge_whole(self, found: Sequence[Detections]) -> None:
        for there in found:
            self.huge = there.take(there.scores >= self._surer(_CLOSE_SURER))

    def _judge_turns(self, found: Sequence[Detections]) -> None:
        scores = [float(there.scores.max(initial=0.0)) for there in found]
        best = int(np.argmax(scores)) if scores else 0
        if scores and scores[best] >= max(self._surer(_TURNED_SURER), scores[0] + _TURN_GAIN):
            self.turns = best

    def _judge_spots(self, spots: Sequence[Window], found: Sequence[Detections]) -> None:
        confirmed = 0
        for spot, there in zip(spots, found, strict=True):
            sure = there.scores >= self._surer(_CLOSE_SURER)
            same = there.take(sure & (overlaps(spot.box, there.boxes) > SAME_FACE))
            confirmed += bool(len(same))
            self.faces = together(self.faces, same)
        self.most_are = confirmed >= max(2, len(spots) / 2)

    def _surer(self, by: float) -> float:
        return min(0.95, self._threshold + by)


def _positions(detector: Detector, seen: Detections) -> list[Window]:
    """The surest spot in each position; none where it is surely an upright face, or there is no spot."""
    if not len(seen) or seen.scores[0] >= min(0.9, detector.threshold + _UPRIGHT_SURE):
        return []
    return [Window(seen.boxes[0], turns) for turns in range(4)]


def _whole(rgb: Pixels) -> Window:
    return Window(np.array([0, 0, rgb.shape[1], rgb.shape[0]], np.float32), 0, WHOLE_SIDE)


def _doubtful(detector: Detector, seen: Detections, rgb: Pixels, side: int) -> Detections:
    """Small spots that may be faces: the best few, in order."""
    small = SMALL_FACE * max(1.0, max(rgb.shape[:2]) / side)
    sizes = long_sides(seen)
    chosen = np.flatnonzero((seen.scores < detector.threshold) & (sizes <= small) & (sizes >= 1))
    return seen.take(chosen[:_MAYBES])


def _turns_by_landmarks(faces: Detections) -> int:
    """How most faces lie by the line through their eyes, in quarter turns."""
    if faces.landmarks is None or not len(faces):
        return 0
    eyes = faces.landmarks[:, 1] - faces.landmarks[:, 0]
    turns = np.rint(np.arctan2(eyes[:, 1], eyes[:, 0]) / (np.pi / 2)).astype(np.intp) % 4
    turn = int(np.bincount(turns).argmax())
    return turn if 2 * np.count_nonzero(turns == turn) > len(faces) else 0


def _blind_look(detector: Detector, rgb: Pixels) -> Detections:
    """For a detector that is silent about faces it does not see: the picture in the other positions."""
    small = shrunk(rgb, _BLIND_SIDE)[0]
    for turns in (1, 3, 2):
        if len(
            look(detector, turned(small, turns), _BLIND_SIDE, min(0.95, detector.threshold + _TURNED_SURER))
        ):
            upright = turned(rgb, turns)
            fine = _first_look(detector, upright, _first_side(rgb))[1]
            return turned_back(fine, turns, rgb.shape[1], rgb.shape[0])
    return no_faces(with_landmarks=False)
