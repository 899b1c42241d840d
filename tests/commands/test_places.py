"""Places from outside: tags of the place at a scan, near: by name, fields in the file, private places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import piexif
import pytest
from running import nivo, picture

ERICEIRA = {1: b"N", 2: ((38, 1), (57, 1), (4788, 100)), 3: b"W", 4: ((9, 1), (25, 1), (408, 100))}
NOWHERE = {1: b"N", 2: ((0, 1), (0, 1), (0, 1)), 3: b"E", 4: ((0, 1), (0, 1), (0, 1))}
BROKEN = {1: b"N", 2: ((95, 1), (0, 0), (0, 1)), 3: b"E", 4: ((999, 1), (0, 1), (0, 1))}


@pytest.fixture
def library(tmp_path: Path, home: Path) -> Path:
    folder = tmp_path / "photos"
    for seed, (name, gps) in enumerate((("sea.jpg", ERICEIRA), ("zero.jpg", NOWHERE), ("bad.jpg", BROKEN))):
        photo = picture(folder / name, seed=seed, size=(320, 240))
        piexif.insert(piexif.dump({"GPS": gps}), str(photo))
    assert nivo("scan", folder, "--models", "none").status == 0
    return folder


def places(photo: Path) -> dict[str, dict[str, Any]]:
    (line,) = nivo("show", photo, "--json").of("photo")
    return {tag["tag"]: tag for tag in line["tags"] if tag["category"] == "location"}


def test_a_scan_says_where_a_photo_was_taken_and_why(library: Path) -> None:
    tags = places(library / "sea.jpg")
    assert tags.keys() == {"place_ericeira", "region_lisbon", "country_portugal"}
    assert (
        tags["place_ericeira"]["label"] == "Ericeira" and "km from Ericeira" in tags["place_ericeira"]["why"]
    )
    assert places(library / "zero.jpg") == {} and places(library / "bad.jpg") == {}


def test_what_was_accepted_goes_into_the_fields_of_the_place(library: Path) -> None:
    photo = library / "sea.jpg"
    accepted = "place_ericeira,region_lisbon,country_portugal"
    assert nivo("decide", photo, "--accept", accepted).status == 0
    (receipt,) = nivo("write", photo, "--execute", "--json").of("receipt")
    assert receipt["status"] == "written", receipt
    data = photo.read_bytes()
    for words in (
        b"photoshop:City",
        b"photoshop:State",
        b"photoshop:Country",
        b"Places|Portugal|Lisbon|Ericeira",
    ):
        assert words in data
    assert b"PT" in data and nivo("write", photo, "--json").of("receipt")[0]["status"] == "unchanged"


def test_a_place_is_found_by_name_and_the_answer_says_which(library: Path) -> None:
    found = nivo("search", "near:Ericeira,5km", "--json")
    assert [Path(line["path"]).name for line in found.of("photo")] == ["sea.jpg"]
    assert "near Ericeira, Lisbon, Portugal" in found.err


def test_a_private_place_takes_its_tags_away_and_is_never_named(library: Path, home: Path) -> None:
    (home / "config.toml").write_text(
        '[[places.private]]\nname = "grandmother"\nlat = 38.9633\nlon = -9.4178\nradius_m = 500\n'
    )
    ran = nivo("scan", library, "--models", "none")
    assert ran.status == 0 and places(library / "sea.jpg") == {}
    shown = nivo("show", library / "sea.jpg", "--json")
    assert "grandmother" not in shown.out + shown.err + ran.out + ran.err
    (home / "config.toml").write_text("")
    assert nivo("scan", library, "--models", "none").status == 0
    assert "place_ericeira" in places(library / "sea.jpg")


def test_a_wrong_private_place_is_wrong_usage(library: Path, home: Path) -> None:
    (home / "config.toml").write_text("[[places.private]]\nlat = 100\nlon = 1\nradius_m = 5\n")
    ran = nivo("scan", library, "--models", "none")
    assert ran.status == 2 and "lat is a number from -90 to 90" in ran.err


def test_nothing_of_a_private_place_is_written_from_the_moment_it_is_in_the_settings(
    library: Path, home: Path
) -> None:
    photo = library / "sea.jpg"
    assert nivo("decide", photo, "--accept", "place_ericeira,country_portugal").status == 0
    (home / "config.toml").write_text("[[places.private]]\nlat = 38.9633\nlon = -9.4178\nradius_m = 500\n")
    for scanned in (False, True):
        if scanned:
            assert nivo("scan", library, "--models", "none").status == 0
        (receipt,) = nivo("write", photo, "--json").of("receipt")
        assert receipt["status"] == "unchanged" and "private place" in receipt["reason"]
        ran = nivo("write", library, "--categories", "all", "--describe", "--execute", "--json")
        assert ran.status == 0 and "ericeira" not in ran.out.casefold()
        assert b"Ericeira" not in photo.read_bytes() and b"Portugal" not in photo.read_bytes()
        assert nivo("undo", "--execute").status == 0
    (home / "config.toml").write_text("")
    (receipt,) = nivo("write", photo, "--json").of("receipt")
    assert receipt["status"] == "planned" and "Ericeira" in receipt["added"]
