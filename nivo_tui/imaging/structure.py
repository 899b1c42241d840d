"""How sharp the edges of a picture are, and what disturbs the flat parts between them."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

_FINE, _COARSE = 0.7, 1.7
_BLUR_MAX = 8.0
_EDGES_NEEDED = 30
# The weakest gradient, in levels per pixel, that is an edge, and as a share of the tones in use.
_WEAKEST, _WEAKEST_SHARE = 0.35, 0.01
# What the finer smoothing and both Sobel derivatives leave of the variance of white noise.
_NOISE_GAIN = 2 * 0.0497
_GRID_SAMPLE = 384
_NOISY = 0.015
_SECOND_DIFFERENCE = np.array([1, -2, 1], np.float32)

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]


def measure_structure(grey: Pixels, spread: float) -> dict[str, float | None]:
    """Blur of the edges and of the whole, and noise, of a grey picture whose tones span `spread` levels.

    A step edge of blur s, blurred again by t, has the gradient A / sqrt(2 pi (s^2 + t^2)): the ratio of two
    such gradients gives s whatever the step's height A is (Zhuo and Sim 2011, "Defocus map estimation from
    a single image"), so neither contrast nor exposure enters. Edges are the local maxima of the coarser
    gradient; only the stronger half of them counts, which keeps noise and JPEG blocks out.
    """
    plane = grey.astype(np.float32)
    fine = _gradient(cv2.GaussianBlur(plane, (5, 5), _FINE))
    coarse = _gradient(cv2.GaussianBlur(plane, (11, 11), _COARSE))
    strength = cv2.magnitude(*coarse)
    strong = strength > max(_WEAKEST, _WEAKEST_SHARE * spread)
    found = np.flatnonzero(strong & (strength >= cv2.dilate(strength, None)))
    noise = _noise(grey, plane)
    measured: dict[str, float | None] = dict.fromkeys(("blur", "blur_typical", "smear", "smear_least"))
    if len(found) >= _EDGES_NEEDED:
        heights = strength.ravel()[found]
        stronger = heights >= quantile(heights, 0.5)
        blurs = _edge_blurs(fine, found[stronger], heights[stronger], noise * 255.0)
        # Noise sharpens some edges by chance: the more of it, the less the very sharpest are believed.
        sharpest = 0.2 + 0.15 * min(1.0, noise / _NOISY)
        measured["blur"], measured["blur_typical"] = quantile(blurs, sharpest), quantile(blurs, 0.5)
        measured["smear"], measured["smear_least"] = _smear(fine, coarse)
    return {**measured, "edge_density": len(found) / grey.size, "noise": noise}


def quantile(values: Plane, share: float) -> float:
    """The value below which a share 0-1 of the values lies, between two of them in proportion.

    NumPy's own costs more in calls than in sorting.
    """
    place = share * (values.size - 1)
    below = int(place)
    above = min(below + 1, values.size - 1)
    sorted_there = np.partition(values, (below, above))
    low, high = float(sorted_there[below]), float(sorted_there[above])
    return low + (high - low) * (place - below)


def _gradient(plane: Plane) -> tuple[Plane, Plane]:
    x = cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    y = cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return x, y


def _edge_blurs(fine: tuple[Plane, Plane], at: NDArray[np.intp], coarse: Plane, noise: float) -> Plane:
    """Blur of each edge in pixels: `at` are its places, `coarse` the coarser gradient there.

    Noise (standard deviation in levels) adds to the finer gradient what has to be taken off again.
    """
    squared = np.square(fine[0].ravel()[at]) + np.square(fine[1].ravel()[at]) - _NOISE_GAIN * noise**2
    return _blur_of(np.maximum(squared, 0.0) / np.square(coarse))


def _blur_of(ratio: NDArray[np.floating]) -> Plane:
    """Blur s from the squared ratio r of the gradients: r = (coarse^2 + s^2) / (fine^2 + s^2)."""
    squared = (_COARSE**2 - ratio * _FINE**2) / np.maximum(ratio - 1.0, 1e-3)
    return np.asarray(np.sqrt(np.clip(squared, 0.0, _BLUR_MAX**2)), np.float32)


def _smear(fine: tuple[Plane, Plane], coarse: tuple[Plane, Plane]) -> tuple[float, float]:
    """Blur of the whole picture along the direction where it is most, and where it is least.

    The gradient energy along a direction u is u'Su with the structure tensor S: the extremes of the ratio of
    two such energies over all directions are the eigenvalues of one tensor relative to the other.
    """
    least, most = np.linalg.eigvals(np.linalg.solve(_tensor(*coarse), _tensor(*fine))).real
    blurs = [float(_blur_of(np.full(1, ratio, np.float32))[0]) for ratio in (least, most)]
    return max(blurs), min(blurs)


def _tensor(x: Plane, y: Plane) -> NDArray[np.float64]:
    across = float(np.vdot(x, y))
    tiny = 1e-6 * x.size
    return np.array([[float(np.vdot(x, x)) + tiny, across], [across, float(np.vdot(y, y)) + tiny]])


def _noise(grey: Pixels, plane: Plane) -> float:
    """Noise as a fraction of full scale: Immerkaer 1996 ("Fast noise variance estimation"), in the flattest
    quarter of the 16-pixel tiles that are not clipped, so that texture does not count as noise."""
    height, width = (n // 16 * 16 for n in plane.shape)
    if height < 32 or width < 32:
        return 0.0
    # Immerkaer's mask is the product of two second differences; whole numbers are quick and exact.
    response = np.abs(cv2.sepFilter2D(grey, cv2.CV_16S, _SECOND_DIFFERENCE, _SECOND_DIFFERENCE))
    tiles = (width // 16, height // 16)
    level = cv2.resize(plane[:height, :width], tiles, interpolation=cv2.INTER_AREA)
    mean = cv2.resize(response[:height, :width].astype(np.float32), tiles, interpolation=cv2.INTER_AREA)
    usable = np.asarray(mean, np.float32)[(level > 6.0) & (level < 246.0)]
    if usable.size < 8:
        return 0.0
    return quantile(usable, 0.15) / 6.0 * math.sqrt(math.pi / 2) / 255.0


def measure_blockiness(rgb: Pixels) -> float:
    """How much steps between neighbours recur every eighth pixel, read at the picture's own scale.

    The middle of it is enough. The picture may have been cropped or turned, so that each of the eight
    phases is tried; the mean step at the best one is compared with the median of the others.
    """
    height, width = rgb.shape[:2]
    if min(height, width) < 64:
        return 0.0
    top, left = max(0, (height - _GRID_SAMPLE) // 2), max(0, (width - _GRID_SAMPLE) // 2)
    middle = rgb[top : top + _GRID_SAMPLE, left : left + _GRID_SAMPLE]
    grey = cv2.cvtColor(np.ascontiguousarray(middle), cv2.COLOR_RGB2GRAY)
    return max(0.0, min(_grid(grey), _grid(cv2.transpose(grey))))


def _grid(grey: Pixels) -> float:
    step = cv2.absdiff(grey[:, 1:], grey[:, :-1])
    # Large steps are the picture's own edges: they are cut off, lest a fence count as a grid.
    profile = cv2.reduce(cv2.min(step, 24), 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel()
    phases = profile[: profile.size // 8 * 8].reshape(-1, 8).mean(axis=0)
    return float(phases.max()) / (quantile(phases, 0.5) + 0.3) - 1.0
