"""Packs that come into a home and go again: whole or not at all, whatever happens on the way."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webserver import Server, serving

from nivo_tui.errors import PackError
from nivo_tui.inference.fetch import store as store_module
from nivo_tui.inference.fetch.download import WrongFileError
from nivo_tui.inference.fetch.importing import sources_at
from nivo_tui.inference.fetch.licences import licence_news
from nivo_tui.inference.fetch.pins import stated_in, verify, write_sheet
from nivo_tui.inference.fetch.store import WORK, ModelStore
from nivo_tui.inference.fetch.transfer import StoppedError, Watch
from nivo_tui.inference.packs.finding import builtin_pack, find_packs
from nivo_tui.inference.packs.pack import Pack
from nivo_tui.inference.packs.registry import Registered, RegisteredFile

from . import tiny

WATCH = Watch(lambda done, total: None, lambda: False)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


@pytest.fixture
def models_home(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "models"
    folder.mkdir(parents=True)
    return folder


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def registered(
    name: str, task: str, *files: RegisteredFile, url: str | None = None, **more: object
) -> Registered:
    values: dict[str, object] = {
        "licence": "a licence", "licence_url": "https://example.org/licence", "non_commercial": True,
        "archive_sha256": None, "archive_bytes": None, **more,
    }  # fmt: skip
    return Registered(name=name, task=task, url=url, files=files, **values)  # type: ignore[arg-type]


class Shelf:
    """A home's models with one registered pack, an object detector of one file, served by `server`."""

    def __init__(self, folder: Path, server: Server, scratch: Path) -> None:
        self.folder = folder
        self.server = server
        self.model = tiny.yolox(scratch / "published.onnx").read_bytes()
        self.other = tiny.yolox(scratch / "other.onnx", side=128).read_bytes()
        server.files["things.onnx"] = self.model
        self.entry = self.knowing(sha256(self.model))

    def knowing(self, digest: str | None, kind: str | None = "yolox") -> Registered:
        size = None if digest is None else len(self.model)
        url = self.server.url("things.onnx")
        return registered(
            "things",
            "objects",
            RegisteredFile("things.onnx", digest, size, url, kind),  # type: ignore[arg-type]
        )

    def store(self, *entries: Registered) -> ModelStore:
        return ModelStore(self.folder, {entry.name: entry for entry in entries or (self.entry,)})

    def fetch(self, entry: Registered | None = None, watch: Watch = WATCH) -> Pack:
        entry = entry or self.entry
        return self.store(entry).fetch(entry, watch)

    def found(self, *entries: Registered) -> dict[str, Pack]:
        registry = {entry.name: entry for entry in entries or (self.entry,)}
        return {pack.name: pack for pack in find_packs([self.folder], registry=registry)}

    def tree(self) -> list[str]:
        paths = (
            path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()
        )
        return sorted(paths)


@pytest.fixture
def shelf(models_home: Path, server: Server, tmp_path: Path) -> Shelf:
    return Shelf(models_home, server, tmp_path / "scratch")


def test_a_fetched_pack_stands_with_its_sheet_and_nothing_else(shelf: Shelf) -> None:
    pack = shelf.fetch()
    assert (pack.name, pack.task, pack.status, pack.licence) == (
        "things",
        "objects",
        "published",
        "a licence",
    )
    assert shelf.tree() == ["things/pack.toml", "things/things.onnx"]
    sheet = tomllib.loads((shelf.folder / "things" / "pack.toml").read_text(encoding="utf-8"))
    assert sheet["sha256"] == {"things.onnx": sha256(shelf.model)}
    assert sheet["source"] == shelf.server.url("things.onnx")
    assert shelf.found()["things"].status == "published"


def test_an_archive_is_unpacked_and_gives_the_named_models(
    models_home: Path, server: Server, tmp_path: Path
) -> None:
    zipped = tmp_path / "faces.zip"
    det, rec = tiny.scrfd(tmp_path / "a"), tiny.recogniser(tmp_path / "b")
    with zipfile.ZipFile(zipped, "w") as made:
        made.write(det, "faces/det.onnx")
        made.write(rec, "faces/rec.onnx")
        made.write(det, "faces/more.onnx")
    server.files["faces.zip"] = zipped.read_bytes()
    entry = registered(
        "faces", "face",
        RegisteredFile("det.onnx", sha256(det.read_bytes()), kind="scrfd"),
        RegisteredFile("rec.onnx", sha256(rec.read_bytes()), kind="recogniser"),
        url=server.url("faces.zip"), archive_sha256=sha256(zipped.read_bytes()),
    )  # fmt: skip
    pack = ModelStore(models_home, {"faces": entry}).fetch(entry, WATCH)
    assert (pack.task, pack.status) == ("face", "published")
    assert sorted(path.name for path in (models_home / "faces").iterdir()) == [
        "det.onnx",
        "pack.toml",
        "rec.onnx",
    ]


def test_progress_counts_over_all_files(shelf: Shelf) -> None:
    shelf.server.files["two.txt"] = b"labels" * 10
    size = len(shelf.model)
    entry = registered(
        "things", "objects",
        RegisteredFile("things.onnx", None, size, shelf.server.url("things.onnx"), "yolox"),
        RegisteredFile("two.txt", None, 60, shelf.server.url("two.txt")),
    )  # fmt: skip
    seen: list[tuple[int, int | None]] = []
    shelf.fetch(entry, Watch(lambda done, total: seen.append((done, total)), lambda: False))
    assert seen[-1] == (size + 60, size + 60)
    assert {total for _, total in seen} == {size + 60}


def test_a_hash_that_nobody_knows_is_pinned_and_holds_from_then_on(shelf: Shelf) -> None:
    entry = shelf.knowing(None)
    assert shelf.fetch(entry).status == "pinned on first download"
    shelf.server.files["things.onnx"] = shelf.other
    with pytest.raises(PackError, match=r"not the file that was downloaded first.*models remove things"):
        shelf.fetch(entry)
    assert (shelf.folder / "things" / "things.onnx").read_bytes() == shelf.model
    assert shelf.tree() == ["things/pack.toml", "things/things.onnx"]
    shelf.store(entry).remove(shelf.found(entry)["things"])
    assert shelf.fetch(entry).status == "pinned on first download"


def test_other_bytes_than_the_registry_knows_do_not_come_in(shelf: Shelf) -> None:
    shelf.server.files["things.onnx"] = shelf.model[:-1] + b"x"
    with pytest.raises(WrongFileError, match="other bytes"):
        shelf.fetch()
    assert shelf.tree() == []


def test_an_archive_with_other_models_does_not_come_in(shelf: Shelf, server: Server, tmp_path: Path) -> None:
    zipped = tmp_path / "a.zip"
    with zipfile.ZipFile(zipped, "w") as made:
        made.writestr("things.onnx", shelf.other)
    server.files["a.zip"] = zipped.read_bytes()
    entry = registered(
        "things", "objects", RegisteredFile("things.onnx", sha256(shelf.model)), url=server.url("a.zip")
    )
    with pytest.raises(PackError, match="not the published file"):
        shelf.fetch(entry)
    assert shelf.tree() == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        pytest.param(lambda shelf: shelf.model[:-200], "not a complete ONNX model", id="truncated"),
        pytest.param(lambda shelf: b"no model at all", "not a complete ONNX model", id="no model"),
    ],
)
def test_a_file_that_is_no_whole_model_does_not_come_in(
    shelf: Shelf, spoil: Callable[[Shelf], bytes], words: str
) -> None:
    shelf.server.files["things.onnx"] = spoil(shelf)
    with pytest.raises(PackError, match=words):
        shelf.fetch(shelf.knowing(None))
    assert shelf.tree() == []


def test_a_model_for_something_else_does_not_come_in(shelf: Shelf, tmp_path: Path) -> None:
    shelf.server.files["things.onnx"] = tiny.classifier(tmp_path / "c.onnx").read_bytes()
    with pytest.raises(PackError, match=r"kind classifier, where things has one of the kind yolox"):
        shelf.fetch(shelf.knowing(None))
    with pytest.raises(PackError, match=r"models for classes, where things has models for objects"):
        shelf.fetch(shelf.knowing(None, kind=None))
    assert shelf.tree() == []


def test_a_pack_that_stands_is_only_replaced_by_a_whole_one(shelf: Shelf) -> None:
    shelf.fetch()
    shelf.server.files["things.onnx"] = shelf.other[:-100]
    for entry in (shelf.entry, shelf.knowing(sha256(shelf.other))):
        with pytest.raises(PackError):
            shelf.fetch(entry)
        assert shelf.found()["things"].status == "published"
    shelf.server.files["things.onnx"] = shelf.other
    newer = registered(
        "things", "objects",
        RegisteredFile("things.onnx", sha256(shelf.other), None, shelf.server.url("things.onnx"), "yolox"),
    )  # fmt: skip
    assert shelf.fetch(newer).status == "published"
    assert shelf.tree() == ["things/pack.toml", "things/things.onnx"]


def test_a_stopped_fetch_goes_on_with_what_had_come(shelf: Shelf, tmp_path: Path) -> None:
    shelf.server.files["second.txt"] = b"labels"
    first = shelf.entry.files[0]
    entry = registered(
        "things", "objects", first, RegisteredFile("second.txt", None, 6, shelf.server.url("second.txt"))
    )
    seen: list[int] = []
    with pytest.raises(StoppedError):
        shelf.fetch(
            entry, Watch(lambda done, total: seen.append(done), lambda: seen[-1:] >= [len(shelf.model)])
        )
    assert "things" not in shelf.found(entry)
    pack = shelf.fetch(entry)
    assert pack.status == "published"
    assert [path for path, _ in shelf.server.asked].count("things.onnx") == 1
    assert shelf.tree() == ["things/pack.toml", "things/second.txt", "things/things.onnx"]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("at", range(4))
def test_whatever_step_a_run_is_killed_at_a_whole_pack_is_found_after(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The steps are the renames: into the build, the old pack aside, the new one in, and after that."""
    shelf.fetch()
    shelf.server.files["things.onnx"] = shelf.other
    newer = registered(
        "things", "objects",
        RegisteredFile("things.onnx", sha256(shelf.other), None, shelf.server.url("things.onnx"), "yolox"),
    )  # fmt: skip
    steps = 0
    replace = store_module.replace

    def killing(src: Path, dst: Path) -> None:
        nonlocal steps
        if steps == at:
            raise Killed
        steps += 1
        replace(src, dst)

    with monkeypatch.context() as patched:
        patched.setattr(store_module, "replace", killing)
        patched.setattr(store_module.shutil, "rmtree", lambda *_, **__: None)
        try:
            shelf.fetch(newer)
        except Killed:
            assert at < 2
    shelf.store(newer).tidy()
    (found,) = shelf.found(newer).values()
    model = (shelf.folder / "things" / "things.onnx").read_bytes()
    assert model == (shelf.model if at < 2 else shelf.other)
    assert found.status == (
        "published" if at >= 2 else "changed since it was downloaded" if False else found.status
    )
    assert [name for name in shelf.tree() if "/build/" in name or "/old/" in name] == []


def test_the_work_folder_is_never_taken_for_a_pack(shelf: Shelf) -> None:
    tiny.yolox(shelf.folder / WORK / "build" / "things" / "things.onnx")
    tiny.yolox(shelf.folder / WORK / "old" / "x" / "x.onnx")
    assert shelf.found() == {}


def imported(shelf: Shelf, path: Path, *entries: Registered) -> list[Pack]:
    store = shelf.store(*entries)
    return [store.import_pack(source, WATCH) for source in sources_at(path)]


def zip_of(path: Path, **members: Path) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, source in members.items():
            made.write(source, f"inner/{name}.onnx")
    return path


def test_a_zip_a_folder_and_a_single_file_are_imported(shelf: Shelf, tmp_path: Path) -> None:
    det, rec = tiny.scrfd(tmp_path / "in/pair/det.onnx"), tiny.recogniser(tmp_path / "in/pair/rec.onnx")
    (tmp_path / "in/pair/LICENSE").write_text("mine")
    (tmp_path / "in/pair/notes.pt").write_text("not taken")
    single = tiny.classifier(tmp_path / "in/scenes.onnx")
    packs = [
        *imported(shelf, zip_of(tmp_path / "in/zipped.zip", det=det, rec=rec)),
        *imported(shelf, tmp_path / "in/pair"),
        *imported(shelf, single),
    ]
    assert [(pack.name, pack.task) for pack in packs] == [
        ("zipped", "face"),
        ("pair", "face"),
        ("scenes", "classes"),
    ]
    assert all(pack.broken is None and pack.path == shelf.folder / pack.name for pack in packs)
    assert "pair/LICENSE" in shelf.tree()
    assert "pair/notes.pt" not in shelf.tree()


def test_the_source_is_not_changed(shelf: Shelf, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "pair"
    tiny.scrfd(folder / "det.onnx")
    (folder / "pack.toml").write_text('name = "mine"\n')
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    (pack,) = imported(shelf, folder)
    assert pack.name == "mine"
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before


def test_published_files_get_their_published_name_and_licence(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "download (1).onnx"
    path.write_bytes(shelf.model)
    (pack,) = imported(shelf, path)
    assert (pack.name, pack.status, pack.licence) == ("things", "published", "a licence")


def test_a_known_name_with_other_files_is_taken_and_marked(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "things.onnx"
    path.write_bytes(shelf.other)
    (pack,) = imported(shelf, path)
    assert (pack.name, pack.status) == ("things", "not the published files")


def test_a_folder_of_several_packs_gives_each(shelf: Shelf, tmp_path: Path) -> None:
    base = tmp_path / "in"
    tiny.scrfd(base / "faces/det.onnx")
    tiny.recogniser(base / "faces/rec.onnx")
    tiny.yolox(base / "things2.onnx", side=96)
    tiny.classifier(base / "scenes.onnx")
    (base / ".hidden").mkdir()
    tiny.classifier(base / ".hidden/no.onnx")
    assert {pack.name: pack.task for pack in imported(shelf, base)} == {
        "faces": "face",
        "things2": "objects",
        "scenes": "classes",
    }


def test_a_folder_around_one_pack_gives_that_pack(shelf: Shelf, tmp_path: Path) -> None:
    tiny.yolox(tmp_path / "in/inner/model.onnx", side=96)
    assert [pack.name for pack in imported(shelf, tmp_path / "in")] == ["inner"]


def test_settings_of_an_imported_sheet_are_kept(shelf: Shelf, tmp_path: Path) -> None:
    model = tiny.yolox(tmp_path / "in/mine.onnx", side=96)
    tiny.classifier(tmp_path / "in/other.onnx")
    (tmp_path / "in/coco.txt").write_text("person\n")
    sheet = 'licence = "own \\"words\\""\nlabels = "coco.txt"\n[thresholds]\ndetect = 0.25\n'
    model.with_suffix(".toml").write_text(sheet)
    (pack,) = imported(shelf, model)
    assert pack.licence == 'own "words"'
    assert pack.thresholds["detect"] == 0.25
    assert pack.labels == shelf.folder / "mine" / "coco.txt"


@pytest.mark.parametrize("kind", ["folder", "zip", "single"])
def test_a_truncated_model_is_not_imported(shelf: Shelf, tmp_path: Path, kind: str) -> None:
    model = tiny.yolox(tmp_path / "in/folder/cut.onnx", side=96)
    model.write_bytes(model.read_bytes()[:-100])
    path = {"folder": model.parent, "single": model}.get(kind) or zip_of(tmp_path / "z.zip", cut=model)
    with pytest.raises(PackError, match="not a complete ONNX model"):
        imported(shelf, path)
    assert shelf.tree() == []


def test_a_model_of_another_task_under_a_registered_name_is_not_imported(
    shelf: Shelf, tmp_path: Path
) -> None:
    with pytest.raises(PackError, match="models for classes, where things has models for objects"):
        imported(shelf, tiny.classifier(tmp_path / "things.onnx"))
    assert shelf.tree() == []


def test_a_recogniser_alone_is_not_imported(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(PackError, match="face detector"):
        imported(shelf, tiny.recogniser(tmp_path / "rec.onnx"))
    assert shelf.tree() == []


def test_files_damaged_since_their_sheet_was_written_are_not_imported(shelf: Shelf, tmp_path: Path) -> None:
    tiny.yolox(tmp_path / "in/mine.onnx", side=96)
    (tmp_path / "in/pack.toml").write_text(f'[sha256]\n"mine.onnx" = "{"0" * 64}"\n')
    with pytest.raises(PackError, match=r"mine.onnx is damaged"):
        imported(shelf, tmp_path / "in")
    (tmp_path / "in/pack.toml").write_text(f'[sha256]\n"gone.onnx" = "{"0" * 64}"\n')
    with pytest.raises(PackError, match=r"gone.onnx is missing"):
        imported(shelf, tmp_path / "in")
    assert shelf.tree() == []


@pytest.mark.parametrize("name", ["../up", ".hidden", "a,b", "CON", "a/b", ""])
def test_a_sheet_cannot_name_a_place_elsewhere(shelf: Shelf, tmp_path: Path, name: str) -> None:
    tiny.yolox(tmp_path / "in/mine.onnx", side=96)
    (tmp_path / "in/pack.toml").write_text(f'name = "{name}"\n')
    if name:
        with pytest.raises(PackError, match=r"called|name"):
            imported(shelf, tmp_path / "in")
        assert shelf.tree() == []
    else:
        assert imported(shelf, tmp_path / "in")[0].name == "in"


def test_what_is_no_pack_says_so(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "photo.jpg").write_bytes(b"x")
    (tmp_path / "no.zip").write_bytes(b"x")
    for path, words in (
        (tmp_path / "empty", "no .onnx file"),
        (tmp_path / "photo.jpg", "a zip, a folder or an .onnx file"),
        (tmp_path / "no.zip", "no zip"),
        (tmp_path / "gone", "neither a file nor a folder"),
    ):
        with pytest.raises(PackError, match=words):
            imported(shelf, path)
    assert shelf.tree() == []


def test_a_removed_pack_is_gone_and_its_neighbours_stay(shelf: Shelf, tmp_path: Path) -> None:
    shelf.fetch()
    imported(shelf, tiny.classifier(tmp_path / "scenes.onnx"))
    tiny.yolox(shelf.folder / "single.onnx", side=96)
    (shelf.folder / "single.toml").write_text('licence = "mine"\n')
    for name in ("things", "single"):
        shelf.store().remove(shelf.found()[name])
    assert list(shelf.found()) == ["scenes"]
    assert shelf.tree() == ["scenes/pack.toml", "scenes/scenes.onnx"]


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own on Windows")
def test_only_the_link_to_a_pack_elsewhere_is_removed(shelf: Shelf, tmp_path: Path) -> None:
    tiny.yolox(tmp_path / "elsewhere/mine.onnx", side=96)
    (shelf.folder / "linked").symlink_to(tmp_path / "elsewhere")
    shelf.store().remove(shelf.found()["linked"])
    assert shelf.found() == {}
    assert (tmp_path / "elsewhere/mine.onnx").exists()


def test_a_pack_elsewhere_and_the_built_in_one_are_not_removed(shelf: Shelf, tmp_path: Path) -> None:
    tiny.yolox(tmp_path / "elsewhere/mine/mine.onnx", side=96)
    (pack,) = find_packs([tmp_path / "elsewhere"])
    with pytest.raises(PackError, match=r"lies in .*elsewhere.*delete it there yourself"):
        shelf.store().remove(pack)
    assert (tmp_path / "elsewhere/mine/mine.onnx").exists()
    builtin = builtin_pack()
    if builtin is not None:
        with pytest.raises(PackError, match="built in"):
            shelf.store().remove(builtin)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_flipped_bit_is_found_and_named(shelf: Shelf, tmp_path: Path) -> None:
    shelf.fetch()
    imported(shelf, tiny.classifier(tmp_path / "scenes.onnx"))
    registry = {"things": shelf.entry}
    assert all(not verify(pack, registry, WATCH).faults for pack in shelf.found().values())
    for name in ("things", "scenes"):
        flip(shelf.folder / name / f"{name}.onnx")
        checked = verify(shelf.found()[name], registry, WATCH)
        assert checked.faults == (f"{name}.onnx is not as it came",)
        assert checked.pack.status == "changed since it was downloaded"


def test_a_flip_that_keeps_size_and_time_is_found_too(shelf: Shelf) -> None:
    shelf.fetch()
    model = shelf.folder / "things" / "things.onnx"
    before = shelf.found()["things"]
    state = model.stat()
    flip(model)
    os.utime(model, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert verify(before, {"things": shelf.entry}, WATCH).faults == ("things.onnx is not as it came",)


def test_a_missing_and_an_unpublished_file_are_named(shelf: Shelf, tmp_path: Path) -> None:
    shelf.fetch()
    (shelf.folder / "things" / "things.onnx").rename(shelf.folder / "things" / "away.onnx")
    assert "things.onnx is missing" in verify(shelf.found()["things"], {"things": shelf.entry}, WATCH).faults
    (tmp_path / "things.onnx").write_bytes(shelf.other)
    (pack,) = imported(shelf, tmp_path / "things.onnx")
    checked = verify(pack, {"things": shelf.entry}, WATCH)
    assert (checked.pack.status, checked.faults) == (
        "not the published files",
        ("things.onnx is not the published file",),
    )


def test_a_licence_is_told_once_for_each_pack(models_home: Path) -> None:
    entry = registered("things", "objects", licence="Some licence 1.0")
    news = licence_news(models_home, entry)
    assert news is not None
    assert "Some licence 1.0 (https://example.org/licence); it is not for commercial use" in news
    assert licence_news(models_home, entry) is None
    assert licence_news(models_home, registered("others", "objects")) is not None
    assert licence_news(models_home, registered("things", "objects", licence="2.0")) is not None
    for damaged in ("{", "[]", '{"things": 3}'):
        (models_home / "licences.json").write_text(damaged)
        assert licence_news(models_home, entry) is not None
        assert (
            json.loads((models_home / "licences.json").read_text())["things"]["licence"] == "Some licence 1.0"
        )


SIMPLE = st.one_of(
    st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.floats(0, 9), max_size=3),
)  # fmt: skip
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@given(st.dictionaries(KEYS, st.one_of(SIMPLE, st.dictionaries(KEYS, SIMPLE, max_size=3)), max_size=4))
def test_what_is_written_into_a_sheet_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, stated: dict[str, object]
) -> None:
    stated = {f"own {key}": value for key, value in stated.items()}
    folder = tmp_path_factory.mktemp("sheet")
    write_sheet(folder, stated)
    assert stated_in(folder) == stated
