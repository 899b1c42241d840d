"""What is about the whole library, or the program."""

from __future__ import annotations

from nivo_tui.ui.commands.command import LIBRARY, Command, photos

COMMANDS: tuple[Command, ...] = (
    Command(
        "write",
        ("w",),
        LIBRARY,
        "Write plan",
        "See what would be written; nothing is until you type the number of photos.",
        "write",
        4,
        when=photos,
    ),
    Command(
        "scan",
        ("s",),
        LIBRARY,
        "Scan again",
        "Look for new and changed photos.",
        when=lambda now: not now.job_running,
        footer="scan again",
        rank=12,
    ),
    Command(
        "cancel",
        ("c",),
        LIBRARY,
        "Cancel job",
        "End the running job after the photo in hand.",
        when=lambda now: now.job_running,
        footer="cancel job",
        rank=10,
    ),
    Command(
        "help",
        ("question_mark", "f1"),
        LIBRARY,
        "Help",
        "All keys, the signs, and how to get models.",
        "help",
        11,
    ),
    Command(
        "receipts",
        ("R",),
        LIBRARY,
        "Receipts",
        "What the newest write, untag or undo did, file by file.",
    ),
    Command("palette", ("colon", "ctrl+p"), LIBRARY, "Commands", "All commands by name.", palette=False),
    Command("leave", ("escape",), LIBRARY, "Back", "Back one level; commits nothing.", palette=False),
    Command(
        "quit",
        ("q",),
        LIBRARY,
        "Quit",
        "Leave nivo; asks only while files are being written.",
        "quit",
        13,
    ),
    Command(
        "history",
        ("H",),
        LIBRARY,
        "History",
        "What was decided, ruled out and written; any of it can be taken back.",
        "history",
        12,
    ),
    Command(
        "keywords",
        ("M",),
        LIBRARY,
        "Your keywords",
        "The keywords of your photos that mean a tag: keep, map or never, for each of them.",
        when=photos,
    ),
)
