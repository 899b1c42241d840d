"""Finding photos on the screen: the filter, the search, and going to a number, a name or a day."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime

import pytest
from conftest import Screen
from real_home import ROOT, record
from textual import events
from textual.keys import _character_to_key

from nivo_tui.catalog.finder import Finder
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import PhotoStore
from nivo_tui.catalog.query import Query, parse
from nivo_tui.catalog.records import PhotoRecord
from nivo_tui.catalog.views import Progress
from nivo_tui.ui import queries

OpenScreen = Callable[..., AbstractAsyncContextManager[Screen]]


def listed(screen: Screen) -> list[str]:
    source = screen.review.session.source
    return [photo.name for photo in map(source.row, range(len(source))) if photo is not None]


def name(screen: Screen) -> str:
    return os.path.basename(screen.review.session.path or "")


async def press(screen: Screen, *keys: str) -> None:
    """Press keys, characters as a terminal sends them."""
    for key in keys:
        if len(key) > 1:
            await screen.press(key)
            continue
        screen.clock.now += 2
        event = events.Key(_character_to_key(key), key)
        event.set_sender(screen.app)
        screen.app.post_message(event)
        await screen.pilot.pause(0)
        await screen.pilot.pause(0)


async def filtered(screen: Screen, *keys: str) -> None:
    """Open the filter, press keys, and wait until the list is the new one."""
    before = screen.review.session.source
    await press(screen, "F", *keys)
    await screen.until(lambda: screen.review.session.source is not before)
    await screen.settle()


def typed(text: str) -> list[str]:
    """The keys that type a text and press Enter."""
    return [*text, "enter"]


async def test_presets_have_counts_and_a_digit_lists_one(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        await press(screen, "F")
        dialog = screen.app.screen
        await screen.until(lambda: len(dialog.presets.counts) == 7)
        assert list(dialog.presets.counts.values()) == [60, 0, 0, 0, 45, 0, 60]
        assert "with faces           45   faces:>=1" in screen.text()
        await press(screen, "5")
        await screen.until(lambda: screen.review.session.source.filtered)
        assert len(listed(screen)) == 45
        assert "with faces · 45" in screen.text() and "Esc lists all again" in screen.text()
        await press(screen, "escape")
        assert not screen.review.session.source.filtered and len(listed(screen)) == 60
        assert "with faces · 45" not in screen.text()


async def test_letters_type_a_query_and_a_wrong_one_is_explained_there(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        await press(screen, "F", *typed("tga:sea"))
        assert "nothing is called tga: here; did you mean tag:?" in " ".join(screen.text().split())
        assert screen.app.screen.id == "filter" and not screen.review.session.source.filtered
        for _ in range(7):
            await press(screen, "backspace")
        assert "did you mean" not in screen.text()
        await press(screen, *typed("rating:>=4"))
        await screen.until(lambda: screen.review.session.source.filtered)
        assert {screen.review.session.source.row(i).rating for i in range(20)} == {4, 5}
        assert "rating:>=4 · 20" in screen.text()
        await press(screen, "F")
        assert screen.app.screen.query_line.value == "rating:>=4"


async def test_the_dialog_counts_what_is_typed_and_leaves_without_effect(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        await press(screen, "F", *typed("tag:sea")[:-1])
        await screen.until(lambda: "60 photos" in str(screen.app.screen.said.render()))
        await press(screen, *typed(" zebra")[:-1])
        await screen.until(lambda: "no photo here matches" in screen.text())
        await press(screen, "escape")
        assert screen.app.screen is screen.review and not screen.review.session.source.filtered
        assert screen.library.decisions.newest_act(since=0) is None


async def test_the_open_photo_stays_where_it_matches(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        await press(screen, "l", "l", "l")
        path = screen.review.session.path
        await filtered(screen, *typed("rating:>=1"))
        assert screen.review.session.path == path or "IMG_00012" in (path or "")
        await press(screen, "l", "l")
        path = screen.review.session.path
        await press(screen, "escape")
        assert screen.review.session.path == path
        await filtered(screen, *typed("faces:3"))
        assert screen.review.session.sheet.detail.faces is not None
        assert len(screen.review.session.sheet.detail.faces) == 3


async def test_an_empty_result_says_how_to_clear_it(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        await press(screen, "l", "l")
        path = screen.review.session.path
        await filtered(screen, *typed("zebra"))
        assert listed(screen) == [] and screen.review.session.path is None
        assert "nothing matches zebra: Esc lists all again, F changes the filter" in " ".join(
            screen.text().replace("│", " ").split()
        )
        for key in ("enter", "j", "l", "a", "1", "n", "x", "space", "z"):
            await press(screen, key)
        await press(screen, "escape")
        assert screen.review.session.path == path and len(listed(screen)) == 60


async def test_a_decided_photo_stays_until_the_filter_is_applied_again(open_real: OpenScreen) -> None:
    async with open_real(count=12) as screen:
        await filtered(screen, "1")
        first, second, third = listed(screen)[:3]
        await press(screen, "enter")
        await screen.settle()
        assert name(screen) == second and listed(screen)[0] == first
        await press(screen, "enter")
        await screen.settle()
        assert name(screen) == third and len(listed(screen)) == 12
        assert screen.review.session.source.row(0).progress is Progress.DONE
        await press(screen, "z")
        await screen.settle()
        assert name(screen) == second
        await filtered(screen, "1")
        assert len(listed(screen)) == 11 and first not in listed(screen) and name(screen) == second


async def test_enter_goes_on_under_any_filter_and_round_its_end(open_real: OpenScreen) -> None:
    async with open_real(count=40) as screen:
        await filtered(screen, *typed("rating:5"))
        names = listed(screen)
        await press(screen, "G")
        screen.review.does.moving.open_row(len(names) - 1)
        await screen.settle()
        await press(screen, "enter")
        await screen.settle()
        assert name(screen) == names[0]
        for _ in names[1:]:
            await press(screen, "enter")
            await screen.settle()
        await screen.until(lambda: "all done here" in screen.text())
        assert listed(screen) == names
        done = [screen.review.session.source.row(i).progress for i in range(len(names))]
        assert set(done) == {Progress.DONE}


async def test_what_comes_while_the_filter_is_on_is_listed(open_real: OpenScreen) -> None:
    async with open_real(count=12) as screen:
        await filtered(screen, *typed("rating:5"))
        path, before = screen.review.session.path, len(listed(screen))
        new = replace(record(5), path=os.path.join(ROOT, "2024", "AAA.JPG"), image_hash="aa11bb22")
        PhotoStore(screen.library.connection).save([new])
        screen.review.following.wanted.set()
        await screen.until(lambda: len(listed(screen)) == before + 1)
        assert screen.review.session.path == path and screen.review.session.row == 1


async def test_undoing_leaves_a_filter_that_does_not_list_the_photo(open_real: OpenScreen) -> None:
    async with open_real(count=12) as screen:
        await press(screen, "enter")
        path = screen.library.page(ROOT, 0, 1)[0].path
        await filtered(screen, "1")
        assert os.path.basename(path) not in listed(screen)
        await press(screen, "z")
        assert screen.review.session.path == path and not screen.review.session.source.filtered


async def test_the_search_takes_queries_and_goes_round(open_real: OpenScreen) -> None:
    async with open_real(count=24) as screen:
        await press(screen, "slash", *typed("rating:5 -name:23"))
        seen = []
        for _ in range(4):
            await screen.until(lambda: "finds the next" in screen.text())
            seen.append(name(screen))
            screen.review.say("-", "-" * 200)
            before = screen.review.session.path
            await press(screen, "n")
            await screen.until(lambda before=before: screen.review.session.path != before)
        assert len(set(seen)) == 3 and seen[0] == seen[3]
        assert "past the end, on from the first" in screen.text() or name(screen) == seen[1]
        await press(screen, "slash", *typed("tag:"))
        assert "something must follow tag:" in screen.text()
        await press(screen, "escape", "slash", *typed("zebra"))
        await screen.until(lambda: "no photo here matches zebra" in screen.text())
        await press(screen, "slash", *typed("name:00004"))
        await screen.until(lambda: name(screen) == "IMG_00004.JPG")
        await press(screen, "n")
        await screen.until(lambda: "this photo alone matches" in screen.text())


async def test_the_search_stays_in_the_filter_and_says_when_it_goes_round(open_real: OpenScreen) -> None:
    async with open_real(count=24) as screen:
        await filtered(screen, *typed("rating:5"))
        await press(screen, "slash", *typed("sea"))
        await screen.until(lambda: screen.review.session.row == 1)
        for row in (2, 3, 0):
            await press(screen, "n")
            await screen.until(lambda row=row: screen.review.session.row == row)
        await screen.until(lambda: "past the end, on from the first" in screen.text())
        await press(screen, "slash", *typed("name:00000"))
        await screen.until(lambda: "no photo here among rating:5 matches name:00000" in screen.text())


async def test_earlier_queries_come_back_with_up(open_real: OpenScreen) -> None:
    async with open_real(count=12) as screen:
        await filtered(screen, *typed("rating:5"))
        await press(screen, "slash", *typed("sea"))
        await press(screen, "F", "up")
        dialog = screen.app.screen
        values = [dialog.query_line.value]
        for key in ("up", "up", "down", "down", "down"):
            await press(screen, key)
            values.append(dialog.query_line.value)
        assert [v for v in values if v] and {"rating:5", "sea"} <= set(values)


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ("7", "IMG_00024.JPG"),
        ("0013", "IMG_00013.JPG"),
        ("img_00009", "IMG_00009.JPG"),
        ("2025-08-14", "IMG_00000.JPG"),
        ("2025-08-15", "IMG_00999.JPG"),
    ],
)
async def test_go_to_a_number_a_name_or_a_day(open_real: OpenScreen, text: str, opened: str) -> None:
    def later(number: int, made: PhotoRecord) -> PhotoRecord:
        if number != 11:
            return made
        capture = replace(made.metadata.capture, taken_at=datetime(2025, 8, 20))
        path = os.path.join(os.path.dirname(made.path), "IMG_00999.JPG")
        return replace(made, path=path, metadata=replace(made.metadata, capture=capture))

    async with open_real(count=28, change=later) as screen:
        await press(screen, "g", "n", *typed(text))
        await screen.until(lambda: name(screen) == opened)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("214", "there is no photo 214: 12 photos are listed"),
        ("zebra", "no photo here is called zebra"),
        ("2031-01", "no photo here was taken on 2031-01 or later"),
    ],
)
async def test_go_to_what_is_not_there(open_real: OpenScreen, text: str, words: str) -> None:
    async with open_real(count=12) as screen:
        path = screen.review.session.path
        await press(screen, "g", "n", *typed(text))
        await screen.until(lambda: words in screen.text())
        assert screen.review.session.path == path


async def test_a_pasted_megabyte_is_cut_and_made_printable(open_real: OpenScreen) -> None:
    async with open_real(count=12) as screen:
        for key in ("F", "slash"):
            await press(screen, key)
            line = screen.app.screen.query_line
            screen.app.screen.post_message(
                events.Paste("tag:\x1b[31m\u202e👩‍👩‍👧 " + "x" * 1_000_000 + "\nenter")
            )
            line.post_message(events.Paste("y" * 1_000_000))
            await screen.until(lambda line=line: len(line.value) >= 400)
            assert len(line.value) == 400
            assert "\x1b" not in line.value and "\u202e" not in line.value and "\x1b" not in screen.text()
            await press(screen, "enter")
            await press(screen, "escape", "escape")
            assert screen.app.screen is screen.review


async def test_odd_names_are_found_and_shown_harmless(open_real: OpenScreen) -> None:
    odd = ("👩‍👩‍👧 \x1b[31mred.jpg", "\u202egpj.exe.jpg", "a [bold]b.jpg", "n" * 240 + ".jpg")

    def change(number: int, made: PhotoRecord) -> PhotoRecord:
        return replace(made, path=os.path.join(ROOT, odd[number])) if number < len(odd) else made

    async with open_real(count=8, change=change) as screen:
        for query, found in (
            ("👩‍👩‍👧", odd[0]),
            ("exe", odd[1]),
            ('"a [bold]b"', odd[2]),
            ("n" * 200, odd[3]),
        ):
            paste = events.Paste(query)
            await press(screen, "F")
            screen.app.screen.post_message(paste)
            await screen.until(lambda: screen.app.screen.query_line.value)
            before = screen.review.session.source
            await press(screen, "enter")
            await screen.until(lambda before=before: screen.review.session.source is not before)
            assert listed(screen) == [found]
            assert "\x1b" not in screen.text() and "\u202e" not in screen.text()
            await press(screen, "escape")


async def test_another_folder_lists_all_its_photos(open_real: OpenScreen) -> None:
    async with open_real(count=24) as screen:
        await filtered(screen, *typed("rating:5"))
        await press(screen, "shift+tab", "shift+tab", "j", "enter")
        assert not screen.review.session.source.filtered
        assert "Photo " in screen.text()


def test_next_to_do_over_a_long_filtered_list(home: object) -> None:
    """What was done elsewhere since the list was read is passed over."""
    from real_home import make_home

    from nivo_tui.settings import load_paths
    from nivo_tui.ui.photo_source import PhotoSource

    paths = load_paths()
    make_home(paths, 600)
    library = Library(paths)
    listing = Finder(library).listing(parse("tag:sea"), ROOT)
    source = PhotoSource(library, ROOT, listing)
    assert len(source) == 600
    photos = [source.row(row) for row in range(600)]
    for photo in photos[100:400]:
        assert photo is not None
        library.accept_as_shown(photo.path, ())
    source.forget()
    assert source.next_todo_row(99) == 400
    assert source.next_todo_row(599) == 0
    assert source.row_of(photos[300].path) == 300 and source.row_of("/nowhere.jpg") is None
    library.close()


async def test_the_name_of_a_place_is_looked_up_beside_the_thread_of_the_screen(
    open_real: OpenScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def noted(text: str) -> Query:
        threads.append(threading.current_thread())
        return parse(text)

    monkeypatch.setattr(queries, "parse", noted)
    async with open_real(count=3) as screen:
        await press(screen, "slash", *typed("near:Lisbonn"))
        await screen.until(lambda: "no place of that name" in screen.text())
        await press(screen, "escape")
        await filtered(screen, *typed("near:Lisbon,9km"))
        assert screen.review.session.source.query == parse("near:Lisbon,9km")
    assert len(threads) >= 2 and threading.current_thread() not in threads


async def test_a_line_that_was_left_while_it_was_looked_up_gives_nothing(
    open_real: OpenScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow(text: str) -> Query:
        go_on.wait(20)
        return parse(text)

    monkeypatch.setattr(queries, "parse", slow)
    async with open_real(count=3) as screen:
        before = name(screen)
        await press(screen, "slash", *typed("near:Lisbon"), "escape")
        await screen.until(lambda: screen.app.screen is screen.review)
        go_on.set()
        await screen.settle()
        assert screen.app.screen is screen.review and name(screen) == before
        assert "looking for" not in screen.text()
