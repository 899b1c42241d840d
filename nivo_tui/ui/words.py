"""What the review says of itself: the figures of its title, and what stands where there are no tags."""

from __future__ import annotations

from collections.abc import Callable

from nivo_tui.catalog.views import Counts, Progress
from nivo_tui.ui.job_state import BUILTIN_DETECTOR, JobState
from nivo_tui.ui.sheet import Sheet
from nivo_tui.ui.text import counted, number

Sign = Callable[[str], str]
"""How the first key of a command is written."""


def nothing_to_decide(sheet: Sheet | None, jobs: JobState, sign: Sign) -> str:
    """What stands in the place of the tags where there are none."""
    if sheet is None:
        return "looking for photos …" if jobs.busy else f"no photos here; {sign('scan')} looks again"
    if sheet.detail.progress is Progress.NEW:
        return "not analysed yet"
    if sheet.detail.progress is Progress.FAILED:
        return "could not be analysed"
    first = "" if sheet.detail.progress is Progress.DONE else f"{sign('as_shown')} goes on, "
    return f"nothing to decide: {first}{sign('add_tag')} adds a tag, {sign('facts')} opens the facts"


def not_looked_for(sheet: Sheet | None, jobs: JobState, sign: Sign) -> str:
    """What nothing was there to find, and where to read how to have it; empty where all was."""
    if sheet is None or sheet.detail.detector != BUILTIN_DETECTOR:
        return ""
    if jobs.no_packs and not sheet.rows():
        return f"objects, scenes and who is on a photo need model packs: {sign('help')} says how"
    return f"faces are counted, not recognised: {sign('help')} says how" if sheet.detail.faces else ""


def figures(counts: Counts) -> list[str]:
    """The figures of the title, from the fullest form to the shortest."""
    new = f"{number(counts.new)} new" if counts.new else ""
    return [
        joined(counted(counts.photos, "photo"), new, to_do(counts), to_write(counts)),
        joined(to_do(counts), to_write(counts)),
    ]


def to_do(counts: Counts | None) -> str:
    """How many photos are to do, or that all are done."""
    if counts is None or not counts.photos:
        return ""
    return "all done" if counts.done and not counts.todo + counts.new else f"{number(counts.todo)} to do"


def to_write(counts: Counts | None) -> str:
    """How many photos have something to write; nothing where there are none."""
    return f"{number(counts.to_write)} to write" if counts is not None and counts.to_write else ""


def joined(*parts: str) -> str:
    """The parts that hold something, with dots between."""
    return " · ".join(part for part in parts if part)
