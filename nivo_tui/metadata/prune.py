"""Which backups may go: those whose photo still is what they are the copy of."""

from __future__ import annotations

import os
from pathlib import Path

from nivo_tui.errors import PhotoError
from nivo_tui.imaging.formats import sniff
from nivo_tui.imaging.identity import image_hash
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.metadata.journal import BackupRecord
from nivo_tui.metadata.verify import BIT_ROT, VerifyResult


def why_kept(record: BackupRecord, status: str, photo: VerifyResult, *, changed: bool = False) -> str | None:
    """Why a backup has to stay, None where nothing would be lost with it.

    `status` is the backup's own, `photo` how its photo is. A photo whose metadata another program changed
    since the last run may have lost some that only the backup holds: it counts with `changed` alone.
    """
    if status == "bad":
        return "it is not the copy that was made; delete it by hand if it is not wanted"
    if photo.status == "missing":
        return "its photo is gone: this may be the last copy"
    if photo.image != "same" or photo.changed_by == BIT_ROT:
        return "its photo is damaged or is another picture now: this may be the last good copy"
    if photo.status != "ok" and not changed:
        return "its photo was changed by another program since the last run"
    if status == "good" and _picture(record.backup) != _picture(record.target):
        return "its photo is another picture now: this may be the last copy"
    return None


def _picture(path: str) -> tuple[str, bool] | None:
    """The hash of a file's image data, and whether it is of the whole file."""
    try:
        with PhotoSource(Path(path)) as source:
            fmt = sniff(source.head, os.path.basename(path))
            return None if fmt is None else image_hash(source, fmt)
    except PhotoError:
        return None
