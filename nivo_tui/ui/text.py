"""Text for the screen: fitted to cells, and figures as a person reads them."""

from __future__ import annotations

import os
from datetime import datetime

from rich.cells import cell_len, set_cell_size


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells: cut with an ellipsis, or padded (on the left where `right`)."""
    if width <= 0:
        return ""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…"
    padding = " " * (width - length)
    return padding + text if right else text + padding


def fit_middle(text: str, width: int) -> str:
    """`text` in at most `width` cells, cut in the middle so that a name's number and ending stay."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    if width < 8:
        return fit(text, width)
    tail_width = width // 2
    tail = text
    while tail and cell_len(tail) > tail_width:
        tail = tail[1:]
    return set_cell_size(text, width - 1 - cell_len(tail)) + "…" + tail


def wrap(words: list[str], width: int, separator: str = " · ") -> list[str]:
    """The words in lines of at most `width` cells, joined by `separator`; a longer word is cut."""
    lines: list[str] = []
    line = ""
    for raw in words:
        word = fit(raw, width) if cell_len(raw) > width else raw
        joined = f"{line}{separator}{word}" if line else word
        if line and cell_len(joined) > width:
            lines.append(line)
            line = word
        else:
            line = joined
    return [*lines, line] if line else lines


def number(value: int) -> str:
    """A count with thousands apart: 2,310."""
    return f"{value:,}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """A count with its noun: 1 photo, 2,310 photos."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def megabytes(size: int) -> str:
    """A size of a file or a disk as people say it: 812 B, 41 kB, 2.1 MB, 212 GB."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return (
                f"{amount:.1f} {unit}" if amount < 10 and unit not in ("B", "kB") else f"{amount:.0f} {unit}"
            )
        amount /= 1000
    return f"{amount:.1f} TB"


def exposure(seconds: float) -> str:
    """A shutter time: 1/1200, 0.5 s, 30 s."""
    if seconds <= 0:
        return ""
    if seconds < 0.3:
        return f"1/{round(1 / seconds)}"
    return f"{seconds:g} s"


def day(at: datetime) -> str:
    """A date and time of a picture: 14 Aug 2025 14:02."""
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def short_path(path: str) -> str:
    """A folder as a person writes it, the home as ~."""
    home = os.path.expanduser("~")
    return "~" + path[len(home) :] if path == home or path.startswith(home + os.sep) else path
