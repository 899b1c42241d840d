"""A subject seen from near: by the lens, by what is out of focus around it, by how much it takes up."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nivo_tui.imaging.cells import Layout
from nivo_tui.tagging import outlook
from nivo_tui.tagging.candidate import Candidate
from nivo_tui.tagging.evidence import Evidence, percent
from nivo_tui.tagging.things import Thing

_MACRO = re.compile(r"\bmacro\b|micro[- ]?nikkor|\bmp-e\b", re.IGNORECASE)
_FILLS, _BLURRED_AROUND = 0.4, 3.0
_SMALL_SUBJECTS = frozenset({"insects", "flowers", "food", "drinks"})
_CONFIDENCE = (0.0, 0.36, 0.5, 0.62)
"""By how many of the kinds of evidence speak for it: never enough to be ticked beforehand."""


def close_up(
    evidence: Evidence,
    layout: Layout | None,
    found: Sequence[Thing],
    scenes: Sequence[Candidate],
    largest_face: float,
) -> Candidate | None:
    """`subject_close_up`, None where nothing but a face, or too little, speaks for it."""
    if largest_face > 0.03:
        return None
    reasons: list[str] = []
    lens = evidence.metadata.capture.lens
    macro = lens is not None and _MACRO.search(lens) is not None
    if lens is not None and macro:
        reasons.append(f"taken with {lens}" if lens.isprintable() else "taken with a macro lens")
    depth = None if layout is None else outlook.depth_of_field(layout)
    if depth is not None and depth >= _BLURRED_AROUND:
        reasons.append(f"{depth:.1f} times more texture in the middle than around it")
    filling = next((thing for thing in found if _fills(thing)), None)
    small = next(
        (scene for scene in scenes if scene.tag in _SMALL_SUBJECTS and scene.confidence >= 0.6), None
    )
    if filling is not None and filling.share is not None:
        reasons.append(f"{filling.name.replace('_', ' ')} over {percent(filling.share)} of the picture")
    elif small is not None:
        reasons.append(f"{small.tag} at {small.confidence:.2f}")
    alone = filling is not None or macro
    if not reasons or (len(reasons) == 1 and not alone):
        return None
    return Candidate("subject_close_up", _CONFIDENCE[len(reasons)], "; ".join(reasons), "composition")


def _fills(thing: Thing) -> bool:
    return (
        thing.share is not None
        and thing.share >= _FILLS
        and thing.confidence >= 0.6
        and thing.name != "person"
    )
