"""The job that holds photos against the journal and the catalog: verify."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from nivo_tui.catalog.paths import absolute
from nivo_tui.catalog.photos import PhotoStore
from nivo_tui.engine.context import JobContext
from nivo_tui.engine.listing import list_photos
from nivo_tui.engine.protocol import Answer
from nivo_tui.errors import UsageError
from nivo_tui.metadata.journal import Journal
from nivo_tui.metadata.undo import is_at_or_below
from nivo_tui.metadata.verify import Scanned, VerifyResult
from nivo_tui.metadata.verify import verify as verify_photo


def verify(context: JobContext, options: dict[str, Any]) -> dict[str, Any]:
    """Check photos: picture, tags and backup. A folder stands for its photos, and those that are gone."""
    journal = Journal(context.decisions_db)
    photos = _to_verify(context, [absolute(str(p)) for p in options["paths"]], journal)
    counts = Counter({"ok": 0, "differs": 0, "missing": 0, "unknown": 0})
    for n, path in enumerate(photos):
        if context.cancelled():
            break
        result = verify_one(context.photos, journal, path)
        counts[result.status] += 1
        counts["unknown"] += result.image is None
        context.emitter.send(Answer(context.job, asdict(result)))
        context.progress("verify", n + 1, len(photos))
    done = counts["ok"] + counts["differs"] + counts["missing"]
    return {"photos": len(photos), "verified": done, **counts}


def verify_one(photos: PhotoStore, journal: Journal, path: str) -> VerifyResult:
    """Check one photo by all that is known of it."""
    seen = photos.load(path)
    scanned = None
    if seen is not None and seen.image_hash is not None:
        scanned = Scanned(seen.stat.size, seen.stat.mtime_ns, seen.image_hash, seen.hash_of_file)
    return verify_photo(path, journal, scanned)


def _to_verify(context: JobContext, given: Sequence[str], journal: Journal) -> list[str]:
    """The photos at or below the paths, and those that were scanned or written there and are gone."""
    there = [path for path in given if os.path.lexists(path)]
    listing = list_photos(there)
    for folder, reason in listing.unreadable:
        context.emitter.log("verify", f"{folder}: {reason.lower()}", "error")
    written = journal.written_paths()
    found = set(listing.photos)
    for path in given:
        known = {w for w in written if is_at_or_below(w, path)} | set(context.photos.known(path))
        if not known and path not in there:
            raise UsageError(f"{path} does not exist")
        found |= known
    return sorted(found)
