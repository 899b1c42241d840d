"""Shifts, zones and times as people write them for the clock of a camera, and as they are shown."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from nivo_tui.errors import UsageError

MOST_BEHIND_S, MOST_AHEAD_S = -12 * 3600, 14 * 3600
"""The zones of the earth, in seconds ahead of UTC."""

_DAY_S = 86_400
_MOST_S = 400 * 366 * _DAY_S
_FIRST_YEAR, _LAST_YEAR = 1826, 2199
_UNITS = {"w": 7 * _DAY_S, "d": _DAY_S, "h": 3600, "m": 60, "s": 1}
_PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*([wdhms])(?:eeks?|ays?|ours?|in(?:utes?)?|ec(?:onds?)?)?\s*", re.IGNORECASE
)
_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d))?\Z")
_ZONE = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?([0-5]\d))?\Z", re.IGNORECASE)


def parse_shift(text: str) -> float:
    """Seconds of a shift: "+1h30m", "-2d", "1d 4h", "+1:30", "-0:00:45", "90". Raises UsageError."""
    body = text.strip()
    sign = -1 if body[:1] in ("-", "−") else 1
    body = body.lstrip("+-−").strip()
    seconds = _seconds_of(body)
    if seconds is None or not 1 <= seconds <= _MOST_S:
        raise UsageError(f"{text!r} is no shift of a clock; write it as +1h30m, -2d, +0:00:45 or in seconds")
    return sign * seconds


def _seconds_of(body: str) -> float | None:
    if (clock := _CLOCK.match(body)) is not None:
        return int(clock[1]) * 3600.0 + int(clock[2]) * 60 + int(clock[3] or 0)
    if body.isascii() and body.isdigit():
        return float(body[:15])
    total, at = 0.0, 0
    while at < len(body):
        part = _PART.match(body, at)
        if part is None:
            return None
        total += float(part[1][:15]) * _UNITS[part[2].lower()]
        at = part.end()
    return total


def parse_zone(text: str) -> int:
    """Seconds ahead of UTC of a zone: "UTC+9", "+05:30", "-3", "UTC". Raises UsageError."""
    body = text.strip().replace("−", "-")
    if body.upper() in ("Z", "UTC", "GMT", "0"):
        return 0
    found = _ZONE.match(body)
    seconds = 0 if found is None else int(found[2]) * 3600 + int(found[3] or 0) * 60
    seconds = -seconds if found is not None and found[1] == "-" else seconds
    if found is None or not MOST_BEHIND_S <= seconds <= MOST_AHEAD_S:
        raise UsageError(f"{text!r} is no zone; write it by its distance from UTC: UTC+9, UTC-3:30")
    return seconds


def parse_bound(text: str) -> str:
    """One end of a range: a day, or a day and a time. Raises UsageError."""
    body = text.strip().replace(" ", "T", 1)
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"):
        try:
            return _as_text(datetime.strptime(body, form), form)
        except ValueError:
            continue
    raise UsageError(f"{text!r} is no day; write it as 2025-08-14 or as '2025-08-14 14:02'")


def _as_text(moment: datetime, form: str) -> str:
    return moment.isoformat()[: {"%Y-%m-%d": 10, "%Y-%m-%dT%H:%M": 16}.get(form, 19)]


def parse_time(text: str) -> datetime:
    """The true time of a photo, "2025-08-14 14:02:33", a zone may follow. Raises UsageError."""
    body = text.strip()
    found = re.match(r"(.*?\d)\s*((?:UTC|GMT)\s*[+-][\d:]+|UTC|GMT|Z)\Z", body, re.IGNORECASE)
    try:
        if found is not None:
            zone = timezone(timedelta(seconds=parse_zone(found[2])))
            moment = datetime.fromisoformat(found[1]).replace(tzinfo=zone)
        else:
            moment = datetime.fromisoformat(body)
    except ValueError:
        moment = None
    if moment is None or len(body) <= 10 or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise UsageError(f"{text!r} is no time; write it as '2025-08-14 14:02:33', +09:00 may follow")
    return moment


def shift_words(seconds: float) -> str:
    """A shift for a person: "+1:30", "-2 d", "+0:00:45", "-1 d 4:00"."""
    sign, left = "-" if seconds < 0 else "+", abs(seconds)
    whole = round(left)
    days, rest = divmod(whole, _DAY_S)
    clock = f"{rest // 3600}:{rest // 60 % 60:02d}" + (f":{rest % 60:02d}" if rest % 60 else "")
    if not days:
        return sign + clock
    return f"{sign}{days} d {clock}" if rest else f"{sign}{days} d"


def zone_words(seconds: int) -> str:
    """A zone for a person: "UTC+9", "UTC-3:30", "UTC"."""
    if seconds == 0:
        return "UTC"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"UTC{'-' if seconds < 0 else '+'}{hours}" + (f":{minutes:02d}" if minutes else "")
