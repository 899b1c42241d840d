"""What an ONNX file's graph takes and gives, read from the file without ONNX Runtime.

An ONNX file is a protocol-buffers message. Field numbers of onnx.proto3 (ONNX 1.x): ModelProto.graph = 7;
GraphProto.node = 1, initializer = 5, input = 11, output = 12; NodeProto.input = 1, output = 2, op_type = 4;
TensorProto.name = 8; ValueInfoProto.name = 1, type = 2; TypeProto.tensor_type = 1; Tensor.shape = 2;
TensorShapeProto.dim = 1; Dimension.dim_value = 1. Weights are stepped over, not read.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nivo_tui.errors import PackError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Value:
    """An input or output: its name, and its shape with None where a side is free or not stated."""

    name: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Inputs (without weights), outputs, and whether its first step is to normalise the input."""

    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    normalises: bool


def read_graph(path: Path) -> Graph:
    """The graph in `path`. Raises PackError where the file is no complete ONNX model."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _graph(data, (0, len(data)))
    except OSError as error:
        raise PackError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise PackError(f"{path.name} is not a complete ONNX model ({error})") from error


def _graph(data: mmap.mmap, whole: _Span) -> Graph:
    graphs = [value for number, value in _fields(data, whole) if number == 7 and isinstance(value, tuple)]
    if not graphs:
        raise ValueError("it holds no graph")
    weights: set[str] = set()
    inputs: list[Value] = []
    outputs: list[Value] = []
    nodes: list[_Span] = []
    for number, value in _fields(data, graphs[-1]):
        if not isinstance(value, tuple):
            continue
        if number == 1:
            nodes.append(value)
        elif number == 5:
            weights.update(_texts(data, value, 8))
        elif number == 11:
            inputs.append(_value(data, value))
        elif number == 12:
            outputs.append(_value(data, value))
    pictures = tuple(value for value in inputs if value.name not in weights)
    if not pictures or not outputs:
        raise ValueError("its graph has no input or no output")
    return Graph(pictures, tuple(outputs), _normalises(data, nodes[:8], pictures[0].name))


def _normalises(data: mmap.mmap, nodes: list[_Span], picture: str) -> bool:
    """Whether the input is subtracted from, and the result of that scaled."""
    shifted: set[str] = set()
    for node in nodes:
        operation = next(iter(_texts(data, node, 4)), "")
        taken = set(_texts(data, node, 1))
        if operation == "Sub" and picture in taken:
            shifted.update(_texts(data, node, 2))
        elif operation in ("Mul", "Div") and taken & shifted:
            return True
    return False


def _value(data: mmap.mmap, span: _Span) -> Value:
    name = next(iter(_texts(data, span, 1)), "")
    shape: list[int | None] = []
    for types in _spans(data, span, 2):
        for tensor in _spans(data, types, 1):
            for shapes in _spans(data, tensor, 2):
                shape = [_side(data, side) for side in _spans(data, shapes, 1)]
    return Value(name, tuple(shape))


def _side(data: mmap.mmap, span: _Span) -> int | None:
    for number, value in _fields(data, span):
        if number == 1 and isinstance(value, int) and value > 0:
            return value
    return None


def _spans(data: mmap.mmap, span: _Span, wanted: int) -> Iterator[_Span]:
    return (value for number, value in _fields(data, span) if number == wanted and isinstance(value, tuple))


def _texts(data: mmap.mmap, span: _Span, wanted: int) -> Iterator[str]:
    return (data[start:end].decode("utf-8") for start, end in _spans(data, span, wanted))


def _fields(data: mmap.mmap, span: _Span) -> Iterator[tuple[int, int | _Span]]:
    """(field number, value) of a message: the number for varints, the span for everything with a length.

    Raises ValueError where the message runs over its end.
    """
    position, end = span
    while position < end:
        key, position = _varint(data, position, end)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, position = _varint(data, position, end)
            yield number, value
            continue
        if wire == _BYTES:
            length, position = _varint(data, position, end)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError("it is damaged or no protocol-buffers message")
        if position + length > end:
            raise ValueError("it is cut short")
        yield number, (position, position + length)
        position += length


def _varint(data: mmap.mmap, position: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while position < end and shift < 70:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("it is cut short")
