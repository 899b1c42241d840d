"""Which sidecars a photo's metadata is written to, and what a new one is called."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass

from nivo_tui.errors import RefusedError
from nivo_tui.imaging.formats import format_of_name
from nivo_tui.metadata.sidecar_read import RAW_EXTENSIONS
from nivo_tui.metadata.xmp_tree import XmpError, take_apart, values
from nivo_tui.model import Format

_SHORT_NAME_READERS = frozenset({"lightroom", "captureone"})
_OWNER = "photoshop:SidecarForExtension"


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
    A new one is `name.ext.xmp`, for a raw file read by Lightroom or Capture One `name.xmp`, or both.
    Raises SidecarError where two raw files share a `name.xmp`.
    """
    folder, name = os.path.split(path)
    stem, extension = os.path.splitext(name)
    long_name = _existing(folder, name)
    short_name = _existing(folder, stem) if extension else None
    if short_name and not _is_ours(os.path.join(folder, short_name), folder, name, fmt):
        short_name = None
    found = [each for each in (long_name, short_name) if each]
    if found:
        return tuple(Sidecar(os.path.join(folder, each), True) for each in found)
    return _new(path, fmt, frozenset(readers))


def _new(path: str, fmt: Format, readers: frozenset[str]) -> tuple[Sidecar, ...]:
    stem, extension = os.path.splitext(path)
    short = fmt.is_raw and bool(extension) and bool(readers & _SHORT_NAME_READERS)
    long = not short or bool(readers - _SHORT_NAME_READERS)
    chosen = []
    if long:
        chosen.append(Sidecar(f"{path}.xmp", False))
    if short:
        folder, name = os.path.split(path)
        if _existing(folder, os.path.splitext(name)[0]):
            raise SidecarError(f"{os.path.basename(stem)}.xmp is there and belongs to another file")
        _refuse_two_raws(folder, name)
        chosen.append(Sidecar(f"{stem}.xmp", False, extension[1:].upper()))
    return tuple(chosen)


def _existing(folder: str, stem: str) -> str | None:
    """The name in the folder of `stem` with .xmp, in either case."""
    for candidate in (f"{stem}.xmp", f"{stem}.XMP"):
        if os.path.lexists(os.path.join(folder, candidate)):
            return candidate
    return None


def _is_ours(sidecar: str, folder: str, name: str, fmt: Format) -> bool:
    extension = os.path.splitext(name)[1][1:].casefold()
    owner = _stated_owner(sidecar)
    if owner is not None:
        return owner == extension
    if fmt.is_raw:
        _refuse_two_raws(folder, name)
        return True
    return len(_pictures_called(folder, name)) == 1


def _stated_owner(sidecar: str) -> str | None:
    try:
        with open(sidecar, "rb") as file:
            found = values(take_apart(file.read()).root, _OWNER)
    except (OSError, XmpError):
        return None  # refused with its own reason where it is about to be edited
    return found[0].lstrip(".").casefold() if found else None


def _refuse_two_raws(folder: str, name: str) -> None:
    raws = [
        n for n in _pictures_called(folder, name) if os.path.splitext(n)[1][1:].casefold() in RAW_EXTENSIONS
    ]
    if len(raws) > 1:
        stem = os.path.splitext(name)[0]
        raise SidecarError(
            f"{stem}.xmp could belong to {' or '.join(sorted(raws))}. "
            "Set readers without Lightroom and Capture One, or name the owner in it."
        )


def _pictures_called(folder: str, name: str) -> list[str]:
    """The photos of the folder that have the stem of `name`, itself included."""
    stem = os.path.splitext(name)[0]
    try:
        beside = os.listdir(folder or ".")
    except OSError:
        return [name]
    same = [other for other in beside if os.path.splitext(other)[0] == stem and format_of_name(other)]
    return same if name in same else [*same, name]
