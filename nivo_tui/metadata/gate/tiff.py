"""TIFF and DNG, old and new: every page and tag, and every byte no changed tag accounts for (TIFF 6.0)."""

from __future__ import annotations

from nivo_tui.metadata.gate import exif, ifd, iptc, photoshop, xmp
from nivo_tui.metadata.gate.ledger import GateError, Ledger

_XMP, _IPTC, _PHOTOSHOP = 0x02BC, 0x83BB, 0x8649
# BYTE and UNDEFINED; IPTC is LONG in many files, from the time of the first writers.
_XMP_KINDS, _IPTC_KINDS, _PHOTOSHOP_KINDS = (1, 7), (1, 4, 7), (1, 7)


def check(old: bytes, new: bytes, ledger: Ledger) -> None:
    """Raise GateError unless nothing but the blocks of the first page changes, and these as they should.

    Strips, tiles, further pages and makers' blocks must stay at their offsets: the new bytes are the old
    ones but for the pointers and tables that lead to what was appended.
    """
    before, after = ifd.read(old), ifd.read(new)
    if ifd.FIRST not in before.directories or ifd.FIRST not in after.directories:
        raise GateError("it has no page that can be read")
    exempt = exif.exemptions(before, after, ledger)
    blocks = {_XMP} | ({_IPTC, _PHOTOSHOP} if ledger.touches_iptc else set())
    exempt[ifd.FIRST] = exempt.get(ifd.FIRST, frozenset()) | blocks
    for tag, kinds in ((_XMP, _XMP_KINDS), (_IPTC, _IPTC_KINDS), (_PHOTOSHOP, _PHOTOSHOP_KINDS)):
        _check_kind(before, after, tag, kinds)
    packet, new_packet = before.value(ifd.FIRST, _XMP), after.value(ifd.FIRST, _XMP)
    # First the XMP: it says which of the old texts were ours.
    xmp.check([packet] if packet else [], [new_packet] if new_packet else [], ledger)
    exif.check_structures(before, after, exempt, ledger)
    if ledger.touches_iptc:
        _check_iptc(before, after, ledger)


def _check_kind(before: ifd.Structure, after: ifd.Structure, tag: int, kinds: tuple[int, ...]) -> None:
    """A block that changes must be found, in a type that other programs take."""
    old, new = before.entry(ifd.FIRST, tag), after.entry(ifd.FIRST, tag)
    if old is not None and old.at is None:
        raise GateError(f"the old value of the tag {tag:#06x} cannot be read")
    if new is None:
        return
    is_changed = before.value(ifd.FIRST, tag) != after.value(ifd.FIRST, tag)
    if new.at is None or (is_changed and new.kind not in kinds):
        raise GateError(f"the tag {tag:#06x} would not be readable")
    directory = after.directories[ifd.FIRST]
    if sum(1 for entry in directory.entries if entry.tag == tag) > 1:
        raise GateError(f"the tag {tag:#06x} would stand there twice")


def _check_iptc(before: ifd.Structure, after: ifd.Structure, ledger: Ledger) -> None:
    block, new_block = before.value(ifd.FIRST, _IPTC), after.value(ifd.FIRST, _IPTC)
    iptc.check(block, new_block, ledger)
    resources, new_resources = before.value(ifd.FIRST, _PHOTOSHOP), after.value(ifd.FIRST, _PHOTOSHOP)
    if resources is not None or new_resources is not None:
        photoshop.check(resources or b"", new_resources or b"", ledger, tag=(block, new_block))
