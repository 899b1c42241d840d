"""How far the things that an object detector found are believed: by size, faces and classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nivo_tui.model import Face, FoundObject
from nivo_tui.tagging import classes
from nivo_tui.tagging.candidate import together
from nivo_tui.tagging.evidence import Evidence, percent, ramp

_SAME_THING = 0.7
"""Boxes that overlap this much (intersection over union) are one thing under two names."""

_KINDS = ("has_animal", "has_food", "has_vehicle")
_KIND_FROM = 0.3
"""How sure a classifier has to be of a kind to be heard against a detector."""

_UNKNOWN, _HEARD = 0.03, 0.03
"""From the one on a class is meant at all; from the other on (those of a tag together) a find is likely."""

_ANOTHER, _UNHEARD_OF = 0.4, 0.7
"""What is left of a find where the classifier knows another of its kind, or nothing of all that was found."""

_SMALL, _TINY_SHARE, _PLAIN_SHARE = 0.6, 0.001, 0.03
"""What is left of a find in the background, and from which share of the picture on it is plain."""

_SURELY_ANIMAL = 0.6
"""From this probability of animals on, what looks like a person without a face is one of them."""

_PASSER_BY, _PASSER_BY_SUREST = 0.03, 0.58
"""Below this share of the picture a person belongs to the place, and how sure one is then at most."""

_AGREEING_FROM = 0.1
"""From this probability of its classes on the classifier adds to a find."""


@dataclass(frozen=True, slots=True)
class Thing:
    """All finds of one name: how sure the surest is (0-1), why, how many there are, and which share of the
    picture the largest takes up (0-1, None where the picture's size is not known)."""

    name: str
    confidence: float
    why: str
    count: int
    share: float | None


def things(evidence: Evidence) -> list[Thing]:
    """What the detector found, the surest first, each name once."""
    if not evidence.objects:
        return []
    found: dict[str, list[FoundObject]] = {}
    for item in distinct(evidence.objects):
        found.setdefault(item.name, []).append(item)
    meanings = classes.load()
    heard = _heard(evidence, meanings)
    doubted = doubtful(set(found), evidence, meanings)
    unknown = evidence.classes is not None and not any(heard.get(name, 0.0) >= _HEARD for name in found)
    made = []
    for name, of_name in sorted(found.items()):
        scores, share = [item.score for item in of_name], _largest_share(of_name, evidence)
        confidence, why = max(scores) * _by_size(share), _told(scores, share)
        if name == "person":
            confidence, why = _person(confidence, why, of_name, share, evidence)
        elif name in doubted:
            confidence, why = confidence * _ANOTHER, f"{why}, but classified as {doubted[name]}"
        elif unknown and name in meanings.classes:
            confidence, why = confidence * _UNHEARD_OF, f"{why}, but not among the likely classes"
        elif heard.get(name, 0.0) >= _AGREEING_FROM:
            confidence = together(confidence, 0.8 * min(1.0, heard[name]))
            why = f"{why}; classified so at {heard[name]:.2f}"
        made.append(Thing(name, confidence, why, len(of_name), share))
    return sorted(made, key=lambda thing: (-thing.confidence, thing.name))


def distinct(objects: Sequence[FoundObject]) -> list[FoundObject]:
    """The objects, surest first, without those that are a surer one of another name in the same place."""
    kept: list[FoundObject] = []
    for item in sorted(objects, key=lambda o: -o.score):
        if not any(other.name != item.name and _overlap(item, other) >= _SAME_THING for other in kept):
            kept.append(item)
    return kept


def doubtful(found: set[str], evidence: Evidence, meanings: classes.Meanings) -> dict[str, str]:
    """Finds of a kind of which the classifier knows another, with the class it named instead.

    A detector knows ten kinds of animals and calls a lion a horse; a classifier knows four hundred. So with
    food and vehicles. It is believed only where it is rather sure of such a thing, and none of those it means
    was found as well.
    """
    doubted = {}
    for kind in _KINDS:
        of_kind = {name for name in found if kind in meanings.groups.get(name, ())}
        if not of_kind:
            continue
        likely = [c for c in evidence.classes or () if c[0] in meanings.kinds[kind] and c[2] >= _UNKNOWN]
        meant = {tag for index, _, _ in likely for tag in meanings.objects.get(index, ())}
        if sum(probability for _, _, probability in likely) < _KIND_FROM or meant & of_kind:
            continue
        best = max(likely, key=lambda c: c[2])
        named = classes.named(best[0], best[1]) or "another " + kind.removeprefix("has_")
        doubted.update(dict.fromkeys(of_kind, named))
    return doubted


def _heard(evidence: Evidence, meanings: classes.Meanings) -> Mapping[str, float]:
    """The summed probability of each object tag's classes."""
    sums: dict[str, float] = {}
    for index, _, probability in evidence.classes or ():
        for tag in meanings.objects.get(index, ()):
            sums[tag] = sums.get(tag, 0.0) + probability
    return sums


def _person(
    confidence: float, why: str, persons: Sequence[FoundObject], share: float | None, evidence: Evidence
) -> tuple[float, str]:
    """A person whose face is seen is sure; without one he has to be large: much else looks like one.

    Small ones belong to the place and are never sure.
    """
    faces = sum(any(_within(face, person) for person in persons) for face in evidence.faces or ())
    if faces:
        confidence = together(confidence, 0.5)
        why = f"{why}; with {faces} face{'' if faces == 1 else 's'}"
    elif animal := _taken_for_person(persons, evidence):
        confidence, why = confidence * _ANOTHER, f"{why}; no face seen, and classified as {animal}"
    elif evidence.faces is not None:
        least = 0.75 if evidence.classes is None else 0.5
        large = 1.0 if share is None else ramp(share, 0.15, 0.4)
        confidence, why = confidence * (least + (0.9 - least) * large), f"{why}; no face seen"
    if share is not None and share < _PASSER_BY:
        confidence = min(confidence, _PASSER_BY_SUREST)
    return confidence, why


def _taken_for_person(persons: Sequence[FoundObject], evidence: Evidence) -> str:
    """The animal that a classifier is sure of where the detector found none but took one for a person."""
    meanings = classes.load()
    animals, found = meanings.kinds["has_animal"], evidence.objects or ()
    if any(item.name in meanings.groups and "has_animal" in meanings.groups[item.name] for item in found):
        return ""
    likely = [c for c in evidence.classes or () if c[0] in animals]
    if len(persons) > 1 or sum(probability for _, _, probability in likely) < _SURELY_ANIMAL:
        return ""
    best = max(likely, key=lambda c: c[2])
    return classes.named(best[0], best[1]) or "an animal"


def _within(face: Face, person: FoundObject) -> bool:
    across, down = (face.left + face.right) / 2, (face.top + face.bottom) / 2
    return person.left <= across <= person.right and person.top <= down <= person.bottom


def _by_size(share: float | None) -> float:
    if share is None:
        return 1.0
    return _SMALL + (1.0 - _SMALL) * ramp(share**0.5, _TINY_SHARE**0.5, _PLAIN_SHARE**0.5)


def _largest_share(items: Sequence[FoundObject], evidence: Evidence) -> float | None:
    if not evidence.width or not evidence.height:
        return None
    largest = max((item.right - item.left) * (item.bottom - item.top) for item in items)
    return min(1.0, max(0.0, largest / (evidence.width * evidence.height)))


def _told(scores: Sequence[float], share: float | None) -> str:
    found = (
        f"found at {scores[0]:.2f}" if len(scores) == 1 else f"{len(scores)} found, best {max(scores):.2f}"
    )
    if share is None:
        return found
    return (
        f"{found}, {percent(share)} of the picture"
        if len(scores) == 1
        else f"{found}, up to {percent(share)}"
    )


def _overlap(a: FoundObject, b: FoundObject) -> float:
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    both = (a.right - a.left) * (a.bottom - a.top) + (b.right - b.left) * (b.bottom - b.top) - common
    return common / both if both > 0 else 0.0
