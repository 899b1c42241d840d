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
# For terminals of sixteen colours: each is one of theirs exactly, so that none falls together with another.
DARK_16 = Theme(
    name="nivo-dark-16",
    primary="#55ffff",
    accent="#55ffff",
    secondary="#5555ff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#0000aa",
    success="#55ff55",
    warning="#ffff55",
    error="#ff5555",
    dark=True,
)
LIGHT_16 = Theme(
    name="nivo-light-16",
    primary="#0000aa",
    accent="#0000aa",
    secondary="#5555ff",
    foreground="#000000",
    background="#ffffff",
    surface="#ffffff",
    panel="#aaaaaa",
    success="#00aa00",
    warning="#aa5500",
    error="#aa0000",
    dark=False,
)
THEMES = (DARK, LIGHT, DARK_16, LIGHT_16)
_OF_SIXTEEN = {
    DARK_16.name: {"dim": "#aaaaaa", "faint": "#555555", "cursor": "#0000aa", "cursor-away": "#555555"},
    LIGHT_16.name: {"dim": "#555555", "faint": "#aaaaaa", "cursor": "#55ffff", "cursor-away": "#aaaaaa"},
}


def theme_for(name: str, color_system: str | None) -> str:
    """The theme to use for the one wanted, on a terminal of this colour system of rich's."""
    few = color_system in ("standard", "windows")
    return {DARK.name: DARK_16.name, LIGHT.name: LIGHT_16.name}.get(name, name) if few else name


def other(theme: Theme) -> str:
    """The dark theme for a light one, the light one for a dark."""
    few = theme.name in _OF_SIXTEEN
    if theme.dark:
        return LIGHT_16.name if few else LIGHT.name
    return DARK_16.name if few else DARK.name


def between_colours(theme: Theme) -> dict[str, str]:
    """The steps between a theme's background and its foreground or accent that our style sheets use."""
    if theme.name in _OF_SIXTEEN:
        return {**_OF_SIXTEEN[theme.name], "track": _OF_SIXTEEN[theme.name]["faint"]}
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
