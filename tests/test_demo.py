"""The demo: what it makes, what it leaves alone, and its walk through the whole loop."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import piexif
import pytest
from PIL import Image

from nivo_tui.cli import main
from nivo_tui.commands import demo, demo_check, demo_library, demo_making, demo_reading
from nivo_tui.commands.common import Surroundings
from nivo_tui.commands.demo_library import STAMP, DemoLibrary, open_library, read_stamp
from nivo_tui.commands.output import Output
from nivo_tui.errors import NivoError, UsageError
from nivo_tui.settings import Settings, load_paths


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DemoLibrary:
    """A demo library, made once; tests that change it put back what they changed."""
    return open_library(tmp_path_factory.mktemp("demo"))


def _state(library: DemoLibrary) -> dict[str, tuple[int, int]]:
    return {p.name: (p.stat().st_mtime_ns, p.stat().st_size) for p in library.files()}


def test_the_library_is_small_varied_and_real(made: DemoLibrary) -> None:
    assert 18 <= len(made.files()) <= 26
    assert max(p.stat().st_size for p in made.files()) < demo_making.MOST_BYTES
    kinds = Counter(p.suffix.lower() for p in made.files())
    assert kinds[".jpg"] >= 12
    assert {".png", ".tif"} <= set(kinds)
    assert len({p.parent for p in made.files()}) >= 6


def test_every_photo_but_the_broken_one_decodes(made: DemoLibrary) -> None:
    for path in made.files():
        if path == made.broken:
            with pytest.raises(OSError), Image.open(path) as image:
                image.load()
        else:
            assert len(demo_check.pixels(str(path))) == 64


def test_cameras_times_and_places_are_in_the_files(made: DemoLibrary) -> None:
    first = piexif.load(str(made.photos / "Coast/IMG_3012.JPG"))
    assert first["0th"][piexif.ImageIFD.Model] == b"iPhone 13"
    assert first["Exif"][piexif.ExifIFD.DateTimeOriginal] == b"2024:08:17 20:24:00"
    assert first["GPS"][piexif.GPSIFD.GPSLongitudeRef] == b"W"
    turned = piexif.load(str(made.photos / "People/IMG_6002.JPG"))
    assert turned["0th"][piexif.ImageIFD.Orientation] == 6
    assert demo_check.subjects(str(made.photos / "Fields/IMG_2207.JPG")) == [
        "lavender",
        "Provence",
        "été 2024",
    ]


def test_some_photos_have_words_of_their_owner_in_a_hierarchy(made: DemoLibrary) -> None:
    wood, shore = str(made.photos / "Woods/P1020391.JPG"), str(made.photos / "Coast/IMG_3012.JPG")
    assert demo_check.subjects(wood) == ["Woods", "walk"]
    assert demo_reading.hierarchies(wood) == ["Nature|Woods"]
    assert demo_reading.hierarchies(shore) == ["Holidays|Seaside"]
    assert demo_reading.hierarchies(str(made.photos / "Fields/IMG_2207.JPG")) == []


def test_a_whole_library_is_used_again(made: DemoLibrary) -> None:
    before = _state(made)
    again = open_library(made.folder)
    assert not again.made_now
    assert _state(again) == before


def test_tags_written_since_do_no_harm(made: DemoLibrary) -> None:
    photo = made.photos / "Coast/IMG_3012.JPG"
    data = photo.read_bytes()
    photo.write_bytes(data + b"\0")
    try:
        assert not open_library(made.folder).made_now
    finally:
        photo.write_bytes(data)


def _remove(library: DemoLibrary) -> None:
    (library.photos / "Night/moon.png").unlink()


def _empty(library: DemoLibrary) -> None:
    (library.photos / "Woods/P1020344.JPG").write_bytes(b"")


def _another_kind(library: DemoLibrary) -> None:
    (library.photos / "Night/moon.png").write_bytes(b"not a picture")


def _half_made(library: DemoLibrary) -> None:
    stamp = json.loads((library.folder / STAMP).read_text(encoding="utf-8"))
    (library.folder / STAMP).write_text(json.dumps(stamp | {"complete": False}), encoding="utf-8")


def _old_version(library: DemoLibrary) -> None:
    stamp = json.loads((library.folder / STAMP).read_text(encoding="utf-8"))
    (library.folder / STAMP).write_text(json.dumps(stamp | {"version": 0}), encoding="utf-8")


@pytest.mark.parametrize("damage", [_remove, _empty, _another_kind, _half_made, _old_version])
def test_a_damaged_library_is_made_again(
    made: DemoLibrary, damage: Callable[[DemoLibrary], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {path: path.read_bytes() for path in made.files()}
    stamp = (made.folder / STAMP).read_text(encoding="utf-8")
    asked: list[Path] = []

    def put_back(folder: Path) -> None:
        asked.append(folder)
        for path, data in contents.items():
            path.write_bytes(data)
        (made.folder / STAMP).write_text(stamp, encoding="utf-8")

    monkeypatch.setattr(demo_library, "_make", put_back)
    damage(made)
    assert open_library(made.folder).made_now
    assert asked == [made.folder]


def test_making_it_again_never_writes_through_a_link(made: DemoLibrary, tmp_path: Path) -> None:
    precious, photo = tmp_path / "precious.jpg", made.photos / "Home/IMG_5120.JPG"
    precious.write_bytes(b"precious")
    data = photo.read_bytes()
    photo.unlink()
    try:
        photo.symlink_to(precious)
    except OSError:
        photo.write_bytes(data)
        pytest.skip("links are not allowed here")
    demo_making._put(photo, data)
    assert precious.read_bytes() == b"precious"
    assert not photo.is_symlink()


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(UsageError, match="holds no demo library"):
        open_library(tmp_path)
    assert [p.name for p in tmp_path.iterdir() if p.name != "nivo-home"] == ["thesis.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(UsageError, match="is a file"):
        open_library(tmp_path / "file")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(NivoError, match="file"):
        open_library(tmp_path / "file" / "below")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"complete": true, "more": [1]}'])
def test_a_stamp_that_makes_no_sense_counts_as_none_or_not_whole(tmp_path: Path, text: str) -> None:
    (tmp_path / STAMP).write_text(text, encoding="utf-8")
    stamp = read_stamp(tmp_path)
    assert stamp is None or not demo_library._is_whole(tmp_path, stamp)


def test_without_scikit_image_all_is_drawn_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_making, "photographs", lambda: None)
    monkeypatch.setattr(demo_making, "PLANS", demo_making.PLANS[-2:])
    stamp = demo_making.make(tmp_path)
    assert stamp.photographs == 0
    assert "without scikit-image" in stamp.notes[0]
    assert (tmp_path / "photos/People/IMG_6001.JPG").stat().st_size > 10_000


def test_a_format_that_cannot_be_encoded_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = tuple(p for p in demo_making.PLANS if p.name.endswith(("HEIC", "3012.JPG")))
    monkeypatch.setattr(demo_making, "PLANS", plans)
    monkeypatch.setattr(demo_making, "_can_write_heic", lambda: False)
    stamp = demo_making.make(tmp_path)
    assert not any(name.endswith("HEIC") for name in stamp.files)
    assert any("no HEIC photo" in note for note in stamp.notes)


def test_scikit_image_is_found_without_importing_it() -> None:
    code = (
        "import sys\nfrom nivo_tui.commands.demo_making import photographs\n"
        "photographs()\nprint('skimage' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_demo_that_is_made_already_loads_nothing_heavy(made: DemoLibrary) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom nivo_tui.commands.demo_library import open_library\n"
        f"open_library(Path({str(made.folder)!r}))\n"
        "print({'numpy', 'PIL', 'pillow_heif', 'textual'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_screen_opens_on_the_demo_with_a_home_of_its_own(
    made: DemoLibrary, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from nivo_tui.ui import start

    opened: list[tuple[str, Path, str, str | None]] = []

    def run(root: str, paths: Any, settings: Any, *, images: str | None, title: str) -> int:
        opened.append((root, paths.home, title, images))
        return 0

    monkeypatch.setattr(start, "run", run)
    assert main(["demo", "--dir", str(made.folder)]) == 0
    assert main(["demo", "--images", "half", "--dir", str(made.folder)]) == 0
    assert opened == [(str(made.photos), made.home, "demo", images) for images in (None, "half")]
    assert not home.exists()
    assert "touches your own photos" in capsys.readouterr().err


def test_the_demo_lies_inside_nivo_home_or_in_the_cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(as_json=False)
    options = Namespace(dir=None)
    assert demo._folder(options, Surroundings(load_paths(), Settings(), output)) == home / "demo"
    monkeypatch.delenv("NIVO_HOME")
    elsewhere = demo._folder(options, Surroundings(load_paths(), Settings(), output))
    assert elsewhere.name == "nivo-tui-demo"
    assert not elsewhere.is_relative_to(load_paths().home)


Walked = tuple[Path, int, list[dict[str, Any]]]

STEPS = [
    "make a library",
    "scan",
    "show what was seen",
    "places, times and a wrong clock",
    "decide",
    "plan a write, change nothing",
    "write",
    "keywords, read by other programs",
    "tags as their owner writes them",
    "pictures unchanged",
    "write again, nothing to do",
    "verify",
    "undo, every byte as before",
    "export and import",
]


@pytest.fixture(scope="module")
def walked(made: DemoLibrary, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """The whole walk, once, on a copy of the library: where, its status and its lines."""
    place, out = tmp_path_factory.mktemp("walk"), io.StringIO()

    def copy(folder: Path) -> DemoLibrary:
        shutil.copytree(made.folder, folder)
        return open_library(folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_check, "open_library", copy)
        status = demo_check.check(Output(as_json=True, out=out, err=io.StringIO()), str(place))
    return place, status, [json.loads(line) for line in out.getvalue().splitlines()]


def test_every_step_of_the_loop_holds(walked: Walked) -> None:
    _, status, lines = walked
    steps = [line for line in lines if line["type"] == "step"]
    assert [line["name"] for line in steps] == STEPS
    assert [line for line in steps if not line["ok"]] == []
    assert all(line.keys() == {"type", "name", "ok", "detail"} and line["detail"] for line in steps)
    assert status == 0
    assert lines[-1] == {"type": "summary", "failed": 0, "seconds": lines[-1]["seconds"]}


def test_the_walk_leaves_nothing_behind(walked: Walked) -> None:
    place, _, _ = walked
    assert list(place.iterdir()) == []


def test_a_step_that_fails_is_told_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> DemoLibrary:
        raise NivoError("no room")

    monkeypatch.setattr(demo_check, "open_library", refuse)
    out = io.StringIO()
    assert demo_check.check(Output(as_json=True, out=out, err=io.StringIO()), str(tmp_path)) == 1
    first, summary = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["ok"], first["detail"]) == (False, "no room")
    assert summary["failed"] == 1


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert main(["demo", "--check", "--dir", str(tmp_path / "file" / "below")]) == 2
    assert "cannot be used" in capsys.readouterr().err


def test_an_interrupt_ends_the_walk_and_leaves_nothing(
    made: DemoLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy(folder: Path) -> DemoLibrary:
        shutil.copytree(made.folder, folder)
        return open_library(folder)

    monkeypatch.setattr(demo_check, "open_library", copy)
    monkeypatch.setattr(demo_check.scan, "run", lambda options, around: 130)
    assert main(["demo", "--check", "--dir", str(tmp_path / "place")]) == 130
    assert list((tmp_path / "place").iterdir()) == []


class TestTheChecksSeeDamage:
    """Each comparison of the walk, on a library where what it looks for is wrong."""

    @pytest.fixture
    def walk(self, made: DemoLibrary, tmp_path: Path) -> demo_check.Walk:
        walk = demo_check.Walk(tmp_path)
        walk.library = made
        return walk

    def test_a_changed_file(self, walk: demo_check.Walk) -> None:
        walk._first = {"a photo": "another hash"}
        walk._run = lambda *a, **k: demo_check.Told(0, [])  # type: ignore[method-assign]
        with pytest.raises(demo_check.StepError, match="planned 0 of"):
            walk.plan()

    def test_a_missing_keyword(self, walk: demo_check.Walk, made: DemoLibrary) -> None:
        walk._receipts = [{"target": str(made.photos / "Fields/IMG_2207.JPG")}]
        with pytest.raises(demo_check.StepError, match="lacks"):
            walk.read_back()

    def test_a_word_that_is_not_the_owners(self, walk: demo_check.Walk, made: DemoLibrary) -> None:
        forest = str(made.photos / "Woods/P1020344.JPG")
        walk._receipts = [{"path": forest, "target": forest}]
        with pytest.raises(demo_check.StepError, match="no Woods at Nature"):
            walk.own_words()

    @pytest.mark.parametrize(
        ("name", "seen", "told"),
        [
            ("IMG_3012.JPG", {"tags": []}, "places none"),
            ("20240615_141233.webp", {"taken_at": None}, "was taken at None"),
            ("DSC_0207.JPG", {"taken_at": "2025-01-12T12:40:00"}, "came to 2025-01-12T12:40"),
        ],
    )
    def test_a_place_or_time_that_is_wrong(
        self, walk: demo_check.Walk, name: str, seen: dict[str, Any], told: str
    ) -> None:
        places = [{"label": label, "category": "location"} for label in ("Ericeira", "Portugal")]
        photos: dict[str, dict[str, Any]] = {
            "IMG_3012.JPG": {"tags": places},
            "20240615_141233.webp": {"taken_at": "2024-06-15T14:12:33"},
            "DSC_0207.JPG": {"taken_at": "2025-01-12T03:40:00"},
        }
        photos[name] |= seen
        lines = [{"type": "photo", "path": f"/photos/{key}", **photo} for key, photo in photos.items()]
        walk._run = lambda *a, **k: demo_check.Told(0, lines)  # type: ignore[method-assign]
        with pytest.raises(demo_check.StepError, match=told):
            walk.places_and_times()

    def test_other_pixels(self, walk: demo_check.Walk) -> None:
        walk._pixels = dict.fromkeys(walk._good, "another hash")
        with pytest.raises(demo_check.StepError, match="other pixels"):
            walk.compare_pictures()
