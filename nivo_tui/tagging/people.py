"""How many people are on the photo, counted by their faces, and how near they are."""

from __future__ import annotations

from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging import zeroshot
from nivo_tui.tagging.candidate import together
from nivo_tui.tagging.evidence import Draft, Evidence, percent, ramp
from nivo_tui.tagging.vocabulary import Vocabulary

_BANDS = ((0, "no_people"), (1, "single_person"), (2, "couple"), (5, "small_group"), (15, "group"))

_COUNTS = frozenset({*(tag for _, tag in _BANDS), "crowd"})
"""Told by faces alone, whatever phrases say."""

_CLOSE_FROM, _CLOSE_SURELY = 0.1, 0.22
"""The largest face's share of the picture from which on a photo is a close-up, and is one surely."""

_BESIDE = 0.5
"""A close-up is of one face: the next is at most so large in proportion to it."""

_SELFIE_FACES = 3
_ARMS_LENGTH, _ARMS_LENGTH_SURELY = 0.05, 0.12
"""The largest face's share of the picture at arm's length, with the wide lens of a telephone's front."""

_FRONT = ("front camera", "front facing", "front-facing", "frontkamera", "truedepth", "selfie")
_WIDE_MM = (18.0, 34.0)
_PHONES = (
    "apple",
    "samsung",
    "google",
    "huawei",
    "xiaomi",
    "oneplus",
    "oppo",
    "vivo",
    "motorola",
    "honor",
    "nothing",
)


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """Exactly one count tag where a face detector ran, none where none did; beside it close_up and selfie.

    Names come from what people called the faces, never from here.
    """
    draft = Draft(vocabulary, Category.PEOPLE)
    for opinion in zeroshot.opinions(evidence, vocabulary, Category.PEOPLE):
        if opinion.tag not in _COUNTS and (evidence.faces is None or evidence.faces):
            draft.add(opinion.tag, opinion.confidence, opinion.why, zeroshot.source_of(evidence))
    if evidence.faces is None:
        return draft.suggestions
    source = evidence.detector or "faces"
    scores = sorted(face.score for face in evidence.faces)
    draft.add(count_tag(len(scores)), *_sureness(scores, evidence), source)
    _close(draft, evidence, source)
    _selfie(draft, evidence, source)
    return draft.suggestions


def count_tag(faces: int) -> str:
    """The tag of that many faces."""
    return next((tag for most, tag in _BANDS if faces <= most), "crowd")


def shares(evidence: Evidence) -> list[float]:
    """Each face's share of the picture, 0-1, the largest first; none where the picture's is not known."""
    if not evidence.width or not evidence.height:
        return []
    area = evidence.width * evidence.height
    sizes = ((f.right - f.left) * (f.bottom - f.top) / area for f in evidence.faces or ())
    return sorted((min(1.0, max(0.0, size)) for size in sizes), reverse=True)


def largest_share(evidence: Evidence) -> float:
    """The largest face's share of the picture; 0 without a face."""
    return next(iter(shares(evidence)), 0.0)


def _close(draft: Draft, evidence: Evidence, source: str) -> None:
    largest, *others = shares(evidence) or [0.0]
    if largest < _CLOSE_FROM or (others and others[0] > _BESIDE * largest):
        return
    confidence = 0.5 + 0.45 * ramp(largest, _CLOSE_FROM, _CLOSE_SURELY)
    beside = f", the next {percent(others[0])}" if others else ""
    draft.add("close_up", confidence, f"a face over {percent(largest)} of the picture{beside}", source)


def _selfie(draft: Draft, evidence: Evidence, source: str) -> None:
    """One to three faces, the largest as near as an arm is long, through a lens as of a telephone's front."""
    largest = largest_share(evidence)
    if not 1 <= len(evidence.faces or ()) <= _SELFIE_FACES or largest < _ARMS_LENGTH:
        return
    lens = _front_lens(evidence)
    if lens is None:
        return
    least, most = (0.75, 0.97) if lens.startswith("front") else (0.35, 0.5)
    confidence = least + (most - least) * ramp(largest, _ARMS_LENGTH, _ARMS_LENGTH_SURELY)
    why = f"{lens}, a face over {percent(largest)} of the picture"
    before = draft.confidence("selfie")
    if before:
        confidence, why = together(before, confidence), f"{why}; looks like one at {before:.2f}"
        source = f"{source} + {zeroshot.source_of(evidence)}"
    draft.add("selfie", confidence, why, source)


def _front_lens(evidence: Evidence) -> str | None:
    """What speaks for a telephone's front camera: its name, else a wide lens of a telephone of one's own."""
    capture = evidence.metadata.capture
    lens = (capture.lens or "").casefold()
    if any(name in lens for name in _FRONT):
        return "front camera by the lens's name"
    is_phone = (capture.make or "").casefold().startswith(_PHONES)
    if (
        is_phone
        and "back" not in lens
        and capture.focal_35mm
        and _WIDE_MM[0] <= capture.focal_35mm <= _WIDE_MM[1]
    ):
        return f"a telephone's lens of {capture.focal_35mm:.0f} mm"
    return None


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
