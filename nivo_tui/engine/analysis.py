"""One photo from its file to its record: read, hash, decode once, measure, look, suggest."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from nivo_tui.catalog.clocks import Correction
from nivo_tui.catalog.records import FileStat, PhotoRecord, Rated
from nivo_tui.engine.listing import stat_of
from nivo_tui.engine.neighbours import Neighbours
from nivo_tui.engine.taken import newest_possible, with_taken
from nivo_tui.errors import DecodeError, NivoError, PhotoError, TooLargeError
from nivo_tui.imaging import features as measuring
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.decode import Purpose, decode
from nivo_tui.imaging.formats import format_of_name, sniff
from nivo_tui.imaging.identity import image_hash
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.imaging.thumbnails import Thumbnails, first_sight_key
from nivo_tui.imaging.working import WorkingImage
from nivo_tui.inference.analyst import PARTS, Analyst
from nivo_tui.inference.phrases.phrase import PhraseScore
from nivo_tui.inference.phrases.zeroshot import PhraseTable, score
from nivo_tui.metadata.read import read_metadata
from nivo_tui.model import Category, FileMetadata, Format, Suggestion
from nivo_tui.settings import PrivatePlace
from nivo_tui.tagging.clock import is_doubt
from nivo_tui.tagging.evidence import Evidence
from nivo_tui.tagging.own_words import as_in_file
from nivo_tui.tagging.suggest import ALL, READS, suggest
from nivo_tui.tagging.vocabulary import Vocabulary

FEATURES, PHRASES, VECTOR = "features", "phrases", "vector"
RULES: Mapping[Category, str] = {category: f"rules:{category.value}" for category in Category}
"""The keys of the versions of each category's rules."""

BY_RULE = frozenset({PHRASES, *RULES.values()})
"""What is made of results that are stored, without the photo."""

FEATURES_VERSION = "3"
"""Raised when the same picture would get other measurements than before."""

_RULES_OF_OLD = "rules"  # one version for all categories, of an older program

SMALL = "/small"
"""Ends the version of measurements from the cheapest picture; those from the working image count for both."""

Versions = Mapping[str, str]


class Memory(Protocol):
    """What is known of pictures that were looked at before."""

    def picture(self, record: PhotoRecord) -> PhotoRecord | None:
        """The record of a photo with the very picture of `record`, None where none is known."""
        ...


def outdated(made: Versions, wanted: Versions) -> frozenset[str]:
    """The results of `wanted` that `made` does not have, or has by something else."""
    return frozenset(
        part
        for part, version in wanted.items()
        if made.get(part) not in (version, version.removesuffix(SMALL))
    )


class Failures:
    """How often each model failed on a photo. Any number of threads may tell."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._reasons: dict[str, str] = {}

    def add(self, what: str, reason: str) -> None:
        with self._lock:
            self._counts[what] += 1
            self._reasons.setdefault(what, reason)

    def lines(self) -> list[str]:
        """One line for each model that failed: on how many photos, and why the first time."""
        return [
            f"{what} failed on {count} photo{'' if count == 1 else 's'}: {self._reasons[what]}"
            for what, count in self._counts.items()
        ]


@dataclass(frozen=True, slots=True)
class Analyser:
    """What is needed to analyse photos, shared by all threads. `analyst` is None when no model runs.

    `rules` are the versions of the rules that make each category's suggestions, `bars` the learned bars of
    tags, which take the place of the vocabulary's, `clocks` the corrections of cameras' clocks, `private` the
    places of which no tag tells.
    """

    analyst: Analyst | None
    vocabulary: Vocabulary
    budget: PixelBudget
    thumbnails: Thumbnails
    rules: Mapping[Category, str]
    bars: Mapping[str, float] = field(default_factory=dict)
    clocks: tuple[Correction, ...] = ()
    private: tuple[PrivatePlace, ...] = ()
    neighbours: Neighbours = field(default_factory=Neighbours)
    failures: Failures = field(default_factory=Failures)
    _phrased: list[frozenset[Category]] = field(init=False, repr=False, default_factory=list)

    @property
    def versions(self) -> Versions:
        """By what each result is made now; what was made by something else is made again."""
        size = SMALL if self.analyst is None else ""
        models = {} if self.analyst is None else self.analyst.versions
        rules = {RULES[category]: version for category, version in self.rules.items()}
        made = {FEATURES: FEATURES_VERSION + size, **models, **rules}
        return made if self._phrases is None else {**made, PHRASES: self._phrases.signature}

    @property
    def _phrases(self) -> PhraseTable | None:
        return None if self.analyst is None else self.analyst.phrases

    @property
    def phrased(self) -> frozenset[Category]:
        """The categories that have tags by phrases, the person's own tags among them."""
        if not self._phrased:
            reading = {category for category, fields in READS.items() if "phrases" in fields}
            self._phrased.append(frozenset(reading | {tag.category for tag in self.vocabulary if tag.own}))
        return self._phrased[0]

    def renewable(self, made: Versions) -> frozenset[Category]:
        """The categories whose suggestions are outdated and can be made anew from what is stored."""
        stale = {category for category, version in self.rules.items() if made.get(RULES[category]) != version}
        if self._phrases is not None and VECTOR in made and made.get(PHRASES) != self._phrases.signature:
            stale |= self.phrased & self.rules.keys()
        return frozenset(stale) & self.usable(made)

    def usable(self, made: Versions) -> frozenset[Category]:
        """The categories whose suggestions can be made of what is stored, without losing some.

        Left out are those by phrases where no model compares now or another one than then, and those by
        measurements that today's code does not read.
        """
        usable = set(self.rules)
        if PHRASES in made and (self._phrases is None or made.get(VECTOR) != self.versions.get(VECTOR)):
            usable -= self.phrased
        if made.get(FEATURES) not in (FEATURES_VERSION, FEATURES_VERSION + SMALL):
            usable -= {category for category, fields in READS.items() if "features" in fields}
        return frozenset(usable)

    def quick(self, path: str, stat: FileStat) -> PhotoRecord:
        """The record of the quick pass: format, sizes and what the file says; its own thumbnail is kept."""
        record = PhotoRecord(path=path, stat=stat)
        try:
            with PhotoSource(Path(path)) as source:
                fmt, _ = _format(source, path)
                metadata = read_metadata(path, fmt, names=self.neighbours.of(path))
                self._keep_first_sight(path, stat, source, fmt, metadata.orientation)
        except NivoError as error:
            return replace(record, error=str(error))
        width, height = _oriented_size(metadata)
        record = replace(record, format=fmt, metadata=metadata, width=width, height=height)
        record = replace(with_taken(record, self.clocks), notes=())
        return replace(record, suggestions=self.suggestions(record))

    def deep(self, path: str, memory: Memory | None = None) -> PhotoRecord:
        """The full record of a photo. What fails is in its `error`; nothing is raised for a photo's sake.

        Of a picture that `memory` knows only what is missing or outdated is made.
        """
        record = PhotoRecord(path=path, stat=FileStat(0, 0, 0))
        certain = True
        try:
            stat = stat_of(path)
            record = PhotoRecord(path=path, stat=stat)
            with PhotoSource(Path(path)) as source:
                fmt, certain = _format(source, path)
                metadata = read_metadata(path, fmt, names=self.neighbours.of(path))
                record = PhotoRecord(
                    path=path, stat=stat, format=fmt, metadata=metadata, notes=metadata.problems
                )
                digest, of_file = image_hash(source, fmt)
                record = replace(record, image_hash=digest, hash_of_file=of_file)
                before = memory.picture(record) if memory is not None else None
                return self.suggested(self._seen(_with_results(record, before), source))
        except TooLargeError as error:
            return self._failed(record, str(error), for_good=False)
        except DecodeError as error:
            return self._failed(
                record, str(error) if certain else "this is no picture, whatever its name says"
            )
        except NivoError as error:
            return self._failed(record, str(error), for_good=False)
        except OSError as error:
            return self._failed(record, (error.strerror or str(error)).lower(), for_good=False)

    def _failed(self, record: PhotoRecord, error: str, *, for_good: bool = True) -> PhotoRecord:
        """The record of a photo that cannot be used.

        What is not the picture's own fault (settings, memory, a disk or a network) is tried again next time.
        """
        width, height = _oriented_size(record.metadata)
        versions = self.versions if for_good else {}
        return replace(record, width=width, height=height, error=error, versions=versions)

    def _seen(self, record: PhotoRecord, source: PhotoSource) -> PhotoRecord:
        """The record with the results that it lacks."""
        missing = outdated(record.versions, self.versions) - BY_RULE
        if not missing and not self.thumbnails.misses(record.image_hash):
            return record
        assert record.format is not None
        purpose = Purpose.FEATURES if self.analyst is None else Purpose.ANALYSIS
        working = decode(source, record.format, record.metadata.orientation, purpose, self.budget)
        notes = (*record.metadata.problems, working.note) if working.note else record.metadata.problems
        record = replace(record, width=working.full_width, height=working.full_height, notes=notes)
        if FEATURES in missing:
            record = self._measured(record, working)
        if self.analyst is not None:
            record = self._looked_at(record, working, self.analyst, missing)
        self._keep_thumbnail(record, working)
        return record

    def _measured(self, record: PhotoRecord, working: WorkingImage) -> PhotoRecord:
        features = measuring.measure(working.rgb, working.small)
        return replace(
            record,
            perceptual_hash=features.hashes[0],
            features=measuring.to_json(features),
            preliminary=working.preliminary,
            quality=measuring.quality(features),
            versions={**record.versions, FEATURES: self.versions[FEATURES]},
        )

    def _looked_at(
        self, record: PhotoRecord, working: WorkingImage, analyst: Analyst, missing: Collection[str]
    ) -> PhotoRecord:
        parts = [part for part in PARTS if part in missing]
        seen = analyst.analyse(working, parts)
        made: dict[str, str] = {part: analyst.versions[part] for part in parts if part not in seen.failed}
        results: dict[str, Any] = {part: getattr(seen, part) for part in made}
        if "faces" in made:
            results["detector"] = seen.detector
        for part, reason in seen.failed.items():
            self.failures.add(f"{part} ({analyst.versions[part].partition('@')[0]})", reason)
        notes = (*record.notes, *seen.failed.values())
        return replace(record, **results, notes=notes, versions={**record.versions, **made})

    def _keep_first_sight(
        self, path: str, stat: FileStat, source: PhotoSource, fmt: Format, orientation: int
    ) -> None:
        """Keep the thumbnail that the file brings, to be shown until the photo was looked at."""
        key = first_sight_key(path, stat.size, stat.mtime_ns)
        if self.thumbnails.find(key) is not None:
            return
        with suppress(PhotoError, OSError):
            found = decode(source, fmt, orientation, Purpose.THUMBNAIL, self.budget)
            self.thumbnails.store(key, found.rgb)

    def _keep_thumbnail(self, record: PhotoRecord, working: WorkingImage) -> None:
        if record.image_hash and self.thumbnails.misses(record.image_hash):
            self.thumbnails.store(record.image_hash, working.small)
        stat = record.stat
        self.thumbnails.discard(first_sight_key(record.path, stat.size, stat.mtime_ns))

    def suggested(
        self, record: PhotoRecord, categories: Collection[Category] = ALL, *, film: bool | None = None
    ) -> PhotoRecord:
        """The record with the suggestions that today's rules make of what was seen; no file is opened.

        With `categories` it has those of these alone, and their versions; `film` says whether the film of a
        Live Photo lies beside it, so that no folder is looked into.
        """
        if Category.TEMPORAL in categories:
            record = with_taken(record, self.clocks)
        versions = self.versions_with(record.versions, categories)
        return replace(record, suggestions=self.suggestions(record, categories, film), versions=versions)

    def versions_with(self, made: Versions, categories: Collection[Category]) -> Versions:
        """The versions of a photo once these categories were made anew."""
        rules = {RULES[category]: self.rules[category] for category in self.rules if category in categories}
        known = {part: version for part, version in made.items() if part != _RULES_OF_OLD}
        versions = {**known, **rules}
        if self.phrased <= set(categories):
            if self._phrases is None:
                versions.pop(PHRASES, None)
            else:
                versions[PHRASES] = self._phrases.signature
        return versions

    def suggestions(
        self, record: PhotoRecord, categories: Collection[Category] = ALL, film: bool | None = None
    ) -> tuple[Rated, ...]:
        """What today's rules suggest of these categories; see `suggested`."""
        assert record.format is not None
        if film is None:
            film = _has_film(record.path, record.format, self.neighbours)
        evidence = Evidence(
            format=record.format,
            width=record.width,
            height=record.height,
            metadata=record.metadata,
            features=measuring.from_json(record.features) if record.features else None,
            preliminary=record.preliminary,
            faces=record.faces,
            detector=record.detector,
            objects=record.objects,
            object_detector=_model(record, "objects"),
            classes=record.classes,
            classifier=_model(record, "classes"),
            phrases=self._compared(record),
            phrase_model=_model(record, VECTOR),
            live_photo=film,
            capture=None if record.taken is None else record.capture,
            taken_why=None if record.taken is None else record.taken.why,
            latest=newest_possible(),
            private=self.private,
        )
        made = suggest(evidence, self.vocabulary, categories)
        return tuple(self.rated(s) for s in as_in_file(made, record.metadata.keywords, self.vocabulary))

    def _compared(self, record: PhotoRecord) -> tuple[PhraseScore, ...] | None:
        """How well the photo fits each tag that has phrases; None where today's model did not look at it."""
        if record.vector is None or self.analyst is None or self._phrases is None:
            return None
        if record.versions.get(VECTOR) != self.analyst.versions[VECTOR]:
            return None
        return score(record.vector, self._phrases)

    def rated(self, suggestion: Suggestion) -> Rated:
        """The suggestion, ticked where it is a judgement at or above its bar; a person's name never is."""
        tag = self.vocabulary.get(suggestion.tag)
        if tag is None:
            return Rated(suggestion, ticked=False)
        bar = self.bars.get(tag.id, tag.bar)
        ticked = not tag.fact and tag.category is not Category.PEOPLE and suggestion.confidence >= bar
        if suggestion.fact != tag.fact:
            suggestion = replace(suggestion, fact=tag.fact)
        return Rated(suggestion, ticked)


def _model(record: PhotoRecord, part: str) -> str | None:
    """The name of the model that made a part, as suggestions name it; None where that is not known."""
    return record.versions.get(part, "").partition("@")[0] or None


def _with_results(record: PhotoRecord, before: PhotoRecord | None) -> PhotoRecord:
    """The record of a file with what is known of its picture."""
    if before is None:
        return record
    of_file = before.metadata.problems
    of_pixels = tuple(note for note in before.notes if note not in of_file and not is_doubt(note))
    return replace(
        before,
        path=record.path,
        stat=record.stat,
        metadata=record.metadata,
        notes=(*record.notes, *of_pixels),
        suggestions=(),
        taken=None,
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
