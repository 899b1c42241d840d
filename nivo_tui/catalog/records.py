"""One photo's row, between the model's types and the columns of the catalog."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
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


PHOTO_COLUMNS = (
    "path folder size mtime_ns ctime_ns format width height taken_at capture lat lon alt rating metadata "
    "image_hash hash_of_file perceptual_hash features preliminary quality_score sharpness exposure noise "
    "face_count detector versions notes error objects classes vector"
).split()


def row_of(record: PhotoRecord) -> tuple[Any, ...]:
    """The values of PHOTO_COLUMNS for a record."""
    import os

    meta, gps, quality = record.metadata, record.metadata.capture.gps, record.quality
    taken = meta.capture.taken_at
    return (
        to_db(record.path),
        to_db(os.path.dirname(record.path)),
        record.stat.size,
        record.stat.mtime_ns,
        record.stat.ctime_ns,
        record.format,
        record.width,
        record.height,
        taken.isoformat() if taken else None,
        capture_to_json(meta.capture),
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
    )


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
    return None if text is None else tuple(FoundObject(**stored) for stored in json.loads(text))


def classes_of(text: str | None) -> tuple[ClassScore, ...] | None:
    """The classes of a catalog row."""
    return None if text is None else tuple((int(n), str(name), float(p)) for n, name, p in json.loads(text))


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
    """The metadata of a catalog row; `keywords` come from their own table."""
    rest: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(row["metadata"]).items()
    }
    return FileMetadata(capture=capture_of(row), keywords=keywords, rating=row["rating"], **rest)


def capture_of(row: sqlite3.Row) -> Capture:
    """The capture of a catalog row."""
    taken = datetime.fromisoformat(row["taken_at"]) if row["taken_at"] else None
    gps = None if row["lat"] is None else Gps(row["lat"], row["lon"], row["alt"])
    return Capture(taken_at=taken, gps=gps, **json.loads(row["capture"]))


def quality_of(row: sqlite3.Row) -> Quality | None:
    """The quality of a catalog row."""
    if row["quality_score"] is None:
        return None
    return Quality(row["quality_score"], row["sharpness"], row["exposure"], row["noise"])


def face_of(row: sqlite3.Row) -> Face:
    """A face of the faces table."""
    marks = tuple((float(x), float(y)) for x, y in json.loads(row["landmarks"]))
    quality = FaceQuality(**json.loads(row["quality"])) if row["quality"] else None
    box = (row["left"], row["top"], row["right"], row["bottom"])
    return Face(*box, row["score"], marks, row["embedding"], quality=quality)


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
    )


def fold(text: str) -> str:
    """The form in which keywords are compared: NFC, case folded, spaces at the ends and runs reduced."""
    import unicodedata

    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
