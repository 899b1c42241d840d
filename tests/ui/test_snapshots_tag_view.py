"""The tag view as it looks, at three sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from real_home import ROOT, Change, make_home
from screen_fakes import Clock, FakeLink
from textual.pilot import Pilot

from nivo_tui.catalog.library import Library
from nivo_tui.catalog.records import PhotoRecord
from nivo_tui.settings import load_paths
from nivo_tui.ui.app import NivoApp, Parts
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.keymap import key_table
from nivo_tui.ui.overview import LibraryReader
from nivo_tui.ui.screens.large_photo import LargePhoto
from nivo_tui.ui.screens.tag_view import TagViewScreen

SIZES = [(80, 24), (120, 40), (200, 50)]
Snap = Callable[..., bool]
MakeApp = Callable[..., NivoApp]


def varied(number: int, made: PhotoRecord) -> PhotoRecord:
    """Another confidence of each tag for each photo, so that some are ticked and some are not."""
    rated = []
    for place, one in enumerate(made.suggestions):
        step = (number * 37 + place * 11) % 60 - 30
        confidence = round(min(0.99, max(0.3, one.suggestion.confidence + step / 100)), 2)
        ticked = confidence >= 0.6 and not (one.suggestion.fact or one.suggestion.is_name)
        rated.append(replace(one, suggestion=replace(one.suggestion, confidence=confidence), ticked=ticked))
    return replace(made, suggestions=tuple(rated))


@pytest.fixture
def make(home: Path) -> Iterator[MakeApp]:
    apps: list[NivoApp] = []

    def made(
        kind: str = "none", change: Change = varied, count: int = 90, theme: str | None = None
    ) -> NivoApp:
        paths = load_paths()
        make_home(paths, count, change, thumbnails=kind != "none")
        library, clock = Library(paths), Clock()

        def ticking() -> float:
            clock.now += 2
            return clock.now

        reader = LibraryReader(lambda: Library(paths))
        parts = Parts(library, reader, FakeLink(), key_table())  # type: ignore[arg-type]
        options = {"theme": theme} if theme else {}
        app = NivoApp(
            ROOT,
            lambda: parts,
            PictureSupport(kind),
            clock=ticking,
            wall_clock=lambda: 1_755_180_062.0,
            interval=0.0,
            debounce=0.0,
            **options,  # type: ignore[arg-type]
        )
        apps.append(app)
        return app

    yield made
    for app in apps:
        app.close_parts()


def at_rest(app: NivoApp) -> bool:
    """Whether nothing is read, and the page is painted where there is one."""
    screen = app.screen
    if isinstance(screen, LargePhoto):
        return True
    if not isinstance(screen, TagViewScreen) or screen._busy:
        return False
    return screen.page is None or screen.guard._painted


def press(*keys: str) -> Callable[[Pilot[int]], object]:
    async def before(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, NivoApp)
        for _ in range(500):
            await pilot.pause(0.005)
            if app.is_open and app.review.session.counts is not None and app.review.guard._painted:
                break
        for key in ("T", *keys):
            await pilot.press(key)
            for _ in range(500):
                if at_rest(app):
                    break
                await pilot.pause(0.005)
        await pilot.pause(0.05)

    return before


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_tags(snap_compare: Snap, make: MakeApp, size: tuple[int, int]) -> None:
    assert snap_compare(make(), terminal_size=size, run_before=press("down"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_sheet_without_pictures(snap_compare: Snap, make: MakeApp, size: tuple[int, int]) -> None:
    assert snap_compare(make(), terminal_size=size, run_before=press("down", "enter", "2", "5", "right"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_sheet_with_pictures(snap_compare: Snap, make: MakeApp, size: tuple[int, int]) -> None:
    run = press("down", "enter", "2", "5", "right")
    assert snap_compare(make("half"), terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_to_decide(snap_compare: Snap, make: MakeApp, size: tuple[int, int]) -> None:
    app = make(change=lambda _, made: replace(made, suggestions=()), count=5)
    assert snap_compare(app, terminal_size=size, run_before=press())


def test_a_tag_gone_through(snap_compare: Snap, make: MakeApp) -> None:
    app = make(count=10)
    assert snap_compare(app, terminal_size=(120, 40), run_before=press("enter", "2", "enter"))


def test_a_name(snap_compare: Snap, make: MakeApp) -> None:
    assert snap_compare(make(), terminal_size=(80, 24), run_before=press("end", "enter"))


def test_light_colours(snap_compare: Snap, make: MakeApp) -> None:
    app = make(theme="nivo-light")
    assert snap_compare(app, terminal_size=(120, 40), run_before=press("enter", "2", "right"))


def test_a_photo_larger(snap_compare: Snap, make: MakeApp) -> None:
    assert snap_compare(make("half"), terminal_size=(80, 24), run_before=press("enter", "o"))
