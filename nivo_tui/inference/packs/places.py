"""Looking at folders and files that may be anything: what cannot be looked at is not there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

GRAPHS = "onnx"
"""Where clones of Hugging Face's repositories keep their graphs."""


def pack_folders(home_models: Path) -> list[Path]:
    """Where packs may be: the home's folder, those of NIVO_MODELS, InsightFace's own; in this order.

    One that begins with the home of a user who has none is left out.
    """
    named = [part for part in os.environ.get("NIVO_MODELS", "").split(os.pathsep) if part]
    folders = [home_models, *map(Path, named), Path("~/.insightface/models")]
    places = (_expanded(folder) for folder in folders)
    return list(dict.fromkeys(place for place in places if place is not None))


def children(folder: Path) -> list[Path]:
    """What a folder holds; nothing where it cannot be listed."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def is_folder(path: Path) -> bool:
    """Whether there is a folder; False also where that cannot be told."""
    return stat.S_ISDIR(_mode(path))


def is_file(path: Path) -> bool:
    """Whether there is a regular file; False also where that cannot be told (no right, too long a name)."""
    return stat.S_ISREG(_mode(path))


def is_model(path: Path) -> bool:
    """Whether it is a file that may be a model, by its name."""
    return path.suffix.lower() == ".onnx" and is_file(path)


def models_of(folder: Path) -> list[Path]:
    """The models of a pack's folder; those of a clone lie in `onnx`, some archives repeat their own name."""
    for place in (folder, folder / GRAPHS, folder / folder.name):
        models = sorted(path for path in children(place) if is_model(path))
        if models:
            return models
    return []


def read_regular(path: Path, most: int) -> bytes:
    """The first `most` bytes of a regular file. Raises OSError, also for a pipe, which might never end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("it is no regular file")
    with path.open("rb") as file:
        return file.read(most)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def _expanded(folder: Path) -> Path | None:
    try:
        return Path(os.path.abspath(folder.expanduser()))
    except (RuntimeError, OSError):
        return None
