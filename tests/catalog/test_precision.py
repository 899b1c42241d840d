"""How sure one can be of many after judging some: exact, by counting every possible draw."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.catalog.precision import (
    DRAW,
    LEAST_RIGHT,
    judged_needed,
    right_between,
    suffices,
    wrong_allowed,
)


def chance(photos: int, all_wrong: int, judged: int, wrong: int) -> float:
    """Of exactly so many wrong ones in a sample: the hypergeometric distribution."""
    ways = comb(all_wrong, wrong) * comb(photos - all_wrong, judged - wrong)
    return ways / comb(photos, judged)


@st.composite
def samples(draw: st.DrawFn, most: int = 400) -> tuple[int, int, int]:
    photos = draw(st.integers(1, most))
    judged = draw(st.integers(0, min(photos, 80)))
    return photos, judged, draw(st.integers(0, judged))


@pytest.mark.parametrize("photos", [1, 2, 3, 7, 12, 25, 40])
def test_each_bound_holds_in_at_least_39_of_40_draws(photos: int) -> None:
    for judged in range(photos + 1):
        bounds = [right_between(photos, judged, wrong) for wrong in range(judged + 1)]
        for all_wrong in range(photos + 1):
            right = photos - all_wrong
            possible = range(max(0, judged - right), min(judged, all_wrong) + 1)
            too_high = sum(chance(photos, all_wrong, judged, w) for w in possible if bounds[w][0] > right)
            too_low = sum(chance(photos, all_wrong, judged, w) for w in possible if bounds[w][1] < right)
            assert too_high <= 1 / 40 + 1e-12
            assert too_low <= 1 / 40 + 1e-12


@given(samples())
def test_the_bounds_hold_what_was_seen_and_mirror_each_other(sample: tuple[int, int, int]) -> None:
    photos, judged, wrong = sample
    least, most = right_between(photos, judged, wrong)
    assert judged - wrong <= least <= most <= photos - wrong
    mirrored = right_between(photos, judged, judged - wrong)
    assert (photos - most, photos - least) == mirrored


@given(samples())
def test_a_wrong_one_more_lowers_the_bounds_and_a_right_one_more_raises_them(
    sample: tuple[int, int, int],
) -> None:
    photos, judged, wrong = sample
    least, most = right_between(photos, judged, wrong)
    if wrong < judged:
        lower = right_between(photos, judged, wrong + 1)
        assert lower[0] <= least
        assert lower[1] <= most
    if judged < photos:
        assert right_between(photos, judged + 1, wrong)[0] >= least
        assert right_between(photos, judged + 1, wrong + 1)[1] <= most


@given(st.integers(1, 300), st.data())
def test_all_judged_is_exact(photos: int, data: st.DataObject) -> None:
    wrong = data.draw(st.integers(0, photos))
    assert right_between(photos, photos, wrong) == (photos - wrong, photos - wrong)
    assert suffices(photos, photos, wrong) is (100 * (photos - wrong) >= LEAST_RIGHT * photos)


@given(samples())
def test_it_suffices_where_the_lower_bound_reaches_the_share(sample: tuple[int, int, int]) -> None:
    photos, judged, wrong = sample
    least, _ = right_between(photos, judged, wrong)
    assert suffices(photos, judged, wrong) is (100 * least >= LEAST_RIGHT * photos)


@given(samples(150))
def test_what_is_needed_is_the_least_that_suffices(sample: tuple[int, int, int]) -> None:
    photos, judged, wrong = sample
    brute = next((n for n in range(judged, photos + 1) if suffices(photos, n, wrong)), None)
    assert judged_needed(photos, judged, wrong) == brute


@given(st.integers(1, 300), st.integers(0, 60))
def test_the_wrong_ones_allowed_are_the_most_that_suffice(photos: int, judged: int) -> None:
    judged = min(judged, photos)
    allowed = wrong_allowed(photos, judged)
    enough = [wrong for wrong in range(judged + 1) if suffices(photos, judged, wrong)]
    assert allowed == (max(enough) if enough else None)


def test_for_many_photos_the_bounds_are_those_of_clopper_and_pearson() -> None:
    # 20 of 20 right: 0.025 ** (1/20); 19 of 20: the root of its polynomial.
    assert right_between(10**6, 20, 0)[0] / 10**6 == pytest.approx(0.025 ** (1 / 20), abs=2e-5)
    assert right_between(10**6, 20, 1)[0] / 10**6 == pytest.approx(0.7513, abs=1e-4)
    assert right_between(10**6, 20, 1)[1] / 10**6 == pytest.approx(0.9987, abs=1e-4)
    assert [judged_needed(10**6, 20, wrong) for wrong in range(5)] == [20, 26, 34, 41, 48]


@pytest.mark.parametrize("photos", [25, 44, 84, 214, 654, 2000])
def test_looking_after_whole_draws_opens_wrongly_in_about_one_of_twenty(photos: int) -> None:
    """By the exact recursion, with just too few right ones; looking at each photo would double it."""
    right = -(-LEAST_RIGHT * photos // 100) - 1
    all_wrong = photos - right

    def opened(looks: range) -> float:
        shut, total = {0: 1.0}, 0.0
        for judged in range(1, min(looks.stop, photos + 1)):
            after: dict[int, float] = {}
            for wrong, share in shut.items():
                next_wrong = (all_wrong - wrong) / (photos - judged + 1)
                after[wrong + 1] = after.get(wrong + 1, 0.0) + share * next_wrong
                after[wrong] = after.get(wrong, 0.0) + share * (1 - next_wrong)
            shut = after
            if judged in looks:
                total += sum(shut.pop(w) for w in list(shut) if suffices(photos, judged, w))
        return total

    assert opened(range(DRAW, 3 * DRAW + 1, DRAW)) <= 0.045
    assert opened(range(DRAW, 5 * DRAW + 1, DRAW)) <= 0.061
    if photos >= 214:
        assert opened(range(1, 5 * DRAW + 1)) > 0.085
