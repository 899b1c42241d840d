"""Dates that cameras, phones and programs put into file names.

Only forms that can be nothing else count: a mere number of eight digits may be a counter.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime

_TIME_OF_DAY = (
    r"(?P<hour>\d{1,2})(?P<dot>[.\-_: ]|h)(?P<minute>\d{2})(?:(?P=dot)|m)(?P<second>\d{2})s?"
    r"(?:[.\-_,]?(?P<fraction>\d{3}))?(?!\d)(?:\s*(?P<half>[AaPp])\.?[Mm]\.?(?![A-Za-z]))?"
)
_COMPACT_DAY = r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)"
_PARTED_DAY = r"(?<!\d)(?<!\d[.\-_])(?P<year>\d{4})(?P<sep>[.\-_])(?P<month>\d\d)(?P=sep)(?P<day>\d\d)"
_COMPACT_TIME = r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?P<fraction>\d{3})?(?!\d)"

_MOMENTS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        # IMG_20250814_140233, PXL_20250814_140233123, 20250814_140233, Screenshot_20250814-140233
        _COMPACT_DAY + r"[_\-T ]" + _COMPACT_TIME,
        # DJI_20250814140233_0001, BURST20250814140233
        _COMPACT_DAY + _COMPACT_TIME,
        # WIN_20250814_14_02_33_Pro
        _COMPACT_DAY + r"[_\-T ]" + _TIME_OF_DAY,
        # 2025-08-14 14.02.33, photo_2025-08-14_14-02-33, WhatsApp Image 2025-08-14 at 14.02.33
        _PARTED_DAY + r"(?:,? at |, |[ _T\-])" + _TIME_OF_DAY,
        # signal-2025-08-14-140233
        _PARTED_DAY + r"[ _T\-]" + _COMPACT_TIME,
        # photo_5@14-08-2025_14-02-33, of Telegram
        r"@(?P<day>\d\d)-(?P<month>\d\d)-(?P<year>\d{4})_" + _TIME_OF_DAY,
    )
)
_DAYS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        # IMG-20250814-WA0012, as WhatsApp names what it received
        _COMPACT_DAY + r"-WA\d{4,}(?!\d)",
        # WP_20140814_001, of Windows phones
        r"\AWP_" + _COMPACT_DAY.removeprefix(r"(?<!\d)") + r"_\d{3}(?!\d)",
        # 2025-08-14 on the beach
        r"(?<![vV])" + _PARTED_DAY + r"(?!\d|\.\d)",
        # 14.08.2025
        r"(?<!\d)(?<!\d[.\-_])(?P<day>\d\d)(?P<sep>[.\-])(?P<month>\d\d)(?P=sep)(?P<year>\d{4})(?!\d)",
    )
)
_MONTH_MAY_BE_FIRST = _DAYS[-1]
_IN_UTC = re.compile(r"PXL_")
_FIRST_YEAR, _LAST_YEAR = 1826, 2199


@dataclass(frozen=True, slots=True)
class NamedDate:
    """The date in a name. `at` is the wall clock's, or in UTC where the maker writes that; at midnight of the
    day where the name tells no time (`day_only`)."""

    at: datetime
    day_only: bool = False


def date_of_name(path: str) -> NamedDate | None:
    """The date that a file's name tells without doubt; None where it tells none, or two.

    What looks like a date and cannot be one (month 13, year 0000) makes the name tell none.
    """
    stem = os.path.splitext(os.path.basename(path))[0]
    moments = [found for pattern in _MOMENTS for found in pattern.finditer(stem)]
    if moments:
        read = {_moment(found) for found in moments}
        at = read.pop() if len(read) == 1 else None
        if at is None:
            return None
        return NamedDate(at.replace(tzinfo=UTC) if _IN_UTC.match(stem) else at)
    days = {_day(found) for pattern in _DAYS for found in pattern.finditer(stem)}
    day = days.pop() if len(days) == 1 else None
    return None if day is None else NamedDate(day, day_only=True)


def _moment(found: re.Match[str]) -> datetime | None:
    parts = found.groupdict()
    hour, half = int(parts["hour"]), (parts.get("half") or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    fraction = int(parts["fraction"] or 0) * 1000
    return _date(parts, hour, int(parts["minute"]), int(parts["second"]), fraction)


def _day(found: re.Match[str]) -> datetime | None:
    parts = found.groupdict()
    # 03.04.2025 is another day for an American.
    if found.re is _MONTH_MAY_BE_FIRST and int(parts["day"]) <= 12 and parts["day"] != parts["month"]:
        return None
    return _date(parts)


def _date(
    parts: dict[str, str | None], hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0
) -> datetime | None:
    year, month, day = (int(parts[name] or 0) for name in ("year", "month", "day"))
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return datetime(year, month, day, hour, minute, second, microsecond)
    except ValueError:
        return None
