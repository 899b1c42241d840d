"""Corrections of cameras' clocks: which photos each is for, and what becomes of their time.

A correction never changes a file. It is an act like any decision, and ends when that act is revoked.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from enum import StrEnum

from nivo_tui.catalog.clock_words import MOST_AHEAD_S, MOST_BEHIND_S, shift_words, zone_words
from nivo_tui.catalog.decisions import DecisionStore, open_decisions
from nivo_tui.catalog.paths import to_db
from nivo_tui.catalog.records import fold, stated_capture_of
from nivo_tui.model import Capture
from nivo_tui.settings import Paths

_BY_CLOCK = frozenset({"original", "digitized", "xmp", "name"})
"""The times that a camera's clock gave; those of satellites and of changes are left alone."""

_DAY_S, _QUARTER_S = 86_400, 900
_FIRST_YEAR, _LAST_YEAR = 1826, 2199


class Kind(StrEnum):
    """How a correction was given: as a shift, as two zones, or as the true time of one photo."""

    OFFSET = "offset"
    ZONE = "zone"
    PHOTO = "photo"


@dataclass(frozen=True, slots=True)
class Correction:
    """What is added to the times of a camera's photos.

    `camera` is `Capture.camera`, None for every camera. `first` and `last` bound the time as the files say
    it, as the beginnings of ISO texts ("2025-08-14", "2025-08-14T14:02"), both included; None: no bound.
    `seconds` is added. `zone` is the zone the time carries then, in seconds ahead of UTC, None where it is
    not known; of kind "zone" the camera was on `zone - seconds`.
    """

    camera: str | None
    first: str | None
    last: str | None
    kind: Kind
    seconds: float
    zone: int | None = None
    id: int = 0
    act: int = 0
    at: str = ""

    def fits(self, capture: Capture) -> bool:
        """Whether it is for this photo. A bare date is moved by whole days alone."""
        taken = capture.taken_at
        if taken is None or capture.taken_from not in _BY_CLOCK:
            return False
        if self.camera is not None and fold(self.camera) != fold(capture.camera or ""):
            return False
        wall = taken.replace(tzinfo=None).isoformat()
        if (self.first is not None and wall < self.first) or (
            self.last is not None and wall[: len(self.last)] > self.last
        ):
            return False
        return abs(self.seconds) >= _DAY_S or wall[10:] != "T00:00:00"

    def corrected(self, capture: Capture) -> Capture | None:
        """The capture with the true time; None where that would be none."""
        assert capture.taken_at is not None
        try:
            moved, ahead = self._moved(capture.taken_at, capture.utc_offset_s)
        except (OverflowError, ValueError):
            return None
        if not _FIRST_YEAR <= moved.year <= _LAST_YEAR:
            return None
        return replace(capture, taken_at=moved, utc_offset_s=ahead)

    def _moved(self, taken: datetime, ahead: int | None) -> tuple[datetime, int | None]:
        if self.kind is Kind.ZONE and self.zone is not None:
            if taken.tzinfo is None:
                # The satellites know better which zone the clock was on than a person remembers.
                was = ahead if ahead is not None else self.zone - self.seconds
                taken = taken.replace(tzinfo=timezone(timedelta(seconds=was)))
            return taken.astimezone(timezone(timedelta(seconds=self.zone))), None
        moved = taken + timedelta(seconds=self.seconds)
        if self.zone is not None:
            return moved.replace(tzinfo=timezone(timedelta(seconds=self.zone))), None
        if ahead is None:
            return moved, None
        # The moment by the satellites stays where it was; it is the clock that was ahead of them or behind.
        ahead = round((ahead + self.seconds) / _QUARTER_S) * _QUARTER_S
        return moved, ahead if MOST_BEHIND_S <= ahead <= MOST_AHEAD_S else None

    def words(self) -> str:
        """What it does, for a person: "+1:30", "+8:00 (UTC+1 to UTC+9)"."""
        by = shift_words(self.seconds)
        if self.zone is None:
            return by
        if self.kind is Kind.ZONE:
            return f"{by} ({zone_words(round(self.zone - self.seconds))} to {zone_words(self.zone)})"
        return f"{by} ({zone_words(self.zone)})"

    def range_words(self) -> str:
        """Which photos it is for, for a person."""
        camera = self.camera or "every camera"
        if self.first and self.last:
            return f"{camera}, {self.first} to {self.last}"
        if self.first or self.last:
            return f"{camera}, from {self.first}" if self.first else f"{camera}, until {self.last}"
        return f"{camera}, at any time"


def correct(corrections: Iterable[Correction], capture: Capture) -> tuple[Capture, Correction] | None:
    """The capture with its true time, and the correction that told: of those that fit, the newest."""
    fitting = [c for c in corrections if c.fits(capture)]
    if not fitting:
        return None
    newest = max(fitting, key=lambda c: c.id)
    corrected = newest.corrected(capture)
    return None if corrected is None else (corrected, newest)


def signature(corrections: Iterable[Correction]) -> str:
    """12 hex digits that change whenever any photo's time may; empty where nothing is corrected."""
    told = sorted((c.id, c.camera, c.first, c.last, c.kind.value, c.seconds, c.zone) for c in corrections)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12] if told else ""


def read_corrections(paths: Paths) -> tuple[Correction, ...]:
    """The corrections that stand in a home. Raises StoreError."""
    connection = open_decisions(paths)
    try:
        return ClockStore(connection).standing()
    finally:
        connection.close()


class ClockStore:
    """The corrections of a home, in decisions.db."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def standing(self) -> tuple[Correction, ...]:
        """The corrections that are not revoked, the oldest first."""
        rows = self._db.execute(
            "SELECT c.id, c.act, c.camera, c.first, c.last, c.kind, c.seconds, c.zone, a.made_at "
            "FROM clocks c JOIN acts a ON a.id = c.act WHERE a.revoked_at IS NULL ORDER BY c.id"
        )
        return tuple(
            Correction(row[2], row[3], row[4], Kind(row[5]), row[6], row[7], id=row[0], act=row[1], at=row[8])
            for row in rows
        )

    def add(self, correction: Correction, *, by: str) -> Correction:
        """Commit a correction; returns it with its number. Raises StoreError."""
        c = correction
        number = 0

        def insert(act: int) -> None:
            nonlocal number
            done = self._db.execute(
                "INSERT INTO clocks(act, camera, first, last, kind, seconds, zone) "
                "VALUES(?, ?, ?, ?, ?, ?, ?)",
                (act, c.camera, c.first, c.last, c.kind.value, c.seconds, c.zone),
            )
            number = int(done.lastrowid or 0)

        title = f"clock corrected by {c.words()}: {c.range_words()}"
        act, _ = DecisionStore(self._db).record(title, by=by, also=insert)
        return replace(c, id=number, act=act)

    def remove(self, number: int) -> Correction | None:
        """Take a correction back; returns what it was, None where none of this number stands."""
        found = next((c for c in self.standing() if c.id == number), None)
        if found is not None:
            DecisionStore(self._db).revoke_act(found.act)
        return found


def stated_capture(catalog: sqlite3.Connection, path: str) -> Capture | None:
    """How a scanned photo was taken as its file says; None where the photo is not in the catalog."""
    row = catalog.execute("SELECT * FROM photos WHERE path = ?", (to_db(path),)).fetchone()
    return None if row is None else stated_capture_of(row)


def cameras(catalog: sqlite3.Connection) -> dict[str, int]:
    """The cameras of the catalog and how many photos each took, the busiest first."""
    rows = catalog.execute(
        "SELECT json_extract(capture, '$.make'), json_extract(capture, '$.model'), count(*) AS n "
        "FROM photos GROUP BY 1, 2 ORDER BY n DESC"
    )
    found: dict[str, int] = {}
    for make, model, count in rows:
        camera = Capture(make=make, model=model).camera
        if camera is not None:
            found[camera] = found.get(camera, 0) + count
    return found


def corrected_photos(catalog: sqlite3.Connection) -> dict[int, int]:
    """For each correction how many photos of the catalog have their time by it now."""
    rows = catalog.execute(
        "SELECT json_extract(stated, '$.clock') AS clock, count(*) FROM photos "
        "WHERE stated IS NOT NULL GROUP BY clock"
    )
    return {int(clock): count for clock, count in rows if clock is not None}


def by_known_time(stated: datetime, known: datetime) -> tuple[float, int | None]:
    """The shift in seconds that makes of a stated time the known one, and the zone that this carries."""
    seconds = (known.replace(tzinfo=None) - stated.replace(tzinfo=None)).total_seconds()
    ahead = known.utcoffset()
    # A fraction that only the camera tells is no error of its clock.
    return float(round(seconds) if known.microsecond == 0 else seconds), (
        None if ahead is None else round(ahead.total_seconds())
    )
