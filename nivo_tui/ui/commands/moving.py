"""What moves: rows, photos, panes."""

from __future__ import annotations

from nivo_tui.ui.commands.command import COVER, FOLDERS, MOVE, Command, photos

COMMANDS: tuple[Command, ...] = (
    Command(
        "open",
        ("enter",),
        MOVE,
        "Open",
        "In the folders or the covering photo list: open what the cursor is on.",
        "open",
        0,
        frozenset({FOLDERS, COVER}),
        photos,
        palette=False,
    ),
    Command("row_down", ("down", "j"), MOVE, "Next row", "The next row.", palette=False),
    Command("row_up", ("up", "k"), MOVE, "Previous row", "The row before.", palette=False),
    Command("photo_next", ("right", "l"), MOVE, "Next photo", "The next photo of the list.", when=photos),
    Command("photo_previous", ("left", "h"), MOVE, "Previous photo", "The photo before.", when=photos),
    Command("page_down", ("pagedown",), MOVE, "Page down", "A page of rows down.", palette=False),
    Command("page_up", ("pageup",), MOVE, "Page up", "A page of rows up.", palette=False),
    Command("first", ("g g", "home"), MOVE, "First", "The first row.", palette=False),
    Command("last", ("G", "end"), MOVE, "Last", "The last row.", palette=False),
    Command("pane_next", ("tab",), MOVE, "Next pane", "Folders, photos, tags.", palette=False),
    Command("pane_previous", ("shift+tab",), MOVE, "Previous pane", "The pane before.", palette=False),
)
