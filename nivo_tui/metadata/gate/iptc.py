"""IPTC-IIM, old and new: every dataset the same text, but for those of the expected fields (IIM 4.2)."""

from __future__ import annotations

import re
import struct
from collections import Counter
from dataclasses import dataclass

from nivo_tui.metadata.gate.ledger import GateError, Ledger

Key = tuple[int, int]
KEYWORDS: Key = (2, 25)
_CHARSET: Key = (1, 90)
# The versions of the two records, which a writer adds where a record has none.
_VERSIONS: tuple[Key, ...] = ((1, 0), (2, 0))
_FIELDS: dict[str, tuple[Key, int]] = {
    "iptc:Keywords": (KEYWORDS, 64),
    "iptc:ObjectName": ((2, 5), 64),
    "iptc:Caption-Abstract": ((2, 120), 2000),
    "iptc:City": ((2, 90), 32),
    "iptc:Province-State": ((2, 95), 32),
    "iptc:Country-PrimaryLocationCode": ((2, 100), 3),
    "iptc:Country-PrimaryLocationName": ((2, 101), 64),
}
"""Dataset and greatest length in bytes of each field that is written."""

_MARK = 0x1C
_MOST_DATASETS = 65_536
_BINARY = frozenset((2, number) for number in (0, 125, 150, 151, 152, 153, 154, 200, 201, 202))
_UTF8, _CP1252 = "utf-8", "cp1252"
# ISO 2022 designations of a 96-character set (registered with ISO-IR): final byte -> charset.
_SETS = {b"A": "iso8859-1", b"B": "iso8859-2", b"C": "iso8859-3", b"D": "iso8859-4", b"L": "iso8859-5",
         b"G": "iso8859-6", b"F": "iso8859-7", b"H": "iso8859-8", b"M": "iso8859-9",
         b"b": "iso8859-15"}  # fmt: skip
_DESIGNATION = re.compile(rb"\x1b[-./]([A-DLGFHMb])")


@dataclass(frozen=True, slots=True)
class Datasets:
    """The datasets of a block in order, what stands behind them, and what 1:90 declares, if anything."""

    values: tuple[tuple[Key, bytes], ...]
    rest: bytes
    declared: bytes | None

    @property
    def is_utf8(self) -> bool:
        """Whether the block says that its texts are UTF-8."""
        return self.declared is not None and self.declared.startswith(b"\x1b%")

    def charsets(self) -> tuple[str, ...]:
        """The charsets its texts may be meant in: undeclared ones Windows-1252, or UTF-8 all over."""
        if self.is_utf8:
            return (_UTF8,)
        if self.declared is not None:
            found = _DESIGNATION.search(self.declared)
            return (_SETS[found.group(1)] if found else _CP1252,)
        return (_CP1252, _UTF8) if all(_fits(value, _UTF8) for _, value in self.texts()) else (_CP1252,)

    def texts(self) -> list[tuple[Key, bytes]]:
        """The datasets of record 2 that are texts."""
        return [(key, value) for key, value in self.values if key[0] == 2 and key not in _BINARY]


def read_iim(block: bytes) -> Datasets:
    """The datasets of a block (IIM 1.5), up to the first byte that begins none."""
    block = in_order(block)
    values: list[tuple[Key, bytes]] = []
    declared = None
    at = 0
    while at + 5 <= len(block) and block[at] == _MARK:
        record, number, length = struct.unpack_from(">BBH", block, at + 1)
        start = at + 5
        if length & 0x8000:
            size = length & 0x7FFF
            length = int.from_bytes(block[start : start + min(size, 8)], "big") if size <= 8 else len(block)
            start += size
        if start + length > len(block):
            break
        values.append(((record, number), block[start : start + length]))
        if (record, number) == _CHARSET and declared is None:
            declared = block[start : start + length]
        at = start + length
        if len(values) > _MOST_DATASETS:
            raise GateError("its IPTC has more datasets than any picture")
    return Datasets(tuple(values), block[at:].strip(b"\0"), declared)


def in_order(block: bytes) -> bytes:
    """A block of TIFF's tag 33723 of type LONG, which some writers swap: each fourth byte comes first."""
    if block[:1] == b"\x1c" or block[3:4] != b"\x1c":
        return block
    whole = len(block) // 4
    return struct.pack(f"<{whole}I", *struct.unpack(f">{whole}I", block[: 4 * whole])) + block[4 * whole :]


def check(old: bytes | None, new: bytes | None, ledger: Ledger) -> None:
    """Raise GateError unless each field holds what it should and each other dataset what it held."""
    before, after = read_iim(old or b""), read_iim(new or b"")
    if before.rest != after.rest:
        raise GateError("what stands behind its IPTC datasets would change")
    for key in _VERSIONS:
        versions = [value for each, value in before.values if each == key]
        new_versions = [value for each, value in after.values if each == key]
        is_added = not versions and len(new_versions) == 1 and len(new_versions[0]) == 2
        is_dropped = not _others(after, ledger) and not new_versions
        if versions != new_versions and not is_added and not is_dropped:
            raise GateError("the version of its IPTC would change")
    problem = GateError("an IPTC dataset would change")
    for charset in _readings(before, after, ledger):
        try:
            _check_fields(before, after, charset, _UTF8 if after.is_utf8 else charset, ledger)
        except GateError as error:
            problem = error
        else:
            return
    raise problem


def _check_fields(before: Datasets, after: Datasets, charset: str, target: str, ledger: Ledger) -> None:
    for field, (key, limit) in _FIELDS.items():
        if ledger.names(field):
            held = Counter(_decoded(value, charset) for each, value in before.values if each == key)
            holds = Counter(_decoded(value, target) for each, value in after.values if each == key)
            ledger.compare(field, _filled(held), _filled(holds), limit=limit, charset=target)


def _filled(texts: Counter[str]) -> Counter[str]:
    return Counter({text: count for text, count in texts.items() if text.strip(" \0")})


def _others(datasets: Datasets, ledger: Ledger) -> list[tuple[Key, bytes]]:
    """The datasets that no expected field is about, without versions and charset."""
    touched = {key for field, (key, _) in _FIELDS.items() if ledger.names(field)}
    return [(k, v) for k, v in datasets.values if k not in touched and k not in _VERSIONS and k != _CHARSET]


def _readings(before: Datasets, after: Datasets, ledger: Ledger) -> list[str]:
    """The charsets in which the old texts can have been meant, seeing what became of those that must stay.

    Raises GateError where there is none. What was undeclared may be declared UTF-8 when all of it is
    transcoded, from Windows-1252, or as UTF-8 that it was already.
    """
    old, new = _others(before, ledger), _others(after, ledger)
    if [key for key, _ in old] != [key for key, _ in new]:
        raise GateError("an IPTC dataset would be lost")
    if before.declared == after.declared:
        return list(before.charsets()) if old == new else []
    is_ascii = all(value.isascii() for _, value in after.texts())
    if not after.is_utf8 and not (after.declared is None and is_ascii):
        raise GateError("the charset of its IPTC would change")
    if after.is_utf8 and not _is_first(after):
        raise GateError("its IPTC would say too late what charset it is in")
    return [charset for charset in before.charsets() if _same_texts(old, new, charset)]


def _is_first(datasets: Datasets) -> bool:
    """Whether the charset is declared before the first dataset that it is for."""
    keys = [key for key, _ in datasets.values if key[0] >= 2 or key == _CHARSET]
    return keys[0] == _CHARSET


def _same_texts(old: list[tuple[Key, bytes]], new: list[tuple[Key, bytes]], charset: str) -> bool:
    for (key, value), (_, other) in zip(old, new, strict=True):
        is_text = key[0] == 2 and key not in _BINARY
        if not is_text and value != other:
            return False
        if is_text and not (_fits(value, charset) and value.decode(charset).encode(_UTF8) == other):
            return False
    return True


def _decoded(value: bytes, charset: str) -> str:
    try:
        return value.decode(charset)
    except UnicodeDecodeError as error:
        raise GateError("an IPTC text would not be readable") from error


def _fits(value: bytes, charset: str) -> bool:
    try:
        value.decode(charset)
    except UnicodeDecodeError:
        return False
    return True
