"""What is judged of a draw, and what Enter waits for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.catalog.judging import Candidates
from nivo_tui.catalog.precision import DRAW, suffices
from nivo_tui.model import Category, Suggestion
from nivo_tui.ui.judgement import Draft, Gate, Judgement, bar_of

BEACH = Suggestion("beach", "beach", Category.SCENE, 0.9, "test", "sand")


def judgement(photos: int = 214, bar: int = 50) -> Judgement:
    """Photos numbered from 1; the confidence goes from 0.5 to just below 1."""
    found = [(number, 0.5 + (number - 1) / photos / 2) for number in range(1, photos + 1)]
    return Judgement(Candidates.of("/photos", BEACH, found), Draft(bar))


def judge(made: Judgement, verdicts: str) -> None:
    for place, verdict in enumerate(verdicts):
        made.judge(place, {"a": True, "x": False, ".": None}[verdict])


def test_it_says_what_is_known_and_what_is_missing() -> None:
    made = judgement()
    assert made.estimate() == "None judged yet, so nothing is known of the 214."
    assert made.missing("m", "+") == "20 more to judge before Enter accepts, none of them wrong"
    judge(made, "aaaaaxaa")
    assert made.estimate() == "8 judged, 7 right: between 48 % and 100 % of the 214 are right."
    assert made.gate is Gate.JUDGING
    assert made.missing("m", "+") == (
        "12 more to judge before Enter accepts; with 1 wrong it then takes 20 more (m) too, or +"
    )
    judge(made, "aaaaaxaaaaaaaaaaaaaa")
    assert made.gate is Gate.SHUT
    assert made.missing("m", "+") == (
        "with 1 wrong of 20 it takes 25 judged: 20 more (m), at most 2 of them wrong, or + raises the bar"
    )
    assert made.draw_more()
    assert made.gate is Gate.SHUT  # a draw that is not begun changes nothing
    assert made.missing("m", "+") == (
        "with 1 wrong of 20 it takes 25 judged: the 20 more that are drawn, at most 2 of them wrong, "
        "or + raises the bar"
    )
    judge(made, "aaaaaxaaaaaaaaaaaaaax" + "a" * 19)
    assert made.gate is Gate.OPEN


def test_all_of_a_draw_is_judged_before_it_opens() -> None:
    made = judgement()
    judge(made, "a" * 19)
    assert suffices(214, 19, 0)
    assert made.gate is Gate.JUDGING
    judge(made, "a" * 20)
    assert made.gate is Gate.OPEN
    made.draw_more()
    assert made.gate is Gate.OPEN
    made.judge(20, True)
    assert made.gate is Gate.JUDGING
    made.judge(20, None)
    assert made.gate is Gate.OPEN


def test_too_many_wrong_ones_say_so() -> None:
    made = judgement(25)
    judge(made, "x" * 6 + "a" * 14)
    assert made.missing("m", "+") == (
        "6 wrong are more than 20 % of 25: it cannot open at this bar; + raises it"
    )
    made = judgement(2000)
    judge(made, "x" * 10 + "a" * 10)
    assert made.missing("m", "+").startswith("with 10 wrong of 20 it takes 87 judged: 80 more (m 4 times)")


@pytest.mark.parametrize("photos", [1, 5, 20])
def test_few_photos_are_all_drawn_and_all_judged_is_exact(photos: int) -> None:
    made = judgement(photos)
    assert len(made.drawn) == photos
    assert not made.draw_more()
    judge(made, "x" * photos)
    assert made.gate is Gate.OPEN
    assert made.estimate() == f"All {photos} judged: 0 right, {photos} wrong."


def test_a_higher_bar_is_named_where_all_judged_were_right() -> None:
    made = judgement()
    for place, photo in enumerate(made.drawn):
        made.judge(place, photo > 107)
    above = sum(photo > 107 for photo in made.drawn)
    assert made.advice() == f"At 0.75 and above (107 photos) all {above} judged were right."
    judge(made, "x" * 20)
    assert made.advice() == ""


@given(st.lists(st.sampled_from(["a", "x", "+", "-", "m", "u"]), max_size=120), st.integers(1, 90))
def test_judgements_stay_with_their_photos_whatever_is_done(keys: list[str], photos: int) -> None:
    made = judgement(photos)
    truth: dict[int, bool] = {}
    for key in keys:
        place = made.next_open(-1)
        if key in "ax" and place is not None:
            truth[made.drawn[place]] = key == "a"
            made.judge(place, key == "a")
        elif key == "u" and made.drawn:
            truth.pop(made.drawn[0], None)
            made.judge(0, None)
        elif key in "+-":
            made.move_bar(5 if key == "+" else -5)
        elif key == "m":
            made.draw_more()
        assert made.draft.judged == truth
        assert made.drawn == made.candidates.drawn(made.bar, len(made.drawn))
        assert made.judged == sum(photo in truth for photo in made.drawn)
        whole = made.counted
        assert whole % DRAW == 0 or whole == made.photos
        if made.gate is Gate.OPEN:
            assert all(photo in truth for photo in made.drawn[:whole])
            assert suffices(made.photos, made.judged, made.wrong) or made.judged == made.photos
        assert made.estimate() or not made.photos
        if made.gate in (Gate.JUDGING, Gate.SHUT):
            assert made.missing("m", "+")


@pytest.mark.parametrize(
    ("confidence", "bar"), [(0.84, 80), (0.85, 85), (0.8499999, 80), (1.0, 100), (0.0, 5), (0.35, 35)]
)
def test_the_first_bar_is_just_below_the_photo(confidence: float, bar: int) -> None:
    assert bar_of(confidence) == bar
