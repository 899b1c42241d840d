"""The edit of the metadata of a TIFF or DNG: XMP, IPTC, ImageDescription and UserComment.

Sources: XMP Specification Part 3, section 3 (tag 700); TIFF/EP and Photoshop TIFF Technical Notes (IPTC in
33723, Photoshop resources in 34377); Metadata Working Group's Guidelines 2.0, 3.3 (the digest of the IPTC).
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from nivo_tui.errors import RefusedError
from nivo_tui.metadata import exif_edit
from nivo_tui.metadata.blocks import BlockChange, Keep
from nivo_tui.metadata.containers import photoshop, tiff_append
from nivo_tui.metadata.containers.tiff import TYPE_SIZES
from nivo_tui.metadata.containers.tiff_append import Changes, TiffStructure, Value
from nivo_tui.metadata.containers.tiff_tables import StructureError
from nivo_tui.metadata.edits import EditList
from nivo_tui.metadata.iptc import datasets

_C2PA = 0xCD41
_IIM_MARK = b"\x1c"


class TiffEditError(RefusedError):
    """The metadata of a TIFF cannot be changed without doubt."""


class EditableTiff:
    """The bytes of a TIFF or DNG, and the edit of their metadata.

    Raises TiffEditError where they are no classic TIFF whose IFD0 can be read in full.
    """

    has_exif: bool = True

    def __init__(self, data: bytes) -> None:
        try:
            self._structure = TiffStructure(data)
            self._xmp = self._structure.main_entry(tiff_append.XMP)
        except StructureError as error:
            raise _refusal(error) from error
        self._iptc_place = _iptc_place(self._structure)
        signed = any(entry.tag == _C2PA for entry in self._structure.main.entries)
        self.notes = ("its content credentials (C2PA) do not cover the change",) if signed else ()

    @property
    def packet(self) -> bytes | None:
        """The packet of IFD0; those of further pages stay what they are."""
        return self._xmp[1] if self._xmp and self._xmp[1].strip(b"\0 ") else None

    @property
    def iptc(self) -> bytes | None:
        """The datasets of tag 33723, else of the Photoshop resources, without what fills them up."""
        return self._iptc_place.datasets

    @property
    def iptc_refusal(self) -> str | None:
        """Why IPTC cannot be written to this file, None where it can."""
        return self._iptc_place.refusal

    @property
    def exif_texts(self) -> dict[str, str | None] | None:
        """The texts of IFD0 and the Exif directory; None where these cannot be edited."""
        try:
            return exif_edit.texts_of(self._structure)
        except StructureError:
            return None

    def edit(self, change: BlockChange) -> EditList:
        """The edits that make the change: values in their old places, or behind all that was there.

        Raises TiffEditError where the file is damaged, would grow beyond 4 GiB, or the place of a block is
        in doubt.
        """
        structure = self._structure
        if structure.extents.damage:
            raise TiffEditError(f"this TIFF is damaged: {structure.extents.damage}")
        try:
            described, exif = exif_edit.changes_of(structure, change.exif)
            main = {**described, **self._xmp_change(change.xmp), **self._iptc_changes(change.iptc)}
            return structure.rewrite(main, exif)
        except StructureError as error:
            raise _refusal(error) from error

    def _xmp_change(self, packet: bytes | Keep | None) -> Changes:
        if isinstance(packet, Keep):
            return {}
        if packet is None:
            return {tiff_append.XMP: None}
        field_type = self._xmp[0] if self._xmp and TYPE_SIZES[self._xmp[0]] == 1 else tiff_append.BYTE
        return {tiff_append.XMP: Value(field_type, packet)}

    def _iptc_changes(self, iptc: bytes | Keep | None) -> Changes:
        if isinstance(iptc, Keep) or iptc == self.iptc:
            return {}
        if self.iptc_refusal:
            raise TiffEditError(self.iptc_refusal)
        return self._iptc_place.changes(iptc)


@dataclass(frozen=True, slots=True)
class _IptcPlace:
    """Where IPTC stands: in its own tag, in the Photoshop resources, or in both alike."""

    datasets: bytes | None = None
    refusal: str | None = None
    own: tuple[int, bytes] | None = None
    is_swapped: bool = False
    resources: tuple[int, bytes] | None = None
    inner: bytes | None = None

    def changes(self, iptc: bytes | None) -> Changes:
        """The tags with other datasets in every place that holds some; in the own tag where none does."""
        changes: dict[int, Value | None] = {}
        stored = iptc
        if self.own is not None or self.inner is None:
            value = None if iptc is None else self._own_value(iptc)
            changes[tiff_append.IPTC] = value
            stored = value.data if value else None
        if self.resources is not None:
            field_type, old = self.resources
            new = old if self.inner is None else photoshop.with_iptc(old, iptc)
            new = self._with_digest(new, iptc, stored)
            changes[tiff_append.PHOTOSHOP] = Value(field_type, new) if new else None
        return changes

    def _own_value(self, iptc: bytes) -> Value:
        if self.own is None:
            return Value(tiff_append.UNDEFINED, iptc)
        width = TYPE_SIZES[self.own[0]]
        data = iptc + bytes(-len(iptc) % width)
        return Value(self.own[0], _swapped(data) if self.is_swapped else data)

    def _with_digest(self, resources: bytes, iptc: bytes | None, stored: bytes | None) -> bytes:
        """A digest that fitted the IPTC fits what is stored now, or goes with it."""
        new = b"" if stored is None else _digest(stored)
        fitting = [block for block in (self.own[1] if self.own else None, self.inner, iptc) if block]
        for block in fitting:
            resources = resources.replace(_digest(block), new)
        return resources


def _iptc_place(structure: TiffStructure) -> _IptcPlace:
    try:
        own = structure.main_entry(tiff_append.IPTC)
        resources = structure.main_entry(tiff_append.PHOTOSHOP)
    except StructureError as error:
        return _IptcPlace(refusal=f"its IPTC cannot be edited: {error}")
    if own and TYPE_SIZES[own[0]] != 1 and own[0] != tiff_append.LONG:
        return _IptcPlace(refusal="its IPTC is of a form that is not written")
    if resources and TYPE_SIZES[resources[0]] != 1:
        return _IptcPlace(refusal="its Photoshop resources are of a form that is not written")
    refusal = photoshop.resources_refusal(resources[1]) if resources else None
    inner = photoshop.iptc_of(resources[1]) if resources else None
    block = own[1] if own else b""
    is_swapped = block[:1] != _IIM_MARK and block[3:4] == _IIM_MARK
    outer = _unpadded(_swapped(block) if is_swapped else block) or None
    if outer and inner and outer != _unpadded(inner):
        refusal = refusal or "it holds IPTC in two places that differ, and which one counts is not clear"
    return _IptcPlace(outer or inner or None, refusal, own, is_swapped, resources, inner)


def _unpadded(block: bytes) -> bytes:
    """A block without the zero bytes that fill it up."""
    end = max((behind for _, _, behind in datasets(block)), default=0)
    return block if block[end:].strip(b"\0") else block[:end]


def _swapped(block: bytes) -> bytes:
    """Four bytes at a time in the other order, as some writers store what they declare to be numbers."""
    count = len(block) // 4
    words = struct.unpack(f">{count}I", block[: count * 4])
    return struct.pack(f"<{count}I", *words) + block[count * 4 :]


def _digest(block: bytes) -> bytes:
    """The resource of the MD5 of a block, without a name, as it is always written."""
    head = b"8BIM" + struct.pack(">HHI", photoshop.DIGEST_RESOURCE, 0, 16)
    return head + hashlib.md5(block, usedforsecurity=False).digest()


def _refusal(error: StructureError) -> TiffEditError:
    return TiffEditError(f"this TIFF cannot be edited: {error}")
