"""What hides and resizes panes, and what the log shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen


class Panes:
    """What hides and resizes panes, and what the log shows. One method for each command id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen
