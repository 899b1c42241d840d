"""Which sidecars a photo's metadata is written to, and what a new one is called."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from nivo_tui.errors import RefusedError
from nivo_tui.imaging.formats import format_of_name
from nivo_tui.metadata.sidecar_read import ENDINGS, RAW_EXTENSIONS
from nivo_tui.metadata.xmp_tree import XmpError, take_apart, values
from nivo_tui.model import Format

_SHORT_NAME_READERS = frozenset({"lightroom", "captureone"})
_OWNER = "photoshop:SidecarForExtension"
_MOST_BYTES = 16 << 20


class SidecarError(RefusedError):
    """Which sidecar belongs to the photo is not clear, or it may not be written."""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A sidecar to write: its path, whether it is there, and the extension it has to name where it is new."""

    path: str
    exists: bool
    extension: str | None = None


def choose_sidecars(path: str, fmt: Format, readers: Collection[str]) -> tuple[Sidecar, ...]:
    """The sidecars of a photo: those that exist, all of them, else what its readers look for.

    `name.ext.xmp` is the photo's alone. `name.xmp` is the photo's whose extension it names
    (photoshop:SidecarForExtension), else the raw file's of that name, else the only picture's of that name.
    .xmp may be written in any letter case. A new one is `name.ext.xmp`, for a raw file read by Lightroom or
    Capture One `name.xmp`, or both. Raises SidecarError where two raw files share a `name.xmp`, and where
    the `name.xmp` to be made is there and another file's.
    """
    folder, name = os.path.split(path)
    stem, extension = os.path.splitext(name)
    found = _existing(folder, name)
    if extension:
        found += [each for each in _existing(folder, stem) if _is_ours(folder, each, name, fmt)]
    if found:
        return tuple(Sidecar(os.path.join(folder, each), True) for each in found)
    return _new(path, fmt, frozenset(reader.casefold() for reader in readers))


def _new(path: str, fmt: Format, readers: frozenset[str]) -> tuple[Sidecar, ...]:
    stem, extension = os.path.splitext(path)
    short = fmt.is_raw and bool(extension) and bool(readers & _SHORT_NAME_READERS)
    long = not short or bool(readers - _SHORT_NAME_READERS)
    chosen = []
    if long:
        chosen.append(Sidecar(f"{path}.xmp", False))
    if short:
        folder, name = os.path.split(path)
        taken = _existing(folder, os.path.splitext(name)[0])
        if taken:
            owner = _stated_owner(os.path.join(folder, taken[0]))
            raise SidecarError(
                f"{taken[0]} is there and says that it is for a .{owner} file, not for {name}. "
                "Take Lightroom and Capture One out of the setting readers to have "
                f"{name}.xmp written instead."
            )
        _refuse_two_raws(folder, name, os.path.basename(f"{stem}.xmp"))
        chosen.append(Sidecar(f"{stem}.xmp", False, extension[1:].upper()))
    return tuple(chosen)


def _existing(folder: str, stem: str) -> list[str]:
    """The names in the folder of `stem` with .xmp in any letter case, each file once."""
    found: dict[tuple[int, int] | str, str] = {}
    for ending in ENDINGS:
        candidate = f"{stem}.{ending}"
        try:
            status = os.lstat(os.path.join(folder, candidate))
        except (OSError, ValueError):
            continue
        # Some network file systems number no files: there the name has to tell one from another.
        file = (status.st_dev, status.st_ino) if status.st_ino else candidate.casefold()
        found.setdefault(file, candidate)
    return list(found.values())


def _is_ours(folder: str, sidecar: str, name: str, fmt: Format) -> bool:
    extension = os.path.splitext(name)[1][1:].casefold()
    owner = _stated_owner(os.path.join(folder, sidecar))
    if owner is not None:
        return owner == extension
    if fmt.is_raw:
        _refuse_two_raws(folder, name, sidecar)
        return True
    return len(_pictures_called(folder, name)) == 1


def _stated_owner(sidecar: str) -> str | None:
    """The extension that a sidecar names, in small letters; None where it names none or cannot be read."""
    try:
        if not Path(sidecar).is_file():  # a pipe of that name would never answer
            return None
        with Path(sidecar).open("rb") as file:
            found = values(take_apart(file.read(_MOST_BYTES)).root, _OWNER)
    except (OSError, XmpError):
        return None  # refused with its own reason where it is about to be edited
    return found[0].strip().lstrip(".").casefold() if found else None


def _refuse_two_raws(folder: str, name: str, sidecar: str) -> None:
    raws = [other for other in _pictures_called(folder, name) if _is_raw(other)]
    if len(raws) > 1:
        raise SidecarError(
            f"{sidecar} could belong to {' or '.join(sorted(raws))}. Rename one of them, or state in "
            f"{sidecar} whose it is (photoshop:SidecarForExtension); where it is not there yet, each gets "
            "its own once Lightroom and Capture One are out of the setting readers."
        )


def _is_raw(name: str) -> bool:
    return os.path.splitext(name)[1][1:].casefold() in RAW_EXTENSIONS


def _pictures_called(folder: str, name: str) -> list[str]:
    """The photos of the folder that have the stem of `name`, itself included."""
    stem = os.path.splitext(name)[0]
    try:
        beside = os.listdir(folder or ".")
    except OSError:
        return [name]
    alike = (other for other in beside if other.startswith(stem) and os.path.splitext(other)[0] == stem)
    same = [other for other in alike if _is_raw(other) or format_of_name(other)]
    return same if name in same else [*same, name]
