"""Catalogs of Lightroom and darktable near a library: an open one may write over what is written here.

Reads names of files alone, and a lock's number of a process; what cannot be read is passed over.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nivo_tui.platform.process import is_alive

_MOST_ENTRIES = 4000
_MOST_PARENTS = 6
_MOST_LOCK_BYTES = 32
_CATALOG = ".lrcat"
_OPEN_MARKS = (".lock", "-wal")
_SANDBOXES = (
    (".var", "app", "org.darktable.Darktable", "config", "darktable"),
    ("snap", "darktable", "current", ".config", "darktable"),
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Catalogs by path: open ones of Lightroom and darktable, and those that lie there closed."""

    lightroom: tuple[str, ...] = ()
    darktable: tuple[str, ...] = ()
    at_rest: tuple[str, ...] = ()


def look_around(
    root: str, home: Path | None = None, environment: Mapping[str, str] | None = None
) -> Surroundings:
    """The catalogs in the library's folder, the folders above it and the Pictures folder of `home`."""
    home = home or Path.home()
    environment = os.environ if environment is None else environment
    open_ones, closed = _lightroom(_catalog_folders(root, home))
    return Surroundings(open_ones, tuple(_darktable(home, environment)), closed)


def _catalog_folders(root: str, home: Path) -> list[str]:
    """Where a Lightroom catalog would be: each of these and its folders named for Lightroom."""
    start = Path(os.path.abspath(root))
    bases = [start, *list(start.parents)[:_MOST_PARENTS], home / "Pictures"]
    folders: dict[str, None] = {}
    for base in bases:
        folders[str(base)] = None
        for name, is_folder in _entries(str(base)):
            if is_folder and "lightroom" in name.casefold():
                folders[os.path.join(base, name)] = None
    return list(folders)


def _lightroom(folders: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    open_ones: list[str] = []
    closed: list[str] = []
    for folder in folders:
        names = {name for name, is_folder in _entries(folder) if not is_folder}
        for name in sorted(names):
            if name.casefold().endswith(_CATALOG):
                is_open = any(name + mark in names for mark in _OPEN_MARKS)
                (open_ones if is_open else closed).append(os.path.join(folder, name))
    return tuple(open_ones), tuple(closed)


def _entries(folder: str) -> Iterator[tuple[str, bool]]:
    """The names in a folder and whether each is a folder; no more than a hand can hold."""
    with suppress(OSError, ValueError), os.scandir(folder) as entries:
        for _, entry in zip(range(_MOST_ENTRIES), entries, strict=False):
            is_folder = False
            with suppress(OSError):
                is_folder = entry.is_dir(follow_symlinks=False)
            yield entry.name, is_folder


def _darktable(home: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The databases that a running darktable holds: it notes its process in the lock beside each.

    In a sandbox the number is not one of this machine's, so the lock alone has to do.
    """
    for folder in _darktable_folders(home, environment):
        locks = sorted(name for name, _ in _entries(str(folder)) if name.endswith(".db.lock"))
        held = [name for name in locks if _is_held(folder / name)]
        if held:
            chosen = next((name for name in held if name.startswith("library")), held[0])
            yield str(folder / chosen.removesuffix(".lock"))
    for parts in _SANDBOXES:
        folder = home.joinpath(*parts)
        if any(name.endswith(".db.lock") for name, _ in _entries(str(folder))):
            yield str(folder / "library.db")


def _darktable_folders(home: Path, environment: Mapping[str, str]) -> list[Path]:
    folders = [home / ".config" / "darktable"]
    if environment.get("XDG_CONFIG_HOME"):
        folders.insert(0, Path(environment["XDG_CONFIG_HOME"]) / "darktable")
    if sys.platform == "win32" and environment.get("LOCALAPPDATA"):
        folders.insert(0, Path(environment["LOCALAPPDATA"]) / "darktable")
    return list(dict.fromkeys(folders))


def _is_held(lock: Path) -> bool:
    try:
        with open(lock, "rb") as file:
            noted = file.read(_MOST_LOCK_BYTES)
        process = int(noted.strip(b"\0 \t\r\n"))
    except (OSError, ValueError):
        return False
    with suppress(OSError, OverflowError):
        return process > 0 and is_alive(process)
    return False
