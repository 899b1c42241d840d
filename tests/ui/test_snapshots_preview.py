"""The picture's states at three sizes: words in its place, over the whole screen, at 100 %, faces marked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import make_app
from PIL import Image
from screen_fakes import Clock, FakeLibrary, FakeLink
from test_boxes import with_faces
from textual.pilot import Pilot

from nivo_tui.ui.app import NivoApp
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.images.picture import Picture

SIZES = [(80, 24), (120, 40), (200, 50)]
Snap = Callable[..., bool]


def app_of(kind: str, thumbnails: Path | None = None) -> NivoApp:
    library = FakeLibrary(12, thumbnails)
    with_faces(library)
    return make_app(library, FakeLink(), Clock(), support=PictureSupport(kind))


@pytest.fixture
def thumbnails(tmp_path: Path) -> Path:
    """A sky over a beach, drawn large so that its half cells are few colours."""
    for number in range(12):
        picture = Image.new("RGB", (320, 240), (110, 160, 210))
        picture.paste((220, 200, 150), (0, 150, 320, 240))
        picture.paste((90, 60, 50), (40, 50, 140, 175))
        picture.paste((90, 60, 50), (206, 103, 222, 122))
        picture.save(tmp_path / f"{number}.jpg", quality=95)
    return tmp_path


def after(*keys: str) -> Callable[[Pilot[int]], object]:
    """Press keys once the review is painted, and wait for the picture that they bring."""

    async def run(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, NivoApp)
        for _ in range(500):
            await pilot.pause(0.005)
            if app.is_open and app.review.session.counts is not None and app.review.guard._painted:
                break
        for key in keys:
            await pilot.press(key)
        preview = app.review.preview
        for _ in range(500):
            await pilot.pause(0.005)
            drawn = app.review.query_one("#picture", Picture).drawn
            if not preview._support.draws or (drawn is not None and preview._shown == preview._wanted):
                break
        await pilot.pause(0)

    return run


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_words_in_the_picture_s_place(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert snap_compare(app_of("none"), terminal_size=size, run_before=after())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_faces_in_words(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert snap_compare(app_of("none"), terminal_size=size, run_before=after("b"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_faces_marked(snap_compare: Snap, size: tuple[int, int], thumbnails: Path) -> None:
    assert snap_compare(app_of("half", thumbnails), terminal_size=size, run_before=after("b"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_picture_full(snap_compare: Snap, size: tuple[int, int], thumbnails: Path) -> None:
    assert snap_compare(app_of("half", thumbnails), terminal_size=size, run_before=after("o"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_100_percent(snap_compare: Snap, size: tuple[int, int], thumbnails: Path) -> None:
    assert snap_compare(app_of("half", thumbnails), terminal_size=size, run_before=after("O"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_picture_full_without_pictures(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert snap_compare(app_of("none"), terminal_size=size, run_before=after("o", "b"))
