"""A target with its metadata exchanged: the bytes built from the edits, past the gate."""

from __future__ import annotations

import os
from dataclasses import replace

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


def rebuilt(
    target: str,
    real: str,
    fmt: Format | None,
    image: Editable | None,
    data: bytes,
    before: FileState,
    edited: Edited,
    beyond: Beyond = NOTHING,
    *,
    removes: bool = False,
    notes: tuple[str, ...] = (),
) -> PlannedFile:
    """A target with its XMP exchanged, and with what goes `beyond` it. Raises RefusedError.

    `fmt` and `image` are None for a sidecar, which is XMP through and through.
    """
    packet = edited.packet
    if image is None:
        edits = difference(data, packet or b"")
    else:
        edits = image.edit(replace(beyond.change, xmp=packet))
    new, undo = apply_edits(data, edits), inverse(data, edits)
    digest = digest_of(new)
    image_hash = gate.check(data, new, fmt, _expected(edited, removes), undo)
    keep = new if fmt is not None or packet is not None else None
    return PlannedFile(
        target,
        "planned",
        real,
        before,
        data,
        keep,
        undo,
        None if keep is None else digest(),
        image_hash,
        receipt_fields(edited),
        added=() if removes else edited.values,
        removed=edited.values if removes else (),
        notes=notes + beyond.notes,
        is_sidecar=fmt is None,
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
