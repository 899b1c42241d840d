"""Photos compared with phrases, end to end on a tiny pack that knows colours."""

from __future__ import annotations

import gc
import json
import random
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from nivo_tui.errors import PackError
from nivo_tui.imaging.working import Pixels
from nivo_tui.inference.packs.finding import pack_at
from nivo_tui.inference.phrases import encoders
from nivo_tui.inference.phrases.phrase import Phrase
from nivo_tui.inference.phrases.preprocessor import CLIP, input_spec
from nivo_tui.inference.phrases.tokens import read_tokenizer
from nivo_tui.inference.phrases.zeroshot import PhraseTable, ZeroShot, logit_scale, score
from nivo_tui.inference.runtime.backend import Backend, Model
from nivo_tui.tagging import phrases as phrase_tables
from nivo_tui.tagging.own_words import parse_user_tags

from . import tiny_clip

RED, GREEN, BLUE, GREY = (220, 10, 10), (10, 220, 10), (10, 10, 220), (120, 120, 120)


def picture(colour: tuple[int, int, int], width: int = 90, height: int = 60) -> Pixels:
    return np.full((height, width, 3), colour, np.uint8)


def phrase(tag: str, *texts: str, contest: str = "things", rule: str = "one") -> list[Phrase]:
    return [Phrase(contest, rule, tag, text, f"a photo of {text}") for text in texts]  # type: ignore[arg-type]


PHRASES = (
    *phrase("", "something"),
    *phrase("rose", "a red thing"),
    *phrase("leaf", "a green thing", "green"),
    *phrase("sky", "a blue thing"),
)


@pytest.fixture(scope="module")
def backend() -> Backend:
    return Backend("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip.pack(tmp_path_factory.mktemp("packs") / "tiny")


@pytest.fixture(scope="module")
def zeroshot(folder: Path, backend: Backend) -> ZeroShot:
    return ZeroShot.load(pack_at(folder), PHRASES, backend)


@pytest.mark.parametrize(("colour", "tag"), [(RED, "rose"), (GREEN, "leaf"), (BLUE, "sky")])
def test_a_picture_fits_the_phrase_that_describes_it(
    zeroshot: ZeroShot, colour: tuple[int, int, int], tag: str
) -> None:
    best, *others = zeroshot.score(zeroshot.vector(picture(colour)))
    assert best.tag == tag and best.probability > 0.95 and best.cosine > best.rival_cosine
    assert all(other.probability < 0.05 for other in others)


def test_a_grey_picture_is_none_of_these(zeroshot: ZeroShot) -> None:
    scores = zeroshot.score(zeroshot.vector(picture(GREY)))
    assert all(made.probability < 0.3 for made in scores)
    assert all(made.rival == "something" for made in scores)


def test_what_is_kept_is_small_and_needs_no_second_look(zeroshot: ZeroShot) -> None:
    vector = zeroshot.vector(picture(RED))
    assert isinstance(vector, bytes) and len(vector) == 2 * 3
    values = np.frombuffer(vector, "<f2").astype(np.float32)
    assert abs(float(np.linalg.norm(values)) - 1) < 1e-2
    assert score(vector, zeroshot.table) == zeroshot.score(vector)


def test_only_the_middle_square_counts(zeroshot: ZeroShot) -> None:
    wide = picture(BLUE, 300, 100)
    wide[:, 100:200] = RED
    assert zeroshot.score(zeroshot.vector(wide))[0].tag == "rose"


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (31, 33), (1000, 7)])
def test_pictures_of_any_shape(zeroshot: ZeroShot, size: tuple[int, int]) -> None:
    assert zeroshot.score(zeroshot.vector(picture(RED, *size)))[0].tag == "rose"


def test_more_phrases_are_no_advantage() -> None:
    vectors = np.eye(3, dtype=np.float32)[[0, 1, 1, 1, 2]]
    table = PhraseTable(
        [*phrase("one", "a"), *phrase("three", "b", "c", "d"), *phrase("", "nothing")], vectors
    )
    between = np.array([0.7, 0.7, 0.0], "<f2").tobytes()
    first, second = score(between, table)
    assert abs(first.probability - second.probability) < 1e-6 and first.probability < 0.51


def test_the_rules_of_contests() -> None:
    vectors = np.array([[1, 0, 0], [0.95, 0.31, 0], [0, 0, 1]], np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    def probabilities(rule: str) -> dict[str, float]:
        made = [
            *phrase("best", "a", rule=rule),
            *phrase("next", "b", rule=rule),
            *phrase("", "nothing", rule=rule),
        ]
        photo = np.array([1, 0, 0.8], "<f2").tobytes()
        return {found.tag: found.probability for found in score(photo, PhraseTable(made, vectors))}

    one, several, each = (probabilities(rule) for rule in ("one", "several", "each"))
    assert one["best"] > 0.9 and one["next"] < 0.1
    assert several["best"] == each["best"] > 0.99
    assert one["next"] < several["next"] < each["next"]


def test_a_vector_of_another_model_is_refused(zeroshot: ZeroShot) -> None:
    for vector in (b"", b"x", np.ones(4, "<f2").tobytes()):
        with pytest.raises(PackError, match="another model"):
            zeroshot.score(vector)


class Counting(Backend):
    """Counts the models that are opened."""

    def __init__(self) -> None:
        super().__init__("cpu")
        self.opened: list[str] = []

    def open(self, path: Path, data: bytes | None = None) -> tuple[object, str]:
        self.opened.append(path.name)
        return super().open(path)


def test_texts_are_read_once_and_only_the_new_ones_again(folder: Path, tmp_path: Path) -> None:
    backend, lines = Counting(), []
    first = ZeroShot.load(pack_at(folder), PHRASES, backend, tmp_path, lines.append)
    assert backend.opened.count("text_model.onnx") == 1 and lines == [
        "5 phrases are read by text_model.onnx, once"
    ]
    again = ZeroShot.load(pack_at(folder), PHRASES, backend, tmp_path, lines.append)
    assert backend.opened.count("text_model.onnx") == 1 and len(lines) == 1
    assert np.array_equal(first.table.vectors, again.table.vectors)
    assert first.table.signature == again.table.signature
    changed = (*PHRASES[:-1], *phrase("sky", "a dark blue thing"))
    third = ZeroShot.load(pack_at(folder), changed, backend, tmp_path, lines.append)
    assert lines[1:] == ["1 phrases are read by text_model.onnx, once"]
    assert third.table.signature != first.table.signature
    assert np.array_equal(third.table.vectors[:-1], first.table.vectors[:-1])
    ZeroShot.load(pack_at(folder), PHRASES, backend, tmp_path, lines.append)
    assert len(lines) == 2, "phrases that come back are still known"


def test_the_text_model_is_gone_when_photos_are_looked_at(folder: Path, backend: Backend) -> None:
    zeroshot = ZeroShot.load(pack_at(folder), PHRASES, backend)
    gc.collect()
    kept = [one for one in gc.get_objects() if isinstance(one, Model) and one.path.name == "text_model.onnx"]
    assert zeroshot.table.phrases and kept == []


def test_without_the_text_model_only_new_phrases_fail(tmp_path: Path, backend: Backend) -> None:
    pack = pack_at(tiny_clip.pack(tmp_path / "pack"))
    ZeroShot.load(pack, PHRASES, backend, tmp_path)
    (tmp_path / "pack" / "text_model.onnx").write_bytes(b"gone bad")
    assert ZeroShot.load(pack, PHRASES, backend, tmp_path).score(b"\0" * 6)
    with pytest.raises(PackError, match="text_model"):
        ZeroShot.load(pack, (*PHRASES, *phrase("new", "yellow")), backend, tmp_path)


@pytest.mark.parametrize("damage", ["empty", "cut", "noise", "flipped", "other arrays", "a folder"])
def test_a_damaged_cache_is_computed_again(
    folder: Path, tmp_path: Path, backend: Backend, damage: str
) -> None:
    whole = ZeroShot.load(pack_at(folder), PHRASES, backend, tmp_path).table.vectors
    (file,) = tmp_path.glob("*.npz")
    content = bytearray(file.read_bytes())
    if damage == "flipped":
        for place in random.Random(1).sample(range(len(content)), 40):
            content[place] ^= 0xFF
    if damage == "a folder":
        file.unlink()
        (file / "x").mkdir(parents=True)
    elif damage == "other arrays":
        np.savez(file, names=np.array([b"x"]), vectors=np.full((1, 3), 5.0))
    else:
        spoilt = {"empty": b"", "cut": content[: len(content) // 2], "noise": b"\1" * 900}
        file.write_bytes(spoilt.get(damage, bytes(content)))
    assert np.array_equal(ZeroShot.load(pack_at(folder), PHRASES, backend, tmp_path).table.vectors, whole)
    assert not list(tmp_path.glob("*.new"))


def test_another_tokenizer_is_another_cache(tmp_path: Path, backend: Backend) -> None:
    folder = tiny_clip.pack(tmp_path / "pack")
    ZeroShot.load(pack_at(folder), PHRASES, backend, tmp_path / "cache")
    document = tiny_clip.tokenizer_json(padding={"pad_id": 3})
    (folder / "tokenizer.json").write_text(json.dumps(document), encoding="utf-8")
    ZeroShot.load(pack_at(folder), PHRASES, backend, tmp_path / "cache")
    assert len(list((tmp_path / "cache").glob("*.npz"))) == 2


@pytest.mark.parametrize(
    "graph",
    [
        {"mask": True},
        {"batch": 1},
        {"batch": 4, "length": 12},
        {"length": 20, "mask": True},
        {"element": TensorProto.INT32},
    ],
)
def test_text_encoders_of_all_shapes_agree(
    folder: Path, tmp_path: Path, backend: Backend, graph: dict[str, object]
) -> None:
    texts = ["red", "a photo of a red thing", "green and blue", "", *(f"dark {n}" for n in range(20))]
    tokenizer = read_tokenizer(folder)
    usual = encoders.TextEncoder(folder / "text_model.onnx", tokenizer, backend, 3).encode(texts)
    path = tiny_clip.text_encoder(tmp_path / "text.onnx", **graph)  # type: ignore[arg-type]
    other = encoders.TextEncoder(path, tokenizer.with_length(12), backend, 3).encode(texts)
    assert np.allclose(usual, other, atol=1e-5) and np.allclose(np.linalg.norm(other, axis=1), 1)


def test_padding_that_counts_is_not_left_out(tmp_path: Path, backend: Backend) -> None:
    """A pad token that adds to the vector: shorter inputs would change it, so they are not used."""
    document = tiny_clip.tokenizer_json(padding={"pad_id": tiny_clip.words()[0]["green</w>"]})
    (tmp_path / "tokenizer.json").write_text(json.dumps(document), encoding="utf-8")
    tokenizer = read_tokenizer(tmp_path)
    colours = {"red": (1, 0, 0), "green": (0, 0.02, 0)}
    path = tiny_clip.text_encoder(tmp_path / "text.onnx", colours=colours)
    vector = encoders.TextEncoder(path, tokenizer, backend, 3).encode(["red"])[0]
    assert vector[1] > vector[0]


def test_encoders_that_are_no_pair(tmp_path: Path, backend: Backend) -> None:
    folder = tiny_clip.pack(tmp_path / "pack", size=5)
    with pytest.raises(PackError, match=r"5 numbers.*3: they are no pair"):
        ZeroShot.load(pack_at(folder), PHRASES, backend)


def test_what_fits_is_taken_of_several_outputs(tmp_path: Path, backend: Backend) -> None:
    spec = input_spec(None, tmp_path)
    for name in ("image_embeds", "unknown"):
        path = tiny_clip.image_encoder(tmp_path / f"{name}.onnx", name=name)
        assert encoders.ImageEncoder(backend.load(path), spec, {3}).size == 3


def test_channels_last(folder: Path, tmp_path: Path, backend: Backend) -> None:
    spec = input_spec(None, folder)
    usual = encoders.ImageEncoder(backend.load(folder / "vision_model.onnx"), spec)
    rows = tiny_clip.image_encoder(tmp_path / "rows.onnx", rows=True)
    other = encoders.ImageEncoder(backend.load(rows), spec)
    shot = picture((200, 90, 30))
    assert np.allclose(usual.encode(shot), other.encode(shot), atol=1e-5)


def test_a_pack_without_sense_is_refused(tmp_path: Path, backend: Backend) -> None:
    folder = tiny_clip.pack(tmp_path / "pack", colours={})
    path = tiny_clip.image_encoder(folder / "vision_model.onnx")
    encoder = encoders.ImageEncoder(backend.load(path), input_spec(None, folder))
    with pytest.raises(PackError, match="without a direction"):
        encoder.encode(picture((0, 0, 0)))
    with pytest.raises(PackError, match="not a text"):
        encoders.TextEncoder(_two_texts(tmp_path / "two.onnx"), read_tokenizer(folder), backend, 3)


def _two_texts(path: Path) -> Path:
    import onnx

    tiny_clip.text_encoder(path, mask=True)
    model = onnx.load(path)
    for node in model.graph.node:
        node.input[:] = ["more" if name == "attention_mask" else name for name in node.input]
    model.graph.input[1].name = "more"
    onnx.save(model, path)
    return path


def test_how_pictures_are_prepared(tmp_path: Path) -> None:
    def spec(stated: object) -> object:
        text = stated if isinstance(stated, str) else json.dumps(stated)
        (tmp_path / "preprocessor_config.json").write_text(text, encoding="utf-8")
        return input_spec(None, tmp_path)

    assert input_spec(None, tmp_path) == CLIP
    read = spec({"image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.5, 1], "size": 256, "crop_size": 224})
    assert read == encoders.InputSpec((127.5,) * 3, (63.75, 127.5, 255.0), 224, 224, crop=0.875)  # type: ignore[arg-type]
    plain = spec(
        {"do_normalize": False, "size": {"shortest_edge": 256}, "crop_size": {"height": 256, "width": 256}}
    )
    assert plain == encoders.InputSpec((0.0,) * 3, (255.0,) * 3, 256, 256)  # type: ignore[arg-type]
    assert input_spec(CLIP, tmp_path) is CLIP
    for damaged in (
        "{",
        "[]",
        {"size": "large"},
        {"image_std": [0, 0, 0]},
        {"image_mean": [1]},
        {"rescale_factor": 0},
    ):
        with pytest.raises(PackError, match="preprocessor_config"):
            spec(damaged)


def test_the_scale_is_the_packs_own(tmp_path: Path) -> None:
    assert logit_scale(tmp_path) == 100
    sheet = tmp_path / "pack.toml"
    sheet.write_text("[zeroshot]\nlogit_scale = 50\n", encoding="utf-8")
    assert logit_scale(tmp_path) == 50
    sheet.write_text("[zeroshot]\nlogit_scale = 0\n", encoding="utf-8")
    with pytest.raises(PackError, match="logit_scale"):
        logit_scale(tmp_path)


def test_a_persons_own_phrases_are_compared_too(folder: Path, tmp_path: Path, backend: Backend) -> None:
    own = parse_user_tags({"ketchup": "a red thing", "meadow": {"phrases": ["green"], "category": "scene"}})
    zeroshot = ZeroShot.load(pack_at(folder), phrase_tables.phrases(own), backend, tmp_path)
    found = {made.tag: made for made in zeroshot.score(zeroshot.vector(picture(RED)))}
    assert found["ketchup"].probability > 0.9 and found["meadow"].probability < 0.1
    assert found["ketchup"].phrase == "a red thing"
