"""When a photo was taken for true: by its file, by its name, and by the corrections of its camera's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from nivo_tui.catalog.clocks import Correction, correct
from nivo_tui.catalog.records import PhotoRecord, Taken
from nivo_tui.model import Capture
from nivo_tui.tagging import clock
from nivo_tui.tagging.dates import date_of_name

FROM_NAME = "from the file's name"


def newest_possible() -> datetime:
    """No picture was taken later; with a time zone. The times of files say nothing: copies get any."""
    return datetime.now(UTC)


def with_taken(record: PhotoRecord, corrections: Sequence[Correction]) -> PhotoRecord:
    """The record with the time that is taken for true, and a note where the stated one is not believed."""
    stated = record.metadata.capture
    taken, note = settle(stated, record.path, corrections, newest_possible())
    of_file = record.metadata.problems
    kept = tuple(n for n in record.notes if n in of_file or not clock.is_doubt(n))
    if taken is not None and taken.clock is not None:
        corrected = taken.of(stated)
        reason = clock.problem(corrected, newest_possible(), corrected=True)
        note = clock.doubt(corrected, reason) if reason else None
    notes = (*kept, note) if note else kept
    if taken == record.taken and notes == record.notes:
        return record
    return replace(record, taken=taken, notes=notes)


def settle(
    stated: Capture, path: str, corrections: Sequence[Correction], latest: datetime
) -> tuple[Taken | None, str | None]:
    """The time that is taken for true where it is not the stated one, and why the stated one is not believed.

    A correction counts first: it was made by a person who knows. Then what the file states, where that can
    be, and else what its name tells; but the name of a scan tells when it was scanned.
    """
    corrected = _corrected(stated, corrections)
    if corrected is not None:
        return corrected, None
    reason = clock.problem(stated, latest)
    if stated.taken_at is not None and reason is None:
        return None, None
    note = None if reason is None else clock.doubt(stated, reason)
    named = None if clock.is_scanner(stated) else _named(stated, path, corrections, latest)
    if named is not None:
        return named, note
    if note is not None and stated.taken_at is not None and clock.is_later(stated.taken_at, latest):
        return Taken(None, None, note), note
    return None, note


def _corrected(capture: Capture, corrections: Sequence[Correction], how: str = "") -> Taken | None:
    found = correct(corrections, capture) if corrections else None
    if found is None:
        return None
    true, correction = found
    why = f"{how}corrected by {correction.words()}: clock {correction.id}"
    return Taken(true.taken_at, true.taken_from, why, true.utc_offset_s, correction.id)


def _named(stated: Capture, path: str, corrections: Sequence[Correction], latest: datetime) -> Taken | None:
    """The time that the name tells, corrected where its clock was; None where it tells none that can be."""
    found = date_of_name(path)
    if found is None:
        return None
    capture = replace(stated, taken_at=found.at, taken_from="name", utc_offset_s=None)
    corrected = _corrected(capture, corrections, f"{FROM_NAME}, ")
    if corrected is not None:
        return corrected
    return None if clock.problem(capture, latest) else Taken(found.at, "name", FROM_NAME)
