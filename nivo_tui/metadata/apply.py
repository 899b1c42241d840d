"""Carrying out a plan: the one place that replaces a user's file."""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from blake3 import blake3

from nivo_tui.errors import PhotoError, RefusedError
from nivo_tui.metadata.backups import make_backup, needed_backup
from nivo_tui.metadata.journal import BackupRecord, Journal, WriteRecord
from nivo_tui.metadata.plan import WriteOptions
from nivo_tui.metadata.planned import Plan, PlannedFile, now, receipt_of
from nivo_tui.metadata.target import FileState
from nivo_tui.metadata.traces import traces_of_file
from nivo_tui.model import Receipt
from nivo_tui.platform import files

STEPS = (
    "checked",
    "intended",
    "backed up",
    "temporary made",
    "temporary filled",
    "temporary synced",
    "attributes copied",
    "source checked",
    "replaced",
    "folder synced",
    "read back",
    "finished",
)
"""The names a step callback is called with, in order; each is called when the step is done."""

Step = Callable[[str], None]

_SPARE_BYTES = 1 << 20
_MTIME_STEP_NS = 1_000_000_000
_LONGEST_NAME = 200
_PRIVATE_MODE = 0o600
_PIECE = 1 << 18


class ApplyError(RefusedError):
    """A write was given up before it touched the file."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file to be replaced, created or removed, and what the journal has to know of it."""

    file: PlannedFile
    record: WriteRecord
    backup: bool
    mtime_ns: int | None = None
    keep_mtime: bool = True


def no_step(name: str) -> None:
    """The step callback that does nothing."""


def apply_plan(
    plan: Plan, journal: Journal, run: int, options: WriteOptions, step: Step = no_step
) -> tuple[Receipt, ...]:
    """Carry out a plan; exactly one receipt for each of its targets. A file is old or new, never between.

    Each target: compare with what was read, free space, journal, backup, temporary file beside it, sync,
    attributes, compare again, replace, sync the folder, read back, journal. What fails leaves the file as it
    was and is a receipt of status failed or refused with its reason.
    """
    receipts = []
    for file in plan.files:
        if file.status != "planned":
            receipts.append(receipt_of(plan.path, file, file.status, run=None))
            continue
        record = WriteRecord(
            run=run,
            path=plan.path,
            target=file.target or plan.path,
            real=file.real,
            at=now(),
            fields=file.fields,
            added=file.added,
            removed=file.removed,
        )
        backup = plan.backup and not file.is_sidecar
        change = Change(file, record, backup, keep_mtime=options.keep_mtime)
        receipts.append(carry_out(change, journal, "written", step))
    return tuple(receipts)


def carry_out(change: Change, journal: Journal, status: str, step: Step = no_step) -> Receipt:
    """Replace one file, and say what was done; `status` is that of the receipt where all went well."""
    file, record = change.file, change.record
    try:
        backup, notes = _Replacement(change, journal, step).run()
    except PhotoError as error:
        return receipt_of(record.path, file, "refused", run=record.run, **_untouched(file, str(error)))
    except (OSError, sqlite3.Error) as error:
        reason = f"it could not be written: {getattr(error, 'strerror', None) or error}"
        if isinstance(error, PermissionError):
            reason += f"; allow writing in its folder, {os.path.dirname(file.real) or '.'}"
        return receipt_of(record.path, file, "failed", run=record.run, **_untouched(file, reason))
    remarks = (*file.notes, *notes)
    return receipt_of(
        record.path, file, status, run=record.run, backup=backup, notes=remarks, mode=record.mode
    )


def _untouched(file: PlannedFile, reason: str) -> dict[str, object]:
    present = file.before.hash if file.before else None
    return {"reason": reason, "after": present, "added": (), "removed": (), "fields": ()}


class _Replacement:
    """One change under way."""

    def __init__(self, change: Change, journal: Journal, step: Step) -> None:
        self._change = change
        self._file = change.file
        self._journal = journal
        self._step = step
        self._real = change.file.real
        self._folder = os.path.dirname(self._real) or "."
        self._notes: list[str] = []
        self._laid: list[str] = []
        self._temp_status: os.stat_result | None = None
        # A change that keeps size and time, and a further name of the file, still move this.
        self._ctime_ns = 0 if change.file.before is None else change.file.before.ctime_ns

    def run(self) -> tuple[str | None, list[str]]:
        """Do it; returns the backup that was made and remarks. Raises PhotoError, OSError, sqlite3.Error."""
        self._check_source()
        backup = (
            needed_backup(self._journal, self._real, self._file.image_hash) if self._change.backup else None
        )
        self._check_space()
        self._step("checked")
        temp = None if self._file.new is None else self._temporary_name()
        record = self._record(backup, temp)
        record = replace(record, id=self._journal.intend(record))
        self._step("intended")
        try:
            made = self._backup(backup)
            if temp is None:
                self._remove()
            else:
                self._replace_by(temp)
        except BaseException:
            self._give_up(record.id)
            raise
        self._step("replaced")
        if not files.fsync_folder(self._folder):
            self._notes.append("folder not synced: the file system has no such step")
        self._step("folder synced")
        size, mtime = self._read_back()
        self._step("read back")
        notes = (*self._file.notes, *self._notes)
        done = replace(record, after_size=size, after_mtime_ns=mtime, notes=notes)
        self._journal.finish(done, made)
        self._step("finished")
        return backup, self._notes

    def _record(self, backup: str | None, temp: str | None) -> WriteRecord:
        before = self._file.before
        return replace(
            self._change.record,
            before_hash=before.hash if before else None,
            before_size=before.size if before else None,
            before_mtime_ns=before.mtime_ns if before else None,
            after_hash=self._file.after_hash,
            image_hash=self._file.image_hash,
            inverse=self._file.undo,
            backup=backup,
            temp=temp,
            notes=self._file.notes,
            traces=None if self._file.new is None else traces_of_file(self._file.new, self._real),
        )

    def _check_source(self) -> None:
        before = self._file.before
        try:
            status = os.lstat(self._real)
        except FileNotFoundError:
            status = None
        if before is None:
            if status is not None:
                raise ApplyError("another program has made this file meanwhile; run it again")
        elif status is None:
            raise ApplyError("the file is no longer there")
        elif not before.is_of(status) or status.st_ctime_ns != self._ctime_ns:
            raise ApplyError("the file was changed by another program meanwhile; run it again")

    def _check_space(self) -> None:
        new = len(self._file.new or b"")
        old = len(self._file.old or b"") if self._change.backup else 0
        if files.free_bytes(self._folder) < new + old + _SPARE_BYTES:
            raise ApplyError("there is not enough free space beside the file")

    def _temporary_name(self) -> str:
        name = os.path.basename(self._real)
        while len(os.fsencode(name)) > _LONGEST_NAME:
            name = name[:-1]
        return os.path.join(self._folder, f".{name}.nivo-{secrets.token_hex(4)}")

    def _backup(self, backup: str | None) -> BackupRecord | None:
        before, old = self._file.before, self._file.old
        made = None
        if backup is not None and before is not None and old is not None:
            make_backup(self._real, backup, old, before)
            self._laid.append(backup)
            self._ctime_ns = os.lstat(self._real).st_ctime_ns  # the second name is ours
            record = self._change.record
            made = BackupRecord(self._real, backup, before.hash, before.size, record.at, record.run)
        self._step("backed up")
        return made

    def _replace_by(self, temp: str) -> None:
        new = self._file.new or b""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        fd = os.open(temp, flags, _PRIVATE_MODE if self._file.before else 0o666)
        self._laid.append(temp)
        with open(fd, "w+b", buffering=0) as file:
            self._step("temporary made")
            _write_all(file.fileno(), new)
            self._step("temporary filled")
            files.fsync_file(file.fileno())
            self._step("temporary synced")
        self._copy_attributes(temp)
        self._step("attributes copied")
        if not _holds(temp, new):
            raise ApplyError("the disk did not keep what was written to it")
        self._temp_status = os.stat(temp)
        self._check_source()
        self._step("source checked")
        files.replace(temp, self._real)

    def _copy_attributes(self, temp: str) -> None:
        before = self._file.before
        if before is None:
            return
        self._notes += files.copy_attributes(self._real, temp)
        moment = self._mtime(before)
        if moment is not None:
            try:
                os.utime(temp, ns=(os.stat(self._real).st_atime_ns, moment))
            except OSError:
                self._notes.append("modification time not kept: not allowed")

    def _mtime(self, before: FileState) -> int | None:
        """The modification time the file gets; None is now. A write always changes length or time."""
        if self._change.mtime_ns is not None:
            return self._change.mtime_ns
        same_length = len(self._file.new or b"") == before.size
        if self._change.keep_mtime and not self._file.is_sidecar:
            return before.mtime_ns + (_MTIME_STEP_NS if same_length else 0)
        present = time.time_ns()
        return None if present > before.mtime_ns + _MTIME_STEP_NS else before.mtime_ns + _MTIME_STEP_NS

    def _remove(self) -> None:
        self._check_source()
        self._step("source checked")
        os.unlink(self._real)

    def _read_back(self) -> tuple[int | None, int | None]:
        """What the file is now.

        Its bytes were read back before it took its place: where it still is that very file, they need not be
        read once more.
        """
        if self._file.new is None:
            return None, None
        try:
            status = os.stat(self._real)
            if _is_same(status, self._temp_status) or _hash(self._real) == self._file.after_hash:
                return status.st_size, status.st_mtime_ns
        except OSError:
            pass
        self._notes.append("another program changed the file right after it was written")
        return len(self._file.new), None

    def _give_up(self, number: int) -> None:
        """Take away what was laid beside the file, as long as it is the one that was read.

        Where it is not, it may have been replaced already: the journal then settles it at the next start.
        """
        try:
            self._check_source()
        except (PhotoError, OSError):
            if self._file.before is None or self._is_written():
                return
        for path in self._laid:
            with suppress(OSError):
                os.unlink(path)
        with suppress(sqlite3.Error):
            self._journal.abandon(number)

    def _is_written(self) -> bool:
        try:
            return _hash(self._real) == self._file.after_hash
        except OSError:
            return self._file.new is None


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _holds(path: str, data: bytes) -> bool:
    """Whether a file holds these bytes, and no more."""
    position, buffer = 0, memoryview(bytearray(_PIECE))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            if not data.startswith(buffer[:count], position):
                return False
            position += count
    return position == len(data)


def _is_same(one: os.stat_result, other: os.stat_result | None) -> bool:
    """Whether two looks were at one unchanged file, on a file system that numbers its files."""
    if other is None or not one.st_ino:
        return False
    places = [(s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns) for s in (one, other)]
    return places[0] == places[1]


def _hash(path: str) -> str:
    digest = blake3()
    buffer = bytearray(_PIECE)
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(memoryview(buffer)[:count])
    return digest.hexdigest()
