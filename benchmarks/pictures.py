"""Pictures for the benchmarks: 12 megapixels with structure and noise, which cost what photos cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
from PIL import Image

SIZE = (4032, 3024)


def make_jpegs(folder: Path, count: int) -> list[Path]:
    """`count` JPEGs of quality 90, about 2 MB each; those that are there already stay."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_made(folder / f"{number:03d}.jpg", number, _save_jpeg) for number in range(count)]


def make_heics(folder: Path, count: int) -> list[Path]:
    """`count` HEICs in tiles of 512 pixels with a thumbnail of 320, as phones write them."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_made(folder / f"{number:03d}.heic", number, _save_heic) for number in range(count)]


def _made(path: Path, number: int, save: Callable[[Image.Image, Path], None]) -> Path:
    if not path.exists():
        save(Image.fromarray(picture(number)), path)
    return path


def _save_jpeg(image: Image.Image, path: Path) -> None:
    image.save(path, quality=90)


def _save_heic(image: Image.Image, path: Path) -> None:
    pillow_heif.from_pillow(image).save(
        path, quality=60, thumbnails=[320], tile_size=512, enc_params={"preset": "ultrafast"}
    )


def picture(number: int) -> np.ndarray:
    """Noise of every scale summed up, as in nature, with hard-edged discs in it: (3024, 4032, 3) uint8."""
    chance = np.random.default_rng(number)
    width, height = SIZE
    plane = np.full((height, width, 3), 110.0, np.float32)
    for cells in (3, 6, 12, 24, 48, 96, 192):
        noise = chance.normal(0, 60 / cells**0.5, (cells * 3 // 4 + 1, cells, 3)).astype(np.float32)
        plane += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(40):
        centre = tuple(int(n) for n in chance.integers(0, (width, height)))
        colour = tuple(float(n) for n in chance.integers(0, 255, 3))
        cv2.circle(plane, centre, int(chance.integers(20, 300)), colour, -1, cv2.LINE_AA)
    sensor = chance.normal(0, 2.2, (height // 2, width // 2, 1)).astype(np.float32)
    plane += sensor.repeat(2, axis=0).repeat(2, axis=1)
    return np.clip(plane, 0, 255).astype(np.uint8)
