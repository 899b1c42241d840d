"""The terminal as a stream of bytes, in raw mode: for asking it questions before a screen starts."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Console(Protocol):
    """A terminal in raw mode: nothing written is changed, nothing typed is shown or held back."""

    def write(self, data: bytes) -> None:
        """Send bytes to the terminal at once."""

    def read(self, timeout_s: float) -> bytes:
        """What arrived; waits up to `timeout_s` for the first byte. Empty when nothing came."""

    def cell_pixels(self) -> tuple[int, int] | None:
        """Width and height of a cell in pixels, where the system knows without asking the terminal."""


def is_terminal() -> bool:
    """Whether both ends, the keys and the screen, are a terminal."""
    try:
        return bool(sys.__stdin__ and sys.__stdout__ and sys.__stdin__.isatty() and sys.__stdout__.isatty())
    except ValueError:
        return False


if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    _STD_INPUT, _STD_OUTPUT = -10, -11
    _VT_INPUT = 0x0200
    _LINE_ECHO_PROCESSED = 0x0001 | 0x0002 | 0x0004
    _VT_OUTPUT = 0x0004
    _POLL_S = 0.005

    class _WindowsConsole:
        def write(self, data: bytes) -> None:
            assert sys.__stdout__ is not None
            sys.__stdout__.write(data.decode("ascii"))
            sys.__stdout__.flush()

        def read(self, timeout_s: float) -> bytes:
            end = time.monotonic() + timeout_s
            while not msvcrt.kbhit():
                if time.monotonic() >= end:
                    return b""
                time.sleep(_POLL_S)
            found: list[str] = []
            while msvcrt.kbhit():
                found.append(msvcrt.getwch())
            return "".join(found).encode("utf-8", "replace")

        def cell_pixels(self) -> tuple[int, int] | None:
            return None

    @contextmanager
    def raw_console() -> Iterator[Console]:
        """The terminal in raw mode for a while; the mode it had comes back. Raises OSError without one."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.GetStdHandle.restype = wintypes.HANDLE
        kept: list[tuple[int, int]] = []
        for number, change in (
            (_STD_INPUT, lambda mode: (mode & ~_LINE_ECHO_PROCESSED) | _VT_INPUT),
            (_STD_OUTPUT, lambda mode: mode | _VT_OUTPUT),
        ):
            handle = kernel.GetStdHandle(number)
            mode = wintypes.DWORD()
            if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
                raise OSError("no console")
            kept.append((handle, mode.value))
            kernel.SetConsoleMode(handle, change(mode.value))
        try:
            yield _WindowsConsole()
        finally:
            for handle, value in kept:
                kernel.SetConsoleMode(handle, value)

else:
    import fcntl
    import select
    import struct
    import termios
    import tty

    class _PosixConsole:
        def __init__(self, source: int, target: int) -> None:
            self._source = source
            self._target = target

        def write(self, data: bytes) -> None:
            while data:
                data = data[os.write(self._target, data) :]

        def read(self, timeout_s: float) -> bytes:
            ready, _, _ = select.select([self._source], [], [], max(0.0, timeout_s))
            return os.read(self._source, 4096) if ready else b""

        def cell_pixels(self) -> tuple[int, int] | None:
            try:
                packed = fcntl.ioctl(self._target, termios.TIOCGWINSZ, b"\0" * 8)
            except OSError:
                return None
            rows, columns, width, height = struct.unpack("HHHH", packed)
            if not (rows and columns and width >= columns and height >= rows):
                return None
            return width // columns, height // rows

    @contextmanager
    def raw_console() -> Iterator[Console]:
        """The terminal in raw mode for a while; the mode it had comes back. Raises OSError without one."""
        assert sys.__stdin__ is not None and sys.__stdout__ is not None
        source, target = sys.__stdin__.fileno(), sys.__stdout__.fileno()
        try:
            kept = termios.tcgetattr(source)
        except termios.error as error:
            raise OSError("no terminal") from error
        try:
            tty.setraw(source, termios.TCSADRAIN)
            # Raw mode takes the newline translation from what is written as well; nothing is written here
            # but questions.
            yield _PosixConsole(source, target)
        finally:
            termios.tcsetattr(source, termios.TCSADRAIN, kept)
