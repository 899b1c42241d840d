"""The gate: an independent look at the bytes of a write before they may replace a file.

It reads old and new bytes by itself, not with the code that made the edit, and holds them side by side:
the same image data, the same segments, chunks, boxes, items and tags, but for the fields that were to
change, and in those the old values and the new ones. One module for each container and kind of metadata.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from importlib import import_module

from nivo_tui.metadata.edits import Edit
from nivo_tui.metadata.gate import image, xmp
from nivo_tui.metadata.gate.ledger import Expected, GateError, Ledger
from nivo_tui.metadata.gate.ranges import turns_into
from nivo_tui.model import Format

__all__ = ["Expected", "GateError", "check"]

_MODULES = {
    Format.PNG: "png",
    Format.WEBP: "webp",
    Format.HEIC: "bmff",
    Format.AVIF: "bmff",
    Format.TIFF: "tiff",
    Format.DNG: "tiff",
    Format.JPEG: "jpeg",
}
"""Where the check of a container stands; it is loaded for the first file of its format."""

# What reading a structure that is not what it says it is ends in.
_BROKEN = (struct.error, ValueError, IndexError, OverflowError, KeyError, RecursionError, zlib.error)


def check(old: bytes, new: bytes, fmt: Format | None, expected: Expected, undo: Sequence[Edit]) -> str | None:
    """Let pass, or raise GateError unless `new` is `old` with nothing but the expected change.

    `fmt` is the container; None stands for a bare XMP file. `undo` are the edits that must turn `new`
    into `old`. Where a file is created, `old` is empty. Returns the hash of the image data, where a file
    has any.
    """
    if not turns_into(new, undo, old):
        raise GateError("the change could not be undone byte for byte")
    ledger = Ledger(expected)
    if fmt is None:
        xmp.check([old] if old else [], [new] if new else [], ledger)
        ledger.settle()
        return None
    if fmt not in _MODULES:
        raise GateError(f"no check is known for {fmt.value}")
    try:
        extents = image.extents_of(old, fmt)
        image_hash = image.image_hash(old, extents)
        container = import_module(f"{__name__}.{_MODULES[fmt]}")
        if fmt is Format.JPEG:
            container.check(old, new, sum(extents[-1]), ledger)
        else:
            container.check(old, new, ledger)
            image.require_same(old, extents, new, image.extents_of(new, fmt))
        ledger.settle()
        return image_hash()
    except _BROKEN as error:
        raise GateError("its structure cannot be followed") from error
