"""When the picture was taken: year, month, season, and the part of day by the sun or else by the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from nivo_tui.model import Capture, Category, Gps, Suggestion
from nivo_tui.tagging import clock
from nivo_tui.tagging.evidence import Draft, Evidence
from nivo_tui.tagging.sun import solar_position
from nivo_tui.tagging.vocabulary import Vocabulary

_MONTHS = ("january february march april may june july august september october november december").split()
_SEASONS = ("winter", "spring", "summer", "autumn")
_TROPIC = 23.44

# Hours of the clock, half-open, for where nothing is known of the sun.
_CLOCK_PARTS = (
    (5, "night"),
    (11, "morning"),
    (14, "midday"),
    (18, "afternoon"),
    (22, "evening"),
    (24, "night"),
)

# Elevations of the sun in degrees: the usual limits of golden (-4 to 6) and blue hour (-6 to -4).
_GOLDEN_TOP, _GOLDEN_END, _BLUE_END = 6.0, -4.0, -6.0
_AT_HORIZON = (-1.2, 1.2)


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """Nothing where the date is not to be believed (`clock.problem` says why)."""
    capture = evidence.metadata.capture
    taken = capture.taken_at
    draft = Draft(vocabulary, Category.TEMPORAL)
    if taken is None or clock.problem(capture) is not None:
        return ()
    sure = 1.0 if capture.taken_from in {"original", "gps"} else 0.85
    why = f"taken {taken:%Y-%m-%d} ({capture.taken_from})"
    draft.add(f"year_{taken.year:04d}", sure, why, "date")
    draft.add(_MONTHS[taken.month - 1], sure, why, "date")
    if taken.weekday() >= 5:
        draft.add("weekend", sure * 0.95, f"{taken:%Y-%m-%d} was a {_weekday(taken)}", "date")
    _season(draft, taken, capture.gps, sure)
    if not clock.is_date_only(taken):
        _part_of_day(draft, taken, capture, sure)
    return draft.suggestions


def season_of(month: int, lat: float | None) -> str:
    """The meteorological season of a month (1-12); of the northern half where the latitude is None."""
    shift = 2 if lat is not None and lat < 0 else 0
    return _SEASONS[(month % 12 // 3 + shift) % 4]


def _season(draft: Draft, taken: datetime, gps: Gps | None, sure: float) -> None:
    season = season_of(taken.month, gps.lat if gps else None)
    month = _MONTHS[taken.month - 1].capitalize()
    if gps is None:
        draft.add(season, 0.6 * sure, f"{month}; north assumed, there is no position", "date")
        return
    side = "south" if gps.lat < 0 else "north"
    if abs(gps.lat) < _TROPIC:
        draft.add(season, 0.4 * sure, f"{month} at {abs(gps.lat):.0f}° {side}, within the tropics", "date")
        return
    draft.add(season, 0.97 * sure, f"{month} at {abs(gps.lat):.0f}° {side}", "date")


def _weekday(taken: datetime) -> str:
    return "Saturday" if taken.weekday() == 5 else "Sunday"


def _part_of_day(draft: Draft, taken: datetime, capture: Capture, sure: float) -> None:
    if capture.gps is None:
        part = next(name for end, name in _CLOCK_PARTS if taken.hour < end)
        draft.add(part, 0.7 * sure, f"clock {taken:%H:%M}; no position for the sun", "clock")
        return
    moments, how, certain = _moments(taken, capture)
    readings = [_reading(moment, capture.gps) for moment in moments]
    parts, elevation = readings[len(readings) // 2]
    agreed = all(other[0] == parts for other in readings)
    confidence = sure * (0.97 if certain else 0.8 if agreed else 0.5)
    side = "above" if elevation >= 0 else "below"
    why = f"sun {abs(elevation):.1f}° {side} the horizon at {taken:%H:%M}, {how}"
    for part in parts:
        draft.add(part, confidence, why, "sun")


def _moments(taken: datetime, capture: Capture) -> tuple[list[datetime], str, bool]:
    """The moments meant. A time without a zone is taken as the legal time there: at least the solar zone of
    the longitude (15 degrees an hour), often one hour ahead of it and at most two (summer time, wide zones);
    the middle one counts, and all three must agree for a sure answer."""
    if taken.tzinfo is not None:
        return [taken], f"UTC{taken:%z}"[:6] + f":{taken:%z}"[-3:], True
    if capture.taken_from == "gps":
        return [taken.replace(tzinfo=UTC)], "GPS time", True
    assert capture.gps is not None
    solar = round(capture.gps.lon / 15.0)
    zones = [timezone(timedelta(hours=max(-12, min(14, solar + ahead)))) for ahead in (0, 1, 2)]
    return [taken.replace(tzinfo=zone) for zone in zones], "zone guessed from the longitude", False


def _reading(moment: datetime, gps: Gps) -> tuple[tuple[str, ...], float]:
    """The parts of day at a moment, and the sun's elevation in degrees."""
    elevation, azimuth = solar_position(moment, gps.lat, gps.lon)
    rising = azimuth < 180.0
    if elevation >= _GOLDEN_TOP:
        return (_day_part(moment, gps),), elevation
    if elevation >= _GOLDEN_END:
        low = _AT_HORIZON[0] <= elevation <= _AT_HORIZON[1]
        return ("golden_hour", "sunrise" if rising else "sunset") if low else ("golden_hour",), elevation
    return ("blue_hour" if elevation >= _BLUE_END else "night",), elevation


def _day_part(moment: datetime, gps: Gps) -> str:
    """Morning, midday or afternoon by mean solar time at the place, within about a quarter of an hour."""
    utc = moment.astimezone(UTC)
    hour = (utc.hour + utc.minute / 60 + gps.lon / 15.0) % 24
    return "morning" if hour < 10.5 else "midday" if hour < 13.5 else "afternoon"
