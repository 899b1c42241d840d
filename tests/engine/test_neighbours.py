"""The names beside a photo."""

from __future__ import annotations

from pathlib import Path

from nivo_tui.engine.neighbours import Neighbours


def test_the_names_in_a_photos_folder_are_told(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.jpg.xmp", "b.MOV"):
        (tmp_path / name).write_bytes(b"x")
    assert Neighbours().of(str(tmp_path / "a.jpg")) == {"a.jpg", "a.jpg.xmp", "b.MOV"}


def test_a_folder_is_listed_once(tmp_path: Path) -> None:
    neighbours = Neighbours()
    (tmp_path / "a.jpg").write_bytes(b"x")
    first = neighbours.of(str(tmp_path / "a.jpg"))
    (tmp_path / "b.jpg").write_bytes(b"x")
    assert neighbours.of(str(tmp_path / "b.jpg")) is first


def test_a_folder_that_cannot_be_listed_is_unknown(tmp_path: Path) -> None:
    assert Neighbours().of(str(tmp_path / "gone" / "a.jpg")) is None


def test_many_folders_are_all_answered(tmp_path: Path) -> None:
    neighbours = Neighbours()
    for number in range(40):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / f"{number}.jpg").write_bytes(b"x")
    answers = [neighbours.of(str(tmp_path / str(n % 40) / "x.jpg")) for n in range(80)]
    assert answers == [{f"{n % 40}.jpg"} for n in range(80)]
