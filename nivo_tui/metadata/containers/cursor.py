"""Reading the numbers and strings of a box one after another."""

from __future__ import annotations

import struct

LETTERS = {0: "", 1: "B", 2: "H", 4: "I", 8: "Q"}
"""What struct calls an unsigned number of so many bytes."""


class Cursor:
    """Reads big-endian numbers one after another; beyond the end they are None and it stays ended."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def unsigned(self, size: int) -> int | None:
        """The next number of `size` bytes; 0 where the size is 0."""
        part = self.data[self.at : self.at + size]
        if len(part) < size:
            self.at = len(self.data)
            return None
        self.at += size
        return int.from_bytes(part, "big")

    def row(self, count: int, size: int) -> tuple[int, ...]:
        """The next `count` numbers of 1, 2 or 4 bytes each; fewer where the data ends."""
        whole = min(count, max(0, len(self.data) - self.at) // size)
        numbers: tuple[int, ...] = struct.unpack_from(f">{whole}{LETTERS[size]}", self.data, self.at)
        self.at += whole * size
        return numbers

    def string(self) -> bytes:
        """The next string up to its NUL, which is passed over."""
        end = self.data.find(b"\0", self.at)
        end = len(self.data) if end < 0 else end
        part = self.data[self.at : end]
        self.at = end + 1
        return part
