"""Tags that say nothing in this library, because nearly every photo would get them."""

from __future__ import annotations

from collections.abc import Mapping

from nivo_tui.model import Category
from nivo_tui.tagging.vocabulary import Vocabulary

LOOK_DERIVED = frozenset({Category.QUALITY, Category.COLOR, Category.MOOD, Category.TECHNICAL})
"""The categories whose tags may turn out to say nothing."""

PHOTOS_NEEDED, SHARE = 50, 0.95


def uninformative(counts: Mapping[str, int], photos: int, vocabulary: Vocabulary) -> frozenset[str]:
    """The look-derived tags that 95 % or more of `photos` (at least 50) would get.

    `counts`: tag id -> how many photos would get it. `photos`: how many of them were looked at.
    """
    if photos < PHOTOS_NEEDED:
        return frozenset()
    known = ((tag_id, vocabulary.get(tag_id), count) for tag_id, count in counts.items())
    return frozenset(
        tag_id
        for tag_id, tag, count in known
        if tag is not None and tag.category in LOOK_DERIVED and count >= SHARE * photos
    )
