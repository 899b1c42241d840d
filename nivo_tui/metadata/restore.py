"""Putting a pristine copy back in the place of its photo; a write like any other, which can be undone."""

from __future__ import annotations

import os
from dataclasses import replace

from nivo_tui.errors import PhotoError
from nivo_tui.imaging.extents import image_extents
from nivo_tui.imaging.formats import HEAD_BYTES, sniff
from nivo_tui.imaging.identity import hash_of
from nivo_tui.imaging.source import BytesSource
from nivo_tui.metadata.apply import Change, Step, carry_out, no_step
from nivo_tui.metadata.backups import BackupError
from nivo_tui.metadata.edits import difference
from nivo_tui.metadata.journal import BackupRecord, Journal, WriteRecord
from nivo_tui.metadata.plan import WriteOptions
from nivo_tui.metadata.planned import PlannedFile, now, receipt_of, refused
from nivo_tui.metadata.target import MOST_BYTES, read_file, refuse_unwritable
from nivo_tui.model import Receipt

_DEFAULTS = WriteOptions()


def restore_backup(
    journal: Journal,
    run: int,
    record: BackupRecord,
    *,
    execute: bool,
    options: WriteOptions = _DEFAULTS,
    step: Step = no_step,
) -> Receipt:
    """Give a photo the bytes and the time of its backup, which stays. Refused where the backup is bad.

    The receipt names the photo as it was written to, which may be by a link; with `execute` it is part of
    the run `run`, and can be undone like any other.
    """
    path = journal.path_of(record.target)
    try:
        file, moment = _planned(record, options)
    except PhotoError as error:
        return receipt_of(path, refused(str(error)), "refused", run=run if execute else None)
    gone = tuple(journal.values_standing(record.target))
    file = replace(file, target=path, removed=gone if file.status == "planned" else ())
    if file.status != "planned" or not execute:
        return receipt_of(path, file, file.status)
    write = WriteRecord(run=run, path=path, target=path, real=record.target, at=now(), removed=gone)
    return carry_out(Change(file, write, backup=False, mtime_ns=moment), journal, "written", step)


def _planned(record: BackupRecord, options: WriteOptions) -> tuple[PlannedFile, int]:
    new, state = read_file(record.backup, MOST_BYTES)
    if state.hash != record.hash:
        raise BackupError("the backup is not the copy that was made; nothing was restored")
    old, before = None, None
    if os.path.lexists(record.target):
        refuse_unwritable(record.target, options.allow_hardlinks)
        old, before = read_file(record.target, MOST_BYTES)
        if before.hash == record.hash:
            return PlannedFile(record.target, "unchanged", record.target, before), state.mtime_ns
    planned = PlannedFile(
        record.target,
        "planned",
        record.target,
        before,
        old,
        new,
        difference(new, old or b""),
        record.hash,
        _image_hash(new, record.target),
    )
    return planned, state.mtime_ns


def _image_hash(data: bytes, name: str) -> str | None:
    fmt = sniff(data[:HEAD_BYTES], os.path.basename(name))
    source = BytesSource(data)
    extents = None if fmt is None else image_extents(source, fmt)
    return None if extents is None else hash_of(source, extents)
