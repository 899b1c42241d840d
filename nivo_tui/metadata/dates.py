"""Dates as Exif and XMP write them, and the zones that go with them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_DATE = re.compile(
    r"\s*(\d{4})[:/.\-](\d{1,2})[:/.\-](\d{1,2})"
    r"(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?:[.,](\d+))?\s*(Z|[+-]\d{2}:?\d{2})?)?\s*\Z"
)
_NO_DATE = re.compile(r"[\s:/.\-]*\Z")
_OFFSET = re.compile(r"\s*(?:UTC|GMT)?\s*([+\-\u2212])(\d{1,2})(?::?([0-5]\d))?\s*\Z", re.IGNORECASE)
# Zones lie 12 hours behind UTC to 14 ahead of it; all but these begin at a whole hour (IANA tz database).
_MOST_BEHIND_MIN, _MOST_AHEAD_MIN = -12 * 60, 14 * 60
_BROKEN_ZONES_MIN = (-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825)
_SAME_MOMENT_MIN = 5.0
_FIRST_YEAR, _LAST_YEAR = 1826, 2199


def parse_date(text: str) -> datetime | None:
    """An Exif or XMP date ("2024:05:03 10:20:30", "2024-05-03T10:20:30.25+02:00"); None where it is none.

    A date without a time is taken at midnight; one without a day, or outside 1826-2199, is none.
    """
    found = _DATE.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    if not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        return None
    try:
        # A leap second, or the 60 that some cameras write, counts as the second before it.
        return datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), min(int(second or 0), 59),
            microseconds(fraction), zone_of(offset),
        )  # fmt: skip
    except ValueError:
        return None


def is_blank(text: str) -> bool:
    """Whether a date is left blank, as Exif wants it where none is known (2.32, 4.6.4)."""
    return _NO_DATE.match(text) is not None


def microseconds(digits: str | None) -> int:
    """Those of SubSecTime, which holds the digits behind the decimal point."""
    digits = (digits or "").strip()
    return int(digits[:6].ljust(6, "0")) if digits.isascii() and digits.isdigit() else 0


def zone_of(offset: str | None) -> timezone | None:
    """The zone of an OffsetTime ("+02:00", "Z"), also as some programs write it; None where it is none."""
    if (offset or "").strip() == "Z":
        return UTC
    found = _OFFSET.match(offset or "")
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    minutes = minutes if found[1] == "+" else -minutes
    return timezone(timedelta(minutes=minutes)) if _MOST_BEHIND_MIN <= minutes <= _MOST_AHEAD_MIN else None


def ahead_of(taken: datetime, satellites: datetime) -> int | None:
    """How far a time without a zone is ahead of the satellites', in seconds, where that is a zone's offset.

    A fix may be some minutes old; one that is hours old tells nothing.
    """
    minutes = (taken.replace(tzinfo=None) - satellites.replace(tzinfo=None)).total_seconds() / 60
    zone = min((round(minutes / 60) * 60, *_BROKEN_ZONES_MIN), key=lambda zone: abs(zone - minutes))
    if not _MOST_BEHIND_MIN <= zone <= _MOST_AHEAD_MIN or abs(zone - minutes) > _SAME_MOMENT_MIN:
        return None
    return zone * 60
