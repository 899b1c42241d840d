"""What an ONNX file's graph takes and gives, read from the file without ONNX Runtime.

An ONNX file is a protocol-buffers message. Field numbers of onnx.proto3 (ONNX 1.x): ModelProto.graph = 7;
GraphProto.node = 1, initializer = 5, input = 11, output = 12; NodeProto.input = 1, output = 2, op_type = 4,
attribute = 5; AttributeProto.t = 5, g = 6, tensors = 10, graphs = 11; TensorProto.name = 8,
external_data = 13; StringStringEntryProto.key = 1, value = 2; ValueInfoProto.name = 1, type = 2;
TypeProto.tensor_type = 1; Tensor.elem_type = 1, shape = 2; TensorShapeProto.dim = 1; Dimension.dim_value = 1,
dim_param = 2. Weights are stepped over, not read. The file is untrusted: how much is read of it has a limit.
"""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nivo_tui.errors import PackError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MOST_FIELDS = 1_000_000
_MOST_SIDES = 16
_LONGEST_TEXT = 4096
_DEEPEST = 16
_FIRST_STEPS = 8
_SHORT_SIDE = 3  # bytes of a side of 128 to 16383: its key and two for the number
_DIM_VALUE, _DIM_PARAM = 0x08, 0x12  # keys of fields 1 (varint) and 2 (text)
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Value:
    """An input or output: its name, its shape with None where a side is free or not stated, its elements.

    `element` is a number of TensorProto.DataType (1 float, 6 int32, 7 int64 ...), 0 where none is stated.
    """

    name: str
    shape: tuple[int | None, ...]
    element: int = 0


@dataclass(frozen=True, slots=True)
class Graph:
    """Inputs (without weights), outputs, and whether its first step is to normalise the input.

    `external` are the places of weights that lie in other files, as the graph writes them: untrusted.
    """

    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    normalises: bool
    external: tuple[str, ...] = ()


def read_graph(path: Path) -> Graph:
    """The graph in `path`. Raises PackError where the file is no complete ONNX model."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _graph(_Reader(data))
    except OSError as error:
        raise PackError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except (ValueError, OverflowError) as error:
        raise PackError(f"{path.name} is not a complete ONNX model ({error})") from error


def with_any_size(path: Path) -> bytes | None:
    """The model in `path` with its one picture's height and width set free; None where they cannot be.

    Networks of convolutions take any size, whatever their export says. A side of 128 to 16383 pixels is as
    long in the file as a name of one letter in its place, so that nothing else moves. Whether the network
    really bears it is only known from running it. Raises PackError where the file is no complete model.
    """
    graph = read_graph(path)
    if len(graph.inputs) != 1 or len(graph.inputs[0].shape) != 4 or graph.external:
        return None
    try:
        data = bytearray(path.read_bytes())
    except (OSError, MemoryError) as error:
        raise PackError(f"{path.name} cannot be read: {error}") from error
    sides = _sides_of(_Reader(bytes(data)), graph.inputs[0].name)
    if len(sides) != 4:  # written in a way that is told apart otherwise: twice, say
        return None
    for (start, end), letter in zip(sides[2:], b"hw", strict=True):
        if end - start != _SHORT_SIDE or data[start] != _DIM_VALUE:
            return None
        data[start:end] = bytes((_DIM_PARAM, 1, letter))
    return bytes(data)


def _sides_of(reader: _Reader, name: str) -> list[_Span]:
    """Where the sides of an input's shape are written; nothing where no input has that name."""
    graph = deque(reader.spans(reader.whole, 7), maxlen=1)[0]
    given = next((span for span in reader.spans(graph, 11) if name in reader.texts(span, 1)), None)
    if given is None:
        return []
    shapes = (
        shape
        for types in reader.spans(given, 2)
        for tensor in reader.spans(types, 1)
        for shape in reader.spans(tensor, 2)
    )
    return [side for shape in shapes for side in reader.spans(shape, 1)]


class _Reader:
    """Steps through the messages of a file, and no further than a sound model would need."""

    def __init__(self, data: mmap.mmap | bytes) -> None:
        self.whole: _Span = (0, len(data))
        self._data = data
        self._left = _MOST_FIELDS

    def fields(self, span: _Span) -> Iterator[tuple[int, int | _Span]]:
        """(field number, value): the number for varints, the span for everything with a length.

        Raises ValueError where the message runs over its end.
        """
        position, end = span
        while position < end:
            self._left -= 1
            if self._left < 0:
                raise ValueError("its graph has more parts than any model that is known")
            key, position = self._varint(position, end)
            number, wire = key >> 3, key & 7
            if wire == _VARINT:
                value, position = self._varint(position, end)
                yield number, value
                continue
            if wire == _BYTES:
                length, position = self._varint(position, end)
            elif wire in (_FIXED64, _FIXED32):
                length = 8 if wire == _FIXED64 else 4
            else:
                raise ValueError("it is damaged or no protocol-buffers message")
            if position + length > end:
                raise ValueError("it is cut short")
            yield number, (position, position + length)
            position += length

    def spans(self, span: _Span, *wanted: int) -> Iterator[_Span]:
        return (value for number, value in self.fields(span) if number in wanted and isinstance(value, tuple))

    def texts(self, span: _Span, wanted: int) -> Iterator[str]:
        return (self.text(value) for value in self.spans(span, wanted))

    def text(self, span: _Span) -> str:
        start, end = span
        if end - start > _LONGEST_TEXT:
            raise ValueError("a name in it is too long")
        return self._data[start:end].decode("utf-8")

    def _varint(self, position: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while position < end and shift < 70:
            byte = self._data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, position
            shift += 7
        raise ValueError("it is cut short")


def _graph(reader: _Reader) -> Graph:
    # Of several the last counts, as everywhere in protocol buffers.
    graphs = deque(reader.spans(reader.whole, 7), maxlen=1)
    if not graphs:
        raise ValueError("it holds no graph")
    weights: set[str] = set()
    external: dict[str, None] = {}
    inputs: list[Value] = []
    outputs: list[Value] = []
    first_nodes: list[_Span] = []
    for number, value in reader.fields(graphs[0]):
        if not isinstance(value, tuple):
            continue
        if number == 1:
            if len(first_nodes) < _FIRST_STEPS:
                first_nodes.append(value)
            external.update(dict.fromkeys(_external_of_node(reader, value)))
        elif number == 5:
            weights.update(reader.texts(value, 8))
            external.update(dict.fromkeys(_external_of_tensor(reader, value)))
        elif number == 11:
            inputs.append(_value(reader, value))
        elif number == 12:
            outputs.append(_value(reader, value))
    pictures = tuple(value for value in inputs if value.name not in weights)
    if not pictures or not outputs:
        raise ValueError("its graph has no input or no output")
    normalises = _normalises(reader, first_nodes, pictures[0].name)
    return Graph(pictures, tuple(outputs), normalises, tuple(external))


def _normalises(reader: _Reader, nodes: list[_Span], picture: str) -> bool:
    """Whether the input is subtracted from, and the result of that scaled."""
    shifted: set[str] = set()
    for node in nodes:
        operation = next(iter(reader.texts(node, 4)), "")
        taken = set(reader.texts(node, 1))
        if operation == "Sub" and picture in taken:
            shifted.update(reader.texts(node, 2))
        elif operation in ("Mul", "Div") and taken & shifted:
            return True
    return False


def _external_of_tensor(reader: _Reader, tensor: _Span) -> Iterator[str]:
    """The file that holds a tensor's values, where it is not this one."""
    for entry in reader.spans(tensor, 13):
        if next(reader.texts(entry, 1), "") == "location":
            yield next(reader.texts(entry, 2), "")


def _external_of_node(reader: _Reader, node: _Span, depth: int = 0) -> Iterator[str]:
    """The files that hold the values of a node's constants, those of its inner graphs included."""
    if depth > _DEEPEST:
        raise ValueError("its graphs lie too deep in one another")
    for attribute in reader.spans(node, 5):
        for number, value in reader.fields(attribute):
            if not isinstance(value, tuple):
                continue
            if number in (5, 10):
                yield from _external_of_tensor(reader, value)
            elif number in (6, 11):
                for inner in reader.spans(value, 1):
                    yield from _external_of_node(reader, inner, depth + 1)
                for weight in reader.spans(value, 5):
                    yield from _external_of_tensor(reader, weight)


def _value(reader: _Reader, span: _Span) -> Value:
    name = next(iter(reader.texts(span, 1)), "")
    shape: list[int | None] = []
    element = 0
    for types in reader.spans(span, 2):
        for tensor in reader.spans(types, 1):
            for number, value in reader.fields(tensor):
                if number == 1 and isinstance(value, int):
                    element = value
                elif number == 2 and isinstance(value, tuple):
                    shape = [_side(reader, side) for side in reader.spans(value, 1)]
    if len(shape) > _MOST_SIDES:
        raise ValueError("an input or output of it has too many sides")
    return Value(name, tuple(shape), element)


def _side(reader: _Reader, span: _Span) -> int | None:
    for number, value in reader.fields(span):
        if number == 1 and isinstance(value, int) and 0 < value < 1 << 31:
            return value
    return None
