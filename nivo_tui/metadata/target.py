"""The file a write goes to: reached through its links, read whole, and known again later."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field

from nivo_tui.errors import RefusedError
from nivo_tui.imaging.formats import HEAD_BYTES, sniff
from nivo_tui.metadata.digest import Digest, digest_of
from nivo_tui.model import Format

MOST_BYTES = 1 << 30
MOST_SIDECAR_BYTES = 64 << 20


class PlanError(RefusedError):
    """The file may not, or cannot, be changed."""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was read: its length, times, identity on the disk, and the BLAKE3 of its bytes.

    `ctime_ns` is when its bytes or attributes last changed; on Windows, when it was made.
    """

    size: int
    mtime_ns: int
    inode: int
    device: int
    ctime_ns: int
    digest: Digest = field(repr=False, compare=False)

    @property
    def hash(self) -> str:
        """The BLAKE3 of its bytes, hex."""
        return self.digest()

    def is_of(self, status: os.stat_result) -> bool:
        """Whether a file is still the one that was read, as far as its status tells."""
        return (self.size, self.mtime_ns, self.inode, self.device) == (
            status.st_size,
            status.st_mtime_ns,
            status.st_ino,
            status.st_dev,
        )


def resolve(path: str) -> str:
    """The regular file a path leads to, its links resolved. Raises PlanError where there is none."""
    try:
        real = os.path.realpath(path, strict=True)
        mode = os.stat(real).st_mode
    except FileNotFoundError as error:
        raise PlanError("the file does not exist any more, or is a link to nothing") from error
    except (OSError, ValueError) as error:
        raise PlanError(f"the file cannot be reached: {getattr(error, 'strerror', None) or error}") from error
    if not stat.S_ISREG(mode):
        raise PlanError("this is no regular file")
    return real


def refuse_unwritable(real: str, allow_hardlinks: bool) -> None:
    """Raise PlanError for a file that is write-protected, or known by several names (hard links)."""
    status = os.stat(real)
    # The system's word, not the mode bits: it knows of ACLs, read-only mounts, and who we are.
    if not os.access(real, os.W_OK):
        raise PlanError("the file is write-protected; take the protection off to have it written")
    if status.st_nlink > 1 and not allow_hardlinks:
        raise PlanError(
            f"the file has {status.st_nlink} names (hard links); a write would part this one from the rest; "
            'to have it written all the same, set hardlinks = "part" under [write]'
        )


def read_file(real: str, most: int) -> tuple[bytes, FileState]:
    """The bytes of a file and its state. Raises PlanError where it cannot be read or changes meanwhile."""
    try:
        with open(real, "rb") as file:
            first = os.fstat(file.fileno())
            if first.st_size > most:
                raise PlanError(f"the file has {first.st_size:,} bytes; at most {most:,} are written")
            data = file.read()
            last = os.fstat(file.fileno())
    except OSError as error:
        raise PlanError(f"the file cannot be read: {error.strerror or error}") from error
    if (first.st_size, first.st_mtime_ns) != (last.st_size, last.st_mtime_ns) or len(data) != last.st_size:
        raise PlanError("the file is just being changed by another program; try again later")
    state = FileState(
        last.st_size, last.st_mtime_ns, last.st_ino, last.st_dev, last.st_ctime_ns, digest_of(data)
    )
    return data, state


def format_of(real: str) -> Format:
    """What a file is by its first bytes. Raises PlanError where it cannot be read, or is no photo."""
    try:
        with open(real, "rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise PlanError(f"the file cannot be read: {error.strerror or error}") from error
    fmt = sniff(head, os.path.basename(real))
    if fmt is None:
        raise PlanError("the file is empty" if not head else "the file is no photo, whatever its name says")
    return fmt


def notes_of_scan(real: str, expected: tuple[int, int] | None) -> tuple[str, ...]:
    """What is to be said where a file is not of the (size, mtime_ns) that it had when it was scanned."""
    status = os.stat(real)
    if expected is None or (status.st_size, status.st_mtime_ns) == expected:
        return ()
    return ("the file changed since it was scanned; it was read again",)
