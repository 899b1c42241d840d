"""What the expressions of queries use beside SQLite's own functions."""

from __future__ import annotations

import math
import os
import sqlite3
from typing import Any

from nivo_tui.catalog.paths import from_db
from nivo_tui.catalog.records import fold

EARTH_KM = 6371.0088  # mean radius, IUGG 1980


def add_functions(connection: sqlite3.Connection) -> None:
    """What the expressions use beside SQLite's own functions."""
    for name, count, function in (
        ("nivo_fold", 1, _folded),
        ("nivo_is_called", 2, is_called),
        ("nivo_in_folder", 2, _in_folder),
        ("nivo_km", 4, distance_km),
    ):
        connection.create_function(name, count, function, deterministic=True)


def utf8(text: str) -> str:
    """A text as SQLite takes it: bytes that are no UTF-8 match nothing there."""
    return text.encode("utf-8", "replace").decode()


def _folded(value: Any) -> str | None:
    """A text or a stored path, in the form in which keywords are compared."""
    if value is None:
        return None
    return utf8(fold(from_db(value) if isinstance(value, bytes) else str(value)))


def is_called(name: Any, asked: str) -> bool:
    """Whether a person's name is the one asked for, or begins with it as its first words."""
    whole, wanted = fold(str(name)), fold(asked)
    return whole == wanted or whole.startswith(wanted + " ")


def _in_folder(stored: bytes, wanted: str) -> bool:
    """Whether a folder has this name or path, or lies below one that has; whatever the case."""
    folder, name = fold(from_db(stored)), fold(wanted)
    if os.sep != "/":
        folder, name = folder.replace(os.sep, "/"), name.replace(os.sep, "/")
    inside = name.strip("/")
    if os.path.isabs(wanted):
        return (folder.rstrip("/") + "/").startswith(name.rstrip("/") + "/")
    return bool(inside) and f"/{inside}/" in f"/{folder.strip('/')}/"


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float | None:
    """The great-circle distance in km of two positions in degrees, on a sphere (haversine formula)."""
    if lat is None or lon is None:
        return None
    north, south = math.radians(lat), math.radians(other_lat)
    half = math.sin((north - south) / 2) ** 2
    half += math.cos(north) * math.cos(south) * math.sin(math.radians(lon - other_lon) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
