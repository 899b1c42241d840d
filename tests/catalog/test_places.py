"""Where one was, and what is new since then."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_home import ROOT, make_home, record

from nivo_tui.catalog import places
from nivo_tui.catalog.decisions import open_decisions
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.paths import to_db
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.settings import Paths, load_paths


@pytest.fixture
def paths(home: Path) -> Paths:
    paths = load_paths()
    make_home(paths, 12)
    return paths


@pytest.fixture
def library(paths: Paths) -> Iterator[Library]:
    library = Library(paths)
    yield library
    library.close()


def added(paths: Paths, at: float, *names: str) -> None:
    """Let some photos have come into the library at a time."""
    connection = open_catalog(paths)
    connection.execute("UPDATE photos SET added_at = 1 WHERE added_at <> 1")
    for path in names:
        connection.execute("UPDATE photos SET added_at = ? WHERE path = ?", (at, to_db(path)))
    connection.close()


def test_a_first_visit_has_no_place(library: Library) -> None:
    assert places.where(library, ROOT) is None
    assert places.last_visit(library, ROOT) is None


def test_the_newest_place_of_each_root_is_kept(library: Library, paths: Paths) -> None:
    folder = os.path.join(ROOT, "Scans")
    photo = os.path.join(folder, "IMG_00003.JPG")
    places.remember(library, ROOT, ROOT, None, now=100.0)
    places.remember(library, ROOT, folder, photo, now=200.0)
    places.remember(library, folder, folder, None, now=50.0)
    connection = open_decisions(paths)
    assert places.where(connection, ROOT) == places.Place(folder, photo, 200.0)
    assert places.last_visit(connection, folder) == 50.0
    connection.close()


def test_names_that_are_no_text_are_kept(library: Library) -> None:
    folder = os.path.join(ROOT, "\udcff")
    places.remember(library, ROOT, folder, os.path.join(folder, "a\udcfe.jpg"), now=1.0)
    found = places.where(library, ROOT)
    assert found is not None and found.path == os.path.join(folder, "a\udcfe.jpg")


def test_a_folder_outside_gives_way_to_the_root(library: Library) -> None:
    places.remember(library, ROOT, ROOT + "2", None, now=1.0)
    found = places.where(library, ROOT)
    assert found is not None and found.folder == ROOT


def test_new_is_what_came_later_and_is_not_done(library: Library, paths: Paths) -> None:
    known = library.paths(ROOT)
    added(paths, 300.0, known[4], known[2], known[7])
    assert places.first_new(library, ROOT, 200.0) == known[2]
    assert places.count_new(library, ROOT, 200.0) == 3
    library.accept_as_shown(known[2], ())
    assert places.first_new(library, ROOT, 200.0) == known[4]
    assert places.count_new(library, ROOT, 200.0) == 2
    library.undo()
    assert places.count_new(library, ROOT, 200.0) == 3
    assert places.first_new(library, ROOT, 300.0) is None


def test_only_the_lead_of_a_shot_is_new(library: Library, paths: Paths) -> None:
    known = library.paths(ROOT)
    added(paths, 300.0, known[0], known[1])
    connection = open_catalog(paths)
    connection.execute("UPDATE photos SET lead = ? WHERE path = ?", (to_db(known[0]), to_db(known[1])))
    connection.close()
    assert places.count_new(library, ROOT, 200.0) == 1


def test_a_photo_saved_again_is_not_new_again(library: Library, paths: Paths) -> None:
    added(paths, 1.0)
    store = PhotoStore(open_catalog(paths))
    store.save([record(3)])
    assert places.count_new(library, ROOT, 200.0) == 0
