"""Pristine copies beside the photos: made once, listed, verified, pruned."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from blake3 import blake3

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.journal import BackupRecord, Journal
from nivo_tui.metadata.target import FileState
from nivo_tui.platform.files import fsync_file, fsync_folder

SUFFIX = ".original"
_MOST_NUMBERS = 1000


class BackupError(RefusedError):
    """A pristine copy could not be made, so nothing was written."""


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """A backup and how it is: good, bad (its bytes changed) or none (it is gone)."""

    record: BackupRecord
    status: str


def needed_backup(journal: Journal, real: str, image_hash: str | None = None) -> str | None:
    """Where the pristine copy of a file has to go; None where there is one of this picture already.

    `name.original`, or `name.original.1` and on where other files have those names. `image_hash` is that
    of the picture there now: another picture of the same name gets a copy of its own.
    """
    kept = journal.backup_of(real)
    if kept is not None and os.path.lexists(kept.backup) and journal.is_picture(real, image_hash):
        return None
    base = real + SUFFIX
    for number in range(_MOST_NUMBERS):
        candidate = f"{base}.{number}" if number else base
        if not os.path.lexists(candidate):
            return candidate
    raise BackupError(f"there are too many files called {os.path.basename(base)}")


def make_backup(real: str, backup: str, data: bytes, state: FileState) -> None:
    """Keep the file's present bytes under another name, checked; an existing file is never touched.

    The file itself gets the second name where the file system allows that: the write that follows puts a
    new file in its place, so the old one stays as it is, with all its attributes. Else it is copied.
    The write's own sync of the folder makes the name last. Raises BackupError or OSError.
    """
    try:
        os.link(real, backup)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise BackupError(
                "its name is too long for a backup beside it; shorten it, or write without backups"
            ) from error
        _copy(backup, data, state)
    status = os.stat(backup)
    linked = status.st_ino == state.inode and status.st_ino != 0
    good = state.is_of(status) if linked else hash_of_file(backup) == state.hash
    if not good:
        os.unlink(backup)
        raise BackupError("its backup does not hold what the file held; nothing was written")


def _copy(backup: str, data: bytes, state: FileState) -> None:
    fd = os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with open(fd, "wb") as file:
            file.write(data)
            file.flush()
            fsync_file(file.fileno())
        os.utime(backup, ns=(state.mtime_ns, state.mtime_ns))
    except BaseException:
        os.unlink(backup)
        raise


def hash_of_file(path: str) -> str | None:
    """BLAKE3 (hex) of a file's bytes, None where it cannot be read."""
    digest = blake3()
    try:
        with open(path, "rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError:
        return None
    return digest.hexdigest()


def verify_backups(journal: Journal, reals: Collection[str] | None = None) -> Iterator[BackupStatus]:
    """Hold the backups, of some files or of all, against their recorded hashes."""
    for record in journal.backups():
        if reals is None or record.target in reals:
            yield BackupStatus(record, backup_status(record))


def presence(record: BackupRecord) -> str | None:
    """What a backup is by its length alone: none, bad, or None where only its bytes would tell."""
    try:
        size = os.stat(record.backup).st_size
    except OSError:
        return "none"
    return None if size == record.size else "bad"


def backup_status(record: BackupRecord) -> str:
    """good, bad or none."""
    present = hash_of_file(record.backup)
    if present is None:
        return "none"
    return "good" if present == record.hash else "bad"


def prune_backup(journal: Journal, record: BackupRecord) -> str | None:
    """Delete a backup that is as we made it; returns why not, None where it was deleted."""
    status = backup_status(record)
    if status == "bad":
        return "it is not the copy that was made; delete it by hand if it is not wanted"
    if status == "good":
        try:
            os.unlink(record.backup)
        except OSError as error:
            return f"it cannot be deleted: {error.strerror or error}"
        fsync_folder(os.path.dirname(record.backup) or ".")
    journal.forget_backup(record.backup)
    return None
