"""Tiny ONNX graphs and a stand-in for the onnxruntime module, made by the tests themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

Shape = Sequence[int | str]


def save_graph(
    path: Path,
    input_shape: Shape,
    outputs: Sequence[tuple[str, Shape]],
    *,
    normalises: bool = False,
    listed_weight: bool = False,
) -> Path:
    """A graph with these declarations that answers zeros; its free sides are answered as 1."""
    nodes = []
    weights = [helper.make_tensor("scale", TensorProto.FLOAT, [1], [1.0])]
    if normalises:
        nodes.append(helper.make_node("Sub", ["picture", "scale"], ["shifted"]))
        nodes.append(helper.make_node("Mul", ["shifted", "scale"], ["scaled"]))
    else:
        nodes.append(helper.make_node("Mul", ["picture", "scale"], ["scaled"]))
    for name, shape in outputs:
        sides = [side if isinstance(side, int) else 1 for side in shape]
        values = np.zeros(sides, np.float32)
        weights.append(
            helper.make_tensor(f"{name}_zeros", TensorProto.FLOAT, sides, values.tobytes(), raw=True)
        )
        nodes.append(helper.make_node("Identity", [f"{name}_zeros"], [name]))
    inputs = [helper.make_tensor_value_info("picture", TensorProto.FLOAT, list(input_shape))]
    if listed_weight:
        inputs.insert(0, helper.make_tensor_value_info("scale", TensorProto.FLOAT, [1]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        inputs,
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in outputs],
        weights,
    )
    return _saved(path, graph)


def scrfd(path: Path, with_landmarks: bool = True, side: int = 64) -> Path:
    """A detector of SCRFD's shape with a fixed square input; it sees nothing."""
    sizes = (1, 4, 10) if with_landmarks else (1, 4)
    outputs = [
        (f"{size}_{stride}", (2 * (side // stride) ** 2, size)) for size in sizes for stride in (8, 16, 32)
    ]
    return save_graph(path, (1, 3, side, side), outputs)


def yunet(path: Path, side: int = 64) -> Path:
    """A detector of YuNet's shape; it sees nothing."""
    parts = (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
    outputs = [
        (f"{part}_{stride}", (1, (side // stride) ** 2, size))
        for part, size in parts
        for stride in (8, 16, 32)
    ]
    return save_graph(path, (1, 3, side, side), outputs)


def recogniser(path: Path, size: int = 512, **options: bool) -> Path:
    return save_graph(path, ("N", 3, 112, 112), [("vector", ("N", size))], **options)


def yolox(path: Path, side: int = 64) -> Path:
    rows = sum((side // stride) ** 2 for stride in (8, 16, 32))
    return save_graph(path, (1, 3, side, side), [("rows", (1, rows, 85))])


def classifier(path: Path) -> Path:
    return save_graph(path, ("N", 3, 224, 224), [("logits", ("N", 1000))])


def save_answers(
    path: Path, inputs: Sequence[tuple[str, int, Shape]], outputs: Sequence[tuple[str, Shape]]
) -> Path:
    """A graph with inputs of any elements (numbers of TensorProto.DataType) that answers ones."""
    weights = []
    nodes = [helper.make_node("Identity", [name], [f"{name}_seen"]) for name, _, _ in inputs]
    for name, shape in outputs:
        sides = [side if isinstance(side, int) else 1 for side in shape]
        values = np.ones(sides, np.float32)
        weights.append(
            helper.make_tensor(f"{name}_ones", TensorProto.FLOAT, sides, values.tobytes(), raw=True)
        )
        nodes.append(helper.make_node("Identity", [f"{name}_ones"], [name]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, element, list(shape)) for name, element, shape in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in outputs],
        weights,
    )
    return _saved(path, graph)


def image_encoder(path: Path, size: int = 512, side: int = 224, channels_last: bool = False) -> Path:
    shape: Shape = ("N", side, side, 3) if channels_last else ("N", 3, side, side)
    return save_answers(path, [("pixel_values", TensorProto.FLOAT, shape)], [("image_embeds", ("N", size))])


def text_encoder(path: Path, size: int = 512, mask: bool = True, element: int = TensorProto.INT64) -> Path:
    inputs = [("input_ids", element, ("N", 77))]
    if mask:
        inputs.append(("attention_mask", element, ("N", 77)))
    return save_answers(path, inputs, [("text_embeds", ("N", size))])


def zeroshot(folder: Path) -> Path:
    """A folder with two encoders that do nothing and a tokenizer of no words."""
    image_encoder(folder / "vision_model.onnx")
    text_encoder(folder / "text_model.onnx")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    return folder


def colour_classifier(
    path: Path, side: int | str = 8, channels_last: bool = False, count: int = 1000
) -> Path:
    """A classifier whose first three logits are the means of the three channels; all others are 0."""
    shape: Shape = (1, side, side, 3) if channels_last else (1, 3, side, side)
    sides = [1, 2] if channels_last else [2, 3]
    spread = np.zeros((3, count), np.float32)
    spread[[0, 1, 2], [0, 1, 2]] = 1
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["picture"], ["means"], axes=sides, keepdims=0),
            helper.make_node("MatMul", ["means", "spread"], ["logits"]),
        ],
        "tiny",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, count])],
        [helper.make_tensor("spread", TensorProto.FLOAT, [3, count], spread.tobytes(), raw=True)],
    )
    return _saved(path, graph)


def with_external_data(path: Path, place: str) -> Path:
    """Moves the weights of the model in `path` to another file, or only says so where `place` is outside."""
    model = onnx.load(path)
    content = bytearray()
    for weight in model.graph.initializer:
        if not weight.raw_data:
            continue
        entries = (("location", place), ("offset", str(len(content))), ("length", str(len(weight.raw_data))))
        content += weight.raw_data
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        for key, value in entries:
            entry = weight.external_data.add()
            entry.key, entry.value = key, value
    path.write_bytes(model.SerializeToString())
    if place and "/" not in place and "\\" not in place:
        (path.parent / place).write_bytes(content)
    return path


def _saved(path: Path, graph: Any) -> Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path


class FakeSession:
    """Answers 9 (what the proof expects) until its provider is broken."""

    def __init__(self, runtime: FakeRuntime, model: Any, providers: Sequence[Any]) -> None:
        self._runtime = runtime
        self.model = model
        names = [provider if isinstance(provider, str) else provider[0] for provider in providers]
        self.settings = next((entry[1] for entry in providers if not isinstance(entry, str)), {})
        self.providers = ["CPUExecutionProvider"] if runtime.falls_back else names

    def get_providers(self) -> list[str]:
        return self.providers

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name="x", shape=[1, 1, 3, 3], type="tensor(float)")]

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name="y")]

    def run(self, _names: None, feeds: dict[str, Any]) -> list[Any]:
        self._runtime.runs.append((self.model, self.providers[0]))
        trouble = self._runtime.run_errors.get(self.providers[0])
        if trouble is not None:
            raise trouble
        return [np.full((1, 1, 1, 1), self._runtime.answer, np.float32)]


class FakeRuntime:
    """As much of the onnxruntime module as is used, with switches for what can go wrong."""

    ExecutionMode = SimpleNamespace(ORT_SEQUENTIAL="sequential")

    def __init__(self, *, with_cuda: bool = True) -> None:
        self.with_cuda = with_cuda
        self.falls_back = False
        self.open_errors: dict[str, Exception] = {}
        self.run_errors: dict[str, Exception] = {}
        self.answer = 9.0
        self.sessions: list[FakeSession] = []
        self.runs: list[tuple[Any, str]] = []
        self.options: list[Any] = []
        self.severity: int | None = None

    def get_available_providers(self) -> list[str]:
        return [*(["CUDAExecutionProvider"] if self.with_cuda else []), "CPUExecutionProvider"]

    def set_default_logger_severity(self, severity: int) -> None:
        self.severity = severity

    def SessionOptions(self) -> Any:
        return SimpleNamespace()

    def InferenceSession(self, model: Any, sess_options: Any, providers: Sequence[Any]) -> FakeSession:
        first = providers[0] if isinstance(providers[0], str) else providers[0][0]
        if first in self.open_errors:
            raise self.open_errors[first]
        self.options.append(sess_options)
        session = FakeSession(self, model, providers)
        self.sessions.append(session)
        return session
