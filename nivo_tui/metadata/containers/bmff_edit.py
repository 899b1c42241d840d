"""The edit of the XMP and Exif items of a HEIF or AVIF file; everything else is copied as it is.

A payload that fits where it lies stays there. Any other goes into an mdat box of our own behind the last
box of the picture, before a motion video or a trailer that is found from the file's end. An mdat there
that holds nothing but these two items is rebuilt, so repeated edits do not let the file grow.
Sources: ISO/IEC 14496-12 (8.11), ISO/IEC 23008-12 (annex A.2.1 for Exif), XMP Specification Part 3.
"""

from __future__ import annotations

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.blocks import EXIF_TEXTS, BlockChange, Keep
from nivo_tui.metadata.containers.bmff import exif_tiff
from nivo_tui.metadata.containers.bmff_file import BmffFile, Held
from nivo_tui.metadata.containers.bmff_items import Info
from nivo_tui.metadata.containers.bmff_layout import AmbiguousError, BmffError, DamagedError
from nivo_tui.metadata.containers.bmff_rebuild import NewItem, Work, work_edits
from nivo_tui.metadata.edits import Edit, EditList
from nivo_tui.metadata.exif_edit import edit_exif, exif_texts
from nivo_tui.metadata.xmp_tree import fit_padding

_XMP_TYPE = b"application/rdf+xml"
_EXIF_HEAD = b"\0\0\0\6Exif\0\0"
_EMPTY_TIFF = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"


class EditableBmff:
    """The bytes of a HEIF or AVIF file, and the edits of its metadata.

    Raises BmffError, a RefusedError, where it is no such file, or any change of it would be in doubt.
    """

    iptc: bytes | None = None
    iptc_refusal: str | None = ""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._file = BmffFile(data)
        self._xmp = self._file.item_of_primary(_is_xmp, "XMP")
        if self._xmp and self._xmp.info.content_type != _XMP_TYPE:
            raise AmbiguousError("this file marks its XMP in a way that not every program reads")
        self._exif: Held | None = None
        self._exif_problem: RefusedError | None = None
        self._tiff_at = 0
        try:
            self._exif = self._file.item_of_primary(_is_exif, "Exif")
            if self._exif is None and any(map(_is_exif, self._file.infos.values())):
                # Most readers look no further than the kind of an item: a new one would hide that one's tags.
                raise AmbiguousError("the Exif of this file is that of another image in it")
            self._tiff_at = _tiff_start(self._exif)
        except BmffError as error:
            self._exif_problem = error
        self._held = [held for held in (self._exif, self._xmp) if held]
        self._tail = self._file.own_tail(self._held)

    @property
    def packet(self) -> bytes | None:
        """The XMP packet of the picture, None where there is none."""
        return (self._xmp.payload or None) if self._xmp else None

    @property
    def exif_texts(self) -> dict[str, str | None] | None:
        """The present texts of the Exif fields that may be written; None where Exif cannot be edited."""
        if self._exif_problem:
            return None
        tiff = self._tiff()
        if tiff is None:
            return dict.fromkeys(EXIF_TEXTS)
        try:
            return exif_texts(tiff)
        except RefusedError:
            return None

    @property
    def has_exif(self) -> bool:
        """Whether the picture has an Exif item."""
        return self._exif is not None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of any change: content credentials (C2PA) sign the whole file."""
        signed = self._file.layout.signed
        return ("its content credentials (C2PA) do not cover the change",) if signed else ()

    def edit(self, change: BlockChange) -> EditList:
        """The edits that make the change. Raises RefusedError where that cannot be done without doubt."""
        if isinstance(change.iptc, bytes):
            raise BmffError("a HEIF or AVIF file holds no IPTC")
        work = Work()
        if not isinstance(change.xmp, Keep):
            self._plan_xmp(work, change.xmp)
        if change.exif or change.drops_exif:
            self._plan_exif(work, change)
        return work_edits(self._file, work, self._tail, self._held)

    def _plan_xmp(self, work: Work, packet: bytes | None) -> None:
        if packet is None:
            self._remove(work, self._xmp)
        elif self._xmp is None:
            work.coming[self._file.unused_number(work.coming)] = NewItem(b"mime", _XMP_TYPE, packet)
        elif packet != self._xmp.payload:
            self._file.require_loose(self._xmp.info)
            size = len(self._xmp.payload)
            fitted = fit_padding(packet, size).ljust(size, b" ")
            if not self._fits(work, self._xmp, fitted):
                work.moving[self._xmp.info.number] = packet

    def _plan_exif(self, work: Work, change: BlockChange) -> None:
        if self._exif_problem:
            raise self._exif_problem
        tiff = edit_exif(self._tiff(), change.exif)
        if tiff is None and (change.drops_exif or self._exif is None):
            self._remove(work, self._exif)
            return
        head = (self._exif.payload[: self._tiff_at] if self._exif else b"") or _EXIF_HEAD
        payload = head + (_EMPTY_TIFF if tiff is None else tiff)
        if self._exif is None:
            work.coming[self._file.unused_number(work.coming)] = NewItem(b"Exif", b"", payload)
        elif payload != self._exif.payload:
            self._file.require_loose(self._exif.info)
            if not self._fits(work, self._exif, payload):
                work.moving[self._exif.info.number] = payload

    def _remove(self, work: Work, held: Held | None) -> None:
        if held:
            self._file.require_loose(held.info)
            work.going[held.info.number] = held.info

    def _fits(self, work: Work, held: Held, payload: bytes) -> bool:
        """Put a payload over the old one, where it has the same length and the place is the item's alone."""
        spans = self._file.spans_of(held.place)
        if len(spans) != 1 or len(payload) != spans[0][1] or not payload:
            return False
        start, length = spans[0]
        number = held.info.number
        if self._tail and self._tail.payload <= start < self._tail.end:
            return False
        if not self._file.in_media(start, start + length):
            return False
        if not self._file.exclusive(start, start + length, {number}):
            return False
        work.in_place[number] = Edit(start, length, payload)
        return True

    def _tiff(self) -> bytes | None:
        return (self._exif.payload[self._tiff_at :] or None) if self._exif else None


def _is_xmp(info: Info) -> bool:
    return info.kind == b"mime" and info.content_type.lower() == _XMP_TYPE


def _is_exif(info: Info) -> bool:
    return info.kind == b"Exif"


def _tiff_start(exif: Held | None) -> int:
    """Where in an Exif item the TIFF starts. Raises DamagedError where none is found."""
    if exif is None or not exif.payload:
        return 0
    tiff = exif_tiff(exif.payload)
    if tiff is None:
        raise DamagedError("the Exif of this file cannot be read")
    return len(exif.payload) - len(tiff)
