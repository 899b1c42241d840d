"""Panes: resized by keys and mouse, hidden and shown; and what the log shows."""

from __future__ import annotations

import pytest
from conftest import OpenScreen, Screen

from nivo_tui.engine.protocol import LogLine
from nivo_tui.ui.log_memory import Level, LogMemory
from nivo_tui.ui.pane_sizes import LOG, PHOTOS, PREVIEW, PaneSizes


def widths(screen: Screen) -> tuple[int, int, int]:
    review = screen.review
    return review.folders.size.width, review.tags.size.width, review.preview.size.width


def framed(screen: Screen) -> bool:
    """Whether every upright line of the body meets a branch above and below it."""
    lines = screen.text().splitlines()
    top = next(i for i, line in enumerate(lines) if line.startswith("─"))
    bottom = next(
        i for i, line in enumerate(lines) if i > top and line.startswith("─") and line.endswith("─")
    )
    return all(
        (lines[y][x] == "┬") == (lines[y + step][x] in "│├┤┼")
        if y == top
        else (lines[y][x] == "┴") == (lines[y + step][x] in "│├┤┼")
        for y, step in ((top, 1), (bottom, -1))
        for x in range(len(lines[top]))
    )


async def test_the_pane_of_the_cursor_grows_and_shrinks(open_screen: OpenScreen) -> None:
    async with open_screen(size=(120, 40)) as screen:
        folders, middle, preview = widths(screen)
        await screen.press("greater_than_sign")
        assert widths(screen) == (folders, middle + 4, preview - 4)
        await screen.press("less_than_sign", "less_than_sign")
        assert widths(screen) == (folders, middle - 4, preview + 4)
        await screen.press("tab", "greater_than_sign")
        assert widths(screen) == (folders + 4, middle - 8, preview + 4)
        assert framed(screen)


async def test_no_pane_grows_over_the_others(open_screen: OpenScreen) -> None:
    async with open_screen(size=(120, 40)) as screen:
        for key in ("less_than_sign", "greater_than_sign"):
            await screen.press(*[key] * 40)
            assert min(widths(screen)) >= 14 and screen.review.tags.size.width >= 30
        for key in ("right_curly_bracket", "left_curly_bracket"):
            await screen.press(*[key] * 40)
            assert screen.review.photos.size.height >= 3 and screen.review.tags.size.height >= 4
        await screen.press("tab", *["greater_than_sign"] * 40)
        assert min(widths(screen)) >= 14 and framed(screen)


async def test_sizes_stay_when_the_terminal_changes_and_comes_back(open_screen: OpenScreen) -> None:
    async with open_screen(size=(120, 40)) as screen:
        await screen.press("less_than_sign", "less_than_sign", "right_curly_bracket")
        before = (*widths(screen), screen.review.photos.size.height)
        for size in ((20, 5), (80, 24), (200, 50), (120, 40)):
            await screen.pilot.resize_terminal(*size)
            await screen.pilot.pause(0.05)
        assert (*widths(screen), screen.review.photos.size.height) == before
        assert framed(screen)


async def test_the_folders_hide_and_tab_leaves_them_out(open_screen: OpenScreen) -> None:
    async with open_screen(size=(120, 40)) as screen:
        await screen.press("shift+tab", "shift+tab", "t")
        assert "Batch_1" not in "".join(screen.text().splitlines()[2:])
        assert screen.review.pane == "tags"
        await screen.until(lambda: framed(screen))
        await screen.press("tab")
        assert screen.review.pane == "photos"
        await screen.press("t")
        assert "Batch_1" in screen.text() and framed(screen)


async def test_narrow_screens_go_to_the_folders_and_back(open_screen: OpenScreen) -> None:
    async with open_screen(size=(80, 24)) as screen:
        await screen.press("t")
        assert screen.review.pane == "folders" and "Batch_1" in screen.text()
        await screen.press("t")
        assert screen.review.pane == "tags"
        preview = screen.review.preview.size.width
        await screen.press("greater_than_sign", "right_curly_bracket")
        assert screen.review.preview.size.width == preview - 4
        assert screen.review.log_tail.size.height == 3 and framed(screen)
        await screen.press("o")
        assert screen.review.preview.size.width >= 78
        await screen.press("o")
        assert screen.review.preview.size.width == preview - 4


async def test_lines_are_dragged_with_the_mouse(open_screen: OpenScreen) -> None:
    async with open_screen(size=(120, 40)) as screen:
        middle = widths(screen)[1]
        await screen.pilot.mouse_down("#preview-divider", offset=(0, 3))
        await screen.pilot.hover(offset=(70, 6))
        await screen.pilot.mouse_up(offset=(70, 6))
        await screen.pilot.pause(0.05)
        assert widths(screen)[2] == 120 - 71 and widths(screen)[1] < middle
        log = screen.review.log_tail.size.height
        await screen.pilot.mouse_down("#log-rule", offset=(10, 0))
        await screen.pilot.hover(offset=(10, 30))
        await screen.pilot.mouse_up(offset=(10, 30))
        await screen.pilot.pause(0.05)
        assert screen.review.log_tail.size.height == 7 > log
        await screen.pilot.hover(offset=(10, 10))
        assert screen.review.log_tail.size.height == 7 and framed(screen)


def test_sizes_are_kept_as_asked_and_fitted_to_the_terminal() -> None:
    sizes = PaneSizes()
    assert set(sizes.fitted(120, 35, folders_now=22, log_now=3).values()) == {None}
    sizes.ask(PREVIEW, 500)
    sizes.ask(PHOTOS, 500)
    sizes.ask(LOG, 500)
    fitted = sizes.fitted(120, 35, folders_now=22, log_now=3)
    assert fitted == {"folders": None, "preview": 62, "photos": 11, "log": 17}
    assert sizes.fitted(80, 19, folders_now=0, log_now=1)[PREVIEW] == 45


# the log


def line(number: int, level: str = "info") -> LogLine:
    return LogLine(float(number), level, "test", f"{level} {number}")


def test_errors_are_not_pushed_out_by_other_lines() -> None:
    memory = LogMemory()
    memory.add([line(0, "error"), line(1, "warn")])
    memory.add([line(number) for number in range(2, 5000)])
    assert [entry.text for entry in memory.tail(Level.ERRORS)] == ["error 0"]
    assert [entry.text for entry in memory.tail(Level.WARNINGS)] == ["error 0", "warn 1"]
    assert [entry.text for entry in memory.tail(Level.ALL, 2)] == ["info 4998", "info 4999"]
    assert memory.tail(Level.ALL)[0].text == "error 0"


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_log_shows_one_level_after_the_other(
    open_screen: OpenScreen, size: tuple[int, int]
) -> None:
    async with open_screen(size=size) as screen:
        screen.review.log_tail.add([line(1, "error"), line(2, "warn"), line(3)])
        await screen.pilot.pause(0.02)
        assert "info 3" in screen.text()
        await screen.press("L")
        assert "warn 2" in screen.text() and "log: warn" in screen.text()
        await screen.press("L")
        assert "error 1" in screen.text() and "warn 2" not in screen.text()
        assert "log: errors" in screen.text()
        await screen.press("L")
        assert "log: errors" not in screen.text()


async def test_the_whole_log_is_a_key_away_and_goes_on(open_screen: OpenScreen) -> None:
    async with open_screen(size=(80, 24)) as screen:
        screen.review.log_tail.add([line(number) for number in range(60)] + [line(60, "error")])
        screen.review.log_tail.add([LogLine(61.0, "info", "test", "word " * 50 + "end")])
        await screen.press("g", "l")
        await screen.until(lambda: "Log: all lines" in screen.text())
        assert " end" in screen.text()
        await screen.press("g", "g")
        assert "info 0" in screen.text()
        await screen.press("L", "L")
        assert "errors alone, 1 line" in screen.text() and "error 60" in screen.text()
        await screen.press("x", "a", "1", "escape")
        assert screen.app.screen is screen.review and screen.library.calls == []
        await screen.pilot.click("#log", offset=(30, 0))
        await screen.until(lambda: "Log: errors alone" in screen.text())
