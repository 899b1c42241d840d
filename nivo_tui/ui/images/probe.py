"""Asks the terminal what it can draw, before Textual starts reading keys.

The questions are the size of a cell (XTWINOPS 16), the kitty graphics protocol (a query that draws
nothing), the background colour (OSC 11) and, last, the primary device attributes (DA1). Every terminal
answers DA1, and answers come in the order of the questions: once it is there, nothing can come late and
be taken for key presses.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from nivo_tui.platform.console import Console, is_terminal, raw_console
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.images.fitting import CellSize

_ASK_CELL = b"\x1b[16t"
_ASK_KITTY = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_ASK_BACKGROUND = b"\x1b]11;?\x1b\\"
_ASK_ATTRIBUTES = b"\x1b[c"

_CELL = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
_KITTY = re.compile(rb"\x1b_Gi=31;([^\x1b]*)\x1b\\")
_BACKGROUND = re.compile(
    rb"\x1b\]11;rgb:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:\x07|\x1b\\)"
)
_ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")

# Over SSH an answer takes as long as the line; one that takes longer than this is a terminal that is mute.
LOCAL_WAIT_S = 0.4
REMOTE_WAIT_S = 1.0
_SIXEL = b"4"
_MUTE = frozenset({"dumb", "linux", "cons25", "emacs", "unknown", ""})


@dataclass(frozen=True, slots=True)
class Found:
    """What the terminal said. `fenced`: its last answer came, so that none can come later.

    `dark` is whether its background is, None where it did not say.
    """

    terminal: bool = False
    fenced: bool = False
    sixel: bool = False
    kitty: bool = False
    cell: CellSize | None = None
    dark: bool | None = None
    remote: bool = False
    tmux: bool = False


def probe_terminal(
    environ: Mapping[str, str] | None = None,
    *,
    open_console: Callable[[], AbstractContextManager[Console]] = raw_console,
    terminal: bool | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Found:
    """Ask the terminal. Takes as long as one answer; at most a second or so where none comes."""
    env = os.environ if environ is None else environ
    remote = any(env.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))
    tmux = bool(env.get("TMUX")) or env.get("TERM", "").startswith(("tmux", "screen"))
    if not (is_terminal() if terminal is None else terminal):
        return Found(remote=remote, tmux=tmux)
    if os.name != "nt" and env.get("TERM", "") in _MUTE:
        return Found(terminal=True, remote=remote, tmux=tmux)
    wait = REMOTE_WAIT_S if remote else LOCAL_WAIT_S
    try:
        with open_console() as console:
            known = console.cell_pixels()
            answers = _ask(console, wait, clock, kitty=not tmux)
    except OSError:
        return Found(terminal=True, remote=remote, tmux=tmux)
    return _understand(answers, known, remote=remote, tmux=tmux)


def _ask(console: Console, wait: float, clock: Callable[[], float], *, kitty: bool) -> bytes:
    """Write the questions, read until the fence; without one, until it has been quiet for a moment."""
    console.write(_ASK_CELL + (_ASK_KITTY if kitty else b"") + _ASK_BACKGROUND + _ASK_ATTRIBUTES)
    answers = b""
    end = clock() + wait
    while not _ATTRIBUTES.search(answers):
        left = end - clock()
        if left <= 0:
            break
        got = console.read(left)
        if got and clock() + wait > end:
            # Answers are coming, slowly: the fence is on its way.
            end = clock() + wait
        answers += got
        if len(answers) > 8192:
            break
    while got := console.read(0):
        answers += got
    return answers


def _understand(answers: bytes, known: tuple[int, int] | None, *, remote: bool, tmux: bool) -> Found:
    attributes = _ATTRIBUTES.search(answers)
    cell = _CELL.search(answers)
    size = (int(cell[2]), int(cell[1])) if cell else known
    kitty = _KITTY.search(answers)
    return Found(
        terminal=True,
        fenced=attributes is not None,
        sixel=attributes is not None and _SIXEL in attributes[1].split(b";")[1:],
        kitty=kitty is not None and kitty[1] == b"OK",
        cell=CellSize(*size) if size and 3 <= size[0] <= 100 and 6 <= size[1] <= 200 else None,
        dark=_is_dark(answers),
        remote=remote,
        tmux=tmux,
    )


def _is_dark(answers: bytes) -> bool | None:
    found = _BACKGROUND.search(answers)
    if found is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    # Rec. 709 luma is enough to tell a dark background from a light one.
    luma: float = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return luma < 0.5


def picture_support(found: Found, wanted: str = "auto") -> PictureSupport:
    """How pictures are drawn: as the terminal says, or as the person wants (`--images`)."""
    cell = found.cell or CellSize()
    if not found.terminal or wanted == "none":
        return PictureSupport("none", cell, found.remote)
    if wanted in ("sixel", "kitty", "half"):
        return PictureSupport(wanted, cell, found.remote)
    # Those that answer to both (WezTerm, Konsole) do not know kitty's placeholders: sixel first.
    kind = "sixel" if found.sixel else "kitty" if found.kitty else "half"
    return PictureSupport(kind, cell, found.remote)
