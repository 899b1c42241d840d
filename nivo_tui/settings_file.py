"""The settings file as the first run writes it: what was chosen, each with a word on what it means."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from nivo_tui.errors import SettingsError
from nivo_tui.platform.files import fsync_file, fsync_folder, make_private, put_new

Value = str | bool | int | tuple[str, ...]
Chosen = Mapping[str, Mapping[str, Value]]
"""Keys and their values by section, as `settings.load_settings` reads them."""

_HEAD = """\
# The settings of nivo-tui. What is not named here is as it comes; the README lists every key.
# The first run asked for these; change them as you like.
"""
_MEANINGS: dict[tuple[str, str], str] = {
    ("scan", "faces"): "recognise: who is on a photo; count: how many faces; off: no faces at all",
    ("scan", "models"): "auto: the best packs that are here; none; or names with commas",
    ("write", "readers"): "the programs that read these photos; they decide what a new sidecar is called",
    ("write", "style"): "label: golden hour; id: golden_hour",
    ("write", "iptc"): "always; if-present: only into photos that have IPTC; never",
    ("screen", "language"): "the language of labels: en or de",
}


def settings_text(chosen: Chosen) -> str:
    """The text of a settings file (TOML 1.0). Raises SettingsError for a text that TOML cannot hold."""
    parts = [_HEAD]
    for section, values in chosen.items():
        if not values:
            continue
        parts.append(f"\n[{_key(section)}]\n")
        for key, value in values.items():
            meaning = _MEANINGS.get((section, key))
            parts.append(f"# {meaning}\n" if meaning else "")
            parts.append(f"{_key(key)} = {_written(value)}\n")
    return "".join(parts)


def write_new_settings(path: Path, chosen: Chosen) -> bool:
    """Write a settings file where there is none, readable by its owner alone.

    False where one is there: it is left as it is. Raises SettingsError where it cannot be written.
    """
    data = settings_text(chosen).encode()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        make_private(path.parent)
        part.unlink(missing_ok=True)
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                fsync_file(file.fileno())
            put_new(part, path)
            fsync_folder(path.parent)
        except FileExistsError:
            return False
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(f"the settings file {path} cannot be written: {reason.lower()}") from error
    return True


def _key(key: str) -> str:
    bare = key.replace("_", "").replace("-", "")
    return key if bare.isascii() and bare.isalnum() else _text(key)


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    return _text(value)


def _text(value: str) -> str:
    """A basic string (TOML 1.0, String): quotes, backslashes and control characters are escaped."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise SettingsError("a settings file holds no text that is not UTF-8")
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character < " " or character == "\x7f":
        return f"\\u{ord(character):04x}"
    return character
