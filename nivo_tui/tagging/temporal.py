"""When the picture was taken: year, month, season, and the part of day by the sun or else by the clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from nivo_tui.model import Capture, Category, Gps, Suggestion
from nivo_tui.tagging import clock
from nivo_tui.tagging.evidence import Draft, Evidence, percent
from nivo_tui.tagging.sun import polar, solar_position
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

# Elevations of the sun in degrees. Golden hour is the photographers', from 6 above to 4 below the horizon
# (PhotoPills, "Understanding golden hour, blue hour and twilights"). What is left of civil twilight, which
# ends at 6 below (U.S. Naval Observatory, "Rise, set, and twilight definitions"), is their blue hour.
_GOLDEN_TOP, _GOLDEN_END, _TWILIGHT_END = 6.0, -4.0, -6.0
_AT_HORIZON = (-1.2, 1.2)
_EVENING_HOUR = 18.0
_WIDEST_ZONE_H = 4.0
# A picture this dark by night; most pictures by day and by lamp light are brighter in their middle tone.
_DARK_MEDIAN, _DARK_MEAN = 0.22, 0.3

_SURE = {"original": 1.0, "gps": 1.0, "name": 0.75}
_LESS_SURE = 0.85


@dataclass(frozen=True, slots=True)
class _Reading:
    """The parts of day at a moment, the sun's elevation in degrees, and whether it is polar day or night."""

    parts: tuple[str, ...]
    elevation: float
    polar: str | None


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """Nothing where the date is not to be believed (`clock.problem` says why)."""
    capture, why = evidence.taken, evidence.taken_why
    taken = capture.taken_at
    corrected = why is not None and capture.taken_from != "name"
    draft = Draft(vocabulary, Category.TEMPORAL)
    if taken is None or clock.problem(capture, evidence.latest, corrected=corrected) is not None:
        return ()
    sure = _SURE.get(capture.taken_from or "", _LESS_SURE)
    how = f", {why}" if why is not None else ""
    of_date = f"taken {taken:%Y-%m-%d} ({capture.taken_from}){how}"
    draft.add(f"year_{taken.year:04d}", sure, of_date, "date")
    draft.add(_MONTHS[taken.month - 1], sure, of_date, "date")
    if taken.weekday() >= 5:
        draft.add("weekend", sure * 0.95, f"{taken:%Y-%m-%d} was a {_weekday(taken)}{how}", "date")
    place = _on_earth(capture.gps)
    _season(draft, taken, place, sure, how)
    if not clock.is_date_only(taken):
        dark = _darkness(evidence)
        if place is not None:
            _part_by_sun(draft, taken, capture, place, sure, how, dark)
        elif _is_local(taken, capture):
            _part_by_clock(draft, taken, sure, how, dark)
    return draft.suggestions


def season_of(month: int, lat: float | None) -> str:
    """The meteorological season of a month (1-12); of the northern half where the latitude is None."""
    shift = 2 if lat is not None and lat < 0 else 0
    return _SEASONS[(month % 12 // 3 + shift) % 4]


def _season(draft: Draft, taken: datetime, gps: Gps | None, sure: float, how: str) -> None:
    season = season_of(taken.month, gps.lat if gps else None)
    month = _MONTHS[taken.month - 1].capitalize()
    if gps is None:
        draft.add(season, 0.6 * sure, f"{month}; north assumed, there is no position{how}", "date")
        return
    where = f"{month} at {abs(gps.lat):.0f}° {'south' if gps.lat < 0 else 'north'}"
    if abs(gps.lat) < _TROPIC:
        draft.add(season, 0.4 * sure, f"{where}, within the tropics{how}", "date")
        return
    draft.add(season, 0.97 * sure, f"{where}{how}", "date")


def _on_earth(gps: Gps | None) -> Gps | None:
    """The position where it is one; NaN is none, and 0, 0 is what receivers without one write."""
    if gps is None or not (abs(gps.lat) <= 90 and abs(gps.lon) <= 180) or gps.lat == gps.lon == 0:
        return None
    return gps


def _weekday(taken: datetime) -> str:
    return "Saturday" if taken.weekday() == 5 else "Sunday"


def _is_local(taken: datetime, capture: Capture) -> bool:
    """Whether the hour is that of the place: satellites and some makers' names tell UTC."""
    return taken.tzinfo is not UTC or capture.taken_from not in {"gps", "name"}


def _darkness(evidence: Evidence) -> str | None:
    """How dark the picture is, in words; None where it is not dark or was not looked at."""
    features = evidence.features
    if features is None or features.luma_median > _DARK_MEDIAN or features.luma_mean > _DARK_MEAN:
        return None
    return f"the picture is dark (middle tone {percent(features.luma_median)})"


def _part_by_clock(draft: Draft, taken: datetime, sure: float, how: str, dark: str | None) -> None:
    part = next(name for end, name in _CLOCK_PARTS if taken.hour < end)
    why = f"clock {taken:%H:%M}; no position for the sun"
    if part == "night":
        if dark is None:
            return
        why = f"{why}; {dark}"
    draft.add(part, 0.7 * sure, why + how, "clock")


def _part_by_sun(
    draft: Draft, taken: datetime, capture: Capture, gps: Gps, sure: float, how: str, dark: str | None
) -> None:
    moments, zone, certain = _moments(taken, capture, gps)
    readings = [_reading(moment, gps) for moment in moments]
    reading = readings[len(readings) // 2]
    agreed = all(other.parts == reading.parts for other in readings)
    if reading.parts == ("night",) and not agreed and dark is None:
        return
    confidence = sure * (0.97 if certain else 0.8 if agreed else 0.5)
    side = "above" if reading.elevation >= 0 else "below"
    why = f"sun {abs(reading.elevation):.1f}° {side} the horizon at {taken:%H:%M}, {zone}"
    if reading.polar is not None:
        why = f"{why}, {reading.polar}"
    for part in reading.parts:
        draft.add(part, confidence, why + how, "sun")


def _moments(taken: datetime, capture: Capture, gps: Gps) -> tuple[list[datetime], str, bool]:
    """The moments meant, how the zone is known, and whether it is for sure.

    A time without a zone that the satellites do not tell either is taken as the legal time there: at least
    the solar zone of the longitude (15 degrees an hour), often one hour ahead of it and at most two (summer
    time, wide zones); the middle one counts, and all three must agree for a sure answer.
    """
    if taken.tzinfo is not None:
        if capture.taken_from == "gps":
            return [taken], "GPS time", True
        return [taken], *_stated(taken, gps)
    if capture.taken_from == "gps":
        return [taken.replace(tzinfo=UTC)], "GPS time", True
    if capture.utc_offset_s is not None:
        told = taken.replace(tzinfo=timezone(timedelta(seconds=capture.utc_offset_s)))
        zone, near = _stated(told, gps)
        return [told], f"{zone} by GPS time", near
    solar = round(gps.lon / 15.0)
    zones = [timezone(timedelta(hours=max(-12, min(14, solar + ahead)))) for ahead in (0, 1, 2)]
    return [taken.replace(tzinfo=zone) for zone in zones], "zone guessed from the longitude", False


def _stated(taken: datetime, gps: Gps) -> tuple[str, bool]:
    """The zone that a time carries, and whether it can be that of the place: a clock may be on that of home,
    which is right, and a position may be set by hand."""
    offset = taken.utcoffset() or timedelta()
    away = (offset.total_seconds() / 3600 - gps.lon / 15.0 + 12.0) % 24.0 - 12.0
    said = f"{taken:%z}"
    zone = f"UTC{said[:3]}:{said[3:5]}"
    return (zone, True) if abs(away) <= _WIDEST_ZONE_H else (f"{zone}, which is not the zone there", False)


def _reading(moment: datetime, gps: Gps) -> _Reading:
    elevation, azimuth = solar_position(moment, gps.lat, gps.lon)
    kind = polar(moment, gps.lat)
    return _Reading(tuple(_parts(moment, gps, elevation, azimuth < 180.0, kind)), elevation, kind)


def _parts(moment: datetime, gps: Gps, elevation: float, rising: bool, kind: str | None) -> Iterable[str]:
    if elevation >= _GOLDEN_TOP:
        yield _day_part(moment, gps)
    elif elevation >= _GOLDEN_END:
        yield "golden_hour"
        # A sun that goes along the horizon neither rises nor sets.
        if kind is None and _AT_HORIZON[0] <= elevation <= _AT_HORIZON[1]:
            yield "sunrise" if rising else "sunset"
    else:
        yield "twilight" if elevation >= _TWILIGHT_END else "night"


def _day_part(moment: datetime, gps: Gps) -> str:
    """The part of a day whose sun is up, by mean solar time at the place, within a quarter of an hour."""
    utc = moment.astimezone(UTC)
    hour = (utc.hour + utc.minute / 60 + gps.lon / 15.0) % 24
    if hour >= _EVENING_HOUR:
        return "evening"
    return "morning" if hour < 10.5 else "midday" if hour < 13.5 else "afternoon"
