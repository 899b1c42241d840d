"""The plan of a write: which files would change, and to what bytes. Reads only."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nivo_tui.errors import PhotoError, RefusedError
from nivo_tui.metadata import xmp
from nivo_tui.metadata.beyond_xmp import Beyond, Texts, additions, without_foreign
from nivo_tui.metadata.blocks import EXIF, IPTC, Editable
from nivo_tui.metadata.containers.source import FileSource, from_bytes
from nivo_tui.metadata.editors import EDITORS
from nivo_tui.metadata.planned import Plan, PlannedFile, now, refused
from nivo_tui.metadata.read import metadata_from
from nivo_tui.metadata.rebuild import Opened, created, rebuilt
from nivo_tui.metadata.regions import Regions
from nivo_tui.metadata.sidecar import Sidecar, choose_sidecars
from nivo_tui.metadata.target import (
    MOST_BYTES,
    MOST_SIDECAR_BYTES,
    PlanError,
    format_of,
    notes_of_scan,
    read_file,
    refuse_unwritable,
    resolve,
)
from nivo_tui.metadata.xmp import Keyword, Location, XmpFacts
from nivo_tui.metadata.xmp_change import XmpChange
from nivo_tui.metadata.xmp_edit import edit
from nivo_tui.model import FileMetadata, Format

if TYPE_CHECKING:
    from nivo_tui.settings import WriteSettings

_TRIES = (frozenset({IPTC, EXIF}), frozenset({IPTC}), frozenset({EXIF}), frozenset[str]())
_READS_DNG = "lightroom"


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """What is to be written to one photo.

    `target` is auto, file or sidecar. `expected` is (size, mtime_ns) of the file when it was scanned.
    `regions` are named faces, whose names also go to PersonInImage.
    """

    path: str
    keywords: tuple[Keyword, ...] = ()
    title: str | None = None
    description: str | None = None
    location: Location | None = None
    regions: Regions | None = None
    target: str = "auto"
    backup: bool = True
    expected: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How it is written.

    `readers` are the programs that must read what is written; `iptc` is always, if-present or never;
    `allow_hardlinks` lets a write part a file from its other names; `home` is the id of the home whose
    journal numbers the runs.
    """

    readers: frozenset[str] = frozenset({"digikam", "darktable"})
    keep_mtime: bool = True
    allow_hardlinks: bool = False
    iptc: str = "always"
    home: str | None = None

    @classmethod
    def of(cls, settings: WriteSettings, home: str) -> WriteOptions:
        """Those that the settings ask for, in a home of this id."""
        return cls(
            readers=frozenset(settings.readers),
            keep_mtime=settings.mtime == "keep",
            allow_hardlinks=settings.hardlinks == "part",
            iptc=settings.iptc,
            home=home,
        )


def plan_write(request: WriteRequest, options: WriteOptions, run: int = 0) -> Plan:
    """Work out what a request would change. Raises nothing: what cannot be done is a refused target."""
    try:
        return Plan(request.path, _Planner(request, options, run).planned(), request.backup)
    except PhotoError as error:
        return Plan(request.path, (refused(str(error)),))


@dataclass(slots=True)
class _Planner:
    """The plan of one request in the making."""

    request: WriteRequest
    options: WriteOptions
    run: int
    real: str = ""
    fmt: Format = Format.RAW
    notes: tuple[str, ...] = field(default=())

    def planned(self) -> tuple[PlannedFile, ...]:
        request = self.request
        self.real = resolve(request.path)
        self.fmt = format_of(self.real)
        self.notes = notes_of_scan(self.real, request.expected)
        if request.target == "sidecar" or (request.target == "auto" and self._is_for_sidecar()):
            return self._in_sidecars(None)
        if self.fmt not in EDITORS:
            reason = f"{self.fmt.value.upper()} is not written in the file"
            if request.target == "file":
                raise PlanError(f"{reason}; its keywords can go to a sidecar")
            return self._in_sidecars(None if self.fmt.is_raw else reason)
        refuse_unwritable(self.real, self.options.allow_hardlinks)
        data, before = read_file(self.real, MOST_BYTES)
        try:
            image = EDITORS[self.fmt](data)
            return (self._in_file(Opened(request.path, self.real, data, before, self.fmt, image), image),)
        except RefusedError as error:
            if request.target == "file":
                raise
            return self._in_sidecars(str(error))

    def _is_for_sidecar(self) -> bool:
        in_file = self.fmt is Format.DNG and _READS_DNG in self.options.readers
        return self.fmt.is_raw and not in_file

    # -- in the file

    def _in_file(self, photo: Opened, image: Editable) -> PlannedFile:
        """The file with its XMP changed, and its IPTC and Exif as far as they let themselves be changed."""
        metadata = metadata_from(from_bytes(photo.data), len(photo.data), self.fmt)
        standing = XmpFacts() if image.packet is None else xmp.read(image.packet)
        texts = replace(self._texts(), location=without_foreign(self.request.location, image, standing))
        # The words alone: an error would hold on to the bytes that were built for nothing.
        problem: str | None = None
        tried: set[tuple[str, ...]] = set()
        for allowed in _TRIES:
            beyond = additions(image, texts, standing, metadata, self.options.iptc, allowed)
            touched = tuple(value.field for value in beyond.values)
            if touched in tried:
                continue
            tried.add(touched)
            try:
                file = self._with(photo, metadata, texts.location, beyond)
            except RefusedError as error:
                problem = problem or str(error)
                if not touched:
                    raise
                continue
            if problem is not None:
                note = f"written without {_left_out(allowed)}: {problem}"
                file = replace(file, notes=(*file.notes, note))
            return file
        raise PlanError(problem or "there is no way to write it")

    def _with(
        self, photo: Opened, metadata: FileMetadata, location: Location | None, beyond: Beyond
    ) -> PlannedFile:
        change = replace(
            self._change(metadata), location=location, blocks=beyond.values, created=beyond.created
        )
        edited = edit(photo.packet, change)
        notes = self.notes + edited.notes
        if not edited.entries:
            return photo.unchanged(notes + beyond.notes)
        of_format = () if photo.image is None else photo.image.notes
        return rebuilt(photo, edited, beyond, notes=notes + of_format)

    def _texts(self) -> Texts:
        request = self.request
        keywords = tuple(keyword.text for keyword in request.keywords)
        return Texts(keywords, request.title, request.description, request.location)

    # -- beside it

    def _in_sidecars(self, reason: str | None) -> tuple[PlannedFile, ...]:
        metadata = self._embedded()
        planned = []
        for sidecar in choose_sidecars(self.request.path, self.fmt, self.options.readers):
            try:
                file = self._in_sidecar(sidecar, metadata)
            except PhotoError as error:
                file = refused(f"{os.path.basename(sidecar.path)}: {error}")
            planned.append(replace(file, reason=file.reason or reason, notes=file.notes + self.notes))
        return tuple(planned)

    def _in_sidecar(self, sidecar: Sidecar, metadata: FileMetadata) -> PlannedFile:
        change = self._change(metadata, sidecar)
        if not sidecar.exists:
            edited = edit(None, change, sidecar=True)
            if edited.packet is None:
                return PlannedFile(sidecar.path, "unchanged", is_sidecar=True)
            return created(sidecar.path, edited)
        real = resolve(sidecar.path)
        refuse_unwritable(real, self.options.allow_hardlinks)
        present = Opened(sidecar.path, real, *read_file(real, MOST_SIDECAR_BYTES))
        edited = edit(present.data, change)
        if not edited.entries:
            return present.unchanged(edited.notes)
        return rebuilt(present, edited, notes=edited.notes)

    def _embedded(self) -> FileMetadata:
        try:
            with open(self.real, "rb") as file:
                return metadata_from(FileSource(file).read_at, os.stat(self.real).st_size, self.fmt)
        except OSError as error:
            raise PlanError(f"the file cannot be read: {error.strerror or error}") from error

    # -- the change of the XMP

    def _change(self, metadata: FileMetadata, sidecar: Sidecar | None = None) -> XmpChange:
        request = self.request
        is_new = sidecar is not None and not sidecar.exists
        return XmpChange(
            run=self.run,
            home=self.options.home,
            time=now(),
            keywords=request.keywords,
            carried=metadata.keywords,
            title=request.title,
            description=request.description,
            location=request.location,
            regions=request.regions,
            standing_title=metadata.title,
            standing_description=metadata.description,
            extension=None if sidecar is None else sidecar.extension,
            rating=metadata.rating if is_new else None,
            label=metadata.label if is_new else None,
        )


def _left_out(allowed: frozenset[str]) -> str:
    names = [name for name, kind in (("IPTC", IPTC), ("Exif", EXIF)) if kind not in allowed]
    return " and ".join(names)
