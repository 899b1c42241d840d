"""scan and show from outside: what is reported, and what each kind of bad input gives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from running import nivo, picture

from nivo_tui.platform.locks import FileLock
from nivo_tui.settings import load_paths


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    picture(root / "a.jpg", seed=1)
    picture(root / "sub" / "b.png", seed=2)
    (root / "clip.mov").write_bytes(b"film")
    return root


def test_a_scan_reports_every_photo_and_a_second_one_finds_them_unchanged(library: Path) -> None:
    ran = nivo("scan", library, "--json")
    assert ran.status == 0
    assert {(os.path.basename(x["path"]), x["status"]) for x in ran.of("photo")} == {
        ("a.jpg", "new"),
        ("b.png", "new"),
    }
    assert ran.summary["photos"] == 2 and ran.summary["skipped"] == {"mov": 1}
    again = nivo("--json", "scan", library)
    assert again.summary["unchanged"] == 2 and again.summary["new"] == 0


def test_show_has_every_field_and_no_model_makes_no_people_tag(library: Path) -> None:
    assert nivo("scan", library / "a.jpg", "--models", "none", "--json").summary["packs"] == []
    (photo,) = nivo("show", library / "a.jpg", "--json").of("photo")
    assert set(photo) == {
        *("type path format width height taken_at camera lens gps rating quality hash faces tags".split()),
        *("file_keywords error".split()),
    }
    assert (photo["format"], photo["width"], photo["height"], photo["error"]) == ("jpeg", 640, 480, None)
    assert photo["hash"]["image"] and photo["hash"]["perceptual"] and photo["quality"]["score"] >= 0
    assert {t["category"] for t in photo["tags"]} >= {"format"}
    assert "people" not in {t["category"] for t in photo["tags"]}
    assert photo["faces"] is None and photo["taken_at"] is None


def test_bad_files_cost_themselves_and_say_why(library: Path) -> None:
    (library / "text.jpg").write_text("this is not a picture\n" * 50)
    (library / "empty.heic").write_bytes(b"")
    whole = (library / "a.jpg").read_bytes()
    (library / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (library / "head.jpg").write_bytes(whole[:200])
    ran = nivo("scan", library, "--models", "none", "--json")
    assert ran.status == 1
    failed = {os.path.basename(x["path"]): x["error"] for x in ran.of("photo") if x["status"] == "failed"}
    assert set(failed) == {"text.jpg", "empty.heic", "head.jpg"}
    assert "no picture" in failed["text.jpg"] and "empty" in failed["empty.heic"]
    assert ran.summary["new"] == 3 and ran.summary["failed"] == 3
    assert nivo("scan", library, "--models", "none", "--json").summary["failed"] == 3


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(library: Path) -> None:
    (library / "a.jpg").chmod(0)
    ran = nivo("scan", library, "--models", "none", "--json")
    assert "permission" in next(x["error"] for x in ran.of("photo") if x["status"] == "failed")


def test_a_path_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    ran = nivo("scan", tmp_path / "none", "--json")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count("\n") == 1 and "does not exist" in ran.err


def test_an_unknown_pack_names_where_was_looked(library: Path) -> None:
    ran = nivo("scan", library, "--models", "buffalo_xxl")
    assert ran.status == 2 and "buffalo_xxl" in ran.err and "Traceback" not in ran.err


def test_broken_settings_are_one_line(library: Path, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("[scan]\nmodel = 'auto'\n")
    ran = nivo("scan", library)
    assert ran.status == 2 and ran.err.count("\n") == 1 and "did you mean 'models'" in ran.err


def test_a_busy_home_is_said_and_left(library: Path, home: Path) -> None:
    paths = load_paths()
    paths.create()
    with FileLock(paths.lock) as lock:
        assert lock.acquire()
        ran = nivo("scan", library, "--no-wait", "--json")
    assert ran.status == 3 and ran.out == ""


def test_a_changed_and_a_moved_photo(library: Path) -> None:
    nivo("scan", library, "--models", "none")
    nivo("decide", library / "a.jpg", "--accept", "my tag")
    (library / "a.jpg").rename(library / "sub" / "moved.jpg")
    picture(library / "sub" / "b.png", seed=9)
    ran = nivo("scan", library, "--models", "none", "--json")
    statuses = {os.path.basename(x["path"]): x["status"] for x in ran.of("photo")}
    assert statuses == {"moved.jpg": "moved", "b.png": "changed"}
    (decision,) = nivo("decisions", library, "--json").of("decision")
    assert decision["path"].endswith("moved.jpg") and decision["tag"] == "my_tag"


def test_a_copy_is_new_and_what_was_seen_is_kept(library: Path) -> None:
    nivo("scan", library, "--models", "none")
    (library / "copy.jpg").write_bytes((library / "a.jpg").read_bytes())
    ran = nivo("scan", library, "--models", "none", "--json")
    assert (ran.summary["new"], ran.summary["unchanged"]) == (1, 2)
    first, copy = (nivo("show", library / name, "--json").of("photo")[0] for name in ("a.jpg", "copy.jpg"))
    assert copy["quality"] == first["quality"] and copy["tags"] == first["tags"]


def test_labels_of_another_language_come_with_the_next_scan(library: Path, home: Path) -> None:
    nivo("scan", library, "--models", "none")
    (home / "config.toml").write_text('[screen]\nlanguage = "de"\n')
    assert nivo("scan", library, "--models", "none", "--json").summary["unchanged"] == 2
    (photo,) = nivo("show", library / "a.jpg", "--json").of("photo")
    assert "scharf" in {tag["label"] for tag in photo["tags"]}


def test_names_are_never_printed_raw(tmp_path: Path) -> None:
    picture(tmp_path / "p" / "x.jpg").rename(tmp_path / "p" / "\x1b[31mred\n.jpg")
    ran = nivo("scan", tmp_path / "p", "--models", "none", "-v")
    assert "\x1b" not in ran.out + ran.err and "\\x1b[31mred" in ran.out
    ran = nivo("scan", tmp_path / "p", "--models", "none", "--json")
    assert ran.out.isascii() and json.loads(ran.out.splitlines()[0])["path"].endswith("\x1b[31mred\n.jpg")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_with_a_summary_and_130(tmp_path: Path) -> None:
    root = tmp_path / "many"
    original = picture(root / "0.jpg").read_bytes()
    for n in range(1, 400):
        (root / f"{n}.jpg").write_bytes(original)
    process = subprocess.Popen(
        [sys.executable, "-m", "nivo_tui", "scan", str(root), "--models", "none", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read().splitlines()
    assert process.wait() == 130
    summary = json.loads(rest[-1])
    assert summary["type"] == "summary" and 0 < summary["photos"] < 400


def test_an_empty_folder_does_not_make_the_library_forgotten(library: Path) -> None:
    nivo("scan", library, "--models", "none")
    library.rename(library.with_name("elsewhere"))
    library.mkdir()
    nivo("scan", library, "--models", "none")
    assert len(nivo("show", library, "--json").of("photo")) == 2


def test_a_photo_that_went_away_is_forgotten(library: Path) -> None:
    nivo("scan", library, "--models", "none")
    (library / "a.jpg").unlink()
    nivo("scan", library, "--models", "none")
    assert len(nivo("show", library, "--json").of("photo")) == 1


def test_a_look_without_models_takes_nothing_away(library: Path) -> None:
    first = nivo("scan", library, "--json")
    again = nivo("scan", library, "--models", "none", "--json")
    assert again.summary["unchanged"] == 2 and again.summary["faces"] == first.summary["faces"]


def test_lost_thumbnails_come_back(library: Path, home: Path) -> None:
    nivo("scan", library, "--models", "none")
    made = sorted(home.glob("thumbnails/*/*.jpg"))
    made[0].unlink()
    ran = nivo("scan", library, "--models", "none", "--json")
    assert ran.summary["unchanged"] == 2 and sorted(home.glob("thumbnails/*/*.jpg")) == made


def test_tags_of_nearly_every_photo_are_listed_and_not_suggested(tmp_path: Path) -> None:
    root = tmp_path / "grey"
    for n in range(51):
        grey = Image.open(picture(root / f"{n}.png", seed=n, size=(120, 90))).convert("L")
        grey.save(root / f"{n}.png")
    nivo("scan", root, "--models", "none")
    report = nivo("report", root, "--json")
    silent = {x["tag"]: x["photos"] for x in report.of("uninformative")}
    assert silent["black_and_white"] == 51
    (shown,) = nivo("show", root / "0.png", "--json").of("photo")
    assert "black_and_white" in {t["tag"] for t in shown["tags"]}
    ran = nivo("write", root / "0.png", "--categories", "all", "--json")
    (receipt,) = ran.of("receipt")
    assert "horizontal" in receipt["added"] and "black and white" not in receipt["added"]
