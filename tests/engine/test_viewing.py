"""Pictures for the screen: the newest order alone, upright, never enlarged, private, few."""

from __future__ import annotations

import queue
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nivo_tui.engine import viewing
from nivo_tui.engine.protocol import View, ViewMade, event_from_line, order_from_line, to_line
from nivo_tui.engine.viewing import Viewer, ViewFiles, cropped, fitting
from nivo_tui.settings import Paths, load_paths


class Asked:
    """A viewer, and the answers it gave."""

    def __init__(self, paths: Paths) -> None:
        self.answers: queue.Queue[ViewMade] = queue.Queue()
        self.viewer = Viewer(paths, self.answers.put)  # type: ignore[arg-type]

    def view(self, path: Path, size: tuple[int, int], region=None, request: int = 1) -> ViewMade:
        self.viewer.ask(View(str(path), size, region, request))
        return self.answers.get(timeout=20)


@pytest.fixture
def asked(home: Path) -> Iterator[Asked]:
    paths = load_paths()
    paths.create()
    yield Asked(paths)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """1600x1200: red at the left, blue at the right, a white square in the middle; stored on its side."""
    picture = Image.new("RGB", (1600, 1200), (200, 20, 20))
    picture.paste((20, 20, 200), (800, 0, 1600, 1200))
    picture.paste((255, 255, 255), (760, 560, 840, 640))
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.jpg"
    picture.rotate(90, expand=True).save(path, quality=95, exif=exif)
    return path


def test_orders_and_answers_survive_the_pipe() -> None:
    for order in (View("/a\udcff.jpg", (640, 480), None, 3), View("b", (1, 2), (3, 4, 5, 6), 9)):
        assert order_from_line(to_line(order)) == order
    for made in (ViewMade(3, "/a", "/home/view.jpg", 640, 480), ViewMade(4, "b", None, error="gone")):
        assert event_from_line(to_line(made)) == made


def test_a_whole_photo_is_upright_and_fits(asked: Asked, photo: Path) -> None:
    made = asked.view(photo, (700, 700), request=7)
    assert (made.request, made.path, made.error) == (7, str(photo), None)
    assert (made.width, made.height) == (700, 525)
    with Image.open(made.file) as picture:
        assert picture.size == (700, 525)
        assert picture.getpixel((60, 260))[0] > 150 and picture.getpixel((640, 260))[2] > 150


def test_nothing_is_enlarged(asked: Asked, photo: Path) -> None:
    made = asked.view(photo, (9000, 9000))
    assert (made.width, made.height) == (1600, 1200)


def test_a_region_is_pixel_for_pixel(asked: Asked, photo: Path) -> None:
    made = asked.view(photo, (200, 160), (700, 520, 900, 680))
    assert (made.width, made.height) == (200, 160)
    with Image.open(made.file) as picture:
        white = np.asarray(picture.convert("L")) > 200
    rows, columns = np.nonzero(white)
    assert abs(np.ptp(rows) - 79) <= 2 and abs(np.ptp(columns) - 79) <= 2
    assert abs(rows.mean() - 79.5) < 2 and abs(columns.mean() - 99.5) < 2


def test_a_region_beyond_the_edge_is_moved_inside(asked: Asked, photo: Path) -> None:
    made = asked.view(photo, (200, 160), (1500, 1150, 1700, 1310))
    assert (made.width, made.height) == (200, 160)
    assert cropped(np.zeros((10, 20, 3), np.uint8), (-5, -5, 100, 5)).shape == (10, 20, 3)
    assert fitting((4000, 10), (100, 100)) == (100, 1)


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_what_cannot_be_decoded_is_answered_with_the_reason(
    asked: Asked, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "broken.jpg"
    if content is not None:
        path.write_bytes(content)
    made = asked.view(path, (100, 100))
    assert made.file is None and made.error


def test_only_the_newest_order_is_served(asked: Asked, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entered, go_on = threading.Event(), threading.Event()
    served = []
    decode = viewing._decode

    def slow(path: str, size: tuple[int, int] | None) -> object:
        served.append(size)
        entered.set()
        assert go_on.wait(20)
        return decode(path, size)

    monkeypatch.setattr(viewing, "_decode", slow)
    asked.viewer.ask(View(str(photo), (100, 100), None, 1))
    assert entered.wait(20)
    for request in range(2, 30):
        asked.viewer.ask(View(str(photo), (100 + request, 100), None, request))
    go_on.set()
    assert asked.answers.get(timeout=20).request == 29
    assert served == [(100, 100), (129, 100)]
    assert asked.answers.empty()


def test_the_parts_of_a_photo_are_cut_from_one_decode(
    asked: Asked, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = []
    decode = viewing._decode
    monkeypatch.setattr(viewing, "_decode", lambda path, size: decoded.append(path) or decode(path, size))
    for left in (0, 50, 100):
        asked.view(photo, (200, 160), (left, 0, left + 200, 160))
    assert len(decoded) == 1
    photo.write_bytes(photo.read_bytes() + b" ")
    asked.view(photo, (200, 160), (0, 0, 200, 160))
    assert len(decoded) == 2


def test_what_is_in_hand_is_noted_for_a_crash(
    asked: Asked, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = []
    decode = viewing._decode

    def look(path: str, size: tuple[int, int] | None) -> object:
        noted.extend(file.read_bytes().partition(b"\0")[0] for file in load_paths().home.glob("in-hand-*"))
        return decode(path, size)

    monkeypatch.setattr(viewing, "_decode", look)
    asked.view(photo, (100, 100))
    assert noted == [str(photo).encode()]
    assert [f.read_bytes().partition(b"\0")[0] for f in load_paths().home.glob("in-hand-*")] == [b""]


def test_files_are_private_and_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "MOST_FILES", 5)
    folder = tmp_path / "views"
    files = ViewFiles(folder)
    kept = [files.store(np.full((8, 8, 3), shade, np.uint8), 90) for shade in range(9)]
    assert {file for file in kept if file.exists()} == set(kept[-5:])
    if sys.platform != "win32":
        assert stat.S_IMODE(kept[-1].stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    monkeypatch.setattr(viewing, "MOST_BYTES", 1)
    newest = files.store(np.zeros((8, 8, 3), np.uint8), 90)
    assert list(folder.iterdir()) == [newest]
    other = folder / "mine.txt"
    other.touch()
    ViewFiles(folder).clear()
    assert list(folder.iterdir()) == [other]
