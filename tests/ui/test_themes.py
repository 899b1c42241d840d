"""Colours: on sixteen of them each role keeps one of its own."""

from __future__ import annotations

import pytest
from rich.palette import Palette
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from textual.color import Color
from textual.theme import Theme

from nivo_tui.ui.themes import DARK, DARK_16, LIGHT, LIGHT_16, between_colours, other, theme_for


def test_few_colours_get_a_theme_of_their_own() -> None:
    assert theme_for(DARK.name, "truecolor") == theme_for(DARK.name, "256") == DARK.name
    assert theme_for(DARK.name, "standard") == theme_for(DARK.name, "windows") == DARK_16.name
    assert theme_for(LIGHT.name, "standard") == LIGHT_16.name
    assert theme_for("textual-dark", "standard") == "textual-dark"
    assert [other(theme) for theme in (DARK, LIGHT, DARK_16, LIGHT_16)] == [
        LIGHT.name,
        DARK.name,
        LIGHT_16.name,
        DARK_16.name,
    ]


@pytest.mark.parametrize("theme", [DARK_16, LIGHT_16], ids=lambda theme: theme.name)
def test_no_text_falls_together_with_what_is_behind_it(theme: Theme) -> None:
    palette: Palette = DEFAULT_TERMINAL_THEME.ansi_colors
    between = between_colours(theme)

    def place(colour: str | None) -> int:
        assert colour is not None
        return palette.match(Color.parse(colour).rgb)

    texts = [theme.foreground, theme.accent, theme.success, theme.warning, theme.error, between["dim"]]
    for behind in (theme.background, between["cursor"], between["cursor-away"]):
        assert place(behind) not in map(place, texts)
