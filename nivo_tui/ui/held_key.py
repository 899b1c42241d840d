"""Tells a press of a key from the repeats of a held one, where each press is answered at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from nivo_tui.ui.guard import FIRST_PAUSE_S, REPEAT_S


class Press(Enum):
    """A press that counts; a repeat that does not; a repeat that shows the press before it to be one too."""

    COUNTS = auto()
    REPEAT = auto()
    TAKES_BACK = auto()


@dataclass(slots=True)
class HeldKey:
    """Judges each key by the one before it.

    The first repeat of a held key comes after a pause that a person may make as well. It counts, and is
    taken back when another follows at once: what it did must be something that can be taken back.
    """

    clock: Callable[[], float]
    _key: str = ""
    _at: float = float("-inf")
    _doubtful: bool = False

    @property
    def is_doubtful(self) -> bool:
        """Whether the press that counted last may be the first repeat of a held key."""
        return self._doubtful

    @property
    def quiet_s(self) -> float:
        """How long no key came, in seconds; endless before the first."""
        return self.clock() - self._at

    def press(self, key: str) -> Press:
        """Judge a key that arrives now."""
        now = self.clock()
        since = now - self._at if key == self._key else float("inf")
        self._key, self._at = key, now
        if since < REPEAT_S:
            doubtful, self._doubtful = self._doubtful, False
            return Press.TAKES_BACK if doubtful else Press.REPEAT
        self._doubtful = FIRST_PAUSE_S[0] <= since <= FIRST_PAUSE_S[1]
        return Press.COUNTS
