"""Random access to a file's bytes: the one way in which the readers of containers ask for them."""

from __future__ import annotations

from collections.abc import Callable
from io import SEEK_END, SEEK_SET
from typing import BinaryIO

ReadAt = Callable[[int, int], bytes]
"""read_at(offset, length) gives the bytes there: fewer, or none, beyond the end. No range is an error."""

HEAD_BYTES = 64 * 1024
_WINDOW_BYTES = 4096


def from_bytes(data: bytes) -> ReadAt:
    """Read from bytes in memory."""

    def read_at(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    return read_at


def part(read_at: ReadAt, base: int, size: int) -> ReadAt:
    """Read within the `size` bytes at `base`, counting from there."""

    def read_part(offset: int, length: int) -> bytes:
        return read_at(base + offset, max(0, min(length, size - offset)))

    return read_part


class FileSource:
    """An open file read by ranges, with its head and the latest small window kept in memory.

    `size` is the file's length in bytes. Reading raises OSError as the file does.
    """

    def __init__(self, file: BinaryIO, head_bytes: int = HEAD_BYTES) -> None:
        self._file = file
        self._head = _read_fully(file, head_bytes)
        self._window_start = 0
        self._window = b""
        self.size = len(self._head) if len(self._head) < head_bytes else file.seek(0, SEEK_END)

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes of the range, as far as the file has them."""
        end = min(offset + length, self.size)
        if end <= len(self._head):
            return self._head[offset:end]
        if offset >= end:
            return b""
        start = self._window_start
        if offset < start or end > start + len(self._window):
            self._file.seek(offset, SEEK_SET)
            wanted = max(end - offset, _WINDOW_BYTES)
            data = _read_fully(self._file, wanted)
            if end - offset > _WINDOW_BYTES:
                return data
            self._window_start, self._window, start = offset, data, offset
        return self._window[offset - start : end - start]


def _read_fully(file: BinaryIO, length: int) -> bytes:
    """Read `length` bytes or all that is left; an unbuffered file may give fewer at a time."""
    data = file.read(length) or b""
    if len(data) in (0, length):
        return data
    parts = [data]
    missing = length - len(data)
    while missing and (more := file.read(missing)):
        parts.append(more)
        missing -= len(more)
    return b"".join(parts)
