"""Exif blocks, old and new: every tag the same but for the expected texts (Exif 2.32)."""

from __future__ import annotations

import struct
from collections import Counter

from nivo_tui.metadata.gate import ifd
from nivo_tui.metadata.gate.ledger import GateError, Ledger
from nivo_tui.metadata.gate.ranges import is_blank, same_bytes, without

DESCRIPTION, USER_COMMENT = 0x010E, 0x9286
_FIELDS = {
    "exif:ImageDescription": (ifd.FIRST, DESCRIPTION),
    "exif:UserComment": (ifd.EXIF, USER_COMMENT),
}
# What a block must have by Exif 2.32, 4.6.8: resolution and its unit, YCbCrPositioning; ExifVersion,
# ComponentsConfiguration, FlashpixVersion, ColorSpace.
_MANDATORY_FIRST = frozenset((0x011A, 0x011B, 0x0128, 0x0213))
MANDATORY = frozenset((0x9000, 0x9101, 0xA000, 0xA001))
_UNACCOUNTED = "bytes of its Exif or TIFF structure would change that no tag accounts for"
_CODE_BYTES = 8
_CODES = (b"ASCII\0\0\0", b"UNICODE\0")


def check(old: bytes | None, new: bytes | None, ledger: Ledger) -> None:
    """Hold two blocks side by side, each from its TIFF header on; None for one that is not there.

    A block that comes, or goes, may hold nothing but the expected texts and what every block must have.
    """
    if old is None or new is None:
        present = old if new is None else new
        if present is not None:
            _check_lone(ifd.read(present))
            _check_texts(ifd.read(old) if old else None, ifd.read(new) if new else None, ledger)
        return
    before, after = ifd.read(old), ifd.read(new)
    check_structures(before, after, exemptions(before, after, ledger), ledger)


def check_structures(
    before: ifd.Structure, after: ifd.Structure, exempt: dict[str, frozenset[int]], ledger: Ledger
) -> None:
    """Hold two TIFF structures side by side, and their bytes, which stay in their place.

    What no tag is known to account for stays too: a maker's block may count offsets to it.
    """
    ifd.compare(before, after, exempt)
    _check_texts(before, after, ledger)
    old, new = before.data, after.data
    free, used = ifd.accounted(before, after, exempt), ifd.accounted(after, before, exempt, 0)
    for start, end in without(0, len(old), free):
        shared = max(start, min(end, len(new)))
        if not same_bytes(old, start, new, start, shared - start) or not is_blank(old, shared, end):
            raise GateError(_UNACCOUNTED)
    for first, last in [*free, (len(old), len(new))]:
        for start, end in without(first, min(last, len(new)), used):
            if not same_bytes(old, start, new, start, end - start) and not is_blank(new, start, end):
                raise GateError(_UNACCOUNTED)


def exemptions(before: ifd.Structure, after: ifd.Structure, ledger: Ledger) -> dict[str, frozenset[int]]:
    """The tags, by directory, that a write may touch; what an Exif directory must have, where one is new."""
    exempt: dict[str, set[int]] = {}
    for field, (path, tag) in _FIELDS.items():
        if ledger.names(field):
            exempt.setdefault(path, set()).add(tag)
    if ledger.touches_exif and (ifd.EXIF in before.directories) != (ifd.EXIF in after.directories):
        exempt.setdefault(ifd.EXIF, set()).update(MANDATORY)
        exempt.setdefault(ifd.FIRST, set()).add(ifd.EXIF_IFD)
    return {path: frozenset(tags) for path, tags in exempt.items()}


def _check_lone(structure: ifd.Structure) -> None:
    allowed = {
        ifd.FIRST: {DESCRIPTION, ifd.EXIF_IFD} | _MANDATORY_FIRST,
        ifd.EXIF: {USER_COMMENT} | MANDATORY,
    }
    for path, directory in structure.directories.items():
        if directory.is_cut or not {entry.tag for entry in directory.entries} <= allowed.get(path, set()):
            raise GateError("an Exif block of other tags would appear or be lost")
    if ifd.FIRST not in structure.directories:
        raise GateError("an Exif block without a directory would appear or be lost")


def _check_texts(before: ifd.Structure | None, after: ifd.Structure | None, ledger: Ledger) -> None:
    for field, (path, tag) in _FIELDS.items():
        held, holds = _text(before, path, tag), _text(after, path, tag)
        if held == holds and not ledger.names(field):
            continue
        if not ledger.names(field):
            raise GateError(f"{field} would change")
        if holds not in (None, held) and after is not None and not _is_well_formed(after, path, tag):
            raise GateError(f"{field} would not be in a form that others read")
        ledger.compare(field, _counted(held), _counted(holds))


def _counted(text: str | None) -> Counter[str]:
    return Counter([text] if text and text.strip(" \t\n\0") else [])


def _is_well_formed(structure: ifd.Structure, path: str, tag: int) -> bool:
    """ASCII that ends with NUL, or UNDEFINED that begins with a character code."""
    value, entry = structure.value(path, tag), structure.entry(path, tag)
    if value is None or entry is None:
        return False
    if tag == DESCRIPTION:
        return entry.kind in (2, 129) and value.endswith(b"\0")
    return entry.kind == 7 and value[:_CODE_BYTES] in _CODES


def _text(structure: ifd.Structure | None, path: str, tag: int) -> str | None:
    """The text of ImageDescription or UserComment; None where there is none."""
    value = None if structure is None else structure.value(path, tag)
    if structure is None or value is None:
        return None
    return _loose(value) if tag == DESCRIPTION else _user_comment(value, structure.order)


def _loose(value: bytes) -> str:
    value = value.rstrip(b"\0")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _user_comment(value: bytes, order: str) -> str:
    """A comment by its code: UNICODE is UTF-16 in the byte order of the block (Exif 2.32, 4.6.5)."""
    code, text = value[:_CODE_BYTES], value[_CODE_BYTES:]
    if code.startswith(b"UNICODE"):
        if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return text.decode("utf-16", "replace").rstrip("\0")
        return text.decode("utf-16-le" if order == "<" else "utf-16-be", "replace").rstrip("\0")
    if code.startswith(b"JIS"):
        return text.decode("iso2022_jp", "replace").rstrip("\0")
    return _loose(text)


def header_offset(item: bytes) -> int:
    """Where the TIFF header of an Exif item of HEIF begins (ISO/IEC 23008-12, A.2.1)."""
    return 4 + int(struct.unpack_from(">I", item)[0])
