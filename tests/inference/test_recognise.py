"""Embeddings of several faces: as many to a call as the graph bears, each equal to what it is alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from nivo_tui.errors import PackError
from nivo_tui.inference.faces.recognise import MOST_AT_ONCE, Recogniser
from nivo_tui.inference.runtime.backend import Backend, Model

SIDE = 112
LANDMARKS = np.array([[38, 52], [74, 52], [56, 72], [42, 92], [71, 92]], np.float32)


class Counted(Model):
    """A model that keeps the number of faces in each call."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Backend("cpu"))
        self.calls: list[int] = []

    def run(self, tensor: np.ndarray) -> list[np.ndarray]:
        self.calls.append(len(tensor))
        return super().run(tensor)


def network(
    path: Path, batch: int | str = "N", mixes: bool = False, reshapes_to: int | None = None
) -> Counted:
    """The mean of each channel as a vector of three.

    With `mixes` every face gets the mean of all; `reshapes_to` is a number of faces wired into the graph.
    """
    nodes = [helper.make_node("ReduceMean", ["faces"], ["means"], axes=[2, 3], keepdims=0)]
    weights = [helper.make_tensor("shape", TensorProto.INT64, [2], [reshapes_to or -1, 3])]
    if mixes:
        nodes.append(helper.make_node("ReduceMean", ["means"], ["all"], axes=[0], keepdims=1))
        nodes.append(helper.make_node("Sub", ["means", "all"], ["apart"]))
    nodes.append(helper.make_node("Reshape", ["apart" if mixes else "means", "shape"], ["vectors"]))
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, [batch, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [batch, 3])],
        weights,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7), path)
    return Counted(path)


def crops(count: int, seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.integers(0, 256, (SIDE, SIDE, 3), np.uint8) for _ in range(count)]


def expected(faces: list[np.ndarray]) -> np.ndarray:
    return np.array([(face.mean(axis=(0, 1)) - 127.5) / 127.5 for face in faces], np.float32)


@given(count=st.integers(0, 2 * MOST_AT_ONCE + 1), seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_any_number_of_faces_gets_the_vectors_each_has_alone(
    tmp_path_factory: pytest.TempPathFactory, count: int, seed: int
) -> None:
    model = network(tmp_path_factory.mktemp("r") / "r.onnx")
    faces = crops(count, seed)
    vectors = Recogniser(model).embed_crops(faces)
    assert len(vectors) == count
    assert max(model.calls, default=0) <= MOST_AT_ONCE
    for vector, wanted in zip(vectors, expected(faces), strict=True):
        assert np.abs(vector - wanted).max() < 1e-5


def test_faces_of_a_photo_go_together(tmp_path: Path) -> None:
    model = network(tmp_path / "r.onnx")
    recogniser = Recogniser(model)
    recogniser.embed_crops(crops(5))
    model.calls.clear()
    recogniser.embed_crops(crops(5))
    recogniser.embed_crops(crops(11))
    recogniser.embed_crop(crops(1)[0])
    assert model.calls == [5, 8, 3, 1]


@pytest.mark.parametrize(
    "wiring",
    [{"mixes": True}, {"reshapes_to": 1}, {"batch": 1}],
    ids=["mixes faces", "wired for one", "says one"],
)
def test_a_graph_that_bears_one_face_gets_one_at_a_time(tmp_path: Path, wiring: dict[str, int]) -> None:
    model = network(tmp_path / "r.onnx", **wiring)
    recogniser = Recogniser(model)
    faces = crops(3)
    together = recogniser.embed_crops(faces)
    alone = [recogniser.embed_crop(face) for face in faces]
    assert np.array_equal(np.stack(together), np.stack(alone))
    model.calls.clear()
    recogniser.embed_crops(faces)
    assert model.calls == [1, 1, 1]


def test_a_graph_that_normalises_itself_gets_the_pixels_as_they_are(tmp_path: Path) -> None:
    faces = crops(2)
    vectors = Recogniser(network(tmp_path / "r.onnx"), normalises=True).embed_crops(faces)
    assert np.allclose(np.stack(vectors), [face.mean(axis=(0, 1)) for face in faces], rtol=1e-5)


def test_landmarks_that_allow_no_face_leave_a_gap(tmp_path: Path) -> None:
    rgb = crops(1)[0]
    landmarks = np.stack([LANDMARKS, np.zeros((5, 2), np.float32), LANDMARKS])
    first, none, last = Recogniser(network(tmp_path / "r.onnx")).embed(rgb, landmarks)
    assert none is None
    assert first is not None
    assert last is not None
    assert np.linalg.norm(np.frombuffer(first, "<f4")) == pytest.approx(1)
    assert np.allclose(np.frombuffer(first, "<f4"), np.frombuffer(last, "<f4"), atol=1e-6)


def test_a_photo_without_faces_asks_nothing(tmp_path: Path) -> None:
    model = network(tmp_path / "r.onnx")
    assert Recogniser(model).embed(crops(1)[0], np.empty((0, 5, 2), np.float32)) == []
    assert model.calls == []


def test_another_input_size_is_no_recogniser(tmp_path: Path) -> None:
    path = tmp_path / "r.onnx"
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "other",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 96, 96])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 96, 96])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7), path)
    with pytest.raises(PackError, match=r"r\.onnx: a recogniser takes 112x112 faces"):
        Recogniser(Backend("cpu").load(path))
