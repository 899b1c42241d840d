"""Where the sun stands: `tagging/sun.py` beside published values and beside a series of higher precision.

    python benchmarks/sun.py [--moments 20000]

The series is that of Reda and Andreas 2003 (NREL/TP-560-34302): the earth's longitude and distance after
VSOP87 with the terms of its tables that move the sun by more than about 0.0001 degrees, nutation by the four
largest terms (Meeus, "Astronomical Algorithms", chapter 22), delta T by its fit of Espenak and Meeus.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from math import asin, atan2, cos, degrees, hypot, pi, radians, sin

from report import Row, report

from nivo_tui.tagging.sun import RISING, solar_position

# Amplitude in 1e-8 radians, phase in radians, rate in radians a Julian millennium: Table A4.2 of the report.
_L0 = (
    (175347046.0, 0.0, 0.0),
    (3341656.0, 4.6692568, 6283.07585),
    (34894.0, 4.6261, 12566.1517),
    (3497.0, 2.7441, 5753.3849),
    (3418.0, 2.8289, 3.5231),
    (3136.0, 3.6277, 77713.7715),
    (2676.0, 4.4181, 7860.4194),
    (2343.0, 6.1352, 3930.2097),
    (1324.0, 0.7425, 11506.7698),
    (1273.0, 2.0371, 529.691),
    (1199.0, 1.1096, 1577.3435),
    (990.0, 5.233, 5884.927),
    (902.0, 2.045, 26.298),
    (857.0, 3.508, 398.149),
    (780.0, 1.179, 5223.694),
    (753.0, 2.533, 5507.553),
    (505.0, 4.583, 18849.228),
    (492.0, 4.205, 775.523),
    (357.0, 2.92, 0.067),
    (317.0, 5.849, 11790.629),
    (284.0, 1.899, 796.298),
    (271.0, 0.315, 10977.079),
    (243.0, 0.345, 5486.778),
    (206.0, 4.806, 2544.314),
    (205.0, 1.869, 5573.143),
    (202.0, 2.458, 6069.777),
)
_L1 = (
    (628331966747.0, 0.0, 0.0),
    (206059.0, 2.678235, 6283.07585),
    (4303.0, 2.6351, 12566.1517),
    (425.0, 1.59, 3.523),
)
_L2 = ((52919.0, 0.0, 0.0), (8720.0, 1.0721, 6283.0758), (309.0, 0.867, 12566.152))
_R0 = ((100013989.0, 0.0, 0.0), (1670700.0, 3.0984635, 6283.07585), (13956.0, 3.05525, 12566.1517))
_R1 = ((103019.0, 1.10749, 6283.07585), (1721.0, 1.0644, 12566.1517))

_EPOCH = datetime(2000, 1, 1, 12, tzinfo=UTC)


def higher_precision(moment: datetime, lat: float, lon: float) -> tuple[float, float]:
    """Geometric elevation and azimuth of the sun at sea level, degrees, good to about 0.001."""
    days = (moment - _EPOCH).total_seconds() / 86_400
    declination, ascension, parallax, equinoxes = _apparent(days + _delta_t(moment) / 86_400)
    century = days / 36_525
    sidereal = 280.46061837 + 360.98564736629 * days + century**2 * (0.000387933 - century / 38_710_000)
    hour = radians((sidereal + equinoxes + lon) % 360) - ascension
    phi = radians(lat)
    height = asin(sin(phi) * sin(declination) + cos(phi) * cos(declination) * cos(hour))
    azimuth = atan2(
        -cos(declination) * sin(hour),
        sin(declination) * cos(phi) - cos(declination) * cos(hour) * sin(phi),
    )
    return degrees(height - parallax * cos(height)), degrees(azimuth) % 360


def _apparent(dynamical: float) -> tuple[float, float, float, float]:
    """Declination, right ascension, horizontal parallax (radians) and the equation of the equinoxes (degrees)
    of the apparent sun, for days of dynamical time after J2000.0."""
    century = dynamical / 36_525
    millennium = century / 10
    heliocentric = sum(_series(t, millennium) * millennium**n for n, t in enumerate((_L0, _L1, _L2)))
    distance = sum(_series(t, millennium) * millennium**n for n, t in enumerate((_R0, _R1)))
    # Nutation in longitude and obliquity, arc seconds.
    node = radians(125.04452 - 1934.136261 * century)
    sun, moon = radians(280.4665 + 36000.7698 * century), radians(218.3165 + 481267.8813 * century)
    in_longitude = -17.20 * sin(node) - 1.32 * sin(2 * sun) - 0.23 * sin(2 * moon) + 0.21 * sin(2 * node)
    in_obliquity = 9.20 * cos(node) + 0.57 * cos(2 * sun) + 0.10 * cos(2 * moon) - 0.09 * cos(2 * node)
    mean = 84381.448 - 46.8150 * century - 0.00059 * century**2 + 0.001813 * century**3
    obliquity = radians((mean + in_obliquity) / 3600)
    longitude = heliocentric + pi + radians((in_longitude - 20.4898 / distance) / 3600)
    declination = asin(sin(obliquity) * sin(longitude))
    ascension = atan2(cos(obliquity) * sin(longitude), cos(longitude))
    return declination, ascension, radians(8.794 / 3600 / distance), in_longitude / 3600 * cos(obliquity)


def _series(terms: Iterable[tuple[float, float, float]], millennium: float) -> float:
    return sum(a * cos(phase + rate * millennium) for a, phase, rate in terms) / 1e8


def _delta_t(moment: datetime) -> float:
    """Dynamical less universal time in seconds (Espenak and Meeus), within a second or two for 1950-2050."""
    year = moment.year + (moment.month - 0.5) / 12
    if year < 1961:
        return 29.07 + 0.407 * (year - 1950) - (year - 1950) ** 2 / 233 + (year - 1950) ** 3 / 2547
    if year < 1986:
        return 45.45 + 1.067 * (year - 1975) - (year - 1975) ** 2 / 260 - (year - 1975) ** 3 / 718
    t = year - 2000
    if year < 2005:
        return (
            63.86
            + 0.3345 * t
            - 0.060374 * t**2
            + 0.0017275 * t**3
            + 0.000651814 * t**4
            + 0.00002373599 * t**5
        )
    return 62.92 + 0.32217 * t + 0.005589 * t**2


def _zoned(hours: float, *when: int) -> datetime:
    return datetime(*when, tzinfo=timezone(timedelta(hours=hours)))  # type: ignore[arg-type]


# What, when, latitude, longitude, elevation as seen, azimuth; None where it is not stated.
_PUBLISHED = (
    (
        *("NREL/TP-560-34302, A.5: zenith, azimuth", _zoned(-7, 2003, 10, 17, 12, 30, 30)),
        *(39.742476, -105.1786, 90 - 50.11162, 194.34024),
    ),
)

# Declination of the apparent sun, degrees, at a moment.
_DECLINATIONS = (
    ("Meeus, example 25.a: 1992-10-13 0h TD", datetime(1992, 10, 12, 23, 59, 1, tzinfo=UTC), -7.78507),
    ("equinox of March 2000, 20th 07:35 UT", datetime(2000, 3, 20, 7, 35, tzinfo=UTC), 0.0),
    ("equinox of September 2010, 23rd 03:09 UT", datetime(2010, 9, 23, 3, 9, tzinfo=UTC), 0.0),
    ("equinox of March 2024, 20th 03:06 UT", datetime(2024, 3, 20, 3, 6, tzinfo=UTC), 0.0),
    ("solstice of June 2020, 20th 21:44 UT", datetime(2020, 6, 20, 21, 44, tzinfo=UTC), 23.4366),
    ("solstice of December 2020, 21st 10:02 UT", datetime(2020, 12, 21, 10, 2, tzinfo=UTC), -23.4366),
)


def declination(moment: datetime) -> float:
    """The declination that `solar_position` goes by: the sun's height over the north pole."""
    return solar_position(moment, 90.0, 0.0, refraction=False)[0]


def published() -> list[Row]:
    """Beside published values."""
    rows: list[Row] = []
    for what, moment, lat, lon, elevation, azimuth in _PUBLISHED:
        ours = solar_position(moment, lat, lon)
        rows.append(_row(what, 1, abs(ours[0] - elevation), abs(ours[1] - azimuth)))
    rows += [_row(what, 1, abs(declination(moment) - stated), None) for what, moment, stated in _DECLINATIONS]
    return rows


def series(moments: int) -> list[Row]:
    """Beside the series, for random moments and places, by the year and by the latitude."""
    chance = random.Random(1)
    begin, seconds = datetime(1950, 1, 1, tzinfo=UTC), 100 * 365.2425 * 86_400
    by_group: dict[str, list[tuple[float, float]]] = {}
    for _ in range(moments):
        moment = begin + timedelta(seconds=chance.random() * seconds)
        lat, lon = degrees(asin(chance.uniform(-1, 1))), chance.uniform(-180, 180)
        ours, theirs = solar_position(moment, lat, lon, refraction=False), higher_precision(moment, lat, lon)
        apart = abs((ours[1] - theirs[1] + 180) % 360 - 180)
        # An azimuth counts by how far it moves the sun in the sky: in the zenith it means nothing.
        error = abs(ours[0] - theirs[0]), apart * cos(radians(theirs[0]))
        band = f"{abs(lat) // 30 * 30:.0f} to {abs(lat) // 30 * 30 + 30:.0f} degrees north or south"
        for group in (f"the series, {moment.year // 25 * 25} to {moment.year // 25 * 25 + 24}", f"  {band}"):
            by_group.setdefault(group, []).append(error)
    return [
        _row(group, len(errors), max(e[0] for e in errors), max(e[1] for e in errors))
        for group, errors in sorted(by_group.items(), key=lambda item: (item[0].startswith(" "), item[0]))
    ]


def rising() -> Row:
    """Sunrises by the series, and how far ours has the sun from the almanac's height at them."""
    chance, worst, found = random.Random(2), 0.0, 0
    while found < 300:
        day = datetime(1950, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(36_500))
        lat, lon = chance.uniform(-64, 64), chance.uniform(-180, 180)
        noon = day + timedelta(hours=12 - lon / 15)
        early, late = noon - timedelta(hours=12), noon
        for _ in range(30):
            middle = early + (late - early) / 2
            up = higher_precision(middle, lat, lon)[0] > RISING
            early, late = (early, middle) if up else (middle, late)
        worst = max(worst, abs(solar_position(late, lat, lon, refraction=False)[0] - RISING))
        found += 1
    return _row("300 sunrises, 64 south to 64 north", found, worst, None)


def _row(what: str, count: int, elevation: float, azimuth: float | None) -> Row:
    shown = None if azimuth is None else f"{azimuth:.4f}"
    worst = hypot(elevation, azimuth or 0.0)
    return {
        "beside": what,
        "moments": count,
        "elevation off": f"{elevation:.4f}",
        "azimuth off": shown,
        "within 0.1": "yes" if worst <= 0.1 else "NO",
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moments", type=int, default=20_000)
    moments = parser.parse_args().moments
    # The series itself, beside the worked example of its report.
    made = higher_precision(_zoned(-7, 2003, 10, 17, 12, 30, 30), 39.742476, -105.1786)
    off = abs(made[0] - 39.872046), abs(made[1] - 194.34024)
    own = _row("the series itself, NREL/TP-560-34302, A.5", 1, *off)
    report("sun", [*published(), own, *series(moments), rising()])


if __name__ == "__main__":
    main()
