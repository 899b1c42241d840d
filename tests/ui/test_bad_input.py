"""Names, metadata, sizes and keys as nobody would wish them: nothing crashes, runs, or is decided."""

from __future__ import annotations

import dataclasses
import os
import random
import unicodedata

import pytest
from conftest import OpenScreen, Screen

from nivo_tui.catalog.history import History
from nivo_tui.catalog.records import PhotoRecord
from nivo_tui.model import State

NAMES = (
    "[red]b[/red] [@click=app.quit]x[/].JPG",
    "a\x1b]0;title\x07\x1b[2J\x1b[31m.JPG",
    "x\u202egpj.\u2066exe\u2069.JPG",
    "👩‍👩‍👧‍👦🏳️‍🌈🇵🇹.JPG",
    "שלום عربي.JPG",
    "caf\udce9\x85\u2028line.JPG",
    "e" + "\u0301" * 80 + ".JPG",
    "日本" * 150 + ".JPG",
    "n" * 300 + ".JPG",
    "\t\n\r.JPG",
)
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def hostile(number: int, made: PhotoRecord) -> PhotoRecord:
    """A photo of which every text is hostile."""
    whole = NAMES[number % len(NAMES)]
    name = whole.encode("utf-8", "replace").decode()
    rated = [
        dataclasses.replace(
            r,
            suggestion=dataclasses.replace(
                r.suggestion, label=f"{r.suggestion.label} {name}", why=f"{name} {r.suggestion.why}"
            ),
        )
        for r in made.suggestions
    ]
    capture = dataclasses.replace(made.metadata.capture, make=name, model=name, lens=name)
    return dataclasses.replace(
        made,
        path=os.path.join(os.path.dirname(made.path), whole.replace("/", "_")),
        metadata=dataclasses.replace(made.metadata, capture=capture, keywords=(name, name * 3)),
        suggestions=tuple(rated),
    )


def heavy(number: int, made: PhotoRecord) -> PhotoRecord:
    """A megabyte of keywords, and reasons as long."""
    words = (*(f"word{n} " + "x" * 1000 for n in range(700)), "y" * 300_000)
    rated = [
        dataclasses.replace(r, suggestion=dataclasses.replace(r.suggestion, why="w" * 100_000))
        for r in made.suggestions
    ]
    metadata = dataclasses.replace(made.metadata, keywords=words, description="d" * 1_000_000)
    return dataclasses.replace(made, metadata=metadata, suggestions=tuple(rated))


def crowded(number: int, made: PhotoRecord) -> PhotoRecord:
    """Sixty tags on one photo, none on the next."""
    if number % 2:
        return dataclasses.replace(made, suggestions=())
    first = made.suggestions[1]
    rated = [
        dataclasses.replace(
            first, suggestion=dataclasses.replace(first.suggestion, tag=f"tag_{n}", label=f"tag {n}")
        )
        for n in range(60)
    ]
    return dataclasses.replace(made, suggestions=tuple(rated))


def check(screen: Screen) -> None:
    """Nothing on the screen could move the cursor, hide text or turn its direction."""
    for character in screen.text():
        assert character == "\n" or unicodedata.category(character) not in ("Cc", "Cs"), ascii(character)
        assert character not in _BIDI, ascii(character)


def acts(screen: Screen) -> int:
    history = History(screen.library)
    return sum(not entry.revoked for entry in history.entries(history.keys()))


WAYS = ("i", "e", "H", "slash", "question_mark", "o", "t", "L", "T", "percent_sign")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_hostile_names_are_text_on_every_screen(open_real: OpenScreen, size: tuple[int, int]) -> None:
    async with open_real(size=size, count=len(NAMES), change=hostile) as screen:
        for _ in NAMES:
            check(screen)
            await screen.press("f", "v", "i")
            check(screen)
            await screen.press("escape", "escape", "e")
            check(screen)
            await screen.press("escape", "f", "o")
            check(screen)
            await screen.press("o", "right")
        assert acts(screen) == 0
        await screen.press("j", "x", "z", "Z", "H")
        await screen.pilot.pause(0.1)
        check(screen)
        await screen.press("escape", "g", "l")
        check(screen)


async def test_a_megabyte_of_metadata_is_shown_in_part(open_real: OpenScreen) -> None:
    async with open_real(count=4, change=heavy) as screen:
        assert "word0" in screen.text()
        await screen.press("f", "G", "f", "right", "o", "o", "y", "P", "enter", "z", "i")
        check(screen)


async def test_sixty_tags_and_none(open_real: OpenScreen) -> None:
    async with open_real(size=(80, 24), count=4, change=crowded) as screen:
        rows = [line for line in screen.text().splitlines() if "tag " in line]
        assert rows[9].startswith(" 0 ✓") and rows[10].startswith("   ✓")
        await screen.press("G", "x")
        assert "tag 59" in screen.text()
        assert acts(screen) == 1
        await screen.press("g", "g", "0", "right", "right")
        assert acts(screen) == 2 or screen.review.session.row == 2
        empty = next(p for p in screen.library.paths("/") if not screen.library.detail(p).suggestions)
        screen.review.session.go_to_path(empty)
        screen.review.show_all()
        await screen.until(lambda: "nothing to decide" in screen.text())
        before = acts(screen)
        await screen.press("a", "x", "1", "minus", "v", "e", "percent_sign", "u")
        assert acts(screen) == before and screen.app.screen is screen.review


SIZES = ((20, 5), (1, 1), (60, 16), (59, 15), (300, 4), (120, 40))


@pytest.mark.parametrize(
    "keys",
    [
        (),
        ("tab",),
        ("shift+tab",),
        ("o",),
        ("p",),
        ("t",),
        ("f", "G"),
        ("less_than_sign",) * 4,
        ("right_curly_bracket",) * 6,
        ("v", "shift+tab", "v"),
        ("L", "L"),
        ("i", "x"),
        ("H",),
        ("g", "l"),
    ],
    ids=lambda keys: "-".join(keys)[:24] or "plain",
)
async def test_a_window_as_small_as_20x5_and_back(open_real: OpenScreen, keys: tuple[str, ...]) -> None:
    async with open_real(size=(120, 40), count=12) as screen:
        await screen.press(*keys)
        await screen.pilot.pause(0.05)
        before = screen.text()
        for size in SIZES:
            await screen.pilot.resize_terminal(*size)
            await screen.pilot.pause(0.02)
            if screen.app.screen is screen.review and size[1] < 16:
                await screen.press("enter", "a", "1", "minus")
        await screen.until(lambda: screen.text() == before)
        assert acts(screen) == 0


async def test_keys_that_run_decide_little_and_break_nothing(open_real: OpenScreen) -> None:
    """Every key of a keyboard held for half a second, in an order nobody chose."""
    keys = [*"abcdefghjklmnoprtuvxyzFGLOPSZ123450", "minus", "full_stop", "space", "up", "down", "left"]
    random.Random(7).shuffle(keys)
    async with open_real(size=(80, 24), count=40) as screen:
        for key in keys:
            before, photos = acts(screen), screen.library.counts(screen.review.session.root).done
            await screen.press(key)
            await screen.press(key, after=0.4)
            for _ in range(12):
                await screen.press(key, after=0.03)
            if screen.app.screen is not screen.review:
                await screen.press("escape", "escape")
                await screen.until(lambda: screen.app.screen is screen.review)
            assert acts(screen) <= before + 1, key
            assert screen.library.counts(screen.review.session.root).done == photos, key
        check(screen)
        names = [
            s
            for path in screen.library.paths("/")
            for s in screen.library.detail(path).suggestions
            if s.is_name and s.state is State.ACCEPTED
        ]
        assert len(names) <= 2
