"""Pictures for the benchmarks: 12 megapixels with structure and noise, which cost what photos cost."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
from dng import Jpeg, dng, mosaic_of
from PIL import Image
from report import OUT

SIZE = (4032, 3024)
PREVIEW_SIDE = 1616
KINDS = ("jpeg", "heic", "dng", "dng-full")
"""`dng`: with a preview of 1616 pixels, `dng-full`: with one of full size; both in IFD0."""

_ENDINGS = {"jpeg": (".jpg", ".jpeg"), "heic": (".heic", ".heif"), "dng": (".dng",), "dng-full": ()}


def photos_of(kind: str, folder: Path | None, count: int) -> list[Path]:
    """The first photos of a kind in a folder, or generated ones.

    DNGs are made from the folder's JPEGs where it has none itself, so that they show the same.
    """
    if folder is None:
        return _generated(kind, count)
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _ENDINGS[kind])[:count]
    if found or not kind.startswith("dng"):
        return found
    sources = photos_of("jpeg", folder, count)
    made = OUT / "pictures" / f"{kind}-{folder.resolve().name}"
    made.mkdir(parents=True, exist_ok=True)
    paths = []
    for source in sources:
        path = made / f"{source.stem}.dng"
        if not path.exists():
            with Image.open(source) as image:
                _SAVE[kind](image.convert("RGB"), path)
        paths.append(path)
    return paths


def _generated(kind: str, count: int) -> list[Path]:
    folder = OUT / "pictures" / kind
    folder.mkdir(parents=True, exist_ok=True)
    ending = {"jpeg": "jpg", "heic": "heic"}.get(kind, "dng")
    return [_made(folder / f"{number:03d}.{ending}", number, _SAVE[kind]) for number in range(count)]


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


def _save_dng(image: Image.Image, path: Path) -> None:
    path.write_bytes(dng(mosaic_of(np.asarray(image)), _preview(image, PREVIEW_SIDE)))


def _save_dng_with_full_preview(image: Image.Image, path: Path) -> None:
    path.write_bytes(dng(mosaic_of(np.asarray(image)), _preview(image, max(image.size))))


def _preview(image: Image.Image, side: int) -> Jpeg:
    small = image.copy()
    small.thumbnail((side, side))
    encoded = io.BytesIO()
    small.save(encoded, "JPEG", quality=90)
    return Jpeg(encoded.getvalue(), *small.size)


_SAVE = {
    "jpeg": _save_jpeg,
    "heic": _save_heic,
    "dng": _save_dng,
    "dng-full": _save_dng_with_full_preview,
}


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
