"""Near-duplicates of a photo, and giving them what was decided on it."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nivo_tui.catalog.decisions import Choice
from nivo_tui.catalog.listed import PROGRESS
from nivo_tui.catalog.paths import below, from_db, to_db
from nivo_tui.catalog.states import choices_as_shown
from nivo_tui.catalog.views import PhotoDetail, Progress
from nivo_tui.errors import UsageError
from nivo_tui.model import State, Suggestion

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

BURST_S = 60.0
BURST_BITS = 12
ALIKE_BITS = 4
"""Bits of the 64 of the perceptual hash that may differ within `BURST_S` of each other, and at any time.

Measured on 153 photos: cut to another frame by 4 % they differ by 12 or fewer in 98.5 % of 459 cases, saved
anew or at half size by 4 or fewer in 98 %; of 11,628 pairs, all but 60 differ by more than 12 and all but 45
by more than 4, and those 45 show the same picture.
"""

_NEIGHBOURS = 200
_LEAST_BITS, _MOST_BITS = 4, 60
_TAKEN = frozenset({State.ACCEPTED, State.WRITTEN})
_OF_PEOPLE = frozenset({"you", "import"})
_THERE = frozenset({State.ACCEPTED, State.WRITTEN, State.IN_FILE})

_COLUMNS = "p.path, p.perceptual_hash, p.image_hash, p.taken_at, p.capture"
_LISTED = "p.lead IS NULL AND p.path >= :start AND p.path < :end AND p.path <> :path"
_LIKELY = f"""
    SELECT {_COLUMNS} FROM photos p INDEXED BY photos_taken
    WHERE p.taken_at >= :from AND p.taken_at < :to AND {_LISTED}
    UNION ALL SELECT {_COLUMNS} FROM photos p INDEXED BY photos_hash WHERE p.image_hash = :hash AND {_LISTED}
    UNION ALL SELECT * FROM (SELECT {_COLUMNS} FROM photos p INDEXED BY photos_listed
        WHERE p.lead IS NULL AND p.path > :path AND p.path < :end ORDER BY p.path LIMIT {_NEIGHBOURS})
    UNION ALL SELECT * FROM (SELECT {_COLUMNS} FROM photos p INDEXED BY photos_listed
        WHERE p.lead IS NULL AND p.path >= :start AND p.path < :path ORDER BY p.path DESC LIMIT {_NEIGHBOURS})
"""


def near_duplicates(library: Library, root: str, path: str) -> tuple[str, ...]:
    """The photos below `root` that look nearly as this one does and are still to do; leads, in order.

    They were taken within a minute of it, by the same camera as far as both say, and differ by few bits; or
    they are the same picture whenever they were taken. The latter are looked for by the image data in the
    whole library, by their looks among the 200 photos before and after it in the list.
    """
    connection = library.connection
    one = connection.execute(f"SELECT {_COLUMNS} FROM photos p WHERE p.path = ?", (to_db(path),)).fetchone()
    if one is None or one["perceptual_hash"] is None:
        return ()
    start, end = below(root)
    since, until = _around(one["taken_at"])
    rows = connection.execute(
        _LIKELY,
        {
            "path": one["path"],
            "hash": one["image_hash"],
            "start": start,
            "end": end,
            "from": since,
            "to": until,
        },
    )
    alike = sorted({row["path"] for row in rows if _are_alike(one, row)})
    return tuple(from_db(found) for found in alike if _is_to_do(connection, found))


def _around(taken_at: str | None) -> tuple[str, str]:
    """The range of stored times around a time, by the clock on the wall; an empty one for none."""
    if taken_at is None:
        return "", ""
    wall = datetime.fromisoformat(taken_at).replace(tzinfo=None)
    span = timedelta(seconds=BURST_S)
    try:
        # One second more: stored times may carry a fraction or a zone behind their seconds.
        return (wall - span).isoformat(), (wall + span + timedelta(seconds=1)).isoformat()
    except OverflowError:
        return "", ""


def _are_alike(one: sqlite3.Row, other: sqlite3.Row) -> bool:
    if one["image_hash"] is not None and one["image_hash"] == other["image_hash"]:
        return True
    if other["perceptual_hash"] is None:
        return False
    first, second = int(one["perceptual_hash"], 16), int(other["perceptual_hash"], 16)
    differ = (first ^ second).bit_count()
    if differ > BURST_BITS:
        return False
    if _is_of_a_moment(one, other):
        return True
    # Nearly no bit or nearly all: a picture without structure, which looks like any other such.
    tells = _LEAST_BITS <= first.bit_count() <= _MOST_BITS
    return tells and differ <= ALIKE_BITS


def _is_of_a_moment(one: sqlite3.Row, other: sqlite3.Row) -> bool:
    if one["taken_at"] is None or other["taken_at"] is None:
        return False
    first, second = (datetime.fromisoformat(row["taken_at"]).replace(tzinfo=None) for row in (one, other))
    if abs((first - second).total_seconds()) > BURST_S:
        return False
    cameras = [_camera(row["capture"]) for row in (one, other)]
    return None in cameras or cameras[0] == cameras[1]


def _camera(capture: str) -> tuple[str, str] | None:
    said = json.loads(capture)
    make, model = said.get("make"), said.get("model")
    return (str(make), str(model)) if model else None


def _is_to_do(connection: sqlite3.Connection, path: bytes) -> bool:
    row = connection.execute(
        f"SELECT {PROGRESS} AS progress FROM photos p WHERE p.path = ?", (path,)
    ).fetchone()
    return row is not None and row["progress"] == Progress.TODO


@dataclass(frozen=True, slots=True)
class Likeness:
    """A near-duplicate and what sets it apart, as labels.

    `unseen` are tags that are not suggested there or are below their bar, `refused` those that are ruled out
    there, `own` tags that are ticked there and were not suggested for the photo decided on.
    """

    path: str
    name: str
    thumbnail: str | None
    unseen: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    @property
    def is_exception(self) -> bool:
        """Whether anything sets it apart."""
        return bool(self.unseen or self.refused or self.own)


@dataclass(frozen=True, slots=True)
class Offer:
    """The tags accepted on a photo, never names, and its near-duplicates; the exceptions come first."""

    path: str
    name: str
    tags: tuple[Suggestion, ...]
    photos: tuple[Likeness, ...]

    def exceptions(self) -> tuple[str, ...]:
        """What is not the same everywhere, in words: "umbrella: not seen in 2 of 4"."""
        return (
            *self._said("not seen in", lambda photo: photo.unseen),
            *self._said("ruled out in", lambda photo: photo.refused),
            *self._said("only ticked in", lambda photo: photo.own),
        )

    def _said(self, words: str, labels: Callable[[Likeness], tuple[str, ...]]) -> Iterator[str]:
        counted = Counter(label for photo in self.photos for label in labels(photo))
        for label, count in counted.most_common():
            yield f"{label}: {words} {count} of {len(self.photos)}"


def given_tags(detail: PhotoDetail | None) -> tuple[Suggestion, ...]:
    """The tags that a person accepted on a photo, never names."""
    found = detail.suggestions if detail is not None else ()
    return tuple(s for s in found if s.state in _TAKEN and not s.is_name)


def read_offer(library: Library, root: str, path: str) -> Offer | None:
    """What a photo's decisions are for its near-duplicates; None where there is nothing to give or nobody."""
    detail = library.detail(path)
    if detail is None:
        return None
    tags = given_tags(detail)
    if not tags:
        return None
    others = (library.detail(twin) for twin in near_duplicates(library, root, path))
    photos = [_likeness(detail, tags, other) for other in others if other is not None]
    photos.sort(key=lambda photo: not photo.is_exception)
    return Offer(path, detail.name, tags, tuple(photos)) if photos else None


def _likeness(source: PhotoDetail, tags: Iterable[Suggestion], other: PhotoDetail) -> Likeness:
    there = {s.tag: s for s in other.suggestions}
    unseen, refused = [], []
    for tag in tags:
        found = there.get(tag.tag)
        if found is not None and found.state is State.REJECTED:
            refused.append(tag.label)
        elif found is None:
            # What a person typed was looked for nowhere: that it is missing sets no photo apart.
            unseen += [tag.label] if tag.source not in _OF_PEOPLE else []
        elif found.state is State.UNDECIDED and not found.fact and found.tag not in other.ticked:
            unseen.append(tag.label)
    known = {s.tag for s in source.suggestions}
    own = [s.label for s in other.suggestions if s.tag in other.ticked and s.tag not in known]
    return Likeness(other.path, other.name, other.thumbnail, tuple(unseen), tuple(refused), tuple(own))


def give(library: Library, offer: Offer, chosen: Collection[str]) -> tuple[int, int]:
    """Accept the tags of an offer on the chosen photos, pass what else is open there, and call them done.

    One act by "burst". What was ruled out on a photo stays so, and photos done meanwhile are left alone.
    Returns how many photos were done with, and the act. Raises UsageError where there is none to do.
    """
    choices: list[Choice] = []
    done: list[str] = []
    for photo in offer.photos:
        detail = library.detail(photo.path) if photo.path in chosen else None
        if detail is None or detail.progress is not Progress.TODO:
            continue
        done.append(photo.path)
        choices += _given(detail, offer.tags)
        choices += library.rest_of_members(detail)
    if not done:
        raise UsageError("none of these photos is to do any more")
    title = f"{len(offer.tags)} tags of {offer.name} given to {len(done)} near-duplicates"
    return len(done), library.commit(title, choices, by="burst", done=done)


def _given(detail: PhotoDetail, tags: Iterable[Suggestion]) -> Iterator[Choice]:
    there = {s.tag: s for s in detail.suggestions}
    wanted = {tag.tag: tag for tag in tags}
    for tag in wanted.values():
        found = there.get(tag.tag, tag)
        if found.is_name:
            continue
        if found is tag or (found.state is not State.REJECTED and found.state not in _THERE):
            yield Choice(detail.path, tag.tag, found.label, State.ACCEPTED, found.category, detail.image_hash)
    for choice in choices_as_shown(detail, ()):
        if choice.tag not in wanted:
            yield choice
