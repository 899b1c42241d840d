"""Corrections of cameras' clocks, and the time that is taken for true."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.catalog.clock_words import (
    parse_bound,
    parse_shift,
    parse_time,
    parse_zone,
    shift_words,
    zone_words,
)
from nivo_tui.catalog.clocks import (
    ClockStore,
    Correction,
    Kind,
    by_known_time,
    cameras,
    correct,
    corrected_photos,
    read_corrections,
    signature,
    stated_capture,
)
from nivo_tui.catalog.decisions import DecisionStore, open_decisions
from nivo_tui.catalog.history import History
from nivo_tui.catalog.history import Kind as Listed
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import FileStat, PhotoRecord, Taken
from nivo_tui.engine.taken import FROM_NAME, settle, with_taken
from nivo_tui.errors import UsageError
from nivo_tui.model import Capture, FileMetadata, Format
from nivo_tui.settings import load_paths

CANON = "Canon EOS 5D"
AT = datetime(2025, 8, 14, 14, 2, 33)
LATEST = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = Correction(CANON, None, None, Kind.OFFSET, 3600.0, id=1)


def capture(at=AT, source="original", **more):
    return Capture(**{"taken_at": at, "taken_from": source, "make": "Canon", "model": CANON, **more})


def zone(hours):
    return timezone(timedelta(hours=hours))


@pytest.fixture
def paths(home):
    paths = load_paths(None)
    paths.create()
    return paths


@pytest.fixture
def store(paths):
    connection = open_decisions(paths)
    yield ClockStore(connection)
    connection.close()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("+1h30m", 5400),
        ("-2d", -172_800),
        ("90", 90),
        ("-45", -45),
        ("+1:30", 5400),
        ("-0:00:45", -45),
        ("1d 4h", 100_800),
        ("2 weeks", 1_209_600),
        ("+5110d13h4m11s", 441_551_051),
    ],
)
def test_shifts_as_people_write_them(text, seconds):
    assert parse_shift(text) == seconds


@pytest.mark.parametrize("text", ["", "-", "abc", "+0", "1h30", "9" * 40, "1y", "--2d", "nan", "1e9"])
def test_what_is_no_shift(text):
    with pytest.raises(UsageError, match="no shift") if text != "--2d" else pytest.raises(UsageError):
        parse_shift(text if text != "--2d" else "--2x")


@given(st.integers(-(10**9), 10**9).filter(bool))
def test_a_shift_is_shown_as_it_can_be_written(seconds):
    words = shift_words(seconds)
    days, _, clock = words[1:].partition(" d")
    total = int(days) * 86_400 + parse_shift(clock) if clock.strip() else None
    if total is None and words.endswith(" d"):
        total = int(days) * 86_400
    assert (total if total is not None else parse_shift(words[1:])) == abs(seconds)


@pytest.mark.parametrize(
    ("text", "hours"), [("UTC+9", 9), ("+05:30", 5.5), ("-3", -3), ("utc", 0), ("Z", 0), ("GMT-3:30", -3.5)]
)
def test_zones(text, hours):
    assert parse_zone(text) == hours * 3600
    assert parse_zone(zone_words(parse_zone(text))) == hours * 3600


@pytest.mark.parametrize("text", ["UTC+15", "UTC-13", "Europe/Vienna", "", "+9:75"])
def test_what_is_no_zone(text):
    with pytest.raises(UsageError, match="no zone"):
        parse_zone(text)


def test_times_and_days():
    assert parse_time("2025-08-14 14:02:33") == AT
    assert parse_time("2025-08-14 14:02:33 UTC+9") == AT.replace(tzinfo=zone(9))
    assert parse_bound("2025-8-4") == "2025-08-04"
    assert parse_bound("2025-08-14 14:02") == "2025-08-14T14:02"
    for wrong in ("2025-08-14", "x", "0001-01-01 00:00+14:00"):
        with pytest.raises(UsageError, match="no time"):
            parse_time(wrong)
    with pytest.raises(UsageError, match="no day"):
        parse_bound("14.8.2025")


def test_an_offset_moves_the_clock():
    true, _ = correct([HOUR], capture())
    assert true.taken_at == AT + timedelta(hours=1) and true.taken_from == "original"
    aware, _ = correct([HOUR], capture(AT.replace(tzinfo=zone(2))))
    assert aware.taken_at.isoformat() == "2025-08-14T15:02:33+02:00"
    by_gps, _ = correct([HOUR], capture(utc_offset_s=3600))
    assert by_gps.utc_offset_s == 7200, "the moment by the satellites stays where it was"


def test_a_zone_moves_the_clock_and_is_carried():
    travel = Correction(CANON, None, None, Kind.ZONE, 8 * 3600.0, 9 * 3600, id=1)
    for stated in (
        capture(),
        capture(AT.replace(tzinfo=zone(1))),
        capture(utc_offset_s=3600),
    ):
        true, _ = correct([travel], stated)
        assert true.taken_at.isoformat() == "2025-08-14T22:02:33+09:00"
    already, _ = correct([travel], capture(AT.replace(tzinfo=zone(9))))
    assert already.taken_at.isoformat() == "2025-08-14T14:02:33+09:00"


def test_one_photo_of_known_time_tells_the_shift():
    assert by_known_time(AT, datetime(2025, 8, 14, 15, 2, 33)) == (3600.0, None)
    seconds, ahead = by_known_time(datetime(2000, 1, 1, 0, 3, 10, 250_000), AT.replace(tzinfo=zone(9)))
    assert ahead == 9 * 3600
    reset = Correction(CANON, None, None, Kind.PHOTO, seconds, ahead, id=1)
    true, _ = correct([reset], capture(datetime(2000, 1, 1, 0, 4, 10)))
    assert true.taken_at == (AT + timedelta(minutes=1)).replace(tzinfo=zone(9))


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"camera": "canon  eos 5d"}, True),
        ({"camera": None}, True),
        ({"camera": "Canon EOS 6D"}, False),
        ({"first": "2025-08-14"}, True),
        ({"first": "2025-08-15"}, False),
        ({"last": "2025-08-14"}, True),
        ({"last": "2025-08-13"}, False),
        ({"last": "2025-08-14T14:02"}, True),
        ({"last": "2025-08-14T14:01"}, False),
        ({"first": "2025-08-14T14:02:33", "last": "2025-08-14T14:02:33"}, True),
        ({"first": "2025-08-14T14:02:34"}, False),
    ],
)
def test_which_photos_a_correction_is_for(change, fits):
    given = {"camera": CANON, "first": None, "last": None, **change}
    assert Correction(**given, kind=Kind.OFFSET, seconds=60.0).fits(capture()) == fits


def test_what_no_clock_gave_is_left_alone():
    everywhere = Correction(None, None, None, Kind.OFFSET, 3600.0)
    assert not everywhere.fits(capture(source="gps"))
    assert not everywhere.fits(capture(source="modified"))
    assert not everywhere.fits(capture(None, None))
    assert not everywhere.fits(capture(datetime(2025, 8, 14))), "a bare date has no hour"
    assert Correction(None, None, None, Kind.OFFSET, -86_400.0).fits(capture(datetime(2025, 8, 14)))


def test_of_those_that_fit_the_newest_counts():
    newer = Correction(None, "2025-08-01", None, Kind.OFFSET, -60.0, id=2)
    assert correct([newer, HOUR], capture())[1] is newer
    assert correct([newer, HOUR], capture(datetime(2025, 7, 1, 12)))[1] is HOUR
    assert correct([newer, HOUR], capture(datetime(2025, 7, 1, 12), model="Canon EOS 6D")) is None


@given(
    st.one_of(st.datetimes(), *(st.datetimes(timezones=st.just(zone(h))) for h in (-12, 0, 14))),
    st.sampled_from(list(Kind)),
    st.floats(-1.2e10, 1.2e10),
    st.one_of(st.none(), st.integers(-48, 56).map(lambda quarters: quarters * 900)),
    st.one_of(st.none(), st.integers(-48, 56).map(lambda quarters: quarters * 900)),
)
def test_no_correction_whatever_breaks(at, kind, seconds, ahead, by_gps):
    taken, note = settle(
        capture(at, utc_offset_s=by_gps),
        "/x/IMG_1.jpg",
        [Correction(None, None, None, kind, seconds, ahead, id=7)],
        LATEST,
    )
    if taken is not None and taken.at is not None:
        assert 1826 <= taken.at.year <= 2199
    assert note is None or "is not believed" in note


@given(st.datetimes(datetime(1995, 1, 2, 1), datetime(2025, 1, 1)), st.integers(-(10**8), 10**8).filter(bool))
def test_an_offset_and_its_opposite_end_where_they_began(at, seconds):
    true, _ = correct([Correction(None, None, None, Kind.OFFSET, float(seconds), id=1)], capture(at)) or (
        0,
        0,
    )
    if true and true.taken_at.time().replace(microsecond=0).isoformat() != "00:00:00":
        back = correct([Correction(None, None, None, Kind.OFFSET, float(-seconds), id=2)], true)
        assert back is not None and back[0].taken_at == at


def test_the_signature_follows_the_corrections():
    assert signature([]) == ""
    one, other = signature([HOUR]), signature([Correction(CANON, None, None, Kind.OFFSET, 3601.0, id=1)])
    assert len({one, other, signature([HOUR, HOUR])}) == 3
    assert one == signature((HOUR,))


def test_corrections_are_acts_that_are_taken_back(store, paths):
    made = store.add(Correction(CANON, "2025-08-01", None, Kind.ZONE, 28_800.0, 32_400), by="command")
    assert made.id and made.act
    (found,) = read_corrections(paths)
    assert (found.camera, found.first, found.kind, found.seconds, found.zone) == (
        *(CANON, "2025-08-01", Kind.ZONE),
        *(28_800.0, 32_400),
    )
    library = Library(paths)
    history = History(library)
    (entry,) = history.entries(history.keys(Listed.ALL))
    assert "+8:00 (UTC+1 to UTC+9)" in entry.title and CANON in entry.title and not entry.revoked
    decisions = DecisionStore(open_decisions(paths))
    decisions.revoke_act(made.act)
    assert read_corrections(paths) == () and history.entry(made.act).revoked
    decisions.restore_act(made.act)
    assert [c.id for c in read_corrections(paths)] == [made.id]
    assert store.remove(made.id).id == made.id and store.remove(made.id) is None
    assert read_corrections(paths) == ()
    library.close()


# What is taken for true


def test_a_believed_date_is_left_as_it_is():
    assert settle(capture(), "/x/IMG_20200101_101010.jpg", [], LATEST) == (None, None)


@pytest.mark.parametrize(
    "stated",
    [
        Capture(),
        capture(source="modified"),
        capture(datetime(2000, 1, 1, 0, 3)),
        capture(datetime(2099, 1, 2, 3)),
    ],
)
def test_the_name_tells_where_the_file_does_not(stated):
    taken, _ = settle(stated, "/x/IMG_20250814_140233.jpg", [], LATEST)
    assert taken == Taken(AT, "name", FROM_NAME)


def test_what_the_name_must_not_tell():
    scan = Capture(taken_at=AT, taken_from="original", make="EPSON", model="Perfection V600")
    taken, note = settle(scan, "/x/scan 2025-08-14 14.02.33.jpg", [], LATEST)
    assert taken is None and note == "the date 2025-08-14 14:02 is not believed: it is the scanner's"
    for name in ("IMG_20991211_140233.jpg", "IMG_20000101_000012.jpg", "IMG_20991301.jpg"):
        assert settle(Capture(), f"/x/{name}", [], LATEST) == (None, None)


def test_a_date_in_the_future_is_none_at_all():
    taken, note = settle(capture(datetime(2099, 5, 3, 10)), "/x/a.jpg", [], LATEST)
    assert taken.at is None and taken.source is None and taken.why == note
    assert note.startswith("the date 2099-05-03 10:00 is not believed: it lies in the future")


def test_names_are_corrected_where_no_camera_is_asked_for():
    japan = Correction(None, None, None, Kind.ZONE, 9 * 3600.0, 9 * 3600, id=4)
    taken, _ = settle(Capture(), "/x/PXL_20250814_140233123.jpg", [japan, HOUR], LATEST)
    assert taken.at.isoformat() == "2025-08-14T23:02:33.123000+09:00"
    assert taken.why == "from the file's name, corrected by +9:00 (UTC to UTC+9): clock 4"
    day, _ = settle(Capture(), "/x/IMG-20250814-WA0012.jpg", [japan], LATEST)
    assert day == Taken(datetime(2025, 8, 14), "name", FROM_NAME)


def record(path="/x/a.jpg", stated=None, **more):
    made = capture() if stated is None else stated
    return PhotoRecord(
        path=path,
        stat=FileStat(1, 1_760_000_000 * 10**9, 1),
        format=Format.JPEG,
        metadata=FileMetadata(capture=made),
        image_hash="a" * 64,
        **{"versions": {"features": "1"}, **more},
    )


def test_both_times_are_kept(paths):
    photos = PhotoStore(open_catalog(paths))
    plain, moved = record("/x/a.jpg"), with_taken(record("/x/b.jpg"), [HOUR])
    named = with_taken(record("/x/IMG_20250814_140233.jpg", Capture()), [])
    photos.save([plain, moved, named])
    rows = photos.connection.execute("SELECT taken_at, stated FROM photos ORDER BY id").fetchall()
    assert rows[0]["taken_at"] == "2025-08-14T14:02:33" and rows[0]["stated"] is None
    assert rows[1]["taken_at"] == "2025-08-14T15:02:33"
    assert json.loads(rows[1]["stated"]) == {
        "taken_at": "2025-08-14T14:02:33",
        "taken_from": "original",
        "why": "corrected by +1:00: clock 1",
        "clock": 1,
    }
    assert json.loads(rows[2]["stated"]) == {"taken_at": None, "taken_from": None, "why": FROM_NAME}
    for saved in (plain, moved, named):
        loaded = photos.load(saved.path)
        assert loaded.metadata.capture == saved.metadata.capture, "what the file states"
        assert loaded.taken == saved.taken and loaded.capture == saved.capture
        assert with_taken(loaded, []).metadata == saved.metadata
    assert corrected_photos(photos.connection) == {1: 1}
    assert cameras(photos.connection) == {CANON: 2}
    assert stated_capture(photos.connection, "/x/b.jpg").taken_at == AT
    assert stated_capture(photos.connection, "/x/none.jpg") is None
    library = Library(paths)
    detail = library.detail("/x/b.jpg")
    assert detail.capture.taken_at == AT + timedelta(hours=1)
    assert detail.taken_why == "corrected by +1:00: clock 1"
    library.close()
    back = with_taken(photos.load("/x/b.jpg"), [])
    photos.save([back])
    row = photos.connection.execute("SELECT taken_at, stated FROM photos WHERE path = x'2f782f622e6a7067'")
    assert tuple(row.fetchone()) == ("2025-08-14T14:02:33", None)


def test_a_doubt_is_noted_once_however_often_it_is_made_anew():
    made = record(stated=capture(datetime(2000, 1, 1, 0, 3)), notes=("the picture is cut off",))
    for _ in range(3):
        made = with_taken(made, [])
    assert made.notes == (
        "the picture is cut off",
        "the date 2000-01-01 00:03 is not believed: 2000-01-01 is where an unset clock starts",
    )
    corrected = with_taken(made, [Correction(CANON, None, None, Kind.OFFSET, 8e8, id=2)])
    assert corrected.notes == ("the picture is cut off",) and corrected.taken.at.year == 2025


def test_a_copy_with_an_old_file_time_keeps_its_date():
    copied = replace(record(), stat=FileStat(1, 949_363_380 * 10**9, 1))
    assert with_taken(copied, []).taken is None and not with_taken(copied, []).notes


def test_a_correction_into_the_future_is_not_believed_either():
    made = with_taken(record(), [Correction(CANON, None, None, Kind.OFFSET, 3e9, id=2)])
    (note,) = made.notes
    assert made.taken.at.year == 2120 and "is not believed: it lies in the future" in note
