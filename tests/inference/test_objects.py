"""YOLOX decoding over inputs of several sizes, whatever the export leaves to its caller."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from nivo_tui.errors import PackError
from nivo_tui.inference.objects import COCO_CLASSES, ObjectFinder
from nivo_tui.inference.runtime.backend import Backend, Model
from nivo_tui.inference.runtime.providers import Provider

DOG, CAT = COCO_CLASSES.index("dog"), COCO_CLASSES.index("cat")
STRIDES = (8, 16, 32)


def rows_of(width: int, height: int, strides: tuple[int, ...] = STRIDES) -> np.ndarray:
    """The output of a network that sees nothing: boxes of one cell."""
    count = sum((width // stride) * (height // stride) for stride in strides)
    return np.zeros((count, 85), np.float32)


def put(
    rows: np.ndarray, size: tuple[int, int], box: tuple[float, float, float, float], kind: int, score: float
) -> None:
    """Make the row at the box's centre (level of stride 16) say `box`, as left, top, right, bottom."""
    width, height = size
    centre_x, centre_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    column, line = int(centre_x // 16), int(centre_y // 16)
    row = rows[(width // 8) * (height // 8) + line * (width // 16) + column]
    row[0], row[1] = centre_x / 16 - column, centre_y / 16 - line
    row[2], row[3] = np.log((box[2] - box[0]) / 16), np.log((box[3] - box[1]) / 16)
    row[4], row[5 + kind] = 1.0, score


def decoded(rows: np.ndarray, width: int, height: int, strides: tuple[int, ...] = STRIDES) -> np.ndarray:
    """The same rows from a graph that turns them into pixels itself."""
    done, first = rows.copy(), 0
    for stride in strides:
        columns, lines = width // stride, height // stride
        part = done[first : first + columns * lines]
        part[:, 0] = (part[:, 0] + np.tile(np.arange(columns), lines)) * stride
        part[:, 1] = (part[:, 1] + np.repeat(np.arange(lines), columns)) * stride
        part[:, 2:4] = np.exp(part[:, 2:4]) * stride
        first += columns * lines
    return done


def finder(
    path: Path, rows: np.ndarray, size: tuple[int, int], kind: int = TensorProto.FLOAT
) -> ObjectFinder:
    """A network that answers `rows` to every picture."""
    width, height = size
    graph = helper.make_graph(
        [helper.make_node("Identity", ["rows"], ["output"])],
        "answers",
        [helper.make_tensor_value_info("images", kind, [1, 3, height, width])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, *rows.shape])],
        [helper.make_tensor("rows", TensorProto.FLOAT, [1, *rows.shape], rows.tobytes(), raw=True)],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7), path)
    return ObjectFinder(Backend("cpu").load(path))


@pytest.mark.parametrize("size", [(416, 416), (640, 640), (640, 384), (320, 416)])
@pytest.mark.parametrize("itself", [False, True], ids=["raw", "decoded in the graph"])
def test_boxes_come_back_in_pixels_of_the_photo(tmp_path: Path, size: tuple[int, int], itself: bool) -> None:
    rows = rows_of(*size)
    put(rows, size, (40, 60, 200, 180), DOG, 0.9)
    rows = decoded(rows, *size) if itself else rows
    picture = np.zeros((2 * size[1], 2 * size[0], 3), np.uint8)  # twice the input: a ratio of a half
    (found,) = finder(tmp_path / "x.onnx", rows, size).find(picture, scale=3)
    assert (found.name, found.score) == ("dog", pytest.approx(0.9))
    box = (found.left, found.top, found.right, found.bottom)
    assert box == pytest.approx((240, 360, 1200, 1080), abs=0.05)


def test_a_fourth_level_of_strides_is_known(tmp_path: Path) -> None:
    size = (128, 128)
    rows = rows_of(*size, (8, 16, 32, 64))
    put(rows, size, (10, 10, 60, 70), CAT, 0.8)
    (found,) = finder(tmp_path / "x.onnx", rows, size).find(np.zeros((128, 128, 3), np.uint8))
    assert (found.name, found.left, found.bottom) == (
        "cat",
        pytest.approx(10, abs=0.05),
        pytest.approx(70, abs=0.05),
    )


@given(
    width=st.integers(1, 900), height=st.integers(1, 900),
    box=st.tuples(*[st.floats(0, 1)] * 4), score=st.floats(0.31, 1),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_boxes_stay_within_any_picture(
    tmp_path_factory: pytest.TempPathFactory,
    width: int, height: int, box: tuple[float, float, float, float], score: float,
) -> None:  # fmt: skip
    size, rows = (64, 64), rows_of(64, 64)
    left, top = min(box[0], box[2]) * 40, min(box[1], box[3]) * 40
    edges = (left, top, left + 4 + abs(box[2] - box[0]) * 19, top + 4 + abs(box[3] - box[1]) * 19)
    put(rows, size, edges, DOG, score)
    found = finder(tmp_path_factory.mktemp("o") / "x.onnx", rows, size).find(
        np.zeros((height, width, 3), np.uint8)
    )
    for thing in found:
        assert 0 <= thing.left < thing.right <= width
        assert 0 <= thing.top < thing.bottom <= height


def test_of_two_boxes_of_one_thing_the_surer_stays(tmp_path: Path) -> None:
    size, rows = (416, 416), rows_of(416, 416)
    put(rows, size, (100, 100, 200, 200), DOG, 0.7)
    put(rows, size, (116, 100, 216, 200), DOG, 0.9)
    put(rows, size, (100, 116, 200, 216), CAT, 0.6)
    found = finder(tmp_path / "x.onnx", rows, size).find(np.zeros((416, 416, 3), np.uint8))
    assert [(thing.name, round(thing.score, 1)) for thing in found] == [("dog", 0.9), ("cat", 0.6)]


def test_a_picture_without_anything_is_empty(tmp_path: Path) -> None:
    assert finder(tmp_path / "x.onnx", rows_of(64, 64), (64, 64)).find(np.zeros((50, 70, 3), np.uint8)) == ()


def test_the_picture_lies_at_the_upper_left_with_blue_first(tmp_path: Path) -> None:
    seen = finder(tmp_path / "x.onnx", rows_of(64, 64), (64, 64))
    tensors = []
    seen._model.run = lambda tensor: tensors.append(tensor.copy()) or [rows_of(64, 64)[None]]  # type: ignore[method-assign]
    seen.find(np.full((96, 128, 3), (10, 20, 30), np.uint8))
    (tensor,) = tensors
    assert tensor.shape == (1, 3, 64, 64)
    assert [float(tensor[0, channel, :48].mean()) for channel in range(3)] == [30, 20, 10]
    assert (tensor[0, :, 48:] == 114).all()


def test_other_answers_are_refused(tmp_path: Path) -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    with pytest.raises(PackError, match=r"its 7 rows are not those of YOLOX"):
        finder(tmp_path / "rows.onnx", np.zeros((7, 85), np.float32), (64, 64)).find(picture)
    with pytest.raises(PackError, match="not those of YOLOX over COCO"):
        finder(tmp_path / "classes.onnx", np.zeros((84, 25), np.float32), (64, 64)).find(picture)
    with pytest.raises(PackError, match="100x64 is not one of YOLOX"):
        finder(tmp_path / "size.onnx", np.zeros((84, 85), np.float32), (100, 64))
    with pytest.raises(PackError, match=r"half\.onnx takes tensor\(float16\), not 32-bit floats"):
        finder(tmp_path / "half.onnx", np.zeros((84, 85), np.float32), (64, 64), TensorProto.FLOAT16)


def convolution(path: Path, size: tuple[int, int] | None, holds_to_it: bool = False) -> Path:
    """A network whose rows are three pooled copies of the picture, as many as YOLOX has for any size.

    With `holds_to_it` the number of rows is written into the graph, as some exports do.
    """
    nodes, parts = [], []
    for stride in STRIDES:
        pool = {"kernel_shape": [stride, stride], "strides": [stride, stride]}
        nodes.append(helper.make_node("AveragePool", ["images"], [f"p{stride}"], **pool))
        nodes.append(helper.make_node("ReduceMean", [f"p{stride}"], [f"m{stride}"], axes=[1], keepdims=1))
        nodes.append(helper.make_node("Reshape", [f"m{stride}", "flat"], [f"f{stride}"]))
        parts.append(f"f{stride}")
    nodes.append(helper.make_node("Concat", parts, ["column"], axis=1))
    nodes.append(helper.make_node("Mul", ["column", "none"], ["empty"]))
    weights = [
        helper.make_tensor("flat", TensorProto.INT64, [3], [1, -1, 1]),
        helper.make_tensor("none", TensorProto.FLOAT, [1, 1, 85], np.zeros(85, np.float32)),
    ]
    last = "empty"
    if holds_to_it:
        rows = len(rows_of(*(size or (416, 416))))
        weights.append(helper.make_tensor("zeros", TensorProto.FLOAT, [1, rows, 85], np.zeros(rows * 85)))
        nodes.append(helper.make_node("Add", ["empty", "zeros"], ["sum"]))
        last = "sum"
    nodes.append(helper.make_node("Identity", [last], ["output"]))
    width, height = size or ("w", "h")
    graph = helper.make_graph(
        nodes,
        "pooled",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, height, width])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, None, 85])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path


def shapes_shown(
    finder: ObjectFinder, monkeypatch: pytest.MonkeyPatch, *pictures: np.ndarray
) -> list[tuple[int, ...]]:
    shown: list[tuple[int, ...]] = []
    run = Model.run

    def noting(model: Model, tensor: np.ndarray) -> list[np.ndarray]:
        shown.append(tensor.shape[2:])
        return run(model, tensor)

    monkeypatch.setattr(Model, "run", noting)
    for picture in pictures:
        finder.find(picture)
    return shown


WIDE, TALL = np.zeros((480, 640, 3), np.uint8), np.zeros((640, 360, 3), np.uint8)


@pytest.mark.parametrize(
    ("size", "holds_to_it", "shapes"),
    [
        ((416, 416), False, [(320, 416), (416, 256)]),
        ((640, 640), False, [(480, 640), (640, 384)]),
        (None, False, [(320, 416), (416, 256)]),
        ((416, 416), True, [(416, 416), (416, 416)]),
    ],
)
def test_a_network_of_convolutions_is_shown_no_more_than_the_picture(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int] | None,
    holds_to_it: bool,
    shapes: list[tuple[int, ...]],
) -> None:
    path = convolution(tmp_path / "pooled.onnx", size, holds_to_it)
    finder = ObjectFinder.load(path, 0.3, Backend("cpu"))
    assert shapes_shown(finder, monkeypatch, WIDE, TALL) == shapes


def test_on_another_provider_the_size_stays(tmp_path: Path) -> None:
    path = convolution(tmp_path / "pooled.onnx", (416, 416))

    class Elsewhere(Backend):
        @property
        def provider(self) -> Provider:
            return Provider("CUDAExecutionProvider", "", "cuda:0")

    finder = ObjectFinder.load(path, 0.3, Elsewhere("cpu"))
    assert finder._is_fixed


ANSWERS = {
    "sequence": [np.zeros((1, 2), np.float32), np.zeros((3,), np.float32)],
    "strings": np.array([["a", "b"]], object),
    "a number": np.float32(1),
    "other shape": np.zeros((1, 83, 85), np.float32),
    "other length": np.zeros((1, 7, 3), np.float32),
    "nothing": np.zeros((0,), np.float32),
    "None": None,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=list(ANSWERS))
def test_an_answer_of_another_kind_is_a_pack_error(tmp_path: Path, answer: object) -> None:
    finder(tmp_path / "x.onnx", rows_of(64, 64), (64, 64))

    class Odd(Model):
        def run(self, tensor: np.ndarray) -> list[object]:
            return [answer]

    with pytest.raises(PackError, match=r"^x\.onnx: its .* not "):
        ObjectFinder(Odd(tmp_path / "x.onnx", Backend("cpu"))).find(np.zeros((64, 64, 3), np.uint8))
