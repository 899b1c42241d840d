"""The image data that identifies a photo: the same before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nivo_tui.imaging.extents import Extent, image_extents
from nivo_tui.imaging.identity import hash_of
from nivo_tui.imaging.source import BytesSource
from nivo_tui.metadata.digest import Digest, begin
from nivo_tui.metadata.gate.ledger import GateError
from nivo_tui.metadata.gate.ranges import same_bytes
from nivo_tui.model import Format


def extents_of(data: bytes, fmt: Format) -> list[Extent]:
    """Where the image data lies. Raises GateError where that cannot be told."""
    found = image_extents(BytesSource(data), fmt)
    if found is None:
        raise GateError("where its image data lies cannot be told")
    return found


def image_hash(data: bytes, extents: Sequence[Extent]) -> Digest:
    """The hash of the image data, which identifies a photo."""
    size = sum(length for _, length in extents)
    return begin(size, lambda: hash_of(BytesSource(data), extents))


def require_same(old: bytes, before: Sequence[Extent], new: bytes, after: Sequence[Extent]) -> None:
    """Raise GateError unless two ranges of image data are the same.

    To compare them is quicker than to hash both.
    """
    if sum(length for _, length in before) != sum(length for _, length in after):
        raise GateError("the image data would change")
    if not all(same_bytes(old, at, new, other, length) for at, other, length in _pieces(before, after)):
        raise GateError("the image data would change")


def _pieces(before: Sequence[Extent], after: Sequence[Extent]) -> Iterator[tuple[int, int, int]]:
    """Two lists of extents of one length in all, cut where either of them jumps."""
    others = iter(after)
    other, left = 0, 0
    for start, length in before:
        at, end = start, start + length
        while at < end:
            if not left:
                other, left = next(others)
                continue
            step = min(end - at, left)
            yield at, other, step
            at, other, left = at + step, other + step, left - step
