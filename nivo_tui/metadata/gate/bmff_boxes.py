"""Boxes of ISO base media files (ISO/IEC 14496-12, 4.2), as the gate walks them."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from nivo_tui.metadata.gate.ledger import GateError

_MOST_BOXES = 65_536


@dataclass(frozen=True, slots=True)
class Box:
    """A box from `at` to `end`, its payload from `body`."""

    kind: bytes
    at: int
    body: int
    end: int

    @property
    def size(self) -> int:
        """Its length with its header."""
        return self.end - self.at


def boxes(data: bytes, start: int, end: int) -> tuple[list[Box], int]:
    """The boxes in a range, and where the last that is whole ends. Raises GateError where there is none."""
    found: list[Box] = []
    at = start
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if size == 1:
            if at + 16 > end:
                break
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        box_end = end if size == 0 else at + size
        if box_end < body or box_end > end:
            break
        found.append(Box(kind, at, body, box_end))
        if len(found) > _MOST_BOXES:
            raise GateError("it has more boxes than any picture")
        at = box_end
    if not found:
        raise GateError("its boxes cannot be followed")
    return found, at


def number(data: bytes, at: int, size: int, end: int) -> int:
    """An unsigned big-endian number within a box. Raises GateError where it reaches beyond the box."""
    if at + size > end:
        raise GateError("a box of it ends early")
    return int.from_bytes(data[at : at + size], "big")
