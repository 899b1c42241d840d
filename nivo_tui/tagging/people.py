"""How many people are on the photo, counted by their faces."""

from __future__ import annotations

from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging.evidence import Draft, Evidence
from nivo_tui.tagging.vocabulary import Vocabulary

_BANDS = ((0, "no_people"), (1, "single_person"), (2, "couple"), (5, "small_group"), (15, "group"))


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """Exactly one count tag where a face detector ran, none where none did."""
    if evidence.faces is None:
        return ()
    draft = Draft(vocabulary, Category.PEOPLE)
    scores = sorted(face.score for face in evidence.faces)
    draft.add(count_tag(len(scores)), *_sureness(scores, evidence), evidence.detector or "faces")
    return draft.suggestions


def count_tag(faces: int) -> str:
    """The tag of that many faces."""
    return next((tag for most, tag in _BANDS if faces <= most), "crowd")


def _sureness(scores: list[float], evidence: Evidence) -> tuple[float, str]:
    """Confidence and its reason. A count is as sure as its weakest face; a large one does not hang on one."""
    if not scores:
        return _without_faces(evidence)
    weakest = scores[0]
    confidence = max(0.4, min(0.99, 0.25 + 0.85 * weakest))
    if len(scores) == 1:
        return confidence, f"1 face, found at {weakest:.2f}"
    if len(scores) > 5:
        middle = scores[len(scores) // 2]
        return max(confidence, min(0.95, middle + 0.1)), f"{len(scores)} faces, weakest {weakest:.2f}"
    return confidence, f"{len(scores)} faces, weakest {weakest:.2f}"


def _without_faces(evidence: Evidence) -> tuple[float, str]:
    """No face is no proof of no people: a person seen by the object detector makes it less sure."""
    persons = [o.score for o in evidence.objects or () if o.name == "person"]
    if persons:
        return max(0.4, 0.8 - 0.4 * max(persons)), f"no face found, though a person at {max(persons):.2f}"
    if evidence.objects is not None:
        return 0.95, "no face and no person found"
    return 0.85, "no face found"
