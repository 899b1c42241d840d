"""The review with its panes changed: hidden, resized, marked, and the log at one level."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import make_app
from screen_fakes import Clock
from test_snapshots import SIZES, Snap, pictured, settled
from textual.pilot import Pilot

from nivo_tui.engine.protocol import LogLine
from nivo_tui.ui.app import NivoApp


def pressed(*keys: str, lines: tuple[LogLine, ...] = ()) -> Callable[[Pilot[int]], object]:
    async def before(pilot: Pilot[int]) -> None:
        await settled(pilot)
        assert isinstance(pilot.app, NivoApp)
        pilot.app.review.log_tail.add(lines)
        for key in keys:
            await pilot.press(key)
        await pilot.pause(0.1)

    return before


def snap(compare: Snap, size: tuple[int, int], *keys: str, lines: tuple[LogLine, ...] = ()) -> bool:
    library, link = pictured()
    app = make_app(library, link, Clock())
    return compare(app, terminal_size=size, run_before=pressed(*keys, lines=lines))


sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@sizes
def test_folders_hidden(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert snap(snap_compare, size, *(("t",) if size[0] >= 100 else ("t", "t")))


@sizes
def test_picture_hidden(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert snap(snap_compare, size, "p")


@sizes
def test_panes_resized(snap_compare: Snap, size: tuple[int, int]) -> None:
    keys = ("greater_than_sign",) * 3 + ("right_curly_bracket",) * 3
    assert snap(snap_compare, size, *keys)


@sizes
def test_marked_rows(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert snap(snap_compare, size, "shift+tab", "v", "v", "tab", "j", "v", "v")


@sizes
def test_errors_alone(snap_compare: Snap, size: tuple[int, int]) -> None:
    lines = tuple(LogLine(1_755_180_064.0, "info", "faces", f"IMG_{n}.HEIC  2 faces") for n in range(20))
    assert snap(snap_compare, size, "L", "L", lines=lines)


@sizes
def test_whole_log(snap_compare: Snap, size: tuple[int, int]) -> None:
    lines = tuple(
        LogLine(1_755_180_064.0 + n, "warn" if n % 9 == 0 else "info", "faces", f"IMG_{n}.HEIC  2 faces")
        for n in range(60)
    )
    assert snap(snap_compare, size, "g", "l", lines=lines)
