"""The keys of the other screens, each in a context of its own."""

from __future__ import annotations

from nivo_tui.ui.commands.command import LIBRARY, PLAN, Command

COMMANDS: tuple[Command, ...] = (
    Command(
        "plan_cancel",
        ("c",),
        LIBRARY,
        "Stop writing",
        "Stop after the file in hand.",
        where=frozenset({PLAN}),
        palette=False,
    ),
)
