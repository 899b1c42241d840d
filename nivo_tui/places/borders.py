"""Which country holds a position: by cells where one country has all of it, else by its polygons."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from functools import cached_property

from nivo_tui.places.table import (
    BORDER_STEPS,
    CELL_COLUMNS,
    CELL_ROWS,
    CELLS_A_DEGREE,
    MIXED,
    NOBODY,
    Table,
    unplaned,
)

Ring = tuple[Sequence[int], Sequence[int]]
"""Longitudes and latitudes in 1/100,000 degree; the last point is joined with the first."""


class Polygon:
    """An area of a country: rings, of which those inside others are holes (even-odd rule)."""

    def __init__(self, country: int, rings: Iterable[Ring]) -> None:
        self.country = country
        self.rings = tuple(rings)
        self.west = min(min(lons) for lons, _ in self.rings)
        self.east = max(max(lons) for lons, _ in self.rings)
        self.south = min(min(lats) for _, lats in self.rings)
        self.north = max(max(lats) for _, lats in self.rings)

    def holds(self, x: int, y: int) -> bool:
        """Whether a position lies inside, by the crossings of a line to the east."""
        if not (self.west <= x <= self.east and self.south <= y <= self.north):
            return False
        inside = False
        for lons, lats in self.rings:
            before_x, before_y = lons[-1], lats[-1]
            above = before_y > y
            for at_x, at_y in zip(lons, lats, strict=True):
                if (at_y > y) is not above:
                    above = not above
                    crossing = before_x + (y - before_y) * (at_x - before_x) / (at_y - before_y)
                    if x < crossing:
                        inside = not inside
                before_x, before_y = at_x, at_y
        return inside


class Borders:
    """The countries of a table, found by position."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._in_cell: dict[int, tuple[Polygon, ...]] = {}

    def country(self, lat: float, lon: float) -> int | None:
        """The number of the country that holds a position in degrees; None at sea, far from land."""
        code = self._table.cells[cell_of(lat, lon)]
        if code < MIXED:
            return code
        return None if code == NOBODY else self._by_polygon(lat, lon)

    def near_border(self, lat: float, lon: float) -> bool:
        """Whether more than one country, or the open sea, has a part of the cell."""
        return self._table.cells[cell_of(lat, lon)] == MIXED

    def _by_polygon(self, lat: float, lon: float) -> int | None:
        x, y = round(lon * BORDER_STEPS), round(lat * BORDER_STEPS)
        for polygon in self._near(cell_of(lat, lon)):
            if polygon.holds(x, y):
                return polygon.country
        return None

    def _near(self, cell: int) -> tuple[Polygon, ...]:
        """The polygons whose boxes touch a cell."""
        known = self._in_cell.get(cell)
        if known is None:
            row, column = divmod(cell, CELL_COLUMNS)
            size = BORDER_STEPS // CELLS_A_DEGREE
            west, south = column * size - 180 * BORDER_STEPS, row * size - 90 * BORDER_STEPS
            known = self._in_cell[cell] = tuple(
                p
                for p in self._polygons
                if p.west <= west + size and p.east >= west and p.south <= south + size and p.north >= south
            )
        return known

    @cached_property
    def _polygons(self) -> tuple[Polygon, ...]:
        return read_borders(self._table.borders)


def cell_of(lat: float, lon: float) -> int:
    """The number of the cell that holds a position; the edges of the map belong to its last cells."""
    row = min(CELL_ROWS - 1, int((lat + 90.0) * CELLS_A_DEGREE))
    column = min(CELL_COLUMNS - 1, int((lon + 180.0) * CELLS_A_DEGREE))
    return row * CELL_COLUMNS + column


def read_borders(data: bytes) -> tuple[Polygon, ...]:
    """The polygons of the section `borders`. Raises struct.error or ValueError where it is damaged."""
    (count,) = struct.unpack_from("<I", data, 0)
    at, heads = 4, []
    for _ in range(count):
        country, rings = struct.unpack_from("<BH", data, at)
        lengths = struct.unpack_from(f"<{rings}I", data, at + 3)
        heads.append((country, lengths))
        at += 3 + 4 * rings
    points = unplaned(data[at:], "i")
    half = len(points) // 2
    lons, lats = points[:half], points[half:]
    polygons, start = [], 0
    for country, lengths in heads:
        rings_of = []
        for length in lengths:
            rings_of.append((lons[start : start + length], lats[start : start + length]))
            start += length
        polygons.append(Polygon(country, rings_of))
    return tuple(polygons)
