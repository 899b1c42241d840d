"""IPTC-IIM: keywords, title and caption of the older embedded captions (IIM 4.2; record 2)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

CODED_CHARACTER_SET = (1, 90)
TITLE = (2, 5)
KEYWORD = (2, 25)
CAPTION = (2, 120)
IPTC_RESOURCE = 0x0404

_MARK = 0x1C
_MOST_DATASETS = 65_536
_RESOURCE_SIGNATURES = (b"8BIM", b"AgHg", b"DCSR", b"MeSa", b"PHUT")
_BINARY = {(2, number) for number in (0, 125, 150, 151, 152, 153, 154, 200, 201, 202)}
_UTF8 = "utf-8"
_CP1252 = "cp1252"
# ISO 2022 designations of a 96-character set to G1 or G2 (registered with ISO-IR): final byte -> charset.
_FINAL_BYTES = {
    "A": "iso8859-1", "B": "iso8859-2", "C": "iso8859-3", "D": "iso8859-4", "L": "iso8859-5",
    "G": "iso8859-6", "F": "iso8859-7", "H": "iso8859-8", "M": "iso8859-9", "b": "iso8859-15",
}  # fmt: skip
_DESIGNATION = re.compile(rb"\x1b[-./]([A-DLGFHMb])")


@dataclass(frozen=True, slots=True)
class IptcFacts:
    """What an IPTC block says. `charset` is the one its texts were read in, `declared` whether 1:90 said so.

    `complete` is False where the block ends within a dataset or holds what is none.
    """

    keywords: tuple[str, ...] = ()
    title: str | None = None
    caption: str | None = None
    charset: str = _CP1252
    declared: bool = False
    complete: bool = True


def read_iptc(block: bytes) -> IptcFacts:
    """Read an IIM block (Photoshop resource 0x0404, or TIFF tag 33723). Never raises.

    An undeclared block is read as cp1252, unless all of its non-ASCII values are valid UTF-8.
    """
    block = _unswapped(block)
    found = list(datasets(block))
    end = found[-1][2] if found else 0
    values = [(dataset, value) for dataset, value, _ in found]
    charset = _declared_charset(values)
    declared = charset is not None
    if charset is None:
        charset = _UTF8 if _all_utf8(values) else _CP1252
    texts: dict[tuple[int, int], list[str]] = {}
    for dataset, value in values:
        if dataset in (KEYWORD, TITLE, CAPTION):
            text = _decoded(value, charset)
            if text:
                texts.setdefault(dataset, []).append(text)
    return IptcFacts(
        keywords=tuple(texts.get(KEYWORD, ())),
        title=next(iter(texts.get(TITLE, ())), None),
        caption="\n".join(texts.get(CAPTION, ())) or None,
        charset=charset,
        declared=declared,
        complete=not block[end:].strip(b"\0"),
    )


def datasets(block: bytes) -> Iterator[tuple[tuple[int, int], bytes, int]]:
    """The datasets of an IIM block: (record, number), value, and the offset behind it (IIM 1.5.1).

    Ends at the first byte that begins no dataset, or at a length that leaves the block.
    """
    offset = 0
    for _ in range(_MOST_DATASETS):
        if offset + 5 > len(block) or block[offset] != _MARK:
            return
        record, number, length = struct.unpack_from(">BBH", block, offset + 1)
        start = offset + 5
        if length & 0x8000:
            size = length & 0x7FFF
            if size > 8 or start + size > len(block):
                return
            length = int.from_bytes(block[start : start + size], "big")
            start += size
        offset = start + length
        if offset > len(block):
            return
        yield (record, number), block[start:offset], offset


def photoshop_iptc(resources: bytes) -> bytes | None:
    """The IPTC block among Photoshop image resources ("8BIM", identifier, Pascal name, length, data)."""
    offset = 0
    while offset + 12 <= len(resources) and resources[offset : offset + 4] in _RESOURCE_SIGNATURES:
        identifier, name_length = struct.unpack_from(">HB", resources, offset + 4)
        start = offset + 6 + (1 + name_length + 1) // 2 * 2
        if start + 4 > len(resources):
            return None
        (length,) = struct.unpack_from(">I", resources, start)
        start += 4
        if identifier == IPTC_RESOURCE:
            return resources[start : start + length]
        offset = start + length + (length & 1)
    return None


def _unswapped(block: bytes) -> bytes:
    """TIFF tag 33723 typed LONG is byte-swapped by some writers: then each fourth byte comes first."""
    if block[:1] != b"\x1c" and block[3:4] == b"\x1c":
        whole = len(block) // 4 * 4
        words = struct.unpack(f">{whole // 4}I", block[:whole])
        return struct.pack(f"<{whole // 4}I", *words)
    return block


def _declared_charset(values: list[tuple[tuple[int, int], bytes]]) -> str | None:
    for dataset, value in values:
        if dataset == CODED_CHARACTER_SET:
            if b"\x1b%" in value:
                return _UTF8
            found = _DESIGNATION.search(value)
            return _FINAL_BYTES.get(found[1].decode("ascii")) if found else None
    return None


def _all_utf8(values: list[tuple[tuple[int, int], bytes]]) -> bool:
    """Whether there are non-ASCII texts, and all of them are valid UTF-8."""
    seen = False
    for dataset, value in values:
        if value.isascii() or dataset[0] != 2 or dataset in _BINARY:
            continue
        try:
            value.decode(_UTF8)
        except UnicodeDecodeError:
            return False
        seen = True
    return seen


def _decoded(value: bytes, charset: str) -> str:
    """Text of a value; one that its charset does not fit is read as cp1252, then as Latin-1."""
    value = value.rstrip(b"\0")
    for attempt in (charset, _CP1252):
        try:
            return value.decode(attempt).strip()
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1").strip()
