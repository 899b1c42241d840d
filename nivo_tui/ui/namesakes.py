"""Tells a region or a country from the town that is called the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_WIDER = {"region_": "region", "country_": "country"}
"""What a place is, by how the id of its tag begins."""


def namesakes(tags: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What each region or country is that shares its label with another tag, by its id.

    `tags` are pairs of id and label.
    """
    known = dict(tags)
    shared = Counter(known.values())
    return {
        tag: kind
        for tag, label in known.items()
        for begin, kind in _WIDER.items()
        if shared[label] > 1 and tag.startswith(begin)
    }


def told_apart(label: str, kind: str | None) -> str:
    """A label with what it is, where there is something to tell: "Lisbon (region)"."""
    return f"{label} ({kind})" if kind else label
