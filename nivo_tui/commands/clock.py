"""`nivo-tui clock`: say by how much a camera's clock was wrong, see what was said, take it back."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import Any

from nivo_tui.catalog.clock_words import parse_bound, parse_shift, parse_time, parse_zone
from nivo_tui.catalog.clocks import (
    ClockStore,
    Correction,
    Kind,
    by_known_time,
    cameras,
    corrected_photos,
    stated_capture,
)
from nivo_tui.catalog.library import Library
from nivo_tui.commands.common import DONE, INTERRUPTED, Surroundings, open_library, run_job
from nivo_tui.errors import HomeBusyError, UsageError
from nivo_tui.model import Capture


def run(options: Namespace, around: Surroundings) -> int:
    """List, set or remove corrections; a change is applied to the whole library at once."""
    actions = {"list": _list, "set": _set, "remove": _remove}
    return actions[options.action](options, around)


def _list(options: Namespace, around: Surroundings) -> int:
    library = open_library(around)
    try:
        standing = _store(library).standing()
        counts = corrected_photos(library.connection)
    finally:
        library.close()
    for correction in standing:
        _print(around, correction, counts.get(correction.id, 0))
    if not standing:
        around.output.message("no clock is corrected")
    around.output.summary({"clocks": len(standing)})
    return DONE


def _set(options: Namespace, around: Surroundings) -> int:
    library = open_library(around)
    try:
        asked = _asked(options, library)
        if asked.camera is not None and asked.camera not in (known := cameras(library.connection)):
            named = ", ".join(list(known)[:5]) or "none"
            around.output.message(f"no scanned photo is of {asked.camera}; the cameras are: {named}")
        correction = _store(library).add(asked, by="command")
    finally:
        library.close()
    return _applied(around, correction, {"set": 1})


def _remove(options: Namespace, around: Surroundings) -> int:
    library = open_library(around)
    try:
        removed = _store(library).remove(options.id)
    finally:
        library.close()
    if removed is None:
        raise UsageError(f"no clock {options.id} stands; see: nivo-tui clock list")
    return _applied(around, removed, {"removed": 1})


def _store(library: Library) -> ClockStore:
    return ClockStore(library.decisions.connection)


def _asked(options: Namespace, library: Library) -> Correction:
    """The correction that the words ask for. Raises UsageError where they do not ask for exactly one."""
    ways = [w for w in ("shift", "zone", "photo") if getattr(options, w) is not None]
    if len(ways) != 1:
        raise UsageError("say one of --shift +1h30m, --zone UTC+1 UTC+9, or --photo FILE with --time")
    if (options.photo is None) != (options.time is None):
        raise UsageError("--photo and --time go together: a photo, and when it was really taken")
    if options.camera is not None and not options.camera.strip():
        raise UsageError("--camera is a name, as show has it; leave it out for every camera")
    first = None if options.first is None else parse_bound(options.first)
    last = None if options.last is None else parse_bound(options.last)
    if first is not None and last is not None and first[: len(last)] > last:
        raise UsageError(f"--from {first} lies after --to {last}")
    if options.shift is not None:
        return Correction(options.camera, first, last, Kind.OFFSET, parse_shift(options.shift))
    if options.zone is not None:
        was, true = (parse_zone(text) for text in options.zone)
        if was == true:
            raise UsageError("the two zones are the same: nothing is to correct")
        return Correction(options.camera, first, last, Kind.ZONE, float(true - was), true)
    return _by_photo(options, library, first, last)


def _by_photo(options: Namespace, library: Library, first: str | None, last: str | None) -> Correction:
    path = os.path.abspath(os.path.expanduser(options.photo))
    stated: Capture | None = stated_capture(library.connection, path)
    if stated is None:
        raise UsageError(f"{options.photo} is not in the library; run: nivo-tui scan {options.photo}")
    if stated.taken_at is None or stated.taken_from not in ("original", "digitized", "xmp"):
        raise UsageError(f"{options.photo} does not say when its camera thinks it was taken; use --shift")
    camera = options.camera or stated.camera
    if camera is None and first is None and last is None:
        raise UsageError(f"{options.photo} names no camera; say which photos it is for by --from and --to")
    seconds, zone = by_known_time(stated.taken_at, parse_time(options.time))
    if not seconds and zone is None:
        raise UsageError(f"{options.photo} says just that time: nothing is to correct")
    return Correction(camera, first, last, Kind.PHOTO, seconds, zone)


def _applied(around: Surroundings, correction: Correction, summary: dict[str, Any]) -> int:
    """Print the correction after it was applied to the library, or say who will apply it."""
    from nivo_tui.engine.protocol import Job

    interrupted, done = False, False
    try:
        ended, interrupted = run_job(around, Job("renew", {}), lambda _: None)
        done = not interrupted
        summary = {**ended.summary, **summary}
    except HomeBusyError as error:
        around.output.message(f"{error}; the next scan applies the correction")
    library = Library(around.paths)
    try:
        count = corrected_photos(library.connection).get(correction.id, 0)
    finally:
        library.close()
    _print(around, correction, count, removed="removed" in summary)
    if interrupted:
        around.output.message("interrupted: the next scan applies the rest")
    around.output.summary({**summary, "applied": done})
    return INTERRUPTED if interrupted else DONE


def _print(around: Surroundings, c: Correction, photos: int, *, removed: bool = False) -> None:
    data = {
        "id": c.id,
        "camera": c.camera,
        "from": c.first,
        "to": c.last,
        "kind": c.kind.value,
        "seconds": c.seconds,
        "zone": c.zone,
        "at": c.at or None,
        "photos": photos,
        "removed": removed,
    }
    state = "removed" if removed else f"{photos} photo{'' if photos == 1 else 's'}"
    around.output.line("clock", data, f"{c.id:6} {c.words():28} {c.range_words()}  ({state})")
