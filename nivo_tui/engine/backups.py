"""The job that looks after the backups beside photos: list, verify, prune, restore."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nivo_tui.catalog.paths import absolute
from nivo_tui.engine.context import JobContext
from nivo_tui.engine.protocol import Answer
from nivo_tui.engine.verifying import verify_one
from nivo_tui.engine.writing import options_of, told
from nivo_tui.errors import UsageError
from nivo_tui.metadata.backups import backup_status, presence, prune_backup
from nivo_tui.metadata.journal import BackupRecord, Journal
from nivo_tui.metadata.planned import now
from nivo_tui.metadata.prune import why_kept
from nivo_tui.metadata.restore import restore_backup
from nivo_tui.metadata.undo import is_at_or_below
from nivo_tui.model import Receipt


def backups(context: JobContext, options: dict[str, Any]) -> dict[str, Any]:
    """Do what `action` says with the backups that the journal knows. Other files are never touched."""
    journal = Journal(context.decisions_db)
    paths = options.get("paths")
    given = None if paths is None else [absolute(str(path)) for path in paths]
    chosen = _chosen(journal, given)
    action = str(options.get("action"))
    if action == "restore":
        return _restore(context, journal, _newest(chosen, given), execute=bool(options.get("execute")))
    looks: dict[str, Callable[[BackupRecord], dict[str, Any]]] = {
        "list": lambda record: _line(journal, record, presence(record)),
        "verify": lambda record: _line(journal, record, backup_status(record)),
        "prune": lambda record: _pruned(context, journal, record, options),
    }
    if action not in looks:
        raise UsageError(f"backups can be listed, verified, pruned and restored, not {action!r}")
    if action == "prune":
        chosen = _older(chosen, options.get("older_than"))
    return _answered(context, action, chosen, looks[action])


def _chosen(journal: Journal, given: Sequence[str] | None) -> list[BackupRecord]:
    """The backups of the photos at or below the paths, and those named themselves; in order of the photos."""
    records = sorted(journal.backups(), key=lambda record: (record.target, record.created_at))
    if given is None:
        return records
    found: set[str] = set()
    for path in given:
        here = {record.backup for record in records if _is_meant(journal, record, path)}
        if not here and not os.path.lexists(path):
            raise UsageError(f"{path} does not exist")
        found |= here
    return [record for record in records if record.backup in found]


def _is_meant(journal: Journal, record: BackupRecord, path: str) -> bool:
    names = {record.backup, record.target, journal.path_of(record.target)}
    return any(is_at_or_below(name, each) for name in names for each in {path, os.path.realpath(path)})


def _newest(records: Sequence[BackupRecord], given: Sequence[str] | None) -> list[BackupRecord]:
    """Of each photo the backup to put back: one that is named itself, else the newest."""
    chosen: dict[str, BackupRecord] = {}
    for record in records:
        chosen[record.target] = record
    for record in records:
        if given is not None and record.backup in given:
            chosen[record.target] = record
    return list(chosen.values())


def _older(records: Sequence[BackupRecord], days: int | None) -> list[BackupRecord]:
    if days is None:
        return list(records)
    last = datetime.now(UTC) - timedelta(days=days)
    return [record for record in records if datetime.fromisoformat(record.created_at) <= last]


def _line(journal: Journal, record: BackupRecord, status: str | None) -> dict[str, Any]:
    return {
        "path": journal.path_of(record.target),
        "backup": record.backup,
        "status": status,
        "bytes": record.size,
        "created": record.created_at,
        "run": record.run,
    }


def _pruned(
    context: JobContext, journal: Journal, record: BackupRecord, options: dict[str, Any]
) -> dict[str, Any]:
    status = backup_status(record)
    line = _line(journal, record, status)
    photo = verify_one(context.photos, journal, line["path"])
    reason = why_kept(record, status, photo, changed=bool(options.get("changed")))
    action = "kept" if reason else "planned"
    if reason is None and options.get("execute"):
        reason = prune_backup(journal, record)
        action = "failed" if reason else "pruned"
    return {**line, "action": action, "reason": reason}


def _answered(
    context: JobContext,
    action: str,
    records: Sequence[BackupRecord],
    look: Callable[[BackupRecord], dict[str, Any]],
) -> dict[str, Any]:
    """Look at each backup, send a line of it, and sum up. `bytes` are of those there, or to be pruned."""
    prunes = action == "prune"
    names = ("planned", "pruned", "kept", "failed") if prunes else ("good", "bad", "none")
    counts = Counter(dict.fromkeys(names, 0))
    size = 0
    for n, record in enumerate(records):
        if context.cancelled():
            break
        line = look(record)
        what = line["action"] if prunes else line["status"]
        counts[what] += what is not None
        if line["status"] != "none" and what not in ("kept", "failed"):
            size += record.size
        context.emitter.send(Answer(context.job, line))
        context.progress(f"{action} backups", n + 1, len(records))
    told_of = counts if action != "list" else {"none": counts["none"]}
    return {"backups": len(records), **told_of, "bytes": size}


def _restore(
    context: JobContext, journal: Journal, records: Sequence[BackupRecord], *, execute: bool
) -> dict[str, Any]:
    run = journal.begin_run("backups restore", now()) if execute else 0
    options = options_of(context)

    def receipts() -> Iterator[Receipt]:
        for record in records:
            yield restore_backup(journal, run, record, execute=execute, options=options)

    try:
        summary = told(context, receipts(), execute=execute, total=len(records))
    finally:
        if execute:
            journal.end_run(run, now())
    return {"run": run if summary["written"] else None, **summary}
