"""The classifier: how its input is made, what becomes of its answer, and the names of the classes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.errors import PackError
from nivo_tui.inference.classes import COUNT, Classifier, imagenet_names, read_labels
from nivo_tui.inference.packs.finding import InputSpec
from nivo_tui.inference.runtime.backend import Backend

from . import tiny

COLOUR = (200, 120, 40)


def plain(width: int = 40, height: int = 30, colour: tuple[int, int, int] = COLOUR) -> Any:
    return np.full((height, width, 3), colour, np.uint8)


def opened(path: Path, spec: InputSpec | None = None) -> Classifier:
    return Classifier(Backend("cpu").load(path), (), spec)


def expected(spec: InputSpec) -> Any:
    """The probabilities of the first three classes for a picture of one colour."""
    values = np.array(COLOUR if spec.order == "rgb" else COLOUR[::-1], float)
    logits = np.zeros(COUNT)
    logits[:3] = (values - np.array(spec.mean)) / np.array(spec.std)
    powers = np.exp(logits - logits.max())
    return (powers / powers.sum())[:3]


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_the_input_is_made_as_stated(tmp_path: Path, channels_last: bool, order: Any) -> None:
    model = tiny.colour_classifier(tmp_path / "c.onnx", channels_last=channels_last)
    spec = InputSpec((10.0, 20.0, 30.0), (25.0, 20.0, 15.0), order=order)
    found = {index: chance for index, _, chance in opened(model, spec).classify(plain())}
    assert [found[index] for index in range(3)] == pytest.approx(list(expected(spec)), rel=1e-4)


def test_without_a_word_pixels_go_from_minus_one_to_one(tmp_path: Path) -> None:
    model = tiny.colour_classifier(tmp_path / "c.onnx")
    spec = InputSpec((127.0,) * 3, (128.0,) * 3)
    found = {index: chance for index, _, chance in opened(model).classify(plain(), COUNT)}
    assert [found[index] for index in range(3)] == pytest.approx(list(expected(spec)), rel=1e-4)
    assert sum(found.values()) == pytest.approx(1)


def test_the_size_comes_from_the_graph_and_else_from_the_specification(tmp_path: Path) -> None:
    fixed = tiny.colour_classifier(tmp_path / "fixed.onnx", 8, channels_last=True)
    assert opened(fixed, InputSpec(width=16, height=16)).classify(plain())
    free = tiny.colour_classifier(tmp_path / "free.onnx", "S", channels_last=True)
    assert opened(free, InputSpec(width=12, height=6, layout="nhwc")).classify(plain())


def test_only_the_middle_is_looked_at(tmp_path: Path) -> None:
    model = tiny.colour_classifier(tmp_path / "c.onnx")
    picture = plain(80, 80, (255, 0, 0))
    picture[20:60, 20:60] = (0, 0, 255)
    spec = InputSpec((0.0,) * 3, (25.0,) * 3, crop=0.5)
    (best, *_) = opened(model, spec).classify(picture)
    assert best[0] == 2
    whole = {
        index: chance for index, _, chance in opened(model, InputSpec(std=(25.0,) * 3)).classify(picture)
    }
    assert whole[0] > whole[2]


def test_a_network_that_ends_in_a_softmax_is_taken_at_its_word(tmp_path: Path) -> None:
    class Answering:
        path = tmp_path / "s.onnx"
        input_shape = (1, 3, 8, 8)

        def run(self, _tensor: object) -> list[Any]:
            row = np.zeros((1, COUNT), np.float32)
            row[0, [7, 9]] = 0.75, 0.25
            return [np.zeros((1, 5), np.float32), row]

    classifier = Classifier(Answering())  # type: ignore[arg-type]
    assert [(index, chance) for index, _, chance in classifier.classify(plain(), 2)] == [(7, 0.75), (9, 0.25)]


@pytest.mark.parametrize(
    ("answer", "words"), [(np.full(COUNT, np.nan), "no number"), (np.ones(7), "7 classes")]
)
def test_an_answer_that_is_none_is_refused(tmp_path: Path, answer: Any, words: str) -> None:
    class Answering:
        path = tmp_path / "s.onnx"
        input_shape = (1, 3, 8, 8)

        def run(self, _tensor: object) -> list[Any]:
            return [answer]

    with pytest.raises(PackError, match=words):
        Classifier(Answering()).classify(plain())  # type: ignore[arg-type]


@given(st.integers(1, 60), st.integers(1, 60))
def test_pictures_of_any_size_are_classified(width: int, height: int) -> None:
    class Counting:
        path = Path("s.onnx")
        input_shape = (1, "H", "W", 3)

        def run(self, tensor: Any) -> list[Any]:
            assert tensor.shape == (1, 10, 20, 3)
            return [np.zeros(COUNT)]

    spec = InputSpec(width=20, height=10, crop=0.1)
    assert Classifier(Counting(), (), spec).classify(plain(width, height))  # type: ignore[arg-type]


def test_classes_have_names_of_their_own_accord(tmp_path: Path) -> None:
    model = tiny.colour_classifier(tmp_path / "c.onnx")
    classes = opened(model).classify(plain(), COUNT)
    assert {index: name for index, name, _ in classes} == dict(enumerate(imagenet_names()))


def test_the_names_are_short_words_without_doubles() -> None:
    names = imagenet_names()
    assert len(names) == len(set(names)) == COUNT
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
    assert (names[0], names[340], names[980], names[999]) == ("tench", "zebra", "volcano", "toilet_paper")


def test_the_names_are_in_the_order_of_the_classes(models: Path) -> None:
    """Against an independent list: wherever the two share a word, they share it at the same number."""
    other = [line.strip().lower() for line in (models / "imagenet1000.txt").read_text().splitlines() if line]
    stems = [{word[:5] for word in re.split(r"[^a-z]+", name) if word} for name in other]
    names = [{word[:5] for word in name.split("_")} for name in imagenet_names()]
    alike = [bool(mine & theirs) for mine, theirs in zip(names, stems, strict=True)]
    assert sum(alike) > 880
    # Where a name is a word of ours alone, its neighbours hold it in place.
    assert all(any(alike[max(0, place - 3) : place + 4]) for place in range(COUNT))


def test_labels_of_a_pack_are_read(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("\ufeff" + "\n".join(f"n{index}" for index in range(COUNT)) + "\n\n", encoding="utf-8")
    assert read_labels(path)[0] == "n0"
    path.write_text("one\ntwo\n", encoding="utf-8")
    with pytest.raises(PackError, match="holds 2 names"):
        read_labels(path)
    path.write_bytes(b"\xff\xff")
    with pytest.raises(PackError, match="cannot be read"):
        read_labels(path)
    path.write_bytes(b"x" * 2_000_000)
    with pytest.raises(PackError, match="too large"):
        read_labels(path)
    with pytest.raises(PackError, match="cannot be read"):
        read_labels(tmp_path / "gone.txt")
