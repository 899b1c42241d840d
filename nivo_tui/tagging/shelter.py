"""Inside or under the open sky: light, sky and things are weighed against each other.

Each kind of evidence adds to a balance (natural logarithm of the odds for the open sky). One kind alone says
it with modest confidence; two that agree say it surely.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nivo_tui.imaging.cells import Layout
from nivo_tui.tagging import outlook
from nivo_tui.tagging.candidate import Candidate
from nivo_tui.tagging.evidence import Evidence, percent, ramp
from nivo_tui.tagging.scene_rules import Rules
from nivo_tui.tagging.things import Thing

_LEAST = 1.0
"""The least balance that says anything: odds of 2.7 to 1."""

_ALONE, _TOGETHER = 0.6, 0.9
_NIGHT = 0.16
"""Below this mean luminance little light does not speak for a room."""

_SAME_AS_LAYOUT = ("forest", "sky")

_DIMMEST_ROOM = 0.0
"""Exposure value of a room by a single candle; less light than that is the night outdoors."""


@dataclass(frozen=True, slots=True)
class _Vote:
    """What one kind of evidence says: its weight, positive for the open sky, and why."""

    weight: float
    why: str
    source: str


def place(
    evidence: Evidence,
    layout: Layout | None,
    found: Sequence[Thing],
    scenes: Sequence[Candidate],
    rules: Rules,
) -> Candidate | None:
    """`indoor` or `outdoor`, None where the evidence is thin or contradicts itself.

    The `scenes` that were told have a say, but no word of their own: a beach need not be called outdoor.
    """
    own = [*_by_light(evidence), *_by_layout(layout), *_by_things(found, rules)]
    if not own:
        return None
    votes = [*own, *_by_scenes(scenes, rules)]
    balance = sum(vote.weight for vote in votes)
    agreeing = [vote for vote in votes if vote.weight * balance > 0]
    if abs(balance) < _LEAST or not any(vote in own for vote in agreeing):
        return None
    surest = _TOGETHER if len(agreeing) > 1 and len(agreeing) == len(votes) else _ALONE
    confidence = min(surest, 1.0 / (1.0 + math.exp(-abs(balance))))
    why = "; ".join(vote.why for vote in agreeing)
    source = " + ".join(dict.fromkeys(vote.source for vote in agreeing))
    return Candidate("outdoor" if balance > 0 else "indoor", confidence, why, source)


def light_value(evidence: Evidence) -> float | None:
    """The exposure value at ISO 100 of aperture, time and ISO (ISO 2720): 15 in full sun, 6 in a room."""
    capture = evidence.metadata.capture
    aperture, seconds, iso = capture.aperture, capture.exposure_s, capture.iso
    if aperture is None or seconds is None or iso is None:
        return None
    if not (0.5 <= aperture <= 64 and 1e-6 <= seconds <= 3600 and 6 <= iso <= 5_000_000):
        return None
    return math.log2(aperture * aperture / seconds) - math.log2(iso / 100)


def _by_light(evidence: Evidence) -> list[_Vote]:
    value = light_value(evidence)
    if value is None:
        return []
    if value >= 10.5 and not evidence.metadata.capture.flash_fired:
        return [_Vote(1.0 + 1.6 * ramp(value, 10.5, 13.0), f"light of daylight (EV {value:.1f})", "exif")]
    features = evidence.features
    dark = features is not None and features.luma_mean < _NIGHT
    if _DIMMEST_ROOM <= value <= 7.5 and not dark:
        weight = 0.7 + 0.7 * ramp(value, 7.5, 4.0) + (0.4 if evidence.metadata.capture.flash_fired else 0.0)
        return [_Vote(-weight, f"light as in a room (EV {value:.1f})", "exif")]
    return []


def _by_layout(layout: Layout | None) -> list[_Vote]:
    if layout is None:
        return []
    votes = []
    blue, leaves = outlook.blue_sky_share(layout), outlook.leaves_share(layout)
    if blue >= 0.75:
        votes.append(
            _Vote(1.4 * blue, f"blue and smooth along {percent(blue)} of the upper edge", outlook.SOURCE)
        )
    if leaves >= 0.5:
        votes.append(_Vote(1.2 * leaves, f"green with texture over {percent(leaves)}", outlook.SOURCE))
    return votes


def _by_things(found: Sequence[Thing], rules: Rules) -> list[_Vote]:
    votes = []
    for names, sign, kind in (
        (rules.outdoor_things, 1.0, "outdoors"),
        (rules.indoor_things, -1.0, "indoors"),
    ):
        sure = [thing for thing in found if thing.name in names and thing.confidence >= 0.5]
        if sure:
            named = ", ".join(f"{thing.name.replace('_', ' ')} {thing.confidence:.2f}" for thing in sure[:3])
            weight = sign * min(2.0, 1.5 * sum(thing.confidence for thing in sure))
            votes.append(_Vote(weight, f"things found {kind}: {named}", "objects"))
    return votes


def _by_scenes(scenes: Sequence[Candidate], rules: Rules) -> list[_Vote]:
    """What the scenes say; a forest or a sky by colours alone is the leaves and the blue told once more."""
    votes = []
    for scene in scenes:
        if scene.tag in _SAME_AS_LAYOUT and scene.source == outlook.SOURCE:
            continue
        sign = 1.0 if scene.tag in rules.outdoor_scenes else -1.0 if scene.tag in rules.indoor_scenes else 0.0
        if sign and scene.tag not in ("indoor", "outdoor"):
            weight = sign * 2.5 * scene.confidence
            votes.append(_Vote(weight, f"{scene.tag.replace('_', ' ')} {scene.confidence:.2f}", scene.source))
    return votes[:2]
