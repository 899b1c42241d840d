"""What each command of the review does: one class for each group of `nivo_tui.ui.commands`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nivo_tui.ui.actions.deciding import Deciding
from nivo_tui.ui.actions.finding import Finding
from nivo_tui.ui.actions.holding import Holding
from nivo_tui.ui.actions.many import Many
from nivo_tui.ui.actions.moving import Moving
from nivo_tui.ui.actions.panes import Panes
from nivo_tui.ui.actions.showing import Showing
from nivo_tui.ui.actions.whole import Whole

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen


class Actions:
    """Finds the method of a command by its id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.deciding = Deciding(screen)
        self.moving = Moving(screen)
        self.finding = Finding(screen)
        self.showing = Showing(screen)
        self.panes = Panes(screen)
        self.many = Many(screen)
        self.whole = Whole(screen)
        self.holding = Holding(screen)

    def run(self, name: str, key: str = "") -> None:
        """Do a command by its id."""
        if name != "as_shown":
            self.deciding.settle_enter()
        if not self.holding.lets(name, key):
            return
        if name == "flip":
            self.deciding.flip(key)
            return
        self.method(name)()

    def method(self, name: str) -> Callable[[], None]:
        """What does a command."""
        groups = (
            self.deciding,
            self.many,
            self.moving,
            self.finding,
            self.showing,
            self.panes,
            self.whole,
        )
        group = next(group for group in groups if hasattr(group, name))
        method: Callable[[], None] = getattr(group, name)
        return method
