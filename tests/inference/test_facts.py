"""What is told of a model file from the file alone, whatever its bytes are."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from nivo_tui.errors import PackError
from nivo_tui.inference.packs import facts as facts_module
from nivo_tui.inference.packs import graph as graph_module
from nivo_tui.inference.packs.facts import Fact, Facts, Kind, file_sha256, inside, kind_of
from nivo_tui.inference.packs.graph import read_graph, with_any_size

from . import tiny

MAKERS: dict[str, Callable[[Path], Path]] = {
    "scrfd": tiny.scrfd,
    "yunet": tiny.yunet,
    "recogniser": tiny.recogniser,
    "yolox": tiny.yolox,
    "classifier": tiny.classifier,
    "image_encoder": tiny.image_encoder,
    "text_encoder": tiny.text_encoder,
}


def kind(path: Path) -> Kind | None:
    return Facts(None).of(path).kind


@pytest.mark.parametrize("name", MAKERS)
def test_each_kind_is_known(tmp_path: Path, name: str) -> None:
    assert kind(MAKERS[name](tmp_path / "m.onnx")) == name


def test_encoders_are_known_in_their_other_forms(tmp_path: Path) -> None:
    assert kind(tiny.image_encoder(tmp_path / "a.onnx", 768, 336, channels_last=True)) == "image_encoder"
    assert (
        kind(tiny.text_encoder(tmp_path / "b.onnx", mask=False, element=TensorProto.INT32)) == "text_encoder"
    )
    hidden = [("last_hidden_state", ("N", 50, 768)), ("image_embeds", ("N", "D"))]
    picture = [("x", TensorProto.FLOAT, ("N", 3, "H", "W"))]
    assert kind(tiny.save_answers(tmp_path / "c.onnx", picture, hidden)) == "image_encoder"
    plain = tiny.save_answers(tmp_path / "d.onnx", picture, [("output", ("N", 640))])
    assert kind(plain) == "image_encoder"


def test_classifiers_are_known_with_channels_last_and_in_the_older_shape(tmp_path: Path) -> None:
    shape = (1, 224, 224, 3)
    assert kind(tiny.save_graph(tmp_path / "a.onnx", shape, [("Softmax:0", (1, 1000))])) == "classifier"
    older = [("softmax", (1, 1000, 1, 1))]
    assert kind(tiny.save_graph(tmp_path / "b.onnx", (1, 3, 224, 224), older)) == "classifier"


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ([("x", TensorProto.FLOAT, (1, 3, 192, 192))], [("fc1", (1, 212))]),
        ([("x", TensorProto.FLOAT, (1, 3, 192, 192))], [("fc1", (1, 3309))]),
        ([("x", TensorProto.FLOAT, (1, 3, 96, 96))], [("fc1", (1, 3))]),
        ([("x", TensorProto.FLOAT, (1, 1, 28, 28))], [("y", (1, 1000))]),
        ([("x", TensorProto.UINT8, (1, 3, 224, 224))], [("y", (1, 1000))]),
        ([("x", TensorProto.FLOAT, (1, 3))], [("y", (1, 512))]),
        ([("ids", TensorProto.INT64, ("N", "L"))], [("last_hidden_state", ("N", "L", 384))]),
        (
            [(name, TensorProto.INT64, ("N", "L")) for name in ("ids", "mask", "types")],
            [("embeds", ("N", 384))],
        ),
        (
            [("ids", TensorProto.INT64, ("N", 77)), ("pixels", TensorProto.FLOAT, ("N", 3, 224, 224))],
            [("text_embeds", ("N", 512)), ("image_embeds", ("N", 512))],
        ),
    ],
)
def test_other_networks_are_nothing_of_ours(
    tmp_path: Path,
    inputs: list[tuple[str, int, tuple[int | str, ...]]],
    outputs: list[tuple[str, tuple[int | str, ...]]],
) -> None:
    assert kind(tiny.save_answers(tmp_path / "m.onnx", inputs, outputs)) is None


def test_weights_in_a_file_beside_it_belong_to_the_model(tmp_path: Path) -> None:
    whole = tiny.recogniser(tmp_path / "whole.onnx")
    model = tiny.with_external_data(tiny.recogniser(tmp_path / "split.onnx"), "split.onnx_data")
    fact = Facts(None).of(model)
    assert (fact.kind, Facts(None).of(whole).kind) == ("recogniser", "recogniser")
    assert fact.own_sha256 == file_sha256(model)
    assert fact.data == (("split.onnx_data", file_sha256(tmp_path / "split.onnx_data")),)
    assert fact.sha256 != fact.own_sha256
    assert Facts(None).of(whole).sha256 == Facts(None).of(whole).own_sha256
    (tmp_path / "split.onnx_data").write_bytes(b"other weights")
    assert Facts(None).of(model).sha256 != fact.sha256


def test_the_cache_notices_other_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny.with_external_data(tiny.recogniser(tmp_path / "split.onnx"), "weights.bin")
    cache = tmp_path / "packs.json"
    first = Facts(cache)
    before = first.of(model)
    first.save()
    monkeypatch.setattr(facts_module, "_remembered", {})
    with monkeypatch.context() as patch:
        patch.setattr(facts_module, "_measure", lambda path: pytest.fail(f"{path} was read again"))
        assert Facts(cache).of(model) == before
    (tmp_path / "weights.bin").write_bytes(b"longer" * 1000)
    monkeypatch.setattr(facts_module, "_remembered", {})
    assert Facts(cache).of(model).sha256 != before.sha256
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(PackError, match=r"weights\.bin"):
        Facts(cache).of(model)


@pytest.mark.parametrize(
    "place", ["../secret", "/etc/passwd", "a/../../b", "C:\\Windows\\x", "..\\x", "\\\\host\\share\\x", ""]
)
def test_weights_outside_the_folder_are_refused_in_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    model = tiny.with_external_data(tiny.recogniser(tmp_path / "pack" / "m.onnx"), f"{place}")
    with pytest.raises(PackError, match="outside its folder") as error:
        Facts(None).of(model)
    assert "\n" not in str(error.value)


def test_weights_of_constants_inside_nodes_are_found_too(tmp_path: Path) -> None:
    tensor = TensorProto(dims=[1], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../constant"
    node = helper.make_node("Constant", [], ["c"])
    node.attribute.append(helper.make_attribute("value", tensor))
    inner = helper.make_graph(
        [node], "inner", [], [helper.make_tensor_value_info("c", TensorProto.FLOAT, [1])]
    )
    model = onnx.load(tiny.yolox(tmp_path / "m.onnx"))
    model.graph.node.append(helper.make_node("If", ["x"], ["z"], then_branch=inner, else_branch=inner))
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    assert read_graph(tmp_path / "m.onnx").external == ("../constant",)


@given(st.text(max_size=30))
def test_no_place_leads_out_of_its_folder(place: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = inside(Path(folder), place)
        if found is not None:
            assert Path(folder).resolve() in found.resolve().parents


def part(number: int, content: bytes) -> bytes:
    """A length-delimited field of protocol buffers."""
    length, size = bytearray(), len(content)
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([number << 3 | 2]) + bytes([*length, size]) + content


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(PackError) as error:
        read_graph(path)
    return str(error.value)


def test_a_file_of_countless_parts_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_module, "_MOST_FIELDS", 5000)
    path = tmp_path / "m.onnx"
    assert "more parts" in refusal(path, b"\x08\x01" * 6000)
    assert "more parts" in refusal(path, part(7, part(1, b"") * 6000))


def test_graphs_within_graphs_without_end_are_given_up(tmp_path: Path) -> None:
    node = b""
    for _ in range(200):
        node = part(5, part(6, part(1, node)))
    assert "too deep" in refusal(tmp_path / "m.onnx", part(7, part(1, node)))


def test_names_of_any_length_are_not_read(tmp_path: Path) -> None:
    value = part(1, b"n" * 100_000)
    assert "too long" in refusal(tmp_path / "m.onnx", part(7, part(11, value) + part(12, value)))


def test_lengths_beyond_the_end_are_seen(tmp_path: Path) -> None:
    assert "cut short" in refusal(tmp_path / "m.onnx", b"\x3a" + b"\xff" * 9 + b"\x01")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("samples")
    files = [make(folder / f"{name}.onnx") for name, make in MAKERS.items()]
    files.append(tiny.with_external_data(tiny.recogniser(folder / "split.onnx"), "data"))
    return [file.read_bytes() for file in files]


@settings(max_examples=300)
@given(data=st.data())
def test_mutations_and_cuts_give_facts_or_a_pack_error(samples: list[bytes], data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(samples)))
    # Declarations lie at the ends of these files; the middle is weights.
    places = st.one_of(st.integers(0, min(300, len(content) - 1)), st.integers(-400, -1))
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(places) % len(content)
        match data.draw(st.sampled_from(["set", "insert", "drop"])):
            case "set":
                content[place] = data.draw(st.integers(0, 255))
            case "insert":
                content[place:place] = data.draw(st.binary(max_size=12))
            case _:
                del content[place : place + data.draw(st.integers(1, 12))]
        if not content:
            break
    content = content[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.onnx"
        path.write_bytes(content)
        try:
            fact = Facts(None).of(path)
        except PackError as error:
            assert "\n" not in str(error)
        else:
            assert fact.kind is None or kind_of(read_graph(path)) == fact.kind


@given(
    st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=7))
)
def test_a_cache_row_of_any_form_is_only_measured_again(row: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "m.onnx"
        model.write_bytes(b"")
        facts = Facts(None)
        facts._stored = {str(model.absolute()): row}
        with pytest.raises(PackError):
            facts.of(model)


def test_a_fact_says_what_the_cache_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny.text_encoder(tmp_path / "t.onnx")
    facts = Facts(tmp_path / "c.json")
    fact = facts.of(model)
    facts.save()
    monkeypatch.setattr(facts_module, "_remembered", {})
    assert Facts(tmp_path / "c.json").of(model) == fact
    assert fact == Fact(file_sha256(model), "text_encoder", False, file_sha256(model))


def test_a_size_set_free_moves_nothing_else(tmp_path: Path) -> None:
    path = tiny.save_graph(tmp_path / "net.onnx", (1, 3, 416, 640), [("out", (1, 7))])
    data, freed = path.read_bytes(), with_any_size(path)
    assert freed is not None and len(freed) == len(data)
    assert sum(a != b for a, b in zip(data, freed, strict=True)) == 6
    (tmp_path / "free.onnx").write_bytes(freed)
    assert read_graph(tmp_path / "free.onnx").inputs[0].shape == (1, 3, None, None)
    assert read_graph(path).outputs == read_graph(tmp_path / "free.onnx").outputs


@pytest.mark.parametrize("shape", [(1, 3, 64, 64), (1, 3, "h", "w"), (1, 3, 416), (1, 3, 20_000, 416)])
def test_a_size_that_cannot_be_set_free_in_its_place_stays(
    tmp_path: Path, shape: tuple[int | str, ...]
) -> None:
    path = tiny.save_graph(tmp_path / "net.onnx", shape, [("out", (1, 7))])
    assert with_any_size(path) is None


def test_a_model_whose_weights_lie_elsewhere_keeps_its_size(tmp_path: Path) -> None:
    path = tiny.with_external_data(
        tiny.save_graph(tmp_path / "net.onnx", (1, 3, 416, 416), [("out", (1, 7))]), "weights.bin"
    )
    assert with_any_size(path) is None
