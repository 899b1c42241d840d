"""The whole program on a terminal of each kind, whose answers come at once or late: what it paints, and that
no answer becomes a key press.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty")

CELL = b"\x1b[6;20;10t"
KITTY = b"\x1b_Gi=31;OK\x1b\\"
DARK = b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\"
ANSWERS = {
    "sixel": CELL + DARK + b"\x1b[?62;4;22c",
    "kitty": CELL + KITTY + DARK + b"\x1b[?62;22c",
    "half": DARK + b"\x1b[?62;22c",
    "mute": None,
}
ASKED_LAST = b"\x1b[c"
PAINTED = {
    "sixel": b'\x1bP0;0;0q"1;1;',
    "kitty": "\U0010eeee".encode(),
    "half": "▀▀".encode(),
    "none": "320×240".encode(),
}
SENT = {"sixel": b"\x1bP0;0;0q", "kitty": b"\x1b_Ga=T", "half": "▀▀".encode()}
DELAYS_S = (0.0, 0.09, 0.25, 0.6)
OPEN = -1.0
"""Instead of a delay: the answer comes when the review is there and takes keys."""

PERSON_S = 0.3
"""A person is not as fast as the bytes of an answer."""

SAID = (b"copy", b"pictures are off", b"100 %", b"Command", b"looking for")
"""What letters of the answers would bring up if they were taken for keys."""

PATIENCE_S = 20.0


@dataclass
class Terminal:
    """The program on a pseudo-terminal that answers each round of questions `delay` seconds later."""

    answer: bytes | None
    delay: float
    process: subprocess.Popen[bytes]
    fd: int
    home: Path
    seen: bytearray = field(default_factory=bytearray)
    answered: bool = False
    _asked: int = 0
    due: float | None = None

    def take(self) -> None:
        """Take what was painted."""
        try:
            self.seen += os.read(self.fd, 1 << 16)
        except OSError:
            raise AssertionError(f"the program ended: {bytes(self.seen[-400:])!r}") from None

    def reply(self) -> None:
        """Answer when it is time."""
        if self.seen.find(ASKED_LAST, self._asked) >= 0 and self.answer is not None:
            self._asked = self.seen.index(ASKED_LAST, self._asked) + len(ASKED_LAST)
            self.due = time.monotonic() + self.delay if self.delay >= 0 else float("inf")
        if self.due == float("inf") and PAINTED["half"] in self.seen:
            self.due = time.monotonic()
        if self.due is not None and time.monotonic() >= self.due:
            self.due = None
            assert self.answer is not None
            os.write(self.fd, self.answer)
            self.answered = True

    def press(self, key: bytes) -> None:
        os.write(self.fd, key)

    def stands_at(self, number: int) -> bool:
        """Whether the newest title says that this is the open photo."""
        return self.seen.rfind(b"%d/3" % number) > max(
            self.seen.rfind(b"%d/3" % other) for other in range(1, 4) if other != number
        )

    def close(self) -> None:
        """End the program and the engine that it started, which is detached."""
        os.close(self.fd)
        self.process.kill()
        self.process.wait(10)
        self._end_engine()

    def _end_engine(self) -> None:
        catalog = sqlite3.connect(self.home / "catalog.db")
        try:
            row = catalog.execute("SELECT pid FROM engine").fetchone()
        except sqlite3.Error:
            row = None
        finally:
            catalog.close()
        if row is not None and row[0]:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(int(row[0]), signal.SIGTERM)


def until(terminals: list[Terminal], met) -> None:
    """Serve all of them until the condition holds for each."""
    end = time.monotonic() + PATIENCE_S
    while left := [terminal for terminal in terminals if not met(terminal)]:
        assert time.monotonic() < end, (left[0].delay, left[0].answered, bytes(left[0].seen[-600:]))
        soon = min((t.due for t in terminals if t.due is not None), default=float("inf"))
        wait = max(0.0, min(0.05, soon - time.monotonic()))
        for fd in select.select([terminal.fd for terminal in terminals], [], [], wait)[0]:
            next(terminal for terminal in terminals if terminal.fd == fd).take()
        for terminal in terminals:
            terminal.reply()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Three photos, and a home in which they were scanned."""
    from PIL import Image

    place = tmp_path_factory.mktemp("protocols")
    photos, home = place / "photos", place / "home"
    photos.mkdir()
    home.mkdir()
    (home / "config.toml").touch()
    for number in range(3):
        picture = Image.radial_gradient("L").resize((320, 240)).convert("RGB")
        picture.paste((80 * number, 40, 90), (10, 10, 60, 60))
        picture.save(photos / f"P{number}.jpg")
    command = [sys.executable, "-m", "nivo_tui", "--home", str(home), "scan", str(photos)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return photos, home


@pytest.fixture
def start(library: tuple[Path, Path], tmp_path: Path) -> Iterator[object]:
    """Starts the program: `start("sixel", 0.25, remote=True)`."""
    photos, scanned = library
    with ExitStack() as stack:

        def started(kind: str, delay: float, *, remote: bool, images: str = "auto") -> Terminal:
            import fcntl
            import pty
            import termios

            home = tmp_path / f"home-{time.monotonic_ns()}"
            shutil.copytree(scanned, home)
            outer, inner = pty.openpty()
            fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            left_out = ("SSH_", "TMUX", "STY", "TEXTUAL", "NO_COLOR")
            env = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
            env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NIVO_HOME": str(home)}
            if remote:
                env["SSH_CONNECTION"] = "10.0.0.1 5000 10.0.0.2 22"
            process = subprocess.Popen(
                [sys.executable, "-m", "nivo_tui", "--images", images, str(photos)],
                stdin=inner,
                stdout=inner,
                stderr=inner,
                env=env,
                start_new_session=True,
            )
            os.close(inner)
            terminal = Terminal(ANSWERS[kind], delay, process, outer, home)
            stack.callback(terminal.close)
            return terminal

        yield started


def check(terminals: list[Terminal], *drawn: str) -> None:
    """Each paints one kind of these and no other, moves by real keys alone, and nothing is decided."""
    until(terminals, lambda t: any(PAINTED[kind] in t.seen for kind in drawn))
    until(terminals, lambda t: t.answered or t.answer is None)
    pressed = time.monotonic() + PERSON_S
    until(terminals, lambda _: time.monotonic() > pressed)
    assert all(terminal.stands_at(1) for terminal in terminals)
    for number in (2, 3):
        for terminal in terminals:
            terminal.press(b"l")
        until(terminals, lambda t, number=number: t.stands_at(number))
    for terminal in terminals:
        sent = [kind for kind, sign in SENT.items() if sign in terminal.seen]
        assert sent in [[kind] if kind in SENT else [] for kind in drawn]
        assert not [words for words in SAID if words in terminal.seen]
        with sqlite3.connect(terminal.home / "decisions.db") as decisions:
            assert decisions.execute("SELECT count(*) FROM acts").fetchone()[0] == 0


@pytest.mark.parametrize("kind", ["sixel", "kitty", "half"])
def test_over_ssh_every_answer_is_waited_for(start, kind: str) -> None:
    check([start(kind, delay, remote=True) for delay in DELAYS_S], kind)


@pytest.mark.parametrize("kind", ["sixel", "kitty"])
def test_locally_an_answer_in_time_is_taken(start, kind: str) -> None:
    check([start(kind, delay, remote=False) for delay in DELAYS_S[:2]], kind)


@pytest.mark.parametrize("kind", ["sixel", "kitty"])
def test_locally_an_answer_at_the_last_moment_may_be_too_late(start, kind: str) -> None:
    check([start(kind, 0.25, remote=False)], kind, "half")


@pytest.mark.parametrize("kind", ["sixel", "kitty"])
@pytest.mark.parametrize("remote", [False, True])
def test_an_answer_that_is_too_late_is_no_key_press(start, kind: str, remote: bool) -> None:
    delays = (OPEN,) if remote else (0.6, OPEN)
    check([start(kind, delay, remote=remote) for delay in delays], "half")


def test_a_terminal_that_never_answers_gets_half_cells(start) -> None:
    check([start("mute", 0, remote=remote) for remote in (False, True)], "half")


@pytest.mark.parametrize("wanted", ["none", "half", "sixel", "kitty"])
def test_the_person_s_wish_stands(start, wanted: str) -> None:
    check([start("half", 0.0, remote=False, images=wanted)], wanted)
