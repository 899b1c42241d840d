"""Where a file's image data lies: the byte ranges that no edit of its metadata changes."""

from __future__ import annotations

from collections.abc import Iterator

from nivo_tui.imaging.extents_bmff import bmff_extents
from nivo_tui.imaging.extents_raw import camera_extents
from nivo_tui.imaging.extents_tiff import tiff_extents
from nivo_tui.imaging.jpeg_segments import EOI, SOS, segments
from nivo_tui.imaging.source import ByteSource
from nivo_tui.model import Format

Extent = tuple[int, int]
"""(offset, length) in bytes."""

_PNG_IMAGE_CHUNKS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"fdAT"))
_WEBP_IMAGE_CHUNKS = frozenset((b"VP8 ", b"VP8L", b"ALPH", b"ANMF"))
_MOST_CHUNKS = 1_000_000


def image_extents(source: ByteSource, fmt: Format) -> list[Extent] | None:
    """The byte ranges of the image data of a file of format `fmt` (by content), in the order of decoding.

    JPEG: of the first picture, from SOI to EOI, all but APPn and COM segments (ITU-T T.81); what follows
    its EOI (gain map, further pictures, a motion photo's video) is left out. HEIC and AVIF: the extents of
    the primary item and of the items it is derived from (ISO/IEC 14496-12, 8.11; 23008-12). PNG: payloads
    of IHDR, PLTE, tRNS, IDAT and of an animation's chunks (PNG, third edition). WebP: payloads of VP8, VP8L,
    ALPH, ANMF (RFC 9649). TIFF and raw files: the strips or tiles of the largest image.

    None where the structure is not understood, points outside the file, or counts bytes twice. Only reads
    `source`; linear in its size; raises nothing of its own on hostile bytes.
    """
    try:
        found = _walk(source, fmt)
    except (ValueError, LookupError, OverflowError, ArithmeticError):
        return None
    return found if found and _plausible(found, source.size) else None


def _walk(source: ByteSource, fmt: Format) -> list[Extent] | None:
    if fmt is Format.JPEG:
        return _jpeg_extents(source)
    if fmt is Format.PNG:
        return [extent for kind, extent in _png_chunks(source) if kind in _PNG_IMAGE_CHUNKS]
    if fmt is Format.WEBP:
        return [extent for kind, extent in _riff_chunks(source) if kind in _WEBP_IMAGE_CHUNKS]
    if fmt in (Format.HEIC, Format.AVIF, Format.CR3):
        return bmff_extents(source)
    return tiff_extents(source) or camera_extents(source)


def _plausible(extents: list[Extent], size: int) -> bool:
    inside = all(offset >= 0 and length > 0 and offset + length <= size for offset, length in extents)
    return inside and sum(length for _, length in extents) <= size


def _jpeg_extents(source: ByteSource) -> list[Extent] | None:
    kept: list[Extent] = []
    scanned = False
    for segment in segments(source):
        if segment.is_metadata:
            continue
        scanned = scanned or segment.marker == SOS
        end = segment.data_end(source)
        if kept and sum(kept[-1]) == segment.start:
            kept[-1] = (kept[-1][0], end - kept[-1][0])
        else:
            kept.append((segment.start, end - segment.start))
        if segment.marker == EOI:
            break
    return kept if scanned else None


def _png_chunks(source: ByteSource) -> Iterator[tuple[bytes, Extent]]:
    at = 8
    for _ in range(_MOST_CHUNKS):
        head = source.read(at, 8)
        if len(head) < 8:
            return
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if length and kind in _PNG_IMAGE_CHUNKS:
            yield kind, (at + 8, length)
        if kind == b"IEND":
            return
        at += 12 + length


def _riff_chunks(source: ByteSource) -> Iterator[tuple[bytes, Extent]]:
    end = min(int.from_bytes(source.read(4, 4), "little") + 8, source.size)
    at = 12
    for _ in range(_MOST_CHUNKS):
        head = source.read(at, 8) if at + 8 <= end else b""
        if len(head) < 8:
            return
        length = int.from_bytes(head[4:], "little")
        if length:
            yield head[:4], (at + 8, length)
        at += 8 + length + (length & 1)
