"""Bulk accept on the screen: judged by key, shut until enough is known, one act, and nothing by accident."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from conftest import OpenScreen, Screen
from real_home import ROOT

from nivo_tui.catalog.judging import candidates
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.records import PhotoRecord
from nivo_tui.model import Category, State, Suggestion
from nivo_tui.ui.judgement import Gate
from nivo_tui.ui.screens.bulk import BulkScreen

BEACH = Suggestion("beach", "beach", Category.SCENE, 0.84, "test", "sand")


def spread_out(number: int, made: PhotoRecord) -> PhotoRecord:
    """The beach is as sure as 0.60 to 0.99, by the number of the photo."""
    found = tuple(
        replace(r, suggestion=replace(r.suggestion, confidence=0.6 + number * 7 % 40 / 100))
        if r.suggestion.tag == "beach"
        else r
        for r in made.suggestions
    )
    return replace(made, suggestions=found)


async def bulk(screen: Screen) -> BulkScreen:
    """Open the dialog on the tag beach."""
    tags = screen.review.tags
    row = next(i for i, row in enumerate(tags.numbered) if row.suggestion.tag == "beach")
    tags.go_to(row)
    await screen.press("percent_sign")
    dialog = screen.app.screen
    assert isinstance(dialog, BulkScreen)
    await screen.until(lambda: dialog.judgement is not None)
    await ready(screen, dialog)
    return dialog


async def ready(screen: Screen, dialog: BulkScreen) -> None:
    await screen.until(
        lambda: (
            not any(w.group == "bulk" and not w.is_finished for w in dialog.workers)
            and (dialog.painted or not dialog.judgement.drawn)
        )
    )


async def judge(screen: Screen, dialog: BulkScreen, keys: str) -> None:
    for key in keys:
        await screen.press(key)
        await ready(screen, dialog)


def waiting(screen: Screen) -> int:
    return candidates(screen.library, ROOT, BEACH).count(0)


def acts(library: Library) -> int:
    return int(library.connection.execute("SELECT count(*) FROM d.acts").fetchone()[0])


async def test_twenty_judged_right_accept_the_rest_in_one_act(open_real: OpenScreen) -> None:
    async with open_real(count=300) as screen:
        dialog = await bulk(screen)
        assert "300 photos" in screen.text()
        await judge(screen, dialog, "a" * 19)
        await screen.press("enter")
        assert screen.app.screen is dialog
        assert "Not yet: 1 more to judge" in screen.text()
        assert waiting(screen) == 300
        await judge(screen, dialog, "a")
        assert "Enter accepts beach on 300 photos." in screen.text()
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.review)
        assert (waiting(screen), acts(screen.library)) == (0, 1)
        await screen.until(lambda: "beach accepted on 300 photos; H takes it back" in screen.text())
        await screen.press("z")
        assert waiting(screen) == 300


async def test_a_wrong_one_takes_more_and_never_comes_back(open_real: OpenScreen) -> None:
    async with open_real(count=300) as screen:
        dialog = await bulk(screen)
        assert dialog.judgement is not None
        wrong = dialog.judgement.drawn[2]
        await judge(screen, dialog, "aax" + "a" * 17)
        assert dialog.judgement.gate is Gate.SHUT
        await screen.press("enter")
        assert "Not yet: with 1 wrong of 20 it takes 25 judged" in screen.text().replace("\n", " ")
        await judge(screen, dialog, "m")
        assert dialog.place == 20
        await judge(screen, dialog, "a" * 20)
        assert dialog.judgement.gate is Gate.OPEN
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.review)
        rows = screen.library.connection.execute(
            "SELECT p.id FROM d.standing s JOIN photos p ON p.path = s.path WHERE s.state = 'rejected'"
        )
        assert [row[0] for row in rows] == [wrong]
        assert acts(screen.library) == 1


async def test_esc_commits_nothing_and_judgements_wait(open_real: OpenScreen) -> None:
    async with open_real(count=300) as screen:
        dialog = await bulk(screen)
        await judge(screen, dialog, "aaxaa")
        drawn = dialog.judgement.drawn if dialog.judgement else ()
        await screen.press("escape")
        assert screen.app.screen is screen.review
        assert acts(screen.library) == 0
        dialog = await bulk(screen)
        assert dialog.judgement is not None
        assert dialog.judgement.drawn == drawn
        assert (dialog.judgement.judged, dialog.judgement.wrong, dialog.place) == (5, 1, 5)


async def test_a_held_key_judges_one_photo(open_real: OpenScreen) -> None:
    async with open_real(count=300) as screen:
        dialog = await bulk(screen)
        await screen.press("a")
        await screen.press("a", after=0.5)
        for _ in range(30):
            await screen.press("a", after=0.03)
        assert dialog.judgement is not None
        assert (dialog.judgement.judged, dialog.place) == (1, 1)
        for _ in range(30):
            await screen.press("enter", after=0.03)
        assert acts(screen.library) == 0


async def test_what_was_not_painted_is_not_judged(open_real: OpenScreen) -> None:
    async with open_real(count=300) as screen:
        dialog = await bulk(screen)
        dialog._painted = False
        await screen.press("a", "x")
        assert dialog.judgement is not None
        assert dialog.judgement.judged == 0


async def test_back_takes_the_judgement_of_this_photo_or_the_one_before(open_real: OpenScreen) -> None:
    async with open_real(count=300) as screen:
        dialog = await bulk(screen)
        await judge(screen, dialog, "axu")
        assert dialog.judgement is not None
        assert (dialog.judgement.judged, dialog.place) == (1, 1)
        await screen.press("left", "u")
        assert (dialog.judgement.judged, dialog.place) == (0, 0)


async def test_the_bar_moves_and_keeps_what_was_judged_above_it(open_real: OpenScreen) -> None:
    async with open_real(count=300, change=spread_out) as screen:
        dialog = await bulk(screen)
        made = dialog.judgement
        assert made is not None
        first = made.bar
        await judge(screen, dialog, "a" * 6)
        judged = set(made.drawn[:6])
        await screen.press("plus")
        await ready(screen, dialog)
        assert made.bar == first + 5
        assert made.judged == len(judged & made.candidates.above(made.bar))
        assert dialog.place == made.judged
        await screen.press("minus")
        await ready(screen, dialog)
        assert (made.judged, dialog.place) == (6, 6)
        for _ in range(12):
            await screen.press("plus")
        await ready(screen, dialog)
        assert "No photo waits for beach up here" in screen.text()
        await screen.press("a", "x", "u", "m", "enter", "right")
        assert acts(screen.library) == 0


async def test_few_photos_are_all_judged(open_real: OpenScreen) -> None:
    async with open_real(count=3) as screen:
        dialog = await bulk(screen)
        assert "all of them, to be judged" in screen.text()
        await judge(screen, dialog, "xax")
        assert "All 3 judged: 1 right, 2 wrong." in screen.text()
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.review)
        assert waiting(screen) == 0


async def test_what_changed_meanwhile_is_left_alone_and_told(open_real: OpenScreen) -> None:
    async with open_real(count=60) as screen:
        dialog = await bulk(screen)
        await judge(screen, dialog, "a" * 20)
        path = screen.library.paths(ROOT)[7]
        screen.library.decide(path, "beach", State.REJECTED)
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.review)
        await screen.until(lambda: "accepted on 59 photos, 1 changed meanwhile" in screen.text())
        detail = screen.library.detail(path)
        assert detail is not None
        assert next(s.state for s in detail.suggestions if s.tag == "beach") is State.REJECTED


async def test_a_person_s_name_has_no_bulk(open_real: OpenScreen) -> None:
    async with open_real(count=60) as screen:
        name = next(row.suggestion for row in screen.review.tags.numbered if row.suggestion.is_name)
        await screen.app.push_screen(BulkScreen(screen.review, name))
        dialog = screen.app.screen
        assert isinstance(dialog, BulkScreen)
        await screen.until(lambda: dialog.judgement is not None)
        await ready(screen, dialog)
        assert "accepted by its own key alone" in screen.text()
        await screen.press("a", "enter", "escape")
        assert acts(screen.library) == 0


async def test_while_it_accepts_no_key_does_anything(
    open_real: OpenScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_real(count=60) as screen:
        dialog = await bulk(screen)
        await judge(screen, dialog, "a" * 20)
        gate, read = asyncio.Event(), screen.review.reader.read

        async def slow(question):
            await gate.wait()
            return await read(question)

        monkeypatch.setattr(screen.review.reader, "read", slow)
        await screen.press("enter")
        assert "Accepting beach on 60 photos" in screen.text()
        await screen.press("escape", "x", "enter", "minus")
        assert screen.app.screen is dialog
        gate.set()
        await screen.until(lambda: screen.app.screen is screen.review)
        assert (waiting(screen), acts(screen.library)) == (0, 1)


async def test_what_fails_is_said_and_nothing_is_kept(
    open_real: OpenScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_real(count=60) as screen:
        dialog = await bulk(screen)
        await judge(screen, dialog, "a" * 20)
        screen.library.connection.execute(
            "CREATE TRIGGER d.full BEFORE INSERT ON decisions BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
        await screen.press("enter")
        await screen.until(lambda: "Nothing was accepted: decisions.db: disk full" in screen.text())
        assert (screen.app.screen, waiting(screen), acts(screen.library)) == (dialog, 60, 0)


async def test_small_and_back(open_real: OpenScreen) -> None:
    async with open_real(size=(200, 50), count=60) as screen:
        dialog = await bulk(screen)
        for size in ((20, 5), (80, 24), (120, 40)):
            await screen.pilot.resize_terminal(*size)
            await screen.pilot.pause(0.05)
        await ready(screen, dialog)
        await judge(screen, dialog, "ax")
        assert dialog.judgement is not None
        assert dialog.judgement.judged == 2
