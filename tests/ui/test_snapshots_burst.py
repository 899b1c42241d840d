"""The dialog for near-duplicates at three sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import REAL_ROOT, Clock, FakeLink
from real_home import Change, burst, make_home
from textual.pilot import Pilot

from nivo_tui.catalog.library import Library
from nivo_tui.catalog.records import PhotoRecord
from nivo_tui.settings import load_paths
from nivo_tui.ui.app import NivoApp, Parts
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.keymap import key_table
from nivo_tui.ui.overview import LibraryReader

SIZES = [(80, 24), (120, 40), (200, 50)]
NUMBERS = range(1, 8)


def with_exceptions(number: int, made: PhotoRecord) -> PhotoRecord:
    """Photos 1-7 are a burst; on two of them there is no sea, on one of these a parasol is ticked."""
    made = burst(NUMBERS)(number, made)
    if number not in (3, 6):
        return made
    kept = [rated for rated in made.suggestions if rated.suggestion.tag != "sea"]
    if number == 3:
        kept = [
            replace(rated, suggestion=replace(rated.suggestion, tag="parasol", label="parasol"), ticked=True)
            if rated.suggestion.tag == "umbrella"
            else rated
            for rated in kept
        ]
    return replace(made, suggestions=tuple(kept))


def app_over(clock: Clock, count: int, change: Change) -> NivoApp:
    paths = load_paths()
    make_home(paths, count, change)
    link = FakeLink()
    parts = Parts(Library(paths), LibraryReader(lambda: Library(paths)), link, key_table())  # type: ignore[arg-type]
    return NivoApp(
        REAL_ROOT,
        lambda: parts,
        PictureSupport("none"),
        clock=clock,
        wall_clock=lambda: 1_755_180_062.0,
        interval=0.0,
        debounce=0.0,
    )


async def until(pilot: Pilot[int], met: Callable[[], object]) -> None:
    for _ in range(500):
        if met():
            return
        await pilot.pause(0.01)
    raise AssertionError("the screen never came to it")


async def settled(pilot: Pilot[int]) -> NivoApp:
    app = pilot.app
    assert isinstance(app, NivoApp)
    await until(pilot, lambda: app.is_open and app.review.is_mounted)
    review = app.review
    await until(pilot, lambda: review.session.counts and not review.following.wanted.is_set())
    await until(pilot, lambda: review.guard._painted)
    return app


@pytest.fixture(autouse=True)
def _own_home(home: Path) -> None:
    """A home for each."""


@pytest.mark.parametrize("size", SIZES)
def test_near_duplicates_with_exceptions(snap_compare: Callable[..., bool], size: tuple[int, int]) -> None:
    clock = Clock()
    app = app_over(clock, 16, with_exceptions)

    async def before(pilot: Pilot[int]) -> None:
        await settled(pilot)
        review = app.review
        session = review.session
        assert session.go_to_path(next(p for p in session.library.paths(session.root) if "00001" in p))
        review.show_all()
        await settled(pilot)
        clock.now += 2
        await pilot.press("enter")
        await until(pilot, lambda: review.twins.source)
        await pilot.press("S")
        await until(pilot, lambda: getattr(app.screen, "offer", None) and not app.screen.unseen)
        for key in ("l", "l", "x"):
            clock.now += 2
            await pilot.press(key)
        await pilot.pause()

    try:
        assert snap_compare(app, terminal_size=size, run_before=before)
    finally:
        app.close_parts()
