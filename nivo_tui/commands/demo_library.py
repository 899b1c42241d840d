"""The demo's folder: `photos`, a `home` of its own, and a stamp that says what was made there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from nivo_tui.errors import NivoError, UsageError

VERSION = 3
STAMP = "nivo-demo.json"
_STARTS = {
    ".jpg": b"\xff\xd8\xff",
    ".png": b"\x89PNG",
    ".webp": b"RIFF",
    ".tif": b"II*\0",
}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What was made: file names relative to `photos`, with `/`. `broken` is the one that cannot be decoded.

    `others` are files that are no photos; `notes` are lines for a person.
    """

    complete: bool
    files: tuple[str, ...] = ()
    broken: str = ""
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    photographs: int = 0
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class DemoLibrary:
    """A demo library that is complete."""

    folder: Path
    stamp: Stamp
    made_now: bool

    @property
    def photos(self) -> Path:
        return self.folder / "photos"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def files(self) -> list[Path]:
        """Every photo file, the broken one among them."""
        return [self.photos / name for name in self.stamp.files]

    @property
    def broken(self) -> Path:
        return self.photos / self.stamp.broken


def open_library(folder: Path) -> DemoLibrary:
    """The demo library in a folder, made or repaired where needed.

    Raises UsageError where the folder holds something else, NivoError where the library cannot be made.
    """
    stamp = read_stamp(folder)
    if stamp is not None and _is_whole(folder, stamp):
        return DemoLibrary(folder, stamp, made_now=False)
    if stamp is None and _is_used(folder):
        raise UsageError(f"{folder} is not empty and holds no demo library: name a new or empty folder")
    _make(folder)
    stamp = read_stamp(folder)
    if stamp is None or not _is_whole(folder, stamp):
        raise NivoError(
            f"the demo library in {folder} could not be made whole: name another folder with --dir"
        )
    return DemoLibrary(folder, stamp, made_now=True)


def read_stamp(folder: Path) -> Stamp | None:
    """The stamp of a folder, None where there is none that can be read."""
    try:
        data: dict[str, Any] = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        known = {f.name for f in fields(Stamp)}
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return Stamp(**{name: value for name, value in values.items() if name in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def write_stamp(folder: Path, stamp: Stamp) -> None:
    """Put the stamp in place in one step. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / (STAMP + ".part")
    part.write_text(json.dumps(asdict(stamp), indent=1), encoding="utf-8")
    part.replace(folder / STAMP)


def _is_whole(folder: Path, stamp: Stamp) -> bool:
    """Whether every file stands and begins as its kind does; tags written since do no harm."""
    if not stamp.complete or stamp.version != VERSION or not stamp.files:
        return False
    return all(_begins_well(folder / "photos" / name) for name in (*stamp.files, *stamp.others))


def _begins_well(path: Path) -> bool:
    wanted = _STARTS.get(path.suffix.lower(), b"")
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return False
    return bool(head) and head.startswith(wanted)


def _is_used(folder: Path) -> bool:
    try:
        return any(os.scandir(folder))
    except FileNotFoundError:
        return False
    except NotADirectoryError:
        raise UsageError(f"{folder} is a file: name a new or empty folder") from None
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from error


def _make(folder: Path) -> None:
    command = [sys.executable, "-m", "nivo_tui.commands.demo_making", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = words[-1] if words else f"status {done.returncode}"
        raise NivoError(f"the demo library could not be made: {reason}")
