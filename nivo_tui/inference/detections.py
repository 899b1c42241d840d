"""What a face detector returns, and the steps every detector shares."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Channels = float | tuple[float, float, float]

_SCRATCH_VALUES = 3 * 640 * 640


@dataclass(frozen=True, slots=True)
class Detections:
    """Faces in pixels of the picture that was given, best score first.

    `boxes` is (n, 4) as left, top, right, bottom; `scores` (n,), 0-1; `landmarks` (n, 5, 2): right eye,
    left eye, nose, right and left mouth corner as the person has them, that is from left to right in the
    picture; None where the detector gives none.
    """

    boxes: FloatArray
    scores: FloatArray
    landmarks: FloatArray | None

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Detections:
        """Those at `index`, in its order."""
        landmarks = None if self.landmarks is None else self.landmarks[index]
        return Detections(self.boxes[index], self.scores[index], landmarks)

    def mapped(self, ratio: float, left: float = 0.0, top: float = 0.0) -> Detections:
        """The same faces after p -> (p - (left, top)) / ratio."""
        shift = np.array([left, top], np.float32)
        boxes = (self.boxes - np.tile(shift, 2)) / np.float32(ratio)
        landmarks = None if self.landmarks is None else (self.landmarks - shift) / np.float32(ratio)
        return Detections(boxes, self.scores, landmarks)


class Detector(Protocol):
    """A face detector. It may be called from several threads at once.

    `threshold` is the score from which a detection counts as a face. A picture whose best score stays below
    `hint` holds no face in any position. `fixed_size` is the one input (width, height) it takes, None
    where any multiple of 32 will do. With `few_shapes` the first picture of each new size is slow.
    """

    name: str
    threshold: float
    hint: float
    fixed_size: tuple[int, int] | None
    few_shapes: bool

    def detect(self, rgb: Pixels, threshold: float | None = None) -> Detections:
        """Faces in `rgb` (h, w, 3) at or above `threshold` (its own where None), without doubles."""
        ...


def no_faces(with_landmarks: bool) -> Detections:
    """An empty result."""
    landmarks = np.empty((0, 5, 2), np.float32) if with_landmarks else None
    return Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32), landmarks)


def joined(parts: list[Detections]) -> Detections:
    """All parts in one, best score first."""
    landmarks = None
    if all(part.landmarks is not None for part in parts):
        landmarks = np.concatenate([part.landmarks for part in parts if part.landmarks is not None])
    whole = Detections(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        landmarks,
    )
    return whole.take(np.argsort(-whole.scores, kind="stable"))


def overlaps(box: FloatArray, others: FloatArray, pixel: float = 0.0) -> FloatArray:
    """Intersection over union of one box with each of `others`; `pixel` = 1 counts corners as inside."""
    left_top = np.maximum(box[:2], others[:, :2])
    right_bottom = np.minimum(box[2:], others[:, 2:])
    inner = np.clip(right_bottom - left_top + pixel, 0, None).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2] + pixel).prod(axis=1)
    union = (box[2:] - box[:2] + pixel).prod() + areas - inner
    return np.asarray(inner / np.maximum(union, 1e-9), np.float32)


def without_doubles(found: Detections, overlap: float, pixel: float = 0.0) -> Detections:
    """Greedy non-maximum suppression: of two that overlap by more than `overlap`, the better stays.

    `found` is sorted best first.
    """
    left = np.arange(len(found))
    keep: list[int] = []
    while left.size:
        best, left = left[0], left[1:]
        keep.append(int(best))
        left = left[overlaps(found.boxes[best], found.boxes[left], pixel) <= overlap]
    return found.take(np.array(keep, np.intp))


class _Scratch(threading.local):
    """The memory of one thread's tensors."""

    def __init__(self) -> None:
        self.values = np.empty(_SCRATCH_VALUES, np.float32)


_scratch = _Scratch()


def scratch(shape: tuple[int, ...]) -> FloatArray:
    """An unfilled tensor, for a network's input alone: the thread's next call takes the same memory.

    That memory is in the processor's cache already, which new memory is not. A large tensor gets its own.
    """
    size = math.prod(shape)
    return np.empty(shape, np.float32) if size > _SCRATCH_VALUES else _scratch.values[:size].reshape(shape)


def planes(image: Pixels, mean: Channels, factor: Channels, *, blue_first: bool = False) -> FloatArray:
    """(h, w, 3) pixels as the (1, 3, h, w) tensor (pixels - mean) * factor.

    `mean` and `factor` are one number, or one for each channel in the order of the tensor: that of the
    picture, or the reverse with `blue_first`.
    """
    return stacked_planes([image], mean, factor, blue_first=blue_first)


def stacked_planes(
    images: Sequence[Pixels], mean: Channels, factor: Channels, *, blue_first: bool = False
) -> FloatArray:
    """n pictures of one size (h, w, 3) as the (n, 3, h, w) tensor; otherwise as `planes`."""
    height, width = images[0].shape[:2]
    tensor = np.empty((len(images), 3, height, width), np.float32)
    for picture, image in zip(tensor, images, strict=True):
        write_planes(picture, image, mean, factor, blue_first=blue_first)
    return tensor


def write_planes(
    target: FloatArray, image: Pixels, mean: Channels, factor: Channels, *, blue_first: bool = False
) -> None:
    """As `planes`, into the (3, h, w) `target`, which need not be contiguous."""
    means, factors = _three(mean), _three(factor)
    for index, channel in enumerate(cv2.split(image)):
        place = 2 - index if blue_first else index
        # Plane by plane, while the plane is in the processor's cache.
        np.multiply(channel, np.float32(factors[place]), out=target[place])
        shift = np.float32(means[place] * factors[place])
        if shift:
            np.subtract(target[place], shift, out=target[place])


def _three(value: Channels) -> tuple[float, float, float]:
    return (value, value, value) if isinstance(value, (int, float)) else value
