"""Which sidecars belong to a photo, and their bytes. Read-only."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from itertools import product
from pathlib import Path

from nivo_tui.imaging.formats import format_of_name
from nivo_tui.model import Format

_MOST_BYTES = 16 * 1024 * 1024
_SIDECAR_FOR = re.compile(rb"[\w.\-]+:SidecarForExtension\s*(?:=\s*[\"']|>)\s*\.?(\w+)")
ENDINGS = ("xmp", *("".join(letters) for letters in product("xX", "mM", "pP") if "".join(letters) != "xmp"))
"""The extension in every letter case, the usual one first."""

# Extensions of raw files: beside one of them, name.xmp is the raw file's.
RAW_EXTENSIONS = frozenset(
    "3fr arw bay cap cr2 cr3 crw dcr dng erf fff gpr iiq k25 kdc mef mos mrw nef nrw orf pef ptx raf raw "
    "rw2 rwl sr2 srf srw x3f".split()
)


def packets(
    path: str, fmt: Format, names: Collection[str] | None, problems: list[str]
) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each sidecar of the photo at `path`: `name.ext.xmp` first, then `name.xmp`.

    `name.xmp` belongs to the file whose extension its photoshop:SidecarForExtension gives; where it gives
    none, to every raw file of that name, and without one to the only picture of that name. `names` are the
    names in the folder where known. A sidecar that cannot be read is a line in `problems`.
    """
    folder, name = os.path.split(path)
    stem, extension = os.path.splitext(name)
    for candidate in _existing(folder, name, names):
        packet = _content(folder, candidate, problems)
        if packet is not None:
            yield candidate, packet
    for candidate in _existing(folder, stem, names) if extension else []:
        packet = _content(folder, candidate, problems)
        if packet is not None and _is_for(packet, path, fmt, names):
            yield candidate, packet


def _existing(folder: str, stem: str, names: Collection[str] | None) -> list[str]:
    candidates = [f"{stem}.{ending}" for ending in ENDINGS]
    if names is not None:
        return [candidate for candidate in candidates if candidate in names]
    found: list[str] = []
    for candidate in candidates:
        is_there = os.path.isfile(os.path.join(folder, candidate))
        if is_there and not any(_is_one(folder, candidate, other) for other in found):
            found.append(candidate)
    return found


def _is_one(folder: str, name: str, other: str) -> bool:
    """Whether two spellings are one file, as in a folder that makes nothing of case."""
    try:
        return os.path.samefile(os.path.join(folder, name), os.path.join(folder, other))
    except OSError:
        return False


def _content(folder: str, name: str, problems: list[str]) -> bytes | None:
    try:
        if not Path(folder, name).is_file():  # a pipe of that name would never answer
            problems.append(f"the sidecar {name} cannot be read: it is no regular file")
            return None
        with Path(folder, name).open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        problems.append(f"the sidecar {name} cannot be read: {error.strerror or error}")
        return None
    if len(data) > _MOST_BYTES:
        problems.append(f"the sidecar {name} is too large to be read")
        return None
    return data


def _is_for(packet: bytes, path: str, fmt: Format, names: Collection[str] | None) -> bool:
    folder, name = os.path.split(path)
    stem, extension = os.path.splitext(name)
    stated = _SIDECAR_FOR.search(packet)
    if stated:
        return stated[1].decode("ascii", "replace").casefold() == extension[1:].casefold()
    if fmt.is_raw:
        return True
    return not any(_is_picture_of(other, stem) for other in _beside(folder, names) if other != name)


def _beside(folder: str, names: Collection[str] | None) -> Collection[str]:
    if names is not None:
        return names
    try:
        return os.listdir(folder or ".")
    except OSError:  # a folder may be entered and not listed: then no other picture is known of
        return ()


def _is_picture_of(name: str, stem: str) -> bool:
    other, extension = os.path.splitext(name)
    return other == stem and (extension[1:].casefold() in RAW_EXTENSIONS or format_of_name(name) is not None)
