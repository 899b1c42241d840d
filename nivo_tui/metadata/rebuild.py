"""A target with its metadata exchanged: the bytes built from the edits, past the gate."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace

from nivo_tui.metadata import gate
from nivo_tui.metadata.beyond_xmp import NOTHING, Beyond
from nivo_tui.metadata.blocks import Editable, is_block_field
from nivo_tui.metadata.digest import digest_of
from nivo_tui.metadata.edits import apply_edits, difference, inverse
from nivo_tui.metadata.planned import PlannedFile
from nivo_tui.metadata.target import FileState
from nivo_tui.metadata.xmp_change import Edited
from nivo_tui.metadata.xmp_records import OWNER, SUBJECT
from nivo_tui.model import Format


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that may be changed, as it was read.

    `target` is its path as it was given, `real` with its links resolved. `fmt` and `image` are None for a
    sidecar, which is XMP through and through.
    """

    target: str
    real: str
    data: bytes = field(repr=False)
    before: FileState
    fmt: Format | None = None
    image: Editable | None = None

    @property
    def packet(self) -> bytes | None:
        """Its XMP, None where it has none."""
        return self.data if self.image is None else self.image.packet

    @property
    def is_sidecar(self) -> bool:
        return self.fmt is None

    def unchanged(self, notes: tuple[str, ...] = ()) -> PlannedFile:
        """The file as it is, with nothing to be done to it."""
        return PlannedFile(
            self.target, "unchanged", self.real, self.before, notes=notes, is_sidecar=self.is_sidecar
        )


def rebuilt(
    file: Opened,
    edited: Edited,
    beyond: Beyond = NOTHING,
    *,
    removes: bool = False,
    notes: tuple[str, ...] = (),
) -> PlannedFile:
    """A file with its XMP exchanged, and with what goes `beyond` it. Raises RefusedError."""
    packet, data = edited.packet, file.data
    if file.image is None:
        edits = difference(data, packet or b"")
    else:
        edits = file.image.edit(replace(beyond.change, xmp=packet))
    new, undo = apply_edits(data, edits), inverse(data, edits)
    digest = digest_of(new)
    image_hash = gate.check(data, new, file.fmt, _expected(edited, removes), undo)
    keep = None if file.is_sidecar and packet is None else new
    return PlannedFile(
        file.target,
        "planned",
        file.real,
        file.before,
        data,
        keep,
        undo,
        None if keep is None else digest(),
        image_hash,
        receipt_fields(edited),
        added=() if removes else edited.values,
        removed=edited.values if removes else (),
        notes=notes + beyond.notes,
        is_sidecar=file.is_sidecar,
    )


def _expected(edited: Edited, removes: bool) -> gate.Expected:
    blocks = tuple(name for name in edited.fields if is_block_field(name))
    fields = (*edited.properties, *blocks, OWNER)
    if removes:
        return gate.Expected(removed=edited.values + edited.carried, fields=fields)
    return gate.Expected(edited.values, edited.carried, fields=fields)


def receipt_fields(edited: Edited) -> tuple[str, ...]:
    """The fields an edit touched, as receipts name them: dc:subject first, IPTC and Exif last."""
    names = sorted(edited.fields, key=lambda name: (is_block_field(name), name != SUBJECT))
    return tuple(name if is_block_field(name) else f"xmp:{name}" for name in names)


def created(target: str, edited: Edited) -> PlannedFile:
    """A new sidecar, past the gate. Raises RefusedError."""
    packet = edited.packet or b""
    undo = difference(packet, b"")
    gate.check(b"", packet, None, _expected(edited, removes=False), undo)
    folder, name = os.path.split(target)
    return PlannedFile(
        target,
        "planned",
        os.path.join(os.path.realpath(folder), name),
        new=packet,
        undo=undo,
        after_hash=digest_of(packet)(),
        fields=receipt_fields(edited),
        added=edited.values,
        is_sidecar=True,
    )
