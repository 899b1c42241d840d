"""Which dates can be believed: not those of scanners, file edits, and clocks that were never set."""

from __future__ import annotations

import re
from datetime import datetime

from nivo_tui.model import Capture

_SCANNERS = re.compile(
    r"scan|vuescan|silverfast|flextight|imacon|frontier|noritsu|pakon|reflecta|plustek|microtek|umax"
    r"|coolscan|\bls-\d{2,4}\b|perfection|epson (?:gt|expression)|opticfilm|minolta dimage scan"
    r"|digital film|sp-?[23]000|mustek|photosmart s20|avision|fi-\d{4}|digital ice",
    re.IGNORECASE,
)

# Clocks start at one of these days when their battery was out, and run on from there.
_RESET_DAYS = frozenset({(1970, 1, 1), (1980, 1, 1), (1990, 1, 1), (1999, 12, 31), (2000, 1, 1)})
_FIRST_DIGITAL_YEAR = 1988


def is_scanner(capture: Capture) -> bool:
    """Whether make, model or software is that of a scanner."""
    return any(_SCANNERS.search(text) for text in (capture.make, capture.model, capture.software) if text)


def problem(capture: Capture) -> str | None:
    """Why the date is not to be believed, in a few words; None where it is, or where there is none.

    A date written by hand into XMP counts even for a scan: somebody meant it.
    """
    taken, source = capture.taken_at, capture.taken_from
    if taken is None:
        return None
    if source not in {"original", "digitized", "gps", "xmp"}:
        return f"the date is one of {source or 'unknown'} time, not of the picture"
    if is_scanner(capture) and source != "xmp":
        return "the date is the scanner's"
    return _clock_problem(taken, capture) if source != "gps" else None


def _clock_problem(taken: datetime, capture: Capture) -> str | None:
    if (taken.year, taken.month, taken.day) in _RESET_DAYS:
        return f"{taken:%Y-%m-%d} is where an unset clock starts"
    if (taken.month, taken.day) == (1, 1) and taken.hour == 0 and taken.minute == 0:
        return f"{taken:%Y-%m-%d %H:%M} is where an unset clock starts"
    by_camera = capture.taken_from != "xmp" and (capture.make is not None or capture.model is not None)
    if by_camera and taken.year < _FIRST_DIGITAL_YEAR:
        return f"no digital camera was sold in {taken.year}"
    if not 1826 <= taken.year <= 2200:
        return f"the year {taken.year} cannot be"
    return None


def is_date_only(taken: datetime) -> bool:
    """Whether the time of day is missing: midnight to the second is how programs write a bare date."""
    return (taken.hour, taken.minute, taken.second) == (0, 0, 0)
