"""Whether files still hold what was written to them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nivo_tui.errors import PhotoError
from nivo_tui.imaging.formats import HEAD_BYTES, sniff
from nivo_tui.imaging.identity import image_hash
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.metadata import xmp, xmp_tree
from nivo_tui.metadata.backups import backup_status, hash_of_file
from nivo_tui.metadata.journal import Journal, WriteRecord
from nivo_tui.metadata.plan import EDITORS, MOST_BYTES, read_file

_CHANGERS = ("xmp:CreatorTool",)
_TOOLKIT = f"{{{xmp_tree.META}}}xmptk"


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """How a photo is, held against the journal.

    `status` is ok, differs (its files are not as the last run left them) or missing; `image` same, changed
    or unreadable; `lost` the keywords we wrote that are gone; `changed_by` the program that seems to have
    changed it; `backup` good, bad or none.
    """

    path: str
    status: str
    image: str
    lost: tuple[str, ...]
    changed_by: str | None
    backup: str


def verify(path: str, journal: Journal) -> VerifyResult:
    """Hold a photo and its sidecars against what the journal says of them. Raises nothing for a bad file."""
    real = os.path.realpath(path)
    record = journal.backup_of(real)
    backup = "none" if record is None else backup_status(record)
    if not os.path.isfile(real):
        return VerifyResult(path, "missing", "unreadable", (), None, backup)
    written = journal.newest_of_path(path)
    changed = [write for write in written if hash_of_file(write.target) != write.after_hash]
    image = _image(real, written)
    status = "differs" if changed or image != "same" else "ok"
    lost: list[str] = []
    changed_by = None
    for write in changed:
        there, program = _content(write)
        standing = [w for w in journal.standing_of_path(path) if w.target == write.target]
        lost += [value for w in standing for value in w.added if value not in there]
        changed_by = changed_by or program
    return VerifyResult(path, status, image, tuple(dict.fromkeys(lost)), changed_by, backup)


def _content(write: WriteRecord) -> tuple[frozenset[str], str | None]:
    """The keywords and texts a target holds now, and the program its XMP names as the last to change it."""
    try:
        data, _ = read_file(os.path.realpath(write.target), MOST_BYTES)
        packet = _packet(write.target, data)
        root = None if packet is None else xmp_tree.take_apart(packet).root
    except PhotoError:
        return frozenset(), None
    if root is None:
        return frozenset(), None
    facts = xmp.facts(root)
    program = next((value for name in _CHANGERS for value in xmp_tree.values(root, name)), None)
    texts = [text for text in (facts.title, facts.description) if text]
    return frozenset((*facts.keywords, *texts)), program or root.get(_TOOLKIT)


def _packet(target: str, data: bytes) -> bytes | None:
    fmt = sniff(data[:HEAD_BYTES], os.path.basename(target))
    if fmt is None:
        return data
    return EDITORS[fmt](data).packet if fmt in EDITORS else None


def _image(real: str, written: tuple[WriteRecord, ...]) -> str:
    """Whether the picture is the one that was there when it was written to."""
    recorded = next((write.image_hash for write in written if write.image_hash), None)
    try:
        with PhotoSource(Path(real)) as source:
            fmt = sniff(source.head, os.path.basename(real))
            if fmt is None:
                return "unreadable"
            present, whole = image_hash(source, fmt)
    except PhotoError:
        return "unreadable"
    if recorded is None:
        return "same"
    if whole:
        return "unreadable"
    return "same" if present == recorded else "changed"
