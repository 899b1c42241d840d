"""The rules of `scene_rules.toml`: scenes by the things that were found, and what is in- and outdoors."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from nivo_tui.tagging.candidate import Candidate
from nivo_tui.tagging.evidence import percent, ramp
from nivo_tui.tagging.things import Thing

_LEAST_SURE = 0.45
"""How sure a thing has to be to stand for a scene."""


@dataclass(frozen=True, slots=True)
class Found:
    """A scene by things: which, the least share of the picture of the largest, how many, and its bound."""

    scene: str
    things: frozenset[str]
    area: float
    count: int
    surest: float


@dataclass(frozen=True, slots=True)
class Rules:
    """The whole table."""

    found: tuple[Found, ...]
    indoor_things: frozenset[str]
    indoor_scenes: frozenset[str]
    outdoor_things: frozenset[str]
    outdoor_scenes: frozenset[str]


@lru_cache(maxsize=1)
def load() -> Rules:
    """The table of the package."""
    table = tomllib.loads(files("nivo_tui.tagging").joinpath("scene_rules.toml").read_text(encoding="utf-8"))
    return Rules(
        found=tuple(
            Found(scene, frozenset(row["things"]), row["area"], row.get("count", 1), row["surest"])
            for scene, row in table["found"].items()
        ),
        **{
            f"{side}_{kind}": frozenset(table[side][kind])
            for side in ("indoor", "outdoor")
            for kind in ("things", "scenes")
        },
    )


def by_things(found: Sequence[Thing], rules: Rules, source: str) -> list[Candidate]:
    """The scenes that the found things stand for, the surest first."""
    by_name = {thing.name: thing for thing in found if thing.confidence >= _LEAST_SURE}
    if not by_name:
        return []
    made = [
        _judged(rule, [by_name[name] for name in rule.things if name in by_name], source)
        for rule in rules.found
        if not rule.things.isdisjoint(by_name)
    ]
    return sorted((candidate for candidate in made if candidate is not None), key=lambda c: -c.confidence)


def _judged(rule: Found, found: Sequence[Thing], source: str) -> Candidate | None:
    if not found or sum(thing.count for thing in found) < rule.count:
        return None
    share = _largest(thing.share for thing in found)
    if share < rule.area:
        return None
    surest = max(found, key=lambda thing: (thing.confidence, thing.name))
    confidence = surest.confidence * (0.6 + 0.4 * ramp(share, rule.area, 3.0 * rule.area))
    named = ", ".join(
        _named(thing) for thing in sorted(found, key=lambda thing: (-thing.confidence, thing.name))[:3]
    )
    why = f"{named}, {percent(share)} of the picture"
    return Candidate(rule.scene, min(rule.surest, confidence), why, source)


def _named(thing: Thing) -> str:
    name = thing.name.replace("_", " ")
    return (
        f"{name} {thing.confidence:.2f}"
        if thing.count == 1
        else f"{thing.count} of {name} {thing.confidence:.2f}"
    )


def _largest(shares: Iterable[float | None]) -> float:
    """The largest share; where the picture's size is not known, little is said of any."""
    return max((share if share is not None else 0.05 for share in shares), default=0.0)
