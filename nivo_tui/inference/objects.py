"""Everyday objects: YOLOX (Ge et al., "YOLOX: Exceeding YOLO Series in 2021") over the 80 COCO classes."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from nivo_tui.errors import PackError
from nivo_tui.inference.detections import FloatArray, Pixels, overlaps
from nivo_tui.inference.runtime import Model
from nivo_tui.inference.search import shrunk
from nivo_tui.model import FoundObject

THRESHOLD = 0.3
NMS_OVERLAP = 0.45
_SIDE = 416
_PADDING = 114
_STRIDES = (8, 16, 32)

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

    def __init__(self, model: Model, threshold: float = THRESHOLD) -> None:
        self._model = model
        self._threshold = threshold
        self._width, self._height = model.fixed_input_size or (_SIDE, _SIDE)
        if self._width % 32 or self._height % 32:
            raise PackError(f"{model.path.name}: the input {self._width}x{self._height} is not one of YOLOX")

    def find(self, rgb: Pixels, scale: float = 1.0) -> tuple[FoundObject, ...]:
        """The objects in `rgb` (h, w, 3; oriented), the surest first.

        `scale` is full size / size of `rgb`: boxes are in pixels of the full-size image.
        """
        tensor, ratio = self._tensor(rgb)
        rows = np.asarray(self._model.run(tensor)[0], np.float32).reshape(-1, 5 + len(COCO_CLASSES))
        boxes, scores, classes = self._decode(rows)
        height, width = rgb.shape[:2]
        boxes = np.clip(boxes / np.float32(ratio), 0, np.array([width, height, width, height], np.float32))
        return tuple(
            FoundObject(COCO_CLASSES[kind], min(1.0, float(score)), *(float(edge) * scale for edge in box))
            for box, score, kind in zip(boxes, scores, classes, strict=True)
            if box[2] - box[0] >= 1 and box[3] - box[1] >= 1
        )

    def _tensor(self, rgb: Pixels) -> tuple[FloatArray, float]:
        """The picture at the upper left of the grey input, blue first, and input pixels per picture pixel."""
        height, width = rgb.shape[:2]
        ratio = min(self._width / width, self._height / height)
        if ratio < 1:
            small, ratio = shrunk(rgb, max(1, int(max(height, width) * ratio)))
        else:
            size = (int(width * ratio), int(height * ratio))
            small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        tensor = np.full((1, 3, self._height, self._width), np.float32(_PADDING))
        for index, channel in enumerate(cv2.split(small)):
            tensor[0, 2 - index, : small.shape[0], : small.shape[1]] = channel
        return tensor, ratio

    def _decode(self, rows: FloatArray) -> tuple[FloatArray, FloatArray, list[int]]:
        """Boxes (n, 4), scores and class numbers of what is kept, the surest first."""
        cells, strides = _grid(self._width, self._height)
        if len(rows) != len(cells):
            raise PackError(f"{self._model.path.name}: its {len(rows)} rows are not those of YOLOX")
        # No class can lift a row above its own objectness.
        hopeful = np.flatnonzero(rows[:, 4] >= self._threshold)
        rows, cells, strides = rows[hopeful], cells[hopeful], strides[hopeful]
        products = rows[:, 5:] * rows[:, 4:5]
        classes = products.argmax(axis=1)
        scores = products.max(axis=1)
        centres = (rows[:, :2] + cells) * strides
        halves = np.exp(rows[:, 2:4]) * strides / 2
        boxes = np.concatenate([centres - halves, centres + halves], axis=1)
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] >= self._threshold]
        keep = _best_of_each_class(boxes, classes, order)
        return boxes[keep], scores[keep], [int(kind) for kind in classes[keep]]


def _best_of_each_class(boxes: FloatArray, classes: NDArray[np.intp], order: NDArray[np.intp]) -> list[int]:
    """Greedy suppression of doubles within a class, over the indices in `order`."""
    keep: list[int] = []
    while order.size:
        best, order = order[0], order[1:]
        keep.append(int(best))
        double = (classes[order] == classes[best]) & (overlaps(boxes[best], boxes[order]) > NMS_OVERLAP)
        order = order[~double]
    return keep


@functools.lru_cache(maxsize=4)
def _grid(width: int, height: int) -> tuple[FloatArray, FloatArray]:
    """The cell (x, y) and the stride of each output row: (n, 2) and (n, 1)."""
    cells, strides = [], []
    for stride in _STRIDES:
        columns, rows = width // stride, height // stride
        cells.append(np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2))
        strides.append(np.full((columns * rows, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)
