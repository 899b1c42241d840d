"""What kind of place or occasion it is: one primary scene and at most two runners-up."""

from __future__ import annotations

from dataclasses import dataclass

from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging import classes, zeroshot
from nivo_tui.tagging.evidence import Draft, Evidence
from nivo_tui.tagging.vocabulary import Vocabulary

_PRIMARY_FROM, _RUNNER_UP_FROM = 0.2, 0.12
_RUNNERS_UP = 2
_BEHIND = 0.8
_DISPUTED = 0.85


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A scene that one source or both speak for."""

    tag: str
    confidence: float
    why: str
    source: str


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """From the classifier's probabilities, the comparison with phrases, or both.

    Where both name a scene it is surer; where they differ the surer one is primary, and less sure for it.
    None where no scene is likely enough.
    """
    draft = Draft(vocabulary, Category.SCENE)
    classified = _worthy(_classified(evidence), vocabulary)
    compared = _worthy(_compared(evidence, vocabulary), vocabulary)
    merged = _merged(classified, compared)
    if not merged:
        return ()
    primary, *others = merged
    sure = primary.confidence * (_DISPUTED if _disputed(primary.tag, classified, compared) else 1.0)
    draft.add(primary.tag, sure, primary.why, primary.source)
    for other in others[:_RUNNERS_UP]:
        # A runner-up is what the primary left over: it stays behind it by more than the probabilities say.
        confidence = min(_BEHIND * other.confidence, draft.confidence(primary.tag) - 0.01)
        draft.add(other.tag, confidence, f"runner-up, {other.why}", other.source)
    return draft.suggestions


def _classified(evidence: Evidence) -> list[_Candidate]:
    """What the classifier names, the likeliest first; nothing where it is not sure of that."""
    weighed = classes.weigh(evidence.classes or (), classes.load().scenes)
    source = evidence.classifier or "classes"
    if not weighed or weighed[0].probability < _PRIMARY_FROM:
        return []
    return [
        _Candidate(item.tag, _calibrated(item.probability), classes.explained(item), source)
        for item in weighed
        if item.probability >= _RUNNER_UP_FROM
    ]


def _compared(evidence: Evidence, vocabulary: Vocabulary) -> list[_Candidate]:
    source = zeroshot.source_of(evidence)
    return [
        _Candidate(opinion.tag, opinion.confidence, opinion.why, source)
        for opinion in zeroshot.opinions(evidence, vocabulary, Category.SCENE)
    ]


def _worthy(candidates: list[_Candidate], vocabulary: Vocabulary) -> list[_Candidate]:
    """The candidates of one source; none where its first is below that tag's own floor."""
    tag = vocabulary.get(candidates[0].tag) if candidates else None
    return candidates if tag is not None and candidates[0].confidence >= tag.floor else []


def _merged(classified: list[_Candidate], compared: list[_Candidate]) -> list[_Candidate]:
    """Each scene once, the surest first."""
    merged = {candidate.tag: candidate for candidate in classified}
    for candidate in compared:
        before = merged.get(candidate.tag)
        merged[candidate.tag] = candidate if before is None else _agreed(before, candidate)
    return sorted(merged.values(), key=lambda candidate: -candidate.confidence)


def _agreed(first: _Candidate, second: _Candidate) -> _Candidate:
    return _Candidate(
        first.tag,
        zeroshot.together(first.confidence, second.confidence),
        f"{first.why}; {second.why}",
        f"{first.source} + {second.source}",
    )


def _disputed(tag: str, classified: list[_Candidate], compared: list[_Candidate]) -> bool:
    """Whether a source names scenes, but not this one."""
    return any(source and tag not in {c.tag for c in source} for source in (classified, compared))


def _calibrated(probability: float) -> float:
    return 0.3 + 0.62 * (probability - _PRIMARY_FROM) / (1.0 - _PRIMARY_FROM)
