"""The folders of the library with their counts; folders only, fed from the catalog."""

from __future__ import annotations

from collections.abc import Sequence

from nivo_tui.catalog.views import FolderView
from nivo_tui.text import plain
from nivo_tui.ui.text import fit, number
from nivo_tui.ui.widgets.lines import LineList, Piece


class FolderTree(LineList):
    """An indented list of folders; those below a folded one are left out."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._folders: tuple[FolderView, ...] = ()
        self._shown: list[FolderView] = []
        self._folded: set[str] = set()
        self.open_path = ""

    def show(self, folders: tuple[FolderView, ...], open_path: str) -> None:
        """Take the folders (pre-order) and which one is open; the cursor stays on its folder."""
        if folders == self._folders and open_path == self.open_path:
            return
        current = self.current
        at = current.path if current else open_path
        self._folders = folders
        self.open_path = open_path
        self._lay_out(at)

    def _lay_out(self, at: str) -> None:
        self._shown = []
        hidden_below: int | None = None
        for folder in self._folders:
            if hidden_below is not None and folder.depth > hidden_below:
                continue
            hidden_below = folder.depth if folder.path in self._folded else None
            self._shown.append(folder)
        self.update_size()
        for row, folder in enumerate(self._shown):
            if folder.path == at:
                self.go_to(row)

    @property
    def row_count(self) -> int:
        return len(self._shown)

    @property
    def current(self) -> FolderView | None:
        """The folder under the cursor."""
        return self._shown[self.cursor] if self.cursor < len(self._shown) else None

    def _has_children(self, row: int) -> bool:
        folder = self._shown[row]
        if folder.path in self._folded:
            return True
        return row + 1 < len(self._shown) and self._shown[row + 1].depth > folder.depth

    def fold(self, folded: bool) -> bool:
        """Fold or unfold the folder under the cursor. False where that changes nothing."""
        folder = self.current
        if folder is None or not self._has_children(self.cursor) or (folder.path in self._folded) == folded:
            return False
        (self._folded.add if folded else self._folded.discard)(folder.path)
        self._lay_out(folder.path)
        return True

    def go_up(self) -> None:
        """Put the cursor on the folder that holds this one."""
        folder = self.current
        if folder is None:
            return
        for row in range(self.cursor - 1, -1, -1):
            if self._shown[row].depth < folder.depth:
                self.go_to(row, tell=True)
                return

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """Indent, mark, name, count."""
        folder = self._shown[row]
        mark = "  "
        if self._has_children(row):
            mark = "▸ " if folder.path in self._folded else "▾ "
        # Deep folders keep a readable width for their names.
        indent = " " * min(2 * folder.depth, max(0, width - 15))
        count = number(folder.photos)
        room = width - len(indent) - 4 - len(count) - 1
        is_open = folder.path == self.open_path
        done = folder.photos > 0 and folder.todo == 0
        return [
            (" " + indent, ""),
            (mark, "dim"),
            (fit(plain(folder.name), room), "accent" if is_open else ""),
            (" ", ""),
            (count, "dim" if done else ""),
            (" ", ""),
        ]
