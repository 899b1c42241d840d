"""Keeps a held or an early Enter from deciding photos that nobody looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

# A terminal repeats a held key every 15-60 ms after a first pause of 200-1000 ms. An Enter after such a
# pause may be the first repeat: it counts only when no other follows at once.
REPEAT_S = 0.12
FIRST_PAUSE_S = (0.18, 1.1)
CONFIRM_S = 0.09


class Verdict(Enum):
    """What to do with an Enter: act now, act unless another follows within CONFIRM_S, or nothing."""

    ACT = auto()
    WAIT = auto()
    IGNORE = auto()


@dataclass(slots=True)
class DecisionGuard:
    """Judges each Enter by when the photo was shown and painted, and by the Enter before it."""

    clock: Callable[[], float]
    _photo: str | None = None
    _changed_at: float = float("-inf")
    _painted: bool = False
    _last_enter: float = field(default=float("-inf"))
    _serial: int = 0

    @property
    def photo(self) -> str | None:
        """The photo that is judged."""
        return self._photo

    @property
    def is_painted(self) -> bool:
        """Whether the open photo, or its placeholder, reached the terminal."""
        return self._painted

    def changed(self, photo: str | None) -> None:
        """Another photo is the open one; it is not painted yet."""
        self._photo = photo
        self._changed_at = self.clock()
        self._painted = False
        self._serial += 1

    def painted(self, photo: str) -> None:
        """The photo's picture, or its placeholder, reached the terminal."""
        if photo == self._photo:
            self._painted = True

    def enter(self) -> Verdict:
        """Judge an Enter that arrives now."""
        now = self.clock()
        since_last = now - self._last_enter
        self._last_enter = now
        self._serial += 1
        if self._photo is None or not self._painted:
            return Verdict.IGNORE
        if now - self._changed_at < REPEAT_S or since_last < REPEAT_S:
            return Verdict.IGNORE
        low, high = FIRST_PAUSE_S
        return Verdict.WAIT if low <= since_last <= high else Verdict.ACT

    def note(self) -> None:
        """An Enter went elsewhere, or another screen was left with one: what comes now may be its repeat."""
        self._last_enter = self.clock()
        self._serial += 1

    @property
    def serial(self) -> int:
        """Changes with every Enter and every photo: a waiting Enter acts only while it stands."""
        return self._serial
