"""What a pack.toml beside models says of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nivo_tui.errors import PackError
from nivo_tui.inference.packs.pack import TASKS, Task
from nivo_tui.inference.packs.places import read_regular
from nivo_tui.inference.packs.registry import read_thresholds

FILE_NAME = "pack.toml"
_LARGEST = 1 << 20
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Sheet:
    """The stated facts of a pack; None or empty for what is not stated.

    `file` is the one model the sheet is about. `pinned` are the SHA-256 of files, by name, as they were when
    they came. `input` is the raw table: what it leaves out depends on the pack.
    """

    name: str | None = None
    licence: str | None = None
    task: Task | None = None
    file: str | None = None
    labels: str | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    input: Mapping[str, Any] | None = None
    pinned: Mapping[str, str] = field(default_factory=dict)


def read_sheet(path: Path) -> Sheet | None:
    """The sheet in `path`; None where there is none. Raises PackError where it cannot be read or is wrong."""
    try:
        content = read_regular(path, _LARGEST + 1)
        if len(content) > _LARGEST:
            raise PackError(f"{path.name} cannot be read: it is too large")
        return _sheet(tomllib.loads(content.decode("utf-8")), path.name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise PackError(f"{path.name} cannot be read: {error}") from error


def _sheet(stated: Mapping[str, Any], where: str) -> Sheet:
    name = _line(stated, "name", where)
    if name is not None and ("," in name or len(name) > _LONGEST_NAME):
        raise PackError(f"{where}: name has to be at most {_LONGEST_NAME} signs, without a comma")
    return Sheet(
        name=name,
        licence=_line(stated, "licence", where),
        task=_task(stated, where),
        file=_line(stated, "file", where),
        labels=_line(stated, "labels", where),
        thresholds=read_thresholds(stated.get("thresholds", {}), where),
        input=stated.get("input"),
        pinned=_pinned(stated.get("sha256", {}), where),
    )


def _line(stated: Mapping[str, Any], key: str, where: str) -> str | None:
    value = stated.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.isprintable():
        raise PackError(f"{where}: {key} has to be a line of text")
    return value


def _task(stated: Mapping[str, Any], where: str) -> Task | None:
    asked = stated.get("task")
    task = next((task for task in TASKS if task == asked), None)
    if asked is not None and task is None:
        raise PackError(f"{where} names the task {asked!r}: it can be {', '.join(TASKS)}")
    return task


def _pinned(table: object, where: str) -> Mapping[str, str]:
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise PackError(f"{where}: sha256 has to be a table of files and their SHA-256")
    return {str(name): value.lower() for name, value in table.items()}
