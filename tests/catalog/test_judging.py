"""Which photos a bulk accept is about, what is drawn of them, and the one act that it is."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.catalog.judging import Accepted, Candidates, accept_above, candidates, drawn_details
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import FileStat, PhotoRecord, Rated
from nivo_tui.errors import StoreError
from nivo_tui.model import Category, FileMetadata, Format, State, Suggestion
from nivo_tui.settings import Paths, load_paths

ROOT = os.path.join(os.path.abspath(os.sep), "photos")
BEACH = Suggestion("beach", "beach", Category.SCENE, 0.9, "test", "sand")


def path(name: str) -> str:
    return os.path.join(ROOT, *name.split("/"))


def photo(name: str, confidence: float = 0.9, *, tag: Suggestion = BEACH, **more: object) -> PhotoRecord:
    made = PhotoRecord(
        path=path(name),
        stat=FileStat(10, 20, 30),
        format=Format.JPEG,
        width=40,
        height=30,
        metadata=FileMetadata(),
        image_hash=hashlib.blake2b(name.encode(), digest_size=16).hexdigest(),
        versions={"features": "1"},
        suggestions=(Rated(replace(tag, confidence=confidence), True),),
    )
    return replace(made, **more)


@pytest.fixture
def paths(home: Path) -> Paths:
    paths = load_paths()
    paths.create()
    return paths


@pytest.fixture
def store(paths: Paths) -> Iterator[PhotoStore]:
    connection = open_catalog(paths)
    yield PhotoStore(connection)
    connection.close()


@pytest.fixture
def library(paths: Paths, store: PhotoStore) -> Iterator[Library]:
    library = Library(paths)
    yield library
    library.close()


def names(library: Library, found: Candidates, bar: int = 0) -> list[str]:
    details = drawn_details(library, sorted(found.above(bar)))
    return sorted(os.path.relpath(d.path, ROOT).replace(os.sep, "/") for d in details.values())


def state(library: Library, name: str) -> State:
    detail = library.detail(path(name))
    assert detail is not None
    return next(s.state for s in detail.suggestions if s.tag == "beach")


def test_only_photos_that_wait_for_the_decision_below_the_folder(library: Library, store: PhotoStore) -> None:
    store.save(
        [
            photo("a/open.jpg"),
            photo("a/deeper/open.jpg", 0.5),
            photo("b/elsewhere.jpg"),
            photo("a/accepted.jpg"),
            photo("a/rejected.jpg", image_hash="cafe0123"),
            photo("a/copy of rejected.jpg", image_hash="cafe0123"),
            photo("a/passed.jpg"),
            photo("a/taken back.jpg"),
            photo("a/in the file.jpg", metadata=FileMetadata(keywords=("Beach",))),
            photo("a/failed.jpg", error="truncated"),
            photo("a/companion.jpg"),
        ]
    )
    store.connection.execute(
        "UPDATE photos SET lead = ? WHERE path = ?",
        (path("a/open.jpg").encode(), path("a/companion.jpg").encode()),
    )
    library.decide(path("a/accepted.jpg"), "beach", State.ACCEPTED)
    library.decide(path("a/rejected.jpg"), "beach", State.REJECTED)
    library.decide(path("a/passed.jpg"), "beach", State.PASSED)
    library.decide(path("a/taken back.jpg"), "beach", State.REJECTED)
    library.decide(path("a/taken back.jpg"), "beach", State.UNDECIDED)
    found = candidates(library, path("a"), BEACH)
    assert names(library, found) == ["a/deeper/open.jpg", "a/open.jpg", "a/taken back.jpg"]
    assert names(library, found, 90) == ["a/open.jpg", "a/taken back.jpg"]
    assert [found.count(bar) for bar in (0, 50, 55, 90, 95)] == [3, 3, 2, 2, 0]


def test_a_name_and_a_tag_that_is_stopped_have_none(library: Library, store: PhotoStore) -> None:
    ann = Suggestion("ann", "Ann", Category.PEOPLE, 0.9, "faces", "near")
    store.save([photo("1.jpg"), photo("2.jpg", tag=ann)])
    assert candidates(library, ROOT, ann).count(0) == 0
    library.never("beach")
    assert candidates(library, ROOT, BEACH).count(0) == 0
    library.undo()
    assert candidates(library, ROOT, BEACH).count(0) == 1


@given(
    st.dictionaries(st.integers(1, 10**6), st.integers(5, 100), max_size=120),
    st.integers(0, 20),
    st.integers(0, 60),
)
def test_the_draw_is_one_order_at_every_bar(found: dict[int, int], step: int, count: int) -> None:
    made = Candidates.of(ROOT, BEACH, [(photo, bar / 100) for photo, bar in found.items()])
    again = Candidates.of(ROOT, BEACH, [(photo, bar / 100) for photo, bar in sorted(found.items())])
    bar = 5 * step
    order = made.drawn(0, len(found))
    assert sorted(order) == sorted(found)
    expected = [photo for photo in order if found[photo] >= bar]
    assert made.drawn(bar, count) == again.drawn(bar, count) == tuple(expected[:count])
    assert made.count(bar) == len(expected) == len(made.above(bar))


def test_every_photo_is_drawn_as_often_as_any_other() -> None:
    drawn = dict.fromkeys(range(1, 101), 0)
    for number in range(2000):
        tag = replace(BEACH, tag=f"tag{number}")
        for photo in Candidates.of(ROOT, tag, [(p, 0.9) for p in drawn]).drawn(0, 20):
            drawn[photo] += 1
    # 2000 draws of 20 from 100: 400 each, with a deviation of 18.
    assert max(abs(count - 400) for count in drawn.values()) < 5 * 18


def many(store: PhotoStore, count: int) -> None:
    store.save([photo(f"{number:03d}.jpg", 0.5 + number / 1000) for number in range(count)])


def test_accepting_is_one_act_that_can_be_taken_back_days_later(library: Library, store: PhotoStore) -> None:
    many(store, 60)
    shown = candidates(library, ROOT, BEACH)
    drawn = shown.drawn(50, 20)
    judged = {photo: place != 3 for place, photo in enumerate(drawn)}
    made = accept_above(library, shown, 50, judged)
    assert (made.accepted, made.wrong, made.gone) == (59, 1, 0)
    wrong = drawn_details(library, [drawn[3]])[drawn[3]]
    assert state(library, wrong.name) is State.REJECTED
    assert state(library, "007.jpg" if wrong.name != "007.jpg" else "008.jpg") is State.ACCEPTED
    act = library.decisions.act(made.act or 0)
    assert act is not None
    assert (act.by, act.title) == (
        "bulk",
        "'beach' accepted on 59 photos at 0.50 and above, 20 judged, 1 wrong",
    )
    later = "050.jpg" if wrong.name != "050.jpg" else "051.jpg"
    library.decide(path(later), "beach", State.REJECTED)
    library.decisions.revoke_act(act.id)
    assert state(library, later) is State.REJECTED
    assert candidates(library, ROOT, BEACH).count(0) == 59


def test_only_what_was_shown_and_is_still_open_is_accepted(library: Library, store: PhotoStore) -> None:
    many(store, 30)
    shown = candidates(library, ROOT, BEACH)
    library.decide(path("004.jpg"), "beach", State.REJECTED)
    store.save([photo("new.jpg", 0.9), photo("005.jpg", 0.2)])
    store.forget([path("006.jpg")])
    made = accept_above(library, shown, 50, {})
    assert made == Accepted(made.act, 27, 0, 3)
    assert state(library, "004.jpg") is State.REJECTED
    assert state(library, "new.jpg") is State.UNDECIDED
    assert state(library, "005.jpg") is State.UNDECIDED


def test_judgements_below_the_bar_do_not_count(library: Library, store: PhotoStore) -> None:
    many(store, 40)
    shown = candidates(library, ROOT, BEACH)
    low = (shown.above(50) - shown.above(53)).pop()
    made = accept_above(library, shown, 53, {low: False})
    assert (made.accepted, made.wrong) == (10, 0)
    assert low in candidates(library, ROOT, BEACH).above(0)


def test_nothing_left_is_no_act(library: Library, store: PhotoStore) -> None:
    many(store, 3)
    shown = candidates(library, ROOT, BEACH)
    library.never("beach")
    assert accept_above(library, shown, 50, {}) == Accepted(None, 0, 0, 3)


def test_broken_in_the_middle_it_is_as_if_it_never_was(
    library: Library, store: PhotoStore, paths: Paths
) -> None:
    many(store, 30)
    shown = candidates(library, ROOT, BEACH)
    breaking = sqlite3.connect(paths.decisions)
    breaking.execute(
        "CREATE TRIGGER breaks BEFORE INSERT ON decisions WHEN (SELECT count(*) FROM decisions) >= 17 "
        "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    )
    breaking.close()
    with pytest.raises(StoreError, match="the disk is full"):
        accept_above(library, shown, 50, {})
    assert library.decisions.newest_act(since=0) is None
    assert candidates(library, ROOT, BEACH).count(0) == 30
