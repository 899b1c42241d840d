"""What is stored of many photos at once, as far as suggestions are made of it, and suggestions put anew.

Nothing here asks for a photo at a time: a rule that changed is applied to a whole library in seconds.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from nivo_tui.catalog import suggestion_rows
from nivo_tui.catalog.paths import from_db
from nivo_tui.catalog.photos import PhotoStore
from nivo_tui.catalog.records import (
    TAKEN_COLUMNS,
    FileStat,
    PhotoRecord,
    Rated,
    classes_of,
    face_quality_of,
    metadata_of,
    notes_of,
    objects_of,
    taken_of,
    taken_row_of,
    versions_of,
)
from nivo_tui.catalog.suggestion_rows import Row
from nivo_tui.model import Category, Face, FileMetadata, Format

METADATA, FEATURES, FACES, FACE_QUALITY, OBJECTS, CLASSES, VECTOR, FILM = (
    "metadata features faces face_quality objects classes vector film".split()
)
"""Parts of what is stored; only those asked for are read, and a file's keywords: labels follow them.

Faces are read without landmarks and embeddings, of which no rule makes anything.
"""

ALL_PARTS = frozenset({METADATA, FEATURES, FACES, FACE_QUALITY, OBJECTS, CLASSES, VECTOR, FILM})

_BASE = "id, path, format, width, height, versions, preliminary, notes"
_COLUMNS = {
    METADATA: "taken_at, capture, stated, lat, lon, alt, rating, metadata",
    FEATURES: "features",
    FACES: "face_count, detector",
    OBJECTS: "objects",
    CLASSES: "classes",
    VECTOR: "vector",
    FILM: "CASE WHEN lead IS NULL THEN companions ELSE "
    "(SELECT companions FROM photos l WHERE l.path = p.lead) END AS companions",
}
_FACE = 'photo, "left", top, "right", bottom, score'
_ANALYSED = "error IS NULL AND versions IS NOT NULL AND format IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Stored:
    """A photo of the catalog. `record` holds the parts that were asked for; `film` says whether the film of a
    Live Photo lies beside it, as the last scan saw it. `versions` is their text."""

    id: int
    record: PhotoRecord
    versions: str | None
    film: bool
    taken: tuple[Any, ...] | None


class Renewed(NamedTuple):
    """What to write for a photo: the rows of its new suggestions of some categories, and where they change,
    else None, its versions (as text) and the values of `TAKEN_COLUMNS`. `moved`: it is taken for one of
    another time than before, and so perhaps of another burst."""

    id: int
    rows: tuple[Row, ...]
    versions: str | None
    taken: tuple[Any, ...] | None
    moved: bool

    @classmethod
    def of(
        cls, stored: Stored, record: PhotoRecord, suggestions: Iterable[Rated], versions: str | None
    ) -> Renewed:
        """Of the photo as it is stored, its record now, and what is suggested of it."""
        taken = None if record is stored.record else taken_row_of(record)
        return cls(
            stored.id,
            tuple(suggestion_rows.rows_of(stored.id, suggestions)),
            None if versions == stored.versions else versions,
            None if taken == stored.taken else taken,
            record.taken != stored.record.taken,
        )


@dataclass(frozen=True, slots=True)
class FrameRow:
    """What a burst is recognised by: a listed photo with its time (ISO), hash (hex) and capture (JSON)."""

    id: int
    taken_at: str
    perceptual_hash: str
    capture: str


class RenewalRows:
    """Reads and replaces what suggestions are made of, and them, over the catalog of a `PhotoStore`."""

    def __init__(self, photos: PhotoStore) -> None:
        self._photos = photos
        self._db = photos.connection

    @property
    def file(self) -> Path:
        """The catalog's file."""
        return Path(self._tuples("PRAGMA database_list")[0][2])

    def kinds_of_versions(self) -> list[str]:
        """The texts of versions of all of them, each once."""
        return [row[0] for row in self._tuples(f"SELECT DISTINCT versions FROM photos WHERE {_ANALYSED}")]

    def analysed(self) -> list[tuple[int, str]]:
        """Every photo that was analysed without an error, as (number, text of its versions)."""
        return self._tuples(f"SELECT id, versions FROM photos WHERE {_ANALYSED} ORDER BY id")

    def versions(self, ids: Iterable[int]) -> list[tuple[int, str]]:
        """The same of some photos."""
        found: list[tuple[int, str]] = []
        for few in _chunks(list(ids)):
            query = f"SELECT id, versions FROM photos WHERE id IN ({_marks(few)}) AND {_ANALYSED} ORDER BY id"
            found += self._tuples(query, few)
        return found

    def numbers(self, paths: Iterable[bytes]) -> dict[bytes, int]:
        """The numbers of photos by their stored paths."""
        found: dict[bytes, int] = {}
        for few in _chunks(list(paths)):
            found.update(self._tuples(f"SELECT path, id FROM photos WHERE path IN ({_marks(few)})", few))
        return found

    def read(self, ids: Sequence[int], parts: Collection[str]) -> list[Stored]:
        """The photos of these numbers with these parts, in order; those analysed alone."""
        return [stored for few in _chunks(ids) for stored in self._read(few, parts)]

    def _read(self, ids: Sequence[int], parts: Collection[str]) -> list[Stored]:
        columns = ", ".join([_BASE, *(_COLUMNS[part] for part in sorted(parts) if part in _COLUMNS)])
        rows = self._db.execute(
            f"SELECT {columns} FROM photos p WHERE id IN ({_marks(ids)}) AND {_ANALYSED} ORDER BY id", ids
        ).fetchall()
        keywords = self._keywords(ids)
        faces = self._faces(ids, parts) if FACES in parts else {}
        return [_stored(row, parts, keywords.get(row["id"], ()), faces.get(row["id"], ())) for row in rows]

    def _keywords(self, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
        found: dict[int, list[str]] = defaultdict(list)
        query = f"SELECT photo, keyword FROM keywords WHERE photo IN ({_marks(ids)}) ORDER BY photo, place"
        for photo, keyword in self._tuples(query, ids):
            found[photo].append(keyword)
        return {photo: tuple(words) for photo, words in found.items()}

    def _faces(self, ids: Sequence[int], parts: Collection[str]) -> dict[int, tuple[Face, ...]]:
        found: dict[int, list[Face]] = defaultdict(list)
        quality = "quality" if FACE_QUALITY in parts else "NULL"
        query = f"SELECT {_FACE}, {quality} FROM faces WHERE photo IN ({_marks(ids)}) ORDER BY photo, number"
        for photo, left, top, right, bottom, score, text in self._tuples(query, ids):
            face = Face(left, top, right, bottom, score, quality=face_quality_of(text))
            found[photo].append(face)
        return {photo: tuple(faces) for photo, faces in found.items()}

    def replace(self, renewed: Sequence[Renewed], categories: Collection[Category]) -> int:
        """Put the suggestions of these categories in the place of the old ones, in one transaction; returns
        on how many photos anything changed.

        Only rows that differ are touched. What other categories suggest stays.
        """
        old = self._suggestions([each.id for each in renewed], categories)
        new = {(row[0], row[1]): row for each in renewed for row in each.rows}
        gone = [key for key in old if key not in new]
        changed = [row for key, row in new.items() if old.get(key) != row]
        versions = [(each.versions, each.id) for each in renewed if each.versions is not None]
        taken = [(*each.taken, each.id) for each in renewed if each.taken is not None]
        moved = [(each.id,) for each in renewed if each.moved]
        if gone or changed or versions or taken:
            with self._photos.transaction():
                suggestion_rows.remove(self._db, gone)
                suggestion_rows.change(self._db, old, changed)
                self._db.executemany("UPDATE photos SET versions = ? WHERE id = ?", versions)
                self._db.executemany(
                    f"UPDATE photos SET {', '.join(f'{c} = ?' for c in TAKEN_COLUMNS)} WHERE id = ?", taken
                )
                self._note(moved)
        return len({key[0] for key in gone} | {row[0] for row in changed} | {row[-1] for row in taken})

    def _suggestions(
        self, ids: Sequence[int], categories: Collection[Category]
    ) -> dict[tuple[int, str], Row]:
        of = "" if len(categories) == len(Category) else f" AND category IN ({_marks(categories)})"
        values = (*ids, *(categories if of else ()))
        rows = self._tuples(f"SELECT * FROM suggestions WHERE photo IN ({_marks(ids)}){of}", values)
        return {(row[0], row[1]): row for row in rows}

    # bursts

    def unsettled(self) -> dict[int, bool]:
        """The photos to compare with their bursts, and whether their suggestions are of a former burst."""
        rows = self._tuples("SELECT photo, averaged FROM unsettled ORDER BY photo")
        return {photo: bool(averaged) for photo, averaged in rows}

    def leave_bursts(self, bursts: Iterable[Sequence[int]]) -> None:
        """These bursts are others than before: what is left of them is compared anew."""
        ids = [(photo,) for burst in bursts for photo in burst]
        if ids:
            with self._photos.transaction():
                self._note(ids)

    def _note(self, ids: Sequence[tuple[int]]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO unsettled VALUES(?, 1)", ids)

    def settled(self, ids: Sequence[int]) -> None:
        """These photos are in their bursts."""
        for few in _chunks(ids, 5000):
            with self._photos.transaction():
                self._db.executemany("DELETE FROM unsettled WHERE photo = ?", [(photo,) for photo in few])

    def frames(self) -> list[FrameRow]:
        """Every listed photo that has a time and a hash."""
        return self._frames("", ())

    def frames_between(self, first: str, last: str) -> list[FrameRow]:
        """Those of them taken from `first` to before `last` (ISO)."""
        return self._frames("AND taken_at >= ? AND taken_at < ?", (first, last))

    def _frames(self, where: str, values: tuple[str, ...]) -> list[FrameRow]:
        rows = self._tuples(
            "SELECT id, taken_at, perceptual_hash, capture FROM photos WHERE lead IS NULL AND error IS NULL "
            f"AND perceptual_hash IS NOT NULL AND taken_at IS NOT NULL {where}",
            values,
        )
        return [FrameRow(*row) for row in rows]

    def times(self, ids: Iterable[int]) -> list[str]:
        """When these photos were taken, where that is known."""
        found: list[str] = []
        for few in _chunks(list(ids)):
            query = f"SELECT taken_at FROM photos WHERE taken_at IS NOT NULL AND id IN ({_marks(few)})"
            found += (row[0] for row in self._tuples(query, few))
        return found

    def neighbour(self, taken_at: str, *, later: bool) -> str | None:
        """The time of the next photo after (or before) a time."""
        word, order = (">", "min") if later else ("<", "max")
        row = self._tuples(f"SELECT {order}(taken_at) FROM photos WHERE taken_at {word} ?", (taken_at,))
        found: str | None = row[0][0]
        return found

    def _tuples(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """Rows as plain tuples: several times as fast for very many."""
        cursor = self._db.cursor()
        cursor.row_factory = None
        return cursor.execute(query, tuple(values)).fetchall()


_NO_STAT = FileStat(0, 0, 0)

_NO_METADATA = FileMetadata()
_VERSIONS: dict[str | None, Mapping[str, str]] = {}


def _stored(
    row: sqlite3.Row, parts: Collection[str], keywords: tuple[str, ...], faces: tuple[Face, ...]
) -> Stored:
    given: dict[str, Any] = {
        "metadata": FileMetadata(keywords=keywords) if keywords else _NO_METADATA,
        "stat": _NO_STAT,
    }
    if METADATA in parts:
        given["metadata"] = metadata_of(row, keywords)
        given["taken"] = taken_of(row)
        given["notes"] = notes_of(row["notes"])
    if FEATURES in parts:
        given["features"] = row["features"]
    if FACES in parts:
        given["faces"] = faces if row["face_count"] is not None else None
        given["detector"] = row["detector"]
    if OBJECTS in parts:
        given["objects"] = objects_of(row["objects"])
    if CLASSES in parts:
        given["classes"] = classes_of(row["classes"])
    if VECTOR in parts:
        given["vector"] = row["vector"]
    record = PhotoRecord(
        path=from_db(row["path"]),
        format=Format(row["format"]),
        width=row["width"],
        height=row["height"],
        preliminary=bool(row["preliminary"]),
        versions=_versions(row["versions"]),
        **given,
    )
    film = FILM in parts and record.format in _WITH_FILM and "mov" in json.loads(row["companions"] or "[]")
    taken = tuple(row[column] for column in TAKEN_COLUMNS) if METADATA in parts else None
    return Stored(row["id"], record, row["versions"], film, taken)


_WITH_FILM = (Format.HEIC, Format.JPEG)


def _versions(text: str | None) -> Mapping[str, str]:
    """Photos without number share a few texts of versions."""
    found = _VERSIONS.get(text)
    if found is None:
        if len(_VERSIONS) > 1000:
            _VERSIONS.clear()
        found = _VERSIONS[text] = versions_of(text)
    return found


def _chunks(values: Sequence[Any], size: int = 500) -> Iterable[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _marks(values: Collection[object]) -> str:
    return ",".join("?" * len(values))
