"""What moves: rows, photos, panes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.ui import commands

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen


class Moving:
    """What moves: rows, photos, panes. One method for each command id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen

    def row_down(self) -> None:
        """The next row of the pane."""
        self.screen.active_list.step(1)

    def row_up(self) -> None:
        """The row before."""
        self.screen.active_list.step(-1)

    def page_down(self) -> None:
        """A page down."""
        self.screen.active_list.step(self.screen.active_list.page)

    def page_up(self) -> None:
        """A page up."""
        self.screen.active_list.step(-self.screen.active_list.page)

    def first(self) -> None:
        """The first row."""
        self.screen.active_list.step(-self.screen.active_list.row_count)

    def last(self) -> None:
        """The last row."""
        self.screen.active_list.step(self.screen.active_list.row_count)

    def photo_next(self) -> None:
        """The next photo; in the folders, unfold."""
        if self.screen.pane == commands.FOLDERS:
            self.screen.folders.fold(False)
        else:
            self.open_row(self.screen.session.row + 1)

    def photo_previous(self) -> None:
        """The photo before; in the folders, fold or go up."""
        if self.screen.pane == commands.FOLDERS:
            if not self.screen.folders.fold(True):
                self.screen.folders.go_up()
        else:
            self.open_row(self.screen.session.row - 1)

    def open_row(self, row: int) -> None:
        """Open a photo of the list."""
        if row != self.screen.session.row and self.screen.session.open_row(row):
            self.screen.show_photo()

    def skip(self) -> None:
        """The next photo, nothing decided."""
        self.photo_next()

    def open(self) -> None:
        """What the cursor is on: a folder, or the photo of the covering list."""
        if self.screen.pane == commands.FOLDERS:
            self.open_folder()
        self.screen.show_pane(commands.TAGS if self.screen.pane == commands.PHOTOS else commands.PHOTOS)

    def open_folder(self) -> None:
        """The folder under the cursor."""
        folder = self.screen.folders.current
        if folder is not None:
            self.screen.session.open_folder(folder.path)
            self.screen.show_all()

    def pane_next(self) -> None:
        """The next pane."""
        self.screen.cycle_pane(1)

    def pane_previous(self) -> None:
        """The pane before."""
        self.screen.cycle_pane(-1)
