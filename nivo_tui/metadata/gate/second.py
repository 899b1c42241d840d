"""Second readers: what others' code makes of a JPEG's Exif and IPTC. They get bytes, never a user's file."""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Sequence
from typing import Any

from nivo_tui.metadata.gate.exif import MANDATORY
from nivo_tui.metadata.gate.iptc import KEYWORDS, read_iim
from nivo_tui.metadata.gate.ledger import GateError, Ledger, plain

_EXIF = b"Exif\0\0"
_START_OF_SCAN = b"\xff\xda\0\x02"
_SUB_DIRECTORIES = (0x8769, 0x8825, 0xA005)
_MOST_DIRECTORIES = 16
_APP13 = b"\xff\xed"
_PHOTOSHOP = b"Photoshop 3.0\0"
# What a write may change, and the offsets of directories, which move with it; by piexif's names.
_MOVING = {"0th": (0x8769, 0x8825), "Exif": (0xA005,)}
_TEXTS = {"exif:ImageDescription": ("0th", 0x010E), "exif:UserComment": ("Exif", 0x9286)}


def check_exif(old_header: bytes, new_header: bytes, ledger: Ledger) -> None:
    """piexif must find the same Exif values as before, where it found any, but for the expected texts.

    It is spared directories that claim more values than there are bytes, over which it would sit for minutes.
    """
    import piexif

    start = old_header.find(_EXIF)
    if start < 0 or not _is_plausible(old_header[start + len(_EXIF) :]):
        return
    try:
        before = piexif.load(old_header + _START_OF_SCAN)
    except Exception:  # piexif raises whatever a broken file makes it stumble over
        return
    try:
        after = piexif.load(new_header + _START_OF_SCAN)
    except Exception as error:
        raise GateError("its Exif data could not be read any more") from error
    if ledger.touches_exif:
        before, after = _without_texts(before, ledger), _without_texts(after, ledger)
        if not before.get("Exif") and _is_dispensable(after.get("Exif", {})):
            after["Exif"] = before.get("Exif", {})
        if not after.get("Exif") and _is_dispensable(before.get("Exif", {})):
            before["Exif"] = after.get("Exif", {})
    if before != after:
        raise GateError("its Exif data would change")


def _without_texts(tags: dict[str, Any], ledger: Ledger) -> dict[str, Any]:
    left = {name: dict(part) if isinstance(part, dict) else part for name, part in tags.items()}
    for name, pointers in _MOVING.items():
        for tag in pointers:
            left.get(name, {}).pop(tag, None)
    for field, (name, tag) in _TEXTS.items():
        if ledger.names(field):
            left.get(name, {}).pop(tag, None)
    return left


def _is_dispensable(tags: dict[int, Any]) -> bool:
    return set(tags) <= MANDATORY


def _is_plausible(tiff: bytes) -> bool:
    """Whether the directories of a TIFF structure hold no count beyond its length (TIFF 6.0, section 2)."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return False
    waiting, seen = [struct.unpack_from(order + "I", tiff, 4)[0]], set()
    while waiting:
        at = waiting.pop()
        if not at or at in seen or at + 2 > len(tiff):
            continue
        seen.add(at)
        (count,) = struct.unpack_from(order + "H", tiff, at)
        end = at + 2 + 12 * count
        if end + 4 > len(tiff) or len(seen) > _MOST_DIRECTORIES:
            return False
        for entry in range(at + 2, end, 12):
            tag, _, length, value = struct.unpack_from(order + "HHII", tiff, entry)
            if length > len(tiff):
                return False
            if tag in _SUB_DIRECTORIES:
                waiting.append(value)
        waiting.append(struct.unpack_from(order + "I", tiff, end)[0])
    return True


def check_iptc(resources: Sequence[bytes], block: bytes | None) -> None:
    """iptcinfo3 must find the same keywords as we in the new IPTC of a JPEG, where that is UTF-8.

    It reads one segment, scans it byte by byte for the first dataset of record 2, and knows no extended
    lengths: it gets the Photoshop segments alone, where there is just one.
    """
    if block is None or len(resources) != 1:
        return
    datasets = read_iim(block)
    keywords = [value for key, value in datasets.values if key == KEYWORDS]
    if not datasets.is_utf8 or any(len(value) > 0x7FFF for _, value in datasets.values):
        return
    body = _PHOTOSHOP + resources[0]
    data = b"\xff\xd8" + _APP13 + struct.pack(">H", len(body) + 2) + body + _START_OF_SCAN
    found = _keywords_by_iptcinfo3(data)
    if found is not None and found != {plain(value.decode("utf-8", "replace")) for value in keywords}:
        raise GateError("another reader would find other IPTC keywords")


def _keywords_by_iptcinfo3(data: bytes) -> set[str] | None:
    """What iptcinfo3 finds; None where it cannot read the block, or reads no text."""
    import iptcinfo3

    # It reports what it cannot make out to the log, and means nothing by it here.
    logging.getLogger("iptcinfo").setLevel(logging.CRITICAL)
    try:
        found = iptcinfo3.IPTCInfo(io.BytesIO(data), force=True)["keywords"]
    except Exception:  # iptcinfo3 raises whatever a broken block makes it stumble over
        return None
    return {plain(each) for each in found} if all(isinstance(each, str) for each in found) else None
