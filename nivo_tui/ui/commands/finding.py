"""What finds photos."""

from __future__ import annotations

from nivo_tui.ui.commands.command import FIND, Command, photos

COMMANDS: tuple[Command, ...] = (
    Command(
        "search",
        ("slash",),
        FIND,
        "Search",
        "Go to a photo by a word of its name, tags or keywords, or by a query: tag:beach faces:>=2.",
        "search",
        6,
        when=photos,
    ),
    Command(
        "search_next",
        ("n",),
        FIND,
        "Next match",
        "The next photo that matches, from the first again after the last.",
        when=lambda now: now.searching,
    ),
    Command(
        "filter",
        ("F",),
        FIND,
        "Filter",
        "List only the photos to do, new, to write, or those that a query finds; Esc lists all again.",
        when=photos,
    ),
    Command(
        "jump",
        ("g n",),
        FIND,
        "Go to",
        "Go to a photo by its number in the list, its name or its date.",
        when=photos,
    ),
)
