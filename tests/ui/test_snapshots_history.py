"""The history as it looks, at three sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from real_home import make_home
from still import still_app
from textual.pilot import Pilot

from nivo_tui.catalog import decisions
from nivo_tui.catalog.decisions import Choice
from nivo_tui.catalog.library import Library
from nivo_tui.model import State
from nivo_tui.settings import load_paths
from nivo_tui.ui.app import NivoApp
from nivo_tui.ui.screens.history import HistoryScreen
from nivo_tui.ui.widgets.history_list import HistoryList

SIZES = [(80, 24), (120, 40), (200, 50)]
Snap = Callable[..., bool]


@contextmanager
def at(minute: int) -> Iterator[None]:
    with mock.patch.object(decisions, "_now", lambda: f"2025-08-20T10:{minute:02d}:00.000+00:00"):
        yield


def decided(library: Library) -> None:
    """One act of each kind, some taken back."""
    paths = library.paths("/")
    with at(1):
        choices = [Choice(path, "beach", "beach", State.ACCEPTED, "scene") for path in paths]
        many = library.commit(f"'beach' accepted on {len(choices)} photos", choices, by="bulk")
    with at(2):
        library.never("calm")
    with at(3):
        library.decide(paths[0], "beach", State.REJECTED)
        library.accept_as_shown(paths[1], {"sea", "surfboard"})
    with at(4):
        library.decisions.revoke_act(library.never("umbrella"))
        library.add_tag(paths[2], "[b]a very long tag[/b] that somebody typed on a long afternoon at the sea")
    with at(5):
        choices = [Choice(path, "sea", "sea", State.ACCEPTED, "scene") for path in paths[:7]]
        library.commit("'sea' given to 7 near-duplicates", choices, by="burst")
        one = library.decisions.below(paths[3])[0]
        library.decisions.revoke_decision(one.id)
        assert many
    library._decisions_db.executescript(
        "INSERT INTO runs(id, command, started_at) VALUES(3, 'write', '2025-08-20T09:00:00.000+00:00');"
        + "".join(
            "INSERT INTO writes(run_id, kind, path, target, real, state, at, fields, added, removed, notes, "
            f"inverse) VALUES(3, 'write', x'{n:02x}', x'{n:02x}', x'{n:02x}', '{state}', '', "
            "'[]', '[]', '[]', '[]', x'');"
            for n, state in enumerate(("done", "done", "undone"), 1)
        )
    )


@pytest.fixture
def make(home: Path) -> Iterator[Callable[..., NivoApp]]:
    """The application over a real library; closed after the test."""
    made: list[NivoApp] = []

    def app(prepare: Callable[[Library], None] | None = decided) -> NivoApp:
        paths = load_paths()
        make_home(paths, 60)
        library = Library(paths)
        if prepare is not None:
            prepare(library)
        app = still_app(library, paths)
        made.append(app)
        return app

    yield app
    for app_made in made:
        app_made.close_parts()


def history(*keys: str) -> Callable[[Pilot[int]], object]:
    async def before(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, NivoApp)
        for _ in range(500):
            await pilot.pause(0.01)
            if app.is_open and app.screen is app.review and app.review.session.counts is not None:
                break
        await pilot.press("H")
        for key in ("", *keys):
            if key:
                await pilot.press(key)
            for _ in range(300):
                await pilot.pause(0.01)
                if not isinstance(app.screen, HistoryScreen):
                    break
                entries = app.screen.query_one(HistoryList)
                if entries.current is not None or (entries.empty and not entries.keys):
                    break

    return before


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_history(snap_compare: Snap, make: Callable[..., NivoApp], size: tuple[int, int]) -> None:
    assert snap_compare(make(), terminal_size=size, run_before=history("j"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_rules(snap_compare: Snap, make: Callable[..., NivoApp], size: tuple[int, int]) -> None:
    assert snap_compare(make(), terminal_size=size, run_before=history("F"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_written_run(snap_compare: Snap, make: Callable[..., NivoApp], size: tuple[int, int]) -> None:
    assert snap_compare(make(), terminal_size=size, run_before=history("G"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_decided(snap_compare: Snap, make: Callable[..., NivoApp], size: tuple[int, int]) -> None:
    assert snap_compare(make(None), terminal_size=size, run_before=history())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_question(snap_compare: Snap, make: Callable[..., NivoApp], size: tuple[int, int]) -> None:
    assert snap_compare(make(), terminal_size=size, run_before=history("G", "k", "x"))
