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
# The same in standard deviations of the pixel noise: ten times what the coarser smoothing leaves of it, which
# is 1 / (sqrt(8 pi) 1.7^2). Less lets chance maxima of the noise, which look sharp, pass for edges.
_OVER_NOISE = 0.7
# What the finer smoothing and both Sobel derivatives leave of the variance of white noise.
_NOISE_GAIN = 2 * 0.0497
_GRID_SAMPLE = 384
_NOISY = 0.015
_SECOND_DIFFERENCE = np.array([1, -2, 1], np.float32)

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]
Tensor = tuple[float, float, float]
"""Elements xx, xy and yy of a structure tensor."""


def measure_structure(grey: Pixels, spread: float) -> dict[str, float | None]:
    """Blur of the edges and of the whole, and noise, of a grey picture whose tones span `spread` levels.

    A step edge of blur s, blurred again by t, has the gradient A / sqrt(2 pi (s^2 + t^2)): the ratio of two
    such gradients gives s whatever the step's height A is (Zhuo and Sim 2011, "Defocus map estimation from
    a single image"), so neither contrast nor exposure enters. Edges are the local maxima of the coarser
    gradient; only the stronger half of them counts, which keeps noise and JPEG blocks out.
    """
    plane = grey.astype(np.float32)
    noise = _noise(grey, plane)
    weakest = max(_WEAKEST, _WEAKEST_SHARE * spread, _OVER_NOISE * noise * 255.0)
    found, heights, coarse = _edges(plane, weakest)
    measured: dict[str, float | None] = dict.fromkeys(("blur", "blur_typical", "smear", "smear_least"))
    if len(found) >= _EDGES_NEEDED:
        fine = _gradient(cv2.GaussianBlur(plane, (5, 5), _FINE))
        stronger = heights >= quantile(heights, 0.5)
        blurs = _edge_blurs(fine, found[stronger], heights[stronger], noise * 255.0)
        # Noise sharpens some edges by chance: the more of it, the less the very sharpest are believed.
        sharpest = 0.2 + 0.15 * min(1.0, noise / _NOISY)
        measured["blur"], measured["blur_typical"] = quantile(blurs, sharpest), quantile(blurs, 0.5)
        measured["smear"], measured["smear_least"] = _smear(_tensor(*fine), coarse)
    return {**measured, "edge_density": len(found) / grey.size, "noise": noise}


def _edges(plane: Plane, weakest: float) -> tuple[NDArray[np.intp], Plane, Tensor]:
    """The places of the edges, the coarser gradient there, and its structure tensor over all."""
    gradient = _gradient(cv2.GaussianBlur(plane, (11, 11), _COARSE))
    strength = cv2.magnitude(*gradient)
    found = np.flatnonzero((strength > weakest) & (strength >= cv2.dilate(strength, None)))
    return found, np.asarray(strength.ravel()[found], np.float32), _tensor(*gradient)


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


def _smear(fine: Tensor, coarse: Tensor) -> tuple[float, float]:
    """Blur of the whole picture along the direction where it is most, and where it is least.

    The gradient energy along a direction u is u'Su with the structure tensor S: the extremes of the ratio of
    two such energies over all directions are the eigenvalues of one tensor relative to the other.
    """
    (a, b, c), (d, e, f) = coarse, fine
    # The roots of det(S_fine - ratio S_coarse), a quadratic in the ratio.
    middle, inner = (a * f + c * d) / 2 - b * e, a * c - b * b
    spread = math.sqrt(max(0.0, middle * middle - inner * (d * f - e * e)))
    blurs = _blur_of(np.array([(middle - spread) / inner, (middle + spread) / inner]))
    return float(blurs.max()), float(blurs.min())


def _tensor(x: Plane, y: Plane) -> Tensor:
    """The structure tensor of a gradient, its diagonal raised a little lest it be singular."""
    tiny = 1e-6 * x.size
    return float(np.vdot(x, x)) + tiny, float(np.vdot(x, y)), float(np.vdot(y, y)) + tiny


def _noise(grey: Pixels, plane: Plane) -> float:
    """Noise as a fraction of full scale: Immerkaer 1996 ("Fast noise variance estimation"), in the flattest
    quarter of the 16-pixel tiles that are not clipped, so that texture does not count as noise."""
    height, width = (n // 16 * 16 for n in plane.shape)
    if height < 32 or width < 32:
        return 0.0
    # Immerkaer's mask is the product of two second differences; whole numbers are quick and exact.
    response = np.abs(cv2.sepFilter2D(grey, cv2.CV_16S, _SECOND_DIFFERENCE, _SECOND_DIFFERENCE))
    level = _tile_means(plane[:height, :width])
    mean = _tile_means(response[:height, :width].astype(np.float32))
    usable = mean[(level > 6.0) & (level < 246.0)]
    if usable.size < 8:
        return 0.0
    return quantile(usable, 0.15) / 6.0 * math.sqrt(math.pi / 2) / 255.0


def _tile_means(plane: Plane) -> Plane:
    """The means of 16-pixel tiles, by halving, which OpenCV does faster than a sixteenth at once."""
    for _ in range(4):
        half = (plane.shape[1] // 2, plane.shape[0] // 2)
        plane = np.asarray(cv2.resize(plane, half, interpolation=cv2.INTER_AREA), np.float32)
    return plane


def measure_blockiness(grey: Pixels) -> float:
    """How much steps between neighbours recur every eighth pixel; `grey` is of the picture's own scale.

    The middle of it is enough. The picture may have been cropped or turned, so that each of the eight
    phases is tried; the mean step at the best one is compared with the median of the others.
    """
    if min(grey.shape) < 64:
        return 0.0
    grey = middle_of(grey)
    across, down = cv2.absdiff(grey[:, 1:], grey[:, :-1]), cv2.absdiff(grey[1:], grey[:-1])
    return max(0.0, min(_grid(across, 0), _grid(down, 1)))


def middle_of(picture: Pixels) -> Pixels:
    """What `measure_blockiness` reads of a picture of any number of channels."""
    top, left = (max(0, (n - _GRID_SAMPLE) // 2) for n in picture.shape[:2])
    return picture[top : top + _GRID_SAMPLE, left : left + _GRID_SAMPLE]


def _grid(step: Pixels, over: int) -> float:
    """How far the best phase of the steps' profile, their mean over axis `over`, stands out of the others."""
    # Large steps are the picture's own edges: they are cut off, lest a fence count as a grid.
    profile = cv2.reduce(cv2.min(step, 24), over, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel()
    phases = profile[: profile.size // 8 * 8].reshape(-1, 8).mean(axis=0)
    return float(phases.max()) / (quantile(phases, 0.5) + 0.3) - 1.0
