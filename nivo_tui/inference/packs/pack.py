"""A model pack: the files for one task, and what is known of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nivo_tui.inference.packs.facts import Kind

Task = Literal["face", "detect", "objects", "classes", "zeroshot"]
Layout = Literal["nchw", "nhwc"]
Order = Literal["rgb", "bgr"]

TASKS: tuple[Task, ...] = ("face", "detect", "objects", "classes", "zeroshot")


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How a picture is made into a network's input: (pixel - mean) / std, pixels from 0 to 255.

    `mean` and `std` go by `order`. `width` and `height` in pixels; None where the graph says. `layout` is the
    order of the tensor's sides. `crop` is the share of the short side that is looked at, from the middle.
    """

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    width: int | None = None
    height: int | None = None
    layout: Layout = "nchw"
    order: Order = "rgb"
    crop: float = 1.0


@dataclass(frozen=True, slots=True)
class PackFile:
    """One model file that a pack uses. `sha256` covers the weights kept in files beside it, too."""

    path: Path
    kind: Kind
    sha256: str
    normalises: bool = False


@dataclass(frozen=True, slots=True)
class Pack:
    """A set of model files for one task.

    `task` is face (detects and recognises), detect (faces, no recognition), objects, classes or zeroshot.
    `status` is "published", "pinned on first download" or "when imported", "not the published files",
    "changed since it was downloaded", "unverified", "built in" or "broken: <reason>".
    `thresholds`: `detect` is a score 0-1, `same_person` a cosine distance. `labels` is a file with a class
    name on each line. `input` is None where the default of the kind holds. `registered` is the name of the
    registry's entry that the pack is, by its files or by its name. `rank` orders the packs of a task, the
    best first; None for one that the registry does not know.
    """

    name: str
    task: Task | None
    path: Path | None
    files: tuple[PackFile, ...]
    licence: str | None
    status: str
    thresholds: Mapping[str, float] = field(default_factory=dict)
    labels: Path | None = None
    input: InputSpec | None = None
    registered: str | None = None
    rank: int | None = None

    @property
    def broken(self) -> str | None:
        """Why the pack cannot be used; None where it can."""
        return self.status.removeprefix("broken: ") if self.status.startswith("broken: ") else None

    @property
    def sha256(self) -> str | None:
        """The file's SHA-256, or that of all files' hashes in order of kind; None where there is no file."""
        hashes = [file.sha256 for file in sorted(self.files, key=lambda file: file.kind)]
        if len(hashes) < 2:
            return hashes[0] if hashes else None
        return hashlib.sha256("".join(hashes).encode("ascii")).hexdigest()

    def file(self, *kinds: Kind) -> PackFile | None:
        """The file of one of `kinds`."""
        return next((file for file in self.files if file.kind in kinds), None)
