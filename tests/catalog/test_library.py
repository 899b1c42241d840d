"""The library: what is shown of photos, and decisions that stand, are undone and outlive the catalog."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.catalog.library import Library
from nivo_tui.catalog.paths import below, from_db, to_db
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import FileStat, PhotoRecord, Rated
from nivo_tui.catalog.states import tag_id
from nivo_tui.catalog.views import Progress
from nivo_tui.errors import UsageError
from nivo_tui.model import Category, Face, FileMetadata, Format, Quality, State, Suggestion
from nivo_tui.settings import Paths, load_paths

ROOT = os.path.join(os.path.abspath(os.sep), "photos")


def _rated(
    tag: str, confidence: float = 0.8, *, fact: bool = False, category: Category = Category.SCENE
) -> Rated:
    s = Suggestion(tag, tag.replace("_", " "), category, confidence, "test", "because", fact=fact)
    return Rated(s, not fact and confidence >= 0.7)


def _photo(
    name: str, *, keywords: tuple[str, ...] = (), image_hash: str = "aa11bb22", **more: object
) -> PhotoRecord:
    record = PhotoRecord(
        path=os.path.join(ROOT, *name.split("/")),
        stat=FileStat(10, 20, 30),
        format=Format.JPEG,
        width=4000,
        height=3000,
        metadata=FileMetadata(keywords=keywords, rating=3),
        image_hash=image_hash,
        quality=Quality(60, 0.5, 0.9, 0.1),
        faces=(Face(1, 2, 3, 4, 0.9, ((1.0, 2.0),) * 5, b"\0" * 8),),
        versions={"features": "1"},
        suggestions=(_rated("golden_gate"), _rated("sea", 0.4), _rated("year_2025", 1.0, fact=True)),
    )
    return replace(record, **more)


@pytest.fixture
def paths(home: Path) -> Paths:
    paths = load_paths()
    paths.create()
    return paths


@pytest.fixture
def store(paths: Paths) -> PhotoStore:
    return PhotoStore(open_catalog(paths))


@pytest.fixture
def library(paths: Paths, store: PhotoStore) -> Iterator[Library]:
    store.save([_photo("a/1.jpg"), _photo("a/2.jpg", keywords=("Golden Gate",)), _photo("b/c/3.jpg")])
    library = Library(paths)
    yield library
    library.close()


def path(name: str) -> str:
    return os.path.join(ROOT, *name.split("/"))


def states(library: Library, name: str) -> dict[str, State]:
    detail = library.detail(path(name))
    assert detail is not None
    return {s.tag: s.state for s in detail.suggestions}


def test_a_record_comes_back_as_it_was_saved(store: PhotoStore) -> None:
    record = _photo("x.jpg", keywords=("b", "a"), notes=("n",))
    store.save([record])
    assert store.load(record.path) == replace(record, suggestions=())


def test_twins_have_the_image_data_and_the_photo_itself_comes_first(store: PhotoStore) -> None:
    made = {"image_hash": "ab" * 32, "versions": {"features": "1"}}
    copies = [_photo(f"{n}.jpg", **made) for n in (1, 2, 3)]
    broken = _photo("4.jpg", **{**made, "error": "it is damaged"})
    store.save([*copies, broken, _photo("5.jpg", **{**made, "image_hash": "cd" * 32})])
    first, second = store.twins("ab" * 32, path("3.jpg"))
    assert first.path == path("3.jpg")
    assert second.path in (path("1.jpg"), path("2.jpg"))
    assert store.twins("ef" * 32, path("3.jpg")) == ()


def test_folders_count_what_lies_below_them(library: Library) -> None:
    folders = {f.path: f for f in library.folders(ROOT)}
    assert [f.depth for f in library.folders(ROOT)] == [0, 1, 1, 2]
    assert (folders[ROOT].photos, folders[path("a")].photos, folders[path("b")].photos) == (3, 2, 1)
    assert folders[path("b/c")].todo == 1


def test_pages_and_positions_agree(library: Library) -> None:
    rows = library.page(ROOT, 0, 10)
    assert [library.position(ROOT, r.path) for r in rows] == [0, 1, 2]
    assert library.page(ROOT, 1, 1) == rows[1:2]
    assert library.position(path("a"), path("b/c/3.jpg")) is None
    assert (rows[0].faces, rows[0].tags, rows[0].rating) == (1, 2, 3)


def test_a_keyword_in_the_file_is_not_asked_again(library: Library) -> None:
    assert states(library, "a/2.jpg")["golden_gate"] is State.IN_FILE
    assert library.detail(path("a/2.jpg")).ticked == frozenset()
    assert library.detail(path("a/1.jpg")).ticked == {"golden_gate"}


def test_enter_accepts_what_is_ticked_and_passes_the_rest(library: Library) -> None:
    library.accept_as_shown(path("a/1.jpg"), {"golden_gate"})
    assert states(library, "a/1.jpg") == {
        "golden_gate": State.ACCEPTED,
        "sea": State.PASSED,
        "year_2025": State.UNDECIDED,
    }
    detail = library.detail(path("a/1.jpg"))
    assert detail.progress is Progress.DONE and detail.to_write == ("golden gate",)
    assert library.pending(ROOT) == (path("a/1.jpg"),)
    counts = library.counts(ROOT)
    assert (counts.photos, counts.todo, counts.done, counts.to_write) == (3, 2, 1, 1)
    assert library.next_todo(ROOT, -1) == 1 and library.next_todo(ROOT, 1) == 2
    assert library.next_todo(ROOT, 2) is None


def test_one_act_is_undone_and_redone_as_one(library: Library) -> None:
    library.accept_as_shown(path("a/1.jpg"), {"golden_gate"})
    assert "1.jpg" in (library.undo() or "")
    assert set(states(library, "a/1.jpg").values()) == {State.UNDECIDED}
    assert library.detail(path("a/1.jpg")).progress is Progress.TODO
    library.redo()
    assert states(library, "a/1.jpg")["golden_gate"] is State.ACCEPTED
    assert library.redo() is None


def test_the_older_decision_stands_again_when_the_newer_is_taken_back(library: Library) -> None:
    library.decide(path("a/1.jpg"), "sea", State.REJECTED)
    library.decide(path("a/1.jpg"), "sea", State.ACCEPTED)
    library.undo()
    assert states(library, "a/1.jpg")["sea"] is State.REJECTED


def test_decisions_outlive_the_catalog(paths: Paths, library: Library, store: PhotoStore) -> None:
    library.decide(path("a/1.jpg"), "sea", State.REJECTED)
    library.close()
    store.forget([path("a/1.jpg")])
    store.save([_photo("a/1.jpg")])
    again = Library(paths)
    assert states(again, "a/1.jpg")["sea"] is State.REJECTED


def test_a_rejection_holds_for_copies_of_the_picture(library: Library) -> None:
    library.decide(path("a/1.jpg"), "sea", State.REJECTED)
    assert states(library, "b/c/3.jpg")["sea"] is State.REJECTED


def test_a_never_rule_stops_a_tag_everywhere_until_taken_back(library: Library) -> None:
    library.never("sea")
    assert states(library, "b/c/3.jpg")["sea"] is State.REJECTED
    library.undo()
    assert states(library, "b/c/3.jpg")["sea"] is State.UNDECIDED


def test_a_typed_tag_is_accepted_and_joins_a_suggestion_of_that_name(library: Library) -> None:
    library.add_tag(path("a/1.jpg"), "  Grand   Canyon ")
    library.add_tag(path("a/1.jpg"), "SEA")
    assert states(library, "a/1.jpg")["sea"] is State.ACCEPTED
    assert library.detail(path("a/1.jpg")).to_write == ("Grand Canyon", "sea")
    with pytest.raises(UsageError):
        library.add_tag(path("a/1.jpg"), " \t")


def test_a_tag_the_photo_does_not_have_is_an_error(library: Library) -> None:
    with pytest.raises(UsageError, match="no tag"):
        library.decide(path("a/1.jpg"), "zebra", State.ACCEPTED)
    with pytest.raises(UsageError, match="scan"):
        library.decide(path("zzz.jpg"), "sea", State.ACCEPTED)


def test_names_of_people_are_never_ticked(store: PhotoStore, paths: Paths) -> None:
    store.save([_photo("n.jpg", suggestions=(_rated("ann", 0.99, category=Category.PEOPLE),))])
    assert Library(paths).detail(path("n.jpg")).ticked == frozenset()


def test_decisions_follow_a_move(library: Library) -> None:
    library.accept_as_shown(path("a/1.jpg"), {"golden_gate"})
    library.decisions.move([(path("a/1.jpg"), path("b/c/3.jpg"))])
    assert states(library, "b/c/3.jpg")["golden_gate"] is State.ACCEPTED
    assert library.detail(path("b/c/3.jpg")).progress is Progress.DONE
    assert states(library, "a/1.jpg")["golden_gate"] is State.UNDECIDED


@given(st.text(max_size=40).map(lambda t: os.fsdecode(t.encode("utf-8", "surrogatepass"))))
def test_any_path_comes_back(text: str) -> None:
    assert from_db(to_db(text)) == text


def test_a_folder_is_not_its_neighbour() -> None:
    start, end = below(path("a"))
    assert start <= to_db(path("a/x")) < end
    assert not start <= to_db(path("ab/x")) < end
    assert not start <= to_db(path("a")) < end


def test_tag_ids() -> None:
    assert tag_id("Grand Canyon, AZ") == "grand_canyon_az"
    assert tag_id("日本") == "日本"
    assert tag_id("!!!").startswith("tag_")
