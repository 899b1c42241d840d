"""What a person is shown of a plan beyond its receipts: what stands in each target, and what is around it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.engine.protocol import PlanAround, TargetPlanned
from nivo_tui.engine.surroundings import look_around
from nivo_tui.errors import PhotoError
from nivo_tui.imaging.formats import HEAD_BYTES, sniff
from nivo_tui.metadata import xmp
from nivo_tui.metadata.backups import needed_backup
from nivo_tui.metadata.containers.source import FileSource, from_bytes
from nivo_tui.metadata.developed import developed_by
from nivo_tui.metadata.editors import EDITORS
from nivo_tui.metadata.journal import Journal
from nivo_tui.metadata.plan import WriteRequest
from nivo_tui.metadata.planned import Plan, PlannedFile
from nivo_tui.metadata.read import metadata_from
from nivo_tui.model import State
from nivo_tui.platform.files import free_bytes

MOST_OLD = 400
MOST_OLD_CHARACTERS = 200
_MOST_SIDECAR_BYTES = 16 << 20


def stamp_of(request: WriteRequest) -> str:
    """Changes when something else would be written, or when the photo or a sidecar of it changed."""
    stem = os.path.splitext(request.path)[0]
    said = (request.keywords, request.title, request.description, request.target, request.backup)
    files = [_status(name) for name in (request.path, f"{request.path}.xmp", f"{stem}.xmp")]
    text = repr((said, files)).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def _status(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


@dataclass(slots=True)
class _Disk:
    """What the writes to one file system take: backups and growth stay, the largest file is there twice."""

    folder: str
    stays: int = 0
    largest: int = 0


@dataclass(slots=True)
class PlanDetails:
    """Gathers what the targets of a plan hold and need, photo by photo."""

    job: int
    journal: Journal
    _noted: dict[str, tuple[WriteRequest, PhotoDetail | None, str]] = field(default_factory=dict)
    _disks: dict[int, _Disk] = field(default_factory=dict)

    def note(self, request: WriteRequest, detail: PhotoDetail | None) -> None:
        """A photo is about to be planned: its stamp is taken before its files are read."""
        self._noted[request.path] = (request, detail, stamp_of(request))

    def targets(self, plan: Plan) -> Iterator[TargetPlanned]:
        """One for each target that would be changed."""
        request, detail, stamp = self._noted.pop(plan.path)
        for file in plan.files:
            if file.status == "planned" and file.target is not None:
                yield self._target(plan, file, request, detail, stamp)

    def around(self, root: str) -> PlanAround:
        """What matters beside the files."""
        found = look_around(root)
        disks = []
        for disk in self._disks.values():
            with suppress(OSError):
                disks.append((disk.folder, disk.stays + disk.largest, free_bytes(disk.folder)))
        return PlanAround(self.job, tuple(disks), found.lightroom, found.darktable, found.at_rest)

    def _target(
        self, plan: Plan, file: PlannedFile, request: WriteRequest, detail: PhotoDetail | None, stamp: str
    ) -> TargetPlanned:
        backup = self._backup(plan, file)
        self._take_room(file, backup is not None)
        keywords, programs = _standing(plan.path, file)
        states = [s.state for s in detail.suggestions] if detail is not None else []
        added = set(file.added)
        return TargetPlanned(
            self.job,
            plan.path,
            file.target or plan.path,
            stamp,
            old=tuple(word[:MOST_OLD_CHARACTERS] for word in keywords[:MOST_OLD]),
            old_count=len(keywords),
            hierarchies=tuple("|".join(k.path) for k in request.keywords if k.path and k.text in added),
            backup=backup,
            size=len(file.old or b""),
            programs=tuple(sorted(programs)),
            names=_names(request, detail),
            facts=sum(
                s.fact and s.state is State.UNDECIDED for s in (() if detail is None else detail.suggestions)
            ),
            passed=states.count(State.PASSED),
            rejected=states.count(State.REJECTED),
        )

    def _backup(self, plan: Plan, file: PlannedFile) -> str | None:
        if not plan.backup or file.is_sidecar or file.old is None:
            return None
        with suppress(PhotoError, OSError):
            return needed_backup(self.journal, file.real, file.image_hash)
        return None

    def _take_room(self, file: PlannedFile, backed_up: bool) -> None:
        folder = os.path.dirname(file.real)
        with suppress(OSError):
            disk = self._disks.setdefault(os.stat(folder).st_dev, _Disk(_mount_of(folder)))
            old, new = len(file.old or b""), len(file.new or b"")
            disk.stays += max(0, new - old) + (old if backed_up else 0)
            disk.largest = max(disk.largest, old)


def _mount_of(folder: str) -> str:
    """The top of the file system on which a folder lies."""
    while not os.path.ismount(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def _names(request: WriteRequest, detail: PhotoDetail | None) -> tuple[str, ...]:
    """The people among the keywords of a request."""
    asked = {keyword.tag for keyword in request.keywords}
    return tuple(
        s.label for s in (() if detail is None else detail.suggestions) if s.is_name and s.tag in asked
    )


def _standing(path: str, file: PlannedFile) -> tuple[list[str], set[str]]:
    """The keywords that the target and its photo hold now, and the programs that left settings in them."""
    keywords: dict[str, None] = {}
    programs: set[str] = set()
    with suppress(PhotoError, OSError):
        if file.is_sidecar:
            keywords.update(dict.fromkeys(_embedded_keywords(path)))
            if file.old is not None:
                programs |= developed_by(file.old)
                keywords.update(dict.fromkeys(xmp.read(file.old).keywords))
        elif file.old is not None:
            programs |= _settings_beside(path)
            fmt = sniff(file.old[:HEAD_BYTES], os.path.basename(path))
            if fmt is not None:
                metadata = metadata_from(from_bytes(file.old), len(file.old), fmt)
                keywords.update(dict.fromkeys(metadata.keywords))
                packet = EDITORS[fmt](file.old).packet if fmt in EDITORS else None
                programs |= developed_by(packet) if packet is not None else set()
    return list(keywords), programs


def _embedded_keywords(path: str) -> tuple[str, ...]:
    with open(path, "rb") as file:
        fmt = sniff(file.read(HEAD_BYTES), os.path.basename(path))
        if fmt is None:
            return ()
        return metadata_from(FileSource(file).read_at, os.fstat(file.fileno()).st_size, fmt).keywords


def _settings_beside(path: str) -> set[str]:
    """The programs with settings in the sidecar of a photo that is written in the file."""
    with suppress(OSError), open(f"{path}.xmp", "rb") as file:
        return set(developed_by(file.read(_MOST_SIDECAR_BYTES)))
    return set()
