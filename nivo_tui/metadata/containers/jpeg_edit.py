"""The edits of the metadata segments of a JPEG, with what must move along so that nothing goes stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal

from nivo_tui.errors import RefusedError
from nivo_tui.metadata import exif_edit
from nivo_tui.metadata.blocks import EXIF_TEXTS, BlockChange, Keep
from nivo_tui.metadata.containers import jpeg_extended as extended_xmp
from nivo_tui.metadata.containers import jpeg_trailer as trailer
from nivo_tui.metadata.containers.jpeg import (
    APP0,
    APP1,
    APP11,
    EXIF_HEADER,
    EXIF_HEADER_LENGTH,
    EXTENDED_XMP_HEADER,
    XMP_HEADER,
    JpegError,
    JpegParts,
    Segment,
    segments_with,
    walk,
    xmp_packet,
)
from nivo_tui.metadata.containers.jpeg_iptc import JpegIptc
from nivo_tui.metadata.containers.mpf import mp_images
from nivo_tui.metadata.containers.tiff_append import EMPTY
from nivo_tui.metadata.edits import Edit, EditList, edit_list
from nivo_tui.metadata.xmp_tree import XmpError, fit_padding

MOST_XMP = 65_502
"""Bytes that an XMP packet may have in a segment (XMP Specification Part 3, 1.1.3)."""

MOST_EXIF = 0xFFFF - 2 - EXIF_HEADER_LENGTH
"""Bytes that the TIFF structure of an Exif segment may have."""

_TRIAL = "x" * 1000
_STRAY_XMP = (b"<x:xmpmeta", b"<x:xapmeta", b"<?xpacket", b"<rdf:RDF")


class EditableJpeg:
    """The bytes of a JPEG, and the edits of its metadata blocks. Raises JpegError where they are no JPEG."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._parts = walk(data)
        self._main = xmp_packet(data, self._parts)
        self._extended = extended_xmp.extended_xmp(data, self._parts, self._main)
        self._joined = self._join()
        self._exif = segments_with(data, self._parts, APP1, EXIF_HEADER)
        self._iptc = JpegIptc(data, self._parts)

    @property
    def packet(self) -> bytes | None:
        """The XMP packet: the main one, joined with what of the extended one is read and written."""
        return self._main if self._joined is None else self._joined

    @property
    def iptc(self) -> bytes | None:
        """The IIM datasets of the Photoshop segment; those of other places (AFCP) are not looked at."""
        return self._iptc.block

    @cached_property
    def iptc_refusal(self) -> str | None:
        """Why IPTC cannot be written, None where it can."""
        if self._iptc.refusal:
            return self._iptc.refusal
        holder = self._iptc.holder
        if self._is_fixed or (holder and any(exif.start < holder.start for exif in self._reaching)):
            return "its Exif data points to a preview that a longer IPTC would move"
        return None

    @cached_property
    def exif_texts(self) -> dict[str, str | None] | None:
        """The texts of the Exif segment; None where there are two, or one that cannot be edited."""
        if len(self._exif) > 1 or self._reaching or self._is_fixed:
            return None
        if not self._exif:
            return dict.fromkeys(EXIF_TEXTS)
        try:
            tiff = self._tiff(self._exif[0])
            # Some structures can be read, but have no room to grow.
            exif_edit.edit_exif(tiff, dict.fromkeys(EXIF_TEXTS, _TRIAL))
            return exif_edit.exif_texts(tiff)
        except RefusedError:
            return None

    @property
    def has_exif(self) -> bool:
        """Whether there is an Exif segment."""
        return bool(self._exif)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of any change: content credentials (C2PA, APP11) sign the whole file."""
        signed = any(
            self._data.find(b"c2pa", segment.payload_start, segment.end) >= 0
            for segment in self._parts.header
            if segment.marker == APP11
        )
        return ("its content credentials (C2PA) do not cover the change",) if signed else ()

    def edit(self, change: BlockChange) -> EditList:
        """The edits of a change. MPF, AFCP and further offsets that they shift are set right.

        New segments go behind the leading APP0, Exif before XMP before IPTC, and so before an MPF index or a
        profile; before an Exif segment that points beyond its own end. Raises JpegError where the structure
        cannot be followed, the picture is not complete, a block does not fit its segment, or something would
        go stale that cannot be set right.
        """
        if self._parts.problem:
            raise JpegError(f"the structure of this JPEG is damaged: {self._parts.problem}")
        if not self._parts.complete:
            raise JpegError("this JPEG is cut off: the end of its picture is missing")
        edits: list[Edit] = []
        if change.exif or change.drops_exif:
            edits += self._exif_edits(change.exif, change.drops_exif)
        if not isinstance(change.xmp, Keep):
            edits += self._xmp_edits(change.xmp)
        if not isinstance(change.iptc, Keep):
            edits += self._iptc.edit(change.iptc, self._place_behind(EXIF_HEADER, b"http://ns.adobe.com/x"))
        blocks = edit_list(edits)
        return edit_list([*_at_one_place(blocks), *self._corrections(blocks)])

    # -- XMP

    def _join(self) -> bytes | None:
        if self._main is None or self._extended is None or not extended_xmp.is_joined(self._extended):
            return None
        try:
            return extended_xmp.join(self._main, self._extended.packet)
        except XmpError:
            return None

    def _xmp_edits(self, packet: bytes | None) -> list[Edit]:
        old = self._xmp_segment()
        known = self._extended.packet if self._extended else None
        main, extended = packet, known
        if packet is not None and known is not None and self._joined is not None:
            main, extended = extended_xmp.part(packet, self._joined, known)
            main = main and fit_padding(main, min(MOST_XMP, len(self._main or main)))
        if main is None and extended is not None:
            raise JpegError("this JPEG has extended XMP, which would no longer be found")
        if main is not None and len(main) > MOST_XMP:
            main, extended = _relieved(main, extended)
        if main is not None and extended is not None and extended != known:
            main = extended_xmp.naming(main, extended)
        further = b"" if extended is None else extended_xmp.segments_of(extended)
        edits = []
        if extended != known and self._extended:
            first, *others = self._extended.segments
            edits = [Edit(segment.start, segment.end - segment.start, b"") for segment in others]
            edits.append(Edit(first.start, first.end - first.start, further))
            further = b""
        elif extended == known:
            further = b""
        new = (b"" if main is None else _segment(b"\xff\xe1", XMP_HEADER, main)) + further
        if old is None:
            return [*edits, Edit(self._place_behind(EXIF_HEADER), 0, new)]
        return [*edits, Edit(old.start, old.end - old.start, new)]

    def _xmp_segment(self) -> Segment | None:
        """The segment of the main packet. Raises JpegError where XMP would be passed over."""
        found = segments_with(self._data, self._parts, APP1, XMP_HEADER)
        if len(found) > 1:
            raise JpegError("this JPEG holds two XMP packets, and which one counts is not clear")
        understood = self._extended.segments if self._extended and self._joined else ()
        for segment in self._parts.header:
            if segment.marker != APP1 or segment in found or segment in understood:
                continue
            if self._data.startswith(EXTENDED_XMP_HEADER, segment.payload_start, segment.end):
                if self._data.find(b":subject", segment.payload_start, segment.end) >= 0:
                    raise JpegError("this JPEG keeps keywords in extended XMP that cannot be read")
            elif any(mark in self._data[segment.payload_start : segment.end][:128] for mark in _STRAY_XMP):
                raise JpegError("this JPEG holds XMP in a segment of unknown form")
        return found[0] if found else None

    # -- Exif

    def _exif_edits(self, texts: Mapping[str, str | None], drops: bool) -> list[Edit]:
        if self.exif_texts is None:
            raise JpegError("its Exif data cannot be edited")
        old = self._exif[0] if self._exif else None
        new = exif_edit.edit_exif(None if old is None else self._tiff(old), texts)
        if old is None:
            place = self._place_behind()
            return [] if new is None else [Edit(place, 0, _exif_segment(EXIF_HEADER + b"\0", new))]
        if new is None and not drops:
            new = EMPTY
        head = self._data[old.payload_start : old.payload_start + EXIF_HEADER_LENGTH]
        return [Edit(old.start, old.end - old.start, b"" if new is None else _exif_segment(head, new))]

    def _tiff(self, segment: Segment) -> bytes:
        return self._data[segment.payload_start + EXIF_HEADER_LENGTH : segment.end]

    # -- places and offsets

    @cached_property
    def _behind(self) -> tuple[int, ...]:
        """Where a picture may begin behind the main one, as far as Exif could point to it."""
        return tuple(trailer.pictures_behind(self._data, self._parts)) if self._exif else ()

    @cached_property
    def _reaching(self) -> tuple[Segment, ...]:
        """The Exif segments that point to something behind their own end."""
        return tuple(s for s in self._exif if trailer.exif_reaches_out(self._data, s, self._behind))

    @cached_property
    def _is_fixed(self) -> bool:
        """Whether Exif points to a preview by its place in the file, so that nothing may be shifted."""
        return trailer.has_absolute_preview(self._data, self._exif, self._behind)

    def _place_behind(self, *headers: bytes) -> int:
        """The offset behind the leading APP0 segments and those APP1 segments that begin with a header."""
        place = 2
        for segment in self._parts.header:
            passed = segment.marker == APP1 and self._data.startswith(headers, segment.payload_start)
            if (segment.marker != APP0 and not passed) or segment in self._reaching:
                break
            place = segment.end
        return place

    def _corrections(self, blocks: Sequence[Edit]) -> list[Edit]:
        """Edits of the offsets that edits of blocks shift. Raises JpegError where one cannot be set right."""
        moving = [edit for edit in blocks if len(edit.new) != edit.old_length]
        if not moving:
            return []
        last = moving[-1].offset
        if any(segment.start < last for segment in self._reaching):
            raise JpegError("its Exif data points to a preview behind the XMP, which would be lost")
        total = _shift_at(moving, len(self._data))
        if total and self._is_fixed:
            raise JpegError(
                "its Exif data points to a preview by a fixed place in the file, which would be lost"
            )
        return [
            *_mpf_corrections(self._data, self._parts, moving),
            *trailer.afcp_corrections(self._data, self._parts, total),
        ]


def edit_xmp(data: bytes, new_packet: bytes | None) -> EditList:
    """The edits that put a packet in the place of the old one, or into a file that has none; None removes it.

    See `EditableJpeg.edit`.
    """
    return EditableJpeg(data).edit(BlockChange(xmp=new_packet))


def _relieved(main: bytes, extended: bytes | None) -> tuple[bytes, bytes | None]:
    """The packets with less padding, or with our records moved into the extended one.

    Raises JpegError where that does not help.
    """
    fitted = fit_padding(main, MOST_XMP)
    if len(fitted) <= MOST_XMP:
        return fitted, extended
    shed = extended_xmp.shed_records(main, extended)
    if shed is None or len(fit_padding(shed[0], MOST_XMP)) > MOST_XMP:
        raise JpegError(f"the XMP would have {len(main):,} bytes; a JPEG segment holds {MOST_XMP:,}")
    return fit_padding(shed[0], MOST_XMP), shed[1]


def _exif_segment(head: bytes, tiff: bytes) -> bytes:
    if len(tiff) > MOST_EXIF:
        raise JpegError(f"the Exif data would have {len(tiff):,} bytes; a JPEG segment holds {MOST_EXIF:,}")
    return _segment(b"\xff\xe1", head, tiff)


def _segment(marker: bytes, header: bytes, payload: bytes) -> bytes:
    return marker + (2 + len(header) + len(payload)).to_bytes(2, "big") + header + payload


def _at_one_place(blocks: EditList) -> list[Edit]:
    """The edits, with insertions at one place made one."""
    found: list[Edit] = []
    for edit in blocks:
        if found and not edit.old_length and not found[-1].old_length and found[-1].offset == edit.offset:
            found[-1] = Edit(edit.offset, 0, found[-1].new + edit.new)
        else:
            found.append(edit)
    return found


def _shift_at(edits: Sequence[Edit], place: int) -> int:
    """How far edits move the byte at a place that none of them touches."""
    return sum(len(edit.new) - edit.old_length for edit in edits if edit.end <= place)


def _mpf_corrections(data: bytes, parts: JpegParts, edits: Sequence[Edit]) -> list[Edit]:
    """The index's offsets count from the index itself, so they shift by what lies between it and an image.

    The size of the first image is set where it was right before.
    """
    corrected = []
    for image in mp_images(data, parts):
        code: Literal["big", "little"] = "big" if image.order == ">" else "little"
        shift = _shift_at(edits, image.start) - _shift_at(edits, image.offset_at)
        if image.stored_offset and shift:
            moved = image.stored_offset + shift
            if not 0 < moved < 2**32:
                raise JpegError("its index of further images has no room for their new places")
            corrected.append(Edit(image.offset_at, 4, moved.to_bytes(4, code)))
        elif not image.stored_offset and image.size == parts.image_end:
            size = image.size + _shift_at(edits, image.size)
            if size != image.size:
                corrected.append(Edit(image.size_at, 4, size.to_bytes(4, code)))
    return corrected
