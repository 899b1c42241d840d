"""`nivo-tui thresholds`: from which confidence on tags are ticked, and what was learned of that."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence

from nivo_tui.catalog.learned import LEAST_JUDGED, NEVER_TICKED, Learned, forget, is_on_here, learned, switch
from nivo_tui.catalog.library import Library
from nivo_tui.commands.common import DONE, Surroundings, open_library, renew
from nivo_tui.commands.output import Output
from nivo_tui.errors import UsageError


def run(options: Namespace, around: Surroundings) -> int:
    """List what was learned, let it count or not, or forget the judgements of some tags or of all."""
    action = options.action or "list"
    library = open_library(around)
    try:
        if action == "reset":
            tags = _known(library, options.tags)
            forget(library.decisions, tags)
        elif action in ("on", "off") and is_on_here(library) != (action == "on"):
            switch(library.decisions, on=action == "on")
        on = is_on_here(library)
    finally:
        library.close()
    changed = {} if action == "list" else renew(around)
    _show(around, on=on, ticks=int(changed.get("ticks", 0)))
    return DONE


def _known(library: Library, given: Sequence[str]) -> list[str]:
    """The ids of tags given by id or label. Raises UsageError for one that was never judged."""
    found = learned(library)
    named = {text.casefold(): tag for tag, of in found.items() for text in (of.label, tag)}
    unknown = [text for text in given if text.casefold() not in named]
    if unknown:
        raise UsageError(f"no judgement of {unknown[0]!r} counts; see: nivo-tui thresholds list")
    return [named[text.casefold()] for text in given]


def _show(around: Surroundings, *, on: bool, ticks: int) -> None:
    library = open_library(around)
    try:
        found = learned(library)
    finally:
        library.close()
    output = around.output
    if found:
        output.say(f"{'tag':28} {'default':>7} {'learned':>7} {'judged':>6} {'right':>5} {'floor':>5}")
    for of in sorted(found.values(), key=lambda each: (-each.judged, each.label)):
        _print(output, of)
    counts = {"on": on, "tags": len(found), "learned": _learned(found), "ticks": ticks}
    state = "on: ticks follow them" if on else "off; nivo-tui thresholds on lets ticks follow them"
    words = f"{counts['learned']} of {len(found)} judged tags have a learned bar; they are {state}"
    if not found:
        words = f"no tag was judged by a key of its own yet; the learned bars are {state}"
    output.line("summary", counts, words)


def _print(output: Output, of: Learned) -> None:
    bar = None if of.bar in (None, NEVER_TICKED) else of.bar
    data = {
        "tag": of.tag,
        "label": of.label,
        "default": of.default,
        "learned": bar,
        "outcome": of.outcome.value,
        "ticked_at": None if of.ticked_at >= NEVER_TICKED else of.ticked_at,
        "judged": of.judged,
        "right": of.right,
        "floor": of.floor,
    }
    shown = "never" if of.bar == NEVER_TICKED else "-" if bar is None else f"{bar:.2f}"
    missing = f"  {LEAST_JUDGED - of.judged} more to judge" if of.judged < LEAST_JUDGED else ""
    line = f"{of.label:28} {of.default:7.2f} {shown:>7} {of.judged:6} {of.right:5} {of.floor:5.2f}{missing}"
    output.line("threshold", data, line)


def _learned(found: Mapping[str, Learned]) -> int:
    return sum(of.bar is not None for of in found.values())
