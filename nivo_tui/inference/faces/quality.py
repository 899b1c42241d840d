"""How good a face's picture is: its size, sharpness, pose, and one score of all."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from nivo_tui.inference.detections import FloatArray, Pixels
from nivo_tui.model import FaceQuality

_SIDE = 96  # of the square in which sharpness is measured
_WINDOW = 9  # of the average that takes the sharpness away

# Share of the variation that averaging takes away: from a face enlarged four times or out of focus by a
# twentieth of its width, and from one that is sharp at 96 pixels.
_BLURRED, _SHARP = 0.30, 0.76

# How far the tip of the nose stands before the plane of eyes and mouth, in distances of the eyes.
_NOSE_DEPTH = 0.5

_HALF_SIZE = 56.0  # pixels
_LEAST = 0.1
_POSE_UNKNOWN = 0.7
_WEIGHTS = {"size": 0.3, "sharpness": 0.3, "frontality": 0.25, "detector": 0.15}


def face_quality(
    rgb: Pixels, box: FloatArray, landmarks: FloatArray | None, score: float, scale: float
) -> FaceQuality:
    """The quality of the face at `box` (4,) with `landmarks` (5, 2), in pixels of `rgb` (h, w, 3).

    `score` is the detector's, 0-1; `scale` is full size / size of `rgb`.
    """
    size = max(0.0, float((box[2:] - box[:2]).min())) * scale
    sharp = sharpness(rgb, box)
    turn = None if landmarks is None else pose(landmarks)
    yaw, roll = turn or (None, None)
    return FaceQuality(overall(size, sharp, yaw, score), size, sharp, yaw, roll)


def overall(size: float, sharp: float, yaw: float | None, score: float) -> float:
    """One figure, 0-1, that rises with size, sharpness, frontality and the detector's score.

    The weighted geometric mean of size / (size + 56 pixels), of sharpness and of the score, each lifted
    to at least 0.1 so that none alone decides, and of the frontality (1 + cos yaw) / 2, squared: 1 ahead,
    0.25 in profile, 0.7 where the pose is not known.
    """
    front = _POSE_UNKNOWN if yaw is None else ((1 + math.cos(math.radians(yaw))) / 2) ** 2
    parts = {
        "size": size / (size + _HALF_SIZE),
        "sharpness": _LEAST + (1 - _LEAST) * sharp,
        "frontality": front,
        "detector": _LEAST + (1 - _LEAST) * min(1.0, max(0.0, score)),
    }
    return math.exp(sum(weight * math.log(max(parts[name], 1e-6)) for name, weight in _WEIGHTS.items()))


def sharpness(rgb: Pixels, box: FloatArray) -> float:
    """How much fine detail the face at `box` has when it is brought to 96x96 pixels: 0 none, 1 sharp.

    Crété et al., "The blur effect: perception and estimation with a new no-reference perceptual blur
    metric", 2007: how much of the difference between neighbouring pixels is lost by averaging, in the
    direction that loses less. As a ratio it does not depend on exposure and contrast, and a face of few
    pixels, enlarged, has no more detail than its pixels had. 0 where the box has no pixel in the picture.
    """
    left, top = (max(0, int(edge)) for edge in box[:2])
    right, bottom = (
        min(length, math.ceil(edge)) for length, edge in zip(rgb.shape[1::-1], box[2:], strict=True)
    )
    if right - left < 2 or bottom - top < 2:
        return 0.0
    face = rgb[top:bottom, left:right]
    if min(face.shape[:2]) >= 4 * _SIDE:
        face = np.asarray(
            cv2.resize(
                face[: (bottom - top) & ~1, : (right - left) & ~1],
                None,
                fx=0.5,
                fy=0.5,
                interpolation=cv2.INTER_AREA,
            )
        )
    if min(face.shape[:2]) > _SIDE:  # sampled twice as finely as needed and halved, which is quick
        face = np.asarray(cv2.resize(face, (2 * _SIDE, 2 * _SIDE), interpolation=cv2.INTER_LINEAR))
    grey = cv2.cvtColor(np.ascontiguousarray(face), cv2.COLOR_RGB2GRAY)
    method = cv2.INTER_AREA if min(grey.shape) > _SIDE else cv2.INTER_LINEAR
    square = np.asarray(cv2.resize(grey, (_SIDE, _SIDE), interpolation=method), np.float32)
    kept = min(_detail(square, axis) for axis in (0, 1))
    return float(np.clip((kept - _BLURRED) / (_SHARP - _BLURRED), 0, 1))


def _detail(face: NDArray[np.float32], axis: int) -> float:
    """The share of the differences between neighbours along `axis` that averaging along it takes away."""
    window = (1, _WINDOW) if axis == 0 else (_WINDOW, 1)
    before = np.abs(np.diff(face, axis=axis))
    after = np.abs(np.diff(cv2.blur(face, window), axis=axis))
    total = float(before.sum())
    return float(np.maximum(before - after, 0).sum()) / total if total > 0 else 0.0


def pose(landmarks: FloatArray) -> tuple[float, float] | None:
    """Yaw and roll in degrees from the five landmarks (5, 2) of a face; None where they coincide.

    Roll is the tilt of the line through the eyes, clockwise positive. Yaw comes from where the nose lies
    beside the line from the middle of the eyes to the middle of the mouth. In parallel projection a face
    turned by yaw shows its eyes e cos(yaw) apart and its nose, `_NOSE_DEPTH` e before their plane, shifted by
    `_NOSE_DEPTH` e sin(yaw): the tangent is the quotient. Positive: the nose points to the right of the
    picture, seen with the face upright. Good to some 10 degrees; noses differ.
    """
    points = landmarks.astype(np.float64)
    right_eye, left_eye, nose, right_mouth, left_mouth = points
    eyes = left_eye - right_eye
    across = eyes + (left_mouth - right_mouth)  # in profile the eyes alone are too close together
    down = (right_mouth + left_mouth - right_eye - left_eye) / 2
    lengths = float(np.hypot(*across)), float(np.hypot(*down))
    if min(lengths) < 1e-6:
        return None
    across /= lengths[0]
    basis = np.column_stack([across, down])
    if abs(float(np.linalg.det(basis))) < 1e-6 * lengths[1]:
        return None
    shift = float(np.linalg.solve(basis, nose - (right_eye + left_eye) / 2)[0])
    apart = max(float(eyes @ across), 0.0)
    yaw = math.degrees(math.atan2(shift, _NOSE_DEPTH * apart))
    return yaw, math.degrees(math.atan2(float(eyes[1]), float(eyes[0])))
