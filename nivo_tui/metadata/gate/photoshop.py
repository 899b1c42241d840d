"""Photoshop image resources, old and new (Adobe Photoshop File Formats, "Image Resource Blocks")."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from nivo_tui.metadata.gate import iptc
from nivo_tui.metadata.gate.ledger import GateError, Ledger

IPTC, DIGEST = 0x0404, 0x0425
_SIGNATURES = (b"8BIM", b"AgHg", b"DCSR", b"MeSa", b"PHUT")
_MOST_RESOURCES = 8192


@dataclass(frozen=True, slots=True)
class _Resource:
    signature: bytes
    number: int
    name: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class _Resources:
    """The resources in order, and what stands behind the last that can be read."""

    all: tuple[_Resource, ...]
    rest: bytes

    def others(self) -> list[_Resource]:
        """Those that are neither IPTC nor its digest."""
        return [each for each in self.all if each.number not in (IPTC, DIGEST)]

    def one(self, number: int) -> bytes | None:
        """The data of the only resource of a number. Raises GateError where there are two."""
        found = [each.data for each in self.all if each.number == number]
        if len(found) > 1:
            raise GateError("it holds IPTC twice")
        return found[0] if found else None


def check(
    old: bytes, new: bytes, ledger: Ledger, *, tag: tuple[bytes | None, bytes | None] | None = None
) -> bytes | None:
    """Raise GateError unless all resources but IPTC and its digest are the same, and these as they should.

    `tag` are the old and new IPTC blocks that a TIFF keeps apart, in its own tag. Returns the new IPTC
    block among the resources. What is the same byte for byte is only read where values are looked for.
    """
    before, after = _read(old), _read(new)
    if old == new and tag is None:
        block = _first(after)
        if block is not None:
            iptc.check(block, block, ledger)
        return block
    if before.rest.strip(b"\0") != after.rest.strip(b"\0"):
        raise GateError("what stands behind its Photoshop resources would change")
    if before.others() != after.others():
        raise GateError("a Photoshop resource would be lost or change")
    block, new_block = before.one(IPTC), after.one(IPTC)
    iptc.check(block, new_block, ledger)
    _check_digest(before, after, tag if tag is not None and block is None else (block, new_block), tag)
    return new_block


def _first(resources: _Resources) -> bytes | None:
    return next((each.data for each in resources.all if each.number == IPTC), None)


def _read(data: bytes) -> _Resources:
    found: list[_Resource] = []
    at = 0
    while at + 12 <= len(data) and data[at : at + 4] in _SIGNATURES:
        number, length = struct.unpack_from(">HB", data, at + 4)
        start = at + 6 + (length + 2) // 2 * 2
        if start + 4 > len(data):
            break
        (size,) = struct.unpack_from(">I", data, start)
        if start + 4 + size > len(data):
            break
        name = data[at + 7 : at + 7 + length]
        found.append(_Resource(data[at : at + 4], number, name, data[start + 4 : start + 4 + size]))
        at = start + 4 + size + (size & 1)
        if len(found) > _MOST_RESOURCES:
            raise GateError("it has more Photoshop resources than any picture")
    return _Resources(tuple(found), data[at:])


def _check_digest(
    before: _Resources,
    after: _Resources,
    blocks: tuple[bytes | None, bytes | None],
    tag: tuple[bytes | None, bytes | None] | None,
) -> None:
    """The MD5 of the IPTC block that Photoshop last wrote (0x0425) tells whether others wrote since.

    It may follow only where it was right or absent.
    """
    old, new = before.one(DIGEST), after.one(DIGEST)
    pairs = [pair for pair in (blocks, tag) if pair is not None]
    was_right = any(old in _digests(block) for block, _ in pairs)
    if old is not None and not was_right:
        if new != old:
            raise GateError("the digest of its IPTC would hide that another program changed it")
    elif new is None:
        if old is not None and any(block is not None for _, block in pairs):
            raise GateError("the digest of its IPTC would be lost")
    elif not any(new in _digests(block) for _, block in pairs):
        raise GateError("the digest of its IPTC would not fit it any more")


def _digests(block: bytes | None) -> set[bytes]:
    """The MD5 of a block as it is stored, and of its datasets alone, without what fills them up."""
    if block is None:
        return set()
    forms = (block, block.rstrip(b"\0"), iptc.in_order(block), iptc.in_order(block).rstrip(b"\0"))
    return {hashlib.md5(form, usedforsecurity=False).digest() for form in set(forms)}
