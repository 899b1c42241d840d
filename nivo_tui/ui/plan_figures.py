"""The figures of a write plan, or of what came of it, gathered receipt by receipt."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field

from nivo_tui.engine.protocol import PlanAround, TargetPlanned
from nivo_tui.model import Format, Receipt

_RAW = frozenset(fmt.value for fmt in Format if fmt.is_raw)
_FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "tif": "TIFF", "heif": "HEIC"}


def format_name(path: str) -> str:
    """What a person calls the format of a file, by its ending: JPEG, HEIC, NEF."""
    ending = os.path.splitext(path)[1].lstrip(".").lower()
    return _FORMATS.get(ending, ending[:8].upper() or "?")


def _is_raw(path: str) -> bool:
    ending = os.path.splitext(path)[1].lstrip(".").lower()
    return ending in _RAW


@dataclass(slots=True)
class PlanFigures:
    """What a plan (or a write, or an undo) comes to so far.

    `going` are the receipts of targets that would be or were changed, `left_out` those refused or failed,
    `unchanged` those that need nothing. `targets` is what the plan read, by photo and target; `stamps` what
    it was planned by. `tags` are added and `taken` taken away; `kept` counts keywords that stand there
    already, `facts`, `passed` and `rejected` what stays in nivo. `programs` counts the photos with settings
    of other programs, `modes` how an undo went.
    """

    going: list[Receipt] = field(default_factory=list)
    left_out: list[Receipt] = field(default_factory=list)
    unchanged: list[Receipt] = field(default_factory=list)
    in_file: Counter[str] = field(default_factory=Counter)
    sidecars: Counter[str] = field(default_factory=Counter)
    photos: set[str] = field(default_factory=set)
    targets: dict[tuple[str, str], TargetPlanned] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)
    around: PlanAround | None = None
    tags: int = 0
    taken: int = 0
    growth: int = 0
    backups: int = 0
    backup_bytes: int = 0
    kept: int = 0
    facts: int = 0
    passed: int = 0
    rejected: int = 0
    names: Counter[str] = field(default_factory=Counter)
    programs: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    run: int | None = None

    @property
    def receipts(self) -> int:
        """How many receipts came."""
        return len(self.going) + len(self.left_out) + len(self.unchanged)

    def target_of(self, receipt: Receipt) -> TargetPlanned | None:
        """What the plan read of a receipt's target."""
        return self.targets.get((receipt.path, receipt.target or receipt.path))

    @property
    def unread(self) -> int:
        """The new sidecars of raw files that Lightroom does not look for."""
        return sum(
            target.size == 0
            and target.target == f"{target.path}.xmp"
            and _is_raw(target.path)
            and (target.path, f"{os.path.splitext(target.path)[0]}.xmp") not in self.targets
            for target in self.targets.values()
        )

    def add(self, receipt: Receipt) -> None:
        """Count one receipt."""
        if receipt.run is not None:
            self.run = receipt.run
        if receipt.mode is not None:
            self.modes[receipt.mode] += 1
        if receipt.status in ("refused", "failed"):
            self.left_out.append(receipt)
        elif receipt.status == "unchanged":
            self.unchanged.append(receipt)
        else:
            self._add_change(receipt)

    def _add_change(self, receipt: Receipt) -> None:
        self.going.append(receipt)
        in_file = receipt.target == receipt.path
        (self.in_file if in_file else self.sidecars)[format_name(receipt.path)] += 1
        self.growth += receipt.bytes_added
        self.backups += receipt.status == "written" and receipt.backup is not None
        if receipt.path not in self.photos:
            self.tags += len(receipt.added)
            self.taken += len(receipt.removed)
        self.photos.add(receipt.path)

    def heir(self) -> PlanFigures:
        """New figures, for what comes of this plan, which know what the plan read."""
        return PlanFigures(targets=self.targets, around=self.around, names=self.names, programs=self.programs)

    def note(self, target: TargetPlanned) -> None:
        """Count what the plan read of one target."""
        first = target.path not in self.stamps
        self.targets[target.path, target.target] = target
        self.stamps[target.path] = target.stamp
        if target.backup is not None:
            self.backups += 1
            self.backup_bytes += target.size
        if first:
            self.kept += target.old_count
            self.facts += target.facts
            self.passed += target.passed
            self.rejected += target.rejected
            self.names.update(target.names)
            self.programs.update(target.programs)

    def reasons(self) -> Counter[str]:
        """How often each reason for leaving a photo out was given."""
        return Counter(receipt.reason or receipt.status for receipt in self.left_out)
