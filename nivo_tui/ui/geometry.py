"""Where the panes of the review lie. The style sheet `review.tcss` says the same to Textual."""

from __future__ import annotations

LEAST = (60, 16)
"""The smallest terminal, in columns and lines, that has room for the review."""

WIDTHS = ((0, "-narrow"), (100, "-usual"), (160, "-wide"))
HEIGHTS = ((0, "-low"), (30, "-middling"), (46, "-high"))
"""The least columns and lines of each form of the review, with its class in the style sheet."""

_TITLE = 2


def form_of(size: int, forms: tuple[tuple[int, str], ...]) -> str:
    """Which form a terminal of this many columns (or lines) gets."""
    return [name for least, name in forms if size >= least][-1]


def fits(width: int, height: int) -> bool:
    """Whether there is room for the review at all."""
    return width >= LEAST[0] and height >= LEAST[1]


def frame_lines(width: int, height: int) -> list[str]:
    """The lines where panes meet, for a terminal of this size: one string for each line of it."""
    form, high = form_of(width, WIDTHS), form_of(height, HEIGHTS)
    folders = {"-narrow": 0, "-usual": 22, "-wide": 30}[form]
    preview = width * {"-narrow": 41, "-usual": 32, "-wide": 38}[form] // 100
    log = {"-low": 1, "-middling": 3, "-high": 5}[high]
    body = height - _TITLE - log - 3
    uprights = [at for at in (folders if folders else None, width - preview - 1) if at is not None]
    upright = _marked(" " * width, uprights, "│")
    top, bottom = _marked("─" * width, uprights, "┬"), _marked("─" * width, uprights, "┴")
    middle = [upright] * body
    if folders:
        photos = max(5, body * (46 if high == "-high" else 30) // 100)
        level = "─" * (uprights[1] - folders - 1)
        middle[photos + 1] = upright[:folders] + "├" + level + "┤" + upright[uprights[1] + 1 :]
    return [" " * width, top, *middle, bottom, *[" " * width] * log, "─" * width, " " * width]


def _marked(line: str, places: list[int], sign: str) -> str:
    for at in places:
        line = line[:at] + sign + line[at + 1 :]
    return line
