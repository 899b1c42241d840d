"""Near-duplicates: a decision offers itself, exceptions are shown, and one act gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from conftest import OpenScreen, Screen
from real_home import burst

from nivo_tui.catalog.records import PhotoRecord
from nivo_tui.catalog.views import Progress
from nivo_tui.model import State
from nivo_tui.ui.screens.burst import BurstScreen

NUMBERS = range(1, 6)


def with_exception(number: int, made: PhotoRecord) -> PhotoRecord:
    """Photos 1-5 are a burst; on the third there is no sea, and something else is ticked."""
    made = burst(NUMBERS)(number, made)
    if number != 3:
        return made
    changed = []
    for rated in made.suggestions:
        suggestion = rated.suggestion
        if suggestion.tag == "umbrella":
            parasol = replace(suggestion, tag="parasol", label="parasol", confidence=0.9)
            changed.append(replace(rated, suggestion=parasol, ticked=True))
        elif suggestion.tag != "sea":
            changed.append(rated)
    return replace(made, suggestions=tuple(changed))


async def to_burst(screen: Screen) -> list[str]:
    """Open the first photo of the burst; its near-duplicates."""
    await screen.settle()
    session = screen.review.session
    first = next(p for p in session.library.paths(session.root) if p.endswith("IMG_00001.JPG"))
    assert session.go_to_path(first)
    screen.review.show_all()
    await screen.settle()
    return list(session.library.near_duplicates(session.root, first))


async def offered(screen: Screen) -> None:
    await screen.until(lambda: screen.review.twins.source)
    screen.review.show_footer()


async def opened(screen: Screen) -> BurstScreen:
    await screen.press("S")
    await screen.until(lambda: isinstance(screen.app.screen, BurstScreen))
    dialog = screen.app.screen
    await screen.until(lambda: dialog.offer is not None and not dialog.unseen)
    return dialog


def states(screen: Screen, path: str) -> dict[str, State]:
    detail = screen.review.session.library.detail(path)
    return {s.tag: s.state for s in detail.suggestions}


def log(screen: Screen) -> str:
    return screen.text()


@pytest.fixture
def open_burst(open_real: OpenScreen) -> Callable[..., object]:
    def opening(**options: object) -> object:
        return open_real(**{"count": 24, "change": with_exception, **options})

    return opening


async def test_a_decision_offers_itself_once_to_near_duplicates(open_burst: Callable[..., object]) -> None:
    async with open_burst() as screen:
        twins = await to_burst(screen)
        assert len(twins) == 4
        assert screen.review.twins.source is None
        await screen.press("enter")
        await offered(screen)
        assert "has 4 near-duplicates: S gives them the same" in screen.text()
        assert screen.review.situation().has_twins


async def test_enter_gives_the_same_and_z_takes_it_back(open_burst: Callable[..., object]) -> None:
    async with open_burst() as screen:
        twins = await to_burst(screen)
        source = screen.review.session.path
        await screen.press("enter")
        await offered(screen)
        dialog = await opened(screen)
        assert [photo.is_exception for photo in dialog.photos] == [True, False, False, False]
        assert dialog.photos[0].unseen == ("sea",) and dialog.photos[0].own == ("parasol",)
        assert "sea: not seen in 1 of 4" in screen.text()
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.review)
        library = screen.review.session.library
        for path in twins:
            found = states(screen, path)
            assert library.detail(path).progress is Progress.DONE
            assert found["beach"] is found["sea"] is State.ACCEPTED
            assert not {found[n] for n in ("ann", "ben", "chloé") if n in found} & {State.ACCEPTED}
        assert states(screen, dialog.photos[0].path)["parasol"] is State.PASSED
        assert screen.review.session.path not in twins
        await screen.press("z")
        assert all(library.detail(path).progress is Progress.TODO for path in twins)
        assert library.detail(source).progress is Progress.DONE


async def test_a_photo_that_is_out_stays_to_do(open_burst: Callable[..., object]) -> None:
    async with open_burst() as screen:
        await to_burst(screen)
        await screen.press("enter")
        await offered(screen)
        dialog = await opened(screen)
        await screen.press("x", "x", "a", "enter")
        await screen.until(lambda: screen.app.screen is screen.review)
        library = screen.review.session.library
        left = [library.detail(photo.path).progress for photo in dialog.photos]
        assert left == [Progress.TODO, Progress.TODO, Progress.DONE, Progress.DONE]


async def test_escape_commits_nothing(open_burst: Callable[..., object]) -> None:
    async with open_burst() as screen:
        twins = await to_burst(screen)
        await screen.press("enter")
        await offered(screen)
        await opened(screen)
        await screen.press("x", "escape")
        await screen.until(lambda: screen.app.screen is screen.review)
        library = screen.review.session.library
        assert all(library.detail(path).progress is Progress.TODO for path in twins)


async def test_a_held_enter_or_one_before_the_photos_are_seen_gives_nothing(
    open_burst: Callable[..., object],
) -> None:
    async with open_burst() as screen:
        twins = await to_burst(screen)
        await screen.press("enter")
        await offered(screen)
        dialog = await opened(screen)
        dialog._painted.clear()
        await screen.press("enter")
        await screen.press("enter", "enter", "enter", after=0.03)
        assert screen.app.screen is dialog
        library = screen.review.session.library
        assert all(library.detail(path).progress is Progress.TODO for path in twins)


async def test_a_held_x_puts_one_photo_out(open_burst: Callable[..., object]) -> None:
    async with open_burst() as screen:
        await to_burst(screen)
        await screen.press("enter")
        await offered(screen)
        dialog = await opened(screen)
        await screen.press("x")
        await screen.press("x", after=0.5)
        await screen.press("x", "x", "x", after=0.03)
        assert len(dialog.chosen) == 3


async def test_with_every_photo_out_enter_gives_nothing(open_burst: Callable[..., object]) -> None:
    async with open_burst() as screen:
        await to_burst(screen)
        await screen.press("enter")
        await offered(screen)
        dialog = await opened(screen)
        await screen.press("x", "x", "x", "x", "enter")
        assert screen.app.screen is dialog and "nothing to give" in screen.text()


async def test_single_tags_of_the_open_photo_can_be_given_too(open_burst: Callable[..., object]) -> None:
    async with open_burst() as screen:
        await to_burst(screen)
        await screen.until(lambda: screen.review.twins._near)
        assert not screen.review.situation().has_twins
        beach = next(
            i for i, r in enumerate(screen.review.session.sheet.rows()) if r.suggestion.tag == "beach"
        )
        screen.review.session.accept(screen.review.session.sheet.rows()[beach].suggestion)
        screen.review.show_photo(same=True)
        assert screen.review.situation().has_twins
        dialog = await opened(screen)
        assert [s.tag for s in dialog.offer.tags] == ["beach"]


async def test_a_photo_without_near_duplicates_offers_nothing(open_burst: Callable[..., object]) -> None:
    async with open_burst() as screen:
        session = screen.review.session
        assert session.go_to_path(next(p for p in session.library.paths(session.root) if "00012" in p))
        screen.review.show_all()
        await screen.settle()
        await screen.press("enter")
        await screen.pilot.pause(0.4)
        assert screen.review.twins.source is None
        await screen.press("S")
        assert screen.app.screen is screen.review


async def test_many_near_duplicates_are_all_seen_before_enter_counts(open_real: OpenScreen) -> None:
    async with open_real(size=(80, 24), count=60, change=burst(range(1, 45), gap_s=1.0)) as screen:
        twins = await to_burst(screen)
        assert len(twins) == 43
        await screen.press("enter")
        await offered(screen)
        await screen.press("S")
        await screen.until(lambda: isinstance(screen.app.screen, BurstScreen))
        dialog = screen.app.screen
        pages = 0
        await screen.until(lambda: dialog._painted)
        while dialog.unseen:
            before = len(dialog.unseen)
            await screen.press("enter")
            await screen.until(lambda before=before: len(dialog.unseen) < before)
            pages += 1
        assert pages >= 2 and screen.app.screen is dialog
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.review)
        library = screen.review.session.library
        assert all(library.detail(path).progress is Progress.DONE for path in twins)
