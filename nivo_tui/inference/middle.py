"""The middle of a picture as the tensor of a network that judges the picture as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from nivo_tui.errors import PackError
from nivo_tui.imaging.working import averaged
from nivo_tui.inference.detections import FloatArray, Pixels, planes
from nivo_tui.inference.packs.pack import InputSpec, Layout

_SIDE = 224
_LARGEST_SIDE = 4096


class MiddleInput:
    """How one network is shown pictures.

    What its graph says of layout and size (`shape`, of four sides) goes first, then `spec`, then 224 pixels.
    Raises PackError for a size that no picture can be brought to.
    """

    def __init__(self, shape: Sequence[int | str | None], spec: InputSpec) -> None:
        self._spec = spec
        self._layout = _layout(shape, spec.layout)
        sides = shape[1:3] if self._layout == "nhwc" else shape[2:4]
        height, width = sides if len(sides) == 2 else (None, None)
        self.width = width if isinstance(width, int) else spec.width or _SIDE
        self.height = height if isinstance(height, int) else spec.height or _SIDE
        if not 1 <= min(self.width, self.height) <= max(self.width, self.height) <= _LARGEST_SIDE:
            raise PackError(f"its input of {self.width}x{self.height} is no size for a picture")

    def tensor(self, rgb: Pixels) -> FloatArray:
        """The input for `rgb` (h, w, 3): (1, 3, height, width), or (1, height, width, 3)."""
        mean, std = self._spec.mean, self._spec.std
        factor = (1 / std[0], 1 / std[1], 1 / std[2])
        tensor = planes(self._middle(rgb), mean, factor, blue_first=self._spec.order == "bgr")
        return np.ascontiguousarray(tensor.transpose(0, 2, 3, 1)) if self._layout == "nhwc" else tensor

    def _middle(self, rgb: Pixels) -> Pixels:
        """The middle of the picture, `crop` of what fits into it, at the network's size."""
        height, width = rgb.shape[:2]
        part = min(height / self.height, width / self.width) * self._spec.crop
        tall, wide = max(1, round(self.height * part)), max(1, round(self.width * part))
        top, left = (height - tall) // 2, (width - wide) // 2
        middle = rgb[top : top + tall, left : left + wide]
        size = (self.width, self.height)
        if wide >= self.width and tall >= self.height:
            return averaged(middle, size)
        return np.asarray(cv2.resize(middle, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _layout(shape: Sequence[int | str | None], stated: Layout) -> Layout:
    """Where the graph has its channels; as stated where it leaves that open."""
    if len(shape) != 4 or (shape[1] == 3) == (shape[3] == 3):
        return stated
    return "nchw" if shape[1] == 3 else "nhwc"
