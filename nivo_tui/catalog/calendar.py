"""Years, months and days as a person writes them, as ranges of ISO 8601 texts."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass

PERIOD_FORMS = "write 2025, 2025-06 or 2025-06-14"

_WRITTEN = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2}))?(?:[-/.]([0-9]{1,2}))?")
_AFTER_ALL = ":"  # sorts after every digit


@dataclass(frozen=True, slots=True)
class Period:
    """A year, a month or a day: ISO 8601 local times t with start <= t < end, compared as texts."""

    start: str
    end: str


def period(text: str) -> Period | None:
    """The period that a text names; None where it is no date (ISO 8601, and / or . between its parts)."""
    found = _WRITTEN.fullmatch(text)
    year, month, day = (int(part) if part else None for part in found.groups()) if found else (0, None, None)
    if not year or (month is not None and not 1 <= month <= 12):
        return None
    if month is None:
        return Period(f"{year:04}", _year(year + 1))
    start = f"{year:04}-{month:02}"
    after = f"{year:04}-{month + 1:02}" if month < 12 else _year(year + 1)
    if day is None:
        return Period(start, after)
    days = monthrange(year, month)[1]
    if not 1 <= day <= days:
        return None
    return Period(f"{start}-{day:02}", f"{start}-{day + 1:02}" if day < days else after)


def _year(year: int) -> str:
    return f"{year:04}" if year <= 9999 else _AFTER_ALL
