"""What is known about one photo when its tags are suggested."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nivo_tui.inference.phrases.phrase import PhraseScore
from nivo_tui.model import Capture, Category, Face, FileMetadata, Format, FoundObject, Suggestion
from nivo_tui.settings import PrivatePlace
from nivo_tui.tagging.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nivo_tui.imaging.features import Features


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of one photo. None means not looked at, an empty tuple looked at and found nothing.

    `width` and `height` are the oriented picture's, in pixels. `preliminary`: the features come from a
    thumbnail or a smaller scale than usual, so that sharpness and noise cannot be read from them.
    `detector` and `classifier` name the models that ran. `classes`: (ImageNet-1k index, name, probability)
    of the likeliest classes. `phrases`: how well the photo fits each tag by `phrase_model`.
    `capture` has the time that is taken for true where the file states another, `taken_why` says how that
    came about; no photo was taken after `latest`. `private` are places of which no tag tells.
    """

    format: Format
    width: int | None = None
    height: int | None = None
    metadata: FileMetadata = FileMetadata()
    features: Features | None = None
    preliminary: bool = False
    faces: tuple[Face, ...] | None = None
    detector: str | None = None
    objects: tuple[FoundObject, ...] | None = None
    object_detector: str | None = None
    classes: tuple[tuple[int, str | None, float], ...] | None = None
    classifier: str | None = None
    phrases: tuple[PhraseScore, ...] | None = None
    phrase_model: str | None = None
    live_photo: bool = False
    capture: Capture | None = None
    taken_why: str | None = None
    latest: datetime | None = None
    private: tuple[PrivatePlace, ...] = ()

    @property
    def taken(self) -> Capture:
        """How the photo was taken, with the time that is taken for true."""
        return self.metadata.capture if self.capture is None else self.capture


Why = str | Callable[[], str]
"""Why a tag is suggested, in words; or what makes the words, called only where the tag is not left out: most
are, and numbers take long to write."""

_ROUNDING = 0.001


class Draft:
    """Collects the suggestions of one category for one photo; a tag below its floor is left out."""

    def __init__(self, vocabulary: Vocabulary, category: Category) -> None:
        self._vocabulary = vocabulary
        self._category = category
        self._made: dict[str, Suggestion] = {}

    def add(
        self,
        tag: str,
        confidence: float,
        why: Why,
        source: str,
        label: str | None = None,
        path: tuple[str, ...] = (),
    ) -> None:
        """Suggest a tag, with a confidence cut to 0-1. Of the same tag twice the surer stays.

        `label` and `path` (from the root to the label) are this photo's, where they are not the vocabulary's;
        the owner's word for it goes before both. A tag that is switched off is left out.
        Raises ValueError for a tag that is not of this category: a fault of the calling module.
        """
        known = self._vocabulary.get(tag)
        if known is None or known.category is not self._category:
            raise ValueError(f"tag {tag!r} is not in category {self._category.value} of the vocabulary")
        if confidence < known.floor - _ROUNDING:
            return
        confidence = round(min(1.0, max(0.0, confidence)), 3)
        before = self._made.get(tag)
        if known.off or confidence < known.floor or (before is not None and before.confidence >= confidence):
            return
        label, path = self._vocabulary.spelled(known, label or known.label, path)
        why = why if isinstance(why, str) else why()
        self._made[tag] = Suggestion(
            tag, label, self._category, confidence, source, why, fact=known.fact, path=path
        )

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """What was suggested, surest first."""
        return tuple(sorted(self._made.values(), key=lambda s: (-s.confidence, s.tag)))

    def confidence(self, tag: str) -> float:
        """How sure the tag is so far; 0 where it was not suggested."""
        made = self._made.get(tag)
        return made.confidence if made is not None else 0.0


def ramp(value: float, low: float, high: float) -> float:
    """0 at `low`, 1 at `high`, straight between, flat beyond; `low` above `high` falls instead."""
    share = (value - low) / (high - low)
    return share if 0.0 < share < 1.0 else 1.0 if share >= 1.0 else 0.0


def percent(fraction: float) -> str:
    """A fraction as people read it: "41 %", "under 1 %"."""
    if 0.0 < fraction < 0.01:
        return "under 1 %"
    return f"{fraction * 100:.0f} %"
