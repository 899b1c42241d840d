"""The contact sheet: as many photos as fit, their signs as text, and pictures only of the newest page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen

from nivo_tui.ui.images.contact import compose_row, draw_row, lay_out, page_budget, photos_for, strip_width
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.images.fitting import CellSize
from nivo_tui.ui.resources import style_sheets
from nivo_tui.ui.themes import DARK, between_colours
from nivo_tui.ui.widgets.contact_sheet import ContactSheet, SheetPhoto
from nivo_tui.ui.widgets.lines import LINE_CLASSES
from nivo_tui.ui.widgets.sheet_rows import SheetRow

LABELS = "1234567890bcdefgimnpqrstvwy"
SIZES = [(80, 20), (120, 36), (200, 46)]


class Page(Screen[None]):
    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)

    def __init__(self, sheet: ContactSheet) -> None:
        super().__init__()
        self.sheet = sheet

    def compose(self) -> ComposeResult:
        yield self.sheet


class Host(App[None]):
    CSS_PATH: ClassVar = style_sheets("app.tcss", "contact_sheet.tcss")

    def __init__(self, support: PictureSupport) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.sheet = ContactSheet(support)
        self.painted: list[int] = []
        self.chosen: list[int] = []
        self.resized = 0

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return between_colours(DARK)

    def on_mount(self) -> None:
        self.push_screen(Page(self.sheet))

    def on_contact_sheet_painted(self, event: ContactSheet.Painted) -> None:
        self.painted.append(event.page)

    def on_contact_sheet_resized(self, event: ContactSheet.Resized) -> None:
        self.resized += 1

    def on_contact_sheet_chosen(self, event: ContactSheet.Chosen) -> None:
        self.chosen.append(event.index)

    def text(self) -> str:
        return "\n".join(strip.text for strip in self.screen._compositor.render_strips())


async def until(pilot: Pilot[None], met: Callable[[], object]) -> None:
    for _ in range(500):
        if met():
            return
        await pilot.pause(0.01)
    raise AssertionError("it never came to it")


@asynccontextmanager
async def opened(
    support: PictureSupport, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    app = Host(support)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.sheet.is_mounted and app.sheet.size.width)
        yield app, pilot


def photos(count: int, folder: Path | None = None, *, start: int = 0) -> list[SheetPhoto]:
    return [
        SheetPhoto(
            f"/p/IMG_{n:04d}.JPG",
            f"IMG_{n:04d}.JPG",
            str(folder / f"{n % 12}.jpg") if folder is not None else None,
            f".{90 - n} found at 0.{90 - n}",
        )
        for n in range(start, start + count)
    ]


def show(app: Host, listed: list[SheetPhoto]) -> None:
    app.sheet.show(listed, LABELS[: len(listed)], [("✓", "good")] * len(listed))


@pytest.fixture
def thumbnails(tmp_path: Path) -> Path:
    for number in range(12):
        Image.new("RGB", (320, 240), (20 * number, 90, 160)).save(tmp_path / f"{number}.jpg")
    return tmp_path


@pytest.mark.parametrize("kind", ["none", "half"])
@pytest.mark.parametrize(("size", "least"), list(zip(SIZES, (12, 18, 27), strict=True)))
async def test_a_page_holds_many_photos(kind: str, size: tuple[int, int], least: int) -> None:
    async with opened(PictureSupport(kind), size) as (app, _):
        assert app.sheet.capacity >= least


async def test_lines_show_key_sign_name_and_caption() -> None:
    async with opened(PictureSupport("none"), (80, 20)) as (app, pilot):
        show(app, photos(5))
        await until(pilot, lambda: app.painted == [1])
        lines = app.text().splitlines()
        assert "1 ✓ IMG_0000.JPG" in lines[0] and ".90 found at 0.90" in lines[0]
        app.sheet.set_sign(1, "✗", "bad")
        app.sheet.cursor = 1
        await pilot.pause()
        assert "▸2 ✗ IMG_0001.JPG" in app.text().splitlines()[1]
        assert "▸" not in app.text().splitlines()[0]


async def test_pictures_stand_over_their_texts(thumbnails: Path) -> None:
    async with opened(PictureSupport("half")) as (app, pilot):
        show(app, photos(20, thumbnails))
        await until(pilot, lambda: app.painted == [1])
        rows = list(app.screen.query(SheetRow))
        pictures = [widget for row in rows for widget in row._pictures]
        assert len(pictures) == len(rows) == 4
        await until(pilot, lambda: "▀" in app.text() or "▄" in app.text())
        assert "1 ✓ .90 IMG_0000" in app.text()
        images = [picture.drawn for picture in pictures]
        app.sheet.set_sign(7, "✗", "bad")
        app.sheet.cursor = 7
        app.sheet.step(-1, 0)
        app.sheet.step(0, 1)
        await pilot.pause()
        assert app.sheet.cursor == 6 + app.sheet.columns
        assert "8 ✗" in app.text()
        now = [widget.drawn for row in rows for widget in row._pictures]
        assert all(a is b for a, b in zip(images, now, strict=True))


async def test_a_photo_without_a_picture_is_named_in_its_place(thumbnails: Path) -> None:
    listed = photos(12, thumbnails)
    (thumbnails / "4.jpg").write_bytes(b"broken")
    listed[2] = SheetPhoto(listed[2].path, "no_thumbnail.JPG", None, ".5")
    async with opened(PictureSupport("half")) as (app, pilot):
        show(app, listed)
        await until(pilot, lambda: app.painted == [1])
        await pilot.pause()
        text = app.text()
        assert text.count("no_thumbnail.JPG") == 2
        assert text.count("IMG_0004.JPG") == 2
        assert text.count("IMG_0003.JPG") == 1


async def test_only_the_newest_page_tells_that_it_was_painted(thumbnails: Path) -> None:
    async with opened(PictureSupport("half")) as (app, pilot):
        for start in (0, 20, 40):
            show(app, photos(20, thumbnails, start=start))
        await until(pilot, lambda: app.painted)
        await pilot.pause(0.1)
        assert app.painted == [3]
        assert "IMG_0040" in app.text() and "IMG_0000" not in app.text()


async def test_a_resize_lays_out_anew_and_tells(thumbnails: Path) -> None:
    async with opened(PictureSupport("half")) as (app, pilot):
        show(app, photos(12, thumbnails))
        await until(pilot, lambda: app.painted)
        before, told = app.sheet.columns, app.resized
        for size in ((80, 24), (20, 5), (1, 1), (120, 36)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: tuple(app.sheet.size) == size)
            assert app.sheet.capacity >= 1
        await until(pilot, lambda: len(list(app.screen.query(SheetRow))) and app.sheet.columns == before)
        assert app.resized > told
        await until(pilot, lambda: all(row._pictures for row in app.screen.query(SheetRow)))


async def test_no_picture_is_drawn_while_it_is_paused(thumbnails: Path) -> None:
    async with opened(PictureSupport("half")) as (app, pilot):
        show(app, photos(6, thumbnails))
        await until(pilot, lambda: app.painted)
        app.sheet.pause()
        await pilot.pause()
        assert not any(row._pictures for row in app.screen.query(SheetRow))
        app.sheet.resume()
        await until(pilot, lambda: any(row._pictures for row in app.screen.query(SheetRow)))


async def test_names_cannot_draw_on_the_screen() -> None:
    async with opened(PictureSupport("none"), (80, 20)) as (app, pilot):
        evil = "\x1b[2J[red]" + "\u202eevil" + "n" * 300
        app.sheet.show([SheetPhoto("/p", evil, None, evil)], ["1"], [("✓", "good")])
        await until(pilot, lambda: app.painted)
        assert "\x1b" not in app.text() and "\u202e" not in app.text()
        assert all(len(line) <= 80 for line in app.text().splitlines())


async def test_a_click_chooses_a_photo(thumbnails: Path) -> None:
    async with opened(PictureSupport("half")) as (app, pilot):
        show(app, photos(20, thumbnails))
        await until(pilot, lambda: app.painted)
        grid = app.sheet._grid
        await pilot.click(offset=(grid.across + 2, grid.down + 1))
        await until(pilot, lambda: app.chosen)
        assert app.chosen == [grid.columns + 1]


@given(st.integers(1, 240), st.integers(1, 70), st.integers(1, 40), st.integers(4, 20), st.integers(8, 40))
def test_a_grid_lies_within_its_page(width: int, height: int, count: int, cell_w: int, cell_h: int) -> None:
    grid = lay_out(width, height, count, CellSize(cell_w, cell_h), None)
    if grid is not None:
        assert grid.places >= count
        assert grid.columns * grid.across <= width and grid.rows * grid.down <= height
        assert grid.tile.width < grid.across and grid.tile.height < grid.down


@pytest.mark.parametrize("kind", ["sixel", "kitty"])
@pytest.mark.parametrize("size", SIZES)
def test_a_page_keeps_to_the_budget_over_ssh(kind: str, size: tuple[int, int]) -> None:
    support = PictureSupport(kind, remote=True)
    count = photos_for(*size)
    grid = lay_out(*size, count, support.cell, page_budget(support))
    width, height = support.pixels(grid.tile)
    assert width * height * grid.places <= support.most_pixels * 1.1


def test_a_row_is_one_picture_of_its_thumbnails(thumbnails: Path) -> None:
    support = PictureSupport("half")
    grid = lay_out(120, 36, 20, support.cell, None)
    names = [str(thumbnails / f"{n}.jpg") for n in range(3)]
    (whole,) = compose_row(names, grid, support, (1, 2, 3))
    assert (whole.start, whole.count) == (0, 3)
    middle = grid.tile.height, grid.tile.width // 2
    seen = [whole.picture.getpixel((n * grid.across + middle[1], middle[0]))[0] // 20 for n in range(3)]
    assert seen == [0, 1, 2]
    assert whole.picture.getpixel((grid.tile.width, 0)) == (1, 2, 3)
    parted = compose_row([names[0], None, "/none.jpg", names[1]], grid, support, (1, 2, 3))
    assert [(s.start, s.count, s.picture is None) for s in parted] == [
        (0, 1, False),
        (1, 2, True),
        (3, 1, False),
    ]


@pytest.mark.parametrize("kind", ["sixel", "kitty"])
async def test_every_protocol_draws_a_sheet(thumbnails: Path, kind: str) -> None:
    async with opened(PictureSupport(kind, CellSize(10, 20))) as (app, pilot):
        show(app, photos(20, thumbnails))
        await until(pilot, lambda: app.painted == [1])


@pytest.mark.parametrize("kind", ["sixel", "kitty", "half"])
def test_a_page_of_busy_pictures_is_small_over_ssh(tmp_path: Path, kind: str) -> None:
    support = PictureSupport(kind, remote=True)
    random = Random(7)
    for number in range(4):
        small = Image.frombytes("RGB", (40, 30), random.randbytes(3600))
        small.resize((320, 240), Image.Resampling.BICUBIC).save(tmp_path / f"{number}.jpg")
    grid = lay_out(120, 36, photos_for(120, 36), support.cell, page_budget(support))
    names = [str(tmp_path / f"{n % 4}.jpg") for n in range(grid.columns)]
    ((strip, drawn),) = draw_row(names, grid, support, (0, 0, 0))
    assert drawn.size * grid.rows < 120_000
    assert (drawn.box.width, drawn.box.height) == (strip_width(strip.count, grid), grid.tile.height)
