"""Which key does what: three keymaps over one list of commands, and the user's own keys over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from nivo_tui.errors import SettingsError
from nivo_tui.ui.commands import BY_ID, COMMANDS, TAGS, key_sign

LIGHTROOM: dict[str, str] = {
    "accept": "p",
    "reject": "x",
    "back": "u",
    "row_down": "down",
    "row_up": "up",
    "photo_next": "right",
    "photo_previous": "left",
    "add_tag": "k,ctrl+k",
    "facts": "i",
    "picture_full": "f,z",
    "picture_toggle": "o",
    "filter": "ctrl+l,F",
    "undo": "backspace,ctrl+z",
    "redo": "ctrl+y",
    "search": "/,ctrl+f",
}

VIM_FILE_MANAGER: dict[str, str] = {
    "photo_next": "J,right",
    "photo_previous": "K,left",
    "pane_next": "l,tab",
    "pane_previous": "h,shift+tab",
    "add_tag": "i,A",
    "undo": "u",
    "redo": "ctrl+r",
    "back": "U",
    "paste": "p",
    "facts": "z f",
    "filter": "z h",
    "picture_toggle": "z p",
    "picture_full": "o,z z",
    "page_down": "ctrl+f,pagedown",
    "page_up": "ctrl+b,pageup",
}

KEYMAPS: dict[str, dict[str, str]] = {
    "nivo": {},
    "lightroom": LIGHTROOM,
    "vim-file-manager": VIM_FILE_MANAGER,
}


@dataclass(frozen=True, slots=True)
class Match:
    """What a key means now: a command, the start of a sequence, or neither."""

    command: str | None = None
    waiting: bool = False


class KeyTable:
    """Finds the command of a key, or of a sequence of two, in a context."""

    def __init__(self, keys: dict[str, tuple[str, ...]]) -> None:
        self.keys = keys
        self._found: dict[tuple[str, str], str] = {}
        self._starts: set[tuple[str, str]] = set()
        for command in COMMANDS:
            for context in command.where:
                for key in keys[command.id]:
                    self._bind(context, key, command.id)
        self._refuse_hidden_sequences()

    def _bind(self, context: str, key: str, command: str) -> None:
        other = self._found.get((context, key))
        if other is not None and other != command:
            raise SettingsError(
                f'[keys]: the key "{key_sign(key)}" is given to both "{other}" and "{command}": '
                "change one of them"
            )
        self._found[context, key] = command
        if " " in key:
            self._starts.add((context, key.split(" ", maxsplit=1)[0]))

    def _refuse_hidden_sequences(self) -> None:
        for context, key in self._starts:
            if other := self._found.get((context, key)):
                sequence = next(k for c, k in self._found if c == context and k.startswith(f"{key} "))
                raise SettingsError(
                    f'[keys]: the key "{key_sign(key)}" of "{other}" also begins "{key_sign(sequence)}" of '
                    f'"{self._found[context, sequence]}": change one of them'
                )

    def match(self, context: str, pending: str, key: str) -> Match:
        """The meaning of `key` after `pending` (empty, or the first key of a sequence)."""
        if pending and (command := self._found.get((context, f"{pending} {key}"))):
            return Match(command)
        if (context, key) in self._starts:
            return Match(waiting=True)
        return Match(self._found.get((context, key)))

    def match_dialog(self, context: str, pending: str, key: str, same: Mapping[str, str]) -> Match:
        """The meaning of a key in a dialog; where it has none there, that of the review's command.

        `same` maps commands of the review to those of the dialog: a person's own keys mean the same in both.
        """
        match = self.match(context, pending, key)
        if match.command is None and not match.waiting:
            return Match(same.get(self.match(TAGS, "", key).command or ""))
        return match

    def digit(self, key: str) -> int | None:
        """The row (0 is the first) that a key of `flip` means."""
        bound = self.keys["flip"]
        return bound.index(key) if key in bound else None


def key_table(
    keymap: str = "nivo", overrides: Mapping[str, str] | None = None, *, file: str = ""
) -> KeyTable:
    """The keys of `keymap` with the user's `overrides` (command id to keys, "a,enter") over them.

    Raises SettingsError, which names `file` where they were read from, for an unknown keymap, an unknown
    command id, something that is no key, or a key that would mean two commands in the same place.
    """
    try:
        return _key_table(keymap, overrides or {})
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}" if file else str(error)) from error


def _key_table(keymap: str, overrides: Mapping[str, str]) -> KeyTable:
    if keymap not in KEYMAPS:
        raise SettingsError(f'[screen] no keymap is called "{keymap}": it is one of {", ".join(KEYMAPS)}')
    keys = {command.id: command.keys for command in COMMANDS}
    for command, written in {**KEYMAPS[keymap], **overrides}.items():
        if command not in BY_ID:
            near = get_close_matches(command, BY_ID, 1)
            raise SettingsError(
                f'[keys] names "{command}", which is no command'
                + (f'; did you mean "{near[0]}"?' if near else ": the README lists them all")
            )
        keys[command] = parse_keys(written, command)
    return KeyTable(keys)


def parse_keys(written: str, command: str) -> tuple[str, ...]:
    """Keys as a person writes them, parted by commas: `a`, `/`, `Enter`, `ctrl+k`, `g g`, `comma`."""
    keys = tuple(_sequence(part, command) for part in written.split(",") if part.strip())
    if command == "flip" and len(keys) != 10:
        raise SettingsError(f'[keys] "flip" needs ten keys, one for each numbered row, and has {len(keys)}')
    if command == "quit" and not keys:
        raise SettingsError('[keys] "quit" needs a key')
    return keys


def _sequence(written: str, command: str) -> str:
    parts = written.split()
    if len(parts) > 2:
        raise SettingsError(f'[keys] "{command}": a sequence has two keys at most, not "{written.strip()}"')
    return " ".join(_key(part, command) for part in parts)


def _key(written: str, command: str) -> str:
    from textual.keys import KEY_NAME_REPLACEMENTS, Keys, _character_to_key, key_to_character

    if len(written) == 1:
        return _character_to_key(written)
    lower = written.lower()
    key = {"esc": "escape", "return": "enter", "pgup": "pageup", "pgdn": "pagedown"}.get(lower, lower)
    known = {*(named.value for named in Keys), *KEY_NAME_REPLACEMENTS.values()}
    plain_key = key.removeprefix("ctrl+").removeprefix("shift+").removeprefix("alt+")
    if key not in known and plain_key not in known and key_to_character(plain_key) is None:
        raise SettingsError(f'[keys] "{command}": there is no key "{written}"')
    return key
