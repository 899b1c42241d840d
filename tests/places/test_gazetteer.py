"""Where a position lies: known places, borders, islands, the sea, the edges of the map."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.places.gazetteer import CITY_KM, Place, gazetteer
from nivo_tui.places.table import PlacesError, Table, packaged, planed, unplaned

KNOWN = Path(__file__).parents[2] / "benchmarks" / "known_places.toml"


def look_up(lat: float, lon: float) -> Place | None:
    return gazetteer().look_up(lat, lon)


def test_known_places_of_the_world() -> None:
    known = tomllib.loads(KNOWN.read_text(encoding="utf-8"))["places"]
    assert len(known) >= 200
    wrong, cities, judged = [], 0, 0
    for place in known:
        found = look_up(place["lat"], place["lon"])
        if (found.country.code if found else "") != place["country"]:
            wrong.append(place["name"])
        if "city" in place:
            judged += 1
            cities += (found.city.name if found and found.city else "") in place["city"]
    assert wrong == []
    assert cities >= 0.95 * judged


def test_a_place_has_city_region_and_country() -> None:
    found = look_up(38.9633, -9.4178)
    assert found is not None and found.city is not None
    assert (found.city.name, found.region, found.country.name) == ("Ericeira", "Lisbon", "Portugal")
    assert found.city.km < 1 and found.city.beyond_km == found.city.km


def test_a_large_city_goes_before_its_parts() -> None:
    found = look_up(35.6896, 139.7006)  # Shinjuku station
    assert found is not None and found.city is not None and found.city.name == "Tokyo"


def test_a_village_beside_a_city_keeps_its_name() -> None:
    found = look_up(48.8049, 2.1204)
    assert found is not None and found.city is not None and found.city.name == "Versailles"


def test_a_city_is_of_the_country_of_the_position() -> None:
    found = look_up(32.5530, -117.0430)  # 3 km from Tijuana, on the other side
    assert found is not None and found.country.code == "US"
    assert found.city is None or found.city.name != "Tijuana"


def test_far_from_any_town_there_is_a_country_and_no_city() -> None:
    found = look_up(25.5, 9.0)
    assert found is not None and found.country.code == "DZ" and found.city is None


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(91, 0), (0, 181), (-90.001, 5), (math.nan, 0), (0, math.nan), (math.inf, 0), (0, -math.inf)],
)
def test_what_is_no_position_on_earth_has_no_place(lat: float, lon: float) -> None:
    assert look_up(lat, lon) is None


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_position_has_a_place_that_makes_sense_or_none(lat: float, lon: float) -> None:
    found = look_up(lat, lon)
    if found is not None:
        assert len(found.country.code) == 2 and found.country.name
        if found.city is not None:
            assert 0 <= found.city.beyond_km <= CITY_KM and found.city.beyond_km <= found.city.km <= 12


@given(st.floats(-90, 90))
def test_both_sides_of_the_180th_meridian_see_the_same_towns(lat: float) -> None:
    east, west = look_up(lat, 180.0), look_up(lat, -180.0)
    cities = [place.city.name if place and place.city else None for place in (east, west)]
    if east is not None and west is not None and east.country == west.country:
        assert cities[0] == cities[1]


@given(st.integers(0, 234_000))
def test_towns_lie_where_the_table_says(town: int) -> None:
    lat, lon = gazetteer().position(town)
    assert -90 <= lat <= 90 and -180 <= lon <= 180
    assert packaged().name(town)
    assert look_up(lat, lon) is not None


@pytest.mark.parametrize(
    "data", [b"", b"NIVOPLAC", b"NIVOPLAC\x09\0\0\0\0", b"GIF89a" * 9, b"NIVOPLAC\1\0\0\0\0"]
)
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(PlacesError, match="install nivo-tui anew"):
        Table(data)


def test_a_table_that_is_cut_off_is_refused() -> None:
    data = (KNOWN.parents[1] / "nivo_tui" / "places" / "places.bin").read_bytes()
    with pytest.raises(PlacesError):
        Table(data[:300_000])


@given(st.lists(st.integers(-(2**31), 2**31 - 1)))
def test_planes_give_back_what_they_were_made_of(values: list[int]) -> None:
    from array import array

    numbers = array("i", values)
    assert unplaned(planed(numbers), "i") == numbers


def test_planes_that_end_within_a_number_are_refused() -> None:
    with pytest.raises(ValueError, match="within a number"):
        unplaned(b"abc", "H")


def test_the_table_names_whose_data_it_is() -> None:
    data = (KNOWN.parents[1] / "nivo_tui" / "places" / "places.bin").read_bytes()
    assert b"GeoNames" in data[:400] and b"CC BY 4.0" in data[:400] and b"Natural Earth" in data[:400]
    assert len(data) < 3_000_000
