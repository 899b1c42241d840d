"""Faces as regions of a picture: their geometry, and how the stored image turns into the one that is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_LEAST_OVERLAP = 0.4
_LEAST_SHARE = 1 / 8
_ASPECT_TOLERANCE = 0.01

# How the stored image becomes the one that is seen (Exif 2.32, tag 0x0112): whether x and y change places,
# and then whether x and whether y count from the other side.
_TURNS = {
    1: (False, False, False),
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}


class Area(NamedTuple):
    """A rectangle: x and y of its centre, width and height, as shares 0-1 of the image's sides."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class NamedFace:
    """A face of a known person: its box in pixels of the oriented image."""

    name: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Regions:
    """The named faces of one photo. `width` and `height` are those of the oriented image in pixels.

    `orientation` is 1-8 (Exif 2.32, tag 0x0112) as it turns the stored image into the oriented one; 1 where
    a decoder turns the image itself (HEIC).
    """

    faces: tuple[NamedFace, ...]
    width: int
    height: int
    orientation: int = 1


@dataclass(frozen=True, slots=True)
class Region:
    """A region that a file states. `area` is one of the stored image, before orientation.

    `name` and `kind` ("Face", "Pet", "Focus", "BarCode") are None where not stated, `area` where it is no
    rectangle or circle. `source` is "mwg" or "microsoft".
    """

    name: str | None
    kind: str | None
    area: Area | None
    source: str


def stored_size(regions: Regions) -> tuple[int, int]:
    """Width and height of the stored image."""
    if _turn(regions.orientation)[0]:
        return regions.height, regions.width
    return regions.width, regions.height


def stored_area(face: NamedFace, regions: Regions) -> Area | None:
    """Where a face lies in the stored image, cut at its edges; None where nothing of it is inside."""
    left, right = (min(max(x / regions.width, 0.0), 1.0) for x in (face.left, face.right))
    top, bottom = (min(max(y / regions.height, 0.0), 1.0) for y in (face.top, face.bottom))
    if right - left <= 0 or bottom - top <= 0:
        return None
    seen = Area((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
    return Area(*(round(share, 6) for share in to_stored(seen, regions.orientation)))


def to_stored(area: Area, orientation: int) -> Area:
    """An area of the oriented image as one of the stored image."""
    swaps, mirrors_x, mirrors_y = _turn(orientation)
    x = 1 - area.x if mirrors_x else area.x
    y = 1 - area.y if mirrors_y else area.y
    return Area(y, x, area.height, area.width) if swaps else Area(x, y, area.width, area.height)


def to_seen(area: Area, orientation: int) -> Area:
    """An area of the stored image as one of the oriented image."""
    swaps, mirrors_x, mirrors_y = _turn(orientation)
    x, y, width, height = area
    if swaps:
        x, y, width, height = y, x, height, width
    return Area(1 - x if mirrors_x else x, 1 - y if mirrors_y else y, width, height)


def _turn(orientation: int) -> tuple[bool, bool, bool]:
    return _TURNS.get(orientation, _TURNS[1])


def overlap(one: Area, other: Area) -> float:
    """Intersection over union, 0-1."""
    width = min(one.x + one.width / 2, other.x + other.width / 2) - max(
        one.x - one.width / 2, other.x - other.width / 2
    )
    height = min(one.y + one.height / 2, other.y + other.height / 2) - max(
        one.y - one.height / 2, other.y - other.height / 2
    )
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    union = one.width * one.height + other.width * other.height - common
    return min(1.0, common / union) if union > 0 else 0.0


def shows_same(one: Area, other: Area) -> bool:
    """Whether two areas are of one face: they overlap well, or the smaller has its centre in the larger.

    Programs draw a face with and without its hair; an area many times larger shows a body or a group.
    """
    if overlap(one, other) >= _LEAST_OVERLAP:
        return True
    small, large = sorted((one, other), key=lambda area: (area.width * area.height, area))
    if small.width * small.height < _LEAST_SHARE * large.width * large.height:
        return False
    return abs(small.x - large.x) <= large.width / 2 and abs(small.y - large.y) <= large.height / 2


def match(faces: Sequence[Area | None], present: Sequence[Area | None]) -> dict[int, int]:
    """Which present area each face is: numbers of faces to numbers of areas, each at most once."""
    pairs = [
        (-overlap(face, area), number, place)
        for number, face in enumerate(faces)
        if face is not None
        for place, area in enumerate(present)
        if area is not None and shows_same(face, area)
    ]
    found: dict[int, int] = {}
    for _, number, place in sorted(pairs):
        if number not in found and place not in found.values():
            found[number] = place
    return found


def have_same_shape(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two sizes have the same aspect, as far as a size rounded to whole pixels tells."""
    (width, height), (other_width, other_height) = one, other
    if min(width, height, other_width, other_height) <= 0:
        return False
    ratio = (width / height) / (other_width / other_height)
    rounding = 1 / min(width, height, other_width, other_height)
    return abs(ratio - 1) <= _ASPECT_TOLERANCE + rounding
