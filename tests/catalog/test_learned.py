"""Bars learned from judgements by single keys: which count, what follows, and how they are forgotten."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "ui"))

from real_home import ROOT, make_home

from nivo_tui.catalog.across import decide_page, photos_of, tags_to_decide
from nivo_tui.catalog.bars import BarRows, TagBar
from nivo_tui.catalog.bursts import give, read_offer
from nivo_tui.catalog.decisions import open_decisions
from nivo_tui.catalog.finder import Finder
from nivo_tui.catalog.judging import accept_above, candidates
from nivo_tui.catalog.learned import (
    LEAST_JUDGED,
    NEVER_TICKED,
    Outcome,
    bars_in_use,
    forget,
    is_on_here,
    learn,
    learned,
    learned_bars,
    switch,
    wilson,
)
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.query import parse
from nivo_tui.catalog.records import PhotoRecord, Rated
from nivo_tui.model import Category, State, Suggestion
from nivo_tui.settings import load_paths
from nivo_tui.ui.session import Session
from nivo_tui.ui.sheet import TagRow

COUNT = 60
SAME = "00ff" * 8
FLOOR, BAR = 0.35, 0.7


def sure(number: int) -> float:
    return round(0.36 + number * 0.01, 3)


def one_tag(number: int, made: PhotoRecord) -> PhotoRecord:
    """Each photo has a beach, surer the higher its number, and the name of a person."""
    beach = Suggestion("beach", "beach", Category.SCENE, sure(number), "made", "made up")
    ann = Suggestion("person_ann", "Ann", Category.PEOPLE, 0.99, "made", "made up")
    return replace(
        made,
        suggestions=(Rated(beach, sure(number) >= BAR), Rated(ann, False)),
        image_hash=f"{number:032x}",
        path=f"{ROOT}/IMG_{number:05d}.JPG",
    )


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    make_home(load_paths(), COUNT, one_tag)
    store = PhotoStore(open_catalog(load_paths()))
    BarRows(store).note([TagBar("beach", "beach", FLOOR, BAR), TagBar("person_ann", "Ann", FLOOR, BAR)])
    store.connection.close()
    opened = Library(load_paths())
    yield opened
    opened.close()


def path(number: int) -> str:
    return f"{ROOT}/IMG_{number:05d}.JPG"


def beach_of(session: Session) -> TagRow:
    assert session.sheet is not None
    return next(row for row in session.sheet.rows() if row.suggestion.tag == "beach")


def flip_beach(session: Session) -> None:
    session.flip(beach_of(session))


def judge(library: Library, numbers: range, state: State = State.ACCEPTED, tag: str = "beach") -> None:
    for number in numbers:
        library.decide(path(number), tag, state)


def test_single_keys_teach_a_bar_and_enter_does_not(library: Library) -> None:
    judge(library, range(20, 39))
    assert learned(library)["beach"].outcome is Outcome.TOO_FEW
    judge(library, range(39, 40))
    found = learned(library)["beach"]
    assert (found.judged, found.right, found.outcome, found.bar) == (20, 20, Outcome.LEARNED, sure(20))
    assert (found.floor, found.default, found.ticked_at) == (FLOOR, BAR, BAR)
    for number in range(40, 60):
        library.accept_as_shown(path(number), {"beach"})
    assert learned(library)["beach"] == found


def test_only_a_key_of_its_own_is_a_judgement(library: Library) -> None:
    beach = next(s for s in library.detail(path(0)).suggestions if s.tag == "beach")
    shown = candidates(library, ROOT, beach)
    accept_above(library, shown, 80, dict.fromkeys(shown.drawn(80, 20), True))
    tally = next(t for t in tags_to_decide(library, ROOT) if t.tag == "beach")
    page = photos_of(library, ROOT, "beach", 20)
    decide_page(library, tally, page[:10], page[10:])
    offer = read_offer(library, ROOT, path(59))
    if offer is not None:
        give(library, offer, [photo.path for photo in offer.photos])
    library.add_tag(path(0), "beach")
    session = Session(library, ROOT)
    session.go_to_path(path(1))
    session.marks.tags.add("beach")
    session.decide_marked(State.ACCEPTED)
    session.go_to_path(path(2))
    session.edit(beach_of(session).suggestion, "coast")
    assert learned(library) == {}


def test_unticking_and_enter_is_a_judgement_and_what_was_never_ticked_is_none(library: Library) -> None:
    session = Session(library, ROOT)
    session.go_to_path(path(50))
    flip_beach(session)
    assert session.accept_as_shown()
    session.go_to_path(path(3))
    assert session.accept_as_shown()
    session.go_to_path(path(4))
    flip_beach(session)
    found = learned(library)["beach"]
    assert (found.judged, found.right) == (2, 1)
    assert session.undo() is not None
    assert learned(library)["beach"].judged == 1


def test_what_was_taken_back_or_decided_anew_counts_as_it_stands(library: Library) -> None:
    judge(library, range(20, 25))
    library.decide(path(20), "beach", State.REJECTED)
    library.undo()
    library.decide(path(21), "beach", State.REJECTED)
    library.decide(path(22), "beach", State.UNDECIDED)
    found = learned(library)["beach"]
    assert (found.judged, found.right) == (4, 3)


def test_one_picture_in_two_files_is_judged_once(library: Library) -> None:
    library.connection.execute(f"UPDATE photos SET image_hash = '{SAME}' WHERE id <= 30")
    judge(library, range(20, 40))
    assert learned(library)["beach"].judged == 11


def test_a_name_is_never_learned(library: Library) -> None:
    judge(library, range(COUNT), tag="person_ann")
    assert learned(library) == {}
    paths = load_paths()
    store, decisions = PhotoStore(open_catalog(paths)), open_decisions(paths)
    switch(library.decisions, on=True)
    assert bars_in_use(store.connection, decisions) == {}
    BarRows(store).apply("person_ann", 0.1)
    assert "person_ann" not in library.detail(path(0)).ticked
    row = store.connection.execute("SELECT sum(ticked) FROM suggestions WHERE tag = 'person_ann'").fetchone()
    store.connection.close()
    decisions.close()
    assert row[0] == 0


def test_it_is_off_until_asked_for_and_the_history_takes_it_back(library: Library) -> None:
    judge(library, range(20, 40))
    paths = load_paths()
    catalog, decisions = open_catalog(paths), open_decisions(paths)
    assert not is_on_here(library) and bars_in_use(catalog, decisions) == {}
    act = switch(library.decisions, on=True)
    assert is_on_here(library) and bars_in_use(catalog, decisions) == {"beach": sure(20)}
    assert learned_bars(catalog, decisions) == learned(library)
    library.decisions.revoke_act(act)
    assert not is_on_here(library)
    switch(library.decisions, on=True)
    switch(library.decisions, on=False)
    assert not is_on_here(library)
    catalog.close()
    decisions.close()


def test_what_was_reset_counts_no_more_until_that_is_revoked(library: Library) -> None:
    judge(library, range(20, 40))
    before = learned(library)
    act = forget(library.decisions, ["beach"])
    assert learned(library) == {}
    judge(library, range(40, 45))
    assert learned(library)["beach"].judged == 5
    library.decisions.revoke_act(act)
    assert learned(library)["beach"].judged == 25 and before["beach"].judged == 20
    forget(library.decisions)
    assert learned(library) == {}
    assert any(s.state is State.ACCEPTED for s in library.detail(path(20)).suggestions)


def test_ticks_follow_a_bar_and_come_back(library: Library) -> None:
    store = PhotoStore(open_catalog(load_paths()))
    rows = BarRows(store)
    assert rows.apply("beach", BAR) == 0
    assert rows.apply("beach", sure(10)) == sum(sure(10) <= sure(n) < BAR for n in range(COUNT))
    assert "beach" in library.detail(path(10)).ticked and "beach" not in library.detail(path(9)).ticked
    assert rows.apply("beach", NEVER_TICKED) == 50 and "beach" not in library.detail(path(59)).ticked
    rows.apply("beach", BAR)
    ticked = [n for n in range(COUNT) if "beach" in library.detail(path(n)).ticked]
    store.connection.close()
    assert ticked == [n for n in range(COUNT) if sure(n) >= BAR]


def test_the_lowest_confidence_with_enough_right_above_is_the_bar() -> None:
    right = [(0.6 + n / 100, True) for n in range(30)]
    wrong = [(0.4 + n / 100, False) for n in range(20)]
    assert learn(right + wrong, FLOOR, BAR) == (Outcome.LEARNED, 0.6)
    assert learn([(c - 0.4, r) for c, r in right], FLOOR, BAR) == (Outcome.LEARNED, pytest.approx(0.35))
    assert learn(wrong + [(0.9, False)] * 10, FLOOR, BAR) == (Outcome.NEVER, NEVER_TICKED)
    assert learn(wrong, FLOOR, BAR) == (Outcome.OPEN, None)
    assert learn([(0.9, n % 8 != 0) for n in range(24)], FLOOR, BAR) == (Outcome.OPEN, None)


def test_what_enter_took_keeps_a_bar_from_being_raised() -> None:
    wrong = [(0.75, False)] * 20
    assert learn(wrong, FLOOR, BAR) == (Outcome.NEVER, NEVER_TICKED)
    assert learn(wrong, FLOOR, BAR, lambda: [0.75] * 400) == (Outcome.OPEN, None)
    assert learn(wrong, FLOOR, BAR, lambda: [0.5] * 400) == (Outcome.NEVER, NEVER_TICKED)
    higher = wrong + [(0.9, True)] * 20
    assert learn(higher, FLOOR, BAR) == (Outcome.LEARNED, 0.9)
    assert learn(higher, FLOOR, BAR, lambda: [0.75] * 400) == (Outcome.OPEN, None)


def test_acceptances_by_enter_are_what_keeps_it(library: Library) -> None:
    library.connection.execute("UPDATE suggestions SET confidence = 0.8 WHERE tag = 'beach'")
    judge(library, range(20), State.REJECTED)
    assert learned(library)["beach"].outcome is Outcome.NEVER
    for number in range(20, 60):
        library.accept_as_shown(path(number), {"beach"})
    found = learned(library)["beach"]
    assert (found.judged, found.right, found.outcome) == (20, 0, Outcome.NEVER)
    library.connection.execute("UPDATE suggestions SET confidence = 0.5 WHERE photo > 3 AND photo <= 20")
    assert learned(library)["beach"].outcome is Outcome.OPEN


@given(st.lists(st.tuples(st.integers(0, 1000), st.booleans()), max_size=80), st.floats(0.1, 0.6))
def test_a_learned_bar_lies_between_floor_and_one_and_is_earned(
    judged: list[tuple[int, bool]], floor: float
) -> None:
    given_ = [(sure_ / 1000, right) for sure_, right in judged]
    outcome, bar = learn(given_, floor, max(BAR, floor))
    if len(given_) < LEAST_JUDGED:
        assert (outcome, bar) == (Outcome.TOO_FEW, None)
    elif outcome is Outcome.LEARNED:
        assert bar is not None and floor <= bar <= 1
        above = [right for confidence, right in given_ if confidence >= bar]
        assert sum(above) / len(above) >= 0.9 and len(above) >= 15
    else:
        assert bar in (None, NEVER_TICKED)


def test_the_interval_is_wilson_s() -> None:
    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I: 81 of 263, two-sided 95 %.
    assert wilson(81, 263, -1.959964) == pytest.approx(0.2553, abs=5e-5)
    assert wilson(81, 263, 1.959964) == pytest.approx(0.3662, abs=5e-5)
    assert wilson(15, 15, -1.2816) >= 0.9 > wilson(14, 14, -1.2816)


# What was rejected for a picture


def found_by(library: Library, words: str) -> set[str]:
    return set(Finder(library).paths(parse(words)))


def test_a_rejected_tag_comes_back_on_no_copy(library: Library) -> None:
    library.connection.execute(
        f"UPDATE photos SET image_hash = '{SAME}' WHERE path IN (?, ?)",
        (path(50).encode(), path(51).encode()),
    )
    library.connection.execute("DELETE FROM suggestions WHERE tag = 'person_ann'")
    row = library.position(ROOT, path(51))
    assert row is not None and library.page(ROOT, row, 1)[0].tags == 1
    library.decide(path(50), "beach", State.REJECTED)
    copy = library.detail(path(51))
    assert copy is not None and "beach" not in copy.ticked
    assert [s.state for s in copy.suggestions] == [State.REJECTED]
    assert library.page(ROOT, row, 1)[0].tags == 0
    beach = next(s for s in library.detail(path(1)).suggestions if s.tag == "beach")
    drawn = candidates(library, ROOT, beach)
    assert len(drawn.photos) == COUNT - 2
    accept_above(library, drawn, 36, {})
    assert library.decisions.of_photo(path(51)) == {}
    library.undo()
    assert path(51) not in [photo.path for photo in photos_of(library, ROOT, "beach", 99)]
    (tally,) = tags_to_decide(library, ROOT)
    assert tally.photos == COUNT - 2
    for words in ("tag:beach", "is:undecided", "beach"):
        found = found_by(library, words)
        assert path(51) not in found and path(52) in found, words
    library.accept_as_shown(path(51), copy.ticked)
    assert library.decisions.of_photo(path(51)) == {}
    # Where the rejection is taken back, the copy has it again.
    library.undo()
    library.undo()
    assert "beach" in library.detail(path(51)).ticked and path(51) in found_by(library, "tag:beach")
