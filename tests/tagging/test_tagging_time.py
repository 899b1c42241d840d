"""Dates, seasons, and the part of day by the sun."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.model import Capture, FileMetadata, Format, Gps
from nivo_tui.tagging import clock, temporal
from nivo_tui.tagging.evidence import Evidence
from nivo_tui.tagging.sun import solar_position
from nivo_tui.tagging.vocabulary import Vocabulary

PARTS = {"morning", "midday", "afternoon", "evening", "night", "golden_hour", "blue_hour"}
LONDON, SYDNEY, TROMSO = Gps(51.4779, 0.0), Gps(-33.87, 151.21), Gps(69.65, 18.96)


def tags(taken, gps=None, source="original", **capture):
    metadata = FileMetadata(capture=Capture(taken_at=taken, taken_from=source, gps=gps, **capture))
    evidence = Evidence(Format.JPEG, metadata=metadata)
    return {s.tag: s for s in temporal.suggest(evidence, Vocabulary.load())}


def test_the_sun_of_the_published_example():
    """Reda and Andreas 2003 (NREL/TP-560-34302), appendix A.5: zenith 50.11162, azimuth 194.34024."""
    moment = datetime(2003, 10, 17, 12, 30, 30, tzinfo=timezone(timedelta(hours=-7)))
    elevation, azimuth = solar_position(moment, 39.742476, -105.1786)
    assert elevation == pytest.approx(90 - 50.11162, abs=0.02)
    assert azimuth == pytest.approx(194.34024, abs=0.02)


@pytest.mark.parametrize(
    ("moment", "place"),
    [
        (datetime(2024, 6, 21, 3, 43, tzinfo=UTC), LONDON),
        (datetime(2024, 6, 21, 20, 21, tzinfo=UTC), LONDON),
        (datetime(2024, 12, 20, 18, 41, tzinfo=UTC), SYDNEY),
        (datetime(2024, 12, 21, 9, 5, tzinfo=UTC), SYDNEY),
        (datetime(2024, 3, 20, 6, 2, tzinfo=UTC), LONDON),
    ],
)
def test_the_sun_stands_at_the_horizon_at_the_almanac_s_sunrise_and_sunset(moment, place):
    elevation, azimuth = solar_position(moment, place.lat, place.lon)
    assert elevation == pytest.approx(-0.27, abs=0.3)
    assert (azimuth < 180) == (moment.hour in {3, 18, 6})


def test_the_sun_at_the_solstice_s_noon():
    elevation, azimuth = solar_position(datetime(2024, 6, 21, 12, 2, tzinfo=UTC), LONDON.lat, LONDON.lon)
    assert elevation == pytest.approx(90 - 51.4779 + 23.436, abs=0.03)
    assert azimuth == pytest.approx(180, abs=0.5)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2050, 1, 1)), st.floats(-90, 90), st.floats(-180, 180))
def test_the_sun_is_always_somewhere(moment, lat, lon):
    elevation, azimuth = solar_position(moment.replace(tzinfo=UTC), lat, lon)
    assert -90 <= elevation <= 90.5
    assert 0 <= azimuth < 360


@pytest.mark.parametrize(
    ("month", "north", "south"),
    [(1, "winter", "summer"), (4, "spring", "autumn"), (7, "summer", "winter"), (10, "autumn", "spring")],
)
def test_the_season_is_that_of_the_hemisphere(month, north, south):
    taken = datetime(2023, month, 15, 12)
    assert tags(taken, LONDON)[north].confidence > 0.9
    assert tags(taken, SYDNEY)[south].confidence > 0.9
    assert "no position" in tags(taken)[north].why
    assert tags(taken)[north].confidence < 0.7
    assert "tropics" in tags(taken, Gps(-6.2, 106.8))[south].why


def test_year_month_and_weekend():
    found = tags(datetime(2025, 8, 16, 14, 2), LONDON)
    assert {"year_2025", "august", "weekend"} <= set(found)
    assert found["year_2025"].label == "2025" and found["august"].label == "August"
    assert "weekend" not in tags(datetime(2025, 8, 14, 14, 2), LONDON)


@pytest.mark.parametrize(
    ("moment", "place", "expected"),
    [
        (datetime(2024, 6, 21, 12, tzinfo=UTC), LONDON, {"midday"}),
        (datetime(2024, 6, 21, 8, tzinfo=UTC), LONDON, {"morning"}),
        (datetime(2024, 6, 21, 16, tzinfo=UTC), LONDON, {"afternoon"}),
        (datetime(2024, 6, 21, 3, 45, tzinfo=UTC), LONDON, {"golden_hour", "sunrise"}),
        (datetime(2024, 6, 21, 20, 20, tzinfo=UTC), LONDON, {"golden_hour", "sunset"}),
        (datetime(2024, 3, 20, 18, 40, tzinfo=UTC), LONDON, {"blue_hour"}),
        (datetime(2024, 12, 21, 23, tzinfo=UTC), LONDON, {"night"}),
        (datetime(2024, 6, 21, 23, 0, tzinfo=UTC), TROMSO, {"golden_hour"}),  # midnight sun
        (datetime(2024, 12, 21, 6, 0, tzinfo=UTC), TROMSO, {"night"}),
    ],
)
def test_the_part_of_day_is_the_sun_s(moment, place, expected):
    found = tags(moment, place)
    assert set(found) & (PARTS | {"sunrise", "sunset"}) == expected
    assert all(found[tag].source == "sun" and "horizon" in found[tag].why for tag in expected)


def test_without_a_position_the_clock_decides():
    found = tags(datetime(2024, 6, 21, 21, 0))
    assert found["evening"].source == "clock" and "21:00" in found["evening"].why


def test_a_time_without_a_zone_is_less_sure_the_closer_it_is_to_the_horizon():
    noon, dusk = datetime(2024, 9, 21, 14, 0), datetime(2024, 9, 21, 19, 40)
    place = Gps(48.2, 16.4)
    sure = next(
        s for t, s in tags(noon.replace(tzinfo=timezone(timedelta(hours=2))), place).items() if t in PARTS
    )
    guessed = [s for t, s in tags(dusk, place).items() if t in PARTS]
    assert sure.confidence > 0.9
    assert guessed[0].confidence <= 0.5 and "zone guessed" in guessed[0].why


@given(
    st.datetimes(datetime(1990, 1, 2), datetime(2040, 1, 1)),
    st.one_of(st.none(), st.builds(Gps, st.floats(-90, 90), st.floats(-180, 180))),
    st.one_of(st.none(), st.integers(-14 * 4, 14 * 4)),
)
def test_a_day_has_one_part_and_one_season(taken, gps, quarters):
    if quarters is not None:
        taken = taken.replace(tzinfo=timezone(timedelta(minutes=15 * quarters)))
    found = set(tags(taken, gps))
    assert len(found & {"spring", "summer", "autumn", "winter"}) <= 1
    assert len(found & PARTS) == (
        0 if clock.is_date_only(taken) or clock.problem(Capture(taken, "original")) else 1
    )


@pytest.mark.parametrize(
    ("capture", "reason"),
    [
        (Capture(datetime(2000, 1, 1, 0, 0), "original", make="Canon"), "unset clock"),
        (Capture(datetime(2000, 1, 1, 17, 5), "original", make="Canon"), "unset clock"),
        (Capture(datetime(1970, 1, 1, 1, 0), "digitized", make="NIKON"), "unset clock"),
        (Capture(datetime(1980, 1, 1, 0, 3), "original"), "unset clock"),
        (Capture(datetime(2014, 1, 1, 0, 0, 40), "original", make="PENTAX"), "unset clock"),
        (Capture(datetime(1977, 5, 3, 10, 0), "original", make="SONY"), "no digital camera"),
        (Capture(datetime(1600, 5, 3, 10, 0), "original"), "cannot be"),
        (Capture(datetime(2012, 5, 3, 10, 0), "modified"), "modified"),
        (Capture(datetime(2012, 5, 3, 10, 0), None), "unknown"),
        (Capture(datetime(2012, 5, 3, 10, 0), "original", make="EPSON", model="Perfection V600"), "scanner"),
        (Capture(datetime(2012, 5, 3, 10, 0), "digitized", software="VueScan 9"), "scanner"),
        (Capture(datetime(2012, 5, 3, 10, 0), "original", make="Nikon", model="LS-5000 ED"), "scanner"),
    ],
)
def test_dates_that_are_not_the_picture_s_make_no_tag(capture, reason):
    assert reason in clock.problem(capture)
    evidence = Evidence(Format.JPEG, metadata=FileMetadata(capture=capture))
    assert temporal.suggest(evidence, Vocabulary.load()) == ()


@pytest.mark.parametrize(
    "capture",
    [
        Capture(datetime(2012, 1, 1, 0, 12), "original", make="Canon", model="Canon EOS 5D"),
        Capture(datetime(1965, 6, 1, 12, 0), "original"),  # set by hand, for a print
        Capture(datetime(1965, 6, 1), "xmp", make="EPSON", model="Perfection V600"),
        Capture(datetime(2010, 6, 1, 12), "original", make="SEIKO EPSON CORP.", model="R-D1"),
        Capture(datetime(2010, 6, 1, 12), "digitized", make="NIKON CORPORATION", model="NIKON D90"),
    ],
)
def test_dates_that_can_be_believed(capture):
    assert clock.problem(capture) is None
    assert tags(capture.taken_at, source=capture.taken_from)


def test_a_bare_date_has_no_part_of_day():
    found = tags(datetime(2015, 6, 12), LONDON)
    assert {"year_2015", "june", "summer"} <= set(found)
    assert not set(found) & PARTS


def test_no_date_no_tags():
    assert tags(None) == {}
