"""A scan makes files into shots, and keeps them so as files come and go."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from running import nivo, picture

from nivo_tui.catalog.library import Library
from nivo_tui.engine.listing import list_photos, names_beside
from nivo_tui.settings import load_paths


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A RAW (by name; its content is a JPEG) with its JPEG, a Live Photo with its edit, and a photo alone."""
    root = tmp_path / "photos"
    picture(root / "DSC_1.JPG", seed=1)
    shutil.copy(picture(root / "day" / "z.jpg", seed=2), root / "DSC_1.NEF")
    picture(root / "IMG_0001.JPG", seed=3)
    picture(root / "IMG_E0001.JPG", seed=4)
    (root / "IMG_0001.MOV").write_bytes(b"film")
    (root / "IMG_0001.AAE").write_bytes(b"<plist/>")
    return root


def scan(*paths: Path) -> dict[str, object]:
    ran = nivo("--json", "scan", *paths, "--models", "none")
    assert ran.status in (0, 1), ran.err
    return ran.summary


@pytest.fixture
def library(root: Path) -> Iterator[Library]:
    scan(root)
    with closing(Library(load_paths())) as library:
        yield library


def rows(library: Library, root: Path) -> list[str]:
    return [" +".join((row.name, *row.companions)) for row in library.page(str(root), 0, 99)]


WHOLE = ["DSC_1.NEF +jpg", "IMG_0001.JPG +mov +edit +aae", "z.jpg"]


def test_the_listing_names_what_lies_beside_photos_and_counts_as_before(root: Path) -> None:
    listing = list_photos([str(root)])
    assert listing.beside == {str(root): ("IMG_0001.AAE", "IMG_0001.MOV"), str(root / "day"): ()}
    assert listing.skipped == {"mov": 1}
    assert names_beside(str(root)) == listing.beside[str(root)]
    assert names_beside(str(root / "gone")) == ()


def test_a_scan_makes_files_into_shots(library: Library, root: Path) -> None:
    assert rows(library, root) == WHOLE
    assert len(library.paths(str(root))) == 5


def test_a_second_scan_changes_nothing(library: Library, root: Path) -> None:
    assert scan(root)["unchanged"] == 5
    assert rows(library, root) == WHOLE


def test_a_lead_that_goes_away_leaves_its_member_and_comes_back(library: Library, root: Path) -> None:
    raw = (root / "DSC_1.NEF").read_bytes()
    (root / "DSC_1.NEF").unlink()
    scan(root)
    assert rows(library, root) == ["DSC_1.JPG", *WHOLE[1:]]
    (root / "DSC_1.NEF").write_bytes(raw)
    scan(root / "DSC_1.NEF")
    assert rows(library, root) == WHOLE


def test_a_shot_that_is_moved_stays_one(library: Library, root: Path) -> None:
    for name in ("DSC_1.NEF", "DSC_1.JPG"):
        (root / name).rename(root / "day" / name)
    scan(root)
    assert rows(library, root) == [WHOLE[1], WHOLE[0], WHOLE[2]]


def test_a_film_that_comes_or_goes_alone_is_noticed(library: Library, root: Path) -> None:
    (root / "IMG_0001.MOV").unlink()
    (root / "day" / "z.mov").write_bytes(b"film")
    assert scan(root)["unchanged"] == 5
    assert rows(library, root) == [WHOLE[0], "IMG_0001.JPG +edit +aae", "z.jpg +mov"]


def test_a_raw_that_cannot_be_read_does_not_hide_its_jpeg(library: Library, root: Path) -> None:
    (root / "DSC_1.NEF").write_bytes(b"this is no picture")
    scan(root)
    assert rows(library, root)[0] == "DSC_1.JPG +nef"
    assert library.page(str(root), 0, 1)[0].member_error


def test_a_catalog_of_before_is_made_into_shots_by_the_next_scan(library: Library, root: Path) -> None:
    elsewhere = picture(root.parent / "other" / "a.jpg", seed=9)
    scan(elsewhere.parent)
    with closing(sqlite3.connect(load_paths().catalog)) as catalog:
        catalog.execute("UPDATE photos SET lead = NULL, companions = '[]'")
        catalog.execute("PRAGMA application_id = 0")
        catalog.commit()
    assert len(rows(library, root)) == 5
    # A scan of another folder finds it too: the mark is the whole catalog's.
    assert scan(elsewhere.parent)["unchanged"] == 1
    assert rows(library, root) == WHOLE
    with closing(sqlite3.connect(load_paths().catalog)) as catalog:
        catalog.execute("UPDATE photos SET lead = NULL, companions = '[]'")
        catalog.commit()
    scan(elsewhere.parent)
    assert len(rows(library, root)) == 5, "what is marked is not looked at again"


def test_what_was_accepted_is_written_to_each_member_and_shown_for_it(library: Library, root: Path) -> None:
    library.add_tag(str(root / "DSC_1.NEF"), "Ericeira")
    ran = nivo("--json", "write", root, "--execute")
    written = {
        os.path.basename(r["target"]): r["added"] for r in ran.of("receipt") if r["status"] == "written"
    }
    assert written["DSC_1.JPG"] == ["Ericeira"] and len(written) == 2
    for name in ("DSC_1.NEF", "DSC_1.JPG"):
        (photo,) = nivo("--json", "show", root / name).of("photo")
        assert {t["tag"]: t["state"] for t in photo["tags"]}["ericeira"] == "written"
    undone = nivo("--json", "undo", "--execute")
    assert undone.summary["undone"] == 2
