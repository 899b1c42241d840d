"""A photo file is opened once, only for reading, and says in words why it cannot be."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nivo_tui.errors import TooLargeError, UnreadableError
from nivo_tui.imaging.source import BytesSource, PhotoSource


def test_reading_by_ranges_and_as_a_whole(tmp_path: Path) -> None:
    data = os.urandom(200_000)
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    with PhotoSource(path) as source:
        assert source.size == len(data)
        assert source.head == data[: 64 * 1024]
        assert source.read(70_000, 100) == data[70_000:70_100]
        assert source.read(199_990, 100) == data[199_990:]
        assert source.read(300_000, 10) == b""
        assert source.read(-1, 10) == b""
        with source.reader() as file:
            file.seek(-10, os.SEEK_END)
            assert file.read() == data[-10:]
            with pytest.raises(OSError, match="fileno"):
                file.fileno()
        assert source.data == data
        assert source.read(150_000, 5) == data[150_000:150_005]


def test_a_file_above_the_limit_is_read_by_ranges_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(bytes(5000))
    with PhotoSource(path, max_data_bytes=4999) as source:
        assert not source.fits_memory
        with pytest.raises(TooLargeError, match="held in memory"):
            _ = source.data
        assert source.read(4990, 100) == bytes(10)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    path.touch()
    with pytest.raises(UnreadableError, match="is empty"):
        PhotoSource(path)


def test_a_missing_file_and_a_link_to_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="does not exist"):
        PhotoSource(tmp_path / "none.jpg")
    with pytest.raises(UnreadableError):
        PhotoSource(tmp_path / "a\0b.jpg")


def test_a_folder_and_a_pipe_are_refused_without_waiting(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="not a regular file"):
        PhotoSource(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        with pytest.raises(UnreadableError, match="not a regular file"):
            PhotoSource(tmp_path / "pipe.jpg")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.jpg").write_bytes(b"content")
    (tmp_path / "link.jpg").symlink_to("real.jpg")
    (tmp_path / "broken.jpg").symlink_to("nowhere.jpg")
    with PhotoSource(tmp_path / "link.jpg") as source:
        assert source.data == b"content"
    with pytest.raises(UnreadableError, match="link to nothing"):
        PhotoSource(tmp_path / "broken.jpg")


def test_permission_denied_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnreadableError, match="permission denied"):
        PhotoSource(path)


def test_a_file_that_shrinks_under_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(bytes(100_000))
    with PhotoSource(path) as source:
        os.truncate(path, 10)
        assert source.read(0, 100_000) == bytes(10)
        assert source.data == bytes(10)


def test_bytes_read_as_a_file_is() -> None:
    source = BytesSource(b"0123456789")
    assert (source.size, source.read(8, 10), source.read(20, 1), source.read(-1, 1)) == (10, b"89", b"", b"")
