"""The keywords that mean a tag as they look, at three sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from real_home import make_home
from still import still_app
from textual.pilot import Pilot

from nivo_tui.catalog.library import Library
from nivo_tui.catalog.words import LibraryWord, save_words
from nivo_tui.settings import load_paths
from nivo_tui.ui.app import NivoApp
from nivo_tui.ui.screens.keywords import KeywordsScreen

SIZES = [(80, 24), (120, 40), (200, 50)]
Snap = Callable[..., bool]

FEW = [
    LibraryWord("Beach", ("Places", "Coast", "Beach"), 2140, "beach", "beach", ("Scene", "beach")),
    LibraryWord("Sonnenuntergang", ("Licht", "Sonnenuntergang"), 88, "sunset", "sunset", ("Scene", "sunset")),
    LibraryWord("Strand", ("Strand",), 12, "beach", "beach", ("Scene", "beach")),
    LibraryWord("kitty", ("Animals", "Pets at home", "kitty"), 9, "cat", "cat", ("Objects", "cat")),
    LibraryWord("海", ("場所", "海"), 4, "sea", "sea", ("Scene", "sea")),
    LibraryWord("[b]dog\x1b[31m\u202e" + "x" * 280, ("A" * 90, "B"), 3, "dog", "dog", ("Objects", "dog")),
]
MANY = [
    LibraryWord(f"Word {n}", ("Own", f"Word {n}"), 9000 - n, f"tag_{n}", f"tag {n}", ("Scene", f"tag {n}"))
    for n in range(5000)
]


@pytest.fixture
def make(home: Path) -> Iterator[Callable[..., NivoApp]]:
    """The application over a real library with these words; closed after the test."""
    made: list[NivoApp] = []

    def app(words: list[LibraryWord]) -> NivoApp:
        paths = load_paths()
        make_home(paths, 12)
        library = Library(paths)
        save_words(library.connection, words)
        app = still_app(library, paths)
        made.append(app)
        return app

    yield app
    for app_made in made:
        app_made.close_parts()


def keywords(*keys: str) -> Callable[[Pilot[int]], object]:
    async def before(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, NivoApp)
        for _ in range(500):
            await pilot.pause(0.01)
            if app.is_open and app.screen is app.review and app.review.session.counts is not None:
                break
        await pilot.press("M")
        for _ in range(500):
            await pilot.pause(0.01)
            if isinstance(app.screen, KeywordsScreen):
                break
        await pilot.press(*keys)

    return before


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_keywords(snap_compare: Snap, make: Callable[..., NivoApp], size: tuple[int, int]) -> None:
    assert snap_compare(make(FEW), terminal_size=size, run_before=keywords("down"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_answered(snap_compare: Snap, make: Callable[..., NivoApp], size: tuple[int, int]) -> None:
    run = keywords("down", "k", "down", "x", "down", "up")
    assert snap_compare(make(FEW), terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_many(snap_compare: Snap, make: Callable[..., NivoApp], size: tuple[int, int]) -> None:
    assert snap_compare(make(MANY), terminal_size=size, run_before=keywords("pagedown", "k", "x"))
