"""A held key judges one photo, as a press does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from screen_fakes import Clock

from nivo_tui.ui.held_key import HeldKey, Press


def counted(times: list[float], keys: str = "") -> int:
    """How many presses count in the end, of keys that arrive at these times."""
    clock = Clock()
    held = HeldKey(clock)
    total = 0
    for place, at in enumerate(times):
        clock.now = 1000 + at
        press = held.press(keys[place] if keys else "a")
        total += {Press.COUNTS: 1, Press.REPEAT: 0, Press.TAKES_BACK: -1}[press]
    return total


@given(pause=st.floats(0.2, 1.0), every=st.floats(0.01, 0.1), repeats=st.integers(2, 60))
def test_a_held_key_counts_once(pause: float, every: float, repeats: int) -> None:
    assert counted([0.0, *(pause + every * n for n in range(repeats))]) == 1


@pytest.mark.parametrize("gap", [0.15, 0.25, 0.6, 2.0])
def test_each_press_of_a_person_counts(gap: float) -> None:
    assert counted([gap * n for n in range(20)]) == 20


def test_two_keys_in_turn_are_a_person() -> None:
    assert counted([0.05 * n for n in range(10)], "axaxaxaxax") == 10


def test_a_new_press_after_a_held_key_counts() -> None:
    assert counted([0.0, 0.5, 0.53, 0.56, 3.0]) == 2
