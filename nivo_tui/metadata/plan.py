"""The plan of a write: which files would change, and to what bytes. Reads only."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from blake3 import blake3

from nivo_tui.errors import PhotoError, RefusedError
from nivo_tui.imaging.formats import HEAD_BYTES, sniff
from nivo_tui.metadata import gate
from nivo_tui.metadata.containers.jpeg_edit import EditableJpeg
from nivo_tui.metadata.containers.source import FileSource, from_bytes
from nivo_tui.metadata.edits import EditList, apply_edits, difference, inverse
from nivo_tui.metadata.read import metadata_from
from nivo_tui.metadata.sidecar import Sidecar, choose_sidecars
from nivo_tui.metadata.xmp import Keyword
from nivo_tui.metadata.xmp_edit import OWNER, Edited, XmpChange, edit
from nivo_tui.model import FileMetadata, Format, Receipt

__all__ = ["FileState", "Keyword", "Plan", "PlannedFile", "WriteOptions", "WriteRequest", "plan_write"]

MOST_BYTES = 1 << 30
_MOST_SIDECAR = 64 << 20


class PlanError(RefusedError):
    """The file may not, or cannot, be changed."""


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """What is to be written to one photo.

    `target` is auto, file or sidecar. `expected` is (size, mtime_ns) of the file when it was scanned.
    """

    path: str
    keywords: tuple[Keyword, ...] = ()
    title: str | None = None
    description: str | None = None
    target: str = "auto"
    backup: bool = True
    expected: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How it is written. `readers` are the programs that must read a new sidecar."""

    readers: frozenset[str] = frozenset({"digikam", "darktable"})
    keep_mtime: bool = True
    allow_hardlinks: bool = False


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was read: its length, times, identity on the disk, and the BLAKE3 of its bytes."""

    size: int
    mtime_ns: int
    inode: int
    device: int
    hash: str

    def is_of(self, status: os.stat_result) -> bool:
        """Whether a file is still the one that was read, as far as its status tells."""
        return (self.size, self.mtime_ns, self.inode, self.device) == (
            status.st_size,
            status.st_mtime_ns,
            status.st_ino,
            status.st_dev,
        )


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """What becomes of one target. `status` is planned, unchanged or refused.

    `target` is the path as it was given, `real` with its links resolved. `before` and `old` are None for a
    file that is created, `new` is None for one that is removed. `undo` turns `new` into `old`.
    """

    target: str | None
    status: str
    real: str = ""
    before: FileState | None = None
    old: bytes | None = field(default=None, repr=False)
    new: bytes | None = field(default=None, repr=False)
    undo: EditList = field(default=(), repr=False)
    after_hash: str | None = None
    image_hash: str | None = None
    fields: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reason: str | None = None
    notes: tuple[str, ...] = ()
    is_sidecar: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a request would do to the files of one photo."""

    path: str
    files: tuple[PlannedFile, ...]
    backup: bool = True

    def receipts(self) -> tuple[Receipt, ...]:
        """The receipts of a plan that is only shown."""
        return tuple(receipt_of(self.path, file, file.status) for file in self.files)


def receipt_of(path: str, file: PlannedFile, status: str, **values: object) -> Receipt:
    """The receipt of a planned file; `values` are further fields of it."""
    receipt = Receipt(
        path=path,
        target=file.target if status != "refused" else None,
        status=status,
        fields=file.fields,
        added=file.added,
        removed=file.removed,
        reason=file.reason,
        before=file.before.hash if file.before else None,
        after=file.after_hash or (file.before.hash if file.before and status != "planned" else None),
        notes=file.notes,
        bytes_added=len(file.new or b"") - len(file.old or b"") if status in ("planned", "written") else 0,
    )
    return replace(receipt, **values)  # type: ignore[arg-type]


class Editable(Protocol):
    """The bytes of a file whose XMP can be found and exchanged; `notes` go into the receipt of a change."""

    packet: bytes | None
    notes: tuple[str, ...]

    def edit(self, new_packet: bytes | None) -> EditList:
        """The edits that exchange the packet; None removes it. Raises RefusedError."""


EDITORS: dict[Format, Callable[[bytes], Editable]] = {Format.JPEG: EditableJpeg}
"""The formats that are written in the file."""


def plan_write(request: WriteRequest, options: WriteOptions, run: int = 0) -> Plan:
    """Work out what a request would change. Raises nothing: what cannot be done is a refused target."""
    try:
        return Plan(request.path, _planned(request, options, run), request.backup)
    except PhotoError as error:
        return Plan(request.path, (refused(str(error)),))


def refused(reason: str, *notes: str) -> PlannedFile:
    """A target that stays as it is."""
    return PlannedFile(None, "refused", reason=reason, notes=notes)


def _planned(request: WriteRequest, options: WriteOptions, run: int) -> tuple[PlannedFile, ...]:
    real = resolve(request.path)
    fmt = _format_of(real)
    notes = _notes_of_scan(real, request.expected)
    if request.target == "sidecar" or (request.target == "auto" and fmt.is_raw):
        return _in_sidecars(request, options, run, real, fmt, None, notes)
    if fmt not in EDITORS:
        reason = f"{fmt.value.upper()} is not written in the file"
        if request.target == "file":
            raise PlanError(f"{reason}; its keywords can go to a sidecar")
        return _in_sidecars(request, options, run, real, fmt, None if fmt.is_raw else reason, notes)
    refuse_unwritable(real, options.allow_hardlinks)
    data, before = read_file(real, MOST_BYTES)
    try:
        return (_in_file(request, options, run, real, fmt, data, before, notes),)
    except RefusedError as error:
        if request.target == "file":
            raise
        return _in_sidecars(request, options, run, real, fmt, str(error), notes)


def _in_file(
    request: WriteRequest,
    options: WriteOptions,
    run: int,
    real: str,
    fmt: Format,
    data: bytes,
    before: FileState,
    notes: tuple[str, ...],
) -> PlannedFile:
    image = EDITORS[fmt](data)
    metadata = metadata_from(from_bytes(data), len(data), fmt)
    edited = edit(image.packet, _change(request, metadata, run, None))
    if not edited.entries:
        return PlannedFile(request.path, "unchanged", real, before, notes=notes)
    return rebuilt(request.path, real, fmt, image, data, before, edited, notes=notes + image.notes)


def rebuilt(
    target: str,
    real: str,
    fmt: Format | None,
    image: Editable | None,
    data: bytes,
    before: FileState,
    edited: Edited,
    *,
    removes: bool = False,
    notes: tuple[str, ...] = (),
    reason: str | None = None,
) -> PlannedFile:
    """A target with its XMP exchanged, past the gate. Raises RefusedError.

    `fmt` and `image` are None for a sidecar, which is XMP through and through.
    """
    packet = edited.packet
    edits = difference(data, packet or b"") if image is None else image.edit(packet)
    new, undo = apply_edits(data, edits), inverse(data, edits)
    if removes:
        gone = edited.values + edited.carried
        expected = gate.Expected(removed=gone, fields=(*edited.fields, OWNER))
    else:
        expected = gate.Expected(edited.values, edited.carried, fields=edited.fields)
    image_hash = gate.check(data, new, fmt, expected, undo)
    keep = new if fmt is not None or packet is not None else None
    return PlannedFile(
        target,
        "planned",
        real,
        before,
        data,
        keep,
        undo,
        None if keep is None else blake3(keep).hexdigest(),
        image_hash,
        tuple(f"xmp:{name}" for name in edited.fields),
        added=() if removes else edited.values,
        removed=edited.values if removes else (),
        reason=reason,
        notes=notes,
        is_sidecar=fmt is None,
    )


def _in_sidecars(
    request: WriteRequest,
    options: WriteOptions,
    run: int,
    real: str,
    fmt: Format,
    reason: str | None,
    notes: tuple[str, ...],
) -> tuple[PlannedFile, ...]:
    metadata = _embedded(real, fmt)
    planned = []
    for sidecar in choose_sidecars(request.path, fmt, options.readers):
        try:
            file = _in_sidecar(request, options, run, sidecar, metadata)
        except PhotoError as error:
            file = refused(f"{os.path.basename(sidecar.path)}: {error}")
        planned.append(replace(file, reason=file.reason or reason, notes=file.notes + notes))
    return tuple(planned)


def _in_sidecar(
    request: WriteRequest, options: WriteOptions, run: int, sidecar: Sidecar, metadata: FileMetadata
) -> PlannedFile:
    change = _change(request, metadata, run, sidecar.extension)
    if sidecar.exists:
        real = resolve(sidecar.path)
        refuse_unwritable(real, options.allow_hardlinks)
        data, before = read_file(real, _MOST_SIDECAR)
        edited = edit(data, change)
        if not edited.entries:
            return PlannedFile(sidecar.path, "unchanged", real, before, is_sidecar=True)
        return rebuilt(sidecar.path, real, None, None, data, before, edited)
    edited = edit(None, change, sidecar=True)
    if edited.packet is None:
        return PlannedFile(sidecar.path, "unchanged", is_sidecar=True)
    expected = gate.Expected(edited.values, edited.carried, fields=(*edited.fields, OWNER))
    undo = difference(edited.packet, b"")
    gate.check(b"", edited.packet, None, expected, undo)
    return PlannedFile(
        sidecar.path,
        "planned",
        os.path.join(os.path.realpath(os.path.dirname(sidecar.path)), os.path.basename(sidecar.path)),
        new=edited.packet,
        undo=undo,
        after_hash=blake3(edited.packet).hexdigest(),
        fields=tuple(f"xmp:{name}" for name in edited.fields),
        added=edited.values,
        is_sidecar=True,
    )


def _change(request: WriteRequest, metadata: FileMetadata, run: int, extension: str | None) -> XmpChange:
    return XmpChange(
        run=run,
        time=now(),
        keywords=request.keywords,
        carried=metadata.keywords,
        title=request.title,
        description=request.description,
        standing_title=metadata.title,
        standing_description=metadata.description,
        extension=extension,
    )


def now() -> str:
    """The present time, ISO 8601 in UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


# -- looking at the file


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
            f"the file has {status.st_nlink} names (hard links); a write would part this one from the others"
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
    state = FileState(last.st_size, last.st_mtime_ns, last.st_ino, last.st_dev, blake3(data).hexdigest())
    return data, state


def _format_of(real: str) -> Format:
    try:
        with open(real, "rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise PlanError(f"the file cannot be read: {error.strerror or error}") from error
    fmt = sniff(head, os.path.basename(real))
    if fmt is None:
        raise PlanError("the file is empty" if not head else "the file is no photo, whatever its name says")
    return fmt


def _embedded(real: str, fmt: Format) -> FileMetadata:
    try:
        with open(real, "rb") as file:
            return metadata_from(FileSource(file).read_at, os.stat(real).st_size, fmt)
    except OSError as error:
        raise PlanError(f"the file cannot be read: {error.strerror or error}") from error


def _notes_of_scan(real: str, expected: tuple[int, int] | None) -> tuple[str, ...]:
    status = os.stat(real)
    if expected is None or (status.st_size, status.st_mtime_ns) == expected:
        return ()
    return ("the file changed since it was scanned; it was read again",)
