"""Bytes on their way into a file: hashed as they pass, stoppable between two pieces.

A download, a member of an archive and a copied file all end here, so that a full disk reads the same in each.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from nivo_tui.errors import NivoError, PackError
from nivo_tui.platform.files import free_bytes, fsync_file
from nivo_tui.text import size_words

PIECE = 1 << 18
"""Bytes that are moved between two looks at whether to stop."""

SPARE = 16 << 20
"""Bytes of the disk that a transfer leaves free, for the databases of the home."""

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


class StoppedError(NivoError):
    """The person asked for an end."""


class TransferError(PackError):
    """A file of a pack did not come whole."""


class DiskFullError(TransferError):
    """The disk has no room for it."""


class StoredError(TransferError):
    """The disk cannot be written, or a file on it cannot be read."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who follows a transfer: `progress(bytes done, bytes in all or None)`, and whether it shall end."""

    progress: Callable[[int, int | None], None]
    cancelled: Callable[[], bool]

    def check(self) -> None:
        """Raises StoppedError where an end is asked for."""
        if self.cancelled():
            raise StoppedError("stopped")


def check_room(folder: Path, wanted: int) -> None:
    """Raises DiskFullError where `wanted` more bytes do not fit into the file system of `folder`."""
    try:
        free = free_bytes(folder)
    except OSError:
        return  # the write itself will tell
    if free < wanted + SPARE:
        raise DiskFullError(
            f"it needs {size_words(wanted)} more in {folder}, where {size_words(max(0, free - SPARE))} "
            "can be used: make room and run it again"
        )


def disk_trouble(error: OSError, path: Path) -> StoredError | DiskFullError:
    """What a failed write to `path` means for a person."""
    if error.errno in _FULL:
        return DiskFullError(f"the disk of {path.parent} is full: make room and run it again")
    return StoredError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}")


class Target:
    """A file that is being filled. Every byte passes its hash, those that were there before as well.

    A failed write raises DiskFullError or StoredError; `size` is what the file then really holds.
    """

    def __init__(self, path: Path, *, keep: bool = False, watch: Watch | None = None) -> None:
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        try:
            self._file: IO[bytes] = (
                path.open("r+b", buffering=0) if keep and path.exists() else path.open("w+b", buffering=0)
            )
            self._read_over(watch)
        except OSError as error:
            raise disk_trouble(error, path) from error

    def _read_over(self, watch: Watch | None) -> None:
        try:
            while piece := self._file.read(PIECE):
                if watch is not None:
                    watch.check()
                self._hash.update(piece)
                self.size += len(piece)
        except BaseException:
            self._file.close()
            raise

    @property
    def sha256(self) -> str:
        """Of all bytes so far."""
        return self._hash.hexdigest()

    def write(self, piece: bytes) -> None:
        """Append."""
        rest = memoryview(piece)
        try:
            while rest:
                count = self._file.write(rest) or 0
                self._hash.update(rest[:count])
                self.size += count
                rest = rest[count:]
        except OSError as error:
            raise disk_trouble(error, self.path) from error

    def restart(self) -> None:
        """Empty the file."""
        try:
            self._file.seek(0)
            self._file.truncate()
        except OSError as error:
            raise disk_trouble(error, self.path) from error
        self.size = 0
        self._hash = hashlib.sha256()

    def close(self, *, sync: bool = True) -> None:
        """Close; with `sync` the bytes have reached the disk itself."""
        if self._file.closed:
            return
        try:
            if sync:
                fsync_file(self._file.fileno())
        except OSError as error:
            raise disk_trouble(error, self.path) from error
        finally:
            self._file.close()


def fill(
    target: Path, pieces: Iterable[bytes], watch: Watch, *, done: int = 0, total: int | None = None
) -> str:
    """Write `pieces` into a new file, brought to the disk; returns its SHA-256.

    Progress counts from `done`. A file that did not come whole is removed.
    """
    file = Target(target)
    try:
        for piece in pieces:
            watch.check()
            file.write(piece)
            watch.progress(done + file.size, total)
        file.close()
    except BaseException:
        file.close(sync=False)
        target.unlink(missing_ok=True)
        raise
    return file.sha256


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """The bytes of an open file, a piece at a time."""
    while piece := file.read(PIECE):
        yield piece


def sha256_of(path: Path, watch: Watch | None = None) -> str:
    """The SHA-256 of a file. Raises StoredError where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            for piece in pieces_of(file):
                if watch is not None:
                    watch.check()
                digest.update(piece)
    except OSError as error:
        raise StoredError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error
    return digest.hexdigest()
