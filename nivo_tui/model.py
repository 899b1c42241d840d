"""The things nivo-tui speaks of. All are frozen, and none knows how it is stored, shown or computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Format(StrEnum):
    """What a photo's container is; the value is what `show --json` prints."""

    JPEG = "jpeg"
    HEIC = "heic"
    AVIF = "avif"
    PNG = "png"
    TIFF = "tiff"
    WEBP = "webp"
    DNG = "dng"
    NEF = "nef"
    CR2 = "cr2"
    CR3 = "cr3"
    ARW = "arw"
    RAF = "raf"
    RW2 = "rw2"
    ORF = "orf"
    PEF = "pef"
    SRW = "srw"
    RAW = "raw"

    @property
    def is_raw(self) -> bool:
        """Whether the picture is sensor data that has to be developed."""
        return self not in _RENDERED


_RENDERED = frozenset({Format.JPEG, Format.HEIC, Format.AVIF, Format.PNG, Format.TIFF, Format.WEBP})


class Category(StrEnum):
    """The ten categories of tags."""

    SCENE = "scene"
    OBJECTS = "objects"
    QUALITY = "quality"
    COLOR = "color"
    TEMPORAL = "temporal"
    TECHNICAL = "technical"
    FORMAT = "format"
    PEOPLE = "people"
    LOCATION = "location"
    MOOD = "mood"


class State(StrEnum):
    """Where a suggestion stands for one photo."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PASSED = "passed"
    IN_FILE = "in_file"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class Gps:
    """A position, WGS 84: latitude and longitude in degrees (north and east positive), altitude in metres."""

    lat: float
    lon: float
    alt: float | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """How a picture was taken, as its file says. None where the file does not say.

    `taken_at` carries a time zone only where the file states one. `taken_from` names the field it came
    from ("original", "digitized", "modified", "gps", "xmp"; "name" where the file's name tells it).
    `utc_offset_s` is how far a time without a zone is ahead of UTC, in seconds, where the satellites' time
    beside it tells. `exposure_s` is in seconds, focal lengths in millimetres.
    """

    taken_at: datetime | None = None
    taken_from: str | None = None
    make: str | None = None
    model: str | None = None
    lens: str | None = None
    aperture: float | None = None
    exposure_s: float | None = None
    iso: int | None = None
    focal_mm: float | None = None
    focal_35mm: float | None = None
    flash_fired: bool | None = None
    gps: Gps | None = None
    software: str | None = None
    utc_offset_s: int | None = None

    @property
    def camera(self) -> str | None:
        """Make and model as people say them: the make is not repeated where the model begins with it."""
        make, model = (self.make or "").strip(), (self.model or "").strip()
        if not make or model.casefold().startswith(make.split()[0].casefold()):
            return model or None
        return f"{make} {model}".strip()


@dataclass(frozen=True, slots=True)
class FileMetadata:
    """What other programs and cameras left in the file and its sidecars.

    `keywords` is the union of XMP dc:subject, IPTC keywords and the sidecars', in that order, without
    repeats. `orientation` is 1-8 (Exif 2.32, tag 0x0112). `width` and `height` are the stored size of the
    main image before orientation where the metadata states it. `problems` are lines for the log.
    """

    capture: Capture = Capture()
    orientation: int = 1
    width: int | None = None
    height: int | None = None
    keywords: tuple[str, ...] = ()
    hierarchies: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    title: str | None = None
    description: str | None = None
    rating: int | None = None
    label: str | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FaceQuality:
    """How much a face's picture is good for: for recognising it, and for showing it as a thumbnail.

    `score` is 0-1, higher is better. `size` is the shorter side of the box in pixels of the full-size image.
    `sharpness` is 0-1. `yaw` and `roll` are degrees, estimated from the landmarks: `yaw` 0 looks into the
    camera, positive turns to the right of the picture; `roll` is the tilt of the line through the eyes,
    clockwise positive. Both None where there are no landmarks.
    """

    score: float
    size: float
    sharpness: float
    yaw: float | None = None
    roll: float | None = None


@dataclass(frozen=True, slots=True)
class Face:
    """A face: box and five landmarks (eyes, nose, mouth corners) in pixels of the oriented full-size image.

    `score` is 0-1. `embedding` is the L2-normalised float32 vector as little-endian bytes, None where
    the detector does not recognise. `landmarks` is empty where the detector gives none.
    """

    left: float
    top: float
    right: float
    bottom: float
    score: float
    landmarks: tuple[tuple[float, float], ...] = ()
    embedding: bytes | None = field(default=None, repr=False)
    person: str | None = None
    quality: FaceQuality | None = None


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object the detector saw: its class name in snake_case, score 0-1, box in oriented pixels."""

    name: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


ClassScore = tuple[int, str, float]
"""A class of a classifier: its number, its name, and its probability 0-1."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Quality by pixels: `score` 0-100; `sharpness`, `exposure` and `noise` 0-1.

    Higher is better for score, sharpness and exposure (1 = well exposed); `noise` is the amount of it.
    """

    score: float
    sharpness: float
    exposure: float
    noise: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A tag proposed for a photo. `source` is what proposed it; `why` is a line in words with numbers.

    `category` is None for a tag of a person's own that the vocabulary does not know. A `fact` is computed
    and needs no review; all else is a judgement. `path` is the tag's place in the hierarchy, from the root to
    its label, where this photo's is not that of the vocabulary: two towns of one name lie in two countries.
    """

    tag: str
    label: str
    category: Category | None
    confidence: float
    source: str
    why: str
    state: State = State.UNDECIDED
    fact: bool = False
    path: tuple[str, ...] = ()

    @property
    def is_name(self) -> bool:
        """Whether the tag names a person: it is accepted by its own key alone."""
        return self.category is Category.PEOPLE and not self.fact


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one write did, or would do, to one target file. The JSON of it is the `receipt` line.

    `status`: planned, written, unchanged, refused or failed. `before` and `after` are BLAKE3 hex digests
    of the target, None where it does not exist. `mode` is given by undo: exact, additions or refused.
    `notes` are steps the file system lacks and similar remarks; `bytes_added` the change in length.
    """

    path: str
    target: str | None
    status: str
    run: int | None = None
    fields: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    backup: str | None = None
    reason: str | None = None
    before: str | None = None
    after: str | None = None
    mode: str | None = None
    notes: tuple[str, ...] = ()
    bytes_added: int = 0
