"""Finding photos, as it looks at three sizes: the filter, a wrong query, its list, its empty list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from conftest import Screen
from real_home import make_home
from screen_fakes import FakeLink
from still import still_app
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from nivo_tui.catalog.library import Library
from nivo_tui.settings import load_paths
from nivo_tui.ui.app import NivoApp

SIZES = [(80, 24), (120, 40), (200, 50)]
Snap = Callable[..., bool]
Steps = Callable[[Screen], Awaitable[object]]


@pytest.fixture
def app(home: Path) -> AsyncIterator[NivoApp]:
    """The application over a generated catalog of sixty photos."""
    paths = load_paths()
    make_home(paths, 60)
    library = Library(paths)
    made = still_app(library, paths)
    yield made
    made.close_parts()


def doing(app: NivoApp, steps: Steps) -> Callable[[Pilot[int]], Awaitable[None]]:
    async def before(pilot: Pilot[int]) -> None:
        screen = Screen(app, pilot, None, FakeLink(), app._clock)  # type: ignore[arg-type]
        await screen.until(lambda: app.is_open and app.screen is app.review and app.review.is_mounted)
        await screen.settle()
        await steps(screen)
        await pilot.pause(0)

    return before


async def typed(screen: Screen, text: str) -> None:
    for character in text:
        event = events.Key(_character_to_key(character), character)
        event.set_sender(screen.app)
        screen.app.post_message(event)
        await screen.pilot.pause(0)


async def dialog(screen: Screen) -> None:
    await screen.press("F")
    await screen.until(lambda: len(screen.app.screen.presets.counts) == 7)


async def wrong(screen: Screen) -> None:
    await dialog(screen)
    await typed(screen, "tga:beach faces:>=2")
    await screen.press("enter")


async def counted(screen: Screen) -> None:
    await dialog(screen)
    await typed(screen, "tag:sea faces:>=2")
    await screen.until(lambda: "30 photos" in str(screen.app.screen.said.render()))


async def listed(screen: Screen, query: str = "rating:>=3 -name:00003") -> None:
    await dialog(screen)
    await typed(screen, query)
    await screen.press("enter")
    await screen.until(lambda: screen.review.session.source.filtered)
    await screen.settle()
    await screen.until(lambda: "lists all again" in screen.text())


async def empty(screen: Screen) -> None:
    await listed(screen, "tag:zebra")


async def search(screen: Screen) -> None:
    await screen.press("slash")
    await typed(screen, "near:Lisbonn")
    await screen.press("enter")
    await screen.until(lambda: "no place of that name" in screen.text())


async def jump(screen: Screen) -> None:
    await screen.press("g", "n")


STATES: dict[str, Steps] = {
    "dialog": dialog,
    "wrong": wrong,
    "counted": counted,
    "listed": listed,
    "empty": empty,
    "search": search,
    "jump": jump,
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES)
def test_finding(snap_compare: Snap, app: NivoApp, state: str, size: tuple[int, int]) -> None:
    assert snap_compare(app, terminal_size=size, run_before=doing(app, STATES[state]))
