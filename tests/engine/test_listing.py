"""Which files are photos, what is counted as skipped, and what is never entered."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nivo_tui.engine.listing import list_photos
from nivo_tui.errors import UsageError


def _make(root: Path, *names: str) -> None:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")


def test_photos_are_listed_and_others_counted(tmp_path: Path) -> None:
    _make(tmp_path, "a.JPG", "b/c.heic", "b/d.nef", "e.mov", "f.mov", "README", "b/c.heic.xmp")
    _make(tmp_path, "a.JPG.original", "a.jpg_original", ".nivo-x.jpg", ".hidden/z.jpg", "@eaDir/t.jpg")
    listing = list_photos([str(tmp_path)])
    assert [os.path.relpath(p, tmp_path) for p in listing.photos] == [
        "a.JPG",
        os.path.join("b", "c.heic"),
        os.path.join("b", "d.nef"),
    ]
    assert listing.skipped == {"mov": 2, "none": 1}


def test_a_file_named_by_itself_counts_whatever_it_is(tmp_path: Path) -> None:
    _make(tmp_path, "notes.txt")
    assert list(list_photos([str(tmp_path / "notes.txt")]).photos) == [str(tmp_path / "notes.txt")]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        list_photos([str(tmp_path / "none")])


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_kept_as_they_are_and_rings_end(tmp_path: Path) -> None:
    _make(tmp_path, "real/a.jpg")
    (tmp_path / "real" / "ring").symlink_to(tmp_path)
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "nowhere")
    found = [os.path.relpath(p, tmp_path) for p in list_photos([str(tmp_path)]).photos]
    assert found == ["dangling.jpg", os.path.join("real", "a.jpg")]


@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes")
def test_a_name_that_is_not_utf8_is_carried(tmp_path: Path) -> None:
    name = os.fsencode(str(tmp_path)) + b"/caf\xe9.jpg"
    with open(name, "wb") as file:
        file.write(b"x")
    (path,) = list_photos([str(tmp_path)]).photos
    assert os.fsencode(path) == name
