"""A phrase that photos are compared with, and what the comparison gave. Light to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Rule = Literal["one", "several", "each"]
"""How the tags of a contest stand to each other.

one: at most one is right, so they compete with each other and with the background. several: each competes
with the background, and those far behind the best of them lose. each: each with the background alone.
"""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words for `tag`; those of no tag ("") are the background: what a photo may show instead.

    `text` is as people are shown it, `prompt` as the model reads it. `contest` names the phrases that are
    weighed against each other.
    """

    contest: str
    rule: Rule
    tag: str
    text: str
    prompt: str


@dataclass(frozen=True, slots=True)
class PhraseScore:
    """How well a photo fits a tag.

    `phrase` is the tag's best one and `cosine` (-1 to 1) how near it lies to the photo; `rival` is the
    nearest phrase that speaks for something else. `probability` (0-1) is the tag's in its contest.
    """

    tag: str
    phrase: str
    cosine: float
    probability: float
    rival: str
    rival_cosine: float
