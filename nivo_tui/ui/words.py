"""What the review says of itself: the figures of its title, and what stands where there are no tags."""

from __future__ import annotations

from collections.abc import Callable

from nivo_tui.catalog.views import Counts, Progress
from nivo_tui.ui.job_state import BUILTIN_DETECTOR, JobState
from nivo_tui.ui.sheet import Sheet
from nivo_tui.ui.text import counted, number

Sign = Callable[[str], str]
"""How the first key of a command is written."""


def nothing_to_decide(sheet: Sheet | None, jobs: JobState, sign: Sign, counts: Counts | None = None) -> str:
    """What stands in the place of the tags where there are none, and what to do next."""
    if sheet is None:
        return _no_photo(jobs, sign)
    if sheet.detail.progress is Progress.NEW:
        wait = f"its turn comes, {sign('skip')} goes on" if jobs.busy else f"{sign('scan')} scans"
        return f"not analysed yet: {wait}"
    if sheet.detail.progress is Progress.FAILED:
        if counts is not None and counts.failed == counts.photos > 1 and not jobs.busy:
            return (
                f"none of these {number(counts.photos)} photos could be analysed: the log says why, "
                "nivo-tui doctor checks the installation"
            )
        return f"could not be analysed: {sign('skip')} goes on, {sign('scan')} tries again"
    first = "" if sheet.detail.progress is Progress.DONE else f"{sign('as_shown')} goes on, "
    return f"nothing to decide: {first}{sign('add_tag')} adds a tag, {sign('facts')} opens the facts"


def _no_photo(jobs: JobState, sign: Sign) -> str:
    if jobs.busy:
        return "looking for photos …"
    return (
        f"no photos in this folder: {sign('scan')} looks again, "
        f"{sign('quit')} leaves and nivo-tui FOLDER opens another"
    )


def what_next(counts: Counts | None, jobs: JobState, sign: Sign) -> str:
    """What can be done once every photo is done; empty before."""
    if counts is None or jobs.busy or not counts.done or counts.todo + counts.waiting:
        return ""
    write = (
        f"{sign('write')} writes {number(counts.to_write)}" if counts.to_write else "nothing is left to write"
    )
    more = f"{sign('tag_view')} looks at one tag across photos, {sign('history')} takes back"
    return f"all {counted(counts.photos, 'photo')} done: {write}, {more}"


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
    waiting = f"{number(counts.waiting)} to scan" if counts.waiting else ""
    return [
        joined(counted(counts.photos, "photo"), new, waiting, to_do(counts), to_write(counts)),
        joined(counted(counts.photos, "photo"), new, to_do(counts), to_write(counts)),
        joined(to_do(counts), to_write(counts)),
    ]


def to_do(counts: Counts | None) -> str:
    """How many photos are to do, or that all are done."""
    if counts is None or not counts.photos:
        return ""
    return "all done" if counts.done and not counts.todo + counts.waiting else f"{number(counts.todo)} to do"


def to_write(counts: Counts | None) -> str:
    """How many photos have something to write; nothing where there are none."""
    return f"{number(counts.to_write)} to write" if counts is not None and counts.to_write else ""


def joined(*parts: str) -> str:
    """The parts that hold something, with dots between."""
    return " · ".join(part for part in parts if part)
