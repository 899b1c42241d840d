"""A terminal for the benchmarks of the screen: a pseudo-terminal that answers like xterm."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

COLUMNS, ROWS = 120, 40
CELL = (10, 20)
_CELL_ASKED = b"\x1b[16t"
_KITTY_ASKED = b"\x1b_Gi=31"
_ATTRIBUTES_ASKED, _ATTRIBUTES = b"\x1b[c", b"\x1b[?62;22c"


class Terminal:
    """A program on a pseudo-terminal of 120x40 cells. Linux and macOS.

    `pictures` is what it says it can draw: sixel, kitty, or nothing (half cells).
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        size: tuple[int, int] = (COLUMNS, ROWS),
        pictures: str = "half",
    ) -> None:
        self._fd, inner = pty.openpty()
        self._pictures = pictures
        columns, rows = size
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=inner,
            stdout=inner,
            stderr=inner,  # where Textual writes
            env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(inner)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
        os.close(self._fd)

    def press(self, key: bytes) -> float:
        """Send a key; returns the moment."""
        os.write(self._fd, key)
        return time.perf_counter()

    def wait_for(self, text: bytes, timeout: float = 20.0) -> float:
        """The moment at which this text was painted. Raises TimeoutError."""
        seen = b""
        end = time.perf_counter() + timeout
        while (left := end - time.perf_counter()) > 0:
            seen += self.read(left)
            if text in seen:
                return time.perf_counter()
        raise TimeoutError(
            f"{text!r} was not painted within {timeout:.0f} s; the last bytes: {seen[-300:]!r}"
        )

    def quiet(self, seconds: float, timeout: float = 60.0) -> None:
        """Wait until nothing was painted for so long."""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end and self.read(seconds):
            pass

    def after(self, key: bytes, quiet: float, timeout: float = 20.0) -> tuple[int, float, bytes]:
        """Press a key; how many bytes it brings until nothing came for `quiet` seconds, when the last of
        them came, in seconds after it, and the bytes.
        """
        pressed = last = self.press(key)
        parts = []
        while time.perf_counter() - pressed < timeout:
            data = self.read(quiet)
            if not data:
                break
            last = time.perf_counter()
            parts.append(data)
        seen = b"".join(parts)
        return len(seen), last - pressed, seen

    def read(self, timeout: float) -> bytes:
        """What was written next, b"" where nothing was in time. Answers the question for the attributes."""
        ready, _, _ = select.select([self._fd], [], [], timeout)
        if not ready:
            return b""
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            return b""
        self._answer(data)
        return data

    def _answer(self, data: bytes) -> None:
        """Answer what was asked, in the order in which it is asked."""
        if _CELL_ASKED in data and self._pictures != "half":
            os.write(self._fd, b"\x1b[6;%d;%dt" % (CELL[1], CELL[0]))
        if _KITTY_ASKED in data and self._pictures == "kitty":
            os.write(self._fd, b"\x1b_Gi=31;OK\x1b\\")
        if _ATTRIBUTES_ASKED in data:
            os.write(self._fd, b"\x1b[?62;4;22c" if self._pictures == "sixel" else _ATTRIBUTES)
