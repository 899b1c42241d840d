"""What is made again when a photo is looked at a second time, and what is not."""

from __future__ import annotations

import io
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import piexif
import pytest
from PIL import Image
from running import picture

from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import PhotoRecord
from nivo_tui.engine import analysis
from nivo_tui.engine.analysis import Analyser, outdated
from nivo_tui.engine.listing import stat_of
from nivo_tui.engine.memory import CatalogMemory
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.thumbnails import Thumbnails
from nivo_tui.imaging.working import WorkingImage
from nivo_tui.inference.analyst import Analysis, Analyst
from nivo_tui.model import Category, Face, FaceQuality, FoundObject
from nivo_tui.settings import load_paths
from nivo_tui.tagging.version import SOURCES
from nivo_tui.tagging.vocabulary import Vocabulary

NOW = analysis.FEATURES_VERSION


class Eyes:
    """Stands for the models: sees one face, one dog and one class, and notes what it was asked for."""

    def __init__(self, **versions: str) -> None:
        self.versions: Mapping[str, str] = versions
        self.phrases = None
        self.asked: list[set[str]] = []
        self.failing: set[str] = set()

    def analyse(self, working: WorkingImage, parts: Collection[str]) -> Analysis:
        self.asked.append(set(parts))
        made = set(parts) - self.failing
        quality = FaceQuality(0.5, 10.0, 0.25, -3.5, 1.0)
        return Analysis(
            faces=(Face(1.0, 2.0, 11.0, 12.0, 0.9, quality=quality),) if "faces" in made else None,
            detector="eyes" if "faces" in made else None,
            objects=(FoundObject("dog", 0.9, 0.0, 0.0, 50.0, 50.0),) if "objects" in made else None,
            classes=((978, "seashore", 0.75),) if "classes" in made else None,
            failed=cast(Any, {part: f"the {part} model failed" for part in parts if part in self.failing}),
        )


def rules(version: str) -> dict[Category, str]:
    return dict.fromkeys(SOURCES, version)


class Bench:
    """A home with its catalog, a photo, and an analyser that can be exchanged."""

    def __init__(self, folder: Path) -> None:
        self.photo = picture(folder / "photos" / "a.jpg")
        self.paths = load_paths(folder / "home")
        self.paths.create()
        self.store = PhotoStore(open_catalog(self.paths))
        self.memory = CatalogMemory(self.paths)
        self.eyes = Eyes(faces="f@1", objects="o@1")
        self.rules = "r1"

    @property
    def analyser(self) -> Analyser:
        analyst = cast(Analyst, self.eyes)
        thumbnails = Thumbnails(self.paths.thumbnails)
        return Analyser(analyst, Vocabulary.load(), PixelBudget(), thumbnails, rules(self.rules))

    def look(self, path: Path | None = None) -> PhotoRecord:
        record = self.analyser.deep(str(path or self.photo), self.memory)
        assert record.error is None
        self.store.save([record])
        return record


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.memory.close()
    made.store.connection.close()


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever decodes a picture now fails."""

    def decode(*_: object) -> None:
        raise AssertionError("a picture was decoded")

    monkeypatch.setattr(analysis, "decode", decode)


def tags(record: PhotoRecord) -> set[str]:
    return {rated.suggestion.tag for rated in record.suggestions}


def test_everything_is_made_once(bench: Bench) -> None:
    record = bench.look()
    assert bench.eyes.asked == [{"faces", "objects"}]
    of_rules = {f"rules:{category.value}": "r1" for category in SOURCES}
    assert record.versions == {"features": NOW, "faces": "f@1", "objects": "o@1", **of_rules}
    assert {"dog", "has_animal", "single_person"} <= tags(record)


def test_what_the_catalog_gives_back_is_what_was_seen(bench: Bench) -> None:
    made = bench.look()
    stored = bench.store.load(str(bench.photo))
    assert stored is not None
    assert replace(stored, suggestions=made.suggestions) == made


def test_a_known_picture_is_not_decoded_again(bench: Bench, request: pytest.FixtureRequest) -> None:
    first = bench.look()
    request.getfixturevalue("blind")
    again = bench.look()
    assert (again.faces, again.objects, again.features) == (first.faces, first.objects, first.features)
    assert tags(again) == tags(first)


def test_a_new_model_is_the_only_one_that_looks(bench: Bench) -> None:
    first = bench.look()
    bench.eyes = Eyes(faces="f@1", objects="o@2", classes="c@1")
    again = bench.look()
    assert bench.eyes.asked == [{"objects", "classes"}]
    assert again.faces == first.faces and again.features == first.features
    assert again.versions["objects"] == "o@2" and "beach" in tags(again)


def test_a_look_without_models_keeps_what_they_saw(bench: Bench) -> None:
    first = bench.look()
    without = Analyser(
        None, Vocabulary.load(), PixelBudget(), Thumbnails(bench.paths.thumbnails), rules(bench.rules)
    )
    again = without.deep(str(bench.photo), bench.memory)
    assert again.faces == first.faces and again.versions == first.versions
    assert tags(again) == tags(first)


def test_measurements_of_a_small_picture_are_made_anew_when_models_look(bench: Bench) -> None:
    thumbnails = Thumbnails(bench.paths.thumbnails)
    without = Analyser(None, Vocabulary.load(), PixelBudget(), thumbnails, rules(bench.rules))
    record = without.deep(str(bench.photo), bench.memory)
    assert record.versions["features"] == f"{NOW}/small" and record.faces is None
    bench.store.save([record])
    assert bench.look().versions["features"] == NOW


def test_new_metadata_around_the_same_picture_costs_no_look(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    first = bench.look()
    exif = piexif.dump({"0th": {piexif.ImageIFD.Make: b"Nikon"}})
    piexif.insert(exif, str(bench.photo))
    request.getfixturevalue("blind")
    again = bench.look()
    assert again.metadata.capture.make == "Nikon" and again.stat != first.stat
    assert again.faces == first.faces and again.image_hash == first.image_hash


def test_a_picture_that_was_turned_is_looked_at_again(bench: Bench) -> None:
    first = bench.look()
    piexif.insert(piexif.dump({"0th": {piexif.ImageIFD.Orientation: 6}}), str(bench.photo))
    again = bench.look()
    assert len(bench.eyes.asked) == 2
    assert (again.width, again.height) == (first.height, first.width)


def test_other_pixels_are_looked_at_again(bench: Bench) -> None:
    bench.look()
    picture(bench.photo, seed=5)
    bench.look()
    assert len(bench.eyes.asked) == 2


def test_a_copy_takes_over_what_was_seen(bench: Bench, request: pytest.FixtureRequest) -> None:
    first = bench.look()
    copy = bench.photo.with_name("copy.jpg")
    shutil.copy(bench.photo, copy)
    request.getfixturevalue("blind")
    again = bench.look(copy)
    assert again.path == str(copy) and again.faces == first.faces


def test_a_missing_thumbnail_is_made_and_nothing_else(bench: Bench) -> None:
    record = bench.look()
    assert record.image_hash is not None
    thumbnail = bench.analyser.thumbnails.path(record.image_hash)
    thumbnail.unlink()
    bench.look()
    assert thumbnail.is_file()
    assert bench.eyes.asked[1:] in ([], [set()])


def test_changed_rules_need_no_file(bench: Bench) -> None:
    bench.look()
    stored = bench.store.load(str(bench.photo))
    assert stored is not None
    bench.photo.unlink()
    bench.rules = "r2"
    renewed = bench.analyser.suggested(stored)
    assert renewed.versions["rules:objects"] == "r2" and "dog" in tags(renewed)


def test_a_model_that_fails_leaves_the_others_and_is_asked_again(bench: Bench) -> None:
    bench.eyes.failing = {"objects"}
    record = bench.look()
    assert record.faces and record.objects is None
    assert "the objects model failed" in record.notes and "objects" not in record.versions
    bench.eyes.failing = set()
    again = bench.look()
    assert bench.eyes.asked[-1] == {"objects"}
    assert again.objects and "the objects model failed" not in again.notes


def test_damage_is_still_said_when_the_picture_is_not_decoded_again(bench: Bench) -> None:
    whole = bench.photo.read_bytes()
    bench.photo.write_bytes(whole[: len(whole) * 3 // 4])
    first = bench.look()
    assert any("truncated" in note for note in first.notes)
    assert bench.look().notes == first.notes


def test_a_heic_may_have_been_turned_where_the_hash_does_not_look(bench: Bench, tmp_path: Path) -> None:
    from nivo_tui.engine.memory import shows_the_same

    record = bench.look()
    heic = replace(record, format=analysis.Format.HEIC)
    touched = replace(heic, stat=replace(heic.stat, mtime_ns=heic.stat.mtime_ns + 1))
    assert shows_the_same(heic, heic)
    assert not shows_the_same(heic, touched)
    assert shows_the_same(record, replace(record, stat=touched.stat))


@pytest.mark.parametrize(
    ("made", "wanted", "lacking"),
    [
        ({}, {"features": "2", "rules": "r"}, {"features", "rules"}),
        ({"features": "2", "rules": "r"}, {"features": "2", "rules": "r"}, set()),
        ({"features": "2", "rules": "r"}, {"features": "2/small", "rules": "r"}, set()),
        ({"features": "2/small", "rules": "r"}, {"features": "2", "rules": "r"}, {"features"}),
        ({"features": "1", "rules": "r"}, {"features": "2/small", "rules": "r"}, {"features"}),
        ({"features": "2", "faces": "a", "rules": "r"}, {"features": "2/small", "rules": "q"}, {"rules"}),
    ],
)
def test_what_is_outdated(made: dict[str, str], wanted: dict[str, str], lacking: set[str]) -> None:
    assert outdated(made, wanted) == lacking


def test_a_picture_without_pixels_costs_itself(bench: Bench) -> None:
    empty = bench.photo.with_name("empty.png")
    Image.new("RGB", (1, 1)).save(empty)
    data = bytearray(empty.read_bytes())
    data[16:24] = bytes(8)
    empty.write_bytes(data)
    record = bench.analyser.deep(str(empty), bench.memory)
    assert record.error and "\n" not in record.error


def test_the_quick_pass_shows_the_thumbnail_that_the_file_brings(bench: Bench) -> None:
    small = io.BytesIO()
    Image.new("RGB", (160, 120), (200, 10, 10)).save(small, "JPEG")
    piexif.insert(piexif.dump({"1st": {}, "thumbnail": small.getvalue()}), str(bench.photo))
    stat = stat_of(str(bench.photo))
    bench.store.save([bench.analyser.quick(str(bench.photo), stat)])
    library = Library(bench.paths)
    first = library.detail(str(bench.photo))
    assert first is not None and first.thumbnail is not None and first.progress == "new"
    with Image.open(first.thumbnail) as shown:
        assert shown.size == (160, 120)
    bench.look()
    later = library.detail(str(bench.photo))
    assert later is not None and later.thumbnail is not None
    with Image.open(later.thumbnail) as shown:
        assert max(shown.size) == 512
    assert not Path(first.thumbnail).exists()


def test_the_quick_pass_keeps_nothing_of_a_file_that_brings_no_thumbnail(bench: Bench) -> None:
    record = bench.analyser.quick(str(bench.photo), stat_of(str(bench.photo)))
    assert record.error is None and record.versions == {}
    assert not any(path.is_file() for path in bench.paths.thumbnails.rglob("*"))


def test_models_that_fail_are_told_once_with_how_often(bench: Bench) -> None:
    bench.eyes.failing = {"objects"}
    analyser = bench.analyser
    for _ in range(3):
        analyser.deep(str(bench.photo))
    assert analyser.failures.lines() == ["objects (o) failed on 3 photos: the objects model failed"]


def test_what_is_not_the_pictures_fault_is_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    tight = replace(bench.analyser, budget=PixelBudget(0.01))
    too_large = tight.deep(str(bench.photo), bench.memory)
    assert too_large.error is not None and "pixel_budget" in too_large.error and too_large.versions == {}

    def no_file(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(analysis, "read_metadata", no_file)
        unread = bench.analyser.deep(str(bench.photo), bench.memory)
    assert unread.error == "too many open files" and unread.versions == {}
    bench.photo.write_bytes(b"\xff\xd8 no picture")
    broken = bench.analyser.deep(str(bench.photo), bench.memory)
    assert broken.error is not None and broken.versions
