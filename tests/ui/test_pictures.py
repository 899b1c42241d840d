"""The preview: placeholder first, the newest picture only, none under a dialog."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import OpenScreen
from PIL import Image
from screen_fakes import FakeLibrary
from textual.widget import Widget

from nivo_tui.ui.images.factory import PictureSupport, prepare
from nivo_tui.ui.images.fitting import CellSize

WIDGETS = {"sixel": "Image", "kitty": "TGPImage", "half": "HalfcellImage"}


@pytest.fixture
def thumbnails(tmp_path: Path) -> Path:
    for number in range(12):
        Image.new("RGB", (320, 240), (20 * number, 90, 160)).save(tmp_path / f"{number}.jpg")
    return tmp_path


def shown(screen) -> Widget | None:
    found = screen.review.query("#picture")
    return found.first() if found and found.first().display else None


async def test_the_placeholder_gives_way_to_the_picture_in_the_same_place(
    open_screen: OpenScreen, thumbnails: Path
) -> None:
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport("half")) as screen:
        await screen.until(lambda: shown(screen) is not None)
        picture = shown(screen)
        placeholder = screen.review.query_one("#placeholder")
        width, height = placeholder.styles.width.value, placeholder.styles.height.value
        await screen.until(lambda: tuple(picture.region.size) == (width, height))
        assert picture.image.size == (width, height * 2)
        assert not placeholder.display
        await screen.press("right")
        await screen.until(lambda: picture.image.getpixel((0, 0))[0] in range(16, 25) and shown(screen))


async def test_no_picture_is_drawn_under_a_dialog(open_screen: OpenScreen, thumbnails: Path) -> None:
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport("half")) as screen:
        await screen.until(lambda: shown(screen) is not None)
        await screen.press("question_mark")
        await screen.until(lambda: shown(screen) is None)
        await screen.press("escape")
        await screen.until(lambda: shown(screen) is not None)


async def test_a_broken_thumbnail_leaves_a_calm_placeholder(
    open_screen: OpenScreen, thumbnails: Path
) -> None:
    (thumbnails / "0.jpg").write_bytes((thumbnails / "0.jpg").read_bytes()[:200])
    (thumbnails / "1.jpg").unlink()
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport("half")) as screen:
        await screen.until(lambda: "preview unreadable" in screen.text())
        await screen.press("right", "enter")
        assert len(screen.library.calls) == 1


async def test_a_decision_does_not_draw_the_picture_again(open_screen: OpenScreen, thumbnails: Path) -> None:
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport("half")) as screen:
        await screen.until(lambda: shown(screen) is not None)
        image = shown(screen).image
        await screen.press("5", "j", "x", "f")
        assert shown(screen).image is image


def test_pictures_are_prepared_at_the_size_of_their_place(thumbnails: Path) -> None:
    picture = prepare(str(thumbnails / "3.jpg"), (90, 70))
    assert (picture.size, picture.mode) == ((90, 70), "RGB")
    with pytest.raises(OSError):
        prepare(str(thumbnails / "none.jpg"), (9, 9))


def test_budgets_follow_the_line() -> None:
    local, remote = PictureSupport("sixel"), PictureSupport("sixel", remote=True)
    assert remote.most_pixels < local.most_pixels
    assert PictureSupport("half").most_pixels is None
    assert not PictureSupport("none").draws


@pytest.mark.parametrize("kind", ["sixel", "kitty", "half"])
def test_the_picture_library_is_imported_without_a_word_to_the_terminal(kind: str) -> None:
    """In a process of its own: nothing is written, our cell size stands, numpy stays out."""
    code = (
        "import sys\n"
        "from nivo_tui.ui.images.factory import PictureSupport\n"
        "from nivo_tui.ui.images.fitting import CellSize\n"
        "class Tty:\n"
        "    written = []\n"
        "    def isatty(self): return True\n"
        "    def write(self, text): self.written.append(text)\n"
        "    def flush(self): pass\n"
        "    def fileno(self): return 1\n"
        "real, sys.__stdout__ = sys.__stdout__, Tty()\n"
        f"support = PictureSupport({kind!r}, CellSize(9, 18))\n"
        "support.load()\n"
        "assert sys.__stdout__.written == [], sys.__stdout__.written\n"
        "assert type(sys.__stdout__) is Tty\n"
        "sys.__stdout__ = real\n"
        "from textual_image._terminal import get_cell_size\n"
        "assert tuple(get_cell_size()) == (9, 18)\n"
        "assert 'numpy' not in sys.modules\n"
        f"assert type(support.widget()).__name__ == {WIDGETS[kind]!r}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", ["sixel", "kitty"])
async def test_every_protocol_draws(open_screen: OpenScreen, thumbnails: Path, kind: str) -> None:
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport(kind, CellSize(10, 20))) as screen:
        await screen.until(lambda: shown(screen) is not None)
        await screen.press("right")
        await screen.until(lambda: shown(screen) is not None)
