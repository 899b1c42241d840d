"""The five-point alignment that ArcFace-style recognisers were trained with."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nivo_tui.inference.detections import FloatArray, Pixels

SIZE = 112

# Where eyes, nose and mouth corners lie in the 112x112 crop (the ArcFace reference points; Deng et al. 2019).
REFERENCE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)


def similarity(points: FloatArray, targets: NDArray[np.float64] = REFERENCE) -> NDArray[np.float64]:
    """The (2, 3) similarity that takes `points` nearest to `targets`, both (n, 2), by least squares.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991.
    Raises ValueError where the points are all the same.
    """
    source = points.astype(np.float64)
    source_mean, target_mean = source.mean(axis=0), targets.mean(axis=0)
    source, centred = source - source_mean, targets - target_mean
    spread = float((source**2).sum())
    if spread <= 1e-12:
        raise ValueError("the landmarks coincide")
    left, strengths, right = np.linalg.svd(centred.T @ source)
    flip = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right)) or 1.0])
    rotation = (left * flip) @ right
    factor = float((strengths * flip).sum()) / spread
    linear = factor * rotation
    return np.column_stack([linear, target_mean - linear @ source_mean])


def crop(rgb: Pixels, landmarks: FloatArray) -> Pixels:
    """The face with these landmarks (5, 2), upright in 112x112; black where the picture ends."""
    aligned = cv2.warpAffine(rgb, similarity(landmarks), (SIZE, SIZE), borderValue=0.0)
    return np.asarray(aligned, np.uint8)
