"""Near-duplicates: which photos are, what sets them apart, and giving them a decision."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.catalog.bursts import give, near_duplicates, read_offer
from nivo_tui.catalog.grouping import ShotRows
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import FileStat, PhotoRecord, Rated
from nivo_tui.catalog.views import Progress
from nivo_tui.errors import UsageError
from nivo_tui.model import Capture, Category, FileMetadata, Format, State, Suggestion
from nivo_tui.settings import load_paths

ROOT = os.path.join(os.path.abspath(os.sep), "photos")
NOON = datetime(2025, 8, 14, 12)
LIKENESS = 0x9E3779B97F4A7C15


def path(name: str) -> str:
    return os.path.join(ROOT, *name.split("/"))


def flipped(bits: int) -> str:
    """The hash of the first photo with so many bits changed."""
    return f"{LIKENESS ^ (2**bits - 1):016x}"


def record(
    name: str,
    seconds: float | None = 0,
    bits: int = 0,
    *,
    tags: tuple[str, ...] = ("beach", "sea"),
    model: str | None = "iPhone 13",
    zone: timezone | None = None,
    **more: object,
) -> PhotoRecord:
    taken = None if seconds is None else (NOON + timedelta(seconds=seconds)).replace(tzinfo=zone)
    made = PhotoRecord(
        path=path(name),
        stat=FileStat(10, 20, 30),
        format=Format.JPEG,
        image_hash=name.encode().hex().rjust(8, "0"),
        perceptual_hash=flipped(bits),
        metadata=FileMetadata(capture=Capture(taken, "original", "Apple", model)),
        versions={"features": "1"},
        suggestions=tuple(_rated(tag) for tag in tags),
    )
    return replace(made, **more)


def _rated(tag: str, confidence: float = 0.8) -> Rated:
    kind = Category.PEOPLE if tag == "Ann" else Category.SCENE
    suggestion = Suggestion(tag.lower(), tag, kind, confidence, "test", "because")
    return Rated(suggestion, confidence >= 0.7 and tag != "Ann")


@pytest.fixture
def store(home: object) -> Iterator[PhotoStore]:
    paths = load_paths()
    paths.create()
    connection = open_catalog(paths)
    yield PhotoStore(connection)
    connection.close()


@pytest.fixture
def library(store: PhotoStore) -> Iterator[Library]:
    library = Library(load_paths())
    yield library
    library.close()


def twins(library: Library, of: str = "a.jpg", root: str = ROOT) -> list[str]:
    return [os.path.relpath(found, ROOT) for found in near_duplicates(library, root, path(of))]


@pytest.mark.parametrize(
    ("seconds", "bits", "alike"),
    [
        (0, 12, True),
        (60, 12, True),
        (-60, 12, True),
        (0, 13, False),
        (61, 12, False),
        (61, 4, True),
        (86400, 4, True),
        (86400, 5, False),
        (None, 4, True),
        (None, 5, False),
    ],
)
def test_what_counts_as_a_near_duplicate(
    library: Library, store: PhotoStore, seconds: float | None, bits: int, alike: bool
) -> None:
    store.save([record("a.jpg"), record("b.jpg", seconds, bits)])
    assert twins(library) == (["b.jpg"] if alike else [])
    assert twins(library, "b.jpg") == (["a.jpg"] if alike else [])


def test_the_same_image_data_counts_anywhere_in_the_library(library: Library, store: PhotoStore) -> None:
    store.save([record("a.jpg"), record("z/copy.jpg", None, 40, image_hash=b"a.jpg".hex().rjust(8, "0"))])
    assert twins(library) == [os.path.join("z", "copy.jpg")]
    assert twins(library, root=path("y")) == []


def test_two_cameras_side_by_side_are_no_burst_unless_the_picture_is_the_same(
    library: Library, store: PhotoStore
) -> None:
    store.save(
        [
            record("a.jpg"),
            record("b.jpg", 1, 9, model="EOS R5"),
            record("c.jpg", 1, 9, model=None),
            record("d.jpg", 1, 3, model="EOS R5"),
        ]
    )
    assert twins(library) == ["c.jpg", "d.jpg"]


def test_times_are_compared_by_the_clock_on_the_wall(library: Library, store: PhotoStore) -> None:
    lisbon = timezone(timedelta(hours=1))
    store.save([record("a.jpg", zone=lisbon), record("b.jpg", 59.5, 9, zone=UTC), record("c.jpg", 30, 9)])
    assert twins(library) == ["b.jpg", "c.jpg"]


def test_only_what_is_to_do_and_leads_are_found(library: Library, store: PhotoStore) -> None:
    store.save(
        [
            record("a.jpg"),
            record("b.jpg", 1),
            record("c.jpg", 1, error="truncated"),
            record("d.jpg", 1, versions={}),
            record("e.nef", 1),
            record("e.jpg", 1),
        ]
    )
    ShotRows(store).group(ROOT, ())
    library.accept_as_shown(path("b.jpg"), ())
    assert twins(library) == ["e.nef"]


def test_pictures_without_structure_are_not_taken_for_each_other(library: Library, store: PhotoStore) -> None:
    flat = {"perceptual_hash": "0" * 16}
    store.save([record("a.jpg", **flat), record("b.jpg", 9999, **flat), record("c.jpg", 5, **flat)])
    assert twins(library) == ["c.jpg"]


def test_a_photo_that_is_not_known_or_was_not_seen_has_none(library: Library, store: PhotoStore) -> None:
    store.save([record("a.jpg", perceptual_hash=None), record("b.jpg")])
    assert twins(library) == [] and twins(library, "nowhere.jpg") == []


def test_the_first_and_last_times_there_are_have_neighbours_too(library: Library, store: PhotoStore) -> None:
    for year in (datetime.min, datetime.max):
        capture = FileMetadata(capture=Capture(year))
        store.save([record("a.jpg", metadata=capture), record("b.jpg", None, 9, metadata=capture)])
        twins(library)  # nothing is raised


@given(st.lists(st.tuples(st.integers(-90, 90), st.integers(0, 20)), max_size=6))
def test_nearness_goes_both_ways(shots: list[tuple[int, int]]) -> None:
    paths = load_paths()
    paths.create()
    connection = open_catalog(paths)
    store, library = PhotoStore(connection), Library(paths)
    try:
        store.forget(library.paths(ROOT))
        names = [f"{n}.jpg" for n in range(len(shots))]
        store.save([record(name, *shot) for name, shot in zip(names, shots, strict=True)])
        found = {name: set(twins(library, name)) for name in names}
        assert all(name in found[other] for name in names for other in found[name])
    finally:
        library.close()
        connection.close()


@pytest.fixture
def burst(library: Library, store: PhotoStore) -> Library:
    """a is decided on; b is as a, c lacks the sea and has a reef of its own, d rules the beach out."""
    store.save(
        [
            record("a.jpg", 0, tags=("beach", "sea", "Ann", "calm")),
            record("b.jpg", 1, 1, tags=("beach", "sea", "Ann", "calm")),
            record("c.jpg", 2, 2, tags=("beach", "reef", "calm")),
            record("d.jpg", 3, 3, tags=("beach", "sea")),
        ]
    )
    library.decide(path("d.jpg"), "beach", State.REJECTED)
    library.decide(path("a.jpg"), "ann", State.ACCEPTED)
    library.decide(path("a.jpg"), "calm", State.REJECTED)
    library.accept_as_shown(path("a.jpg"), {"beach", "sea"})
    return library


def states(library: Library, name: str) -> dict[str, State]:
    return {s.tag: s.state for s in library.detail(path(name)).suggestions}


def test_an_offer_holds_the_accepted_tags_without_names_and_the_exceptions_first(burst: Library) -> None:
    offer = read_offer(burst, ROOT, path("a.jpg"))
    assert [tag.tag for tag in offer.tags] == ["beach", "sea"]
    assert [(p.name, p.unseen, p.refused, p.own) for p in offer.photos] == [
        ("c.jpg", ("sea",), (), ("reef",)),
        ("d.jpg", (), ("beach",), ()),
        ("b.jpg", (), (), ()),
    ]
    assert offer.exceptions() == (
        "sea: not seen in 1 of 3",
        "beach: ruled out in 1 of 3",
        "reef: only ticked in 1 of 3",
    )


def test_a_tag_below_its_bar_there_is_an_exception(library: Library, store: PhotoStore) -> None:
    unsure = (_rated("beach", 0.5),)
    store.save([record("a.jpg", tags=("beach",)), record("b.jpg", 1, 1, suggestions=unsure)])
    library.accept_as_shown(path("a.jpg"), {"beach"})
    assert read_offer(library, ROOT, path("a.jpg")).photos[0].unseen == ("beach",)


def test_nothing_accepted_or_nobody_near_is_no_offer(library: Library, store: PhotoStore) -> None:
    store.save([record("a.jpg"), record("b.jpg", 1, 1), record("c.jpg", 9999, 50)])
    library.accept_as_shown(path("a.jpg"), ())
    assert read_offer(library, ROOT, path("a.jpg")) is None
    library.accept_as_shown(path("c.jpg"), {"beach"})
    assert read_offer(library, ROOT, path("c.jpg")) is None
    assert read_offer(library, ROOT, path("nowhere.jpg")) is None


def test_giving_is_one_act_that_accepts_passes_and_is_done(burst: Library) -> None:
    offer = read_offer(burst, ROOT, path("a.jpg"))
    count, act = give(burst, offer, {path("b.jpg"), path("c.jpg"), path("d.jpg")})
    assert count == 3 and burst.decisions.act(act).by == "burst"
    assert states(burst, "b.jpg") == {
        "beach": State.ACCEPTED,
        "sea": State.ACCEPTED,
        "ann": State.PASSED,
        "calm": State.PASSED,
    }
    assert states(burst, "c.jpg") == {
        "beach": State.ACCEPTED,
        "sea": State.ACCEPTED,
        "reef": State.PASSED,
        "calm": State.PASSED,
    }
    assert states(burst, "d.jpg") == {"beach": State.REJECTED, "sea": State.ACCEPTED}
    assert burst.counts(ROOT).todo == 0
    burst.decisions.revoke_act(act)
    assert states(burst, "b.jpg")["beach"] is State.UNDECIDED
    assert states(burst, "d.jpg")["beach"] is State.REJECTED
    assert burst.counts(ROOT).todo == 3


def test_what_is_left_out_or_done_meanwhile_is_left_alone(burst: Library) -> None:
    offer = read_offer(burst, ROOT, path("a.jpg"))
    burst.accept_as_shown(path("b.jpg"), ())
    assert give(burst, offer, {path("b.jpg"), path("c.jpg")})[0] == 1
    assert states(burst, "b.jpg")["beach"] is State.PASSED
    assert burst.detail(path("d.jpg")).progress is Progress.TODO
    with pytest.raises(UsageError, match="to do"):
        give(burst, offer, {path("b.jpg")})


def test_a_tag_a_person_typed_is_given_as_they_spell_it(burst: Library) -> None:
    burst.add_tag(path("a.jpg"), "Praia do Sul")
    offer = read_offer(burst, ROOT, path("a.jpg"))
    assert not any("Praia do Sul" in photo.unseen for photo in offer.photos), "nothing looked for it"
    give(burst, offer, {path("b.jpg")})
    found = {s.tag: s.label for s in burst.detail(path("b.jpg")).suggestions}
    assert found["praia_do_sul"] == "Praia do Sul"


def test_what_is_given_goes_to_every_member_of_the_shot(library: Library, store: PhotoStore) -> None:
    store.save([record("a.jpg"), record("b.nef", 1, 1), record("b.jpg", 1, 1)])
    ShotRows(store).group(ROOT, ())
    library.accept_as_shown(path("a.jpg"), {"beach"})
    give(library, read_offer(library, ROOT, path("a.jpg")), {path("b.nef")})
    assert states(library, "b.jpg") == {"beach": State.ACCEPTED, "sea": State.PASSED}
    assert library.detail(path("b.jpg")).progress is Progress.DONE


def test_a_tag_already_in_the_file_is_not_decided_again(library: Library, store: PhotoStore) -> None:
    has = replace(record("b.jpg", 1, 1), metadata=FileMetadata(keywords=("beach",)))
    store.save([record("a.jpg"), has])
    library.accept_as_shown(path("a.jpg"), {"beach"})
    offer = read_offer(library, ROOT, path("a.jpg"))
    assert not offer.photos[0].is_exception
    give(library, offer, {path("b.jpg")})
    assert states(library, "b.jpg")["beach"] is State.IN_FILE
