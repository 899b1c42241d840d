"""What a reader of the two databases gets: plain frozen rows, ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nivo_tui.model import Capture, Face, Format, Gps, Quality, Suggestion


class Progress(StrEnum):
    """How far a person is with a photo: not analysed yet, to do, done, or it could not be used."""

    NEW = "new"
    TODO = "todo"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FolderView:
    """A folder of the library. `photos` and `todo` count everything below it; `depth` is 0 for the root."""

    path: str
    name: str
    depth: int
    photos: int
    todo: int


@dataclass(frozen=True, slots=True)
class PhotoView:
    """One row of the photo list. `faces` is None where no detector ran; `tags` counts open judgements.

    `companions` are the endings of what else belongs to the shot (`jpg`, `mov`, `edit`, `aae`), and
    `member_error` why another photo of it could not be analysed.
    """

    path: str
    name: str
    format: Format | None
    size: int
    taken_at: datetime | None
    faces: int | None
    tags: int
    rating: int | None
    progress: Progress
    error: str | None
    companions: tuple[str, ...] = ()
    member_error: str | None = None


@dataclass(frozen=True, slots=True)
class PhotoDetail:
    """Everything known about one photo. `width` and `height` are of the oriented image.

    `suggestions` carry their states, judgements before facts, in the order they are shown; the ones a
    person added by hand are among them with source "you". `ticked` are the tag ids that Enter would
    accept, `uninformative` tags that nearly every photo would get. `to_write` are the labels that a write
    would add now. `thumbnail` is a file of the cache.
    """

    path: str
    name: str
    format: Format | None
    size: int
    mtime_ns: int
    width: int | None
    height: int | None
    capture: Capture
    gps: Gps | None
    rating: int | None
    quality: Quality | None
    image_hash: str | None
    perceptual_hash: str | None
    file_keywords: tuple[str, ...]
    faces: tuple[Face, ...] | None
    detector: str | None
    suggestions: tuple[Suggestion, ...]
    ticked: frozenset[str]
    to_write: tuple[str, ...]
    thumbnail: str | None
    progress: Progress
    error: str | None
    notes: tuple[str, ...] = ()
    taken_why: str | None = None
    uninformative: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of the title line, for everything below one folder.

    `waiting` were not analysed yet; `new` came into the library since the visit before, and are not done.
    """

    photos: int
    waiting: int
    todo: int
    done: int
    failed: int
    to_write: int
    new: int = 0
