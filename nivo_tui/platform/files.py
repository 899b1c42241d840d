"""File system steps whose means or limits differ between systems: syncing, replacing, attributes."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import time
from pathlib import Path

_REPLACE_TRIES = 20
_REPLACE_PAUSE_S = 0.05


def fsync_file(fd: int) -> None:
    """Bring a file's bytes to the disk itself; on macOS past the drive's cache as well."""
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            return
        except OSError:
            pass  # not every file system knows it; the plain call below is the best there is
    os.fsync(fd)


def fsync_folder(path: str | Path) -> bool:
    """Bring a folder's entries to the disk. False where the system or the file system has no such step."""
    if sys.platform == "win32":
        return False
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EROFS):
            return False
        raise
    finally:
        os.close(fd)
    return True


def replace(src: str | Path, dst: str | Path) -> None:
    """Put `src` in the place of `dst` in one step; on Windows waits out a short sharing violation."""
    for attempt in range(_REPLACE_TRIES):
        try:
            os.replace(src, dst)
            return
        except PermissionError:
            if sys.platform != "win32" or attempt == _REPLACE_TRIES - 1:
                raise
            time.sleep(_REPLACE_PAUSE_S)


def put_new(src: str | Path, dst: str | Path) -> None:
    """Give `src` the name `dst` in one step, and only where that name is free. Raises FileExistsError."""
    if sys.platform == "win32":
        os.rename(src, dst)  # there it refuses a name that is taken
        return
    try:
        os.link(src, dst)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: the look before is the best there is.
        if os.path.lexists(dst):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(dst)) from None
        os.replace(src, dst)
        return
    os.unlink(src)


def copy_attributes(src: str | Path, dst: str | Path) -> list[str]:
    """Give `dst` the mode, owner and extended attributes of `src`; returns the steps that were not possible.

    Times are not copied. Extended attributes carry ACLs on Linux.
    """
    missing: list[str] = []
    source = os.stat(src)
    try:
        os.chmod(dst, stat.S_IMODE(source.st_mode))
    except OSError:
        missing.append("permissions not kept: the file system has none")
    if sys.platform != "win32":
        made = os.stat(dst)
        if (made.st_uid, made.st_gid) != (source.st_uid, source.st_gid):
            try:
                os.chown(dst, source.st_uid, source.st_gid)
                os.chmod(dst, stat.S_IMODE(source.st_mode))
            except OSError:
                missing.append("owner not kept: not allowed")
    missing.extend(_copy_extended_attributes(src, dst))
    return missing


def _copy_extended_attributes(src: str | Path, dst: str | Path) -> list[str]:
    if sys.platform != "linux":
        return []
    try:
        names = os.listxattr(src)
    except OSError:
        return []
    lost = []
    for name in names:
        try:
            os.setxattr(dst, name, os.getxattr(src, name))
        except OSError:
            lost.append(f"attribute {name} not kept")
    return lost


def make_private(folder: Path) -> None:
    """Create a folder, with its parents, that only its owner can enter."""
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform != "win32":
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o077:
            folder.chmod(mode & 0o700)


def free_bytes(folder: str | Path) -> int:
    """Bytes that may still be written to the file system of a folder."""
    return shutil.disk_usage(folder).free


def on_network(path: str | Path) -> bool:
    """Whether a path lies on a network file system, as far as the system tells (Linux: /proc/mounts)."""
    if sys.platform != "linux":
        return False
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    real = os.path.realpath(path)
    best, kind = "", ""
    for line in mounts:
        parts = line.split()
        if len(parts) < 3:
            continue
        point = parts[1].replace("\\040", " ")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind in _NETWORK_KINDS


_NETWORK_KINDS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph"})
