"""What is to become of files: the targets of a plan, and the receipts that tell of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from nivo_tui.metadata.edits import EditList
from nivo_tui.metadata.target import FileState
from nivo_tui.model import Receipt


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """What becomes of one target. `status` is planned, unchanged or refused.

    `target` is the path as it was given, `real` with its links resolved. `before` and `old` are None for a
    file that is created, `new` is None for one that is removed. `undo` turns `new` into `old`.
    """

    target: str | None
    status: str
    real: str = ""
    before: FileState | None = None
    old: bytes | None = field(default=None, repr=False)
    new: bytes | None = field(default=None, repr=False)
    undo: EditList = field(default=(), repr=False)
    after_hash: str | None = None
    image_hash: str | None = None
    fields: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reason: str | None = None
    notes: tuple[str, ...] = ()
    is_sidecar: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a request would do to the files of one photo."""

    path: str
    files: tuple[PlannedFile, ...]
    backup: bool = True

    def receipts(self) -> tuple[Receipt, ...]:
        """The receipts of a plan that is only shown."""
        return tuple(receipt_of(self.path, file, file.status) for file in self.files)


def receipt_of(path: str, file: PlannedFile, status: str, **values: object) -> Receipt:
    """The receipt of a planned file; `values` are further fields of it."""
    receipt = Receipt(
        path=path,
        target=file.target if status != "refused" else None,
        status=status,
        fields=file.fields,
        added=file.added,
        removed=file.removed,
        reason=file.reason,
        before=file.before.hash if file.before else None,
        after=file.after_hash or (file.before.hash if file.before and status != "planned" else None),
        notes=file.notes,
        bytes_added=len(file.new or b"") - len(file.old or b"") if status in ("planned", "written") else 0,
    )
    return replace(receipt, **values)  # type: ignore[arg-type]


def refused(reason: str, *notes: str) -> PlannedFile:
    """A target that stays as it is."""
    return PlannedFile(None, "refused", reason=reason, notes=notes)


def now() -> str:
    """The present time, ISO 8601 in UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
