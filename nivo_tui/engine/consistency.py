"""One burst, one answer: what is suggested for the frames of a burst is made consistent.

Between two presses of the shutter little changes (noise, a blink, a hair of shake), and yet a rule near its
floor or bar answers now so, now so. The median over the frames of a burst is steadier than each of them.
What a burst is suggested is always made from each frame's own, never from what was made consistent before.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

from nivo_tui.catalog.bursts import BURST_BITS
from nivo_tui.catalog.records import Rated
from nivo_tui.catalog.renewal import FrameRow, RenewalRows
from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging.vocabulary import Vocabulary

VERSION = 1
"""Raised when the same frames would be made consistent in another way."""

JUDGED = frozenset({Category.SCENE, Category.OBJECTS, Category.MOOD})
"""The categories it is about: what is judged by looks. Names, counts of people and facts stay as they are."""

APART_S = 3.0
"""Frames of one burst follow each other at most this far apart: cameras note whole seconds."""

_DRIFT_BITS = 20
"""Bits of 64 by which a frame may differ from the first of its burst: a pan ends as another picture."""

_MANY = 2000
_BELOW_BAR = 0.01


@dataclass(frozen=True, slots=True)
class _Frame:
    id: int
    at: datetime
    hash: int
    capture: str


def all_bursts(rows: RenewalRows) -> list[tuple[int, ...]]:
    """The bursts of the catalog, two frames or more each, by photo numbers. A shot counts as its lead."""
    return find_bursts(rows.frames())


def bursts_with(rows: RenewalRows, photos: Sequence[int]) -> list[tuple[int, ...]]:
    """The bursts that any of these photos is in; of a few photos only their hours are read."""
    wanted = set(photos)
    if len(wanted) > _MANY:
        found = all_bursts(rows)
    else:
        found = [burst for span in _spans(rows, wanted) for burst in find_bursts(rows.frames_between(*span))]
    return [burst for burst in found if wanted.intersection(burst)]


def _spans(rows: RenewalRows, photos: Iterable[int]) -> list[tuple[str, str]]:
    """The times around photos, from one pause of all cameras to the next, as ranges of stored times."""
    spans: list[tuple[str, str]] = []
    for time in sorted(rows.times(photos)):
        if spans and time < spans[-1][1]:
            continue
        spans.append((_edge(rows, time, later=False), _edge(rows, time, later=True) + "~"))
    return spans


def _edge(rows: RenewalRows, time: str, *, later: bool) -> str:
    while (beside := rows.neighbour(time, later=later)) is not None and _apart(time, beside) <= APART_S:
        time = beside
    return time


def _apart(one: str, other: str) -> float:
    return abs((_wall(one) - _wall(other)).total_seconds())


def find_bursts(frames: Iterable[FrameRow]) -> list[tuple[int, ...]]:
    """Photos of one camera, each within `APART_S` of the next and looking as it does (12 bits of 64)."""
    known = sorted(
        (
            _Frame(row.id, _wall(row.taken_at), int(row.perceptual_hash, 16), row.capture)
            for row in frames
            if len(row.taken_at) > len("2025-01-01")
        ),
        key=lambda frame: (frame.at, frame.id),
    )
    bursts: list[list[_Frame]] = []
    current: dict[str | None, list[_Frame]] = {}
    cameras: dict[str, str | None] = {}
    for frame in known:
        camera = cameras.get(frame.capture)
        if frame.capture not in cameras:
            camera = cameras[frame.capture] = _camera(frame.capture)
        burst = current.get(camera)
        if burst is not None and _goes_on(burst, frame):
            burst.append(frame)
        else:
            current[camera] = [frame]
            bursts.append(current[camera])
    return [tuple(frame.id for frame in burst) for burst in bursts if len(burst) > 1]


def _goes_on(burst: Sequence[_Frame], frame: _Frame) -> bool:
    first, last = burst[0], burst[-1]
    return (
        (frame.at - last.at).total_seconds() <= APART_S
        and (frame.hash ^ last.hash).bit_count() <= BURST_BITS
        and (frame.hash ^ first.hash).bit_count() <= _DRIFT_BITS
    )


def _wall(taken_at: str) -> datetime:
    return datetime.fromisoformat(taken_at).replace(tzinfo=None)


def _camera(capture: str) -> str | None:
    said = json.loads(capture)
    return f"{said.get('make')} {said['model']}" if said.get("model") else None


def made_consistent(
    frames: Sequence[Sequence[Rated]], vocabulary: Vocabulary, rate: Callable[[Suggestion], Rated]
) -> list[tuple[Rated, ...]]:
    """What each frame of a burst is suggested, from what each is by itself.

    A tag that more than half of the frames have is suggested for all, with the median confidence over all
    frames (0 where it is not suggested). One that fewer than half have is kept where it is, as sure as the
    mean over all frames and below its bar, so that nothing ticks it. With just half nothing is changed.
    """
    having: dict[str, dict[int, Suggestion]] = defaultdict(dict)
    for number, frame in enumerate(frames):
        for rated in frame:
            s = rated.suggestion
            if s.category in JUDGED and not s.fact:
                having[s.tag][number] = s
    made = [{rated.suggestion.tag: rated for rated in frame} for frame in frames]
    for tag, found in having.items():
        if len(found) == len(frames) and len({s.confidence for s in found.values()}) == 1:
            continue
        if len(found) * 2 > len(frames):
            _give(made, tag, found, rate)
        elif len(found) * 2 < len(frames):
            _doubt(made, tag, found, vocabulary, rate)
    return [_ordered(tags.values()) for tags in made]


def _give(
    made: list[dict[str, Rated]], tag: str, found: dict[int, Suggestion], rate: Callable[[Suggestion], Rated]
) -> None:
    confidences = [found[n].confidence if n in found else 0.0 for n in range(len(made))]
    middle = round(median(confidences), 3)
    words = f"{len(found)} of {len(made)} frames of the burst, median {middle:.2f}"
    surest = max(found.values(), key=lambda s: s.confidence)
    for number, tags in enumerate(made):
        own = found.get(number)
        why = f"{own.why}; {words}" if own is not None else f"not seen in this frame, but in {words}"
        tags[tag] = rate(replace(own or surest, confidence=middle, why=why))


def _doubt(
    made: list[dict[str, Rated]],
    tag: str,
    found: dict[int, Suggestion],
    vocabulary: Vocabulary,
    rate: Callable[[Suggestion], Rated],
) -> None:
    known = vocabulary.get(tag)
    if known is None:
        return
    mean = sum(s.confidence for s in found.values()) / len(made)
    for number, own in found.items():
        sure = round(max(known.floor, min(mean, own.confidence, known.bar - _BELOW_BAR)), 3)
        why = (
            f"{own.why}; only in {len(found)} of {len(made)} frames of the burst ({own.confidence:.2f} here)"
        )
        made[number][tag] = replace(rate(replace(own, confidence=sure, why=why)), ticked=False)


def _ordered(suggestions: Iterable[Rated]) -> tuple[Rated, ...]:
    """Category by category as they came, surest first within those that are judged."""
    of: dict[Category | None, list[Rated]] = defaultdict(list)
    for rated in suggestions:
        of[rated.suggestion.category].append(rated)
    for category, rows in of.items():
        if category in JUDGED:
            rows.sort(key=lambda rated: (-rated.suggestion.confidence, rated.suggestion.tag))
    return tuple(rated for rows in of.values() for rated in rows)
