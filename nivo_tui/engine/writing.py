"""The jobs that change files: write, untag, undo, and the settling of what was interrupted."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from nivo_tui.catalog.decisions import DecisionStore
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.words import note_written
from nivo_tui.engine.context import JobContext
from nivo_tui.engine.listing import list_photos, stat_of
from nivo_tui.engine.own_vocabulary import load_vocabulary
from nivo_tui.engine.plan_details import PlanDetails, stamp_of
from nivo_tui.engine.protocol import ReceiptMade
from nivo_tui.engine.wanted import Wish, wish_of
from nivo_tui.errors import PhotoError, UsageError
from nivo_tui.imaging.formats import HEAD_BYTES, sniff
from nivo_tui.metadata.apply import apply_plan
from nivo_tui.metadata.batch import plans_ahead
from nivo_tui.metadata.journal import Journal
from nivo_tui.metadata.plan import WriteOptions, WriteRequest
from nivo_tui.metadata.planned import Plan, now
from nivo_tui.metadata.read import read_metadata
from nivo_tui.metadata.undo import is_at_or_below, undo_run
from nivo_tui.metadata.undo import untag as untag_photos
from nivo_tui.model import Receipt
from nivo_tui.platform.memory import keep_freed_memory

_DONE_SOMETHING = frozenset({"written", "planned"})
_PRIVATE = "its accepted tags tell of a private place"


def write(context: JobContext, options: dict[str, Any]) -> dict[str, Any]:
    """Write accepted tags, or words given, into photos. Options: see engine.protocol."""
    databases = context.photos.connection, context.decisions_db
    vocabulary = load_vocabulary(context.paths, context.settings, *databases)
    wish = wish_of(context.settings, options, vocabulary)
    photos = _listed(context, options)
    return _Writing(context, wish, options).run(photos)


def _listed(context: JobContext, options: dict[str, Any]) -> list[str]:
    listing = list_photos([str(p) for p in options["paths"]])
    for folder, reason in listing.unreadable:
        context.emitter.log("write", f"{folder}: {reason.lower()}", "error")
    return list(listing.photos)


class _Writing:
    """One write job: for each photo plan, and where it is executed apply; a receipt for each target."""

    def __init__(self, context: JobContext, wish: Wish, options: dict[str, Any]) -> None:
        self._context = context
        self._wish = wish
        self._execute = bool(options.get("execute"))
        self._limit = options.get("limit")
        self._command = str(options.get("command") or _command_text(wish))
        self._journal = Journal(context.decisions_db)
        self._options = options_of(context)
        self._tally = _Tally(context)
        self._texts: dict[str, dict[str, str]] = {}
        self._withheld: set[str] = set()
        self._stamps: dict[str, str] = dict(options.get("stamps") or {})
        self._root = str(options.get("root") or next(iter(options["paths"]), os.curdir))
        shows = options.get("details") and not self._execute
        self._details = PlanDetails(context.job, self._journal) if shows else None

    def run(self, photos: Sequence[str]) -> dict[str, Any]:
        """Write the photos; returns the summary. Nothing is begun where the plan does not stand any more."""
        context = self._context
        keep_freed_memory()
        library = Library(context.paths)
        if self._execute and self._stamps and self._has_changed(library, photos):
            library.close()
            return self._tally.summary(run=None, stale=True)
        run = self._journal.begin_run(self._command, now()) if self._execute else 0
        plans = plans_ahead((self._request(library, path) for path in photos), self._options, run)
        try:
            for n, (path, plan) in enumerate(zip(photos, plans, strict=True)):
                if context.cancelled() or self._is_enough():
                    break
                if plan is not None and self._details is not None:
                    for target in self._details.targets(plan):
                        context.emitter.send(target)
                self._tally.add(self._one(path, plan, run))
                context.progress("write" if self._execute else "plan", n + 1, len(photos))
        finally:
            plans.close()
            library.close()
            if self._execute:
                self._journal.end_run(run, now())
        if self._details is not None:
            context.emitter.send(self._details.around(self._root))
        context.progress("write" if self._execute else "plan", len(photos), len(photos), last=True)
        return self._tally.summary(run=run if self._tally.counts["written"] else None)

    def _is_enough(self) -> bool:
        return self._limit is not None and self._tally.photos >= int(self._limit)

    def _request(self, library: Library, path: str) -> WriteRequest | None:
        """What is to be written to a photo; None where there is nothing."""
        detail = library.detail(path)
        request = self._wish.request(path, detail)
        if not (request.keywords or request.title or request.description):
            if detail is not None and self._wish.withholds(detail):
                self._withheld.add(path)
            return None
        if self._details is not None:
            self._details.note(request, detail)
        self._texts[path] = {k.tag: k.text for k in request.keywords if k.tag is not None}
        return request

    def _has_changed(self, library: Library, photos: Sequence[str]) -> bool:
        """Whether something was decided, or a file changed, since the plan that is to be written."""
        for n, path in enumerate(photos):
            if self._context.cancelled():
                return False
            request = self._request(library, path)
            if self._stamps.get(path) != (None if request is None else stamp_of(request)):
                return True
            self._context.progress("check", n + 1, len(photos))
        self._context.restart_clock()
        return False

    def _one(self, path: str, plan: Plan | None, run: int) -> tuple[Receipt, ...]:
        if plan is None:
            reason = _PRIVATE if path in self._withheld else "no tag is accepted for it"
            return (Receipt(path, path, "unchanged", reason=reason),)
        if not self._execute:
            return plan.receipts()
        receipts = apply_plan(plan, self._journal, run, self._options)
        if any(r.status == "written" for r in receipts):
            refresh(self._context, path)
            catalog, decisions = self._context.photos.connection, DecisionStore(self._context.decisions_db)
            note_written(catalog, decisions, path, self._texts.pop(path, {}))
        return receipts


def untag(context: JobContext, options: dict[str, Any]) -> dict[str, Any]:
    """Take away what nivo-tui recorded in the photos as its own; all of it, or the tags named."""
    photos = _listed(context, options)
    execute = bool(options.get("execute"))
    tags = options.get("tags")
    journal = Journal(context.decisions_db)
    run = journal.begin_run(f"untag {', '.join(tags) if tags else 'everything'}", now()) if execute else 0
    receipts = untag_photos(
        journal,
        run,
        photos,
        None if tags is None else [str(t) for t in tags],
        execute=execute,
        options=options_of(context),
    )
    try:
        return told(context, receipts, execute=execute, total=len(photos))
    finally:
        if execute:
            journal.end_run(run, now())


def undo(context: JobContext, options: dict[str, Any]) -> dict[str, Any]:
    """Take back a run: the one named, or the newest that stands; all of it, or the paths named."""
    execute = bool(options.get("execute"))
    paths = options.get("paths")
    journal = Journal(context.decisions_db)
    _refuse_unknown(paths or (), journal)
    run = options.get("run")
    if run is None:
        run = _newest_run(journal, paths)
    elif not journal.has_run(int(run)):
        raise UsageError(f"there is no run {run}; see: nivo-tui runs")
    if run is None:
        return {"run": None, "undone": 0}
    receipts = undo_run(
        journal,
        int(run),
        None if paths is None else [str(p) for p in paths],
        execute=execute,
        options=options_of(context),
    )
    summary = told(context, receipts, execute=execute, total=len(journal.writes_of_run(int(run))))
    return {"run": run, "undone": summary["written"], **summary}


def _newest_run(journal: Journal, paths: Sequence[str] | None) -> int | None:
    """The newest run of which something stands for the paths, or anywhere.

    A run whose files are all gone would stand in the way of those before it: it is taken only for want of
    another.
    """
    standing = [w for w in journal.standing() if paths is None or _is_among(w.path, paths)]
    reachable = (w.run for w in standing if w.removed or os.path.lexists(w.target))
    return next(reachable, standing[0].run if standing else None)


def _is_among(path: str, given: Iterable[str]) -> bool:
    return any(is_at_or_below(path, each) for each in given)


def _refuse_unknown(given: Iterable[str], journal: Journal) -> None:
    """Raise UsageError for a path that is not there, and where nothing was ever written."""
    for path in given:
        if not os.path.lexists(path) and not any(is_at_or_below(p, path) for p in journal.written_paths()):
            raise UsageError(f"{path} does not exist")


def options_of(context: JobContext) -> WriteOptions:
    """How files are written by the settings."""
    return WriteOptions.of(context.settings.write, Journal(context.decisions_db).home())


def told(context: JobContext, receipts: Iterable[Receipt], *, execute: bool, total: int) -> dict[str, Any]:
    """Send receipts as they come, until somebody asks for an end."""
    tally = _Tally(context)
    for n, receipt in enumerate(receipts):
        tally.add((receipt,))
        if execute and receipt.status == "written":
            refresh(context, receipt.path)
        context.progress(context.kind, n + 1, max(total, n + 1))
        if context.cancelled():
            break
    return tally.summary()


class _Tally:
    """Sends receipts and counts them."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._started = time.monotonic()
        self.counts: Counter[str] = Counter()
        self.photos = 0

    def add(self, receipts: Sequence[Receipt]) -> None:
        """Send the receipts of one photo."""
        self.photos += any(r.status in _DONE_SOMETHING for r in receipts)
        for receipt in receipts:
            self.counts[receipt.status] += 1
            self._context.emitter.send(ReceiptMade(self._context.job, receipt))
            self._log(receipt)

    def _log(self, receipt: Receipt) -> None:
        name = os.path.basename(receipt.path)
        if receipt.status == "written":
            what = ", ".join([*(f"+{t}" for t in receipt.added), *(f"-{t}" for t in receipt.removed)])
            self._context.emitter.log("write", f"{name}  {what}")
        elif receipt.status in ("refused", "failed"):
            level = "error" if receipt.status == "failed" else "warn"
            self._context.emitter.log("error", f"{name}  {receipt.status}: {receipt.reason}", level)

    def summary(self, **first: Any) -> dict[str, Any]:
        """The last line of the job."""
        states = ("planned", "written", "unchanged", "refused", "failed")
        seconds = round(time.monotonic() - self._started, 3)
        return {**first, **{s: self.counts[s] for s in states}, "seconds": seconds}


def refresh(context: JobContext, path: str) -> None:
    """Let the catalog know what the file says now; what its pixels gave stays true."""
    with suppress(PhotoError, OSError):
        with open(path, "rb") as file:
            fmt = sniff(file.read(HEAD_BYTES), os.path.basename(path))
        if fmt is not None:
            context.photos.refresh(path, stat_of(path), read_metadata(path, fmt))


def _command_text(wish: Wish) -> str:
    return f"write {', '.join(wish.keywords)}" if wish.keywords else "write accepted tags"
