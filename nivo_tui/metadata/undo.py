"""Taking back: a run, byte for byte where that is possible, or exactly what our records say we added."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import replace

from blake3 import blake3

from nivo_tui.errors import PhotoError, RefusedError
from nivo_tui.imaging.formats import HEAD_BYTES, sniff
from nivo_tui.metadata import xmp
from nivo_tui.metadata.apply import Change, Step, carry_out, no_step
from nivo_tui.metadata.beyond_xmp import NOTHING, removals
from nivo_tui.metadata.blocks import IPTC, is_block_field
from nivo_tui.metadata.editors import EDITORS
from nivo_tui.metadata.edits import apply_edits, difference, inverse
from nivo_tui.metadata.journal import Journal, WriteRecord
from nivo_tui.metadata.plan import WriteOptions
from nivo_tui.metadata.planned import PlannedFile, now, receipt_of, refused
from nivo_tui.metadata.rebuild import Opened, rebuilt
from nivo_tui.metadata.sidecar import Sidecar, choose_sidecars
from nivo_tui.metadata.target import MOST_BYTES, FileState, read_file, refuse_unwritable, resolve
from nivo_tui.metadata.xmp_change import Edited
from nivo_tui.metadata.xmp_edit import remove, strike
from nivo_tui.metadata.xmp_records import Applied
from nivo_tui.metadata.xmp_tree import nfc
from nivo_tui.model import Format, Receipt

EXACT = "exact"
ADDITIONS = "additions"
REFUSED = "refused"
_DEFAULTS = WriteOptions()


class UndoError(RefusedError):
    """A write cannot be taken back."""


def undo_run(
    journal: Journal,
    run: int | None = None,
    paths: Collection[str] | None = None,
    *,
    execute: bool,
    options: WriteOptions = _DEFAULTS,
    step: Step = no_step,
) -> Iterator[Receipt]:
    """Take back a run, or the newest that stands; of the photos at or below `paths` where given.

    One receipt for each file. Its `mode` is exact where the file is as the run left it and gets its old
    bytes and time again, additions where it changed since and loses just what the run added, refused where
    neither can be done. The newest write of a file is taken back first.
    """
    chosen = journal.newest_standing_run() if run is None else run
    if chosen is None:
        return
    try:
        for record in journal.writes_of_run(chosen):
            if paths is None or any(is_at_or_below(record.path, path) for path in paths):
                yield _undo(record, journal, options, execute=execute, step=step)
    finally:
        journal.flush()


def is_at_or_below(path: str, folder: str) -> bool:
    """Whether a path is a folder, or lies below it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _undo(
    record: WriteRecord, journal: Journal, options: WriteOptions, *, execute: bool, step: Step
) -> Receipt:
    try:
        mode, file = _plan_undo(record, options, journal.home())
    except PhotoError as error:
        file = replace(refused(str(error)), target=record.target)
        return receipt_of(record.path, file, "refused", run=record.run, mode=REFUSED)
    if file.status == "unchanged":
        if execute:
            journal.mark_undone(record.id)
        return receipt_of(record.path, file, "unchanged", run=record.run, mode=mode)
    if not execute:
        return receipt_of(record.path, file, "planned", run=record.run, mode=mode)
    mine = WriteRecord(
        run=record.run,
        path=record.path,
        target=record.target,
        real=file.real,
        at=now(),
        kind="undo",
        undoes=record.id,
        mode=mode,
        fields=file.fields,
        added=file.added,
        removed=file.removed,
    )
    moment = record.before_mtime_ns if mode == EXACT and not file.is_sidecar else None
    change = Change(file, mine, backup=False, mtime_ns=moment, keep_mtime=options.keep_mtime)
    receipt = carry_out(change, journal, "written", step)
    return receipt if receipt.status == "written" else replace(receipt, mode=REFUSED)


def _plan_undo(record: WriteRecord, options: WriteOptions, home: str) -> tuple[str, PlannedFile]:
    if record.after_hash is None:
        return EXACT, _plan_return(record)
    real = resolve(record.target)
    refuse_unwritable(real, options.allow_hardlinks)
    data, state = read_file(real, MOST_BYTES)
    if state.hash == record.after_hash:
        return EXACT, _plan_exact(record, real, data, state)
    return ADDITIONS, _plan_additions(record, _opened(record.target, real, data, state), home)


def _plan_exact(record: WriteRecord, real: str, data: bytes, state: FileState) -> PlannedFile:
    old = apply_edits(data, record.inverse)
    created = record.before_hash is None
    if created:
        if old:
            raise UndoError("the journal's record of this file is damaged")
    elif blake3(old).hexdigest() != record.before_hash:
        raise UndoError("the journal's record of this file is damaged; its backup may help")
    return PlannedFile(
        record.target,
        "planned",
        real,
        state,
        data,
        None if created else old,
        inverse(data, record.inverse),
        record.before_hash,
        record.image_hash,
        record.fields,
        added=record.removed,
        removed=record.added,
        is_sidecar=record.image_hash is None,
    )


def _plan_return(record: WriteRecord) -> PlannedFile:
    """The way back of a write that removed a file."""
    if os.path.lexists(record.real):
        raise UndoError("there is a file of this name again")
    old = apply_edits(b"", record.inverse)
    if blake3(old).hexdigest() != record.before_hash:
        raise UndoError("the journal's record of this file is damaged")
    return PlannedFile(
        record.target,
        "planned",
        record.real,
        new=old,
        undo=difference(old, b""),
        after_hash=record.before_hash,
        fields=record.fields,
        added=record.removed,
        removed=record.added,
        is_sidecar=True,
    )


def _plan_additions(record: WriteRecord, file: Opened, home: str) -> PlannedFile:
    """Take out of a file that changed since what a write added, and no more."""
    if not record.added:
        raise UndoError(
            "the file changed since, and what the run took out of it cannot be put back by itself"
        )
    recorded = () if file.packet is None else xmp.read(file.packet).applied
    if not recorded:
        return _struck(record, file)
    mine = [
        entry
        for entry in recorded
        if entry.run == record.run
        and entry.home in (None, home)
        and (entry.carried or entry.value in record.added)
    ]
    note = "the file was changed after the run; only what the run added was taken back"
    return _without(file, mine, (note,))


def _struck(record: WriteRecord, file: Opened) -> PlannedFile:
    """The same of a file whose records another program dropped: by what the journal says was added."""
    fields = tuple(name.removeprefix("xmp:") for name in record.fields)
    entries = [Applied(value, fields=fields) for value in record.added]
    if file.packet is None:
        outside = tuple(name for name in fields if is_block_field(name))
        struck = Edited(None, tuple(replace(entry, fields=outside) for entry in entries), dropped=(IPTC,))
    else:
        struck = replace(strike(file.packet, entries, now()), dropped=(IPTC,))
    beyond = NOTHING if file.image is None else removals(file.image, struck)
    if struck.packet == file.packet and (file.image is None or not file.image.edit(beyond.change)):
        return file.unchanged(("nothing of what the run added is in the file any more",))
    note = "another program dropped the records of the run; what the journal names was taken back"
    return rebuilt(file, struck, beyond, removes=True, notes=(note,))


def _opened(target: str, real: str, data: bytes, state: FileState) -> Opened:
    """A photo or a sidecar that may be changed. Raises RefusedError for other files."""
    if real.lower().endswith(".xmp"):
        return Opened(target, real, data, state)
    fmt = sniff(data[:HEAD_BYTES], os.path.basename(real))
    if fmt is None or fmt not in EDITORS:
        raise UndoError("the file is not in a format that is written in place")
    return Opened(target, real, data, state, fmt, EDITORS[fmt](data))


def _without(file: Opened, entries: Collection[Applied], notes: tuple[str, ...] = ()) -> PlannedFile:
    if file.packet is None or not entries:
        return file.unchanged(notes)
    edited = remove(file.packet, entries, now())
    if not edited.entries:
        return file.unchanged(notes)
    beyond = NOTHING if file.image is None else removals(file.image, edited)
    return rebuilt(file, edited, beyond, removes=True, notes=notes)


def untag(
    journal: Journal,
    run: int,
    paths: Collection[str],
    tags: Collection[str] | None = None,
    *,
    execute: bool,
    options: WriteOptions = _DEFAULTS,
    step: Step = no_step,
) -> Iterator[Receipt]:
    """Remove what our records in the files say we added: all of it, or the keywords or tag ids in `tags`.

    `paths` are photos. One receipt for each photo and file that holds records; one of status unchanged
    where none does. With `execute` it is part of the run `run`, and can be undone like any other.
    """
    for path in paths:
        files = tuple(_plan_untag(path, tags, options))
        for file in files:
            if file.status != "planned" or not execute:
                yield receipt_of(path, file, file.status)
                continue
            record = WriteRecord(
                run=run,
                path=path,
                target=file.target or path,
                real=file.real,
                at=now(),
                fields=file.fields,
                removed=file.removed,
            )
            yield carry_out(
                Change(file, record, backup=False, keep_mtime=options.keep_mtime), journal, "written", step
            )


def _plan_untag(path: str, tags: Collection[str] | None, options: WriteOptions) -> Iterator[PlannedFile]:
    try:
        targets = _targets_of(path)
    except PhotoError as error:
        yield refused(str(error))
        return
    wanted = None if tags is None else {nfc(tag) for tag in tags}
    planned = []
    for target in targets:
        try:
            planned.append(_untagged(target, wanted, options))
        except PhotoError as error:
            planned.append(refused(str(error)))
    acted = [file for file in planned if file.status != "unchanged"]
    yield from acted or planned[:1] or [PlannedFile(None, "unchanged")]


def _targets_of(path: str) -> tuple[str, ...]:
    """The files that may hold our records for a photo: itself where its format is written, and sidecars."""
    real = resolve(path)
    data_format = _format_by_head(real)
    sidecars: tuple[Sidecar, ...] = ()
    if data_format is not None:
        sidecars = choose_sidecars(path, data_format, ())
    present = tuple(sidecar.path for sidecar in sidecars if sidecar.exists)
    return (path, *present) if data_format in EDITORS else present


def _format_by_head(real: str) -> Format | None:
    try:
        with open(real, "rb") as file:
            return sniff(file.read(HEAD_BYTES), os.path.basename(real))
    except OSError as error:
        raise UndoError(f"the file cannot be read: {error.strerror or error}") from error


def _untagged(target: str, wanted: set[str] | None, options: WriteOptions) -> PlannedFile:
    real = resolve(target)
    file = _opened(target, real, *read_file(real, MOST_BYTES))
    entries = [
        entry
        for entry in (() if file.packet is None else xmp.read(file.packet).applied)
        if not entry.carried and (wanted is None or entry.value in wanted or entry.tag in wanted)
    ]
    if entries:
        refuse_unwritable(real, options.allow_hardlinks)
    return _without(file, entries)
