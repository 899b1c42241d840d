"""One photo from its file to its record: read, hash, decode once, measure, look, suggest."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from nivo_tui.catalog.photos import KnownPhoto
from nivo_tui.catalog.records import FileStat, PhotoRecord, Rated
from nivo_tui.engine.listing import stat_of
from nivo_tui.engine.neighbours import Neighbours
from nivo_tui.errors import DecodeError, NivoError, PackError
from nivo_tui.imaging import features as measuring
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.decode import Purpose, decode
from nivo_tui.imaging.formats import format_of_name, sniff
from nivo_tui.imaging.identity import image_hash
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.imaging.thumbnails import Thumbnails
from nivo_tui.imaging.working import WorkingImage
from nivo_tui.inference.analyst import Analysis, Analyst
from nivo_tui.metadata.read import read_metadata
from nivo_tui.model import FileMetadata, Format, Suggestion
from nivo_tui.tagging.evidence import Evidence
from nivo_tui.tagging.suggest import suggest
from nivo_tui.tagging.vocabulary import Vocabulary

FEATURES_ONLY = "features"
CODE_VERSION = 1
"""Raised when the same picture would get other features or tags than before: it is then looked at again."""

_NOTHING_SEEN = Analysis()


@dataclass(frozen=True, slots=True)
class Analyser:
    """What is needed to analyse photos, shared by all threads. `analyst` is None when no model runs."""

    analyst: Analyst | None
    vocabulary: Vocabulary
    budget: PixelBudget
    thumbnails: Thumbnails
    neighbours: Neighbours = field(default_factory=Neighbours)

    @property
    def signature(self) -> str:
        """What analyses, in a word: a photo analysed under another signature is analysed again."""
        models = FEATURES_ONLY if self.analyst is None else self.analyst.signature
        return f"{models}+{CODE_VERSION}"

    def quick(self, path: str, stat: FileStat) -> PhotoRecord:
        """The record of the quick pass: format, sizes and what the file says, without decoding."""
        record = PhotoRecord(path=path, stat=stat)
        try:
            with PhotoSource(Path(path)) as source:
                fmt, _ = _format(source, path)
                metadata = read_metadata(path, fmt, names=self.neighbours.of(path))
        except NivoError as error:
            return replace(record, error=str(error))
        width, height = _oriented_size(metadata)
        record = replace(record, format=fmt, metadata=metadata, width=width, height=height)
        return replace(record, suggestions=self._suggestions(record, _NOTHING_SEEN, None))

    def deep(self, path: str) -> PhotoRecord:
        """The full record of a photo. What fails is in its `error`; nothing is raised for a photo's sake."""
        record = PhotoRecord(path=path, stat=FileStat(0, 0, 0))
        certain = True
        try:
            record = replace(record, stat=stat_of(path))
            with PhotoSource(Path(path)) as source:
                fmt, certain = _format(source, path)
                metadata = read_metadata(path, fmt, names=self.neighbours.of(path))
                record = replace(record, format=fmt, metadata=metadata, notes=metadata.problems)
                digest, of_file = image_hash(source, fmt)
                record = replace(record, image_hash=digest, hash_of_file=of_file)
                return self._seen(record, source)
        except DecodeError as error:
            return self._failed(
                record, str(error) if certain else "this is no picture, whatever its name says"
            )
        except NivoError as error:
            return self._failed(record, str(error))
        except OSError as error:
            return self._failed(record, (error.strerror or str(error)).lower())

    def _failed(self, record: PhotoRecord, error: str) -> PhotoRecord:
        width, height = _oriented_size(record.metadata)
        return replace(record, width=width, height=height, error=error, signature=self.signature)

    def _seen(self, record: PhotoRecord, source: PhotoSource) -> PhotoRecord:
        assert record.format is not None
        purpose = Purpose.FEATURES if self.analyst is None else Purpose.ANALYSIS
        working = decode(source, record.format, record.metadata.orientation, purpose, self.budget)
        features = measuring.measure(working.rgb)
        notes = (*record.notes, working.note) if working.note else record.notes
        seen = _NOTHING_SEEN
        if self.analyst is not None:
            try:
                seen = self.analyst.analyse(working.rgb, working.full_width, working.full_height)
            except PackError as error:
                notes = (*notes, str(error))
        self._keep_thumbnail(record, working)
        record = replace(
            record,
            width=working.full_width,
            height=working.full_height,
            perceptual_hash=features.hashes[0],
            features=measuring.to_json(features),
            preliminary=working.preliminary,
            quality=measuring.quality(features),
            faces=seen.faces,
            detector=seen.detector,
            signature=self.signature,
            notes=notes,
        )
        return replace(record, suggestions=self._suggestions(record, seen, features))

    def _keep_thumbnail(self, record: PhotoRecord, working: WorkingImage) -> None:
        if record.image_hash and self.thumbnails.find(record.image_hash) is None:
            self.thumbnails.store(record.image_hash, working.rgb)

    def _suggestions(
        self, record: PhotoRecord, seen: Analysis, features: measuring.Features | None
    ) -> tuple[Rated, ...]:
        assert record.format is not None
        evidence = Evidence(
            format=record.format,
            width=record.width,
            height=record.height,
            metadata=record.metadata,
            features=features,
            preliminary=record.preliminary,
            faces=seen.faces,
            detector=seen.detector,
            objects=seen.objects,
            classes=seen.classes,
            live_photo=_has_film(record.path, record.format, self.neighbours),
        )
        return tuple(self._rated(s) for s in suggest(evidence, self.vocabulary))

    def _rated(self, suggestion: Suggestion) -> Rated:
        tag = self.vocabulary.get(suggestion.tag)
        if tag is None:
            return Rated(suggestion, ticked=False)
        ticked = not tag.fact and suggestion.confidence >= tag.bar
        return Rated(replace(suggestion, fact=tag.fact), ticked)


def is_unchanged(known: KnownPhoto, stat: FileStat, signature: str) -> bool:
    """Whether a photo need not be looked at again: a look without models takes nothing from one with."""
    if known.stat != stat or known.signature is None:
        return False
    models, _, code = signature.rpartition("+")
    return known.signature == signature or (
        models == FEATURES_ONLY and known.signature.rpartition("+")[2] == code
    )


def _format(source: PhotoSource, path: str) -> tuple[Format, bool]:
    """The format, and whether the content shows it: else it is by name, and decoding has the last word."""
    name = os.path.basename(path)
    by_content = sniff(source.head, name)
    fmt = by_content or format_of_name(name)
    if fmt is None:
        raise DecodeError("this is no picture of a format that is known")
    return fmt, by_content is not None


def _oriented_size(metadata: FileMetadata) -> tuple[int | None, int | None]:
    if metadata.orientation >= 5:
        return metadata.height, metadata.width
    return metadata.width, metadata.height


def _has_film(path: str, fmt: Format, neighbours: Neighbours) -> bool:
    """Whether the film of a Live Photo lies beside it: the same stem, a QuickTime file."""
    if fmt not in (Format.HEIC, Format.JPEG):
        return False
    stem = os.path.splitext(path)[0]
    names = neighbours.of(path)
    if names is None:
        return os.path.exists(stem + ".MOV") or os.path.exists(stem + ".mov")
    return any(os.path.basename(stem) + ending in names for ending in (".MOV", ".mov"))
