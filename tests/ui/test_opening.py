"""The first frame, and what follows when the library cannot be opened."""

from __future__ import annotations

import pytest
from conftest import OpenScreen
from screen_fakes import ROOT

from nivo_tui.errors import StoreError
from nivo_tui.ui.app import NivoApp, Parts
from nivo_tui.ui.geometry import frame_lines
from nivo_tui.ui.images.factory import PictureSupport

LINES = "─│┬┴├┤┼"
SIZES = [(60, 16), (80, 24), (99, 30), (100, 30), (120, 40), (137, 46), (159, 45), (160, 46), (200, 50)]


def only_lines(text: str) -> list[str]:
    return ["".join(sign if sign in LINES else " " for sign in line) for line in text.split("\n")]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_first_frame_is_where_the_review_s_is(
    open_screen: OpenScreen, size: tuple[int, int]
) -> None:
    async with open_screen(size=size) as screen:
        await screen.until(lambda: only_lines(screen.text()) == frame_lines(*size))


async def test_the_first_frame_comes_before_anything_is_opened() -> None:
    shown: list[str] = []

    def opens() -> Parts:
        shown.extend(strip.text for strip in app.screen._compositor.render_strips())
        raise StoreError("the catalog is of a newer version")

    app = NivoApp(ROOT, opens, PictureSupport("none"))
    async with app.run_test(size=(120, 40)) as pilot:
        while not app._exit:
            await pilot.pause(0.01)
    assert shown[0].startswith(f" nivo  {ROOT}")
    assert [line for line in shown[1:] if line.strip(LINES + " ")] == []
    assert isinstance(app.failure, StoreError)
    assert app.return_value == 2


async def test_a_terminal_that_goes_away_without_a_word_ends_the_screen(
    monkeypatch: pytest.MonkeyPatch, open_screen: OpenScreen
) -> None:
    monkeypatch.setattr("nivo_tui.ui.app.TERMINAL_PAUSE_S", 0.01)
    there = [True]
    async with open_screen(has_terminal=lambda: there[0]) as screen:
        await screen.settle()
        assert not screen.app._exit
        there[0] = False
        await screen.until(lambda: screen.app._exit)
    assert screen.app.return_value == 1
