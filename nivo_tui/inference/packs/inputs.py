"""Reading how a network's input is made, from the `input` table of a pack.toml or of the registry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeVar

from nivo_tui.errors import PackError
from nivo_tui.inference.packs.facts import Kind
from nivo_tui.inference.packs.pack import InputSpec, Layout, Order

_LAYOUTS: tuple[Layout, ...] = ("nchw", "nhwc")
_ORDERS: tuple[Order, ...] = ("rgb", "bgr")
_LARGEST_SIDE = 4096
_Word = TypeVar("_Word", Layout, Order)
_MIDDLE = InputSpec(mean=(127.0, 127.0, 127.0), std=(128.0, 128.0, 128.0), crop=0.875)
_CLIP = InputSpec(
    # Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021).
    mean=(122.7709383, 116.7460125, 104.0937362),
    std=(68.5005327, 66.6321579, 70.3231630),
)
_BY_KIND: Mapping[Kind, InputSpec] = {"classifier": _MIDDLE, "image_encoder": _CLIP}


def default_input(kind: Kind) -> InputSpec:
    """What holds for a kind where nothing is stated: pixels to about -1..1, or as CLIP takes them."""
    return _BY_KIND.get(kind, InputSpec())


def read_input(table: object, base: InputSpec, where: str) -> InputSpec:
    """The `input` table; what it leaves out is as in `base`. Raises PackError, beginning with `where`."""
    if not isinstance(table, dict):
        raise PackError(f"{where}: input has to be a table")
    unknown = sorted(set(table) - set(InputSpec.__slots__))
    if unknown:
        raise PackError(f"{where}: input.{unknown[0]} is not known")
    return InputSpec(
        mean=_three(table, "mean", base.mean, where, least=-math.inf),
        std=_three(table, "std", base.std, where, least=1e-6),
        width=_side(table, "width", base.width, where),
        height=_side(table, "height", base.height, where),
        layout=_one_of(table, "layout", _LAYOUTS, base.layout, where),
        order=_one_of(table, "order", _ORDERS, base.order, where),
        crop=_crop(table, base.crop, where),
    )


def _three(
    table: Mapping[str, Any], key: str, base: tuple[float, float, float], where: str, least: float
) -> tuple[float, float, float]:
    value = table.get(key, base)
    numbers = list(value) if isinstance(value, list | tuple) else []
    if len(numbers) != 3 or not all(_is_number(n) and n >= least for n in numbers):
        raise PackError(f"{where}: input.{key} has to be three numbers, for pixels from 0 to 255")
    return float(numbers[0]), float(numbers[1]), float(numbers[2])


def _side(table: Mapping[str, Any], key: str, base: int | None, where: str) -> int | None:
    value = table.get(key, base)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LARGEST_SIDE:
        raise PackError(f"{where}: input.{key} has to be a number of pixels, at most {_LARGEST_SIDE}")
    return value


def _one_of(table: Mapping[str, Any], key: str, known: tuple[_Word, ...], base: _Word, where: str) -> _Word:
    value = table.get(key, base)
    found = next((choice for choice in known if choice == value), None)
    if found is None:
        raise PackError(f"{where}: input.{key} can be {' or '.join(known)}")
    return found


def _crop(table: Mapping[str, Any], base: float, where: str) -> float:
    value = table.get("crop", base)
    if not _is_number(value) or not 0.1 <= value <= 1:
        raise PackError(f"{where}: input.crop has to be a number from 0.1 to 1")
    return float(value)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False
