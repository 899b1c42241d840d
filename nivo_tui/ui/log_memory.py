"""The lines of the log that the screen keeps: the newest of each level, so that none pushes out another."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum
from heapq import merge

from nivo_tui.engine.protocol import LogLine

_KEPT = 400


class Level(Enum):
    """Which lines are shown, in the order in which a key goes through them."""

    ALL = "all lines"
    WARNINGS = "warnings and errors"
    ERRORS = "errors alone"

    @property
    def next(self) -> Level:
        """The one after it, round."""
        levels = list(Level)
        return levels[(levels.index(self) + 1) % len(levels)]


_SHOWN = {
    Level.ALL: ("error", "warn", "info"),
    Level.WARNINGS: ("error", "warn"),
    Level.ERRORS: ("error",),
}

_Numbered = tuple[int, LogLine]


class LogMemory:
    """Keeps lines in the order in which they came."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[_Numbered]] = {
            level: deque(maxlen=_KEPT) for level in ("error", "warn", "info")
        }
        self._count = 0

    def add(self, lines: Sequence[LogLine]) -> None:
        """Append lines, the oldest first."""
        for line in lines:
            self._count += 1
            self._lines.get(line.level, self._lines["info"]).append((self._count, line))

    def tail(self, level: Level, count: int | None = None) -> list[LogLine]:
        """The newest lines of a level, the oldest first; `count` of them at most."""
        kept = [list(self._lines[name])[-(count or _KEPT) :] for name in _SHOWN[level]]
        lines = [line for _, line in merge(*kept, key=lambda numbered: numbered[0])]
        return lines[-count:] if count is not None else lines

    def count(self, level: Level) -> int:
        """How many lines are kept of a level."""
        return sum(len(self._lines[name]) for name in _SHOWN[level])
