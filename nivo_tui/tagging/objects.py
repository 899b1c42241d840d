"""What is on the picture: the object detector's finds, what other models add, and groups of all."""

from __future__ import annotations

from nivo_tui.model import Category, FoundObject, Suggestion
from nivo_tui.tagging import classes, zeroshot
from nivo_tui.tagging.evidence import Draft, Evidence
from nivo_tui.tagging.vocabulary import Vocabulary

_SAME_THING = 0.7
"""Boxes that overlap this much (intersection over union) are one thing under two names."""

_CLASS_FROM = 0.3
"""A classifier always names something; below this it is guessing."""

_UNKNOWN, _DOUBT = 0.03, 0.6


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """What the detector found, what the classifier named, what phrases speak for, and has_* groups of all."""
    draft = Draft(vocabulary, Category.OBJECTS)
    meanings = classes.load()
    weighed = classes.weigh(evidence.classes or (), meanings.objects)
    found = distinct(evidence.objects or ())
    doubted = doubtful_animals({item.name for item in found}, evidence, meanings)
    for name in {item.name for item in found}:
        if name in vocabulary:
            scores = [item.score for item in found if item.name == name]
            doubt = _DOUBT if name in doubted else 1.0
            why = _found(scores) + (f", but classified as {doubted[name]}" if name in doubted else "")
            draft.add(name, max(scores) * doubt, why, evidence.object_detector or "objects")
    for item in weighed:
        if item.probability >= _CLASS_FROM:
            source = evidence.classifier or "classes"
            draft.add(item.tag, _calibrated(item.probability), classes.explained(item), source)
    for opinion in zeroshot.opinions(evidence, vocabulary, Category.OBJECTS):
        zeroshot.agree(draft, opinion, zeroshot.source_of(evidence))
    _groups(draft, meanings, vocabulary)
    return draft.suggestions


def doubtful_animals(found: set[str], evidence: Evidence, meanings: classes.Meanings) -> dict[str, str]:
    """Animals the detector named of which the classifier knows nothing, with the class it named instead.

    A detector knows ten kinds of animals and calls a lion a horse; a classifier knows four hundred. It is
    believed only where it is rather sure of an animal, and none of those it means was found as well.
    """
    likely = [c for c in evidence.classes or () if c[0] < classes.ANIMALS and c[2] >= _UNKNOWN]
    meant = {tag for index, _, _ in likely for tag in meanings.objects.get(index, ())}
    if sum(probability for _, _, probability in likely) < _CLASS_FROM or meant & found:
        return {}
    best = max(likely, key=lambda c: c[2])
    named = classes.named(best[0], best[1]) or "another animal"
    return {name: named for name in found if "has_animal" in meanings.groups.get(name, ())}


def distinct(objects: tuple[FoundObject, ...]) -> list[FoundObject]:
    """The objects, surest first, without those that are a surer one of another name in the same place."""
    kept: list[FoundObject] = []
    for item in sorted(objects, key=lambda o: -o.score):
        if not any(other.name != item.name and _overlap(item, other) >= _SAME_THING for other in kept):
            kept.append(item)
    return kept


def _groups(draft: Draft, meanings: classes.Meanings, vocabulary: Vocabulary) -> None:
    for suggestion in draft.suggestions:
        for group in meanings.groups.get(suggestion.tag, ()):
            why = f"{vocabulary.label(suggestion.tag)}: {suggestion.why}"
            draft.add(group, suggestion.confidence, why, suggestion.source)


def _found(scores: list[float]) -> str:
    return f"found at {scores[0]:.2f}" if len(scores) == 1 else f"{len(scores)} found, best {max(scores):.2f}"


def _calibrated(probability: float) -> float:
    """Softmax outputs of such classifiers on photos of one's own are too sure of themselves."""
    return 0.3 + 0.65 * (probability - _CLASS_FROM) / (1.0 - _CLASS_FROM)


def _overlap(a: FoundObject, b: FoundObject) -> float:
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    both = (a.right - a.left) * (a.bottom - a.top) + (b.right - b.left) * (b.bottom - b.top) - common
    return common / both if both > 0 else 0.0
