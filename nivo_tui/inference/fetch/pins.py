"""The pack.toml of an installed pack: what it is, and the hash of each file as it was when it came."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nivo_tui.errors import PackError
from nivo_tui.inference.fetch.transfer import Watch, disk_trouble, sha256_of
from nivo_tui.inference.packs.finding import pack_at
from nivo_tui.inference.packs.pack import Pack
from nivo_tui.inference.packs.registry import Registered
from nivo_tui.inference.packs.sheet import FILE_NAME, read_sheet

CHANGED = "changed since it was downloaded"
OTHER = "not the published files"
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def sheet_of(pack: Path) -> Path:
    """Where the sheet of a pack lies: in its folder, or beside its one model."""
    return pack / FILE_NAME if pack.is_dir() else pack.with_suffix(".toml")


def pins_of(pack: Path) -> dict[str, str]:
    """The SHA-256 of each file as it came; empty where none are known or the sheet cannot be read."""
    try:
        sheet = read_sheet(sheet_of(pack))
    except PackError:
        return {}
    return dict(sheet.pinned) if sheet else {}


def hashes_in(folder: Path, watch: Watch) -> dict[str, str]:
    """The SHA-256 of the files of a folder, by name, without its pack.toml."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != FILE_NAME)
    return {path.name: sha256_of(path, watch) for path in files}


def stated_in(folder: Path) -> dict[str, Any]:
    """What the pack.toml of a folder says, whole. Raises PackError where it is wrong."""
    path = folder / FILE_NAME
    if read_sheet(path) is None:
        return {}
    return tomllib.loads(path.read_text(encoding="utf-8"))


def write_sheet(folder: Path, stated: Mapping[str, Any]) -> None:
    """Write the pack.toml of a folder; values are texts, numbers, lists and tables of these."""
    path = folder / FILE_NAME
    try:
        text = "".join(_lines(stated, ()))
    except (RecursionError, ValueError) as error:  # tables too deep; a number of too many digits
        raise PackError(f"{FILE_NAME} cannot be kept as it is: {error}") from error
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise disk_trouble(error, path) from error


def _lines(table: Mapping[str, Any], at: tuple[str, ...]) -> list[str]:
    """TOML 1.0: the plain keys of a table first, then its tables under headings of their own."""
    lines = [
        f"{_key(key)} = {_value(value)}\n" for key, value in table.items() if not isinstance(value, dict)
    ]
    for key, value in table.items():
        if isinstance(value, dict):
            inner = (*at, _key(key))
            lines += [f"\n[{'.'.join(inner)}]\n", *_lines(value, inner)]
    return lines


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    # A JSON string is a basic string of TOML, but for DEL and for surrogates, which TOML does not have.
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(each) for each in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_key(key)} = {_value(each)}' for key, each in value.items())}}}"
    raise PackError(f"{FILE_NAME} holds a {type(value).__name__}: dates and times say nothing of a pack")


@dataclass(frozen=True, slots=True)
class Verified:
    """A pack whose every file was read again: its status now, and a line for each file that is wrong."""

    pack: Pack
    faults: tuple[str, ...]


def verify(pack: Pack, registry: Mapping[str, Registered], watch: Watch) -> Verified:
    """Hold every file of an installed pack against its pins and against the registry."""
    if pack.path is None or pack.status == "built in":
        return Verified(pack, ())
    folder = pack.path if pack.path.is_dir() else pack.path.parent
    pinned = _differing(folder, pins_of(pack.path), watch, "as it came")
    now = pack_at(pack.path, registry, fresh=True)
    if now.broken is not None:
        return Verified(replace(pack, status=now.status), pinned or (now.broken,))
    if pinned:
        return Verified(replace(now, status=CHANGED), pinned)
    entry = registry.get(now.registered or "")
    if entry is None or now.status != OTHER:
        return Verified(now, ())
    published = {file.name: file.sha256 for file in entry.files if file.sha256 is not None}
    faults = _differing(folder, published, watch, "the published file")
    return Verified(now, faults or ("its files have other names than the published ones",))


def _differing(folder: Path, wanted: Mapping[str, str], watch: Watch, what: str) -> tuple[str, ...]:
    faults = []
    for name, digest in wanted.items():
        path = folder / name
        if not path.is_file():
            faults.append(f"{name} is missing")
        elif sha256_of(path, watch) != digest:
            faults.append(f"{name} is not {what}")
    return tuple(faults)
