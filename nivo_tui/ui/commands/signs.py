"""How keys are written for a person."""

from __future__ import annotations

from collections.abc import Iterable

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
    "plus": "+",
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
