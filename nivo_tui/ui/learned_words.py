"""Learned bars in a few words: what a tag is ticked at, and from how much that was learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.catalog.learned import NEVER_TICKED, Learned, is_on_here, learned
from nivo_tui.ui.text import number

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library


def bars_in_words(library: Library) -> dict[str, str]:
    """The words of each tag whose ticks follow a learned bar; none while learning is off.

    Reads every judgement where it is on: not for the screen's thread.
    """
    if not is_on_here(library):
        return {}
    return {tag: told for tag, of_tag in learned(library).items() if (told := _words(of_tag))}


def _words(of_tag: Learned) -> str:
    """`bar .62 learned from 34`; empty where the bar in use is that of the vocabulary."""
    at = of_tag.ticked_at
    if at == of_tag.default:
        return ""
    if at >= NEVER_TICKED:
        return f"not ticked, learned from {number(of_tag.judged)}"
    bar = "1.0" if at >= 0.995 else f"{at:.2f}"[1:]
    return f"bar {bar} learned from {number(of_tag.judged)}"
