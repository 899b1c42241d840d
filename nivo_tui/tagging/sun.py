"""Where the sun stood: a low-precision solar position, good to 0.02 degrees for 1950-2050.

Formulas of the NOAA solar calculator, after Jean Meeus, "Astronomical Algorithms" (2nd ed. 1998), chapters
22 (obliquity), 25 (solar coordinates), 12 (sidereal time) and 16 (refraction, Saemundsson's formula).
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import asin, atan2, cos, degrees, radians, sin, tan

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
RISING = -0.8333
"""Elevation of the sun's centre in degrees at sunrise and sunset: its radius of 16', a refraction of 34'."""


def solar_position(
    moment: datetime, lat: float, lon: float, *, refraction: bool = True
) -> tuple[float, float]:
    """Elevation of the sun's centre above the horizon, and its azimuth clockwise from north, in degrees.

    The elevation is as seen through air of 1010 hPa and 10 degrees C while any of the sun is above the
    horizon (as in Reda and Andreas 2003, NREL/TP-560-34302, 3.14.2), without `refraction` the geometric one.
    `moment` must carry a time zone. Latitude and longitude in degrees, north and east positive.
    """
    days = (moment.astimezone(UTC) - _J2000).total_seconds() / 86400.0
    declination, right_ascension = _equatorial(days)
    sidereal = (280.46061837 + 360.98564736629 * days) % 360.0
    hour_angle = radians((sidereal + lon - right_ascension + 180.0) % 360.0 - 180.0)
    phi, delta = radians(lat), radians(declination)
    height = sin(phi) * sin(delta) + cos(phi) * cos(delta) * cos(hour_angle)
    elevation = degrees(asin(max(-1.0, min(1.0, height))))
    azimuth = degrees(atan2(sin(hour_angle), cos(hour_angle) * sin(phi) - tan(delta) * cos(phi))) + 180.0
    return elevation + (_refraction(elevation) if refraction else 0.0), azimuth % 360.0


def polar(moment: datetime, lat: float) -> str | None:
    """What a day without sunrise and sunset is called: "polar day" or "polar night"; None for all others."""
    declination, _ = _equatorial((moment.astimezone(UTC) - _J2000).total_seconds() / 86400.0)
    if abs(lat + declination) - 90.0 > RISING:
        return "polar day"
    return "polar night" if 90.0 - abs(lat - declination) < RISING else None


def _equatorial(days: float) -> tuple[float, float]:
    """Apparent declination and right ascension of the sun, degrees, `days` after J2000.0."""
    century = days / 36525.0
    mean_longitude = 280.46646 + century * (36000.76983 + century * 0.0003032)
    anomaly = radians(357.52911 + century * (35999.05029 - century * 0.0001537))
    centre = (
        sin(anomaly) * (1.914602 - century * (0.004817 + century * 0.000014))
        + sin(2 * anomaly) * (0.019993 - century * 0.000101)
        + sin(3 * anomaly) * 0.000289
    )
    node = radians(125.04 - 1934.136 * century)
    longitude = radians(mean_longitude + centre - 0.00569 - 0.00478 * sin(node))
    obliquity = radians(23.439291 - century * 0.0130042 + 0.00256 * cos(node))
    declination = degrees(asin(sin(obliquity) * sin(longitude)))
    ascension = degrees(atan2(cos(obliquity) * sin(longitude), cos(longitude)))
    return declination, ascension % 360.0


def _refraction(elevation: float) -> float:
    """How much the air lifts the sun, degrees (Meeus 16.4); nothing where none of it is up."""
    if elevation < RISING:
        return 0.0
    return 1.02 / 60.0 / tan(radians(elevation + 10.3 / (elevation + 5.11)))
