"""Extended XMP of a JPEG: the chunks that a packet refers to (XMP Specification Part 3, 1.1.3.1)."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from nivo_tui.metadata.gate import xmp
from nivo_tui.metadata.gate.ledger import GateError, Ledger

HEADER = b"http://ns.adobe.com/xmp/extension/\0"
_GUID_BYTES = 32
_GUID = re.compile(rb"HasExtendedXMP(?:\s*=\s*[\"']|(?:\s[^<>]*)?>)\s*([0-9A-Fa-f]{32})\b")


@dataclass(frozen=True, slots=True)
class _Chunk:
    guid: bytes
    total: int
    offset: int
    data: bytes


def check(
    old: bytes | None,
    new: bytes | None,
    old_parts: Sequence[bytes],
    new_parts: Sequence[bytes],
    ledger: Ledger,
) -> None:
    """Hold packets side by side, with their extended parts where these differ. Raises GateError.

    `old_parts` and `new_parts` are the payloads of the extension segments, without their header.
    """
    before, after = [old] if old is not None else [], [new] if new is not None else []
    if list(old_parts) == list(new_parts):
        xmp.check(before, after, ledger)
        return
    old_guid, new_guid = _guid_in(old), _guid_in(new)
    if _strays(old_parts, old_guid) != _strays(new_parts, new_guid):
        raise GateError("extended XMP of another picture would be lost")
    if old_guid is not None:
        before.append(_assembled(old_parts, old_guid))
    if new_guid is not None:
        after.append(_assembled(new_parts, new_guid))
        if hashlib.md5(after[-1], usedforsecurity=False).hexdigest().upper() != new_guid.decode().upper():
            raise GateError("its extended XMP would not be what its identifier says")
    xmp.check(before, after, ledger, moves_parts=True)


def _guid_in(packet: bytes | None) -> bytes | None:
    found = _GUID.search(packet or b"")
    return found.group(1) if found else None


def _chunk(part: bytes) -> _Chunk:
    total, offset = struct.unpack_from(">II", part, _GUID_BYTES)
    return _Chunk(part[:_GUID_BYTES], total, offset, part[_GUID_BYTES + 8 :])


def _strays(parts: Sequence[bytes], guid: bytes | None) -> list[bytes]:
    return [part for part in parts if guid is None or part[:_GUID_BYTES].upper() != guid.upper()]


def _assembled(parts: Sequence[bytes], guid: bytes) -> bytes:
    """The extended packet, whole, and of the length it claims."""
    chunks = sorted(
        (_chunk(part) for part in parts if part[:_GUID_BYTES].upper() == guid.upper()),
        key=lambda chunk: chunk.offset,
    )
    packet = b"".join(chunk.data for chunk in chunks)
    at = 0
    for chunk in chunks:
        if chunk.offset != at or chunk.total != len(packet):
            raise GateError("the parts of its extended XMP do not fit together")
        at += len(chunk.data)
    if not packet:
        raise GateError("its extended XMP cannot be found")
    return packet
