"""What kind of place or occasion it is: one primary scene and at most two runners-up."""

from __future__ import annotations

from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging import classes
from nivo_tui.tagging.evidence import Draft, Evidence
from nivo_tui.tagging.vocabulary import Vocabulary

_PRIMARY_FROM, _RUNNER_UP_FROM = 0.2, 0.12
_RUNNERS_UP = 2


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """From the classifier's probabilities alone; none where no scene is likely enough."""
    draft = Draft(vocabulary, Category.SCENE)
    weighed = classes.weigh(evidence.classes or (), classes.load().scenes)
    source = evidence.classifier or "classes"
    if not weighed or weighed[0].probability < _PRIMARY_FROM:
        return ()
    primary, *others = weighed
    draft.add(primary.tag, _calibrated(primary.probability), classes.explained(primary), source)
    for other in [w for w in others if w.probability >= _RUNNER_UP_FROM][:_RUNNERS_UP]:
        # A runner-up is what the primary left over: it stays behind it by more than the probabilities say.
        confidence = min(0.8 * _calibrated(other.probability), draft.confidence(primary.tag) - 0.01)
        draft.add(other.tag, confidence, f"runner-up, {classes.explained(other)}", source)
    return draft.suggestions


def _calibrated(probability: float) -> float:
    return 0.3 + 0.62 * (probability - _PRIMARY_FROM) / (1.0 - _PRIMARY_FROM)
