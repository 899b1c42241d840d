"""A page of the tag view without a screen: its photos, their keys, and what Enter does with each."""

from __future__ import annotations

import string
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum

from nivo_tui.catalog.across import TagPhoto, TagTally
from nivo_tui.ui.commands import TAG_VIEW
from nivo_tui.ui.keymap import KeyTable, Match
from nivo_tui.ui.text import number

Place = tuple[float, int] | None
"""After which photo of a tag a page begins; None at the first."""

_KEYS = "1234567890" + string.ascii_lowercase + string.ascii_uppercase


# A person's own keys of the review mean the same here.
_REVIEW_KEYS = {
    "as_shown": "tags_commit",
    "accept": "tags_accept",
    "reject": "tags_wrong",
    "back": "tags_back",
    "undo": "tags_undo",
    "picture_full": "tags_larger",
    "skip": "tags_skip",
    "leave": "tags_leave",
}


def meaning(keys: KeyTable, pending: str, key: str) -> Match:
    """What a key means in the tag view."""
    return keys.match_dialog(TAG_VIEW, pending, key, _REVIEW_KEYS)


def labels(keys: KeyTable) -> str:
    """The keys that flip a photo, first those that are easiest: digits and letters that mean nothing else."""
    return "".join(key for key in _KEYS if meaning(keys, "", key) == Match())


class Mark(Enum):
    """What Enter does with a photo, by its sign."""

    ACCEPT = "✓"
    WRONG = "✗"
    LEAVE = "·"


MARKS = {"tags_accept": Mark.ACCEPT, "tags_wrong": Mark.WRONG, "tags_back": None}
"""What a command makes of the photo at the cursor."""

STEPS = {"tags_left": (-1, 0), "tags_right": (1, 0), "tags_up": (0, -1), "tags_down": (0, 1)}
"""Where a command takes the cursor: columns and rows."""

_ROLES = {Mark.ACCEPT: "good", Mark.WRONG: "bad", Mark.LEAVE: "dim"}


@dataclass(slots=True)
class TagPage:
    """Photos on which one tag is undecided, and what becomes of each.

    A photo at or above the bar is accepted unless a person says otherwise; one below is left. `changed` maps
    paths to what a person said. `start` is the place after which the page begins.
    """

    tally: TagTally
    photos: tuple[TagPhoto, ...]
    start: Place = None
    changed: dict[str, Mark] = field(default_factory=dict)

    def cut(self, count: int) -> None:
        """Keep so many photos: what is not shown is not decided."""
        self.photos = self.photos[:count]

    def mark(self, index: int) -> Mark:
        """What Enter does with a photo."""
        photo = self.photos[index]
        return self.changed.get(photo.path, Mark.ACCEPT if photo.ticked else Mark.LEAVE)

    def sign(self, index: int) -> tuple[str, str]:
        """Its sign and the sign's role."""
        mark = self.mark(index)
        return mark.value, _ROLES[mark]

    def flip(self, index: int) -> None:
        """✓ becomes ✗; ✗ and · become ✓."""
        self.set(index, Mark.WRONG if self.mark(index) is Mark.ACCEPT else Mark.ACCEPT)

    def set(self, index: int, mark: Mark | None) -> None:
        """Say what becomes of a photo; None takes back what was said."""
        path = self.photos[index].path
        if mark is None:
            self.changed.pop(path, None)
        else:
            self.changed[path] = mark

    def take(self, mark: Mark) -> tuple[TagPhoto, ...]:
        """The photos with this mark."""
        return tuple(photo for index, photo in enumerate(self.photos) if self.mark(index) is mark)

    @property
    def end(self) -> Place:
        """The place after which the next page begins."""
        return self.photos[-1].place if self.photos else self.start

    def outcome(self) -> str:
        """What Enter does, in words."""
        counts = {mark: len(self.take(mark)) for mark in Mark}
        parts = [f"{number(counts[Mark.ACCEPT])} right", f"{number(counts[Mark.WRONG])} wrong"]
        if counts[Mark.LEAVE]:
            parts.append(f"{number(counts[Mark.LEAVE])} left open")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class DecidedPage:
    """A page that was committed: whose it was, where it began, and what a person said on it."""

    tally: TagTally
    start: Place
    changed: dict[str, Mark]


def offered(tallies: Sequence[TagTally], seen: Collection[str]) -> int:
    """The row of the tag to go on with: the first that was not gone through yet."""
    rows = (row for row, tally in enumerate(tallies) if not tally.is_name and tally.tag not in seen)
    return next(rows, 0)
