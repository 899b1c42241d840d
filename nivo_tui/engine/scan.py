"""The scan job: list, quick pass, deep pass; one catalog writer, every error one photo's own."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from nivo_tui.catalog.decisions import DecisionStore
from nivo_tui.catalog.paths import absolute, to_db
from nivo_tui.catalog.photos import KnownPhoto
from nivo_tui.catalog.quarantine import PackDeaths, Quarantine
from nivo_tui.catalog.records import FileStat, PhotoRecord
from nivo_tui.catalog.renewal import RenewalRows
from nivo_tui.engine.analysis import BY_RULE, Analyser, outdated
from nivo_tui.engine.consistency import bursts_with
from nivo_tui.engine.context import JobContext
from nivo_tui.engine.listing import Listing, folders_of, list_photos
from nivo_tui.engine.loading import load_analyser, with_words_of_now
from nivo_tui.engine.memory import CatalogMemory
from nivo_tui.engine.passes import Pass
from nivo_tui.engine.protocol import ModelsLoaded, PhotoSeen
from nivo_tui.engine.renewing import Renewal
from nivo_tui.engine.shots import ShotGrouping
from nivo_tui.engine.ticking import settle_library
from nivo_tui.engine.words import photos_called, settle_words
from nivo_tui.engine.work import MODEL, InHand
from nivo_tui.metadata.journal import Journal


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


class _Outdated:
    """Which results a known photo lacks. Photos share their versions, so each kind is compared once."""

    def __init__(self, wanted: Mapping[str, str]) -> None:
        self._wanted = wanted
        self._answers: dict[int, frozenset[str]] = {}

    def of(self, photo: KnownPhoto) -> frozenset[str]:
        answer = self._answers.get(id(photo.versions))
        if answer is None:
            answer = self._answers[id(photo.versions)] = outdated(photo.versions, self._wanted)
        return answer


def scan(context: JobContext, options: dict[str, Any]) -> dict[str, Any]:
    """Scan files and folders; see `ScanJob`."""
    return ScanJob(context, options).run()


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
        self._shut_out: frozenset[str] = frozenset()
        self._saved = False

    def run(self) -> dict[str, Any]:
        """Do the scan; returns the summary. Raises UsageError for a path that does not exist."""
        started = time.monotonic()
        context = self._context
        listing = list_photos(self._given)
        for folder, reason in listing.unreadable:
            context.emitter.log("scan", f"{folder}: {reason.lower()}", "error")
        context.progress("listing", len(listing.photos), None, last=True)
        self._shots = ShotGrouping(context.photos, listing)
        in_model = InHand(context.paths.home, MODEL)
        try:
            analyser = self._load(in_model)
            known = self._known()
            self._look(analyser, listing, known)
        finally:
            in_model.close()
        for line in analyser.failures.lines():
            context.emitter.log("models", line, "warn")
        if not context.cancelled():
            PackDeaths(context.photos.connection).clear()
            self._settle_vanished(listing, known)
            self._shots.settle_all()
            analyser = self._follow_words(analyser)
            self._renewal(analyser).settle()
            settle_library(context.photos, context.decisions_db, analyser.vocabulary)
        else:
            self._shots.settle()
        return self._summary(listing, time.monotonic() - started, analyser)

    def _load(self, in_model: InHand) -> Analyser:
        deaths = PackDeaths(self._context.photos.connection)
        if self._recheck:
            deaths.pardon()
        paths, settings = self._context.paths, self._context.settings
        return load_analyser(paths, settings, self._models, self._announce, in_model.note, deaths.barred())

    def _look(self, analyser: Analyser, listing: Listing, known: dict[str, KnownPhoto]) -> None:
        new, stale, unchanged = self._sort_out(listing, known, analyser)
        self._tell_unchanged(known[path] for path in unchanged)
        self._renew(analyser, stale)
        self._tell_unchanged(known[path] for path in stale)
        self._shut_out = self._find_quarantined(new)
        if self._quick:
            self._quick_pass(analyser, new, listing, known)
        self._deep_pass(analyser, new, known)

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
    ) -> tuple[list[str], list[str], list[str]]:
        """The photos to look at, in order; those of which the rules alone changed; and the unchanged ones."""
        new: list[str] = []
        stale: list[str] = []
        unchanged: list[str] = []
        lacking, thumbnails = _Outdated(analyser.versions), analyser.thumbnails
        for path, stat in listing.photos.items():
            before = known.get(path)
            if before is None or self._recheck or before.stat != stat or not before.versions:
                new.append(path)
                continue
            missing = lacking.of(before)
            if missing - BY_RULE or (before.error is None and thumbnails.misses(before.image_hash)):
                new.append(path)
            elif missing and before.error is None and analyser.renewable(before.versions):
                stale.append(path)
            else:
                unchanged.append(path)
        return (new if self._limit is None else new[: int(self._limit)]), stale, unchanged

    def _renew(self, analyser: Analyser, paths: Sequence[str]) -> None:
        """Make the suggestions anew from what was seen: no photo is opened for a rule that changed."""
        if not paths:
            return
        context = self._context
        context.restart_clock()
        renewal, rows = self._renewal(analyser), RenewalRows(context.photos)
        numbers = rows.numbers(map(to_db, paths))
        stale = {photo: renewal.stale_of(text) for photo, text in rows.versions(numbers.values())}
        renewal.renew(stale, lambda done: context.progress("rules", done, len(stale)))

    def _follow_words(self, analyser: Analyser) -> Analyser:
        """Count the library's words; where they are others now, tags are written, and asked, otherwise."""
        context = self._context
        paths, settings, photos = context.paths, context.settings, context.photos
        others = settle_words(paths, settings, photos.connection, context.decisions_db, changed=self._saved)
        if others is None:
            return analyser
        analyser = with_words_of_now(analyser, paths, settings)
        renewal = self._renewal(analyser)
        context.restart_clock()
        stale = renewal.outdated()
        for photo, categories in photos_called(photos.connection, others, analyser.vocabulary).items():
            stale[photo] = stale.get(photo, frozenset()) | categories
        renewal.renew(stale, lambda done: context.progress("words", done, len(stale)))
        return analyser

    def _renewal(self, analyser: Analyser) -> Renewal:
        return Renewal(self._context.photos, analyser, self._context.cancelled)

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
        # What is known of a changed photo stays until it was looked at: its picture may be the same.
        fresh = [p for p in new if (p not in known or not known[p].versions) and p not in self._shut_out]
        if fresh:
            self._context.restart_clock()
            look = partial(_quick_look, analyser, listing)
            Pass("quick", look, self._context.photos.save).run(self._context, fresh)
            self._shots.touch(fresh)
            self._shots.settle()

    def _deep_pass(self, analyser: Analyser, new: Sequence[str], known: dict[str, KnownPhoto]) -> None:
        if not new:
            return
        context = self._context
        context.restart_clock()
        self._shots.touch(new)
        save = partial(self._save, known=known)
        save([_quarantined(path) for path in new if path in self._shut_out])
        memory = None if self._recheck else CatalogMemory(context.paths)
        alone = Quarantine(context.photos.connection).suspects(new)
        try:
            looked_at = [path for path in new if path not in self._shut_out]
            Pass("deep", partial(analyser.deep, memory=memory), save).run(context, looked_at, alone)
        finally:
            if memory is not None:
                memory.close()

    def _find_quarantined(self, new: Sequence[str]) -> frozenset[str]:
        quarantine = Quarantine(self._context.photos.connection)
        if self._recheck:
            quarantine.pardon(new)
        return quarantine.shut_out()

    def _save(self, records: Sequence[PhotoRecord], known: dict[str, KnownPhoto]) -> None:
        self._saved = self._saved or bool(records)
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
        self._forget(gone)
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
        gone = [p for p in gone if not os.path.lexists(p)]
        self._forget(gone)

    def _forget(self, gone: Sequence[str]) -> None:
        """Photos are gone: their shots and bursts are others than before."""
        rows = RenewalRows(self._context.photos)
        rows.leave_bursts(bursts_with(rows, list(rows.numbers(map(to_db, gone)).values())))
        self._context.photos.forget(gone)
        self._saved = self._saved or bool(gone)
        self._shots.touch(gone)

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


def _quick_look(analyser: Analyser, listing: Listing, path: str) -> PhotoRecord:
    return analyser.quick(path, listing.photos[path])


def _quarantined(path: str) -> PhotoRecord:
    reason = "quarantined: it ended the decoder twice; scan with --recheck to try it again"
    return PhotoRecord(path=path, stat=FileStat(0, 0, 0), error=reason)
