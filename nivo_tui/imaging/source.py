"""One photo file, opened once and only for reading."""

from __future__ import annotations

import io
import os
import stat
import threading
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

from nivo_tui.errors import TooLargeError, UnreadableError
from nivo_tui.imaging.formats import HEAD_BYTES

MAX_DATA_BYTES = 512 * 1024 * 1024
"""The largest file `PhotoSource.data` holds in memory as a whole."""


class ByteSource(Protocol):
    """Random access to bytes: `read` gives fewer than asked only at the end, and never raises for a range."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset`, at most `length` of them."""

    def view(self, offset: int, length: int) -> bytes | memoryview:
        """The same as `read`, without a copy where the bytes are in memory."""


class BytesSource:
    """Bytes in memory, read as a file is."""

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        self._data = memoryview(data)

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self._data)

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset`, at most `length` of them."""
        return bytes(self.view(offset, length))

    def view(self, offset: int, length: int) -> bytes | memoryview:
        """The same as `read`, without a copy."""
        return self._data[offset : offset + length] if length > 0 and offset >= 0 else b""


class PhotoSource:
    """A photo file open for reading. A symbolic link is followed; the file is never mapped into memory,
    because a mapped file that another machine truncates would end the process.

    `size` is the length in bytes when it was opened. Raises UnreadableError where the file cannot be
    opened or read, is empty, or is no regular file.
    """

    def __init__(self, path: Path, max_data_bytes: int = MAX_DATA_BYTES) -> None:
        self.path = path
        self._max_data_bytes = max_data_bytes
        self._lock = threading.Lock()
        self._data: bytes | None = None
        self._head: bytes | None = None
        try:
            # A pipe or a device would block or never end: look before opening.
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableError("is not a regular file")
            self._file = path.open("rb", buffering=0)
            self.size = os.fstat(self._file.fileno()).st_size
        except (OSError, ValueError) as error:
            raise _unreadable(error) from error
        if self.size == 0:
            self._file.close()
            raise UnreadableError("the file is empty")

    def __enter__(self) -> PhotoSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was read stays usable."""
        self._file.close()

    @property
    def head(self) -> bytes:
        """The first 64 KiB, or all where the file is shorter."""
        if self._head is None:
            self._head = self.read(0, HEAD_BYTES)
        return self._head

    @property
    def data(self) -> bytes:
        """The whole file. Raises TooLargeError above `max_data_bytes`: such a file is read by ranges."""
        if self._data is None:
            if self.size > self._max_data_bytes:
                raise TooLargeError(
                    f"the file has {self.size / 1e6:.0f} MB, and at most {self._max_data_bytes / 1e6:.0f} MB "
                    "are held in memory"
                )
            self._data = self.read(0, self.size)
        return self._data

    @property
    def fits_memory(self) -> bool:
        """Whether `data` may be asked for."""
        return self.size <= self._max_data_bytes

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset`, at most `length`; fewer at the end of the file. Raises UnreadableError."""
        if offset < 0 or length <= 0:
            return b""
        if self._data is not None:
            return self._data[offset : offset + length]
        if self._head is not None and offset + length <= len(self._head):
            return self._head[offset : offset + length]
        try:
            with self._lock:
                self._file.seek(offset)
                return _read_fully(self._file, min(length, max(self.size - offset, 0)))
        except MemoryError as error:
            raise TooLargeError(f"{length / 1e6:.0f} MB of the file do not fit in memory") from error
        except (OSError, ValueError) as error:
            raise _unreadable(error) from error

    def view(self, offset: int, length: int) -> bytes | memoryview:
        """The same as `read`, without a copy where the file is in memory. Raises UnreadableError."""
        if self._data is not None and offset >= 0 and length > 0:
            return memoryview(self._data)[offset : offset + length]
        return self.read(offset, length)

    def reader(self) -> BinaryIO:
        """A buffered file object of its own position for a decoder; the caller closes it.

        It has no file descriptor: a decoder given one may map the file into memory.
        """
        if self._data is not None:
            return io.BytesIO(self._data)
        return io.BufferedReader(_Ranges(self), buffer_size=HEAD_BYTES)


class _Ranges(io.RawIOBase):
    """A source as a raw file object with a position of its own."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._source.size}[whence]
        if base + offset < 0:
            raise OSError("a position before the beginning of the file")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._source.read(self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _read_fully(file: io.FileIO, length: int) -> bytes:
    data = file.read(length) or b""
    if len(data) in (0, length):
        return data
    parts = [data]
    missing = length - len(data)
    while missing > 0 and (more := file.read(missing)):
        parts.append(more)
        missing -= len(more)
    return b"".join(parts)


def _unreadable(error: Exception) -> UnreadableError:
    if isinstance(error, PermissionError):
        return UnreadableError("permission denied: this user may not read the file")
    if isinstance(error, FileNotFoundError):
        return UnreadableError("the file does not exist any more, or is a link to nothing")
    if isinstance(error, OSError) and error.strerror:
        return UnreadableError(f"the file cannot be read: {error.strerror}")
    return UnreadableError(f"the file cannot be read: {error}")
