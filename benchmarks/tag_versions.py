"""Degraded versions of sharp photos, each a known fault that a tag has to name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

Pixels = NDArray[np.uint8]

SIDE, LEAST = 1280, 400
"""The longest side in pixels that is kept, and the least a photo must have."""


@dataclass(frozen=True)
class Version:
    """`kind` is what the tags have to say of it, `make` its maker; lengths in it are of 512 pixels a side."""

    kind: str
    make: Callable[[Pixels], Pixels]
    jpeg: int = 92


def _unit(rgb: Pixels) -> float:
    return float(max(rgb.shape[:2])) / 512


def _cut(values: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(values + 0.5, 0, 255), np.uint8)


def _gauss(sigma: float) -> Callable[[Pixels], Pixels]:
    return lambda rgb: np.asarray(cv2.GaussianBlur(rgb, (0, 0), sigma * _unit(rgb)), np.uint8)


def _box(side: float) -> Callable[[Pixels], Pixels]:
    return lambda rgb: np.asarray(cv2.blur(rgb, (int(side * _unit(rgb)) | 1,) * 2), np.uint8)


def _moved(length: float, degrees: float) -> Callable[[Pixels], Pixels]:
    def make(rgb: Pixels) -> Pixels:
        size = int(length * _unit(rgb)) | 1
        kernel = np.zeros((size, size), np.float32)
        half = size // 2
        across, down = half * np.cos(np.radians(degrees)), half * np.sin(np.radians(degrees))
        ends = [(round(half + way * across), round(half + way * down)) for way in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0)
        return np.asarray(cv2.filter2D(rgb, -1, kernel / kernel.sum()), np.uint8)

    return make


def _gain(factor: float, offset: float = 0.0) -> Callable[[Pixels], Pixels]:
    return lambda rgb: _cut(rgb * np.float32(factor) + np.float32(offset))


def _contrast(factor: float) -> Callable[[Pixels], Pixels]:
    def make(rgb: Pixels) -> Pixels:
        mean = np.float32(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).mean())
        return _cut(mean + (rgb - mean) * np.float32(factor))

    return make


def _noise(sigma: float) -> Callable[[Pixels], Pixels]:
    return lambda rgb: _cut(rgb + np.random.default_rng(7).normal(0, sigma, rgb.shape))


def _scaled(factor: float) -> Callable[[Pixels], Pixels]:
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return lambda rgb: np.asarray(cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=way), np.uint8)


def _both(first: Callable[[Pixels], Pixels], then: Callable[[Pixels], Pixels]) -> Callable[[Pixels], Pixels]:
    return lambda rgb: then(first(rgb))


VERSIONS: Mapping[str, Version] = {
    "sharp": Version("same", lambda rgb: rgb),
    "gain 0.5": Version("same", _gain(0.5)),
    "gain 1.5": Version("same", _gain(1.5)),
    "contrast 0.5": Version("same", _contrast(0.5)),
    "size 0.6": Version("same", _scaled(0.6)),
    "size 2": Version("same", _scaled(2.0)),
    "noise 5": Version("same", _noise(5), 95),
    "jpeg 8": Version("jpegq8", lambda rgb: rgb, 8),
    "blur 1.5": Version("soft", _gauss(1.5)),
    "blur 2": Version("blurred", _gauss(2.0)),
    "blur 3": Version("blurred", _gauss(3.0)),
    "blur 6": Version("blurred", _gauss(6.0)),
    "box 9": Version("blurred", _box(9)),
    "moved 9": Version("moved", _moved(9, 0)),
    "moved 15": Version("moved", _moved(15, 35)),
    "moved 21": Version("moved", _moved(21, 90)),
    "dark 0.15": Version("dark", _gain(0.15)),
    "dark 0.25": Version("dark", _gain(0.25)),
    "dark 0.35": Version("dark", _gain(0.35)),
    "over 1.8": Version("over", _gain(1.8)),
    "over 2.6": Version("over", _gain(2.6)),
    "over +50": Version("over", _gain(1.8, 50)),
    "flat 0.2": Version("lowcontrast", _contrast(0.2)),
    "flat 0.3": Version("lowcontrast", _contrast(0.3)),
    "flat 0.4": Version("lowcontrast", _contrast(0.4)),
    "noise 25": Version("noisy", _noise(25), 95),
    "noise 40": Version("noisy", _noise(40), 95),
    "blur 3, dark": Version("blurred", _both(_gauss(3), _gain(0.22))),
    "blur 3, flat": Version("blurred", _both(_gauss(3), _contrast(0.25))),
    "blur 3, noise 10": Version("blurred", _both(_gauss(3), _noise(10)), 95),
}


def write_versions(photos: Iterable[Path], folder: Path) -> None:
    """Every version of every photo as `STEM@VERSION.jpg`; what is no picture or too small is left out."""
    folder.mkdir(parents=True)
    for path in photos:
        try:
            with Image.open(path) as opened:
                image = ImageOps.exif_transpose(opened).convert("RGB")
        except (OSError, UnidentifiedImageError):
            continue
        if max(image.size) < LEAST:
            continue
        image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        for name, version in VERSIONS.items():
            made = Image.fromarray(version.make(np.asarray(image)))
            made.save(folder / f"{path.stem}@{name}.jpg", quality=version.jpeg)
