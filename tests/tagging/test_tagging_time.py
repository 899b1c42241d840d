"""Dates, seasons, and the part of day by the sun."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.imaging.features import measure
from nivo_tui.model import Capture, FileMetadata, Format, Gps
from nivo_tui.tagging import clock, temporal
from nivo_tui.tagging.evidence import Evidence
from nivo_tui.tagging.sun import solar_position
from nivo_tui.tagging.vocabulary import Vocabulary

PARTS = {"morning", "midday", "afternoon", "evening", "night", "golden_hour", "twilight"}
LONGYEARBYEN = Gps(78.22, 15.65)
LONDON, SYDNEY, TROMSO = Gps(51.4779, 0.0), Gps(-33.87, 151.21), Gps(69.65, 18.96)


VOCABULARY = Vocabulary.load()
DARK = measure(np.full((64, 96, 3), 18, np.uint8))
BRIGHT = measure(np.full((64, 96, 3), 150, np.uint8))


def tags(taken, gps=None, source="original", features=None, why=None, latest=None, **capture):
    made = Capture(taken_at=taken, taken_from=source, gps=gps, **capture)
    evidence = Evidence(
        Format.JPEG,
        metadata=FileMetadata(capture=made),
        features=features,
        capture=made if why else None,
        taken_why=why,
        latest=latest,
    )
    return {s.tag: s for s in temporal.suggest(evidence, VOCABULARY)}


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
    elevation, azimuth = solar_position(moment, place.lat, place.lon, refraction=False)
    assert elevation == pytest.approx(-0.83, abs=0.13)  # half a minute of the almanac's whole ones
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
        (datetime(2024, 6, 21, 18, 30, tzinfo=UTC), LONDON, {"evening"}),
        (datetime(2024, 3, 20, 18, 30, tzinfo=UTC), LONDON, {"golden_hour"}),
        (datetime(2024, 3, 20, 18, 42, tzinfo=UTC), LONDON, {"twilight"}),
        (datetime(2024, 3, 20, 18, 55, tzinfo=UTC), LONDON, {"night"}),
        (datetime(2024, 6, 21, 4, 0, tzinfo=timezone(timedelta(hours=10))), SYDNEY, {"night"}),
        (datetime(2024, 12, 21, 23, tzinfo=UTC), LONDON, {"night"}),
        (datetime(2024, 6, 21, 23, 0, tzinfo=UTC), TROMSO, {"golden_hour"}),  # midnight sun
        (datetime(2024, 12, 21, 6, 0, tzinfo=UTC), TROMSO, {"night"}),
        (datetime(2024, 12, 21, 10, 45, tzinfo=UTC), TROMSO, {"golden_hour"}),
        (datetime(2024, 12, 21, 11, 0, tzinfo=UTC), LONGYEARBYEN, {"night"}),
        (datetime(2024, 6, 21, 23, 0, tzinfo=UTC), LONGYEARBYEN, {"morning"}),
        (datetime(2024, 6, 21, 21, 0, tzinfo=UTC), LONGYEARBYEN, {"evening"}),
    ],
)
def test_the_part_of_day_is_the_sun_s(moment, place, expected):
    found = tags(moment, place)
    assert set(found) & (PARTS | {"sunrise", "sunset"}) == expected
    assert all(found[tag].source == "sun" and "horizon" in found[tag].why for tag in expected)


def test_without_a_position_the_clock_decides():
    found = tags(datetime(2024, 6, 21, 21, 0))
    assert found["evening"].source == "clock" and "21:00" in found["evening"].why
    assert "no position" in found["evening"].why and found["evening"].confidence <= 0.7


@pytest.mark.parametrize("hour", [0, 3, 22, 23])
def test_without_a_position_a_late_picture_is_of_the_night_only_where_it_is_dark(hour):
    late = datetime(2024, 6, 21, hour, 40)
    assert not set(tags(late)) & PARTS
    assert not set(tags(late, features=BRIGHT)) & PARTS
    found = tags(late, features=DARK)
    assert set(found) & PARTS == {"night"} and "dark" in found["night"].why
    assert not set(tags(late.replace(hour=15), features=DARK)) & {"night"}


def test_polar_day_and_night_are_said():
    day, night = datetime(2024, 6, 21, 23, 0, tzinfo=UTC), datetime(2024, 12, 21, 11, 0, tzinfo=UTC)
    assert "polar day" in tags(day, TROMSO)["golden_hour"].why
    assert "polar night" in tags(night, LONGYEARBYEN)["night"].why
    assert not any("polar" in s.why for s in tags(day, LONDON).values())


def test_the_satellites_time_tells_the_zone():
    place, noon = Gps(48.2, 16.4), datetime(2024, 9, 21, 19, 5)
    found = tags(noon, place, utc_offset_s=7200)
    part = next(s for tag, s in found.items() if tag in PARTS)
    assert part.confidence > 0.9 and "+02:00 by GPS time" in part.why
    aware = tags(noon.replace(tzinfo=timezone(timedelta(hours=2))), place)
    assert set(found) == set(aware)


def test_an_offset_time_is_respected():
    """The same hour of the clock is another one of the sun."""
    place, at = Gps(48.2, 16.4), datetime(2024, 12, 21, 16, 0)
    hours = {h: tags(at.replace(tzinfo=timezone(timedelta(hours=h))), place) for h in (-8, 1, 7)}
    assert "night" in hours[-8] and "golden_hour" in hours[1] and "morning" in hours[7]


def test_a_time_of_the_name_is_said_so_and_less_sure():
    found = tags(datetime(2025, 8, 16, 16, 2), LONDON, source="name", why="from the file's name")
    assert {"year_2025", "august", "weekend", "summer", "afternoon"} <= set(found)
    assert all("from the file's name" in s.why and s.confidence < 0.8 for s in found.values())
    utc = tags(datetime(2025, 8, 14, 14, 2, tzinfo=UTC), source="name", why="from the file's name")
    assert "year_2025" in utc and not set(utc) & PARTS, "the hour is not that of the place"


def test_a_corrected_time_is_said_so_and_believed():
    why = "corrected by +5297 d: clock 3"
    found = tags(datetime(2014, 1, 1, 0, 0, 40), make="PENTAX", why=why)
    assert "year_2014" in found and all(why in s.why for s in found.values())


def test_a_time_after_the_file_was_there_is_not_believed():
    latest = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert tags(datetime(2099, 5, 3, 10), latest=latest) == {}
    assert tags(datetime(2026, 11, 26, 10), latest=latest) == {}
    assert tags(datetime(2026, 11, 25, 2), latest=latest), "Kiritimati is 14 hours ahead"
    assert "future" in clock.problem(Capture(datetime(2099, 5, 3), "original"), latest)


def test_a_time_without_a_zone_is_less_sure_the_closer_it_is_to_the_horizon():
    noon, dusk = datetime(2024, 9, 21, 14, 0), datetime(2024, 9, 21, 19, 20)
    place = Gps(48.2, 16.4)
    sure = next(
        s for t, s in tags(noon.replace(tzinfo=timezone(timedelta(hours=2))), place).items() if t in PARTS
    )
    guessed = [s for t, s in tags(dusk, place).items() if t in PARTS]
    assert sure.confidence > 0.9
    assert guessed[0].confidence <= 0.5 and "zone guessed" in guessed[0].why
    later = dusk.replace(hour=19, minute=50)
    assert not set(tags(later, place)) & PARTS, "it may be night and may not"
    assert tags(later, place, features=DARK)["night"].confidence <= 0.5


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
    if gps == Gps(0, 0):
        gps = None
    believed = not clock.is_date_only(taken) and not clock.problem(Capture(taken, "original"))
    assert len(found & PARTS) <= 1
    if believed and (gps is not None and quarters is not None):
        assert len(found & PARTS) == 1


@given(
    st.one_of(st.datetimes(), st.datetimes(timezones=st.just(timezone(timedelta(hours=14))))),
    st.sampled_from(["original", "digitized", "modified", "gps", "xmp", "name", None, "?"]),
    st.one_of(st.none(), st.builds(Gps, st.floats(), st.floats())),
    st.one_of(st.none(), st.integers(-12 * 4, 14 * 4)),
    st.booleans(),
)
def test_no_time_whatever_breaks_it(taken, source, gps, quarters, told):
    ahead = None if quarters is None else quarters * 900
    latest = datetime(2026, 11, 24, 12, tzinfo=UTC)
    found = tags(
        taken, gps, source, utc_offset_s=ahead, why="said" if told else None, latest=latest, features=DARK
    )
    assert len(set(found) & PARTS) <= 1
    if taken.year > 2026 or taken.year < 1826:
        assert found == {}


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
        (Capture(datetime(1980, 1, 6, 10, 0, tzinfo=UTC), "gps"), "no satellites"),
        (Capture(datetime(1, 1, 1, 0, 0, tzinfo=timezone(timedelta(hours=9))), "gps"), "cannot be"),
        (Capture(datetime(2000, 1, 1, 0, 3), "name"), "unset clock"),
    ],
)
def test_dates_that_are_not_the_picture_s_make_no_tag(capture, reason):
    assert reason in clock.problem(capture)
    evidence = Evidence(Format.JPEG, metadata=FileMetadata(capture=capture))
    assert temporal.suggest(evidence, VOCABULARY) == ()


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


@pytest.mark.parametrize("place", [Gps(0, 0), Gps(91, 10), Gps(10, 181), Gps(float("nan"), 10)])
def test_a_position_that_is_none_tells_nothing(place):
    taken = datetime(2024, 6, 21, 15)
    assert tags(taken, place) == tags(taken)


def test_a_zone_that_cannot_be_of_the_place_is_said():
    vienna, at = Gps(48.2, 16.4), datetime(2024, 6, 21, 12, 0)
    here = tags(at.replace(tzinfo=timezone(timedelta(hours=2))), vienna)["midday"]
    home = tags(at.replace(tzinfo=timezone(timedelta(hours=9))), vienna)
    part = next(s for tag, s in home.items() if tag in PARTS)
    assert part.confidence < here.confidence and "not the zone there" in part.why
    kiribati = tags(at.replace(tzinfo=timezone(timedelta(hours=14))), Gps(1.87, -157.4))["midday"]
    assert "not the zone" not in kiribati.why
