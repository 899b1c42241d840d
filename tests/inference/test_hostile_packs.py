"""Packs and folders that want to end the program: each is passed over or refused with a line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from nivo_tui.errors import PackError
from nivo_tui.inference.fetch.pins import verify, write_sheet
from nivo_tui.inference.fetch.transfer import Watch
from nivo_tui.inference.middle import MiddleInput
from nivo_tui.inference.packs.facts import Facts
from nivo_tui.inference.packs.finding import find_packs, pack_at, pack_folders, select
from nivo_tui.inference.packs.graph import with_any_size
from nivo_tui.inference.packs.pack import InputSpec
from nivo_tui.inference.packs.registry import Registered, RegisteredFile, load_registry
from nivo_tui.inference.packs.sheet import read_sheet
from nivo_tui.inference.phrases.phrase import Phrase
from nivo_tui.inference.phrases.preprocessor import input_spec
from nivo_tui.inference.phrases.tokens import read_tokenizer
from nivo_tui.inference.phrases.zeroshot import ZeroShot, logit_scale
from nivo_tui.inference.runtime.backend import Backend

from . import tiny, tiny_clip

DIGITS = "9" * 5000
WATCH = Watch(lambda done, total: None, lambda: False)
PHRASES = tuple(Phrase("things", "one", text, text, f"a {text} thing") for text in ("red", "green", "blue"))


def names(folder: Path) -> set[str]:
    return {pack.name for pack in find_packs([folder])}


def test_what_may_not_be_entered_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.yolox(tmp_path / "good" / "things.onnx")
    tiny.yolox(tmp_path / "shut" / "things.onnx")
    (tmp_path / "shut.onnx").write_bytes(b"")
    real = Path.stat

    def stat(self: Path, **options: bool) -> os.stat_result:
        if "shut" in str(self.relative_to(tmp_path.parent)):
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, **options)

    monkeypatch.setattr(Path, "stat", stat)
    assert names(tmp_path) == {"good"}


def test_a_folder_of_a_user_who_is_not_there_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIVO_MODELS", os.pathsep.join(("~nosuchuser/x", str(tmp_path / "more"))))
    assert pack_folders(tmp_path)[:2] == [tmp_path, tmp_path / "more"]

    def homeless(_path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    assert pack_folders(tmp_path) == []


def test_a_model_named_as_a_folder_is_a_pack_alone(tmp_path: Path) -> None:
    one = tiny.yolox(tmp_path / "things.onnx")
    tiny.classifier(tmp_path / "scenes.onnx")
    assert names(one) == {"things"}


@pytest.mark.parametrize("word", ["auto", "none"])
def test_no_pack_is_called_by_a_word_that_chooses(tmp_path: Path, word: str) -> None:
    tiny.yolox(tmp_path / word / "things.onnx")
    packs = find_packs([tmp_path])
    assert [pack.name for pack in packs] == [f"{word}_"]
    assert select(packs, f"{word}_").objects is packs[0]
    (tmp_path / "registry.toml").write_text(f"[{word}]\n", encoding="utf-8")
    with pytest.raises(PackError, match=f"{word} is no name"):
        load_registry(tmp_path)


def test_a_byte_that_changed_with_size_and_time_kept_is_found(tmp_path: Path) -> None:
    model = tiny.yolox(tmp_path / "things" / "things.onnx")
    before = pack_at(model.parent)
    (file,) = before.files
    known = RegisteredFile("things.onnx", file.sha256, None, "https://example.org/things.onnx", "yolox")
    entry = Registered("things", "objects", "free", "", False, None, None, None, (known,))
    registry = {"things": entry}
    assert verify(before, registry, WATCH).faults == ()
    times = model.stat()
    data = bytearray(model.read_bytes())
    data[data.index(b"tiny")] ^= 1
    model.write_bytes(data)
    os.utime(model, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert verify(before, registry, WATCH).faults == ("things.onnx is not the published file",)


@pytest.mark.parametrize(
    "text", [f"x = {DIGITS}", "x = " + "[" * 5000, f"task = 0x{'f' * 5000}", "x = " + "{a=" * 3000]
)
def test_tables_of_monstrous_numbers_and_depths(tmp_path: Path, text: str) -> None:
    for name in ("pack.toml", "registry.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(PackError):
        read_sheet(tmp_path / "pack.toml")
    with pytest.raises(PackError):
        load_registry(tmp_path)


def test_a_scale_that_cannot_be_read_is_the_usual_one(tmp_path: Path) -> None:
    (tmp_path / "pack.toml").write_text("x = " + "[" * 5000, encoding="utf-8")
    assert logit_scale(tmp_path) == 100


@pytest.mark.parametrize("key", ["mean", "std", "crop"])
def test_numbers_that_no_float_holds(tmp_path: Path, key: str) -> None:
    number = "1" + "0" * 400
    value = number if key == "crop" else f"[{number}, 1, 1]"
    tiny.classifier(tmp_path / "scenes.onnx")
    (tmp_path / "scenes.toml").write_text(f"[input]\n{key} = {value}\n", encoding="utf-8")
    (pack,) = find_packs([tmp_path])
    assert f"input.{key}" in str(pack.broken)
    stated = f'{{"image_mean": [{number}, 1, 1]}}'
    (tmp_path / "preprocessor_config.json").write_text(stated, encoding="utf-8")
    with pytest.raises(PackError, match="cannot be used"):
        input_spec(None, tmp_path)


def test_a_sheet_too_deep_to_be_kept(tmp_path: Path) -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for stated in ({"x": deep}, {"x": 10**5000}):
        with pytest.raises(PackError, match="cannot be kept"):
            write_sheet(tmp_path, stated)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
@pytest.mark.parametrize("name", ["pack.toml", "registry.toml"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(PackError, match="no regular file"):
        read_sheet(tmp_path / name)
    if name == "registry.toml":
        with pytest.raises(PackError, match="no regular file"):
            load_registry(tmp_path)


@pytest.mark.parametrize(
    ("shape", "words"),
    [((1, 3, 50_000, 640), "640x50000"), ((1, 30_000, 640, 3), "640x30000"), ((9000, 3, 8, 8), "8x8")],
)
def test_an_input_too_large_is_refused_before_it_is_made(
    tmp_path: Path, shape: tuple[int, ...], words: str
) -> None:
    model = tiny.save_graph(tmp_path / "m.onnx", shape, [("logits", (1, 1000))])
    with pytest.raises(PackError, match=f"its input of {words} is too large"):
        Facts(None).of(model)


def test_a_text_too_long_is_refused(tmp_path: Path) -> None:
    ids = [("input_ids", TensorProto.INT64, (1, 10**9))]
    model = tiny.save_answers(tmp_path / "t.onnx", ids, [("text_embeds", (1, 512))])
    with pytest.raises(PackError, match="too large"):
        Facts(None).of(model)


@pytest.mark.parametrize("shape", [(1, 3, 0, 8), (1, 3, 8, -1), (1, 3, 8, 100_000)])
def test_a_picture_of_no_size_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PackError, match="no size for a picture"):
        MiddleInput(shape, InputSpec())


def test_sizes_that_cannot_be_set_free(tmp_path: Path) -> None:
    path = tiny.yolox(tmp_path / "m.onnx", side=256)
    assert with_any_size(path) is not None
    model = onnx.load(path)
    model.graph.input[0].ClearField("name")
    path.write_bytes(model.SerializeToString())
    assert with_any_size(path) is None


def hostile(name: str) -> dict[str, object]:
    document = json.loads(json.dumps(tiny_clip.tokenizer_json()))
    huge = 1 << 80
    if name == "ids":
        document["model"]["vocab"] = {key: n + huge for key, n in document["model"]["vocab"].items()}
    elif name == "template":
        pieces = [{"SpecialToken": {"id": ["x"]}}]
        document["post_processor"] = {"type": "TemplateProcessing", "single": pieces, "special_tokens": {}}
    elif name == "frame":
        document["post_processor"] = {"type": "BertProcessing", "cls": ["a", huge], "sep": ["b", huge]}
    elif name == "pad":
        document["padding"] = {"pad_id": huge}
    elif name == "below":
        document["padding"] = {"pad_id": -1}
    elif name == "token":
        document["added_tokens"][0]["id"] = huge
    else:
        document["added_tokens"] = {"number": 5, "truth": True}[name]
    return document


@pytest.mark.parametrize("name", ["ids", "template", "frame", "pad", "below", "token", "number", "truth"])
def test_a_tokenizer_of_the_wrong_make_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps(hostile(name)), encoding="utf-8")
    with pytest.raises(PackError):
        read_tokenizer(tmp_path)


def resaved(path: Path, nodes: list[onnx.NodeProto], name: str) -> None:
    """The model in `path` with `nodes` after its output `name`, which they take as `raw`."""
    model = onnx.load(path)
    for node in model.graph.node:
        node.output[:] = ["raw" if output == name else output for output in node.output]
        node.input[:] = ["raw" if given == name else given for given in node.input]
    model.graph.node.extend(nodes)
    onnx.save(model, path)


def test_a_text_encoder_that_leaves_texts_out_is_refused(tmp_path: Path) -> None:
    folder = tiny_clip.pack(tmp_path / "p")
    node = helper.make_node("ReduceMean", ["raw"], ["text_embeds"], axes=[0], keepdims=1)
    resaved(folder / "text_model.onnx", [node], "text_embeds")
    with pytest.raises(PackError, match="text_model"):
        ZeroShot.load(pack_at(folder), PHRASES, Backend("cpu"))


def test_a_picture_encoder_that_gives_no_numbers_is_refused_at_once(tmp_path: Path) -> None:
    folder = tiny_clip.pack(tmp_path / "p")
    zero = [helper.make_node("Sub", ["raw", "raw"], ["z"]), helper.make_node("Div", ["z", "z"], ["nan"])]
    add = helper.make_node("Add", ["raw", "nan"], ["image_embeds"])
    resaved(folder / "vision_model.onnx", [*zero, add], "image_embeds")
    with pytest.raises(PackError, match="without a direction"):
        ZeroShot.load(pack_at(folder), PHRASES, Backend("cpu"))


def test_a_damaged_cache_of_texts_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, cache = tiny_clip.pack(tmp_path / "p"), tmp_path / "cache"
    good = ZeroShot.load(pack_at(folder), PHRASES, Backend("cpu"), cache)
    (file,) = cache.iterdir()

    def broken(*_: object, **__: object) -> None:
        raise NotImplementedError("That compression method is not supported")

    with monkeypatch.context() as patched:
        patched.setattr(np, "load", broken)
        again = ZeroShot.load(pack_at(folder), PHRASES, Backend("cpu"), cache)
    assert np.array_equal(again.table.vectors, good.table.vectors)
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        data = bytearray(whole)
        data[place] ^= 0xFF
        file.write_bytes(data)
        again = ZeroShot.load(pack_at(folder), PHRASES, Backend("cpu"), cache)
        assert np.allclose(again.table.vectors, good.table.vectors, atol=1e-3)
