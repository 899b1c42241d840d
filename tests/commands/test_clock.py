"""clock from outside: corrections set, listed and removed; dates from names, and absurd ones."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import piexif
import pytest
from running import nivo, picture

from nivo_tui.catalog.library import Library
from nivo_tui.platform.locks import FileLock
from nivo_tui.settings import load_paths

CANON = "Canon EOS 5D"


def photo(path: Path, at: str | None = None, *, seed: int = 0, gps: dict | None = None, **more: str) -> Path:
    """A JPEG with an Exif time, as a camera writes it; `more` are fields such as Make and Model."""
    picture(path, seed=seed, size=(320, 240))
    main = {getattr(piexif.ImageIFD, k): v for k, v in more.items() if k in ("Make", "Model", "Software")}
    exif = {} if at is None else {piexif.ExifIFD.DateTimeOriginal: at}
    exif |= {getattr(piexif.ExifIFD, k): v for k, v in more.items() if k.startswith("Offset")}
    piexif.insert(piexif.dump({"0th": main, "Exif": exif, "GPS": gps or {}}), str(path))
    return path


def canon(path: Path, at: str, seed: int = 0, **more: str) -> Path:
    return photo(path, at, seed=seed, Make="Canon", Model=CANON, **more)


def taken(path: Path) -> str | None:
    (line,) = nivo("show", path, "--json").of("photo")
    return line["taken_at"]


def tags(path: Path) -> dict[str, dict]:
    (line,) = nivo("show", path, "--json").of("photo")
    return {tag["tag"]: tag for tag in line["tags"] if tag["category"] == "temporal"}


@pytest.fixture
def library(tmp_path: Path, home: Path) -> Path:
    folder = tmp_path / "photos"
    canon(folder / "a.jpg", "2025:08:14 14:02:33", 1)
    canon(folder / "b.jpg", "2025:08:20 23:30:00", 2)
    photo(folder / "c.jpg", "2025:08:14 14:02:33", seed=3, Make="NIKON CORPORATION", Model="NIKON D90")
    assert nivo("scan", folder, "--models", "none").status == 0
    return folder


def test_a_correction_is_set_listed_and_removed(library: Path, home: Path) -> None:
    before = {name: (library / name).read_bytes() for name in ("a.jpg", "b.jpg", "c.jpg")}
    ran = nivo("clock", "set", "--camera", CANON, "--to", "2025-08-14", "--shift", "+1h30m", "--json")
    assert ran.status == 0, ran.err
    (line,) = ran.of("clock")
    assert (line["camera"], line["seconds"], line["kind"], line["photos"]) == (CANON, 5400.0, "offset", 1)
    assert taken(library / "a.jpg") == "2025-08-14T15:32:33"
    assert (
        taken(library / "b.jpg") == "2025-08-20T23:30:00"
        and taken(library / "c.jpg") == "2025-08-14T14:02:33"
    )
    assert "2025-08-14 15:32 (corrected by +1:30: clock 1)" in nivo("show", library / "a.jpg").out
    assert all("corrected by +1:30: clock 1" in tag["why"] for tag in tags(library / "a.jpg").values())
    listed = nivo("clock", "list", "--json")
    assert listed.of("clock")[0]["id"] == line["id"] and listed.summary["clocks"] == 1
    # The newest that fits counts alone, and search follows.
    assert nivo("clock", "set", "--shift", "-2d").status == 0
    assert (
        taken(library / "a.jpg") == "2025-08-12T14:02:33"
        and taken(library / "b.jpg") == "2025-08-18T23:30:00"
    )
    found = nivo("search", "taken:2025-08-12", "--json").of("photo")
    assert {Path(one["path"]).name for one in found} == {"a.jpg", "c.jpg"}
    assert nivo("clock", "remove", "2").status == 0
    assert (
        taken(library / "a.jpg") == "2025-08-14T15:32:33"
        and taken(library / "c.jpg") == "2025-08-14T14:02:33"
    )
    # What a person said is not lost with the catalog.
    for name in os.listdir(home):
        if name.startswith("catalog.db"):
            (home / name).unlink()
    assert nivo("scan", library, "--models", "none").status == 0
    assert taken(library / "a.jpg") == "2025-08-14T15:32:33"
    removed = nivo("clock", "remove", line["id"], "--json")
    assert removed.status == 0 and removed.of("clock")[0]["removed"] is True
    assert taken(library / "a.jpg") == "2025-08-14T14:02:33"
    assert "corrected" not in nivo("show", library / "a.jpg").out
    assert {name: (library / name).read_bytes() for name in before} == before, "no file is changed"


def test_a_zone_and_a_known_time(library: Path) -> None:
    ran = nivo("clock", "set", "--camera", CANON, "--zone", "+1", "+9")
    assert ran.status == 0 and "UTC+1 to UTC+9" in ran.out
    assert taken(library / "b.jpg") == "2025-08-21T07:30:00+09:00"
    assert "morning" in tags(library / "b.jpg")
    ran = nivo("clock", "set", "--photo", library / "a.jpg", "--time", "2025-08-14 14:02:03", "--json")
    (line,) = ran.of("clock")
    assert (line["camera"], line["seconds"], line["kind"]) == (CANON, -30.0, "photo")
    assert taken(library / "b.jpg") == "2025-08-20T23:29:30", (
        "what the file states is corrected, not the former"
    )
    west = nivo("clock", "set", "--zone", "-5", "-03:30", "--json").of("clock")[0]
    assert (west["zone"], west["seconds"]) == (-12_600, 5400.0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--shift", "x"), "no shift"),
        (("--shift", "+0.4s"), "no shift"),
        (("--camera", " ", "--shift", "1h"), "leave it out for every camera"),
        ((), "say one of"),
        (("--shift", "1h", "--zone", "+1", "+2"), "say one of"),
        (("--zone", "+1", "+1"), "the same"),
        (("--zone", "Vienna", "+1"), "no zone"),
        (("--shift", "1h", "--from", "yesterday"), "no day"),
        (("--shift", "1h", "--from", "2025-08-15", "--to", "2025-08-14"), "lies after"),
        (("--photo", "none.jpg", "--time", "2025-08-14 10:00"), "not in the library"),
        (("--photo", "a.jpg"), "go together"),
        (("--photo", "a.jpg", "--time", "later"), "no time"),
    ],
)
def test_wrong_words_are_wrong_usage(library: Path, monkeypatch, words: tuple[str, ...], said: str) -> None:
    monkeypatch.chdir(library)
    ran = nivo("clock", "set", *words, "--json")
    assert (ran.status, ran.out) == (2, "") and said in ran.err and ran.err.count("\n") == 1


def test_what_does_not_stand_cannot_be_removed(home: Path) -> None:
    ran = nivo("clock", "remove", "7")
    assert ran.status == 2 and "no clock 7" in ran.err
    assert "no clock is corrected" in nivo("clock", "list").err


def test_a_camera_that_took_none_is_said(library: Path) -> None:
    ran = nivo("clock", "set", "--camera", "Cannon", "--shift", "1h")
    assert ran.status == 0 and "no scanned photo is of Cannon" in ran.err and CANON in ran.err
    assert "0 photos" in ran.out


GPS = {
    piexif.GPSIFD.GPSLatitudeRef: "N",
    piexif.GPSIFD.GPSLatitude: ((48, 1), (12, 1), (0, 1)),
    piexif.GPSIFD.GPSLongitudeRef: "E",
    piexif.GPSIFD.GPSLongitude: ((16, 1), (22, 1), (0, 1)),
}


def test_dates_from_names_zones_and_dates_that_cannot_be(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "photos"
    by_satellites = {
        **GPS,
        piexif.GPSIFD.GPSDateStamp: "2025:08:14",
        piexif.GPSIFD.GPSTimeStamp: ((17, 1), (50, 1), (30, 1)),
    }
    named = picture(folder / "IMG_20250814_140233.jpg", seed=1)
    message = picture(folder / "IMG-20250814-WA0012.jpg", seed=2)
    scan = photo(folder / "scan.jpg", "2012:05:03 10:00:00", seed=3, Make="EPSON", Model="Perfection V600")
    late = photo(folder / "late.jpg", "2099:05:03 10:00:00", seed=4)
    absurd = [
        photo(folder / "zero.jpg", "0000:00:00 00:00:00", seed=5),
        photo(folder / "month.jpg", "2024:13:01 10:00:00", seed=6),
        photo(folder / "IMG_20991301.jpg", "0000:01:01 00:00:00", seed=7),
    ]
    reset = photo(folder / "reset.jpg", "2000:01:01 00:03:00", seed=8, Make="Canon", Model=CANON)
    zoned = photo(folder / "zoned.jpg", "2025:08:14 19:50:00", seed=9, gps=GPS, OffsetTimeOriginal="+02:00")
    broken = photo(folder / "broken.jpg", "2025:08:14 19:50:00", seed=10, gps=GPS, OffsetTimeOriginal="+99")
    by_gps = photo(folder / "gps.jpg", "2025:08:14 19:50:00", seed=11, gps=by_satellites)
    ran = nivo("scan", folder, "--models", "none", "--json")
    assert ran.status == 0 and ran.summary["failed"] == 0

    assert taken(named) == "2025-08-14T14:02:33"
    found = tags(named)
    assert {"year_2025", "august", "summer", "afternoon"} <= set(found)
    assert all("from the file's name" in tag["why"] for tag in found.values())
    assert "from the file's name" in nivo("show", named).out
    assert {"year_2025", "august"} <= set(tags(message)) and "afternoon" not in tags(message)
    for path in (scan, late, *absurd, reset):
        assert tags(path) == {}, path
        assert f"{path.name}  the date" in said_of(home, path), path
    assert taken(late) is None and taken(absurd[0]) is None and taken(reset) == "2000-01-01T00:03:00"
    assert "golden_hour" in tags(zoned) and "UTC+02:00" in tags(zoned)["golden_hour"]["why"]
    assert "by GPS time" in tags(by_gps)["golden_hour"]["why"]
    assert "zone guessed" in next(t["why"] for t in tags(broken).values() if "sun" in t["why"])
    assert taken(by_gps) == "2025-08-14T19:50:00"

    # The date of a name is the path's: it goes with the name.
    plain = folder / "plain.jpg"
    shutil.move(named, plain)
    shutil.copy(message, folder / "copy.jpg")
    assert nivo("scan", folder, "--models", "none").status == 0
    assert taken(plain) is None and tags(plain) == {} and taken(folder / "copy.jpg") is None


def said_of(home: Path, path: Path) -> str:
    """What the log of the scan said of a photo."""
    import sqlite3

    connection = sqlite3.connect(home / "catalog.db")
    lines = [line for (line,) in connection.execute("SELECT line FROM events")]
    connection.close()
    found = [line for line in lines if path.name in line and "is not believed" in line]
    assert len(found) == 1, (path, found)
    return found[0]


def test_a_correction_parts_no_shot(tmp_path: Path, home: Path) -> None:
    """The edited copy names no camera, so that the correction is not for it."""
    folder = tmp_path / "photos"
    whole = canon(folder / "IMG_0413.jpg", "2025:08:14 14:02:33", 1)
    edit = photo(folder / "IMG_E0413.jpg", "2025:08:14 14:02:33", seed=2)
    assert nivo("clock", "set", "--camera", CANON, "--shift", "1h").status == 0
    assert nivo("scan", folder, "--models", "none").status == 0
    assert taken(whole) == "2025-08-14T15:02:33" and taken(edit) == "2025-08-14T14:02:33"
    library = Library(load_paths(None))
    try:
        assert library.count(str(folder)) == 1
    finally:
        library.close()


def test_a_busy_home_applies_it_later_and_an_act_taken_back_too(library: Path, home: Path) -> None:
    paths = load_paths(None)
    lock = FileLock(paths.lock)
    assert lock.acquire()
    try:
        ran = nivo("clock", "set", "--shift", "1h", "--no-wait", "--json")
    finally:
        lock.release()
    assert ran.status == 0 and ran.summary["applied"] is False and "the next scan applies" in ran.err
    assert taken(library / "a.jpg") == "2025-08-14T14:02:33"
    assert nivo("scan", library, "--models", "none").status == 0
    assert taken(library / "a.jpg") == "2025-08-14T15:02:33"
    store = Library(paths)
    act = store.connection.execute("SELECT act FROM d.clocks").fetchone()[0]
    store.decisions.revoke_act(act)
    store.close()
    assert nivo("scan", library, "--models", "none").status == 0
    assert taken(library / "a.jpg") == "2025-08-14T14:02:33"
    assert nivo("clock", "list", "--json").of("clock") == []
