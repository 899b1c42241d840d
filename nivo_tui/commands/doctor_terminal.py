"""The checks of `doctor` that concern the terminal it is asked from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping

from nivo_tui.commands.doctor_checks import Check, fine, warning

LEAST_COLUMNS, LEAST_LINES = 80, 24


def checks(environ: Mapping[str, str] | None = None) -> Iterator[Check]:
    """Every check of the terminal; one line where there is none."""
    env = os.environ if environ is None else environ
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield fine("terminal", "not asked from a terminal, so none was looked at")
        return
    columns, lines = os.get_terminal_size()
    yield size(columns, lines)
    yield colours(env)
    yield encoding(sys.stdout.encoding)
    yield from _pictures(env)


def size(columns: int, lines: int) -> Check:
    """Room for the screen."""
    detail = f"{columns} columns, {lines} lines"
    if columns < LEAST_COLUMNS or lines < LEAST_LINES:
        least = f"{LEAST_COLUMNS} columns and {LEAST_LINES} lines"
        return warning("terminal size", detail, f"make the window larger: the screen wants {least}")
    return fine("terminal size", detail)


def colours(env: Mapping[str, str]) -> Check:
    """How many colours the terminal says it has."""
    term = env.get("TERM", "")
    if env.get("NO_COLOR"):
        return fine("colours", "none, as NO_COLOR asks")
    if env.get("COLORTERM", "") in ("truecolor", "24bit") or env.get("WT_SESSION"):
        return fine("colours", "16 million")
    if "256color" in term or "kitty" in term or "direct" in term:
        return fine("colours", f"256 (TERM={term})")
    remedy = "if the terminal can do more: export COLORTERM=truecolor"
    return warning("colours", f"16 (TERM={term or 'not set'})", remedy)


def encoding(name: str | None) -> Check:
    """Whether signs beyond ASCII can be shown."""
    if (name or "").lower().replace("-", "") == "utf8":
        return fine("encoding", "UTF-8")
    remedy = "choose a UTF-8 locale (export LANG=C.UTF-8), on Windows: chcp 65001"
    return warning("encoding", f"{name or 'unknown'}: names and signs are shown as escapes", remedy)


def _pictures(env: Mapping[str, str]) -> Iterator[Check]:
    from nivo_tui.ui.images.probe import picture_support, probe_terminal

    kind = picture_support(probe_terminal(env)).kind
    words = {
        "sixel": "sixel graphics",
        "kitty": "kitty graphics",
        "half": "half blocks: the terminal offers no graphics",
        "none": "none",
    }
    detail = words.get(kind, kind)
    if env.get("TMUX") and kind == "half":
        remedy = "tmux 3.4 or newer can show sixel: set -as terminal-features ',*:sixel'"
        yield warning("pictures", f"{detail} inside tmux", remedy)
    else:
        yield fine("pictures", detail)
