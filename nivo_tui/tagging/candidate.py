"""A scene that something speaks for, and how sources are joined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scene with its confidence (0-1), why in words with numbers, and what says so."""

    tag: str
    confidence: float
    why: str
    source: str


def together(first: float, second: float) -> float:
    """How sure two sources are that agree: neither is wholly independent, so never quite sure."""
    return max(first, second, min(0.97, 1.0 - (1.0 - first) * (1.0 - second)))


def merged(sources: Iterable[Iterable[Candidate]]) -> list[Candidate]:
    """Each scene once, the surest first; what several sources name is surer than each of them says."""
    made: dict[str, Candidate] = {}
    for candidates in sources:
        for candidate in candidates:
            before = made.get(candidate.tag)
            made[candidate.tag] = candidate if before is None else _agreed(before, candidate)
    return sorted(made.values(), key=lambda candidate: (-candidate.confidence, candidate.tag))


def _agreed(first: Candidate, second: Candidate) -> Candidate:
    source = (
        first.source if second.source in first.source.split(" + ") else f"{first.source} + {second.source}"
    )
    return Candidate(
        first.tag, together(first.confidence, second.confidence), f"{first.why}; {second.why}", source
    )
