"""The number of photos that a person types to say that they mean it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from nivo_tui.ui.guard import REPEAT_S

_MOST_DIGITS = 9
# Keys of a person come this much apart; those of a pasted text, in a terminal that does not mark it, closer.
_AT_ONCE_S = 0.02


class Said(Enum):
    """What an Enter says: yes, another number, nothing typed, or it was no press of a person's."""

    YES = auto()
    WRONG = auto()
    NOTHING = auto()
    NOT_PRESSED = auto()


@dataclass(slots=True)
class TypedCount:
    """Digits typed so far. An Enter counts by itself: not in one go with the digits, not repeated."""

    clock: Callable[[], float]
    text: str = ""
    _typed_at: float = field(default=float("-inf"))
    _enter_at: float = field(default=float("-inf"))

    def digit(self, digit: str) -> None:
        """One more digit."""
        self.text = (self.text + digit)[:_MOST_DIGITS]
        self._typed_at = self.clock()

    def paste(self, text: str) -> None:
        """A pasted number is typed; anything else is not, and no line break presses Enter."""
        words = text.strip()
        if words.isascii() and words.isdigit():
            self.digit(words)

    def backspace(self) -> None:
        """The last digit away."""
        self.text = self.text[:-1]

    def clear(self) -> None:
        """A count is never carried over to something else."""
        self.text = ""

    def enter(self, wanted: int) -> Said:
        """Judge an Enter that arrives now; the number is used up by it, whatever it was."""
        now = self.clock()
        repeated, self._enter_at = now - self._enter_at < REPEAT_S, now
        if repeated or (self.text and now - self._typed_at < _AT_ONCE_S):
            return Said.NOT_PRESSED
        typed, self.text = self.text, ""
        if not typed:
            return Said.NOTHING
        return Said.YES if typed == str(wanted) and wanted > 0 else Said.WRONG
