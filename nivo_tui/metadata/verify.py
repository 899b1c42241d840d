"""Whether a photo is intact, whether what was written to it is still there, and who changed it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nivo_tui.errors import PhotoError
from nivo_tui.imaging.formats import sniff
from nivo_tui.imaging.identity import hash_of, image_hash
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.metadata.backups import backup_status
from nivo_tui.metadata.held import Held
from nivo_tui.metadata.journal import Journal, WriteRecord
from nivo_tui.metadata.parts import Parts, parts_of
from nivo_tui.metadata.traces import SIDECAR_SUFFIX, UNKNOWN, changed_by, traces_in
from nivo_tui.model import Format

BIT_ROT = "bit rot"


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """How a photo is, held against the journal and the catalog.

    `status` is ok, differs (a file is not as the last run left it, or the picture is not intact) or
    missing; `image` same, changed or unreadable, None where nothing is known to compare it with; `lost`
    what we wrote and is gone; `changed_by` a program, "unknown program", or "bit rot" where bytes changed
    though size and time of the file did not: of the picture where `image` is not same, else of its
    metadata. `backup` is good, bad or none.
    """

    path: str
    status: str
    image: str | None
    lost: tuple[str, ...]
    changed_by: str | None
    backup: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan saw: size and time of a file, and the hash of its image data, or `of_file` of it all."""

    size: int
    mtime_ns: int
    image_hash: str
    of_file: bool = False


@dataclass(frozen=True, slots=True)
class _Present:
    """A file as it is now. `image` is the hash of its image data, None where that is not found in it."""

    stat: tuple[int, int]
    hash: str
    fmt: Format | None
    image: str | None
    parts: Parts


def verify(path: str, journal: Journal, scanned: Scanned | None = None) -> VerifyResult:
    """Hold a photo, its sidecars and its backup against what is known of them.

    Raises nothing for a file that is bad, or cannot be read.
    """
    real = os.path.realpath(path)
    record = journal.backup_of(real)
    backup = "none" if record is None else backup_status(record)
    if not os.path.isfile(real):
        return VerifyResult(path, "missing", "unreadable", (), None, backup)
    present = _look(real)
    written = journal.newest_of_photo(path)
    own = next((write for write in written if write.real == real), None)
    image = _image(present, own, scanned)
    differs = image in ("changed", "unreadable")
    blamed: list[str] = []
    if differs and present is not None and _image_rotted(present, own, scanned):
        blamed.append(BIT_ROT)
    lost: list[str] = []
    for write in written:
        there = present if write is own else _look(write.real)
        if _is_as_left(None if there is None else there.hash, write):
            continue
        differs = True
        blamed.append(_blame(there, write))
        held = Held(Parts() if there is None else there.parts)
        values = journal.values_standing(write.real).items()
        lost += [value for value, by in values if not held.holds(value, by.fields)]
    if not blamed and differs:
        blamed.append(UNKNOWN)
    return VerifyResult(
        path, "differs" if differs else "ok", image, tuple(dict.fromkeys(lost)), _worst(blamed), backup
    )


def _look(path: str) -> _Present | None:
    """A file as it is; None where it cannot be read."""
    try:
        with PhotoSource(Path(path)) as source:
            status = os.stat(path)
            is_sidecar = path.lower().endswith(SIDECAR_SUFFIX)
            fmt = None if is_sidecar else sniff(source.head, os.path.basename(path))
            picture, of_file = (None, True) if fmt is None else image_hash(source, fmt)
            whole = hash_of(source, [(0, source.size)])
            readable = source.fits_memory and (is_sidecar or fmt is not None)
            parts = parts_of(source.data, fmt) if readable else Parts()
    except (PhotoError, OSError):
        return None
    return _Present((status.st_size, status.st_mtime_ns), whole, fmt, None if of_file else picture, parts)


def _image(present: _Present | None, own: WriteRecord | None, scanned: Scanned | None) -> str | None:
    """Whether the picture is the one last written to, or else scanned."""
    if present is None or present.fmt is None:
        return "unreadable"
    if own is not None and own.image_hash is not None:
        if present.image is None:
            return "unreadable"
        same = present.image == own.image_hash and not _image_rotted(present, own, scanned)
        return "same" if same else "changed"
    if scanned is not None:
        return _against_scan(present, scanned)
    return "unreadable" if present.image is None and not present.fmt.is_raw else None


def _against_scan(present: _Present, scanned: Scanned) -> str | None:
    """The same by the scan alone. Of a file hashed whole nobody can say what in it was changed."""
    if scanned.of_file:
        if present.hash == scanned.image_hash:
            return "same"
        return "changed" if present.stat == (scanned.size, scanned.mtime_ns) else None
    if present.image is None:
        return "unreadable"
    return "same" if present.image == scanned.image_hash else "changed"


def _image_rotted(present: _Present, own: WriteRecord | None, scanned: Scanned | None) -> bool:
    """Whether the picture is another than at the scan that saw the same size and time."""
    if scanned is None or present.stat != (scanned.size, scanned.mtime_ns):
        return False
    if own is not None and present.hash == own.after_hash:
        return False
    return (present.hash if scanned.of_file else present.image) != scanned.image_hash


def _is_as_left(present: str | None, write: WriteRecord) -> bool:
    """Whether a file has the bytes of the newest write, or of before it where it is still under way."""
    return present == write.after_hash or (write.state == "intent" and present == write.before_hash)


def _blame(there: _Present | None, write: WriteRecord) -> str:
    if there is None:
        return UNKNOWN
    if there.stat == (write.after_size, write.after_mtime_ns):
        return BIT_ROT
    return changed_by(write.traces, traces_in(there.parts))


def _worst(blamed: Iterable[str]) -> str | None:
    """Bit rot before a program, a program with a name before one without."""
    ranked = sorted(blamed, key=lambda who: (who != BIT_ROT, who == UNKNOWN))
    return ranked[0] if ranked else None
