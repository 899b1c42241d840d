"""How many of a tag's photos are right, from a sample that a person judged: exact bounds, no estimate of one.

A sample of n out of N photos is drawn without replacement; W of the N are wrong, unknown, and w of the n
were judged wrong. w is hypergeometric, and the bounds invert its tails: a number of wrong ones is ruled
out where a sample this good (or this bad) has a chance of 1 in 40 or less. Each bound errs at most 2.5 % of
the time, both together at most 5 % (Buonaccorsi 1987, The American Statistician 41, 215-218; Wright 1991,
Exact Confidence Bounds when Sampling from Small Finite Universes, Springer). For N without end they are the
bounds of Clopper and Pearson (1934, Biometrika 26, 404-413); for n = N they meet.

A person who looks after each photo, and stops when it suits, is wrong more often than that. So it is looked
only when a whole draw of DRAW photos was judged. With just fewer than 80 % right, whatever the number of
photos, the chance that `suffices` is met at any of the looks is then at most 4.5 % within three draws and
6.1 % within five (exact recursion; see the tests). Looked at after each photo it would be 7 % and 10 %.
"""

from __future__ import annotations

from math import comb

DRAW = 20
"""Photos that are drawn at a time."""

LEAST_RIGHT = 80
"""The share of right ones, in percent, that the lower bound has to reach."""

_ODDS = 40  # one tail of two, 95 % between them


def right_between(photos: int, judged: int, wrong: int) -> tuple[int, int]:
    """The least and the most photos of `photos` that can be right, after `judged` with `wrong` among them."""
    most_wrong = _most_wrong(photos, judged, wrong)
    return photos - most_wrong, _most_wrong(photos, judged, judged - wrong)


def suffices(photos: int, judged: int, wrong: int) -> bool:
    """Whether the lower bound reaches LEAST_RIGHT percent of the photos."""
    if judged >= photos:
        return 100 * (photos - wrong) >= LEAST_RIGHT * photos
    too_few = -(-LEAST_RIGHT * photos // 100) - 1
    return not _is_possible(photos, judged, wrong, photos - too_few)


def judged_needed(photos: int, judged: int, wrong: int) -> int | None:
    """How many have to be judged in all, if every further one is right. None where no number is enough."""
    if not suffices(photos, photos, wrong):
        return None
    # Each further right one can only rule out more: the first that suffices is found by halving.
    step = 1
    while not suffices(photos, min(photos, judged + step - 1), wrong):
        step *= 2
    low, high = judged + step // 2, min(photos, judged + step - 1)
    while low < high:
        middle = (low + high) // 2
        if suffices(photos, middle, wrong):
            high = middle
        else:
            low = middle + 1
    return low


def wrong_allowed(photos: int, judged: int) -> int | None:
    """How many of `judged` may be wrong for it to suffice. None where even none is too many."""
    allowed = None
    for wrong in range(judged + 1):
        if not suffices(photos, judged, wrong):
            break
        allowed = wrong
    return allowed


def _most_wrong(photos: int, judged: int, wrong: int) -> int:
    """The greatest number of wrong photos that is not ruled out."""
    low, high = wrong, photos - (judged - wrong)
    while low < high:
        middle = (low + high + 1) // 2
        if _is_possible(photos, judged, wrong, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _is_possible(photos: int, judged: int, wrong: int, all_wrong: int) -> bool:
    """Whether at most `wrong` of `judged` has a chance above 1 in 40, with `all_wrong` among the photos."""
    right = photos - all_wrong
    first = max(0, judged - right)
    if first > wrong:
        return False
    ways = comb(all_wrong, first) * comb(right, judged - first)
    total = ways
    for found in range(first, wrong):
        # The next term of the hypergeometric sum from the one before: a whole number again.
        ways = ways * (all_wrong - found) * (judged - found)
        ways //= (found + 1) * (right - judged + found + 1)
        total += ways
    return total * _ODDS > comb(photos, judged)
