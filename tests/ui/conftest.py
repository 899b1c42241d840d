"""The screen over a library in memory: no home, no engine, no clock but our own."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.keys import key_to_character
from textual.pilot import Pilot

sys.path.insert(0, str(Path(__file__).parent))

from real_home import ROOT as REAL_ROOT
from real_home import Change, make_home
from screen_fakes import ROOT, Clock, FakeLibrary, FakeLink

from nivo_tui.catalog.library import Library
from nivo_tui.settings import load_paths
from nivo_tui.ui.app import NivoApp, Parts
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.keymap import key_table
from nivo_tui.ui.overview import LibraryReader

OpenScreen = Callable[..., AbstractAsyncContextManager["Screen"]]


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log's times are the same everywhere, and colours are not taken from the caller's terminal."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    if hasattr(time, "tzset"):
        time.tzset()
    monkeypatch.setitem(os.environ, "TEXTUAL_ANIMATIONS", "none")


def make_app(library: FakeLibrary, link: FakeLink, clock: Clock, **options: object) -> NivoApp:
    """The application over fakes, with no delays of its own."""
    support = options.pop("support", PictureSupport("none"))
    keys = options.pop("keys", None) or key_table()
    settings: dict[str, object] = {
        "clock": clock,
        "wall_clock": lambda: 1_755_180_062.0,
        "interval": 0.0,
        "debounce": 0.0,
        **options,
    }
    parts = Parts(library, LibraryReader(lambda: library), link, keys)  # type: ignore[arg-type]
    return NivoApp(ROOT, lambda: parts, support, **settings)  # type: ignore[arg-type]


class Screen:
    """A running application in a test's hands."""

    def __init__(
        self, app: NivoApp, pilot: Pilot[int], library: FakeLibrary, link: FakeLink, clock: Clock
    ) -> None:
        self.app = app
        self.pilot = pilot
        self.library = library
        self.link = link
        self.clock = clock

    @property
    def review(self):
        return self.app.review

    async def until(self, met: Callable[[], object]) -> None:
        """Let the screen work until a condition holds."""
        for _ in range(500):
            if met():
                return
            await self.pilot.pause(0.01)
        raise AssertionError("the screen never came to it")

    async def settle(self) -> None:
        """Until the photo is painted and the figures are there."""
        await self.until(lambda: self.review.session.counts is not None)
        await self.until(lambda: not self.review.following.wanted.is_set())
        await self.until(lambda: self.review.guard._painted or self.review.session.path is None)

    async def press(self, *keys: str, after: float = 2.0) -> None:
        """Press keys, each `after` seconds of the test's clock."""
        for key in keys:
            self.clock.now += after
            self._post(key)
            await self.pilot.pause(0)
            await self.pilot.pause(0)

    def _post(self, key: str) -> None:
        event = events.Key(key, key_to_character(key))
        event.set_sender(self.app)
        self.app.post_message(event)

    async def leave(self, key: str) -> int | None:
        """Press the key that ends the application; what it returns."""
        self._post(key)
        while self.app.is_running and not self.app._exit:
            await asyncio.sleep(0)
        return self.app.return_value

    def text(self) -> str:
        """What the whole screen shows."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())


@pytest.fixture
def open_screen() -> OpenScreen:
    """Opens the application: `async with open_screen(size=(120, 40), count=60) as screen`."""

    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = (110, 30),
        count: int = 60,
        *,
        library: FakeLibrary | None = None,
        prepare: Callable[[FakeLibrary], None] | None = None,
        wait: bool = True,
        link: FakeLink | None = None,
        **options: object,
    ) -> AsyncIterator[Screen]:
        library = library or FakeLibrary(count)
        if prepare is not None:
            prepare(library)
        link = link or FakeLink()
        clock = Clock()
        app = make_app(library, link, clock, **options)
        async with app.run_test(size=size, notifications=True) as pilot:
            screen = Screen(app, pilot, library, link, clock)
            await screen.until(lambda: app.is_open and app.screen is app.review and app.review.is_mounted)
            if wait:
                await screen.settle()
            yield screen

    return opened


@pytest.fixture
def open_real(home: Path) -> OpenScreen:
    """Opens the application over a real library, with an engine in memory.

    `async with open_real(size=(120, 40), count=60, change=burst(range(5, 9))) as screen`
    """

    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = (120, 40),
        count: int = 60,
        *,
        change: Change | None = None,
        thumbnails: bool = False,
        prepare: Callable[[Library], None] | None = None,
        **options: object,
    ) -> AsyncIterator[Screen]:
        paths = load_paths()
        make_home(paths, count, change, thumbnails=thumbnails)
        library = Library(paths)
        if prepare is not None:
            prepare(library)
        clock, link = Clock(), FakeLink()
        parts = Parts(library, LibraryReader(lambda: Library(paths)), link, key_table())  # type: ignore[arg-type]
        settings: dict[str, object] = {
            "clock": clock,
            "wall_clock": lambda: 1_755_180_062.0,
            "interval": 0.0,
            "debounce": 0.0,
            **options,
        }
        support = settings.pop("support", PictureSupport("none"))
        app = NivoApp(REAL_ROOT, lambda: parts, support, **settings)  # type: ignore[arg-type]
        try:
            async with app.run_test(size=size, notifications=True) as pilot:
                screen = Screen(app, pilot, library, link, clock)  # type: ignore[arg-type]
                await screen.until(lambda: app.is_open and app.screen is app.review and app.review.is_mounted)
                await screen.settle()
                yield screen
        finally:
            app.close_parts()

    return opened
