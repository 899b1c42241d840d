"""The program on a terminal of its own, to be lost as a real one is."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable

_CODES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]_P][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
MOST_S = 30.0


class Terminal:
    """A program on a pty. What it draws is gathered as text, without its control codes."""

    def __init__(self, *words: str, size: tuple[int, int] = (120, 40)) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

        def own_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [sys.executable, "-m", "nivo_tui", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=own_terminal,  # noqa: PLW1509
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )
        os.close(slave)
        self._bytes = b""

    def read(self, timeout: float = 0.05) -> None:
        """Take what was drawn; answer what is asked."""
        if not select.select([self._master], [], [], timeout)[0]:
            return
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return
        if b"\x1b[c" in data:
            os.write(self._master, b"\x1b[?62;22c")
        self._bytes += data

    @property
    def text(self) -> str:
        """All that was drawn so far."""
        return _CODES.sub(b"", self._bytes).decode("utf-8", "replace")

    @property
    def drawn(self) -> bytes:
        """The same with its control codes."""
        return self._bytes

    def until(self, met: Callable[[], object]) -> None:
        """Let the program draw until a condition holds."""
        end = time.monotonic() + MOST_S
        while not met():
            assert time.monotonic() < end, self.text[-3000:]
            self.read()

    def shows(self, words: str) -> None:
        """Wait until words were drawn."""
        self.until(lambda: words in self.text)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def lose(self) -> None:
        """The terminal goes away, as when a window is closed or a line breaks; wait for the program's end."""
        os.close(self._master)
        self.process.wait(MOST_S)

    def end(self) -> None:
        """Whatever is left of it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
