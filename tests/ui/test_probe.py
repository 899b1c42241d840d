"""What the terminal is asked, what is made of its answers, and that none becomes a key press."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import OpenScreen
from textual import events
from textual._xterm_parser import XTermParser

from nivo_tui.ui.images.fitting import Box, CellSize, fit_box
from nivo_tui.ui.images.late_replies import LateReplies
from nivo_tui.ui.images.probe import Found, picture_support, probe_terminal

CELL = b"\x1b[6;18;9t"
KITTY = b"\x1b_Gi=31;OK\x1b\\"
LIGHT = b"\x1b]11;rgb:ffff/fafa/f0f0\x1b\\"
DARK = b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07"
SIXEL = b"\x1b[?61;4;22c"
PLAIN = b"\x1b[?62;22c"
LOCAL = {"TERM": "xterm-256color"}
REMOTE = {"TERM": "xterm-256color", "SSH_CONNECTION": "a b c d"}


class Scripted:
    """A terminal that answers at set times of its own clock."""

    def __init__(self, *answers: tuple[float, bytes], pixels: tuple[int, int] | None = None) -> None:
        self.now = 0.0
        self.answers = list(answers)
        self.asked = b""
        self.pixels = pixels

    @contextmanager
    def open(self) -> Iterator[Scripted]:
        yield self

    def write(self, data: bytes) -> None:
        self.asked += data

    def read(self, timeout_s: float) -> bytes:
        if self.answers and self.answers[0][0] <= self.now + timeout_s:
            at, data = self.answers.pop(0)
            self.now = max(self.now, at)
            return data
        self.now += timeout_s
        return b""

    def cell_pixels(self) -> tuple[int, int] | None:
        return self.pixels


def probe(terminal: Scripted, env: dict[str, str]) -> Found:
    return probe_terminal(env, open_console=terminal.open, terminal=True, clock=lambda: terminal.now)


def test_the_fence_is_asked_last() -> None:
    terminal = Scripted((0.01, PLAIN))
    probe(terminal, LOCAL)
    assert terminal.asked.endswith(b"\x1b[c")
    assert terminal.asked.startswith(b"\x1b[16t")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (CELL + SIXEL, "sixel"),
        (CELL + KITTY + PLAIN, "kitty"),
        (CELL + KITTY + SIXEL, "sixel"),
        (CELL + PLAIN, "half"),
        (b"\x1b_Gi=31;ENOTSUPPORTED\x1b\\" + PLAIN, "half"),
        (b"\x1b[?14;24c", "half"),
    ],
)
def test_a_terminal_is_what_it_answers(answer: bytes, kind: str) -> None:
    found = probe(Scripted((0.02, answer)), LOCAL)
    assert found.fenced
    assert picture_support(found).kind == kind


def test_cell_size_and_background_are_read() -> None:
    found = probe(Scripted((0.01, CELL + DARK + SIXEL)), LOCAL)
    assert (found.cell, found.dark) == (CellSize(9, 18), True)
    assert probe(Scripted((0.01, LIGHT + PLAIN)), LOCAL).dark is False
    assert probe(Scripted((0.01, PLAIN), pixels=(8, 17)), LOCAL).cell == CellSize(8, 17)
    assert probe(Scripted((0.01, b"\x1b[6;0;0t" + PLAIN)), LOCAL).cell is None


def test_keys_typed_meanwhile_do_not_hide_the_answer() -> None:
    assert probe(Scripted((0.01, b"jjx"), (0.02, CELL[:4]), (0.03, CELL[4:] + b"q" + SIXEL)), LOCAL).sixel


def test_over_ssh_an_answer_may_take_its_time() -> None:
    found = probe(Scripted((0.8, CELL), (1.4, SIXEL)), REMOTE)
    assert found.fenced and found.sixel and found.remote
    assert not probe(Scripted((0.8, CELL + SIXEL)), LOCAL).fenced


def test_a_mute_terminal_costs_a_moment_and_gets_half_cells() -> None:
    terminal = Scripted()
    found = probe(terminal, LOCAL)
    assert terminal.now <= 0.41
    assert not found.fenced
    assert picture_support(found).kind == "half"


def test_the_person_s_wish_stands_and_a_pipe_gets_none() -> None:
    found = probe(Scripted((0.01, SIXEL)), LOCAL)
    assert [picture_support(found, wanted).kind for wanted in ("none", "half", "kitty")] == [
        "none",
        "half",
        "kitty",
    ]
    assert picture_support(probe_terminal(LOCAL, terminal=False), "sixel").kind == "none"


def test_terminals_that_would_print_the_question_are_not_asked() -> None:
    terminal = Scripted()
    for name in ("dumb", "linux", ""):
        assert picture_support(probe(terminal, {"TERM": name})).kind == "half"
    assert terminal.asked == b""


def test_tmux_is_not_asked_for_what_it_would_not_pass_on() -> None:
    terminal = Scripted((0.01, SIXEL))
    assert probe(terminal, {"TERM": "tmux-256color", "TMUX": "/tmp/x"}).sixel
    assert b"_G" not in terminal.asked


def test_a_console_that_cannot_be_raw_is_half_cells() -> None:
    @contextmanager
    def broken() -> Iterator[Scripted]:
        raise OSError("no terminal")
        yield

    assert picture_support(probe_terminal(LOCAL, open_console=broken, terminal=True)).kind == "half"


@pytest.mark.skipif(sys.platform == "win32", reason="a pty")
@pytest.mark.parametrize("answer", [CELL + KITTY + SIXEL, b""])
def test_on_a_real_terminal_nothing_is_left_behind(answer: bytes) -> None:
    """The answers are read to the last byte, and the terminal is as it was."""
    import pty
    import termios

    code = (
        "import json, select, sys\n"
        "from nivo_tui.ui.images.probe import probe_terminal\n"
        "found = probe_terminal()\n"
        "left = bool(select.select([0], [], [], 0)[0])\n"
        "print(json.dumps([found.fenced, found.sixel, found.kitty, left]), file=sys.stderr)\n"
    )
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SSH_", "TMUX"))} | {
        "TERM": "xterm-256color"
    }
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=slave, stdout=slave, stderr=subprocess.PIPE, env=env
    )
    asked = b""
    while not asked.endswith(b"\x1b[c"):
        asked += os.read(master, 1024)
    os.write(master, answer)
    _, said = child.communicate(timeout=30)
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)
    fenced, sixel, kitty, left = json.loads(said)
    assert [fenced, sixel, kitty] == [bool(answer)] * 3
    assert not left


async def test_answers_that_came_too_late_decide_nothing(open_screen: OpenScreen) -> None:
    async with open_screen(late_replies=True) as screen:
        await screen.until(lambda: screen.link.orders)
        orders = list(screen.link.orders)
        for answer in (CELL + KITTY + LIGHT + SIXEL, KITTY, DARK, SIXEL):
            for event in XTermParser(False).feed(answer.decode("ascii")):
                assert isinstance(event, events.Key)
                event.set_sender(screen.app)
                screen.app.post_message(event)
            await screen.pilot.pause(0)
            await screen.pilot.pause(0)
        assert screen.library.calls == []
        assert screen.app.screen is screen.review
        assert screen.review.session.row == 0
        assert screen.link.orders == orders


def test_a_person_s_keys_are_not_swallowed() -> None:
    late = LateReplies()
    assert not late.swallows("a", 1.0)
    assert late.swallows("circumflex_accent", 2.0)
    assert late.swallows("left_square_bracket", 2.001)
    assert late.swallows("6", 2.002)
    assert not late.swallows("6", 2.2)


def test_a_picture_keeps_its_ratio_and_its_budget() -> None:
    cell = CellSize(10, 20)
    assert fit_box((4000, 3000), (40, 40), cell) == Box(40, 15)
    assert fit_box((3000, 4000), (40, 20), cell) == Box(30, 20)
    assert fit_box((1, 10_000), (40, 20), cell) == Box(1, 20)
    small = fit_box((4000, 3000), (100, 60), cell, most_pixels=120_000)
    assert small == Box(40, 15)
