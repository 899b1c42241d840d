"""A scan with models that are no good, that come later, or that know a person's own words."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import tiny_clip
from PIL import Image
from running import Ran, nivo, picture

from nivo_tui.inference.packs.finding import builtin_pack


@pytest.fixture
def models(home: Path) -> Path:
    folder = home / "models"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return picture(tmp_path / "photos" / "a.jpg").parent


def one_line_about(ran: Ran, name: str) -> str:
    lines = [line for line in ran.err.splitlines() if name in line]
    assert len(lines) == 1, ran.err
    assert "Traceback" not in ran.err
    return lines[0]


def test_a_truncated_model_is_one_line_and_the_scan_goes_on(models: Path, library: Path) -> None:
    data = tiny.yolox(models / "things.onnx").read_bytes()
    (models / "things.onnx").write_bytes(data[: len(data) // 2])
    tiny.classifier(models / "scenes.onnx")
    ran = nivo("scan", library, "--json")
    assert ran.status == 0 and ran.summary["new"] == 1
    assert "scenes" in ran.summary["packs"] and "things" not in ran.summary["packs"]
    assert "cut short" in one_line_about(ran, "things")


def test_a_model_of_no_known_kind_is_one_line(models: Path, library: Path) -> None:
    tiny.save_graph(models / "odd.onnx", (1, 3, 8, 8), [("out", (1, 7))])
    ran = nivo("scan", library, "--json")
    assert ran.status == 0 and ran.summary["new"] == 1
    one_line_about(ran, "odd")


def test_a_model_with_an_unknown_operator_is_one_line(models: Path, library: Path) -> None:
    import onnx

    path = tiny.yolox(models / "things.onnx")
    graph = onnx.load(path)
    graph.graph.node[0].op_type = "NoSuchOperator"
    onnx.save(graph, path)
    ran = nivo("scan", library, "--json")
    assert ran.status == 0 and ran.summary["new"] == 1
    one_line_about(ran, "things")


def test_a_pack_that_comes_later_is_used_for_photos_that_are_known(models: Path, library: Path) -> None:
    nivo("scan", library)
    tiny.classifier(models / "scenes.onnx")
    later = nivo("scan", library, "--json")
    assert later.summary["unchanged"] == 1 and "scenes" in later.summary["packs"]
    if builtin_pack() is not None:
        assert later.summary["face_counts"] == {"0": 1}


def test_an_unknown_device_names_those_there_are(models: Path, library: Path, home: Path) -> None:
    tiny.classifier(models / "scenes.onnx")
    (home / "config.toml").write_text('[scan]\ndevice = "tpu"\n')
    ran = nivo("scan", library)
    assert ran.status == 2 and ran.err.count("\n") == 1
    assert "tpu" in ran.err and "cuda" in ran.err


def tags_of(path: Path) -> dict[str, str]:
    (photo,) = nivo("show", path, "--json").of("photo")
    return {tag["tag"]: tag["label"] for tag in photo["tags"]}


def test_a_persons_own_words_find_photos(models: Path, tmp_path: Path, home: Path) -> None:
    tiny_clip.pack(models / "clip")
    photos = tmp_path / "photos"
    photos.mkdir()
    for name, colour in (("red", (230, 20, 20)), ("blue", (20, 20, 230))):
        Image.new("RGB", (64, 64), colour).save(photos / f"{name}.png")
    (home / "config.toml").write_text(
        '[tags]\nour_boat = { label = "Our boat", phrases = ["a red thing"] }\n'
    )
    first = nivo("scan", photos, "--json")
    assert "clip" in first.summary["packs"]
    assert tags_of(photos / "red.png")["our_boat"] == "Our boat"
    assert "our_boat" not in tags_of(photos / "blue.png")

    (home / "config.toml").write_text(
        '[tags]\nour_boat = { label = "Our boat", phrases = ["a blue thing"] }\n'
    )
    assert nivo("scan", photos, "--json").summary["unchanged"] == 2
    assert "our_boat" in tags_of(photos / "blue.png")
    assert "our_boat" not in tags_of(photos / "red.png")


def test_wrong_words_are_named(models: Path, library: Path, home: Path) -> None:
    (home / "config.toml").write_text('[tags]\nOur_boat = "a boat"\n')
    ran = nivo("scan", library)
    assert ran.status == 2 and ran.err.count("\n") == 1
    assert "config.toml" in ran.err and "[tags] Our_boat" in ran.err


def test_a_look_without_models_does_not_forget_what_words_found(
    models: Path, tmp_path: Path, home: Path
) -> None:
    tiny_clip.pack(models / "clip")
    photo = tmp_path / "photos" / "red.png"
    photo.parent.mkdir()
    Image.new("RGB", (64, 64), (230, 20, 20)).save(photo)
    (home / "config.toml").write_text('[tags]\nour_boat = "a red thing"\n')
    nivo("scan", photo)
    (home / "config.toml").write_text('[tags]\nour_boat = "a red thing"\n[screen]\nlanguage = "de"\n')
    nivo("scan", photo, "--models", "none")
    assert "our_boat" in tags_of(photo)
