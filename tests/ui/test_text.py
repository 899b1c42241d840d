"""Untrusted text: nothing that reaches the terminal can mislead it or its reader."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from nivo_tui.text import duration, plain
from nivo_tui.ui.text import counted, exposure, fit, fit_middle, megabytes, wrap

anything = st.text(st.characters(codec=None), max_size=60)


@given(anything)
def test_plain_text_holds_no_control_no_override_no_surrogate(text: str) -> None:
    shown = plain(text)
    for character in shown:
        category = unicodedata.category(character)
        assert category not in ("Cc", "Cs", "Zl", "Zp")
        assert category != "Cf" or character in "\u200c\u200d"
    shown.encode("utf-8")


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60))
def test_ordinary_text_is_not_changed(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("photo\u202egpj.exe", "photo\\u202egpj.exe"),
        (b"caf\xe9.jpg".decode("utf-8", "surrogateescape"), "caf\\xe9.jpg"),
        ("two\nlines\tapart", "two lines apart"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("\U000e0041", "\\U000e0041"),
        ("e" + "\u0301" * 20, "e" + "\u0301" * 4),
        ("[bold]not markup[/]", "[bold]not markup[/]"),
        ("日本 é 👩\u200d🔬", "日本 é 👩\u200d🔬"),
    ],
)
def test_what_is_dangerous_is_shown_as_what_it_is(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_an_endless_name_is_cut() -> None:
    assert len(plain("x" * 1_000_000)) == 2000


@given(anything, st.integers(0, 40), st.booleans())
def test_fit_takes_exactly_the_cells_it_is_given(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(plain(text), width, right=right)) == width


@given(anything, st.integers(0, 40))
def test_fit_middle_never_takes_more(text: str, width: int) -> None:
    assert cell_len(fit_middle(plain(text), width)) <= width


def test_fit_middle_keeps_number_and_ending() -> None:
    assert fit_middle("A very long holiday name IMG_0413.HEIC", 20).endswith("0413.HEIC")


@given(st.lists(st.text("abc日", max_size=12), max_size=20), st.integers(4, 40))
def test_wrapped_lines_fit_and_lose_no_word(words: list[str], width: int) -> None:
    lines = wrap(words, width)
    assert all(cell_len(line) <= width for line in lines)
    kept = [word for word in words if word and cell_len(word) <= width]
    assert all(any(word in line for line in lines) for word in kept)


def test_figures_read_as_people_say_them() -> None:
    assert [megabytes(size) for size in (812, 41_400, 2_104_332, 212 * 10**9, 3 * 10**12)] == [
        "812 B",
        "41 kB",
        "2.1 MB",
        "212 GB",
        "3.0 TB",
    ]
    assert [duration(seconds) for seconds in (13.2, 725, 3760)] == ["0:13", "12:05", "1:02:40"]
    assert [exposure(seconds) for seconds in (1 / 1200, 0.5, 30)] == ["1/1200", "0.5 s", "30 s"]
    assert [counted(n, "photo") for n in (1, 2310)] == ["1 photo", "2,310 photos"]
