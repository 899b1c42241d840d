"""A tiny image-text pack: a picture's vector is its mean colour, a text's the sum of its words' colours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

START, END = "<|startoftext|>", "<|endoftext|>"
COLOURS = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "dark": (0.2, 0.2, 0.2),
}
LETTERS = [chr(code) for code in range(33, 127)]
PATTERN = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"


def byte_letters() -> list[str]:
    """A printable character for each byte, as GPT-2 and CLIP write them."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in kept else chr(next(others)) for byte in range(256)]


def words(known: Sequence[str] = tuple(COLOURS)) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A vocabulary of all bytes and of `known` words, and the merges that make them."""
    symbols = byte_letters()
    symbols += [f"{symbol}</w>" for symbol in symbols]
    merges: list[tuple[str, str]] = []
    for word in (*known, "blurred"):  # so that its end is not taken for the word red
        parts = [*word[:-1], f"{word[-1]}</w>"]
        while len(parts) > 1:
            merges.append((parts[-2], parts[-1]))
            parts[-2:] = [parts[-2] + parts[-1]]
            symbols.append(parts[-1])
    symbols += [START, END]
    unique = list(dict.fromkeys(symbols))
    return {symbol: number for number, symbol in enumerate(unique)}, list(dict.fromkeys(merges))


def tokenizer_json(*, old_merges: bool = False, **changed: object) -> dict[str, object]:
    vocabulary, merges = words()
    document: dict[str, object] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": vocabulary[text], "content": text, "normalized": False, "special": True}
            for text in (START, END)
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "NFC"},
                {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "},
                {"type": "Lowercase"},
            ],
        },
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Removed", "invert": True},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True},
            ],
        },
        "post_processor": {
            "type": "RobertaProcessing",
            "cls": [START, vocabulary[START]],
            "sep": [END, vocabulary[END]],
        },
        "model": {
            "type": "BPE",
            "unk_token": END,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "</w>",
            "vocab": vocabulary,
            "merges": [" ".join(pair) for pair in merges] if old_merges else [list(pair) for pair in merges],
        },
    }
    return {**document, **changed}


def image_encoder(
    path: Path, *, size: int = 3, name: str = "image_embeds", side: int = 32, rows: bool = False
) -> Path:
    """Mean colour (n, 3), widened by zeros to `size`; a second output has another length."""
    widen = np.eye(3, size, dtype=np.float32)
    shape = ["n", side, side, 3] if rows else ["n", 3, side, side]
    nodes = [
        helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2] if rows else [2, 3], keepdims=0),
        helper.make_node("MatMul", ["mean", "widen"], [name]),
        helper.make_node("Concat", [name, name], ["pooled"], axis=1),
    ]
    return _save(
        path,
        nodes,
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)],
        [("pooled", ["n", 2 * size]), (name, ["n", size])],
        {"widen": widen},
    )


def text_encoder(
    path: Path,
    *,
    size: int = 3,
    colours: Mapping[str, Sequence[float]] = COLOURS,
    mask: bool = False,
    batch: int | str = "n",
    length: int | str = "length",
    element: int = TensorProto.INT64,
) -> Path:
    """The sum of the colours of the words, on a little grey that every text begins with."""
    vocabulary, _ = words()
    table = np.zeros((len(vocabulary), size), np.float32)
    table[vocabulary[START], :3] = 0.1
    for word, colour in colours.items():
        table[vocabulary[f"{word}</w>"], :3] = colour
    inputs = [helper.make_tensor_value_info("input_ids", element, [batch, length])]
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["found"])]
    summed = "found"
    if mask:
        inputs.append(helper.make_tensor_value_info("attention_mask", element, [batch, length]))
        nodes.append(helper.make_node("Cast", ["attention_mask"], ["weights"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Unsqueeze", ["weights", "last"], ["column"]))
        nodes.append(helper.make_node("Mul", ["found", "column"], ["counted"]))
        summed = "counted"
    nodes.append(helper.make_node("ReduceSum", [summed, "axes"], ["text_embeds"], keepdims=0))
    nodes.append(helper.make_node("Identity", ["found"], ["last_hidden_state"]))
    return _save(
        path,
        nodes,
        inputs,
        [("last_hidden_state", [batch, length, size]), ("text_embeds", [batch, size])],
        {"table": table, "axes": np.array([1], np.int64), "last": np.array([2], np.int64)},
    )


def pack(folder: Path, **text: object) -> Path:
    """A whole pack; pictures go in as they are, from 0 to 1."""
    folder.mkdir(parents=True, exist_ok=True)
    image_encoder(folder / "vision_model.onnx")
    text_encoder(folder / "text_model.onnx", **text)  # type: ignore[arg-type]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer_json()), encoding="utf-8")
    preprocessor = {"do_normalize": False, "size": {"shortest_edge": 32}, "crop_size": 32}
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor), encoding="utf-8")
    return folder


def _save(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[tuple[str, Sequence[int | str]]],
    weights: Mapping[str, np.ndarray],
) -> Path:
    graph = helper.make_graph(
        nodes,
        "tiny",
        inputs,
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in outputs],
        [onnx.numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path
