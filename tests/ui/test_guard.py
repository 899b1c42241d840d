"""Enter decides a whole photo: only when the photo was seen, and never because the key is held."""

from __future__ import annotations

from screen_fakes import Clock

from nivo_tui.ui.guard import CONFIRM_S, DecisionGuard, Verdict


def guarded() -> tuple[DecisionGuard, Clock]:
    clock = Clock()
    guard = DecisionGuard(clock)
    guard.changed("a")
    return guard, clock


def test_not_before_the_photo_is_painted() -> None:
    guard, clock = guarded()
    clock.now += 5
    assert guard.enter() is Verdict.IGNORE
    guard.painted("another")
    clock.now += 5
    assert guard.enter() is Verdict.IGNORE
    guard.painted("a")
    clock.now += 5
    assert guard.enter() is Verdict.ACT


def test_not_at_once_after_the_photo_changed() -> None:
    guard, clock = guarded()
    guard.painted("a")
    clock.now += 0.1
    assert guard.enter() is Verdict.IGNORE
    clock.now += 0.13
    assert guard.enter() is not Verdict.IGNORE


def test_a_held_key_decides_one_photo_whatever_the_first_pause() -> None:
    for pause in (0.2, 0.25, 0.5, 0.66, 1.0):
        for repeat in (0.02, 0.033, 0.06):
            guard, clock = guarded()
            guard.painted("a")
            clock.now += 3
            assert guard.enter() is Verdict.ACT
            decided = 0
            pending: tuple[int, float] | None = None
            guard.changed("b")
            guard.painted("b")
            clock.now += pause
            for _ in range(40):
                verdict = guard.enter()
                assert verdict is not Verdict.ACT
                pending = (guard.serial, clock.now + CONFIRM_S) if verdict is Verdict.WAIT else pending
                clock.now += repeat
                if pending and clock.now >= pending[1] and guard.serial == pending[0]:
                    decided += 1
            assert decided == 0


def test_a_quick_person_is_believed() -> None:
    guard, clock = guarded()
    guard.painted("a")
    clock.now += 3
    assert guard.enter() is Verdict.ACT
    guard.changed("b")
    guard.painted("b")
    clock.now += 0.4
    assert guard.enter() is Verdict.WAIT
    standing = guard.serial
    clock.now += CONFIRM_S
    assert guard.serial == standing


def test_without_a_photo_nothing_is_decided() -> None:
    clock = Clock()
    guard = DecisionGuard(clock)
    guard.changed(None)
    clock.now += 5
    assert guard.enter() is Verdict.IGNORE


def test_an_enter_that_went_elsewhere_is_not_repeated_on_the_photo() -> None:
    for pause in (0.03, 0.25, 0.5, 1.0):
        guard, clock = guarded()
        guard.painted("a")
        clock.now += 3
        guard.note()
        clock.now += pause
        assert guard.enter() is not Verdict.ACT
        clock.now += 0.03
        assert guard.enter() is Verdict.IGNORE
    guard, clock = guarded()
    guard.painted("a")
    guard.note()
    clock.now += 2
    assert guard.enter() is Verdict.ACT
