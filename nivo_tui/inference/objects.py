"""Everyday objects: YOLOX (Ge et al., "YOLOX: Exceeding YOLO Series in 2021") over the 80 COCO classes."""

from __future__ import annotations

import functools
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from nivo_tui.errors import PackError
from nivo_tui.imaging.working import averaged
from nivo_tui.inference.detections import FloatArray, Pixels, overlaps, scratch, write_planes
from nivo_tui.inference.packs.graph import read_graph, with_any_size
from nivo_tui.inference.runtime.backend import CPU, Backend, Model, reading_outputs
from nivo_tui.model import FoundObject

THRESHOLD = 0.3
NMS_OVERLAP = 0.45
_SIDE = 416
_PADDING = 114
_WIDE = np.full((96, 256, 3), _PADDING, np.uint8)
_STRIDES = ((8, 16, 32), (8, 16, 32, 64))  # the latter of the large networks with a fourth level
_LARGEST_LOGARITHM = 8.0

# The class names of COCO 2017, in the order of their numbers.
COCO_CLASSES = (
    "person bicycle car motorcycle airplane bus train truck boat traffic_light fire_hydrant stop_sign "
    "parking_meter bench bird cat dog horse sheep cow elephant bear zebra giraffe backpack umbrella handbag "
    "tie suitcase frisbee skis snowboard sports_ball kite baseball_bat baseball_glove skateboard surfboard "
    "tennis_racket bottle wine_glass cup fork knife spoon bowl banana apple sandwich orange broccoli carrot "
    "hot_dog pizza donut cake chair couch potted_plant bed dining_table toilet tv laptop mouse remote "
    "keyboard cell_phone microwave oven toaster sink refrigerator book clock vase scissors teddy_bear "
    "hair_drier toothbrush"
).split()


class ObjectFinder:
    """A YOLOX graph on a session. Any number of threads may call it."""

    def __init__(
        self, model: Model, threshold: float = THRESHOLD, size: tuple[int, int] | None = None
    ) -> None:
        """`size` is the largest (width, height) shown to a network that takes any: 416 each where it is None.

        Raises PackError for an input that is none of YOLOX.
        """
        self._model = model
        self._threshold = threshold
        self._most = model.fixed_input_size or size or (_SIDE, _SIDE)
        # Where every new size costs, all pictures go into one.
        self._is_fixed = model.fixed_input_size is not None or model.prefers_few_shapes
        width, height = self._most
        if width % 32 or height % 32:
            raise PackError(f"{model.path.name}: the input {width}x{height} is not one of YOLOX")

    @classmethod
    def load(cls, path: Path, threshold: float, backend: Backend) -> ObjectFinder:
        """The network in `path`. On the CPU its size is set free where it bears that: a photo that is no
        square then costs less than its square. Raises PackError where it cannot be used.
        """
        if backend.provider.name == CPU and (data := with_any_size(path)) is not None:
            height, width = read_graph(path).inputs[0].shape[2:]
            try:
                finder = cls(backend.load(path, data=data), threshold, (width or _SIDE, height or _SIDE))
                finder.find(_WIDE)
                return finder
            except PackError:
                pass  # its graph holds to the size in other places too
        finder = cls(backend.load(path), threshold)
        finder.find(_WIDE)
        return finder

    def find(self, rgb: Pixels, scale: float = 1.0) -> tuple[FoundObject, ...]:
        """The objects in `rgb` (h, w, 3; oriented), the surest first.

        `scale` is full size / size of `rgb`: boxes are in pixels of the full-size image. Raises PackError
        where the network fails or its outputs are not those of YOLOX.
        """
        tensor, ratio = self._tensor(rgb)
        outputs = self._model.run(tensor)
        with reading_outputs(self._model.path):
            found = np.asarray(outputs[0], np.float32)
            if found.shape[-1] != 5 + len(COCO_CLASSES):
                raise PackError(f"{self._model.path.name}: its outputs are not those of YOLOX over COCO")
            rows = found.reshape(-1, 5 + len(COCO_CLASSES))
            boxes, scores, classes = self._decode(rows, tensor.shape[3], tensor.shape[2])
        height, width = rgb.shape[:2]
        boxes = np.clip(boxes / np.float32(ratio), 0, np.array([width, height, width, height], np.float32))
        return tuple(
            FoundObject(COCO_CLASSES[kind], min(1.0, float(score)), *(float(edge) * scale for edge in box))
            for box, score, kind in zip(boxes, scores, classes, strict=True)
            if box[2] - box[0] >= 1 and box[3] - box[1] >= 1
        )

    def _tensor(self, rgb: Pixels) -> tuple[FloatArray, float]:
        """The picture at the upper left of the grey input, blue first, and input pixels per picture pixel."""
        # An odd row or column is left out: halving comes first, and costs a tenth of other ways to shrink.
        height, width = (max(1, side & ~1) for side in rgb.shape[:2])
        rgb = rgb[:height, :width]
        most_wide, most_high = self._most
        ratio = min(most_wide / width, most_high / height)
        size = (max(1, int(width * ratio)), max(1, int(height * ratio)))
        if ratio < 1:
            small = averaged(rgb, size)
        else:
            small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        wide, high = self._most if self._is_fixed else (_multiple(size[0]), _multiple(size[1]))
        tensor = scratch((1, 3, high, wide))
        write_planes(tensor[0, :, : size[1], : size[0]], small, 0.0, 1.0, blue_first=True)
        tensor[:, :, size[1] :] = _PADDING
        tensor[:, :, :, size[0] :] = _PADDING
        return tensor, ratio

    def _decode(
        self, rows: FloatArray, width: int, height: int
    ) -> tuple[FloatArray, FloatArray, NDArray[np.intp]]:
        """Boxes (n, 4) in pixels of the input, scores and class numbers of what is kept, the surest first."""
        grid = next((g for g in _grids(width, height) if len(g[0]) == len(rows)), None)
        if grid is None:
            raise PackError(f"{self._model.path.name}: its {len(rows)} rows are not those of YOLOX")
        # Logarithms of a size in cells stay below 8. Sizes in pixels do not: then the graph decodes itself.
        decodes_itself = float(rows[:, 2:4].max()) > _LARGEST_LOGARITHM
        # No class can lift a row above its own objectness.
        hopeful = np.flatnonzero(rows[:, 4] >= self._threshold)
        rows, (cells, strides) = rows[hopeful], (part[hopeful] for part in grid)
        products = rows[:, 5:] * rows[:, 4:5]
        classes = products.argmax(axis=1)
        scores = products.max(axis=1, initial=0.0)
        centres = rows[:, :2] if decodes_itself else (rows[:, :2] + cells) * strides
        sides = rows[:, 2:4] if decodes_itself else np.exp(rows[:, 2:4]) * strides
        boxes = np.concatenate([centres - sides / 2, centres + sides / 2], axis=1)
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] >= self._threshold]
        keep = _best_of_each_class(boxes, classes, order)
        return boxes[keep], scores[keep], classes[keep]


def _multiple(side: int) -> int:
    return -(-side // 32) * 32


def _best_of_each_class(boxes: FloatArray, classes: NDArray[np.intp], order: NDArray[np.intp]) -> list[int]:
    """Greedy suppression of doubles within a class, over the indices in `order`."""
    keep: list[int] = []
    while order.size:
        best, order = order[0], order[1:]
        keep.append(int(best))
        double = (classes[order] == classes[best]) & (overlaps(boxes[best], boxes[order]) > NMS_OVERLAP)
        order = order[~double]
    return keep


@functools.lru_cache(maxsize=16)
def _grids(width: int, height: int) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """For each set of strides the cell (x, y) and the stride of each output row: (n, 2) and (n, 1)."""
    return tuple(_grid(width, height, strides) for strides in _STRIDES)


def _grid(width: int, height: int, all_strides: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
    cells, strides = [], []
    for stride in all_strides:
        columns, rows = width // stride, height // stride
        cells.append(np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2))
        strides.append(np.full((columns * rows, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)
