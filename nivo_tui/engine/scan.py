"""The scan job: list, quick pass, deep pass; one catalog writer, every error one photo's own."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from nivo_tui.catalog.decisions import DecisionStore
from nivo_tui.catalog.paths import absolute
from nivo_tui.catalog.photos import KnownPhoto
from nivo_tui.catalog.quarantine import Quarantine
from nivo_tui.catalog.records import FileStat, PhotoRecord
from nivo_tui.engine.analysis import Analyser, is_unchanged
from nivo_tui.engine.context import JobContext
from nivo_tui.engine.listing import Listing, folders_of, list_photos
from nivo_tui.engine.loading import load_analyser
from nivo_tui.engine.protocol import ModelsLoaded, PhotoSeen
from nivo_tui.engine.work import InHand, WorkList
from nivo_tui.metadata.journal import Journal
from nivo_tui.tagging.uninformative import uninformative

_log = logging.getLogger(__name__)

_SAVE_PAUSE_S = 0.25
_SAVE_AT = 500
_RESULTS_WAITING = 256
_CANCEL_PAUSE_S = 0.25
_DRAIN_PAUSE_S = 0.01


@dataclass(slots=True)
class _Tally:
    """The figures of the summary, as photos come in."""

    statuses: Counter[str] = field(default_factory=Counter)
    faces: int = 0
    with_faces: int = 0
    face_counts: Counter[int] = field(default_factory=Counter)

    def add(self, status: str, faces: int | None) -> None:
        self.statuses[status] += 1
        if faces is not None:
            self.faces += faces
            self.with_faces += faces > 0
            self.face_counts[faces] += 1


class ScanJob:
    """Scans files and folders. Options: paths, models, recheck, limit, quick (see engine.protocol)."""

    def __init__(self, context: JobContext, options: dict[str, Any]) -> None:
        self._context = context
        self._given = [str(p) for p in options["paths"]]
        self._models = str(options.get("models") or context.settings.scan.models)
        self._recheck = bool(options.get("recheck"))
        self._limit = options.get("limit")
        self._quick = bool(options.get("quick", context.interactive))
        self._tally = _Tally()
        self._moves: dict[str, str] = {}

    def run(self) -> dict[str, Any]:
        """Do the scan; returns the summary. Raises UsageError for a path that does not exist."""
        started = time.monotonic()
        context = self._context
        listing = list_photos(self._given)
        for folder, reason in listing.unreadable:
            context.emitter.log("scan", f"{folder}: {reason.lower()}", "error")
        context.progress("listing", len(listing.photos), None, last=True)
        analyser = load_analyser(context.paths, context.settings, self._models, self._announce)
        known = self._known()
        new, unchanged = self._sort_out(listing, known, analyser)
        self._tell_unchanged(known[path] for path in unchanged)
        if self._quick:
            self._quick_pass(analyser, new, listing, known)
        self._deep_pass(analyser, new, known)
        if not context.cancelled():
            self._settle_vanished(listing, known)
            self._note_uninformative(analyser)
        return self._summary(listing, time.monotonic() - started, analyser)

    def _announce(self, loaded: ModelsLoaded) -> None:
        self._loaded = loaded
        self._context.emitter.send(loaded)
        for note in loaded.notes:
            self._context.emitter.log("models", note, "warn")

    def _known(self) -> dict[str, KnownPhoto]:
        known: dict[str, KnownPhoto] = {}
        for given in self._given:
            known |= self._context.photos.known(absolute(given))
        return known

    def _sort_out(
        self, listing: Listing, known: dict[str, KnownPhoto], analyser: Analyser
    ) -> tuple[list[str], list[str]]:
        """The photos to look at, in order, and the unchanged ones whose thumbnail is there too."""
        new, unchanged = [], []
        signature, thumbnails = analyser.signature, analyser.thumbnails
        for path, stat in listing.photos.items():
            before = known.get(path)
            if (
                before is None
                or self._recheck
                or not is_unchanged(before, stat, signature)
                or (thumbnails.misses(before.image_hash) and before.error is None)
            ):
                new.append(path)
            else:
                unchanged.append(path)
        return (new if self._limit is None else new[: int(self._limit)]), unchanged

    def _tell_unchanged(self, photos: Iterable[KnownPhoto]) -> None:
        for photo in photos:
            status = "unchanged" if photo.error is None else "failed"
            self._tally.add(status, photo.faces)
            self._context.emitter.send(
                PhotoSeen(self._context.job, photo.path, status, photo.error, photo.faces)
            )

    def _quick_pass(
        self,
        analyser: Analyser,
        new: Sequence[str],
        listing: Listing,
        known: dict[str, KnownPhoto],
    ) -> None:
        """Put what the files say into the catalog, so that the library is on the screen in seconds."""
        context = self._context
        context.restart_clock()
        fresh = [p for p in new if p not in known or known[p].stat != listing.photos[p]]
        ready: list[PhotoRecord] = []
        for n, path in enumerate(fresh):
            if context.cancelled():
                break
            ready.append(analyser.quick(path, listing.photos[path]))
            if len(ready) >= _SAVE_AT:
                context.photos.save(ready)
                ready.clear()
            context.progress("quick", n + 1, len(fresh))
        context.photos.save(ready)
        context.progress("quick", len(fresh), len(fresh), last=True)

    def _deep_pass(self, analyser: Analyser, new: Sequence[str], known: dict[str, KnownPhoto]) -> None:
        context = self._context
        context.restart_clock()
        quarantine = Quarantine(context.photos.connection)
        if self._recheck:
            quarantine.pardon(new)
        shut_out = quarantine.shut_out()
        work = WorkList((p for p in new if p not in shut_out), alone=quarantine.suspects(new))
        results: queue.Queue[PhotoRecord | None] = queue.Queue(_RESULTS_WAITING)
        threads = [
            threading.Thread(target=_analyse, args=(analyser, work, results, context), name=f"decode-{n}")
            for n in range(context.settings.scan.threads or os.cpu_count() or 2)
        ]
        context.on_look(work.first)
        for thread in threads:
            thread.start()
        try:
            for path in new:
                if path in shut_out:
                    self._save([_quarantined(path)], known)
            self._gather(results, len(threads), len(new), known, work)
        finally:
            context.on_look(None)
            work.stop()
            _drain(results, threads)

    def _gather(
        self,
        results: queue.Queue[PhotoRecord | None],
        running: int,
        total: int,
        known: dict[str, KnownPhoto],
        work: WorkList,
    ) -> None:
        """Write what the threads bring, every 250 ms or 500 photos."""
        context = self._context
        ready: list[PhotoRecord] = []
        done = 0
        due = time.monotonic() + _SAVE_PAUSE_S
        while running:
            try:
                record = results.get(timeout=_CANCEL_PAUSE_S)
                if record is None:
                    running -= 1
                else:
                    ready.append(record)
                    done += 1
            except queue.Empty:
                pass
            now = time.monotonic()
            if ready and (now >= due or len(ready) >= _SAVE_AT):
                self._save(ready, known)
                ready.clear()
                due = now + _SAVE_PAUSE_S
            context.progress("deep", done, total)
            if context.cancelled():
                work.stop()
        self._save(ready, known)
        context.progress("deep", done, total, last=True)

    def _save(self, records: Sequence[PhotoRecord], known: dict[str, KnownPhoto]) -> None:
        self._context.photos.save(records)
        for record in records:
            status = self._status(record, known)
            faces = None if record.faces is None else len(record.faces)
            self._tally.add(status, faces)
            self._context.emitter.send(PhotoSeen(self._context.job, record.path, status, record.error, faces))
            self._tell(record, faces)

    def _tell(self, record: PhotoRecord, faces: int | None) -> None:
        emitter, name = self._context.emitter, os.path.basename(record.path)
        if record.error is not None:
            emitter.log("error", f"{name}  {record.error}", "error")
        for note in record.notes:
            emitter.log("note", f"{name}  {note}", "warn")
        if faces:
            emitter.log("faces", f"{name}  {faces} face{'' if faces == 1 else 's'}")

    def _status(self, record: PhotoRecord, known: dict[str, KnownPhoto]) -> str:
        if record.error is not None:
            return "failed"
        before = known.get(record.path)
        if before is not None:
            return "unchanged" if before.stat == record.stat else "changed"
        return "moved" if self._is_move(record, known) else "new"

    def _is_move(self, record: PhotoRecord, known: dict[str, KnownPhoto]) -> bool:
        """A path that vanished and a new one with the same image data, one pair only, are a move."""
        if record.image_hash is None:
            return False
        twins = [p for p in self._context.photos.with_hash(record.image_hash) if p != record.path]
        gone = [p for p in twins if not os.path.lexists(p)]
        if len(twins) != 1 or len(gone) != 1 or gone[0] in self._moves.values():
            return False
        self._moves[record.path] = gone[0]
        DecisionStore(self._context.decisions_db).move([(gone[0], record.path)])
        Journal(self._context.decisions_db).move(gone[0], record.path)
        self._context.photos.forget(gone)
        known.pop(gone[0], None)
        return True

    def _settle_vanished(self, listing: Listing, known: dict[str, KnownPhoto]) -> None:
        """Forget photos whose files are gone; decisions stay. An empty folder may be a disk not mounted."""
        unread = tuple(folder.rstrip(os.sep) + os.sep for folder, _ in listing.unreadable)
        gone = [p for p in known if p not in listing.photos and not p.startswith(unread)]
        if not gone:
            return
        if not listing.photos and any(True for _ in folders_of(self._given)):
            text = f"{len(gone)} photos were here before and now the folder is empty; they are kept in mind"
            self._context.emitter.log("scan", text, "warn")
            return
        self._context.photos.forget([p for p in gone if not os.path.lexists(p)])

    def _note_uninformative(self, analyser: Analyser) -> None:
        """Find the tags that nearly every photo would get, in the whole library."""
        photos = self._context.photos
        total, counts = photos.tag_counts()
        silent = uninformative(counts, total, analyser.vocabulary)
        photos.set_uninformative({tag: counts[tag] for tag in silent})

    def _summary(self, listing: Listing, seconds: float, analyser: Analyser) -> dict[str, Any]:
        statuses = self._tally.statuses
        total = sum(statuses.values())
        return {
            "photos": total,
            **{status: statuses[status] for status in ("new", "changed", "moved", "unchanged", "failed")},
            "faces": self._tally.faces,
            "photos_with_faces": self._tally.with_faces,
            "face_counts": {str(n): count for n, count in sorted(self._tally.face_counts.items())},
            "skipped": dict(sorted(listing.skipped.items())),
            "seconds": round(seconds, 3),
            "photos_per_second": round(total / seconds, 2) if seconds > 0 else None,
            "provider": self._loaded.provider if analyser.analyst is not None else None,
            "packs": list(self._loaded.packs),
        }


def _analyse(
    analyser: Analyser,
    work: WorkList,
    results: queue.Queue[PhotoRecord | None],
    context: JobContext,
) -> None:
    """One thread of the deep pass."""
    in_hand = InHand(context.paths.home)
    try:
        while (path := work.take()) is not None:
            try:
                in_hand.note(path)
                results.put(_one(analyser, path))
            finally:
                work.done()
    finally:
        in_hand.close_thread()
        results.put(None)


def _one(analyser: Analyser, path: str) -> PhotoRecord:
    try:
        return analyser.deep(path)
    except MemoryError:
        reason = "not enough memory for this picture; lower [scan] pixel_budget or threads"
    except Exception as error:  # a fault of ours must cost one photo, not the run
        _log.exception("analysing %r failed", path)
        reason = f"internal error ({type(error).__name__}); the log has the details"
    # Without directory facts and signature the next scan tries it again.
    return PhotoRecord(path=path, stat=FileStat(0, 0, 0), error=reason)


def _quarantined(path: str) -> PhotoRecord:
    reason = "quarantined: it ended the decoder twice; scan with --recheck to try it again"
    return PhotoRecord(path=path, stat=FileStat(0, 0, 0), error=reason)


def _drain(results: queue.Queue[PhotoRecord | None], threads: Sequence[threading.Thread]) -> None:
    """Let threads that wait for room in the queue come to their end."""
    for thread in threads:
        while thread.is_alive():
            with suppress(queue.Empty):
                results.get_nowait()
            thread.join(_DRAIN_PAUSE_S)
