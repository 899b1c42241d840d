"""Which files of a folder are photos: a walk of the directory, and a count of everything else by kind."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nivo_tui.catalog.paths import absolute
from nivo_tui.catalog.records import FileStat
from nivo_tui.catalog.shots import is_beside
from nivo_tui.errors import UsageError
from nivo_tui.imaging.formats import format_of_name, is_backup, is_sidecar, is_temporary

_HOME_FILES = frozenset({"engine.lock", "catalog.db"})
_NO_ENTRY = os.strerror(errno.EACCES)
_HOME_PICTURES = "thumbnails"
"""What a home of this program holds; its own pictures are no photos of anybody's."""

_NOT_ENTERED = frozenset({"@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found"})


@dataclass(slots=True)
class Listing:
    """What a walk found: the photos with their directory facts, and other files counted by extension.

    `unreadable` are folders that could not be entered, with the reason. `beside` names, for each folder that
    was walked, the films and lists of edits that may belong to its photos.
    """

    photos: dict[str, FileStat] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    beside: dict[str, tuple[str, ...]] = field(default_factory=dict)


def list_photos(paths: Sequence[str]) -> Listing:
    """List the photos of files and folders. A file named by itself counts whatever its extension.

    Raises UsageError for a path that does not exist, or a folder that may not be entered.
    """
    listing = Listing()
    for given in paths:
        path = absolute(given)
        if not os.path.lexists(path):
            raise UsageError(f"{given}: no such file or directory")
        if os.path.isdir(path):
            _walk(path, listing)
            if (path, _NO_ENTRY) in listing.unreadable:
                raise UsageError(f"{given}: permission denied")
        else:
            listing.photos[path] = _facts_or_none(path)
    return listing


def _walk(root: str, listing: Listing) -> None:
    seen = {_identity(root)}
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda e: e.name)
        except OSError as error:
            listing.unreadable.append((folder, error.strerror or "cannot be read"))
            continue
        if {entry.name for entry in entries} >= _HOME_FILES:
            entries = [entry for entry in entries if entry.name != _HOME_PICTURES]
        below = []
        for entry in entries:
            if _is_folder(entry):
                if _may_enter(entry, seen):
                    below.append(entry.path)
            else:
                _list_file(entry, listing)
        listing.beside[folder] = tuple(entry.name for entry in entries if is_beside(entry.name))
        waiting.extend(reversed(below))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _may_enter(entry: os.DirEntry[str], seen: set[tuple[int, int]]) -> bool:
    """Hidden folders and waste bins are not entered, and none twice: links may form a ring."""
    if entry.name.startswith(".") or entry.name in _NOT_ENTERED:
        return False
    identity = _identity(entry.path)
    if identity in seen:
        return False
    seen.add(identity)
    return True


def _identity(folder: str) -> tuple[int, int]:
    try:
        stat = os.stat(folder)
    except OSError:
        return (0, hash(folder))
    return (stat.st_dev, stat.st_ino)


def _list_file(entry: os.DirEntry[str], listing: Listing) -> None:
    name = entry.name
    if is_temporary(name) or is_backup(name) or is_sidecar(name):
        return
    if name.startswith(".") or format_of_name(name) is None:
        listing.skipped[_extension(name)] += 1
        return
    listing.photos[entry.path] = _facts_or_none(entry)


def _extension(name: str) -> str:
    return os.path.splitext(name)[1].lower().lstrip(".") or "none"


def _facts_or_none(file: str | os.DirEntry[str]) -> FileStat:
    try:
        return _facts(file.stat() if isinstance(file, os.DirEntry) else os.stat(file))
    except OSError:
        # A dangling link, or a file that went away or may not be looked at: the scan says so by itself.
        return FileStat(0, 0, 0)


def _facts(stat: os.stat_result) -> FileStat:
    return FileStat(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


def names_beside(folder: str) -> tuple[str, ...]:
    """The names of a folder's films and lists of edits that may belong to its photos."""
    try:
        with os.scandir(folder) as entries:
            return tuple(sorted(entry.name for entry in entries if is_beside(entry.name)))
    except OSError:
        return ()


def stat_of(path: str) -> FileStat:
    """The directory facts of a file, links followed. Raises OSError."""
    return _facts(os.stat(path))


def folders_of(paths: Sequence[str]) -> Iterator[str]:
    """Those of the paths that are folders, absolute."""
    for path in map(absolute, paths):
        if os.path.isdir(path):
            yield path
