"""Catalogs of other programs near a library: found where they lie, and told open from closed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nivo_tui.engine.surroundings import Surroundings, look_around
from nivo_tui.metadata.developed import developed_by


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "home" / "Pictures").mkdir(parents=True)
    (tmp_path / "photos" / "2025" / "August").mkdir(parents=True)
    return tmp_path


def around(here: Path, **environment: str) -> Surroundings:
    return look_around(str(here / "photos" / "2025" / "August"), here / "home", environment)


def touch(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "place",
    ["photos/2025/August", "photos", "home/Pictures", "home/Pictures/Lightroom", "photos/Lightroom 5"],
)
@pytest.mark.parametrize("mark", [".lock", "-wal"])
def test_an_open_lightroom_catalog_is_found_near_by(here: Path, place: str, mark: str) -> None:
    catalog = touch(here / place / "Trip v13.lrcat")
    assert around(here) == Surroundings((), (), (str(catalog),))
    touch(here / place / f"Trip v13.lrcat{mark}")
    assert around(here) == Surroundings((str(catalog),), (), ())


def test_files_that_are_no_catalog_are_none(here: Path) -> None:
    touch(here / "photos" / "Trip.lrcat-data")
    touch(here / "photos" / "Trip.lrcat.lock")
    (here / "photos" / "folder.lrcat").mkdir()
    assert around(here) == Surroundings()


def test_a_running_darktable_holds_its_database(here: Path) -> None:
    lock = touch(here / "home" / ".config" / "darktable" / "library.db.lock", f"{os.getpid()}")
    touch(lock.with_name("data.db.lock"), f"{os.getpid()}")
    assert around(here).darktable == (str(lock.with_name("library.db")),)


def test_the_lock_of_a_darktable_that_is_gone_says_nothing(here: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for text in (str(gone.pid), "", "no number", "-1", "0", "9" * 30):
        touch(here / "home" / ".config" / "darktable" / "library.db.lock", text)
        assert around(here).darktable == (), text


def test_darktable_is_looked_for_where_its_settings_lie(here: Path) -> None:
    own = touch(here / "config" / "darktable" / "library-work.db.lock", str(os.getpid()))
    box = touch(here / "home/.var/app/org.darktable.Darktable/config/darktable/library.db.lock", "2")
    found = around(here, XDG_CONFIG_HOME=str(here / "config")).darktable
    assert found == (str(own.with_name("library-work.db")), str(box.with_name("library.db")))


def test_what_cannot_be_read_is_passed_over(here: Path) -> None:
    assert look_around(str(here / "gone" / "away"), here / "nobody", {}) == Surroundings()
    assert look_around("/\0", here / "nobody", {}) == Surroundings()


RDF = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"'
    ' xmlns:darktable="http://darktable.sf.net/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"'
    ' xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" {attributes}>{content}</rdf:Description>'
    "</rdf:RDF></x:xmpmeta>"
)
HISTORY = '<xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved" {agent}/></rdf:Seq></xmpMM:History>'
NESTED = (
    '<xmpMM:History><rdf:Seq><rdf:li rdf:parseType="Resource"><stEvt:softwareAgent>Adobe Camera Raw '
    "12.0</stEvt:softwareAgent></rdf:li></rdf:Seq></xmpMM:History>"
)


@pytest.mark.parametrize(
    ("attributes", "content", "found"),
    [
        ("", "", set()),
        ('crs:HasSettings="True"', "", {"lightroom"}),
        ("", "<crs:ToneCurve><rdf:Seq><rdf:li>0, 0</rdf:li></rdf:Seq></crs:ToneCurve>", {"lightroom"}),
        ("", HISTORY.format(agent='stEvt:softwareAgent="Adobe Photoshop Lightroom 13.0"'), {"lightroom"}),
        ("", HISTORY.format(agent='stEvt:softwareAgent="GIMP"'), set()),
        ("", NESTED, {"lightroom"}),
        ('darktable:xmp_version="5"', "", {"darktable"}),
        ('darktable:xmp_version="5" crs:Version="1"', "", {"darktable", "lightroom"}),
    ],
)
def test_settings_of_other_programs_are_seen(attributes: str, content: str, found: set[str]) -> None:
    assert developed_by(RDF.format(attributes=attributes, content=content).encode()) == found


def test_a_damaged_packet_says_nothing() -> None:
    for packet in (b"", b"\xff\xfe", b"<x:xmpmeta", b"<a/>"):
        assert developed_by(packet) == frozenset()
