"""Every command of the screen, declared once: keys, footer, palette, help and the README's table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

TAGS = "tags"
PHOTOS = "photos"
FOLDERS = "folders"
COVER = "cover"  # the photo list where it lies over the tags
PLAN = "plan"

REVIEW = frozenset({TAGS, PHOTOS, FOLDERS, COVER})
DECIDING = frozenset({TAGS, PHOTOS})  # where the tags that a decision is about are on the screen
CONTEXTS = REVIEW | {PLAN}


@dataclass(frozen=True, slots=True)
class Situation:
    """What the screen knows of itself, for a command to say whether it can be used now."""

    has_photo: bool
    has_photos: bool
    has_rows: bool
    has_judgements: bool
    job_running: bool
    can_write: bool
    can_repeat: bool
    can_paste: bool
    searching: bool


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can do.

    `keys` are those of the keymap `nivo`, a sequence written with a blank ("g g"). `footer` is empty for
    what the footer leaves out; `rank` is the order in which the footer keeps them when it is narrow.
    `where` are the contexts in which the keys work. `when` says whether the command can be used now.
    """

    id: str
    keys: tuple[str, ...]
    section: str
    title: str
    help: str
    footer: str = ""
    rank: int = 99
    where: frozenset[str] = REVIEW
    when: Callable[[Situation], bool] = lambda _: True
    palette: bool = True

    def label(self, now: Situation) -> str:
        """What the footer says."""
        return "done, next" if self.id == "as_shown" and not now.has_judgements else self.footer


def _photo(now: Situation) -> bool:
    return now.has_photo


def _photos(now: Situation) -> bool:
    return now.has_photos


def _row(now: Situation) -> bool:
    return now.has_photo and now.has_rows


DECIDE, MOVE, FIND, SHOW, LIBRARY = "Decide", "Move", "Find", "Show", "Library"
SECTIONS = (DECIDE, MOVE, FIND, SHOW, LIBRARY)

COMMANDS: tuple[Command, ...] = (
    Command(
        "as_shown",
        ("enter",),
        DECIDE,
        "As shown, next photo",
        "Accept what is ticked, leave the rest, go to the next photo to do. Never accepts a person's name.",
        "as shown, next",
        0,
        DECIDING,
        _photo,
    ),
    Command(
        "open",
        ("enter",),
        MOVE,
        "Open",
        "In the folders or the covering photo list: open what the cursor is on.",
        "open",
        0,
        frozenset({FOLDERS, COVER}),
        _photos,
        palette=False,
    ),
    Command(
        "flip",
        ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0"),
        DECIDE,
        "Flip a numbered row",
        "Tick or untick the row with that number (0 is the tenth). A person's name is accepted by this key.",
        "flip",
        1,
        when=lambda now: now.has_photo and now.has_judgements,
        palette=False,
        where=DECIDING,
    ),
    Command(
        "accept",
        ("a",),
        DECIDE,
        "Accept tag",
        "Accept the tag of this row.",
        when=_row,
        footer="accept",
        rank=9,
        where=DECIDING,
    ),
    Command(
        "reject",
        ("x",),
        DECIDE,
        "Wrong here",
        "The tag is wrong for this photo; it never comes back for it.",
        "wrong",
        2,
        when=_row,
        where=DECIDING,
    ),
    Command(
        "back",
        ("u",),
        DECIDE,
        "Back to undecided",
        "Take back the decision on this row.",
        when=_row,
        where=DECIDING,
    ),
    Command(
        "never",
        ("minus",),
        DECIDE,
        "Never this tag",
        "Never suggest this tag again, for any photo (z takes it back).",
        "never",
        8,
        when=_row,
        where=DECIDING,
    ),
    Command(
        "skip",
        ("space",),
        DECIDE,
        "Skip",
        "Go to the next photo and decide nothing.",
        "skip",
        3,
        when=_photo,
    ),
    Command(
        "add_tag",
        ("i",),
        DECIDE,
        "Add a tag",
        "Type a tag of your own.",
        "add tag",
        5,
        when=_photo,
        where=DECIDING,
    ),
    Command(
        "repeat",
        ("full_stop",),
        DECIDE,
        "Repeat addition",
        "Add the tag typed last to this photo too (never a person's name).",
        when=lambda now: now.has_photo and now.can_repeat,
        where=DECIDING,
    ),
    Command(
        "copy",
        ("y",),
        DECIDE,
        "Copy tags",
        "Remember the ticked and accepted tags (no names).",
        when=_photo,
        where=DECIDING,
    ),
    Command(
        "paste",
        ("P",),
        DECIDE,
        "Paste tags",
        "Accept the remembered tags on this photo.",
        when=lambda now: now.has_photo and now.can_paste,
        where=DECIDING,
    ),
    Command("undo", ("z",), DECIDE, "Undo", "Take back the newest decision.", "undo", 7, when=_photos),
    Command("redo", ("Z",), DECIDE, "Redo", "Make the decision taken back again."),
    Command("row_down", ("down", "j"), MOVE, "Next row", "The next row.", palette=False),
    Command("row_up", ("up", "k"), MOVE, "Previous row", "The row before.", palette=False),
    Command("photo_next", ("right", "l"), MOVE, "Next photo", "The next photo of the list.", when=_photos),
    Command("photo_previous", ("left", "h"), MOVE, "Previous photo", "The photo before.", when=_photos),
    Command("page_down", ("pagedown",), MOVE, "Page down", "A page of rows down.", palette=False),
    Command("page_up", ("pageup",), MOVE, "Page up", "A page of rows up.", palette=False),
    Command("first", ("g g", "home"), MOVE, "First", "The first row.", palette=False),
    Command("last", ("G", "end"), MOVE, "Last", "The last row.", palette=False),
    Command("pane_next", ("tab",), MOVE, "Next pane", "Folders, photos, tags.", palette=False),
    Command("pane_previous", ("shift+tab",), MOVE, "Previous pane", "The pane before.", palette=False),
    Command(
        "search",
        ("slash",),
        FIND,
        "Search",
        "Find a photo of the open folder by its name or a tag.",
        "search",
        6,
        when=_photos,
    ),
    Command(
        "search_next",
        ("n",),
        FIND,
        "Next match",
        "The next photo that matches.",
        when=lambda now: now.searching,
    ),
    Command("filter", ("F",), FIND, "To do only / all", "List only the photos to do, or all.", when=_photos),
    Command(
        "facts", ("f",), SHOW, "Unfold facts", "Unfold the line of facts into rows, or fold it.", when=_photo
    ),
    Command(
        "picture_full",
        ("o",),
        SHOW,
        "Picture full",
        "The picture over the whole screen, and back.",
        when=_photo,
    ),
    Command("picture_toggle", ("p",), SHOW, "Picture on/off", "Show or hide the preview."),
    Command("theme", (), SHOW, "Dark / light", "Switch between the dark and the light colours."),
    Command(
        "write",
        ("w",),
        LIBRARY,
        "Write plan",
        "See what would be written; nothing is until you type the number of photos.",
        "write",
        4,
        when=lambda now: now.can_write,
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
        "plan_cancel",
        ("c",),
        LIBRARY,
        "Stop writing",
        "Stop after the file in hand.",
        where=frozenset({PLAN}),
        palette=False,
    ),
)

BY_ID = {command.id: command for command in COMMANDS}

_SIGNS = {
    "enter": "Enter",
    "space": "Space",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "backspace": "Backspace",
    "delete": "Del",
    "minus": "-",
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
    "colon": ":",
    "question_mark": "?",
    "f1": "F1",
}


def key_sign(key: str) -> str:
    """How a key is written for a person: `shift+tab` is Shift+Tab, `g g` stays g g."""
    return " ".join(_one_sign(part) for part in key.split(" "))


def _one_sign(key: str) -> str:
    if key in _SIGNS:
        return _SIGNS[key]
    if key.startswith("ctrl+"):
        return f"Ctrl+{_one_sign(key[5:]).upper()}"
    from textual.keys import key_to_character

    return key_to_character(key) or key


def keys_sign(keys: Iterable[str], separator: str = ", ") -> str:
    """All keys of a command for a person; ten digits are written 1-9 0."""
    listed = list(keys)
    if listed == list("1234567890"):
        return "1-9 0"
    return separator.join(key_sign(key) for key in listed)


def key_table_markdown(keys: dict[str, tuple[str, ...]] | None = None) -> str:
    """The table of keys for the README, by section. `keys` gives another keymap than `nivo`."""
    lines: list[str] = []
    for section in SECTIONS:
        lines += [f"**{section}**", "", "| key | does |", "|---|---|"]
        for command in COMMANDS:
            bound = command.keys if keys is None else keys[command.id]
            if command.section == section and bound and PLAN not in command.where:
                shown = ", ".join(f"`{sign}`" for sign in keys_sign(bound).split(", "))
                lines.append(f"| {shown} | {command.help} |")
        lines.append("")
    return "\n".join(lines)
