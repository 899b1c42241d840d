"""What changes how the photo is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.ui import commands

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen


class Showing:
    """What changes how the photo is shown. One method for each command id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen

    def facts(self) -> None:
        """Unfold or fold the facts."""
        self.screen.tags.toggle_facts()
        self.screen.explain_row()
        self.screen.show_footer()

    def picture_full(self) -> None:
        """The picture over the whole body, and back."""
        full = not self.screen.preview.full
        self.screen.set_class(full, "-full-picture")
        self.screen.remove_class("-no-picture")
        self.screen.preview.set_full(full)
        self.screen.show_pane(commands.TAGS)

    def picture_toggle(self) -> None:
        """Show or hide the preview."""
        if self.screen.preview.full:
            self.picture_full()
            return
        self.screen.toggle_class("-no-picture")
        self.screen.show_pane(self.screen.pane)

    def theme(self) -> None:
        """Dark or light."""
        self.screen.nivo.theme = "nivo-light" if self.screen.nivo.current_theme.dark else "nivo-dark"
