"""What kind of place, occasion or view it is: one primary scene and at most two runners-up."""

from __future__ import annotations

from collections.abc import Sequence

from nivo_tui.imaging.cells import Layout, read_layout
from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging import classes, outlook, scene_rules, screens, shelter, zeroshot
from nivo_tui.tagging.candidate import Candidate, merged
from nivo_tui.tagging.closeup import close_up
from nivo_tui.tagging.evidence import Draft, Evidence
from nivo_tui.tagging.people import largest_share
from nivo_tui.tagging.things import Thing, things
from nivo_tui.tagging.vocabulary import Vocabulary

_PRIMARY_FROM, _RUNNER_UP_FROM, _HINT_FROM = 0.2, 0.12, 0.3
_HINT_SUREST = 0.6
_RUNNERS_UP = 2
_BEHIND = 0.8
_DISPUTED = 0.85
_COLOURS_BESIDE_CLASSES = 0.75
"""What is left of a scene told by colours alone where a classifier named another."""

_EXACT_ENOUGH = 0.6
"""A general scene gives way to one below it that is at least so many times as sure."""

_FACE_FILLS, _BESIDE_A_FACE = 0.1, 0.6
"""From this share of the picture on a face is what it is about, and what is left of a scene that a
classifier, which knows no faces, sees in the leaves behind it or the hat above."""

_GENERAL = ("animal", "vehicle")
_PLACES = ("indoor", "outdoor")


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """From classes, found things, the comparison with phrases, the colour layout and what the file says.

    Where sources agree on a scene it is surer; where classes and phrases differ the surer is primary, and
    less sure for it. In- and outdoors stand behind any other scene. None where no scene is likely enough.
    """
    features = evidence.features
    layout = read_layout(features.layout) if features is not None else None
    face = largest_share(evidence)
    found = things(evidence)
    classified = _worthy(_classified(evidence, face), vocabulary)
    compared = _worthy(_compared(evidence, vocabulary), vocabulary)
    named = [
        classified,
        _hinted(evidence),
        scene_rules.by_things(found, scene_rules.load(), evidence.object_detector or "objects"),
        compared,
    ]
    page = screens.screenshot(evidence, layout) or screens.document(evidence, layout)
    if page is not None:
        named.append([page])
    elif layout is not None:
        named.append(_laid_out(evidence, layout, face, told=bool(classified)))
    scenes = _shown(_without_general(merged(named), vocabulary), vocabulary)
    near = None if page is not None else close_up(evidence, layout, found, scenes, face)
    if near is not None:
        scenes = merged([scenes, [near]])
    behind = layout if face <= outlook.LARGE_FACE else None
    place = _place(evidence, behind, found, scenes, page)
    return _drafted(scenes, place, classified, compared, vocabulary)


def _drafted(
    scenes: Sequence[Candidate],
    place: Candidate | None,
    classified: Sequence[Candidate],
    compared: Sequence[Candidate],
    vocabulary: Vocabulary,
) -> tuple[Suggestion, ...]:
    """The primary scene, and behind it what it left over."""
    draft = Draft(vocabulary, Category.SCENE)
    others = [candidate for candidate in scenes if candidate.tag not in _PLACES]
    if not others:
        if place is not None:
            draft.add(place.tag, place.confidence, place.why, place.source)
        return draft.suggestions
    primary, *rest = others
    disputed = _disputed(primary.tag, classified, compared)
    draft.add(primary.tag, primary.confidence * (_DISPUTED if disputed else 1.0), primary.why, primary.source)
    ahead = draft.confidence(primary.tag) - 0.01
    rest = rest[:_RUNNERS_UP]
    if place is not None and (len(rest) < _RUNNERS_UP or place.confidence > _BEHIND * rest[-1].confidence):
        draft.add(place.tag, min(place.confidence, ahead), place.why, place.source)
        rest = rest[: _RUNNERS_UP - 1]
    for other in rest:
        # A runner-up is what the primary left over: it stays behind it by more than the probabilities say.
        draft.add(other.tag, min(_BEHIND * other.confidence, ahead), f"runner-up, {other.why}", other.source)
    return draft.suggestions


def _classified(evidence: Evidence, face: float) -> list[Candidate]:
    """What the classifier names, the likeliest first; nothing where it is not sure of that."""
    weighed = classes.weigh(evidence.classes or (), classes.load().scenes, _RUNNER_UP_FROM)
    source = evidence.classifier or "classes"
    if not weighed or weighed[0].probability < _PRIMARY_FROM:
        return []
    left = _BESIDE_A_FACE if face >= _FACE_FILLS else 1.0
    return [
        Candidate(item.tag, left * _calibrated(item.probability), classes.explained(item), source)
        for item in weighed
    ]


def _hinted(evidence: Evidence) -> list[Candidate]:
    """Where the things that the classifier names are mostly found."""
    source = evidence.classifier or "classes"
    return [
        Candidate(item.tag, _by_hint(item.probability), f"a thing of it: {classes.explained(item)}", source)
        for item in classes.weigh(evidence.classes or (), classes.load().hints, _HINT_FROM)
    ]


def _compared(evidence: Evidence, vocabulary: Vocabulary) -> list[Candidate]:
    source = zeroshot.source_of(evidence)
    return [
        Candidate(opinion.tag, opinion.confidence, opinion.why, source)
        for opinion in zeroshot.opinions(evidence, vocabulary, Category.SCENE)
    ]


def _laid_out(evidence: Evidence, layout: Layout, face: float, *, told: bool) -> list[Candidate]:
    wide = bool(evidence.width and evidence.height and evidence.width > 1.1 * evidence.height)
    made = outlook.scenes(layout, wide, face)
    if not told:
        return made
    return [Candidate(c.tag, c.confidence * _COLOURS_BESIDE_CLASSES, c.why, c.source) for c in made]


def _place(
    evidence: Evidence,
    layout: Layout | None,
    found: Sequence[Thing],
    scenes: Sequence[Candidate],
    page: Candidate | None,
) -> Candidate | None:
    """In- or outdoors, by what weighs for it and by the phrases."""
    if page is not None:
        return None
    compared = [candidate for candidate in scenes if candidate.tag in _PLACES]
    weighed = shelter.place(evidence, layout, found, scenes, scene_rules.load())
    if weighed is None:
        return compared[0] if compared else None
    if any(candidate.tag != weighed.tag for candidate in compared):
        return None
    return merged([compared, [weighed]])[0]


def _worthy(candidates: list[Candidate], vocabulary: Vocabulary) -> list[Candidate]:
    """The candidates of one source; none where its first is below that tag's own floor."""
    tag = vocabulary.get(candidates[0].tag) if candidates else None
    return candidates if tag is not None and candidates[0].confidence >= tag.floor else []


def _shown(candidates: list[Candidate], vocabulary: Vocabulary) -> list[Candidate]:
    """Those that reach the floor of their tag; one that is switched off makes room for the next."""
    tags = [(candidate, vocabulary.get(candidate.tag)) for candidate in candidates]
    return [c for c, tag in tags if tag is not None and not tag.off and c.confidence >= tag.floor]


def _without_general(candidates: list[Candidate], vocabulary: Vocabulary) -> list[Candidate]:
    """Without a general scene where one below it in the hierarchy is about as sure: a bird, not an animal."""
    return [
        candidate
        for candidate in candidates
        if candidate.tag not in _GENERAL
        or not any(
            other.confidence >= _EXACT_ENOUGH * candidate.confidence
            for other in candidates
            if _stands_below(other.tag, candidate.tag, vocabulary)
        )
    ]


def _stands_below(tag: str, general: str, vocabulary: Vocabulary) -> bool:
    known = vocabulary.get(tag)
    return known is not None and known.parent == general


def _disputed(tag: str, classified: Sequence[Candidate], compared: Sequence[Candidate]) -> bool:
    """Whether a source names scenes, but not this one."""
    return any(source and tag not in {c.tag for c in source} for source in (classified, compared))


def _calibrated(probability: float) -> float:
    return 0.3 + 0.62 * (probability - _PRIMARY_FROM) / (1.0 - _PRIMARY_FROM)


def _by_hint(probability: float) -> float:
    return 0.3 + (_HINT_SUREST - 0.3) * (probability - _HINT_FROM) / (1.0 - _HINT_FROM)
