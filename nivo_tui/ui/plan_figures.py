"""The figures of a write plan, gathered receipt by receipt."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field

from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.model import Receipt, State

_FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "tif": "TIFF", "heif": "HEIC"}


def format_name(path: str) -> str:
    """What a person calls the format of a file, by its ending: JPEG, HEIC, NEF."""
    ending = os.path.splitext(path)[1].lstrip(".").lower()
    return _FORMATS.get(ending, ending.upper() or "?")


@dataclass(slots=True)
class PlanFigures:
    """What a plan (or the write itself) comes to so far.

    `going` are the receipts of targets that would be or were changed, `left_out` those refused or failed.
    """

    going: list[Receipt] = field(default_factory=list)
    left_out: list[Receipt] = field(default_factory=list)
    unchanged: int = 0
    in_file: Counter[str] = field(default_factory=Counter)
    sidecars: Counter[str] = field(default_factory=Counter)
    photos: set[str] = field(default_factory=set)
    tags: int = 0
    bytes: int = 0
    kept: int = 0
    facts: int = 0
    names: Counter[str] = field(default_factory=Counter)
    run: int | None = None

    def add(self, receipt: Receipt) -> None:
        """Count one receipt."""
        if receipt.run is not None:
            self.run = receipt.run
        if receipt.status in ("refused", "failed"):
            self.left_out.append(receipt)
        elif receipt.status == "unchanged":
            self.unchanged += 1
        else:
            self._add_change(receipt)

    def _add_change(self, receipt: Receipt) -> None:
        self.going.append(receipt)
        side = self.in_file if receipt.target == receipt.path else self.sidecars
        side[format_name(receipt.path)] += 1
        if receipt.path not in self.photos:
            self.tags += len(receipt.added)
        self.photos.add(receipt.path)

    def consider(self, detail: PhotoDetail) -> None:
        """Count what the library knows of a photo that is going to be written."""
        self.kept += len(detail.file_keywords)
        self.bytes += detail.size
        for suggestion in detail.suggestions:
            if suggestion.is_name and suggestion.state is State.ACCEPTED:
                self.names[suggestion.label] += 1
            elif suggestion.fact and suggestion.state is State.UNDECIDED:
                self.facts += 1
