"""What changes how the photo is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.ui import commands

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen


_ARROWS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class Showing:
    """What changes how the photo is shown. One method for each command id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen
        self._was_full = False

    def facts(self) -> None:
        """Unfold or fold the facts."""
        self.screen.tags.toggle_facts()
        self.screen.explain_row()
        self.screen.show_footer()

    def picture_full(self) -> None:
        """The picture over the whole body, and back; from 100 % back to where one was."""
        preview = self.screen.preview
        if preview.actual and self._was_full:
            preview.look_whole()
        else:
            self._cover(not preview.full)

    def _cover(self, full: bool) -> None:
        self.screen.set_class(full, "-full-picture")
        self.screen.remove_class("-no-picture")
        self.screen.preview.set_full(full)
        self.screen.show_pane(commands.TAGS)

    def full_size(self) -> None:
        """A face at one pixel for each of the photo's, and the next one; the middle without faces."""
        preview = self.screen.preview
        if not self.screen.support.draws:
            self.screen.say("picture", "pictures are off in this terminal: --images half draws them in any")
            return
        if not preview.actual:
            self._was_full = preview.full
        if not preview.look_closer():
            self.screen.say("picture", "not analysed yet: its size is not known")
        elif not preview.full:
            self._cover(True)

    def pan(self, key: str) -> bool:
        """Move the photo that is seen at 100 % by an arrow key; False where the key is for something else."""
        preview = self.screen.preview
        if not preview.actual or key not in _ARROWS:
            return False
        preview.pan(*_ARROWS[key])
        return True

    def boxes(self) -> None:
        """The boxes and names of faces on the picture, and in words below it."""
        preview = self.screen.preview
        preview.show_boxes(not preview.boxes)

    def picture_toggle(self) -> None:
        """Show or hide the preview."""
        if self.screen.preview.full:
            self._cover(False)
            return
        self.screen.toggle_class("-no-picture")
        self.screen.show_pane(self.screen.pane)

    def theme(self) -> None:
        """Dark or light."""
        self.screen.nivo.turn_colours()
