"""The colours: one accent, for dark and for light terminals."""

from __future__ import annotations

from textual.color import Color
from textual.theme import Theme

DARK = Theme(
    name="nivo-dark",
    primary="#5fafd7",
    accent="#5fafd7",
    secondary="#5f87af",
    foreground="#d6d6d6",
    background="#16181c",
    surface="#1b1e23",
    panel="#262a31",
    success="#87af87",
    warning="#d7af5f",
    error="#d7786a",
    dark=True,
)
LIGHT = Theme(
    name="nivo-light",
    primary="#1f6f9f",
    accent="#1f6f9f",
    secondary="#3f6f8f",
    foreground="#2b2d30",
    background="#f7f6f2",
    surface="#f0eee9",
    panel="#e2e0da",
    success="#3f7f4f",
    warning="#8f6a10",
    error="#b0402f",
    dark=False,
)


def between_colours(theme: Theme) -> dict[str, str]:
    """The steps between a theme's background and its foreground or accent that our style sheets use."""
    back = Color.parse(theme.background or ("#121212" if theme.dark else "#f4f4f4"))
    front = Color.parse(theme.foreground or ("#e0e0e0" if theme.dark else "#202020"))
    accent = Color.parse(theme.accent or theme.primary)
    return {
        "dim": back.blend(front, 0.6 if theme.dark else 0.66).hex,
        "faint": back.blend(front, 0.28).hex,
        "track": back.blend(front, 0.16).hex,
        "cursor": back.blend(accent, 0.3).hex,
        "cursor-away": back.blend(front, 0.1).hex,
    }
