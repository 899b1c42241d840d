"""How an image-text pack wants its pictures, from Hugging Face's preprocessor_config.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from nivo_tui.errors import PackError
from nivo_tui.inference.packs.inputs import default_input
from nivo_tui.inference.packs.pack import InputSpec

CLIP = default_input("image_encoder")
_SIDE = 224


def input_spec(stated: InputSpec | None, folder: Path) -> InputSpec:
    """How pictures are prepared: as the pack states, else its preprocessor_config.json, else as for CLIP.

    Raises PackError where that file is damaged.
    """
    path = folder / "preprocessor_config.json"
    if stated is not None or not path.is_file():
        return stated or CLIP
    try:
        return _from_preprocessor(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise PackError(f"{path.name} cannot be used: {error}") from error


def _from_preprocessor(stated: dict[str, Any]) -> InputSpec:
    """Hugging Face's image processors: pixels times `rescale_factor`, less `image_mean`, over `image_std`."""
    unit = float(stated.get("rescale_factor", 1 / 255)) if stated.get("do_rescale", True) else 1.0
    if not 0 < unit < 1e6:
        raise ValueError("rescale_factor is not above 0")
    mean = stated.get("image_mean", [value / 255 for value in CLIP.mean])
    spread = stated.get("image_std", [value / 255 for value in CLIP.std])
    if not stated.get("do_normalize", True):
        mean, spread = (0, 0, 0), (1, 1, 1)
    resized = _sides(stated.get("size", _SIDE)) if stated.get("do_resize", True) else None
    cut = _sides(stated.get("crop_size", _SIDE)) if stated.get("do_center_crop", True) else None
    width, height = cut or resized or (_SIDE, _SIDE)
    crop = min(1.0, min(width, height) / min(resized)) if cut and resized else 1.0
    return InputSpec(_three(mean, unit), _three(spread, unit, least=1e-6), width, height, crop=crop)


def _sides(stated: Any) -> tuple[int, int]:
    if isinstance(stated, dict):
        edge = stated.get("shortest_edge")
        width, height = stated.get("width", edge), stated.get("height", edge)
    else:
        width = height = stated
    if not isinstance(width, int) or not isinstance(height, int) or not 16 <= min(width, height) <= 4096:
        raise ValueError("a size is no number of pixels")
    return width, height


def _three(values: Iterable[float], unit: float, least: float | None = None) -> tuple[float, float, float]:
    first, second, third = (float(value) / unit for value in values)
    if not all(np.isfinite(value) and (least is None or value >= least) for value in (first, second, third)):
        raise ValueError("image_mean and image_std are to be three numbers, the second ones above 0")
    return first, second, third
