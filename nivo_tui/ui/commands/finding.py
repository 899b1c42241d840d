"""What finds photos."""

from __future__ import annotations

from nivo_tui.ui.commands.command import FIND, Command, photos

COMMANDS: tuple[Command, ...] = (
    Command(
        "search",
        ("slash",),
        FIND,
        "Search",
        "Find a photo of the open folder by its name or a tag.",
        "search",
        6,
        when=photos,
    ),
    Command(
        "search_next",
        ("n",),
        FIND,
        "Next match",
        "The next photo that matches.",
        when=lambda now: now.searching,
    ),
    Command("filter", ("F",), FIND, "To do only / all", "List only the photos to do, or all.", when=photos),
    Command(
        "jump",
        ("g n",),
        FIND,
        "Go to",
        "Go to a photo by its number in the list, its name or its date.",
        when=photos,
    ),
)
