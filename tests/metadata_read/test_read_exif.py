"""What Exif says of how a picture was taken, and what is not believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nivo_tui.metadata import exif
from nivo_tui.metadata.containers.source import from_bytes
from nivo_tui.metadata.containers.tiff import read_tiff
from nivo_tui.metadata.dates import parse_date

from .read_builders import ASCII, BYTE, RATIONAL, SHORT, SRATIONAL, UNDEFINED, tiff


def facts(
    main: dict | None = None, details: dict | None = None, gps: dict | None = None, order: str = "<"
) -> exif.ExifFacts:
    structure = read_tiff(from_bytes(tiff(main or {}, details or {}, gps, order=order)))
    assert structure is not None
    return exif.facts_from(structure)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_camera_s_values(order: str) -> None:
    found = facts(
        {
            0x10F: (ASCII, "NIKON CORPORATION  "), 0x110: (ASCII, "NIKON D40"), 0x112: (SHORT, 6),
            0x131: (ASCII, "Ver.1"),
        },
        {
            0x829A: (RATIONAL, "1/250"), 0x829D: (RATIONAL, "5.6"), 0x8827: (SHORT, 400),
            0x9209: (SHORT, 0x19),
            0x920A: (RATIONAL, 55), 0xA405: (SHORT, 82), 0xA434: (ASCII, "AF-S 18-55mm\0\0\0"),
            0xA002: (SHORT, 3008), 0xA003: (SHORT, 2000), 0x9003: (ASCII, "2009:05:03 10:20:30"),
            0x9291: (ASCII, "25 "), 0x9011: (ASCII, "-03:30"),
        },
        order=order,
    )  # fmt: skip
    capture = found.capture
    assert (capture.make, capture.model, capture.software) == ("NIKON CORPORATION", "NIKON D40", "Ver.1")
    assert (capture.exposure_s, capture.aperture, capture.iso) == (1 / 250, 5.6, 400)
    assert (capture.focal_mm, capture.focal_35mm, capture.lens) == (55, 82, "AF-S 18-55mm")
    assert capture.flash_fired is True
    assert capture.taken_from == "original"
    zone = timezone(-timedelta(hours=3, minutes=30))
    assert capture.taken_at == datetime(2009, 5, 3, 10, 20, 30, 250_000, tzinfo=zone)
    assert (found.orientation, found.width, found.height) == (6, 3008, 2000)


def test_nothing_is_known_of_an_empty_block() -> None:
    assert facts() == exif.ExifFacts()


@pytest.mark.parametrize("value", [(0, 0), (5, 0), (0, 5), (0xFFFFFFFF, 1)])
def test_senseless_fractions_are_unknown(value: tuple[int, int]) -> None:
    tags = (0x829A, 0x829D, 0x920A)
    capture = facts(details={tag: (RATIONAL, [value]) for tag in tags}).capture
    assert (capture.exposure_s, capture.aperture, capture.focal_mm) == (None, None, None)


def test_apex_values_stand_in() -> None:
    capture = facts(
        details={0x9201: (SRATIONAL, 8), 0x9202: (RATIONAL, 3), 0x829D: (RATIONAL, [(0, 0)])}
    ).capture
    assert capture.exposure_s == pytest.approx(1 / 256)
    assert capture.aperture == 2.8


@pytest.mark.parametrize(
    ("tags", "iso"),
    [
        ({0x8827: (SHORT, [0, 200])}, 200),
        ({0x8827: (SHORT, 65_535), 0x8832: (4, 102_400)}, 102_400),
        ({0x8827: (SHORT, 65_535), 0x8831: (4, 80)}, 80),
        ({0x8827: (SHORT, 0)}, None),
    ],
)
def test_iso_from_the_tag_that_knows_it(tags: dict, iso: int | None) -> None:
    assert facts(details=tags).capture.iso == iso


@pytest.mark.parametrize(
    "text",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "",
        "2009",
        "2009:13:01 00:00:00",
        "1009:01:01 00:00:00",
        "2009:02:30 1:2:3",
        "2009:01:01 24:00:00",
        "9999:99:99 99:99:99",
        "x" * 19,
    ],
)
def test_dates_that_are_none(text: str) -> None:
    assert parse_date(text) is None
    assert facts(details={0x9003: (ASCII, text)}).capture.taken_at is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2009:05:03 10:20:30", datetime(2009, 5, 3, 10, 20, 30)),
        ("2009-05-03T10:20:30Z", datetime(2009, 5, 3, 10, 20, 30, tzinfo=UTC)),
        ("2009-05-03T10:20", datetime(2009, 5, 3, 10, 20)),
        ("2009/05/03 10:20:60", datetime(2009, 5, 3, 10, 20, 59)),
        ("2009-05-03", datetime(2009, 5, 3)),
        (
            "2009-05-03T10:20:30.5+0530",
            datetime(2009, 5, 3, 10, 20, 30, 500_000, timezone(timedelta(hours=5.5))),
        ),
    ],
)
def test_dates_as_programs_write_them(text: str, expected: datetime) -> None:
    assert parse_date(text) == expected


def test_the_best_time_is_taken_and_named() -> None:
    original, digitized = "2001:01:01 01:01:01", "2002:02:02 02:02:02"
    gps = {29: (ASCII, "2003:03:03"), 7: (RATIONAL, [3, 4, "5.5"])}
    modified = {0x132: (ASCII, "2004:04:04 04:04:04")}
    both = {0x9003: (ASCII, original), 0x9004: (ASCII, digitized)}
    assert facts(modified, both, gps).capture.taken_from == "original"
    assert (
        facts(
            modified, {0x9003: (ASCII, "0000:00:00 00:00:00"), 0x9004: (ASCII, digitized)}, gps
        ).capture.taken_from
        == "digitized"
    )
    by_satellite = facts(modified, {}, gps).capture
    assert by_satellite.taken_from == "gps"
    assert by_satellite.taken_at == datetime(2003, 3, 3, 3, 4, 5, 500_000, tzinfo=UTC)
    assert facts(modified).capture.taken_from == "modified"


@pytest.mark.parametrize(
    ("offset", "hours"),
    [
        ("+02:00", 2), ("-03:30", -3.5), ("+0545", 5.75), (" +9 ", 9), ("UTC+10:30", 10.5), ("Z", 0),
        ("+99:00", None), ("+09:75", None), ("+15:00", None), ("   :  ", None), ("JST", None), ("", None),
    ],
)  # fmt: skip
def test_an_offset_is_respected_where_it_can_be_one(offset: str, hours: float | None) -> None:
    taken = facts(details={0x9003: (ASCII, "2025:08:14 14:02:33"), 0x9011: (ASCII, offset)}).capture.taken_at
    ahead = None if taken is None else taken.utcoffset()
    assert taken is not None and ahead == (None if hours is None else timedelta(hours=hours))


@pytest.mark.parametrize(
    ("local", "satellites", "minutes"),
    [
        ("2025:08:14 14:02:33", ("2025:08:14", [12, 2, 30]), 120),
        ("2025:08:14 00:30:00", ("2025:08:13", [18, 46, 30]), 345),  # Kathmandu
        ("2025:08:13 20:00:00", ("2025:08:14", [6, 1, 59]), -600),  # Hawaii, two minutes after the fix
        ("2025:08:14 14:02:33", ("2025:08:14", [12, 20, 0]), None),  # no zone is 1:42 ahead
        ("2025:08:14 14:02:33", ("2025:08:11", [12, 2, 30]), None),  # an old fix
        ("2025:08:14 14:02:33", ("2025:08:14", [25, 2, 30]), None),
        ("0000:00:00 00:00:00", ("2025:08:14", [12, 2, 30]), None),
    ],
)
def test_the_satellites_tell_how_far_the_clock_is_ahead(local, satellites, minutes) -> None:
    day, clock = satellites
    gps = {29: (ASCII, day), 7: (RATIONAL, clock)}
    found = facts(details={0x9003: (ASCII, local)}, gps=gps).capture
    assert found.utc_offset_s == (None if minutes is None else minutes * 60)
    stated = {0x9003: (ASCII, local), 0x9011: (ASCII, "+01:00")}
    assert facts(details=stated, gps=gps).capture.utc_offset_s is None, "the file states a zone"


@pytest.mark.parametrize(
    ("dates", "lines"),
    [
        ({0x9003: "0000:00:00 00:00:00"}, 1),
        ({0x9003: "2024:13:01 10:00:00"}, 1),
        ({0x9003: "2024:13:01 10:00:00", 0x9004: "2024:14:01 10:00:00"}, 1),
        ({0x9003: "yesterday\x1b[31m"}, 1),
        ({0x9003: "    :  :     :  :  "}, 0),
        ({0x9003: ""}, 0),
        ({0x9003: "2024:12:01 10:00:00", 0x9004: "0000:00:00 00:00:00"}, 0),
        ({}, 0),
    ],
)
def test_a_date_that_cannot_be_is_told_once(dates: dict, lines: int) -> None:
    found = facts(details={tag: (ASCII, text) for tag, text in dates.items()})
    assert len(found.problems) == lines
    assert all(line.startswith("the date '") and "\x1b" not in line for line in found.problems)


def position(lat, lat_ref, lon, lon_ref, **more) -> exif.Gps | None:
    tags = {1: (ASCII, lat_ref), 2: (RATIONAL, lat), 3: (ASCII, lon_ref), 4: (RATIONAL, lon)}
    return facts(
        gps={tag: value for tag, value in tags.items() if value[1] is not None} | more.get("extra", {})
    ).capture.gps


def test_position_and_altitude() -> None:
    found = position([12, 30, 0], "S", [100, 0, 36], "W", extra={5: (BYTE, 1), 6: (RATIONAL, "10.5")})
    assert found is not None
    assert (found.lat, found.lon, found.alt) == (-12.5, pytest.approx(-100.01), -10.5)


@pytest.mark.parametrize(
    "where",
    [
        ([(0, 0), (0, 0), (0, 0)], "N", [1, 0, 0], "E"),
        ([91, 0, 0], "N", [1, 0, 0], "E"),
        ([1, 0, 0], "N", [180, 1, 0], "E"),
        ([0, 0, 0], "N", [0, 0, 0], "E"),
        ([1, 0, 0], None, [1, 0, 0], "E"),
        ([1, 0, 0], "E", [1, 0, 0], "E"),
    ],
)
def test_positions_that_are_none(where: tuple) -> None:
    assert position(*where) is None


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ([24, 70, "2.8", "2.8"], "24-70mm f/2.8"),
        ([18, 55, "3.5", "5.6"], "18-55mm f/3.5-5.6"),
        ([50, 50, "1.8", "1.8"], "50mm f/1.8"),
        ([24, 105, (0, 0), (0, 0)], "24-105mm"),
        ([(0, 0), (0, 0), (0, 0), (0, 0)], None),
    ],
)
def test_lens_in_words(spec: list, text: str | None) -> None:
    assert facts(details={0xA432: (RATIONAL, spec)}).capture.lens == text
    assert facts({0xC630: (RATIONAL, spec)}).capture.lens == text


@pytest.mark.parametrize("name", ["----", "0.0 mm f/0.0", "None", " ", "unknown"])
def test_a_lens_that_is_none(name: str) -> None:
    assert facts(details={0xA434: (ASCII, name)}).capture.lens is None


def test_lens_make_goes_before_its_specification() -> None:
    tags = {0xA433: (ASCII, "SIGMA"), 0xA432: (RATIONAL, [24, 70, "2.8", "2.8"])}
    assert facts(details=tags).capture.lens == "SIGMA 24-70mm f/2.8"


@pytest.mark.parametrize(
    ("value", "order", "text"),
    [
        (b"ASCII\0\0\0hello\0\0", "<", "hello"),
        (b"UNICODE\0" + "Grüße".encode("utf-16-be"), ">", "Grüße"),
        (b"UNICODE\0" + "Grüße".encode("utf-16-le"), "<", "Grüße"),
        (b"UNICODE\0" + "swapped".encode("utf-16-le"), ">", "swapped"),
        (b"UNICODE\0" + "swapped".encode("utf-16-be"), "<", "swapped"),
        (b"UNICODE\0" + "marked".encode("utf-16"), ">", "marked"),
        (b"JIS\0\0\0\0\0" + "写真".encode("iso2022_jp"), "<", "写真"),
        (b"\0" * 8 + "Grüße".encode(), "<", "Grüße"),
        (b"\0" * 40, "<", None),
    ],
)
def test_user_comment_by_its_character_code(value: bytes, order: str, text: str | None) -> None:
    assert facts(details={0x9286: (UNDEFINED, value)}, order=order).user_comment == text


@pytest.mark.parametrize(
    "text", ["OLYMPUS DIGITAL CAMERA         ", "SONY DSC", "DCIM\\100MEDIA\\DJI_0012.JPG"]
)
def test_what_cameras_write_unasked_is_no_description(text: str) -> None:
    assert facts({0x10E: (ASCII, text)}).description is None


def test_windows_words() -> None:
    found = facts(
        {0x9C9E: (BYTE, "Zürich; 日本 ;;".encode("utf-16-le") + b"\0\0"), 0x4746: (SHORT, 4)}, order=">"
    )
    assert found.xp_keywords == ("Zürich", "日本")
    assert found.rating == 4


def test_control_characters_leave_the_camera_s_name() -> None:
    assert facts({0x110: (ASCII, "Cam\x1b[31m\x07era")}).capture.model == "Cam [31m era"


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([0x132, 0x829A, 0x829D, 0x8827, 0x9003, 0x9011, 0x9201, 0x9202, 0x9209, 0x920A,
                         0x9286, 0x9291, 0xA405, 0xA432, 0xA434, 0x112, 0x4746, 0x9C9E, *range(1, 8), 29]),
        st.tuples(st.sampled_from([1, 3, 4, 5, 7, 9, 10, 11, 12, 13, 99]), st.binary(max_size=40)),
        max_size=12,
    )
)  # fmt: skip
def test_any_type_and_bytes_in_any_tag_are_survived(tags: dict) -> None:
    from .read_builders import SIZES

    wide = {9: 4, 11: 4, 12: 8, 13: 4, 99: 1}
    SIZES.update(wide)
    found = facts(tags, tags, tags)
    assert found.orientation in (None, *range(1, 9))
