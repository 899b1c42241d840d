"""Thumbnails on disk: named by hash, private, written in one step."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nivo_tui.imaging.thumbnails import Thumbnails

from .pictures import scene

KEY = "ab34" + "0" * 60


def test_store_and_find(tmp_path: Path) -> None:
    cache = Thumbnails(tmp_path / "home" / "thumbnails")
    assert cache.find(KEY) is None
    path = cache.store(KEY, scene(1280, 960))
    assert cache.find(KEY) == path == cache.path(KEY)
    assert path.relative_to(cache.folder).parts == ("a", f"{KEY}.jpg")
    with Image.open(path) as image:
        assert (image.format, image.size) == ("JPEG", (512, 384))
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_small_or_sliced_picture_is_stored_as_it_is(tmp_path: Path) -> None:
    cache = Thumbnails(tmp_path)
    with Image.open(cache.store(KEY, scene(100, 50)[::-1, ::2])) as image:
        assert image.size == (50, 50)
    with Image.open(cache.store(KEY, scene(100, 50), long_side=20)) as image:
        assert image.size == (20, 10)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_only_the_owner_may_read(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        path = Thumbnails(tmp_path / "t").store(KEY, scene(30, 20))
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    for folder in (path.parent, path.parent.parent):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Thumbnails(tmp_path)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="No space"):
        cache.store(KEY, scene(30, 20))
    assert [entry for entry in tmp_path.rglob("*") if entry.is_file()] == []


@pytest.mark.parametrize("key", ["", "ab", "../../etc/passwd", "ab/cd", "a" * 200, "abcd\0efg"])
def test_a_key_is_no_path(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Thumbnails(tmp_path).path(key)


def test_the_picture_is_the_picture(tmp_path: Path) -> None:
    with Image.open(Thumbnails(tmp_path).store(KEY, scene(400, 300))) as image:
        assert np.abs(np.asarray(image).astype(int) - scene(400, 300)).mean() < 6


def test_finding_imports_nothing_heavy() -> None:
    code = (
        "import sys, pathlib; from nivo_tui.imaging.thumbnails import Thumbnails; "
        "Thumbnails(pathlib.Path('none')).find('abcdef'); "
        "print({'numpy', 'cv2', 'PIL', 'simplejpeg'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
