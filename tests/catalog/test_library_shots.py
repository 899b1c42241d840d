"""One row a shot: what is listed and counted, and decisions that count for every member."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from nivo_tui.catalog.grouping import ShotRows
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import FileStat, PhotoRecord, Rated
from nivo_tui.catalog.views import Progress
from nivo_tui.model import Capture, Category, FileMetadata, Format, State, Suggestion
from nivo_tui.settings import load_paths

ROOT = os.path.join(os.path.abspath(os.sep), "photos")
FOLDER = os.path.join(ROOT, "a")
BESIDE = ("IMG_0003.MOV", "IMG_0003.AAE")
NAMES = ("DSC_1.JPG", "DSC_1.NEF", "IMG_0003.HEIC", "IMG_E0003.JPG", "z.jpg")


def path(name: str) -> str:
    return os.path.join(FOLDER, name)


def record(name: str, *tags: str, **more: object) -> PhotoRecord:
    made = PhotoRecord(
        path=path(name),
        stat=FileStat(10, 20, 30),
        format=Format.JPEG,
        image_hash=f"{hash(name) % 2**32:08x}",
        metadata=FileMetadata(capture=Capture(datetime(2025, 8, 14, 12))),
        versions={"features": "1"},
        suggestions=tuple(
            Rated(Suggestion(tag, tag, Category.SCENE, 0.8, "test", "because"), ticked=True)
            for tag in tags or ("beach", "sea")
        ),
    )
    return replace(made, **more)


@pytest.fixture
def store(home: object) -> Iterator[PhotoStore]:
    paths = load_paths()
    paths.create()
    connection = open_catalog(paths)
    yield PhotoStore(connection)
    connection.close()


@pytest.fixture
def library(store: PhotoStore) -> Iterator[Library]:
    store.save([record(name) for name in NAMES])
    ShotRows(store).group(FOLDER, BESIDE)
    library = Library(load_paths())
    yield library
    library.close()


def state(library: Library, name: str, tag: str) -> State:
    detail = library.detail(path(name))
    assert detail is not None
    return next(s.state for s in detail.suggestions if s.tag == tag)


def test_a_shot_is_one_row_with_its_companions(library: Library) -> None:
    rows = library.page(ROOT, 0, 10)
    assert [(row.name, row.companions) for row in rows] == [
        ("DSC_1.NEF", ("jpg",)),
        ("IMG_0003.HEIC", ("mov", "edit", "aae")),
        ("z.jpg", ()),
    ]
    assert library.count(ROOT) == 3
    counts = library.counts(ROOT)
    assert (counts.photos, counts.todo) == (3, 3)
    assert [f.photos for f in library.folders(ROOT)] == [3, 3]


def test_every_file_is_among_the_paths(library: Library) -> None:
    assert library.paths(ROOT) == tuple(path(name) for name in NAMES)


def test_a_member_is_found_in_the_row_of_its_shot(library: Library) -> None:
    assert [library.position(ROOT, path(name)) for name in NAMES] == [0, 0, 1, 1, 2]
    assert library.position(os.path.join(ROOT, "b"), path("DSC_1.JPG")) is None


def test_going_through_the_photos_to_do_passes_members_over(library: Library) -> None:
    assert [library.next_todo(ROOT, row) for row in (-1, 0, 1, 2)] == [0, 1, 2, None]
    library.accept_as_shown(path("IMG_0003.HEIC"), {"sea"})
    assert library.next_todo(ROOT, 0) == 2


def test_what_is_decided_on_the_lead_counts_for_every_member(library: Library) -> None:
    library.decide(path("DSC_1.NEF"), "sea", State.REJECTED)
    library.accept_as_shown(path("DSC_1.NEF"), {"beach"})
    for name in ("DSC_1.NEF", "DSC_1.JPG"):
        assert state(library, name, "sea") is State.REJECTED
        assert state(library, name, "beach") is State.ACCEPTED
        assert library.detail(path(name)).progress is Progress.DONE
    assert library.pending(ROOT) == (path("DSC_1.JPG"), path("DSC_1.NEF"))
    assert library.counts(ROOT).to_write == 2
    assert library.counts(ROOT).done == 1


def test_one_undo_takes_it_back_for_all_of_them(library: Library) -> None:
    library.accept_as_shown(path("DSC_1.NEF"), {"beach"})
    library.undo()
    for name in ("DSC_1.NEF", "DSC_1.JPG"):
        assert state(library, name, "beach") is State.UNDECIDED
        assert library.detail(path(name)).progress is Progress.TODO
    library.redo()
    assert state(library, "DSC_1.JPG", "beach") is State.ACCEPTED
    library.decide(path("DSC_1.NEF"), "beach", State.UNDECIDED)
    assert state(library, "DSC_1.JPG", "beach") is State.UNDECIDED


def test_a_typed_tag_goes_to_every_member_and_a_member_that_is_open_decides_for_all(library: Library) -> None:
    library.add_tag(path("IMG_0003.HEIC"), "Ericeira")
    assert state(library, "IMG_E0003.JPG", "ericeira") is State.ACCEPTED
    library.decide(path("IMG_E0003.JPG"), "sea", State.ACCEPTED)
    assert state(library, "IMG_0003.HEIC", "sea") is State.ACCEPTED


def test_passing_leaves_what_was_decided_on_a_member_by_itself(library: Library) -> None:
    from nivo_tui.catalog.decisions import Choice

    library.decisions.record(
        "by command", [Choice(path("DSC_1.JPG"), "sea", "sea", State.ACCEPTED)], by="command"
    )
    library.accept_as_shown(path("DSC_1.NEF"), {"beach"})
    assert state(library, "DSC_1.NEF", "sea") is State.PASSED
    assert state(library, "DSC_1.JPG", "sea") is State.ACCEPTED


def test_what_only_a_member_suggests_is_passed_with_the_shot(library: Library, store: PhotoStore) -> None:
    store.save([record("DSC_1.JPG", "beach", "umbrella")])
    library.accept_as_shown(path("DSC_1.NEF"), {"beach"})
    assert state(library, "DSC_1.JPG", "umbrella") is State.PASSED
    assert state(library, "DSC_1.JPG", "beach") is State.ACCEPTED


def test_a_member_that_failed_marks_the_row(library: Library, store: PhotoStore) -> None:
    store.save([record("DSC_1.JPG", error="truncated")])
    ShotRows(store).group(FOLDER, BESIDE)
    first = library.page(ROOT, 0, 1)[0]
    assert (first.name, first.error, first.member_error) == ("DSC_1.NEF", None, "truncated")


def test_a_lead_that_goes_away_hides_nobody(library: Library, store: PhotoStore) -> None:
    store.forget([path("DSC_1.NEF")])
    assert [row.name for row in library.page(ROOT, 0, 9)] == ["DSC_1.JPG", "IMG_0003.HEIC", "z.jpg"]


def test_grouping_again_changes_nothing_and_follows_what_changed(library: Library, store: PhotoStore) -> None:
    rows = ShotRows(store)
    assert rows.group(FOLDER, BESIDE) == 0
    assert rows.group(FOLDER, ()) == 1
    assert [row.companions for row in library.page(ROOT, 0, 9)] == [("jpg",), ("edit",), ()]
    store.forget([path("DSC_1.JPG")])
    assert rows.group(FOLDER, ()) == 1
    assert (
        json.loads(
            store.connection.execute(
                "SELECT companions FROM photos WHERE path = ?", (os.fsencode(path("DSC_1.NEF")),)
            ).fetchone()[0]
        )
        == []
    )


@pytest.mark.parametrize("ask", ["count", "position", "next_todo", "page"])
def test_the_list_is_read_by_the_index_of_leads(library: Library, ask: str) -> None:
    asked: list[str] = []
    library.connection.set_trace_callback(asked.append)
    {
        "count": lambda: library.count(ROOT),
        "position": lambda: library.position(ROOT, path("z.jpg")),
        "next_todo": lambda: library.next_todo(ROOT, 0),
        "page": lambda: library.page(ROOT, 0, 5),
    }[ask]()
    library.connection.set_trace_callback(None)
    for statement in (s for s in asked if "lead IS NULL" in s):
        plan = " ".join(r["detail"] for r in library.connection.execute(f"EXPLAIN QUERY PLAN {statement}"))
        for small in ("SCAN uninformative", "SCAN r "):
            plan = plan.replace(small, "")
        assert "photos_listed" in plan and "SCAN" not in plan
