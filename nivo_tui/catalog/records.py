"""One photo's row, between the model's types and the columns of the catalog."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from nivo_tui.catalog.paths import to_db
from nivo_tui.model import (
    Capture,
    Category,
    ClassScore,
    Face,
    FaceQuality,
    FileMetadata,
    Format,
    FoundObject,
    Gps,
    Quality,
    State,
    Suggestion,
)


@dataclass(frozen=True, slots=True)
class Rated:
    """A suggestion, and whether the vocabulary ticks it beforehand."""

    suggestion: Suggestion
    ticked: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """The time a photo was taken for true, where that is not the time its file states.

    `at` is None where the stated one cannot be and no other is known. `source` is as `Capture.taken_from`,
    "name" beside. `why` says how it came about; `clock` is the number of the correction that made it.
    """

    at: datetime | None
    source: str | None
    why: str
    utc_offset_s: int | None = None
    clock: int | None = None

    def of(self, capture: Capture) -> Capture:
        """The capture with this time in the place of the stated one."""
        return replace(capture, taken_at=self.at, taken_from=self.source, utc_offset_s=self.utc_offset_s)


@dataclass(frozen=True, slots=True)
class FileStat:
    """What the directory says of a file; a change of any of the three means: look again."""

    size: int
    mtime_ns: int
    ctime_ns: int


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """All that a scan found out about one photo. `width` and `height` are of the oriented image.

    `versions` says by what each result was made ("features", "faces", "objects", "classes", "phrases" and
    "rules", the last for the suggestions); it is empty after the quick pass alone. `features` is JSON text.
    `faces`, `objects` and `classes` are None where no such model ran; `vector` is the picture's embedding for
    comparing it with phrases, little-endian float16. `error` says why the photo could not be analysed.
    `metadata` is what the file states; `taken` the time taken for true where that is another.
    """

    path: str
    stat: FileStat
    format: Format | None = None
    width: int | None = None
    height: int | None = None
    metadata: FileMetadata = FileMetadata()
    image_hash: str | None = None
    hash_of_file: bool = False
    perceptual_hash: str | None = None
    features: str | None = None
    preliminary: bool = False
    quality: Quality | None = None
    faces: tuple[Face, ...] | None = None
    detector: str | None = None
    objects: tuple[FoundObject, ...] | None = None
    classes: tuple[ClassScore, ...] | None = None
    vector: bytes | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    suggestions: tuple[Rated, ...] = ()
    notes: tuple[str, ...] = ()
    error: str | None = None
    taken: Taken | None = None

    @property
    def capture(self) -> Capture:
        """How the photo was taken, with the time that is taken for true."""
        stated = self.metadata.capture
        return stated if self.taken is None else self.taken.of(stated)


PHOTO_COLUMNS = (
    "path folder size mtime_ns ctime_ns format width height taken_at capture lat lon alt rating metadata "
    "image_hash hash_of_file perceptual_hash features preliminary quality_score sharpness exposure noise "
    "face_count detector versions notes error objects classes vector stated"
).split()


def row_of(record: PhotoRecord) -> tuple[Any, ...]:
    """The values of PHOTO_COLUMNS for a record."""
    import os

    meta, gps, quality = record.metadata, record.metadata.capture.gps, record.quality
    capture = record.capture
    return (
        to_db(record.path),
        to_db(os.path.dirname(record.path)),
        record.stat.size,
        record.stat.mtime_ns,
        record.stat.ctime_ns,
        record.format,
        record.width,
        record.height,
        _iso(capture.taken_at),
        capture_to_json(capture),
        gps.lat if gps else None,
        gps.lon if gps else None,
        gps.alt if gps else None,
        meta.rating,
        metadata_to_json(meta),
        record.image_hash,
        record.hash_of_file,
        record.perceptual_hash,
        record.features,
        record.preliminary,
        quality.score if quality else None,
        quality.sharpness if quality else None,
        quality.exposure if quality else None,
        quality.noise if quality else None,
        None if record.faces is None else len(record.faces),
        record.detector,
        versions_to_text(record.versions),
        json.dumps(record.notes),
        record.error,
        None if record.objects is None else json.dumps([_rounded(asdict(o)) for o in record.objects]),
        None
        if record.classes is None
        else json.dumps([(n, name, round(p, 5)) for n, name, p in record.classes]),
        record.vector,
        stated_to_text(record),
    )


TAKEN_COLUMNS = ("taken_at", "capture", "stated", "notes")
"""The columns that the time taken for true decides on."""


def taken_row_of(record: PhotoRecord) -> tuple[Any, ...]:
    """The values of TAKEN_COLUMNS for a record."""
    capture = record.capture
    return (
        _iso(capture.taken_at),
        capture_to_json(capture),
        stated_to_text(record),
        json.dumps(record.notes),
    )


def stated_to_text(record: PhotoRecord) -> str | None:
    """What the file states of its time, and why another is taken for true; None where none is."""
    taken, stated = record.taken, record.metadata.capture
    if taken is None:
        return None
    told = {
        "taken_at": _iso(stated.taken_at),
        "taken_from": stated.taken_from,
        "utc_offset_s": stated.utc_offset_s,
        "why": taken.why,
        "clock": taken.clock,
    }
    needed = ("taken_at", "taken_from", "why")
    return json.dumps({k: v for k, v in told.items() if v is not None or k in needed})


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


_decode = json.JSONDecoder().raw_decode


def _decoded(text: str) -> Any:
    """What was stored, which has no spaces around it: in half the time of `json.loads`."""
    return _decode(text)[0]


def versions_to_text(versions: Mapping[str, str]) -> str | None:
    """The versions as they are stored, in one order; None where nothing was made yet."""
    return json.dumps(dict(sorted(versions.items())), separators=(",", ":")) if versions else None


def versions_of(text: str | None) -> dict[str, str]:
    """The versions of a stored text; none where it is of an older program's making."""
    try:
        stored = json.loads(text or "{}")
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in stored.items()} if isinstance(stored, dict) else {}


def objects_of(text: str | None) -> tuple[FoundObject, ...] | None:
    """The objects of a catalog row."""
    return None if text is None else tuple(FoundObject(**stored) for stored in _decoded(text))


def notes_of(text: str) -> tuple[str, ...]:
    """The notes of a catalog row; most photos have none."""
    return () if text == "[]" else tuple(_decoded(text))


def classes_of(text: str | None) -> tuple[ClassScore, ...] | None:
    """The classes of a catalog row."""
    return None if text is None else tuple(map(tuple, _decoded(text)))


def quality_to_text(quality: FaceQuality | None) -> str | None:
    """A face's quality as it is stored."""
    return None if quality is None else json.dumps(_rounded(asdict(quality)))


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in values.items() if v is not None}


_CAPTURE_FIELDS = tuple(f.name for f in fields(Capture) if f.name not in ("gps", "taken_at"))


def capture_to_json(capture: Capture) -> str:
    """A capture without its position and time, which have columns of their own."""
    data = {name: getattr(capture, name) for name in _CAPTURE_FIELDS}
    return json.dumps({k: v for k, v in data.items() if v is not None})


def metadata_to_json(metadata: FileMetadata) -> str:
    """What is not in a column: orientation, stored size, hierarchies, people, texts, label, problems."""
    keep = (
        "orientation",
        "width",
        "height",
        "hierarchies",
        "people",
        "title",
        "description",
        "label",
        "problems",
    )
    data = {key: getattr(metadata, key) for key in keep}
    return json.dumps({k: v for k, v in data.items() if v not in (None, ())})


def metadata_of(row: sqlite3.Row, keywords: tuple[str, ...]) -> FileMetadata:
    """What the file of a catalog row states; `keywords` come from their own table."""
    rest: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in _decoded(row["metadata"]).items()
    }
    return FileMetadata(capture=stated_capture_of(row), keywords=keywords, rating=row["rating"], **rest)


def capture_of(row: sqlite3.Row) -> Capture:
    """The capture of a catalog row, with the time that is taken for true."""
    gps = None if row["lat"] is None else Gps(row["lat"], row["lon"], row["alt"])
    return Capture(taken_at=_moment(row["taken_at"]), gps=gps, **_decoded(row["capture"]))


def stated_capture_of(row: sqlite3.Row) -> Capture:
    """The capture of a catalog row, with the time that the file states."""
    capture = capture_of(row)
    if row["stated"] is None:
        return capture
    told = json.loads(row["stated"])
    return replace(
        capture,
        taken_at=_moment(told["taken_at"]),
        taken_from=told["taken_from"],
        utc_offset_s=told.get("utc_offset_s"),
    )


def taken_of(row: sqlite3.Row) -> Taken | None:
    """The time of a catalog row that is taken for true in the place of the stated one."""
    if row["stated"] is None:
        return None
    capture, told = capture_of(row), json.loads(row["stated"])
    return Taken(capture.taken_at, capture.taken_from, told["why"], capture.utc_offset_s, told.get("clock"))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def quality_of(row: sqlite3.Row) -> Quality | None:
    """The quality of a catalog row."""
    if row["quality_score"] is None:
        return None
    return Quality(row["quality_score"], row["sharpness"], row["exposure"], row["noise"])


def face_of(row: sqlite3.Row) -> Face:
    """A face of the faces table."""
    marks = tuple((float(x), float(y)) for x, y in _decoded(row["landmarks"]))
    box = (row["left"], row["top"], row["right"], row["bottom"])
    return Face(*box, row["score"], marks, row["embedding"], quality=face_quality_of(row["quality"]))


def face_quality_of(text: str | None) -> FaceQuality | None:
    """The quality that `quality_to_text` made a text of."""
    return FaceQuality(**_decoded(text)) if text else None


def suggestion_of(row: sqlite3.Row, state: State) -> Suggestion:
    """A suggestion of the suggestions table, in this state."""
    return Suggestion(
        row["tag"],
        row["label"],
        Category(row["category"]),
        row["confidence"],
        row["source"],
        row["why"],
        state,
        bool(row["fact"]),
        tuple(json.loads(row["path"])) if row["path"] else (),
    )


def fold(text: str) -> str:
    """The form in which keywords are compared: NFC, case folded, spaces at the ends and runs reduced."""
    import unicodedata

    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
