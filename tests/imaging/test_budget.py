"""Decodes in flight share a count of pixels."""

from __future__ import annotations

import threading

import pytest

from nivo_tui.errors import TooLargeError
from nivo_tui.imaging.budget import PixelBudget


def test_a_second_picture_waits_until_the_first_is_done() -> None:
    budget = PixelBudget(megapixels=1.0)
    order: list[str] = []
    entered = threading.Event()

    def second() -> None:
        entered.set()
        with budget.hold(1000, 600):
            order.append("second")

    with budget.hold(1000, 600):
        thread = threading.Thread(target=second)
        thread.start()
        assert entered.wait(5)
        thread.join(0.05)
        assert thread.is_alive()
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
    assert budget.in_flight == 0


def test_pictures_that_fit_together_do_not_wait() -> None:
    budget = PixelBudget(megapixels=1.0)
    with budget.hold(500, 500):
        done = threading.Event()

        def other() -> None:
            with budget.hold(500, 500):
                done.set()

        thread = threading.Thread(target=other)
        thread.start()
        assert done.wait(5)
        thread.join(5)


def test_a_picture_above_the_budget_is_decoded_alone() -> None:
    budget = PixelBudget(megapixels=1.0)
    with budget.hold(1500, 1000):
        assert budget.in_flight == 1_000_000
    assert budget.in_flight == 0


def test_a_picture_above_the_largest_names_size_and_setting() -> None:
    budget = PixelBudget(megapixels=1.0)
    with (
        pytest.raises(TooLargeError, match=r"30000 x 30000 = 900 megapixels.*pixel_budget"),
        budget.hold(30000, 30000),
    ):
        pass
    assert budget.in_flight == 0


def test_the_share_is_given_back_after_an_error() -> None:
    budget = PixelBudget(megapixels=1.0)
    with pytest.raises(ValueError, match="x"), budget.hold(1000, 1000):
        raise ValueError("x")
    assert budget.in_flight == 0
