"""What changed rules make of photos as they are stored: read, suggest, say what to write. Nothing is written.

It needs a connection to read by and the rules, no picture and no model: so it can be done in any process.
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nivo_tui.catalog.clocks import Correction
from nivo_tui.catalog.records import PhotoRecord, Rated, versions_to_text
from nivo_tui.catalog.renewal import (
    ALL_PARTS,
    CLASSES,
    FACE_QUALITY,
    FACES,
    FEATURES,
    FILM,
    METADATA,
    OBJECTS,
    VECTOR,
    RenewalRows,
    Renewed,
    Stored,
)
from nivo_tui.engine.analysis import Analyser
from nivo_tui.engine.consistency import JUDGED, made_consistent
from nivo_tui.engine.taken import with_taken
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.thumbnails import Thumbnails
from nivo_tui.model import Category
from nivo_tui.settings import PrivatePlace
from nivo_tui.tagging.suggest import READS
from nivo_tui.tagging.vocabulary import Vocabulary

_NOTHING: frozenset[str] = frozenset()
_PARTS: Mapping[str, frozenset[str]] = {
    "format": _NOTHING,
    "width": _NOTHING,
    "height": _NOTHING,
    "preliminary": _NOTHING,
    "classifier": _NOTHING,
    "object_detector": _NOTHING,
    "phrase_model": _NOTHING,
    "metadata": frozenset({METADATA}),
    "capture": frozenset({METADATA}),
    "taken_why": frozenset({METADATA}),
    "latest": _NOTHING,
    "private": _NOTHING,
    "features": frozenset({FEATURES}),
    "faces": frozenset({FACES}),
    "face_quality": frozenset({FACE_QUALITY}),
    "detector": frozenset({FACES}),
    "objects": frozenset({OBJECTS}),
    "classes": frozenset({CLASSES}),
    "phrases": frozenset({VECTOR}),
    "live_photo": frozenset({FILM}),
}
"""What has to be read for each field of the evidence; for one not named here everything is."""

Group = tuple[int, ...]
"""Photos by their numbers: the frames of a burst, or one alone."""

Batch = tuple[list[Group], frozenset[Category]]
"""Whole groups of photos, and the categories to make anew of them."""

Made = list[tuple[frozenset[Category], list[Renewed]]]
"""Photos with the categories that were made of them: of some fewer than were asked for can be."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What suggestions are made by, and the catalog they are made of: all that another process needs."""

    catalog: Path
    vocabulary: Vocabulary
    rules: Mapping[Category, str]
    bars: Mapping[str, float]
    clocks: tuple[Correction, ...]
    private: tuple[PrivatePlace, ...]

    def analyser(self) -> Analyser:
        """An analyser for these rules alone: it opens no photo and keeps no thumbnail."""
        nowhere = Thumbnails(self.catalog.parent)
        return Analyser(
            None, self.vocabulary, PixelBudget(), nowhere, self.rules, self.bars, self.clocks, self.private
        )


def send(stream: BinaryIO, told: object) -> None:
    """Tell the other process something. Raises OSError where it is gone."""
    pickle.dump(told, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


class Remaking:
    """Makes suggestions anew of what is stored, some categories of some photos at a time."""

    def __init__(self, rows: RenewalRows, analyser: Analyser) -> None:
        self._rows = rows
        self._analyser = analyser
        self._reach: dict[str | None, frozenset[Category]] = {}
        self._versions: dict[tuple[str | None, frozenset[Category]], str | None] = {}

    def made(self, groups: Sequence[Group], categories: frozenset[Category]) -> Made:
        """What to write for the photos of some whole groups."""
        ids = sorted({photo for group in groups for photo in group})
        stored = {each.id: each for each in self._rows.read(ids, self._parts(categories))}
        reach = {photo: categories & self._usable(each) for photo, each in stored.items()}
        records = {photo: self._dated(each, reach[photo]) for photo, each in stored.items() if reach[photo]}
        suggested = {
            photo: self._analyser.suggestions(record, reach[photo], stored[photo].film)
            for photo, record in records.items()
        }
        if categories & JUDGED:
            for group in groups:
                self._make_consistent([photo for photo in group if photo in suggested], suggested)
        made: dict[frozenset[Category], list[Renewed]] = defaultdict(list)
        for photo, record in records.items():
            each, few = stored[photo], reach[photo]
            made[few].append(Renewed.of(each, record, suggested[photo], self._versions_of(each, few)))
        return list(made.items())

    def _dated(self, stored: Stored, categories: frozenset[Category]) -> PhotoRecord:
        return (
            with_taken(stored.record, self._analyser.clocks)
            if Category.TEMPORAL in categories
            else stored.record
        )

    def _versions_of(self, stored: Stored, categories: frozenset[Category]) -> str | None:
        key = stored.versions, categories
        versions = self._versions.get(key)
        if versions is None:
            made = self._analyser.versions_with(stored.record.versions, categories)
            versions = self._versions[key] = versions_to_text(made)
        return versions

    def _usable(self, stored: Stored) -> frozenset[Category]:
        """What can be made of a photo; of other categories the old suggestions would be lost."""
        usable = self._reach.get(stored.versions)
        if usable is None:
            usable = self._reach[stored.versions] = self._analyser.usable(stored.record.versions)
        return usable

    def _make_consistent(self, photos: Sequence[int], suggested: dict[int, tuple[Rated, ...]]) -> None:
        if len(photos) < 2:
            return
        frames = [suggested[photo] for photo in photos]
        analyser = self._analyser
        consistent = made_consistent(frames, analyser.vocabulary, analyser.rated)
        suggested.update(zip(photos, consistent, strict=True))

    def _parts(self, categories: Collection[Category]) -> frozenset[str]:
        fields = {field for category in categories for field in READS.get(category, ())}
        if self._analyser.phrased & set(categories):
            fields.add("phrases")
        return frozenset().union(*(_PARTS.get(field, ALL_PARTS) for field in fields))
