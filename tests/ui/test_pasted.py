"""Keys that come in one packet: a person's are taken, a pasted line decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from textual import events
from textual.widgets import Input

from nivo_tui.ui.pasted import PasteGuard


class FakeApp:
    """Timers that go off when told to, and the keys that were let go."""

    def __init__(self) -> None:
        self.focused: object = None
        self.posted: list[events.Key] = []
        self._timers: list[Callable[[], None]] = []

    def set_timer(self, _: float, act: Callable[[], None]) -> None:
        self._timers.append(act)

    def post_message(self, key: events.Key) -> None:
        self.posted.append(key)

    def settle(self) -> None:
        while self._timers:
            self._timers.pop(0)()


class Typed:
    """A guard, and what comes through it."""

    def __init__(self) -> None:
        self.app = FakeApp()
        self.dropped: list[int] = []
        self.guard = PasteGuard(self.app, self.dropped.append)
        self._at = 100.0

    def packet(self, text: str, *, after: float = 0.12) -> str:
        """The keys of a packet come as fast as they are read; returns those that came through."""
        self._at += after
        for character in text:
            key = events.Key({"\r": "enter"}.get(character, character), character)
            key.time = self._at
            self._at += 0.0002
            assert self.guard.holds(key)
        self.app.settle()
        through, self.app.posted = self.app.posted, []
        assert not any(self.guard.holds(key) for key in through)
        return "".join("\r" if key.key == "enter" else key.key for key in through)


@pytest.fixture
def typed() -> Iterator[Typed]:
    yield Typed()


@pytest.mark.parametrize("text", ["l", "12", "1x\r", "lhl\r"])
def test_what_a_quick_person_types_between_two_packets_is_taken(typed: Typed, text: str) -> None:
    assert [typed.packet(text) for _ in range(3)] == [text] * 3
    assert not typed.dropped


def test_the_repeats_of_a_held_key_come_through_however_they_are_bunched(typed: Typed) -> None:
    assert typed.packet("l" * 12) == "l" * 12
    assert not typed.dropped


def test_a_pasted_line_decides_nothing(typed: Typed) -> None:
    line = "x1 accept all 2 3\r%y\rTaxqn\r12 and more\r"
    assert typed.packet(line) == ""
    assert typed.dropped == [len(line)]
    assert typed.packet("\r", after=0.3) == "\r"


def test_the_rest_of_a_paste_that_comes_in_two_pieces_is_dropped_too(typed: Typed) -> None:
    assert typed.packet("accept all") == ""
    assert typed.packet("1\r", after=0.002) == ""


def test_a_line_to_type_in_takes_the_text_but_not_its_enter(typed: Typed) -> None:
    typed.app.focused = Input()
    assert typed.packet("beach\r") == "beach"
    assert not typed.dropped
