"""Bulk accept as it looks, at three sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from real_home import ROOT, make_home
from screen_fakes import Clock, FakeLink
from test_bulk import spread_out
from textual.pilot import Pilot

from nivo_tui.catalog.library import Library
from nivo_tui.settings import load_paths
from nivo_tui.ui.app import NivoApp, Parts
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.keymap import key_table
from nivo_tui.ui.overview import LibraryReader
from nivo_tui.ui.screens.bulk import BulkScreen

SIZES = [(80, 24), (120, 40), (200, 50)]
Snap = Callable[..., bool]

STATES = {
    "opened": (214, ""),
    "half": (214, "aaaaaxaa"),
    "shut": (214, "aaaaaxaaaaxaaaaaaaaae"),
    "unlocked": (214, "a" * 20),
    "few": (4, "ax"),
    "few_judged": (4, "axaa"),
    "empty": (4, "+++++++"),
}


def make_app(count: int, clock: Clock) -> NivoApp:
    paths = load_paths()
    make_home(paths, count, spread_out)
    parts = Parts(Library(paths), LibraryReader(lambda: Library(paths)), FakeLink(), key_table())  # type: ignore[arg-type]
    return NivoApp(
        ROOT,
        lambda: parts,
        PictureSupport("none"),
        clock=clock,
        wall_clock=lambda: 1_755_180_062.0,
        interval=0.0,
        debounce=0.0,
    )


def judged(keys: str, clock: Clock) -> Callable[[Pilot[int]], object]:
    """Open the dialog on the tag beach and press the keys, each when the screen is ready for it."""
    names = {"+": "plus", "e": "enter"}

    async def until(pilot: Pilot[int], met: Callable[[], object]) -> None:
        for _ in range(500):
            await pilot.pause(0.005)
            if met():
                return
        raise AssertionError("the screen never came to it")

    async def before(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, NivoApp)
        await until(pilot, lambda: app.is_open and app.review.session.counts is not None)
        await until(pilot, lambda: app.review.guard._painted)
        row = next(i for i, r in enumerate(app.review.tags.numbered) if r.suggestion.tag == "beach")
        app.review.tags.go_to(row)
        await pilot.press("percent_sign")
        dialog = app.screen
        assert isinstance(dialog, BulkScreen)

        def ready() -> bool:
            busy = any(w.group == "bulk" and not w.is_finished for w in dialog.workers)
            made = dialog.judgement
            return not busy and made is not None and (dialog.painted or not made.drawn)

        await until(pilot, ready)
        for key in keys:
            clock.now += 2.0
            await pilot.press(names.get(key, key))
            await until(pilot, ready)

    return before


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES)
def test_bulk(snap_compare: Snap, home: Path, state: str, size: tuple[int, int]) -> None:
    count, keys = STATES[state]
    clock = Clock()
    assert snap_compare(make_app(count, clock), terminal_size=size, run_before=judged(keys, clock))
