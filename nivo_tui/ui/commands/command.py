"""What a command of the screen is: its keys, its words, where and when it can be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

TAGS = "tags"
PHOTOS = "photos"
FOLDERS = "folders"
COVER = "cover"  # the photo list where it lies over the tags
PLAN = "plan"
TAG_VIEW = "tag view"
BULK = "bulk"
BURST = "burst"
HISTORY = "history"
KEYWORDS = "keywords"

REVIEW = frozenset({TAGS, PHOTOS, FOLDERS, COVER})
DECIDING = frozenset({TAGS, PHOTOS})  # where the tags that a decision is about are on the screen
DIALOGS = frozenset({PLAN, TAG_VIEW, BULK, BURST, HISTORY, KEYWORDS})  # screens with keys of their own
CONTEXTS = REVIEW | DIALOGS


@dataclass(frozen=True, slots=True)
class Situation:
    """What the screen knows of itself, for a command to say whether it can be used now."""

    has_photo: bool
    has_photos: bool
    has_rows: bool
    has_judgements: bool
    job_running: bool
    can_write: bool
    can_repeat: bool
    can_paste: bool
    searching: bool
    has_faces: bool
    has_twins: bool


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can do.

    `keys` are those of the keymap `nivo`, a sequence written with a blank ("g g"). `footer` is empty for
    what the footer leaves out; `rank` is the order in which the footer keeps them when it is narrow.
    `where` are the contexts in which the keys work. `when` says whether the command can be used now.
    """

    id: str
    keys: tuple[str, ...]
    section: str
    title: str
    help: str
    footer: str = ""
    rank: int = 99
    where: frozenset[str] = REVIEW
    when: Callable[[Situation], bool] = lambda _: True
    palette: bool = True

    def label(self, now: Situation) -> str:
        """What the footer says; nothing where the command would only say that there is nothing to do."""
        if self.id == "write" and not now.can_write:
            return ""
        return "done, next" if self.id == "as_shown" and not now.has_judgements else self.footer


def photo(now: Situation) -> bool:
    return now.has_photo


def photos(now: Situation) -> bool:
    return now.has_photos


def row(now: Situation) -> bool:
    return now.has_photo and now.has_rows


DECIDE, MOVE, FIND, SHOW, LIBRARY = "Decide", "Move", "Find", "Show", "Library"
SECTIONS = (DECIDE, MOVE, FIND, SHOW, LIBRARY)
