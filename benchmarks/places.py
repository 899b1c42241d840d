"""How often the place of a position is right: `known_places.toml`, a list of places known to a person.

python benchmarks/places.py [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import random
import time
import tomllib
from pathlib import Path

from nivo_tui.places.gazetteer import Gazetteer, Place
from nivo_tui.places.table import Table

_KNOWN = Path(__file__).with_name("known_places.toml")
_TABLE = Path(__file__).resolve().parent.parent / "nivo_tui" / "places" / "places.bin"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    start = time.perf_counter()
    gazetteer = Gazetteer(Table(_TABLE.read_bytes()))
    load_ms = (time.perf_counter() - start) * 1000
    known = tomllib.loads(_KNOWN.read_text(encoding="utf-8"))["places"]
    countries = cities = judged = 0
    for place in known:
        found = gazetteer.look_up(place["lat"], place["lon"])
        code, city = _said(found)
        countries += code == place["country"]
        if code != place["country"]:
            print(f"  country: {place['name']}: {code or 'none'}, not {place['country'] or 'none'}")
        if "city" in place:
            judged += 1
            cities += city in place["city"]
            if city not in place["city"]:
                print(
                    f"  city: {place['name']}: {city or 'none'}, not {' or '.join(place['city']) or 'none'}"
                )
    rates = {
        "near the known places": _rate(gazetteer, _around(known)),
        "anywhere": _rate(gazetteer, _anywhere()),
    }
    figures = {
        "places": len(known),
        "country_right": countries / len(known),
        "cities_judged": judged,
        "city_right": cities / judged,
        "load_ms": round(load_ms, 1),
        "look_ups_per_second": rates,
        "table_bytes": _TABLE.stat().st_size,
    }
    print(f"country right  {countries} of {len(known)}  {100 * countries / len(known):.1f} %")
    print(f"city right     {cities} of {judged}  {100 * cities / judged:.1f} %")
    print(f"load           {load_ms:.0f} ms, {figures['table_bytes']:,} bytes")
    for where, rate in rates.items():
        print(f"look-ups       {rate:,.0f} a second {where}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1))


def _said(place: Place | None) -> tuple[str, str]:
    if place is None:
        return "", ""
    return place.country.code, place.city.name if place.city else ""


def _around(known: list[dict[str, float]]) -> list[tuple[float, float]]:
    """Positions as a library has them: many near each known place."""
    chance = random.Random(7)
    return [
        _moved(p["lat"], p["lon"], chance)
        for p in known
        for _ in range(40)
    ]  # fmt: skip


def _moved(lat: float, lon: float, chance: random.Random) -> tuple[float, float]:
    lat, lon = lat + chance.gauss(0, 0.02), lon + chance.gauss(0, 0.02)
    return max(-90.0, min(90.0, lat)), max(-180.0, min(180.0, lon))


def _anywhere() -> list[tuple[float, float]]:
    chance = random.Random(8)
    return [(chance.uniform(-90, 90), chance.uniform(-180, 180)) for _ in range(10_000)]


def _rate(gazetteer: Gazetteer, positions: list[tuple[float, float]]) -> float:
    start = time.perf_counter()
    for lat, lon in positions:
        gazetteer.look_up(lat, lon)
    return len(positions) / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
