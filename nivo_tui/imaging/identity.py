"""The hash that says two files hold the same picture, whatever their names and metadata."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from blake3 import blake3

from nivo_tui.imaging.extents import Extent, image_extents
from nivo_tui.imaging.source import ByteSource, PhotoSource
from nivo_tui.model import Format

_CHUNK = 1024 * 1024  # what is hashed is then still in the processor's cache
_READ_AT_ONCE_BYTES = 64 * 1024 * 1024


def image_hash(source: PhotoSource, fmt: Format) -> tuple[str, bool]:
    """BLAKE3 (64 hex digits) of the image data, and whether it is of the whole file instead.

    `fmt` is the format by content; the ranges are those of `image_extents`, in their order. Where they are
    not understood the whole file is hashed, and any edit of the metadata changes the hash. A file up
    to 64 MiB is read once and whole, as a decoder after it needs it; a larger one in pieces, and so is a
    raw file, of which the decoder reads little more than its preview.
    Raises UnreadableError.
    """
    if not fmt.is_raw and source.size <= _READ_AT_ONCE_BYTES and source.fits_memory:
        _ = source.data
    extents = image_extents(source, fmt)
    if extents is None:
        return hash_of(source, [(0, source.size)]), True
    return hash_of(source, extents), False


def hash_of(source: ByteSource, extents: Iterable[Extent]) -> str:
    """BLAKE3 in hex of byte ranges, one after the other as if they were joined."""
    digest = blake3()
    for offset, end in _joined(extents):
        for at in range(offset, end, _CHUNK):
            digest.update(source.view(at, min(_CHUNK, end - at)))
    return digest.hexdigest()


def _joined(extents: Iterable[Extent]) -> Iterator[tuple[int, int]]:
    """Start and end of the ranges, those that follow each other without a gap as one."""
    start = end = 0
    for offset, length in extents:
        if offset != end:
            yield start, end
            start = offset
        end = offset + length
    yield start, end
