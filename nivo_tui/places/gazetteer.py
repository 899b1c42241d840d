"""What a person would say where a position is: the city nearby, the region and the country."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from nivo_tui.places.borders import Borders
from nivo_tui.places.table import (
    LAT_STEPS,
    PART,
    POPULATION_STEPS,
    ROWS,
    ROWS_A_DEGREE,
    Country,
    Table,
    packaged,
)

CITY_KM = 5.0
"""A city is named within this distance; a large one, which is wider than that, within a few km more."""

REGION_KM = 75.0
_WIDEST_KM = 13.0
_LARGE = 300_000
_PEOPLE_A_KM2 = 6_000.0
"""The usual density of a built-up area."""

_MISDRAWN_KM, _MISDRAWN_BY_KM = 1.5, 0.7
"""Borders are drawn a little wrong in places: a town so near tells better, where it lies so little beyond."""

_DEGREE_KM = 111.195


@dataclass(frozen=True, slots=True)
class City:
    """A city, town or village of GeoNames.

    `km` is how far its centre is, `beyond_km` how much of that lies beyond what belongs to so large a city.
    """

    name: str
    km: float
    beyond_km: float
    population: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a position is.

    `region_km`: how far the town is that tells the region, 0 within a city's reach. `at_border`: another
    country, or the open sea, may be within some 30 km.
    """

    country: Country
    region: str | None
    region_km: float
    city: City | None
    at_border: bool = False


Town = tuple[float, int]
"""How far in km, and the number of the town."""


class Gazetteer:
    """Looks positions up in a table of places."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._borders = Borders(table)

    def look_up(self, lat: float, lon: float) -> Place | None:
        """The place at a position (WGS 84, degrees). None at sea far from land, and where there is no such
        position on earth."""
        if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):
            return None
        nearby = sorted(self._within(lat, lon, CITY_KM + _WIDEST_KM))
        country = self._country(lat, lon, nearby)
        if country is None:
            return None
        ours = [town for town in nearby if self._country_of(town[1]) == country]
        chosen = self._city(ours)
        region, region_km = self._region(lat, lon, country, chosen, ours)
        city = None
        if chosen is not None:
            km, town = chosen
            city = City(
                self._table.name(town), km, max(0.0, km - self._width(town)), self._table.population(town)
            )
        return Place(
            self._table.countries[country], region, region_km, city, self._borders.near_border(lat, lon)
        )

    def _country(self, lat: float, lon: float, nearby: list[Town]) -> int | None:
        """By the borders; but where a town beside the position is drawn on the wrong side, by the town."""
        country = self._borders.country(lat, lon)
        if not nearby or not self._borders.near_border(lat, lon):
            return country
        km, town = nearby[0]
        of_town = self._country_of(town)
        if of_town == country or km > _MISDRAWN_KM:
            return country
        return of_town if self._is_misdrawn(town, of_town) else country

    def _is_misdrawn(self, town: int, country: int) -> bool:
        """Whether a town lies a little beyond its own country's border. Farther beyond, the town is wrong."""
        lat, lon = self.position(town)
        if self._borders.country(lat, lon) == country:
            return False
        high = _MISDRAWN_BY_KM / _DEGREE_KM
        wide = high / max(0.01, math.cos(math.radians(lat)))
        around = [(high, 0.0), (-high, 0.0), (0.0, wide), (0.0, -wide)]
        return any(self._borders.country(*_on_map(lat + up, lon + right)) == country for up, right in around)

    def _city(self, towns: list[Town]) -> Town | None:
        """The town that is meant: its distance counts against how far towns of its size are known around."""
        whole = [t for t in towns if not self._table.region_of[t[1]] & PART]
        # A part is named where the city's own centre is too far to be named.
        return self._meant(whole) or self._meant(towns)

    def _meant(self, towns: list[Town]) -> Town | None:
        best, least = None, math.inf
        people = self._table.people
        for km, town in towns:
            if km > CITY_KM + self._width(town):
                continue
            beyond = max(0.0, km - self._width(town))
            counted = (0.3 + km) * (1.0 + beyond / 2.0) / math.exp(people[town] / POPULATION_STEPS * 0.4)
            if counted < least:
                best, least = (km, town), counted
        return best

    def _width(self, town: int) -> float:
        """How much farther than others a large city is named, in km: half the radius of its built-up area."""
        people = self._table.population(town)
        if people < _LARGE:
            return 0.0
        return min(_WIDEST_KM, math.sqrt(people / _PEOPLE_A_KM2 / math.pi) / 2)

    def _region(
        self, lat: float, lon: float, country: int, city: Town | None, ours: list[Town]
    ) -> tuple[str | None, float]:
        """The region of the city, else of the nearest town of the country, and how far that is."""
        if city is not None:
            return self._region_name(city[1]), 0.0
        if not ours:
            for reach in (30.0, REGION_KM):
                ours = sorted(t for t in self._within(lat, lon, reach) if self._country_of(t[1]) == country)
                if ours:
                    break
            else:
                return None, 0.0
        km, nearest = ours[0]
        return self._region_name(nearest), km

    def _region_name(self, town: int) -> str | None:
        return self._table.regions[self._table.region_of[town] & ~PART][1] or None

    def _country_of(self, town: int) -> int:
        return self._table.regions[self._table.region_of[town] & ~PART][0]

    def position(self, town: int) -> tuple[float, float]:
        """Latitude and longitude of a town by its number, in degrees."""
        row = bisect_right(self._table.starts, town) - 1
        return (
            row / ROWS_A_DEGREE - 90.0 + self._table.lats[town] / LAT_STEPS,
            self._table.lons[town] / LAT_STEPS,
        )

    def _within(self, lat: float, lon: float, reach: float) -> Iterator[Town]:
        """The towns within `reach` km, by an equirectangular measure: true to 0.1 % at such distances."""
        table = self._table
        high = reach / _DEGREE_KM
        first = max(0, int((lat - high + 90.0) * ROWS_A_DEGREE))
        last = min(ROWS - 1, int((lat + high + 90.0) * ROWS_A_DEGREE))
        shrink = max(0.01, math.cos(math.radians(min(90.0, abs(lat) + high))))
        wide = min(180.0, high / shrink)
        flat = math.cos(math.radians(lat))
        for shift in _windings(lon, wide):
            west = math.floor((lon + shift - wide) * LAT_STEPS)
            east = math.ceil((lon + shift + wide) * LAT_STEPS)
            at = (lon + shift) * LAT_STEPS
            for row in range(first, last + 1):
                start, end = table.starts[row], table.starts[row + 1]
                low = bisect_left(table.lons, west, start, end)
                top = bisect_right(table.lons, east, low, end)
                south = (row / ROWS_A_DEGREE - 90.0 - lat) * LAT_STEPS
                for town in range(low, top):
                    dx = (table.lons[town] - at) * flat
                    dy = south + table.lats[town]
                    km = math.sqrt(dx * dx + dy * dy) * (_DEGREE_KM / LAT_STEPS)
                    if km <= reach:
                        yield km, town


def _on_map(lat: float, lon: float) -> tuple[float, float]:
    return max(-90.0, min(90.0, lat)), max(-180.0, min(180.0, lon))


def _windings(lon: float, wide: float) -> tuple[float, ...]:
    """By what to turn a longitude to look on both sides of the 180th meridian."""
    if lon - wide < -180.0:
        return (0.0, 360.0)
    if lon + wide > 180.0:
        return (0.0, -360.0)
    return (0.0,)


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The gazetteer of the package's table, read once. Raises PlacesError where it cannot be read."""
    return Gazetteer(packaged())
