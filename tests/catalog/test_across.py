"""Tags across photos: what is counted is what `detail` says is undecided, and a page is one act."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "ui"))

from real_home import ROOT, make_home, record

from nivo_tui.catalog.across import TagTally, decide_page, photos_of, tags_to_decide
from nivo_tui.catalog.decisions import Choice
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import PhotoRecord
from nivo_tui.model import Category, FileMetadata, State
from nivo_tui.settings import load_paths

COUNT = 40


def confident(number: int, made: PhotoRecord) -> PhotoRecord:
    """Another confidence of each tag for each photo; the bar is 0.6. Some photos have errors or twins."""
    rated = tuple(
        replace(
            one,
            suggestion=replace(
                one.suggestion, confidence=round(((number * 7 + place * 13) % 60 + 40) / 100, 2)
            ),
            ticked=(number * 7 + place * 13) % 60 >= 20
            and not (one.suggestion.fact or one.suggestion.is_name),
        )
        for place, one in enumerate(made.suggestions)
    )
    changed = replace(made, suggestions=rated, error="truncated" if number == 11 else None)
    if number == 17:
        changed = replace(changed, image_hash=f"{16:032x}")
    if number % 5 == 0:
        changed = replace(changed, metadata=FileMetadata(keywords=("Beach", "holiday")))
    return changed


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    make_home(load_paths(), COUNT, confident)
    opened = Library(load_paths())
    yield opened
    opened.close()


def undecided(library: Library, root: str = ROOT) -> Counter[str]:
    """The judgements that are undecided, counted photo by photo."""
    leads = {
        row["path"].decode()
        for row in library.connection.execute("SELECT path FROM photos WHERE lead IS NULL AND error IS NULL")
    }
    return Counter(
        s.tag
        for path in library.paths(root)
        if path in leads
        for s in library.detail(path).suggestions
        if s.state is State.UNDECIDED and not s.fact
    )


def tallies(library: Library, root: str = ROOT) -> dict[str, TagTally]:
    return {tally.tag: tally for tally in tags_to_decide(library, root)}


def test_counts_are_those_of_the_photos(library: Library) -> None:
    assert {tag: tally.photos for tag, tally in tallies(library).items()} == undecided(library)
    paths = library.paths(ROOT)
    library.accept_as_shown(paths[0], {"beach"})
    library.decide(paths[16], "sea", State.REJECTED)
    library.decide(paths[3], "ericeira", State.ACCEPTED)
    library.decide(paths[3], "ericeira", State.UNDECIDED)
    assert {tag: tally.photos for tag, tally in tallies(library).items()} == undecided(library)
    library.never("surfboard")
    assert "surfboard" not in tallies(library)
    with library_store() as store:
        store.set_uninformative({"calm": COUNT})
    assert "calm" not in tallies(library)
    assert {tag: tally.photos for tag, tally in tallies(library).items()} == undecided(library)


def library_store():
    from contextlib import contextmanager

    @contextmanager
    def opened():
        connection = open_catalog(load_paths())
        yield PhotoStore(connection)
        connection.close()

    return opened()


@pytest.mark.parametrize("below", ["2025", "Scans"])
def test_a_folder_counts_its_own_photos_alone(library: Library, below: str) -> None:
    root = f"{ROOT}/{below}"
    assert {tag: tally.photos for tag, tally in tallies(library, root).items()} == undecided(library, root)


def test_few_photos_are_counted_the_same_way(home: Path) -> None:
    """A small folder of a large library is counted photo by photo: with the same figures."""
    make_home(
        load_paths(),
        120,
        lambda n, made: replace(
            confident(n % COUNT, made), path=f"{ROOT}/few/{n:05d}.JPG" if n < 8 else made.path
        ),
    )
    library = Library(load_paths())
    root = f"{ROOT}/few"
    found = tallies(library, root)
    assert {tag: tally.photos for tag, tally in found.items()} == undecided(library, root)
    for tag, tally in found.items():
        photos = photos_of(library, root, tag, 100)
        sure = [photo.confidence for photo in photos if photo.ticked] if not tally.is_name else None
        if sure is not None:
            assert tally.sure == len(sure)
            over = sure or [photo.confidence for photo in photos]
            assert tally.confidence == pytest.approx(sum(over) / len(over))
    library.close()


def test_sure_ones_and_confidence_are_those_at_or_above_the_bar(library: Library) -> None:
    for tag, tally in tallies(library).items():
        photos = photos_of(library, ROOT, tag, COUNT)
        assert len(photos) == tally.photos
        if not tally.is_name:
            sure = [photo.confidence for photo in photos if photo.ticked]
            assert tally.sure == len(sure)
            assert tally.confidence == pytest.approx(sum(sure) / len(sure))


def test_companions_of_a_shot_do_not_count(library: Library) -> None:
    paths = library.paths(ROOT)
    with library_store() as store, store.transaction():
        store.connection.execute(
            "UPDATE photos SET lead = ? WHERE path = ?", (paths[1].encode(), paths[2].encode())
        )
    assert {tag: tally.photos for tag, tally in tallies(library).items()} == undecided(library)
    assert paths[2] not in {photo.path for photo in photos_of(library, ROOT, "sea", COUNT)}


def test_facts_are_not_listed_and_names_come_last(library: Library) -> None:
    listed = tags_to_decide(library, ROOT)
    assert "summer" not in {tally.tag for tally in listed}
    assert [tally.is_name for tally in listed] == sorted(tally.is_name for tally in listed)
    assert {tally.label for tally in listed if tally.is_name} == {"Ann", "Ben", "Chloé"}


def tally(label: str, photos: int, sure: int, confidence: float, *, name: bool = False) -> TagTally:
    return TagTally(label, label, Category.OBJECTS, photos, sure, confidence, name)


def test_the_order_is_what_a_page_decides_then_doubt_then_count() -> None:
    best = [
        tally("sure", 30, 25, 0.97),
        tally("as sure and more", 900, 400, 0.86),
        tally("as sure", 300, 200, 0.84),
        tally("doubtful", 5000, 4000, 0.70),
        tally("half a page", 900, 10, 0.99),
        tally("none ticked", 5000, 0, 0.40),
        tally("Ann", 900, 900, 0.99, name=True),
    ]
    shuffled = [best[place] for place in (4, 0, 6, 2, 5, 1, 3)]
    assert sorted(shuffled, key=lambda one: one.order) == best


def test_photos_come_surest_first_in_pages(library: Library) -> None:
    whole = photos_of(library, ROOT, "sea", COUNT)
    assert [photo.confidence for photo in whole] == sorted((p.confidence for p in whole), reverse=True)
    pages, after = [], None
    while page := photos_of(library, ROOT, "sea", 7, after):
        pages += page
        after = page[-1].place
    assert tuple(pages) == whole
    assert len({photo.path for photo in whole}) == len(whole)


def test_a_page_is_one_act_that_is_taken_back_as_one(library: Library) -> None:
    tag = tallies(library)["sea"]
    photos = photos_of(library, ROOT, "sea", 20)
    words, number = decide_page(library, tag, photos[2:], photos[:2])
    assert words == "sea: 18 accepted, 2 wrong"
    act = library.decisions.newest_act(since=0)
    assert (act.id, act.title, act.by) == (number, words, "tag view")
    found = {photo.path: library.decisions.of_photo(photo.path)["sea"].state for photo in photos}
    assert Counter(found.values()) == {State.ACCEPTED: 18, State.REJECTED: 2}
    assert all(library.detail(photo.path).progress.value == "todo" for photo in photos)
    library.decisions.revoke_act(act.id)
    assert photos_of(library, ROOT, "sea", 20) == photos


def test_what_was_decided_meanwhile_is_let_be(library: Library) -> None:
    tag = tallies(library)["sea"]
    photos = photos_of(library, ROOT, "sea", 3)
    library.decisions.record(
        "elsewhere", [Choice(photos[0].path, "sea", "sea", State.REJECTED, "scene", None)], by="key"
    )
    assert decide_page(library, tag, photos, ())[0] == "sea: 2 accepted, 0 wrong"
    assert library.decisions.of_photo(photos[0].path)["sea"].state is State.REJECTED
    assert decide_page(library, tag, photos, ()) is None


def test_names_are_never_accepted(library: Library) -> None:
    name = next(one for one in tags_to_decide(library, ROOT) if one.is_name)
    with pytest.raises(ValueError, match="name"):
        decide_page(library, name, photos_of(library, ROOT, name.tag, 3), ())
    assert library.decisions.newest_act(since=0) is None


def test_an_empty_library_has_no_tags(home: Path) -> None:
    load_paths().create()
    library = Library(load_paths())
    assert tags_to_decide(library, ROOT) == ()
    assert photos_of(library, ROOT, "sea", 5) == ()
    library.close()


def test_records_have_the_tags_of_this_test() -> None:
    assert {rated.suggestion.tag for rated in record(0).suggestions} >= {"beach", "sea", "calm", "surfboard"}
