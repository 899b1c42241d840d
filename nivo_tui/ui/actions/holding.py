"""Lets a held key decide once: what its first repeat did is taken back as soon as a second follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nivo_tui.ui.commands import key_sign
from nivo_tui.ui.held_key import HeldKey, Press

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen

ONCE = frozenset({"flip", "accept", "reject", "back", "never", "repeat", "paste", "undo", "redo"})
"""The commands that a held key does once. Those that only move or mark may run."""


@dataclass(frozen=True, slots=True)
class Before:
    """The review before a press that may be the first repeat of a held key."""

    acts: int
    pane: str
    row: int
    tags: frozenset[str]
    photos: tuple[str, ...]


class Holding:
    """Judges the keys of the review's commands."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen
        self._keys = HeldKey(screen.clock) if screen is not None else None
        self._before: Before | None = None
        self._said = False

    def lets(self, command: str, key: str) -> bool:
        """Whether a command is done for this key; a command from elsewhere than a key always is."""
        if not key or self._keys is None:
            return True
        if command != "as_shown" and key in self.screen.keys.keys["as_shown"]:
            self.screen.guard.note()
        press = self._keys.press(key)
        if command not in ONCE:
            return True
        if press is Press.COUNTS:
            self._before = self._state()
            self._said = False
            return True
        if press is Press.TAKES_BACK and self._before is not None:
            self._take_back(command, self._before)
        if not self._said:
            self._said = True
            self.screen.say("keys", f"{key_sign(key)} is held down: it counts once")
        return False

    @property
    def quiet_s(self) -> float:
        """How long no key came, in seconds; endless before the first."""
        return self._keys.quiet_s if self._keys is not None else float("inf")

    def came_back(self, key: str) -> None:
        """Another screen was left with a key: what comes of it now may be its repeat."""
        if self._keys is not None and key:
            self._keys.press(key)
            self._before, self._said = None, False

    def _state(self) -> Before:
        screen = self.screen
        marks = screen.session.marks
        row = screen.active_list.cursor
        return Before(
            len(screen.session.undoing), screen.pane, row, frozenset(marks.tags), tuple(marks.photos)
        )

    def _take_back(self, command: str, before: Before) -> None:
        screen = self.screen
        acts = len(screen.session.undoing)
        if command == "undo" and acts < before.acts:
            screen.session.redo()
        elif command == "redo" and acts > before.acts:
            screen.session.undo()
        elif acts > before.acts:
            screen.session.drop()
        screen.session.marks.replace(before.tags, before.photos)
        screen.show_all()
        if screen.pane == before.pane:
            screen.active_list.go_to(before.row, tell=True)
