"""From rows and decisions to what is shown: the state of a tag, the row of a list, a tag someone typed."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import unicodedata
from collections.abc import Collection, Iterator

from nivo_tui.catalog.decisions import Choice, Standing
from nivo_tui.catalog.paths import from_db
from nivo_tui.catalog.records import capture_of, fold
from nivo_tui.catalog.views import PhotoDetail, PhotoView, Progress
from nivo_tui.errors import UsageError
from nivo_tui.model import Category, Format, State, Suggestion
from nivo_tui.text import plain

VERBS = {
    State.ACCEPTED: "accepted",
    State.REJECTED: "rejected",
    State.UNDECIDED: "left open",
    State.PASSED: "passed",
}


def added_choice(path: str, text: str, detail: PhotoDetail | None) -> Choice:
    """The choice that accepts a typed tag: a suggestion of that name where there is one, else a new tag.

    `detail` is None for a photo that was never scanned. Raises UsageError where the text is no tag.
    """
    label = " ".join(text.split())
    if not label or any(unicodedata.category(c) in ("Cc", "Cs") for c in label):
        raise UsageError(
            f"'{plain(text)}' is no tag: it is at least one letter or digit, without control characters"
        )
    if detail is None:
        return Choice(path, tag_id(label), label, State.ACCEPTED)
    for s in detail.suggestions:
        if fold(label) in (fold(s.label), fold(s.tag)):
            return Choice(path, s.tag, s.label, State.ACCEPTED, s.category, detail.image_hash)
    return Choice(path, tag_id(label), label, State.ACCEPTED, None, detail.image_hash)


def choices_as_shown(
    detail: PhotoDetail, ticked: Collection[str], unticked: Collection[str] = ()
) -> list[Choice]:
    """The choices that accept the ticked tags of a photo and pass its other open judgements; those that were
    `unticked` one by one are marked as judged by themselves."""
    choices = []
    for s in detail.suggestions:
        if s.state is not State.UNDECIDED or (s.fact and s.tag not in ticked):
            continue
        state = State.ACCEPTED if s.tag in ticked else State.PASSED
        single = state is State.PASSED and s.tag in unticked
        choices.append(Choice(detail.path, s.tag, s.label, state, s.category, detail.image_hash, single))
    return choices


def tag_id(label: str) -> str:
    """The id of a tag a person made: its letters and digits in lower case, joined by underscores."""
    return re.sub(r"\W+", "_", fold(label)).strip("_") or "tag_" + label.encode().hex()


def up_to(folder: str, root: str) -> Iterator[str]:
    """The folder and its parents up to the root."""
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if folder in (root, parent):
            return
        folder = parent


def photo_view(row: sqlite3.Row) -> PhotoView:
    """The list row of a photo; the query gave `progress`, `open_tags`, `member_error` with its columns."""
    path = from_db(row["path"])
    return PhotoView(
        path=path,
        name=os.path.basename(path),
        format=Format(row["format"]) if row["format"] else None,
        size=row["size"],
        taken_at=capture_of(row).taken_at,
        faces=row["face_count"],
        tags=row["open_tags"],
        rating=row["rating"],
        progress=Progress(row["progress"]),
        error=row["error"],
        companions=tuple(json.loads(row["companions"])),
        member_error=row["member_error"],
    )


def state_of(standing: Standing | None, in_file: bool) -> State:
    """The state of a tag from its standing decision and whether its label is a keyword of the file."""
    if standing is None or standing.state is State.UNDECIDED:
        return State.IN_FILE if in_file else State.UNDECIDED
    if standing.state is State.ACCEPTED and in_file:
        return State.WRITTEN
    return standing.state


def added_suggestion(standing: Standing, in_file: set[str]) -> Suggestion | None:
    """A tag that was not suggested but typed or imported, as a suggestion; None where it was taken back."""
    imported = standing.by == "import"
    state = state_of(standing, fold(standing.label) in in_file)
    if state not in (State.ACCEPTED, State.WRITTEN) and not (imported and state is State.UNDECIDED):
        return None
    category = Category(standing.category) if standing.category else None
    source, why = ("import", "imported") if imported else ("you", "added by you")
    return Suggestion(standing.tag, standing.label, category, 1.0, source, why, state)
