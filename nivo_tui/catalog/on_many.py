"""The same tags on many photos, as one act; names of people are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nivo_tui.catalog.states import added_choice
from nivo_tui.model import Category, State

if TYPE_CHECKING:
    from nivo_tui.catalog.decisions import Choice
    from nivo_tui.catalog.library import Library

_TAKEN = frozenset({State.ACCEPTED, State.IN_FILE, State.WRITTEN})


@dataclass(frozen=True, slots=True)
class Added:
    """What became of it: the act (None where nothing was new), on how many photos, how many names not."""

    act: int | None
    photos: int
    names: int


def add_to_photos(library: Library, paths: Iterable[str], labels: Sequence[str], *, by: str) -> Added:
    """Accept tags on photos: the suggestion of that name where there is one, else as a tag typed.

    Photos that are not in the library any more are left out. Raises UsageError where a label is no tag.
    """
    choices: list[Choice] = []
    names = 0
    is_name: dict[str, bool] = {}
    for path in paths:
        detail = library.detail(path)
        if detail is None:
            continue
        known = {s.tag: s for s in detail.suggestions}
        for label in labels:
            choice = added_choice(path, label, detail)
            suggestion = known.get(choice.tag)
            if choice.tag not in is_name:
                is_name[choice.tag] = is_name_anywhere(library, choice.tag)
            if is_name[choice.tag] or (suggestion is not None and suggestion.is_name):
                names += 1
            elif suggestion is None or suggestion.state not in _TAKEN:
                choices.append(choice)
    photos = len({choice.path for choice in choices})
    if not choices:
        return Added(None, 0, names)
    what = repr(labels[0]) if len(labels) == 1 else f"{len(labels)} tags"
    title = f"{what} added to {photos} {'photo' if photos == 1 else 'photos'}"
    return Added(library.commit(title, choices, by=by), photos, names)


def is_name_on(library: Library, path: str, tag: str) -> bool:
    """Whether a tag is a person's name on a photo."""
    detail = library.detail(path)
    return detail is not None and any(s.tag == tag and s.is_name for s in detail.suggestions)


def is_name_anywhere(library: Library, tag: str) -> bool:
    """Whether a tag is a person's name on any photo."""
    found = library.connection.execute(
        "SELECT 1 FROM suggestions WHERE tag = ? AND category = ? AND fact = 0 LIMIT 1",
        (tag, Category.PEOPLE),
    )
    return found.fetchone() is not None
