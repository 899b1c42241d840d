"""Countries as polygons and as cells: from country-coder's outlines and Natural Earth's land."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

from places_sources import Source

from nivo_tui.places.borders import Polygon
from nivo_tui.places.table import BORDER_STEPS, CELL_COLUMNS, CELL_ROWS, CELLS_A_DEGREE, MIXED, NOBODY

Point = tuple[float, float]
Line = list[Point]

OFFSHORE_KM = 25.0
"""So far from land a photo is still in a country: a little more than territorial waters, 22.2 km."""

AS_GEONAMES = {"Crimea": "UA", "Northern Cyprus": "CY", "Akrotiri": "CY", "Dhekelia": "CY"}
"""Where GeoNames counts the towns to another country than the outlines do."""

SAHARA_NORTH = 27 + 2 / 3
"""The northern limit of Western Sahara, which GeoNames takes whole."""

FINER = (((-54.52, -25.75), (-54.40, -25.62)),)
"""Boxes in which Natural Earth's border is nearer to the truth: the gorge below the falls of the Iguazú."""


def polygons(source: Source) -> list[tuple[str, list[Line]]]:
    """ISO code and rings, longitude first; the first that holds a point counts."""
    made: list[tuple[str, list[Line]]] = []
    for south_west, north_east in FINER:
        for code, rings in _natural_earth(source):
            cut = [_in_box(ring, south_west, north_east) for ring in rings]
            made += [(code, [ring]) for ring in cut if len(ring) > 2]
    for feature in source.outlines["features"]:
        geometry = feature["geometry"]
        code = _code(feature["properties"], source.countries)
        if geometry is None or code is None:
            continue
        shapes = geometry["coordinates"]
        for rings in shapes if geometry["type"] == "MultiPolygon" else [shapes]:
            lines = [[(p[0], p[1]) for p in ring[:-1]] for ring in rings]
            if code == "MA":
                sahara = [_below(line, SAHARA_NORTH) for line in lines]
                if len(sahara[0]) > 2:
                    made.append(("EH", [line for line in sahara if len(line) > 2]))
            made.append((code, lines))
    return made


def _code(properties: dict[str, Any], known: dict[str, str]) -> str | None:
    """The code of the territory that an outline belongs to, else of its country."""
    if properties["nameEn"] in AS_GEONAMES:
        return AS_GEONAMES[properties["nameEn"]]
    country = properties.get("country")
    candidates = [properties.get("iso1A2"), *properties.get("groups", ()), country]
    named = [code for code in candidates if code in known]
    return next((code for code in named if code != country), named[0] if named else None)


def _below(ring: Line, north: float) -> Line:
    return _cut(ring, 1, north, keep_lower=True)


def _in_box(ring: Line, south_west: Point, north_east: Point) -> Line:
    for axis in (0, 1):
        ring = _cut(ring, axis, south_west[axis], keep_lower=False)
        ring = _cut(ring, axis, north_east[axis], keep_lower=True)
    return ring


def _cut(ring: Line, axis: int, at: float, *, keep_lower: bool) -> Line:
    """The part of a ring on one side of a line (Sutherland and Hodgman, 1974)."""
    kept: Line = []
    for before, point in zip(ring[-1:] + ring[:-1], ring, strict=True):
        inside, was = ((p[axis] <= at) is keep_lower for p in (point, before))
        if inside is not was:
            share = (at - before[axis]) / (point[axis] - before[axis])
            other = before[1 - axis] + share * (point[1 - axis] - before[1 - axis])
            kept.append((at, other) if axis == 0 else (other, at))
        if inside:
            kept.append(point)
    return kept


def _natural_earth(source: Source) -> Iterator[tuple[str, list[Line]]]:
    for geometry in source.land["objects"]["countries"]["geometries"]:
        code = source.numbers.get(geometry.get("id") or "")
        if code is not None and "arcs" in geometry:
            for rings in _shapes(source.land, geometry):
                yield code, rings


def land(source: Source) -> Iterator[Line]:
    """The rings of all land."""
    for geometry in source.land["objects"]["countries"]["geometries"]:
        if "arcs" in geometry:
            for rings in _shapes(source.land, geometry):
                yield rings[0]


def _shapes(topology: dict[str, Any], geometry: dict[str, Any]) -> Iterator[list[Line]]:
    """The polygons of a TopoJSON geometry: arcs are delta-coded and quantised (TopoJSON 1, section 2.1.4)."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    for rings in geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]:
        lines = []
        for ring in rings:
            line: Line = []
            for number in ring:
                x = y = 0
                points = []
                for dx, dy in topology["arcs"][number if number >= 0 else ~number]:
                    x, y = x + dx, y + dy
                    points.append((x * sx + tx, y * sy + ty))
                line += (points if number >= 0 else points[::-1])[:-1]
            lines.append(line)
        yield lines


def packed(shapes: Iterable[tuple[str, list[Line]]], numbers: dict[str, int]) -> list[Polygon]:
    """The polygons as the table holds them."""

    def stepped(values: Iterable[float]) -> array[int]:
        return array("i", [round(value * BORDER_STEPS) for value in values])

    return [
        Polygon(numbers[code], [(stepped(p[0] for p in r), stepped(p[1] for p in r)) for r in rings])
        for code, rings in shapes
    ]


def cells(shapes: list[Polygon], rings: Iterable[Line], towns: Iterable[Point]) -> bytearray:
    """The map of the cells: who holds each of them, NOBODY where it is far from land."""
    held = bytearray([NOBODY]) * (CELL_ROWS * CELL_COLUMNS)
    crossed = bytearray(len(held))
    for polygon in shapes:
        edges = [
            ((a / BORDER_STEPS, b / BORDER_STEPS), (c / BORDER_STEPS, d / BORDER_STEPS))
            for lons, lats in polygon.rings
            for a, b, c, d in zip(lons, lats, [*lons[1:], lons[0]], [*lats[1:], lats[0]], strict=True)
        ]
        for start, end in edges:
            for cell in _touched(start, end):
                crossed[cell] = 1
        for cell in _filled(edges):
            if held[cell] == NOBODY:
                held[cell] = polygon.country
    near = _near_land(rings, towns)
    for cell in range(len(held)):
        if not near[cell]:
            held[cell] = NOBODY
        elif crossed[cell]:
            held[cell] = MIXED
    return held


def _near_land(rings: Iterable[Line], towns: Iterable[Point]) -> bytearray:
    """1 for each cell of which a part may lie within OFFSHORE_KM of land."""
    dry = bytearray(CELL_ROWS * CELL_COLUMNS)
    for ring in rings:
        edges = list(zip(ring, ring[1:] + ring[:1], strict=True))
        for start, end in edges:
            if abs(start[0] - end[0]) < 180.0:
                for cell in _touched(start, end):
                    dry[cell] = 1
        for cell in _filled(edges):
            dry[cell] = 1
    for lon, lat in towns:
        dry[_cell(lon, lat)] = 1
    # What lies south of the ice shelves' edge is on the ice.
    dry[: (90 - 79) * CELLS_A_DEGREE * CELL_COLUMNS] = b"\1" * ((90 - 79) * CELLS_A_DEGREE * CELL_COLUMNS)
    return _widened(dry)


def _widened(dry: bytearray) -> bytearray:
    near = bytearray(len(dry))
    high = math.ceil(OFFSHORE_KM / (111.2 / CELLS_A_DEGREE))
    for row in range(CELL_ROWS):
        lat = min(89.5, abs((row + 0.5) / CELLS_A_DEGREE - 90.0))
        wide = min(CELL_COLUMNS // 2, math.ceil(OFFSHORE_KM / (111.2 * math.cos(math.radians(lat))) * 4))
        start = row * CELL_COLUMNS
        line = dry[start : start + CELL_COLUMNS]
        spread = bytearray(CELL_COLUMNS)
        for column, set_ in enumerate(line):
            if set_:
                for by in range(-wide, wide + 1):
                    spread[(column + by) % CELL_COLUMNS] = 1
        for other in range(max(0, row - high), min(CELL_ROWS, row + high + 1)):
            to = other * CELL_COLUMNS
            for column, set_ in enumerate(spread):
                if set_:
                    near[to + column] = 1
    return near


def _cell(lon: float, lat: float) -> int:
    row = max(0, min(CELL_ROWS - 1, math.floor((lat + 90.0) * CELLS_A_DEGREE)))
    column = max(0, min(CELL_COLUMNS - 1, math.floor((lon + 180.0) * CELLS_A_DEGREE)))
    return row * CELL_COLUMNS + column


def _touched(start: Point, end: Point) -> Iterator[int]:
    """The cells that an edge passes, and some beside it: none is left out."""
    steps = max(1, math.ceil(max(abs(end[0] - start[0]), abs(end[1] - start[1])) * CELLS_A_DEGREE * 4))
    for step in range(steps + 1):
        share = step / steps
        lon, lat = (start[i] + (end[i] - start[i]) * share for i in (0, 1))
        near = 0.03
        for dx, dy in ((-near, -near), (near, -near), (-near, near), (near, near)):
            yield _cell(lon + dx, lat + dy)


def _filled(edges: list[tuple[Point, Point]]) -> Iterator[int]:
    """The cells whose centres the edges enclose (even-odd rule)."""
    crossings: dict[int, list[float]] = {}
    for (ax, ay), (bx, by) in edges:
        if ay == by:
            continue
        low, high = (ay, by) if ay < by else (by, ay)
        first = math.ceil((low + 90.0) * CELLS_A_DEGREE - 0.5)
        last = math.ceil((high + 90.0) * CELLS_A_DEGREE - 0.5)
        for row in range(max(0, first), min(CELL_ROWS, last)):
            lat = (row + 0.5) / CELLS_A_DEGREE - 90.0
            crossings.setdefault(row, []).append(ax + (lat - ay) * (bx - ax) / (by - ay))
    for row, found in crossings.items():
        found.sort()
        for west, east in zip(found[::2], found[1::2], strict=False):
            first = math.ceil((west + 180.0) * CELLS_A_DEGREE - 0.5)
            last = math.ceil((east + 180.0) * CELLS_A_DEGREE - 0.5)
            for column in range(max(0, first), min(CELL_COLUMNS, last)):
                yield row * CELL_COLUMNS + column
