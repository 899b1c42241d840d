"""The packs that are known by name: where they come from, their files' hashes, and what belongs to them."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nivo_tui.errors import PackError
from nivo_tui.inference.packs.facts import KINDS, Kind
from nivo_tui.inference.packs.inputs import read_input
from nivo_tui.inference.packs.pack import TASKS, InputSpec, Task
from nivo_tui.inference.packs.places import read_regular
from nivo_tui.inference.packs.selection import RESERVED

__all__ = ["FILE_NAME", "InputSpec", "Registered", "RegisteredFile", "load_registry"]

FILE_NAME = "registry.toml"
_LARGEST = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HASH = re.compile(r"[0-9a-f]{64}")
_ENTRY_KEYS = frozenset(
    (
        "task about licence licence_url non_commercial url archive_sha256 archive_bytes files "
        "thresholds input"
    ).split()
)
_FILE_KEYS = frozenset("name kind sha256 bytes url".split())

# Cuts measured for one file alone. EdgeFace-XS: average linkage told labelled portraits apart without an
# error at every cut from 0.65 to 0.80.
MEASURED: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {"3b0de09840f5673a02e486e3aa06f49212c21f63443b5204fade45392b4071db": {"same_person": 0.7}}
)

# What holds for a kind of graph: `detect` is a score, `same_person` a cosine distance (1 - cosine).
DEFAULTS: Mapping[Kind, Mapping[str, float]] = MappingProxyType(
    {
        "scrfd": {"detect": 0.5},
        "yunet": {"detect": 0.6},
        "recogniser": {"same_person": 0.6},
        "yolox": {"detect": 0.3},
    }
)


@dataclass(frozen=True, slots=True)
class RegisteredFile:
    """A file of a pack. `sha256` None: it is pinned when it is first downloaded.

    `url` None: it lies in the pack's archive. `kind` None: no model, a tokenizer for example.
    """

    name: str
    sha256: str | None = None
    bytes: int | None = None
    url: str | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """A pack that can be fetched.

    `url` is that of an archive with all `files`, None where each file has its own.
    """

    name: str
    task: Task
    licence: str
    licence_url: str
    non_commercial: bool
    url: str | None
    archive_sha256: str | None
    archive_bytes: int | None
    files: tuple[RegisteredFile, ...]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    input: InputSpec | None = None
    about: str = ""


def load_registry(home_models: Path | None) -> Mapping[str, Registered]:
    """The packs that are known, by name; in each task the best first.

    `home_models`/registry.toml, where present, replaces entries of the same name and adds others after them.
    Raises PackError with the file and the key where that file is wrong.
    """
    known = dict(_own_registry())
    path = None if home_models is None else home_models / FILE_NAME
    text = None if path is None else _text(path)
    if text is not None:
        known.update(_read(text, str(path)))
    return MappingProxyType(known)


@functools.lru_cache(maxsize=1)
def _own_registry() -> Mapping[str, Registered]:
    text = files("nivo_tui.inference.packs").joinpath(FILE_NAME).read_text(encoding="utf-8")
    return _read(text, FILE_NAME)


def _text(path: Path) -> str | None:
    try:
        content = read_regular(path, _LARGEST + 1)
        if len(content) > _LARGEST:
            raise PackError(f"{path} is too large for a list of packs")
        return content.decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{path} cannot be read: {error}") from error


def _read(text: str, where: str) -> dict[str, Registered]:
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of too many digits is a plain ValueError
        raise PackError(f"{where} cannot be read: {error}") from error
    return {name: _entry(name, entry, f"{where}: {name}") for name, entry in document.items()}


def _entry(name: str, entry: Any, where: str) -> Registered:
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise PackError(
            f"{where} is no name for a pack: letters, digits, and . _ - between them; not auto, not none"
        )
    if not isinstance(entry, dict):
        raise PackError(f"{where} has to be a table")
    _only(entry, _ENTRY_KEYS, where)
    task = next((task for task in TASKS if task == entry.get("task")), None)
    if task is None:
        raise PackError(f"{where}.task can be {', '.join(TASKS)}")
    given = entry.get("files")
    if not isinstance(given, list) or not given:
        raise PackError(f"{where}.files has to be a list of tables")
    pack_files = tuple(_file(file, f"{where}.files") for file in given)
    if len({file.name for file in pack_files}) < len(pack_files):
        raise PackError(f"{where}.files names a file twice")
    url = _url(entry, "url", where)
    lonely = next((file.name for file in pack_files if file.url is None and url is None), None)
    if lonely is not None:
        raise PackError(f"{where}.files: {lonely} has no url, and the pack has none either")
    return Registered(
        name=name,
        task=task,
        licence=_string(entry, "licence", where),
        licence_url=_url(entry, "licence_url", where) or "",
        non_commercial=_flag(entry, "non_commercial", where),
        url=url,
        archive_sha256=_hash(entry, "archive_sha256", where),
        archive_bytes=_size(entry, "archive_bytes", where),
        files=pack_files,
        thresholds=MappingProxyType(read_thresholds(entry.get("thresholds", {}), where)),
        input=read_input(entry["input"], InputSpec(), where) if "input" in entry else None,
        about=_string(entry, "about", where, optional=True),
    )


def _file(file: Any, where: str) -> RegisteredFile:
    if not isinstance(file, dict):
        raise PackError(f"{where} has to be a list of tables")
    _only(file, _FILE_KEYS, where)
    name = _string(file, "name", where)
    if not _NAME.fullmatch(name):
        raise PackError(f"{where}.name: {name!r} is no plain file name")
    kind = next((kind for kind in KINDS if kind == file.get("kind")), None)
    if kind is None and "kind" in file:
        raise PackError(f"{where}.kind can be {', '.join(KINDS)}")
    return RegisteredFile(
        name, _hash(file, "sha256", where), _size(file, "bytes", where), _url(file, "url", where), kind
    )


def read_thresholds(table: object, where: str) -> dict[str, float]:
    """A table of numbers from 0 to 2. Raises PackError, beginning with `where`."""
    if not isinstance(table, dict):
        raise PackError(f"{where}: thresholds has to be a table of numbers")
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 2:
            raise PackError(f"{where}: thresholds.{key} has to be a number from 0 to 2")
    return {str(key): float(value) for key, value in table.items()}


def _only(table: Mapping[str, Any], keys: frozenset[str], where: str) -> None:
    unknown = sorted(set(table) - keys)
    if unknown:
        raise PackError(f"{where}.{unknown[0]} is not known")


def _string(table: Mapping[str, Any], key: str, where: str, *, optional: bool = False) -> str:
    value = table.get(key, "" if optional else None)
    if not isinstance(value, str) or (not value and not optional) or not value.isprintable():
        raise PackError(f"{where}.{key} has to be a line of text")
    return value


def _url(table: Mapping[str, Any], key: str, where: str) -> str | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"https?://[!-~]+", value):
        raise PackError(f"{where}.{key} has to be an address that begins with https:// or http://")
    return value


def _hash(table: Mapping[str, Any], key: str, where: str) -> str | None:
    value = table.get(key)
    if value is not None and (not isinstance(value, str) or not _HASH.fullmatch(value.lower())):
        raise PackError(f"{where}.{key} has to be a SHA-256 of 64 hexadecimal digits")
    return None if value is None else value.lower()


def _size(table: Mapping[str, Any], key: str, where: str) -> int | None:
    value = table.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise PackError(f"{where}.{key} has to be a number of bytes")
    return value


def _flag(table: Mapping[str, Any], key: str, where: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise PackError(f"{where}.{key} has to be true or false")
    return value
