"""The edit of the XMP segment of a JPEG, with what must move along so that nothing in the file goes stale."""

from __future__ import annotations

from typing import Literal

from nivo_tui.metadata.containers import jpeg_trailer as trailer
from nivo_tui.metadata.containers.jpeg import (
    APP0,
    APP1,
    APP11,
    EXIF_HEADER,
    EXTENDED_XMP_HEADER,
    XMP_HEADER,
    JpegError,
    JpegParts,
    Segment,
    segments_with,
    walk,
    xmp_packet,
)
from nivo_tui.metadata.containers.mpf import mp_images
from nivo_tui.metadata.edits import Edit, EditList, edit_list
from nivo_tui.metadata.xmp_tree import fit_padding

MOST_XMP = 0xFFFF - 2 - len(XMP_HEADER)
"""Bytes that an XMP packet may have in a segment (XMP Specification Part 3, 1.1.3.1): 65,504."""

_STRAY_XMP = (b"<x:xmpmeta", b"<x:xapmeta", b"<?xpacket", b"<rdf:RDF")


class EditableJpeg:
    """The bytes of a JPEG, and the edit of their XMP. Raises JpegError where they are no JPEG."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._parts = walk(data)
        self.packet = xmp_packet(data, self._parts)
        self.notes = _notes(data, self._parts)

    def edit(self, new_packet: bytes | None) -> EditList:
        """See `edit_xmp`."""
        return _edits(self._data, self._parts, new_packet)


def edit_xmp(data: bytes, new_packet: bytes | None) -> EditList:
    """The edits that put a packet in the place of the old one, or into a file that has none; None removes it.

    A new segment goes behind the leading APP0 and Exif segments and before an MPF index; before the Exif
    segment where that one may point beyond its own end. MPF offsets and AFCP offsets that an edit
    shifts are set right. Raises JpegError where the structure cannot be followed, the picture is not
    complete, the packet does not fit, or something would go stale that cannot be set right.
    """
    return EditableJpeg(data).edit(new_packet)


def _edits(data: bytes, parts: JpegParts, new_packet: bytes | None) -> EditList:
    if parts.problem:
        raise JpegError(f"the structure of this JPEG is damaged: {parts.problem}")
    if not parts.complete:
        raise JpegError("this JPEG is cut off: the end of its picture is missing")
    old = _xmp_segment(data, parts)
    segment = b"" if new_packet is None else _segment(new_packet)
    if old is None:
        place = _place_of_new(data, parts)
        edit = Edit(place, 0, segment)
    else:
        edit = Edit(old.start, old.end - old.start, segment)
    return edit_list([edit, *_corrections(data, parts, edit)])


def _notes(data: bytes, parts: JpegParts) -> tuple[str, ...]:
    """What a user should know of any change: content credentials (C2PA, in APP11) sign the whole file."""
    signed = any(
        data.find(b"c2pa", segment.payload_start, segment.end) >= 0
        for segment in parts.header
        if segment.marker == APP11
    )
    return ("its content credentials (C2PA) do not cover the change",) if signed else ()


def _xmp_segment(data: bytes, parts: JpegParts) -> Segment | None:
    found = segments_with(data, parts, APP1, XMP_HEADER)
    if len(found) > 1:
        raise JpegError("this JPEG holds two XMP packets, and which one counts is not clear")
    for segment in parts.header:
        if segment.marker != APP1 or segment in found:
            continue
        if data.startswith(EXTENDED_XMP_HEADER, segment.payload_start, segment.end):
            if data.find(b":subject", segment.payload_start, segment.end) >= 0:
                raise JpegError("this JPEG keeps keywords in extended XMP")
        elif any(mark in data[segment.payload_start : segment.end][:128] for mark in _STRAY_XMP):
            raise JpegError("this JPEG holds XMP in a segment of unknown form")
    return found[0] if found else None


def _segment(packet: bytes) -> bytes:
    if len(packet) > MOST_XMP:
        packet = fit_padding(packet, MOST_XMP)
    if len(packet) > MOST_XMP:
        raise JpegError(f"the XMP would have {len(packet):,} bytes; a JPEG segment holds {MOST_XMP:,}")
    length = 2 + len(XMP_HEADER) + len(packet)
    return b"\xff\xe1" + length.to_bytes(2, "big") + XMP_HEADER + packet


def _place_of_new(data: bytes, parts: JpegParts) -> int:
    place = 2
    for segment in parts.header:
        is_exif = segment.marker == APP1 and data.startswith(EXIF_HEADER, segment.payload_start)
        if segment.marker != APP0 and not is_exif:
            break
        if is_exif and trailer.exif_reaches_out(data, parts, segment):
            break
        place = segment.end
    return place


def _corrections(data: bytes, parts: JpegParts, edit: Edit) -> list[Edit]:
    """Edits of the offsets that an edit shifts. Raises JpegError for those that cannot be set right."""
    shift = len(edit.new) - edit.old_length
    if not shift:
        return []
    for segment in segments_with(data, parts, APP1, EXIF_HEADER):
        if segment.start < edit.offset and trailer.exif_reaches_out(data, parts, segment):
            raise JpegError("its Exif data points to a preview behind the XMP, which would be lost")
    if trailer.has_absolute_preview(data, parts):
        raise JpegError("its Exif data points to a preview by a fixed place in the file, which would be lost")
    return _mpf_corrections(data, parts, edit, shift) + trailer.afcp_corrections(data, parts, shift)


def _mpf_corrections(data: bytes, parts: JpegParts, edit: Edit, shift: int) -> list[Edit]:
    """The index's offsets count from the index itself, so they shift only where the edit lies behind it.

    The size of the first image is set where it was right before.
    """
    edits = []
    for image in mp_images(data, parts):
        code: Literal["big", "little"] = "big" if image.order == ">" else "little"
        if not image.stored_offset:
            if image.size == parts.image_end:
                edits.append(Edit(image.size_at, 4, (image.size + shift).to_bytes(4, code)))
        elif image.offset_at < edit.offset <= image.start:
            moved = (image.stored_offset + shift).to_bytes(4, code)
            edits.append(Edit(image.offset_at, 4, moved))
    return edits
