"""What the comparison with phrases says: opinions for the categories, and a person's own tags.

How sure a probability makes is set by construction: a CLIP model is trained to tell right texts from wrong
ones, not to say how sure it is. A near tie says nothing; from there confidence rises straight to a bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nivo_tui.inference.phrases.phrase import PhraseScore
from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging import phrases
from nivo_tui.tagging.candidate import together
from nivo_tui.tagging.evidence import Draft, Evidence
from nivo_tui.tagging.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Opinion:
    """A tag that the phrases speak for, how sure (0-1), and why in words."""

    tag: str
    confidence: float
    why: str


@dataclass(frozen=True, slots=True)
class _Scale:
    """From which probability a tag is spoken for, how sure that is, and how sure it can get.

    Between two a probability of 0.7 is a lead of 0.0085 in cosine at a scale of 100: as much as lies between
    two good descriptions of one photo.
    """

    start: float
    least: float
    surest: float

    def confidence(self, probability: float) -> float:
        share = (probability - self.start) / (1.0 - self.start)
        return self.least + (self.surest - self.least) * share


_SCALES = {
    Category.SCENE: _Scale(0.4, 0.32, 0.88),
    Category.OBJECTS: _Scale(0.7, 0.32, 0.85),
    Category.PEOPLE: _Scale(0.7, 0.32, 0.8),
    # No mood is proved by a likeness: never ticked beforehand by it alone.
    Category.MOOD: _Scale(0.8, 0.4, 0.7),
}
_OWN = _Scale(0.7, 0.32, 0.85)
_LEAD = 2.0
"""How many times likelier than any other a tag has to be where only one can be right."""

_LEAST_SHARE = 0.25
"""How likely a tag has to be beside all its kin to be named as well."""


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """A person's own tags, of whatever category."""
    drafts: dict[Category, Draft] = {}
    for score in evidence.phrases or ():
        tag = vocabulary.get(score.tag)
        if tag is not None and tag.own and score.probability >= _OWN.start:
            draft = drafts.setdefault(tag.category, Draft(vocabulary, tag.category))
            draft.add(tag.id, _OWN.confidence(score.probability), explained(score), "phrases")
    made = [suggestion for draft in drafts.values() for suggestion in draft.suggestions]
    return tuple(sorted(made, key=lambda s: (-s.confidence, s.tag)))


def opinions(evidence: Evidence, vocabulary: Vocabulary, category: Category) -> list[Opinion]:
    """What the phrases speak for in one category, without a person's own tags; surest first.

    `evidence.phrases` has to hold every tag that was compared: what is left is the background.
    """
    scale, group = _SCALES[category], phrases.load()[category.value]
    scores = [score for score in evidence.phrases or () if _is_of(score.tag, vocabulary, category)]
    likely = {score.tag: score.probability for score in scores}
    made = []
    for score in scores:
        probability = score.probability
        if group.rule == "one":
            probability = _without_kin(score.tag, likely, group.kin)
        if probability >= scale.start:
            made.append(Opinion(score.tag, scale.confidence(probability), explained(score)))
    return sorted(made, key=lambda opinion: (-opinion.confidence, -likely[opinion.tag], opinion.tag))


def _without_kin(tag: str, likely: Mapping[str, float], rows: Sequence[frozenset[str]]) -> float:
    """The probability of a tag when its kin, which may be right as well, take no part; 0 where it leads too
    little, or hardly takes part itself. A beach lies at a coast.
    """
    kin: set[str] = set().union(*(row for row in rows if tag in row)) - {tag}
    beside = sum(likely.get(other, 0.0) for other in kin)
    background = max(0.0, 1.0 - sum(likely.values()))
    others = [value for other, value in likely.items() if other != tag and other not in kin]
    own = likely[tag]
    if own < _LEAD * max([background, *others]) or own < beside * _LEAST_SHARE:
        return 0.0
    return min(1.0, own / max(1.0 - beside, own, 1e-9))


def agree(draft: Draft, opinion: Opinion, source: str) -> None:
    """Adds an opinion to what was found in another way: together they are surer than each."""
    before = next((made for made in draft.suggestions if made.tag == opinion.tag), None)
    if before is None:
        draft.add(opinion.tag, opinion.confidence, opinion.why, source)
        return
    confidence = together(before.confidence, opinion.confidence)
    draft.add(opinion.tag, confidence, f"{before.why}; {opinion.why}", f"{before.source} + {source}")


def source_of(evidence: Evidence) -> str:
    """The name that suggestions by phrases carry."""
    return evidence.phrase_model or "phrases"


def explained(score: PhraseScore) -> str:
    """Why the tag is proposed, in words."""
    best = f"looks like '{score.phrase}' ({score.cosine:.2f}"
    return f"{best}, next best {score.rival_cosine:.2f})" if score.rival else f"{best})"


def _is_of(tag_id: str, vocabulary: Vocabulary, category: Category) -> bool:
    tag = vocabulary.get(tag_id)
    return tag is not None and tag.category is category and not tag.own
