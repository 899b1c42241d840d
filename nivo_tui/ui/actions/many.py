"""What decides on many photos at once: each opens a screen of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen


class Many:
    """What decides on many photos at once. One method for each command id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen
