"""The packs that are known by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivo_tui.errors import PackError
from nivo_tui.inference.packs.finding import TASKS, find_packs, select
from nivo_tui.inference.packs.registry import load_registry

from . import tiny

HASH = "ab" * 32
ENTRY = f"""
[mine]
task = "objects"
licence = "CC0-1.0"
about = "a detector of mine"
thresholds = {{ detect = 0.4 }}
input = {{ mean = [1, 2, 3], std = [4, 5, 6], width = 64, height = 32, layout = "nhwc", order = "bgr", crop = 0.5 }}

[[mine.files]]
name = "mine.onnx"
kind = "yolox"
sha256 = "{HASH.upper()}"
bytes = 10
url = "https://example.org/mine.onnx"

[[mine.files]]
name = "notes.txt"
url = "https://example.org/notes.txt"
"""  # noqa: E501


def home(folder: Path, text: str) -> Path:
    (folder / "registry.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_task_has_packs_that_can_be_fetched() -> None:
    known = load_registry(None)
    assert {entry.task for entry in known.values()} == set(TASKS)
    assert {"buffalo_sc", "buffalo_s", "buffalo_l", "yolox_nano", "yolox_tiny"} <= set(known)
    for name, entry in known.items():
        addresses = [entry.url, entry.licence_url, *(file.url for file in entry.files)]
        assert all(address is None or address.startswith("https://") for address in addresses), name
        assert entry.url or all(file.url for file in entry.files), name
        assert entry.licence, name
        assert entry.about, name


def test_each_pack_has_the_models_of_its_task() -> None:
    needed = {
        "face": {"scrfd", "recogniser"},
        "detect": {"yunet"},
        "objects": {"yolox"},
        "classes": {"classifier"},
        "zeroshot": {"image_encoder", "text_encoder"},
    }
    for name, entry in load_registry(None).items():
        assert {file.kind for file in entry.files if file.kind} == needed[entry.task], name
        if entry.task == "zeroshot":
            assert "tokenizer.json" in {file.name for file in entry.files}, name
        if entry.task in ("classes", "zeroshot"):
            assert entry.input is not None, name
            assert (entry.input.width, entry.input.height) != (None, None), name


def test_what_is_not_free_for_any_use_says_so() -> None:
    for name, entry in load_registry(None).items():
        assert entry.non_commercial == (name.startswith(("buffalo", "antelope", "mobileclip"))), name


def test_the_two_hashes_everybody_can_check() -> None:
    pack = load_registry(None)["buffalo_sc"]
    assert pack.archive_sha256 == "57d31b56b6ffa911c8a73cfc1707c73cab76efe7f13b675a05223bf42de47c72"
    hashes = {file.name: file.sha256 for file in pack.files}
    assert hashes["det_500m.onnx"] == "5e4447f50245bbd7966bd6c0fa52938c61474a04ec7def48753668a9d8b4ea3a"


def test_the_home_adds_and_replaces(tmp_path: Path) -> None:
    own = load_registry(None)
    replaced = ENTRY.replace("mine", "yolox_nano")
    known = load_registry(home(tmp_path, ENTRY + replaced))
    assert list(known) == [*own, "mine"]
    mine = known["mine"]
    assert (mine.task, mine.licence, mine.about) == ("objects", "CC0-1.0", "a detector of mine")
    assert (mine.url, mine.archive_sha256, mine.non_commercial) == (None, None, False)
    assert mine.thresholds == {"detect": 0.4}
    assert mine.input is not None
    assert (mine.input.mean, mine.input.layout, mine.input.order) == ((1.0, 2.0, 3.0), "nhwc", "bgr")
    first, second = mine.files
    assert (first.sha256, first.bytes, first.kind) == (HASH, 10, "yolox")
    assert (second.sha256, second.bytes, second.kind) == (None, None, None)
    assert known["yolox_nano"].files[0].name == "yolox_nano.onnx"
    assert load_registry(None) == own


def test_no_home_registry_is_no_trouble(tmp_path: Path) -> None:
    assert load_registry(tmp_path) == load_registry(None)
    assert load_registry(tmp_path / "absent") == load_registry(None)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('task = "objects"', 'task = "poems"', "mine.task"),
        ('licence = "CC0-1.0"', "", "mine.licence"),
        ('licence = "CC0-1.0"', 'licence = "a\\nb"', "mine.licence"),
        ('about = "a detector of mine"', "about = 3", "mine.about"),
        ("detect = 0.4", "detect = 4", "thresholds.detect"),
        ("mean = [1, 2, 3]", "mean = [1, 2]", "input.mean"),
        ("mean = [1, 2, 3]", "mean = [nan, 2, 3]", "input.mean"),
        ("std = [4, 5, 6]", "std = [4, 5, 0]", "input.std"),
        ("width = 64", "width = 0", "input.width"),
        ('layout = "nhwc"', 'layout = "whcn"', "input.layout"),
        ('order = "bgr"', 'order = "gbr"', "input.order"),
        ("crop = 0.5", "crop = 2", "input.crop"),
        ("crop = 0.5", "colour = 2", "input.colour"),
        (HASH.upper(), HASH[:-1], "sha256"),
        ("bytes = 10", "bytes = -1", "bytes"),
        ("bytes = 10", "size = 10", "size"),
        ('kind = "yolox"', 'kind = "poem"', "kind"),
        ('"https://example.org/mine.onnx"', '"file:///etc/passwd"', "url"),
        ('url = "https://example.org/mine.onnx"', "", "mine.onnx has no url"),
        ('name = "notes.txt"', 'name = "../notes.txt"', "name"),
        ('name = "notes.txt"', 'name = "mine.onnx"', "twice"),
        ("[mine]", "colour = 3\n[mine]", "colour"),
        ("[mine]", "[mine]\ncolour = 3", "mine.colour"),
        ("[mine]", "[mine", "cannot be read"),
    ],
)
def test_a_wrong_home_registry_names_its_file_and_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    assert ENTRY.count(old) >= 1
    home(tmp_path, ENTRY.replace(old, new, 1))
    with pytest.raises(PackError) as error:
        load_registry(tmp_path)
    assert key in str(error.value)
    assert str(tmp_path / "registry.toml") in str(error.value)


def test_a_home_registry_of_any_size_or_bytes_is_refused(tmp_path: Path) -> None:
    home(tmp_path, "#" * 2_000_000)
    with pytest.raises(PackError, match="too large"):
        load_registry(tmp_path)
    (tmp_path / "registry.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PackError, match="cannot be read"):
        load_registry(tmp_path)


def test_a_wrong_home_registry_costs_one_line_and_nothing_else(tmp_path: Path) -> None:
    tiny.yolox(tmp_path / "things.onnx")
    home(tmp_path, "[mine]\n")
    chosen = select(find_packs([tmp_path]))
    assert chosen.objects is not None
    (note,) = [note for note in chosen.notes if "registry.toml" in note]
    assert "mine.task" in note


def test_the_entries_of_the_home_count_among_the_packs(tmp_path: Path) -> None:
    tiny.yolox(tmp_path / "aaa.onnx")
    tiny.yolox(tmp_path / "mine.onnx", side=32)
    home(tmp_path, ENTRY)
    chosen = select(find_packs([tmp_path]))
    assert chosen.objects is not None
    assert (chosen.objects.name, chosen.objects.status) == ("mine", "not the published files")
