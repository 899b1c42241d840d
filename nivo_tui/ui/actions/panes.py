"""What hides and resizes panes, and what the log shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.ui import commands
from nivo_tui.ui.pane_sizes import FOLDERS, LOG, PHOTOS, PREVIEW, PaneSizes
from nivo_tui.ui.widgets.frame import redraw_frame

if TYPE_CHECKING:
    from textual.widget import Widget

    from nivo_tui.ui.screens.review import ReviewScreen

_NO_FOLDERS = "-no-folders"


class Panes:
    """What hides and resizes panes, and what the log shows. One method for each command id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen
        self._sizes = PaneSizes()

    # the log

    def log_level(self) -> None:
        """All lines, no plain ones, errors alone."""
        self.screen.say("log", f"shows {self.screen.log_tail.next_level()}")

    def log_full(self) -> None:
        """The whole log over the screen."""
        from nivo_tui.ui.screens.log import LogScreen

        self.screen.nivo.push_screen(LogScreen(self.screen))

    # showing and hiding

    def folders_toggle(self) -> None:
        """Show or hide the folders; where one pane shows at a time, go to them and back."""
        screen = self.screen
        if screen.narrow:
            on_folders = screen.pane == commands.FOLDERS
            screen.show_pane(commands.TAGS if on_folders else commands.FOLDERS)
            return
        screen.toggle_class(_NO_FOLDERS)
        hidden = screen.has_class(_NO_FOLDERS)
        screen.show_pane(commands.TAGS if hidden and screen.pane == commands.FOLDERS else screen.pane)

    @property
    def hides_folders(self) -> bool:
        """Whether the folders were hidden."""
        return self.screen.has_class(_NO_FOLDERS) and not self.screen.narrow

    # sizes

    def wider(self) -> None:
        """The pane of the cursor wider."""
        self._widen(1)

    def narrower(self) -> None:
        """The pane of the cursor narrower."""
        self._widen(-1)

    def _widen(self, by: int) -> None:
        screen = self.screen
        if screen.pane == commands.FOLDERS and not screen.narrow:
            self._sizes.change(FOLDERS, by, screen.folders.outer_size.width)
        elif screen.preview.outer_size.width:
            self._sizes.change(PREVIEW, -by, screen.preview.outer_size.width)
        elif screen.folders.outer_size.width and not screen.narrow:
            self._sizes.change(FOLDERS, -by, screen.folders.outer_size.width)
        self.apply()

    def taller(self) -> None:
        """More lines for the photo list; where it is not shown, for the log."""
        self._heighten(1)

    def lower(self) -> None:
        """Fewer lines for it."""
        self._heighten(-1)

    def _heighten(self, by: int) -> None:
        screen = self.screen
        pane, widget = (LOG, screen.log_tail) if screen.narrow else (PHOTOS, screen.photos)
        self._sizes.change(pane, by, widget.outer_size.height)
        self.apply()

    def drag(self, line: str, x: int, y: int) -> None:
        """A line between panes was dragged to a column or a line of the screen."""
        screen = self.screen
        if line == "folders-divider":
            self._sizes.ask(FOLDERS, x)
        elif line == "preview-divider":
            self._sizes.ask(PREVIEW, screen.size.width - x - 1)
        elif line == "middle-rule":
            self._sizes.ask(PHOTOS, y - screen.photos.region.y)
        elif line == "log-rule":
            self._sizes.ask(LOG, screen.log_tail.region.bottom - y - 1)
        self.apply()

    def apply(self) -> None:
        """Give the panes the sizes that were asked for, as far as there is room."""
        screen = self.screen
        log = screen.log_tail
        body = screen.size.height - 5
        fitted = self._sizes.fitted(
            screen.size.width,
            body,
            folders_now=screen.folders.outer_size.width,
            log_now=log.outer_size.height,
        )
        _set(screen.folders, "width", fitted[FOLDERS])
        _set(screen.preview, "width", None if screen.preview.full else fitted[PREVIEW])
        _set(screen.photos, "height", fitted[PHOTOS])
        _set(screen.photos, "min_height", None if fitted[PHOTOS] is None else 1)
        _set(log, "height", fitted[LOG])
        screen.call_after_refresh(redraw_frame, screen)


def _set(widget: Widget, rule: str, size: int | None) -> None:
    """A size over that of the style sheet, or the style sheet's again."""
    if size is None:
        widget.styles.clear_rule(rule)
    else:
        setattr(widget.styles, rule, size)
