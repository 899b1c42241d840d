"""report from outside: the figures of a library for a person, and as JSON lines."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from rich.cells import cell_len
from running import nivo, picture


@pytest.fixture
def library(tmp_path: Path, home: Path) -> Path:
    """Four scanned photos, one of them broken; something was accepted, rejected, typed and written."""
    folder = tmp_path / "photos"
    for number, name in enumerate(("a.jpg", "b.png", "below/c.jpg")):
        picture(folder / name, seed=number, size=(320, 240))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    nivo("scan", folder, "--models", "none")
    assert nivo("decide", folder / "a.jpg", "--accept", "Summer house,horizontal").status == 0
    assert nivo("decide", folder / "b.png", "--reject", "horizontal").status == 0
    assert nivo("write", folder / "a.jpg", "--execute", "--keyword", "\u202egarden").status == 0
    return folder


def test_json_lines_agree_with_show(library: Path) -> None:
    shown = nivo("show", library, "--json").of("photo")
    report = nivo("report", library, "--json")
    assert report.status == 0 and report.out.isascii()
    expected = Counter((t["tag"], t["category"] or "own", t["state"]) for p in shown for t in p["tags"])
    found = Counter(
        {(t["tag"], t["category"], state): n for t in report.of("tag") for state, n in t["states"].items()}
    )
    assert +found == expected
    by_category = Counter(t["category"] or "own" for p in shown for t in p["tags"])
    assert {c["category"]: c["tags"] for c in report.of("category")} == by_category
    assert {f["format"]: f["photos"] for f in report.of("format")} == Counter(p["format"] for p in shown)
    assert [f["from"] for f in report.of("quality")] == [0, 20, 40, 60, 80]
    summary = report.summary
    assert summary["photos"] == summary["shots"] == len(shown) == 4
    assert summary["progress"]["failed"] == 1
    assert summary["tags"] == sum(expected.values())
    assert summary["unique_tags"] == len({tag for tag, _, _ in expected})
    assert summary["photos_with_tags"] == 3 and summary["photos_without_tags"] == 1
    assert summary["photos_with_keywords"] == 1
    assert summary["faces"] == 0 and summary["face_counts"] == {}
    assert summary["top_tags"][0]["photos"] == max(t["photos"] for t in report.of("tag"))


def test_a_part_of_the_library_is_counted_alone(library: Path) -> None:
    part = nivo("report", library / "below", library / "below" / "c.jpg", "--json").summary
    assert part["photos"] == 1


def test_faces_are_counted_where_a_detector_looked(tmp_path: Path, home: Path) -> None:
    picture(tmp_path / "photos" / "a.jpg")
    nivo("scan", tmp_path / "photos")
    report = nivo("report", tmp_path / "photos", "--json")
    assert report.of("faces") == [{"type": "faces", "count": 0, "photos": 1}]
    assert report.summary["face_counts"] == {"0": 1} and report.summary["photos_with_faces"] == 0
    assert "of 1 looked at" in nivo("report", tmp_path / "photos").out


def test_a_person_gets_a_table_of_80_columns(library: Path) -> None:
    ran = nivo("report", library)
    assert ran.status == 0
    assert all(cell_len(line) <= 80 for line in ran.out.splitlines())
    assert "\u202e" not in ran.out and "\x1b" not in ran.out
    for words in ("Photos ", "1 failed", "By category", "Summer house", "Quality", "Formats", "jpeg"):
        assert words in ran.out, ran.out
    assert "own " in ran.out and "written" in ran.out


def test_all_lists_every_tag(library: Path) -> None:
    nivo("decide", library / "b.png", "--accept", ",".join(f"word {n}" for n in range(22)))
    assert "Top 20 tags" in nivo("report", library).out
    every = nivo("report", library, "--all").out
    assert all(f"  word {n} " in every for n in range(22))


def test_nothing_scanned_is_said(tmp_path: Path, home: Path) -> None:
    assert "nivo-tui scan" in nivo("report", tmp_path).out
    assert nivo("report", tmp_path, "--json").summary["photos"] == 0
    ran = nivo("report", tmp_path / "nowhere")
    assert ran.status == 2 and "does not exist" in ran.err
