"""Which dates can be believed: not those of scanners, file edits, and clocks that were never set."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

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
_FIRST_SATELLITE_YEAR = 1994
_FIRST_YEAR, _LAST_YEAR = 1826, 2199
_NOT_BELIEVED = "is not believed:"

# A clock without a zone may be 14 hours ahead of UTC, and a file's time be cut to two seconds.
_AHEAD = timedelta(hours=36)
_OF_A_PICTURE = frozenset({"original", "digitized", "gps", "xmp", "name"})


def is_scanner(capture: Capture) -> bool:
    """Whether make, model or software is that of a scanner."""
    return any(_SCANNERS.search(text) for text in (capture.make, capture.model, capture.software) if text)


def problem(capture: Capture, latest: datetime | None = None, *, corrected: bool = False) -> str | None:
    """Why the date is not to be believed, in a few words; None where it is, or where there is none.

    A date written by hand into XMP counts even for a scan: somebody meant it. No picture was taken after
    `latest` (with a zone). One that is `corrected` may be any day that a clock could show.
    """
    taken, source = capture.taken_at, capture.taken_from
    if taken is None:
        return None
    if source not in _OF_A_PICTURE:
        return f"it is one of {source or 'unknown'} time, not of the picture"
    if is_scanner(capture) and source != "xmp":
        return "it is the scanner's"
    return _impossible(taken, latest) or (None if corrected else _clock_problem(taken, capture))


def _impossible(taken: datetime, latest: datetime | None) -> str | None:
    if not _FIRST_YEAR <= taken.year <= _LAST_YEAR:
        return f"the year {taken.year} cannot be"
    if latest is not None and is_later(taken, latest):
        return "it lies in the future"
    return None


def is_later(taken: datetime, latest: datetime) -> bool:
    """Whether a time lies after another in every zone, and by more than a day."""
    try:
        return (taken if taken.tzinfo is not None else taken.replace(tzinfo=UTC)) - latest > _AHEAD
    except OverflowError:
        return taken.year > latest.year


def doubt(capture: Capture, reason: str) -> str | None:
    """The line for the log where a date is not believed; None where it never claimed to be the picture's."""
    if capture.taken_at is None or capture.taken_from not in _OF_A_PICTURE:
        return None
    return (
        f"the date {capture.taken_at.replace(tzinfo=None).isoformat(' ', 'minutes')} {_NOT_BELIEVED} {reason}"
    )


def is_doubt(note: str) -> bool:
    """Whether a note is a line of `doubt`."""
    return note.startswith("the date ") and _NOT_BELIEVED in note


def _clock_problem(taken: datetime, capture: Capture) -> str | None:
    source = capture.taken_from
    if source == "gps":
        return None if taken.year >= _FIRST_SATELLITE_YEAR else f"no satellites gave the time in {taken.year}"
    if (taken.year, taken.month, taken.day) in _RESET_DAYS:
        return f"{taken.date().isoformat()} is where an unset clock starts"
    at_new_year = (taken.month, taken.day, taken.hour, taken.minute) == (1, 1, 0, 0)
    if at_new_year and source != "name":
        return f"{taken.date().isoformat()} 00:00 is where an unset clock starts"
    by_camera = source not in {"xmp", "name"} and (capture.make is not None or capture.model is not None)
    if by_camera and taken.year < _FIRST_DIGITAL_YEAR:
        return f"no digital camera was sold in {taken.year}"
    return None


def is_date_only(taken: datetime) -> bool:
    """Whether the time of day is missing: midnight to the second is how programs write a bare date."""
    return (taken.hour, taken.minute, taken.second) == (0, 0, 0)
