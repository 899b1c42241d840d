"""Faces marked on the picture: seen on any ground, in half cells too, and told in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import OpenScreen
from PIL import Image
from screen_fakes import FakeLibrary

from nivo_tui.model import Face
from nivo_tui.text import plain
from nivo_tui.ui.images.boxes import Caption, Mark, draw_boxes, in_words, marks_of
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.images.fitting import CellSize
from nivo_tui.ui.images.picture import Picture
from nivo_tui.ui.widgets.photo_info import PhotoInfo

FACES = (
    Face(2600, 1300, 2800, 1540, 0.9),
    Face(400, 500, 1800, 2200, 0.95, person="Ann"),
)
CELL = CellSize(10, 20)


def with_faces(library: FakeLibrary, faces: tuple[Face, ...] = FACES) -> None:
    library.photos = {path: replace(photo, faces=faces) for path, photo in library.photos.items()}


def listed(screen) -> str:
    """What the info says of faces, its lines joined."""
    info = screen.review.query_one("#info", PhotoInfo)
    accented = [[text for text, role in line if role == "accent"] for line in info.lines(info.size.width)]
    return " ".join(text for line in accented for text in line if "◇" not in text).strip()


@pytest.fixture
def thumbnails(tmp_path: Path) -> Path:
    for number in range(12):
        Image.new("RGB", (320, 240), (20 * number, 90, 160)).save(tmp_path / f"{number}.jpg")
    return tmp_path


@pytest.mark.parametrize("ground", [(0, 0, 0), (255, 255, 255), (128, 128, 128), (200, 0, 0)])
@pytest.mark.parametrize(("size", "cell"), [((340, 255), CELL), ((34, 26), None)])
def test_a_box_is_seen_on_any_ground(
    ground: tuple[int, int, int], size: tuple[int, int], cell: CellSize | None
) -> None:
    picture = Image.new("RGB", size, ground)
    draw_boxes(picture, [Mark(0.3, 0.3, 0.6, 0.6)], cell)
    row = [picture.getpixel((x, round(0.3 * size[1]))) for x in range(size[0])]
    changed = [x for x, pixel in enumerate(row) if pixel != ground]
    assert changed and min(changed) >= 0.3 * size[0] - 2 and max(changed) <= 0.6 * size[0] + 2
    differences = [abs(sum(row[x]) - sum(ground)) for x in changed]
    assert max(differences) > 300


def test_tiny_faces_keep_a_box_that_can_be_seen() -> None:
    picture = Image.new("RGB", (40, 30), (90, 90, 90))
    draw_boxes(picture, [Mark(0.5, 0.5, 0.501, 0.501)], None)
    marked = sum(picture.getpixel((x, y)) != (90, 90, 90) for x in range(40) for y in range(30))
    assert marked == 12


def test_names_stand_below_the_box_or_inside_it() -> None:
    picture = Image.new("RGB", (40, 30), (90, 90, 90))
    low, high = Mark(0.1, 0.5, 0.4, 1.0, "Ann"), Mark(0.6, 0.1, 0.9, 0.4, "王芳")
    captions = draw_boxes(picture, [low, high], None)
    assert captions == [Caption(8, 14, "Ann"), Caption(28, 6, "王芳")]
    wide = draw_boxes(picture, [Mark(0.9, 0.1, 1.0, 0.4, "A" * 300)], None)[0]
    assert wide.column + len(wide.text) <= 40 and len(wide.text) == 16


@pytest.mark.parametrize("name", ["?", "Ann", "Łucja Ünal", "王芳", "\u202eevil", "😀", "x" * 300])
@pytest.mark.parametrize("bottom", [0.4, 1.0, 1.3])
def test_any_name_is_written_inside_the_picture(name: str, bottom: float) -> None:
    picture = Image.new("RGB", (300, 200), (90, 90, 90))
    assert draw_boxes(picture, [Mark(-0.1, 0.1, 1.2, bottom, name)], CELL) == []
    assert picture.size == (300, 200)


def test_marks_follow_a_part_of_the_picture_and_leave_it() -> None:
    mark = Mark(0.5, 0.5, 0.75, 0.75, "Ann").within((0.5, 0.5, 1.0, 1.0))
    assert (mark.left, mark.top, mark.right, mark.bottom, mark.name) == (0, 0, 0.5, 0.5, "Ann")
    outside = Image.new("RGB", (40, 30))
    draw_boxes(outside, [Mark(1.5, 0, 2, 1), Mark(-2, 0, -1, 1)], CELL)
    assert outside.getbbox() is None


def test_faces_in_words() -> None:
    marks = marks_of(FACES, 4032, 3024)
    assert in_words(marks) == "2 faces: Ann left, large; right, small"
    assert in_words(marks_of((Face(1800, 0, 2300, 600, 1),), 4032, 3024)) == "1 face: middle"
    assert in_words(()) == "no faces"
    assert marks_of(FACES, None, None) == ()
    assert marks_of((Face(0, 0, 9, 9, 1, person="\x1b[2J[b]Ann"),), 99, 99)[0].name == plain("\x1b[2J[b]Ann")


async def test_boxes_come_by_their_key_and_stay_while_reviewing(
    open_screen: OpenScreen, thumbnails: Path
) -> None:
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport("half"), prepare=with_faces) as screen:
        place = screen.review.query_one("#picture", Picture)
        await screen.until(lambda: place.drawn)
        plain_picture = place.drawn
        assert listed(screen) == ""
        await screen.press("b")
        await screen.until(lambda: place.drawn is not plain_picture)
        assert listed(screen) == "2 faces: Ann left, large; right, small"
        shown = "\n".join(strip.text for strip in place.drawn.strips)
        assert "Ann" in shown and "?" in shown
        marked = place.drawn
        await screen.press("l")
        await screen.until(lambda: place.drawn not in (None, marked))
        assert "Ann" in "\n".join(strip.text for strip in place.drawn.strips)
        await screen.press("h", "b")
        await screen.until(lambda: place.drawn is plain_picture)
        assert screen.library.calls == []


async def test_without_pictures_faces_are_listed(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=with_faces) as screen:
        await screen.press("b")
        assert listed(screen) == "2 faces: Ann left, large; right, small"
        await screen.press("b")
        assert listed(screen) == ""


async def test_the_key_does_nothing_where_there_are_no_faces(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("b")
        assert not screen.review.preview.boxes
