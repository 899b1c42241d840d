"""What is on the picture: the object detector's finds, what other models add, and groups of all."""

from __future__ import annotations

from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging import classes, zeroshot
from nivo_tui.tagging.evidence import Draft, Evidence
from nivo_tui.tagging.things import things
from nivo_tui.tagging.vocabulary import Vocabulary

_CLASS_FROM = 0.25
"""A classifier always names something; below this it is guessing."""


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """What the detector found, what the classifier named, what phrases speak for, and has_* groups of all."""
    draft = Draft(vocabulary, Category.OBJECTS)
    meanings = classes.load()
    for thing in things(evidence):
        if thing.name in vocabulary:
            draft.add(thing.name, thing.confidence, thing.why, evidence.object_detector or "objects")
    for item in classes.weigh(evidence.classes or (), meanings.objects, _CLASS_FROM):
        source = evidence.classifier or "classes"
        draft.add(item.tag, _calibrated(item.probability), classes.explained(item), source)
    for opinion in zeroshot.opinions(evidence, vocabulary, Category.OBJECTS):
        zeroshot.agree(draft, opinion, zeroshot.source_of(evidence))
    _groups(draft, meanings, vocabulary)
    return draft.suggestions


def _groups(draft: Draft, meanings: classes.Meanings, vocabulary: Vocabulary) -> None:
    for suggestion in draft.suggestions:
        for group in meanings.groups.get(suggestion.tag, ()):
            why = f"{vocabulary.label(suggestion.tag)}: {suggestion.why}"
            draft.add(group, suggestion.confidence, why, suggestion.source)


def _calibrated(probability: float) -> float:
    """Softmax outputs of such classifiers on photos of one's own are too sure of themselves."""
    return 0.3 + 0.62 * (probability - _CLASS_FROM) / (1.0 - _CLASS_FROM)
