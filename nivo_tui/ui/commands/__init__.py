"""Every command of the screen, declared once: keys, footer, palette, help and the README's table."""

from __future__ import annotations

from nivo_tui.ui.commands import deciding, dialogs, finding, moving, showing, whole
from nivo_tui.ui.commands.command import (
    BULK,
    BURST,
    CONTEXTS,
    COVER,
    DECIDING,
    FOLDERS,
    HISTORY,
    KEYWORDS,
    PHOTOS,
    PLAN,
    REVIEW,
    SECTIONS,
    TAG_VIEW,
    TAGS,
    Command,
    Situation,
)
from nivo_tui.ui.commands.signs import key_sign, keys_sign

__all__ = [
    "BULK",
    "BURST",
    "BY_ID",
    "COMMANDS",
    "CONTEXTS",
    "COVER",
    "DECIDING",
    "FOLDERS",
    "HISTORY",
    "KEYWORDS",
    "PHOTOS",
    "PLAN",
    "REVIEW",
    "SECTIONS",
    "TAGS",
    "TAG_VIEW",
    "Command",
    "Situation",
    "key_sign",
    "key_table_markdown",
    "keys_sign",
]

COMMANDS: tuple[Command, ...] = (
    *deciding.COMMANDS,
    *moving.COMMANDS,
    *finding.COMMANDS,
    *showing.COMMANDS,
    *whole.COMMANDS,
    *dialogs.COMMANDS,
)

BY_ID = {command.id: command for command in COMMANDS}


def key_table_markdown(keys: dict[str, tuple[str, ...]] | None = None) -> str:
    """The table of keys for the README, by section. `keys` gives another keymap than `nivo`."""
    lines: list[str] = []
    for section in SECTIONS:
        lines += [f"**{section}**", "", "| key | does |", "|---|---|"]
        for command in COMMANDS:
            bound = command.keys if keys is None else keys[command.id]
            if command.section == section and bound and command.where & REVIEW:
                shown = ", ".join(f"`{sign}`" for sign in keys_sign(bound).split(", "))
                lines.append(f"| {shown} | {command.help} |")
        lines.append("")
    return "\n".join(lines)
