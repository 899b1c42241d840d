"""What decides: held keys, pasted text, marks, editing, completing; from outside, over a real library."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

import pytest
from conftest import OpenScreen, Screen
from textual import events

from nivo_tui.catalog.history import History
from nivo_tui.catalog.records import PhotoRecord
from nivo_tui.model import State
from nivo_tui.ui.keymap import key_table
from nivo_tui.ui.pasted import PasteGuard
from nivo_tui.ui.screens.dialogs import AskText


def states(screen: Screen, path: str | None = None) -> dict[str, State]:
    detail = screen.library.detail(path or screen.review.session.path or "")
    return {s.tag: s.state for s in detail.suggestions if s.state is not State.UNDECIDED}


def acts(screen: Screen) -> int:
    return len(History(screen.library).keys())


async def hold(screen: Screen, key: str, pause: float = 0.5, repeats: int = 15) -> None:
    await screen.press(key)
    await screen.press(key, after=pause)
    for _ in range(repeats):
        await screen.press(key, after=0.03)


# held keys


@pytest.mark.parametrize("pause", [0.25, 0.5, 1.0])
@pytest.mark.parametrize(
    ("key", "left"),
    [
        ("a", {"beach": State.ACCEPTED}),
        ("x", {"beach": State.REJECTED}),
        ("minus", {"beach": State.REJECTED}),
        ("5", {"umbrella": State.ACCEPTED}),
        ("1", {"ann": State.ACCEPTED}),
    ],
)
async def test_a_held_key_decides_once(
    open_real: OpenScreen, key: str, left: dict[str, State], pause: float
) -> None:
    async with open_real(count=8) as screen:
        await screen.press("j")
        await hold(screen, key, pause)
        assert states(screen) == left
        assert "is held down: it counts once" in screen.text()
        await screen.press("z")
        assert states(screen) == {}
        await screen.press("Z")
        assert states(screen) == left


async def test_a_held_enter_decides_one_photo_wherever_it_was_pressed_first(open_real: OpenScreen) -> None:
    async with open_real(count=8, size=(80, 24)) as screen:
        await screen.press("tab", "tab")
        assert screen.review.context == "cover"
        await hold(screen, "enter")
        await screen.pilot.pause(0.15)
        assert screen.review.pane == "tags"
        assert acts(screen) == 0
        await screen.press("i", *"kite")
        await hold(screen, "enter")
        await screen.pilot.pause(0.15)
        assert acts(screen) == 1


async def test_held_undo_takes_back_one_act_and_held_redo_makes_one(open_real: OpenScreen) -> None:
    async with open_real(count=8) as screen:
        await screen.press("j", "a", "a", "a")
        await hold(screen, "z")
        assert set(states(screen)) == {"beach", "sea"}
        await screen.press("z", "z")
        await hold(screen, "Z")
        assert set(states(screen)) == {"beach"}


async def test_held_space_and_arrows_decide_nothing(open_real: OpenScreen) -> None:
    async with open_real(count=8) as screen:
        for key in ("space", "left", "j", "k", "right"):
            await hold(screen, key)
        assert acts(screen) == 0


async def test_quick_fingers_are_believed(open_real: OpenScreen) -> None:
    async with open_real(count=8) as screen:
        await screen.press("j")
        for key in ("a", "a", "x", "a"):
            await screen.press(key, after=0.16)
        assert list(states(screen).values()) == [
            State.ACCEPTED,
            State.ACCEPTED,
            State.REJECTED,
            State.ACCEPTED,
        ]


async def test_enter_held_over_dialogs_never_reaches_a_photo(open_real: OpenScreen) -> None:
    async with open_real(count=8) as screen:
        await screen.press("slash", *"IMG_00003")
        await hold(screen, "enter")
        await screen.until(lambda: "IMG_00003" in screen.review.session.path)
        await screen.pilot.pause(0.15)
        assert acts(screen) == 0


# names


async def test_names_are_accepted_by_their_own_keys_alone(open_real: OpenScreen) -> None:
    async with open_real(count=8) as screen:
        path = screen.review.session.path
        await screen.press("y", "v", "v", "a")
        await screen.until(lambda: "1 name left out" in screen.text())
        assert states(screen) == {"beach": State.ACCEPTED}
        await screen.press("P", "enter")
        assert states(screen, path)["ann"] is State.PASSED
        await screen.press("left", "1")
        assert states(screen, path)["ann"] is State.ACCEPTED


# paste


async def test_a_paste_of_the_terminal_decides_nothing(open_real: OpenScreen) -> None:
    async with open_real(count=8) as screen:
        await screen.press("j")
        screen.app.post_message(events.Paste("aaxx\n123-\n"))
        await screen.until(lambda: "a pasted text is not taken here" in screen.text())
        assert acts(screen) == 0


_SENT = itertools.count()


async def send(screen: Screen, keys: str, gap: float = 0.0002) -> None:
    """Keys as the terminal's reader hands them over: in one piece."""
    from textual.keys import _character_to_key

    at = 1000.0 + 10 * next(_SENT)
    for character in keys:
        key = events.Key("enter" if character == "\n" else _character_to_key(character), character)
        key.time = at
        at += gap
        key.set_sender(screen.app)
        screen.app.post_message(key)
    await screen.pilot.pause(0.1)


@pytest.mark.parametrize("text", ["1234a", "axa\nx5\n", "\n12ax\n", "hello world\n", "iw\n\n177\n"])
async def test_a_pasted_text_that_comes_as_keys_decides_nothing(open_real: OpenScreen, text: str) -> None:
    async with open_real(count=8, guards_pastes=True) as screen:
        await send(screen, text)
        await screen.until(lambda: "keys came at once" in screen.text())
        assert acts(screen) == 0
        assert screen.app.screen is screen.review


async def test_keys_of_a_person_pass_the_guard_in_their_order(open_real: OpenScreen) -> None:
    async with open_real(count=8, guards_pastes=True) as screen:
        await send(screen, "jaxa", gap=0.08)
        await screen.until(lambda: acts(screen) == 3)
        assert list(states(screen)) == ["beach", "sea", "surfboard"]
        await send(screen, "jjjjjjjj")
        assert acts(screen) == 3


async def test_a_line_to_type_in_takes_a_paste_and_waits_for_a_person(open_real: OpenScreen) -> None:
    async with open_real(count=8, guards_pastes=True) as screen:
        await send(screen, "i")
        await screen.until(lambda: isinstance(screen.app.screen, AskText))
        await send(screen, "summer house\n")
        await screen.until(lambda: "summer house" in screen.text())
        assert isinstance(screen.app.screen, AskText) and acts(screen) == 0
        await send(screen, "\n")
        await screen.until(lambda: acts(screen) == 1)


def test_a_key_that_was_lost_on_its_way_holds_up_no_other() -> None:
    class Deaf:
        focused = None

        def __init__(self) -> None:
            self.timers: list[Callable[[], None]] = []

        def set_timer(self, _: float, act: Callable[[], None]) -> None:
            self.timers.append(act)

        def post_message(self, _: object) -> None:
            pass

    app = Deaf()
    guard = PasteGuard(app, lambda _: None)
    for _ in range(3):
        assert guard.holds(events.Key("a", "a"))
        app.timers.pop()()


# three kinds of no


def copies(number: int, made: PhotoRecord) -> PhotoRecord:
    return dataclasses.replace(made, image_hash="c" * 32) if number in (0, 4) else made


async def test_wrong_is_remembered_by_content_and_never_is_a_rule(open_real: OpenScreen) -> None:
    async with open_real(count=8, change=copies) as screen:
        first = screen.review.session.path
        await screen.press("j", "x", "minus")
        await screen.until(lambda: "surfboard" not in states(screen) and len(states(screen)) == 2)
        twin = next(
            p
            for p in screen.library.paths("/")
            if p != first and screen.library.detail(p).image_hash == "c" * 32
        )
        other = next(p for p in screen.library.paths("/") if p not in (first, twin))
        assert states(screen, twin) == {"beach": State.REJECTED, "sea": State.REJECTED}
        assert states(screen, other) == {"sea": State.REJECTED}
        await screen.press("enter")
        left = states(screen, first)
        assert left["umbrella"] is State.PASSED and left["calm"] is State.PASSED
        assert "ann" not in left or left["ann"] is State.PASSED


# marks


async def test_marked_tags_are_decided_as_one_act(open_real: OpenScreen) -> None:
    async with open_real(count=8) as screen:
        await screen.press("j", "v", "v", "j", "v")
        assert screen.text().count("▌") == 3
        await screen.press("x")
        assert states(screen) == dict.fromkeys(("beach", "sea", "umbrella"), State.REJECTED)
        assert acts(screen) == 1 and "▌" not in screen.text()
        await screen.press("z")
        assert states(screen) == {}
        await screen.press("g", "g", "j", "v", "v", "minus")
        assert screen.library.decisions.never_tags() == {"beach", "sea"}
        await screen.press("z")
        assert not screen.library.decisions.never_tags()


async def test_marked_tags_go_back_to_undecided(open_real: OpenScreen) -> None:
    async with open_real(count=8) as screen:
        await screen.press("j", "a", "x", "g", "g", "j", "v", "v", "u")
        assert states(screen) == {}
        assert acts(screen) == 3


async def test_marks_of_tags_end_with_the_photo_and_with_escape(open_real: OpenScreen) -> None:
    async with open_real(count=8) as screen:
        await screen.press("v", "right")
        assert not screen.review.session.marks.tags
        await screen.press("v", "v", "escape")
        assert "▌" not in screen.text()


async def test_a_tag_is_added_to_all_marked_photos_as_one_act(open_real: OpenScreen) -> None:
    async with open_real(count=12) as screen:
        await screen.press("shift+tab", "v", "v", "v")
        assert "3 marked" in screen.text()
        marked = list(screen.review.session.marks.photos)
        await screen.press("i")
        assert "Add a tag to 3 marked photos" in screen.text()
        await screen.press(*"kite", "enter")
        await screen.until(lambda: acts(screen) == 1)
        assert all(states(screen, path)["kite"] is State.ACCEPTED for path in marked)
        await screen.press("z")
        assert not any(states(screen, path) for path in marked)
        await screen.press("Z", "escape")
        assert all(states(screen, path)["kite"] is State.ACCEPTED for path in marked)
        assert "marked" not in screen.text().splitlines()[2]
        await screen.press("G", "full_stop")
        assert acts(screen) == 2


async def test_tags_are_pasted_and_repeated_on_marked_photos(open_real: OpenScreen) -> None:
    async with open_real(count=12) as screen:
        await screen.press("y", "i", *"kite", "enter", "shift+tab", "j", "v", "v")
        marked = list(screen.review.session.marks.photos)
        await screen.press("P")
        await screen.until(lambda: acts(screen) == 2)
        await screen.press("full_stop")
        await screen.until(lambda: acts(screen) == 3)
        for path in marked:
            assert set(states(screen, path)) == {"beach", "sea", "surfboard", "ericeira", "kite"}
        await screen.press("z", "z")
        assert not any(states(screen, path) for path in marked)


async def test_marked_photos_end_with_the_folder(open_real: OpenScreen) -> None:
    async with open_real(count=12) as screen:
        await screen.press("shift+tab", "v", "pagedown", "pageup")
        assert len(screen.review.session.marks.photos) == 1
        await screen.press("shift+tab", "j", "enter")
        assert not screen.review.session.marks.photos


# typing


async def test_a_tag_is_edited_in_one_act(open_real: OpenScreen) -> None:
    async with open_real(count=8) as screen:
        await screen.press("j", "e")
        assert "In place of beach" in screen.text()
        await screen.press(*"shore", "enter")
        assert states(screen) == {"beach": State.PASSED, "shore": State.ACCEPTED}
        assert acts(screen) == 1
        rows = [row.suggestion.tag for row in screen.review.tags.numbered]
        screen.review.tags.go_to(rows.index("shore"), tell=True)
        await screen.press("e", *"coast", "enter")
        assert states(screen) == {"beach": State.PASSED, "coast": State.ACCEPTED}
        await screen.press("e", "enter")
        assert acts(screen) == 2
        await screen.press("z", "z")
        assert states(screen) == {}


async def test_typing_completes_from_the_whole_library(open_real: OpenScreen) -> None:
    def summer(library: object) -> None:
        library.add_tag(library.paths("/")[-1], "Zebra crossing")  # type: ignore[attr-defined]

    async with open_real(count=8, prepare=summer) as screen:
        await screen.press("i", *"zeb")
        await screen.until(lambda: "Zebra crossing" in screen.text() or "zebra crossing" in screen.text())
        await screen.press("right", "enter")
        assert states(screen) == {"zebra_crossing": State.ACCEPTED}


async def test_undo_and_redo_have_no_limit(open_real: OpenScreen) -> None:
    async with open_real(count=40) as screen:
        for _ in range(30):
            screen.review.session.accept_as_shown()
            screen.review.session.next_todo()
        assert acts(screen) == 30
        for _ in range(30):
            screen.review.session.undo()
        assert screen.library.counts(screen.review.session.root).todo == 40
        for _ in range(30):
            screen.review.session.redo()
        assert screen.library.counts(screen.review.session.root).done == 30


@pytest.mark.parametrize("keymap", ["lightroom", "vim-file-manager"])
def test_the_other_keymaps_reach_what_is_new(keymap: str) -> None:
    table = key_table(keymap)
    for command in ("mark", "edit_tag", "history", "log_level", "log_full", "wider", "taller"):
        assert table.keys[command]
