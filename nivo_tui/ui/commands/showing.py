"""What changes how the photo is shown."""

from __future__ import annotations

from nivo_tui.ui.commands.command import SHOW, Command, photo

COMMANDS: tuple[Command, ...] = (
    Command(
        "facts", ("f",), SHOW, "Unfold facts", "Unfold the line of facts into rows, or fold it.", when=photo
    ),
    Command(
        "picture_full",
        ("o",),
        SHOW,
        "Picture full",
        "The picture over the whole screen, and back.",
        when=photo,
    ),
    Command("picture_toggle", ("p",), SHOW, "Picture on/off", "Show or hide the preview."),
    Command("theme", (), SHOW, "Dark / light", "Switch between the dark and the light colours."),
    Command(
        "boxes",
        ("b",),
        SHOW,
        "Face boxes",
        "Show or hide the boxes of faces and their names on the picture.",
        when=lambda now: now.has_faces,
    ),
    Command(
        "full_size",
        ("O",),
        SHOW,
        "100 %",
        "The picture at one pixel for each of its own, at a face; again for the next face.",
        when=photo,
    ),
    Command(
        "log_level", ("L",), SHOW, "Log level", "The log shows all lines, no plain ones, or errors alone."
    ),
    Command(
        "log_full", ("g l",), SHOW, "Whole log", "The log over the screen, as far back as it is kept here."
    ),
    Command("folders_toggle", ("t",), SHOW, "Folders on/off", "Show or hide the folders."),
    Command("wider", ("greater_than_sign",), SHOW, "Wider", "Make the pane of the cursor wider."),
    Command("narrower", ("less_than_sign",), SHOW, "Narrower", "Make the pane of the cursor narrower."),
    Command("taller", ("right_curly_bracket",), SHOW, "Taller", "Give the photo list more lines."),
    Command("lower", ("left_curly_bracket",), SHOW, "Lower", "Give the photo list fewer lines."),
)
