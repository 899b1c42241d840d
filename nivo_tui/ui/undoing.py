"""What was done in this session, and taking it back: by the acts' own numbers, whoever committed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nivo_tui.text import plain

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

Ticks = dict[str, bool]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person did: acts of the library, or a change of ticks alone.

    `path` is the photo it was done on, `numbers` the acts of the library and `stand` whether they stood
    after it (they did not where it took them back). `ticks` are the photo's changed ticks as they were
    before.
    """

    path: str
    numbers: tuple[int, ...]
    ticks: Ticks
    words: str = ""
    stand: bool = True


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back or made again: a line for the log, the photo it was on, where known, its acts."""

    words: str
    path: str | None
    numbers: tuple[int, ...] = ()


@dataclass(slots=True)
class Undoing:
    """The acts of a session, in order, and those taken back.

    `ticks_of` gives the changed ticks of a photo, which an act may have changed too.
    """

    library: Library
    ticks_of: Callable[[str], Ticks]
    _done: list[Act] = field(default_factory=list)
    _undone: list[Act] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._done)

    def note(self, act: Act) -> None:
        """A new act; what was taken back before it cannot be made again."""
        self._done.append(act)
        self._undone.clear()

    def newest(self) -> tuple[int, ...]:
        """The number of the newest act of the library, by whichever connection."""
        act = self.library.decisions.newest_act(since=0)
        return () if act is None else (act.id,)

    def undo(self) -> Undone | None:
        """Take back the newest act. None when nothing of this session is left."""
        return self._move(self._done, self._undone, again=False)

    def redo(self) -> Undone | None:
        """Make the act taken back last again."""
        return self._move(self._undone, self._done, again=True)

    def drop(self) -> Undone | None:
        """Take back the newest act as if it had never been: it cannot be made again."""
        undone = self.undo()
        if undone is not None:
            self._undone.pop()
        return undone

    def _move(self, source: list[Act], target: list[Act], *, again: bool) -> Undone | None:
        if not source:
            return None
        act = source[-1]
        stand = act.stand if again else not act.stand
        order: Iterable[int] = act.numbers if stand else reversed(act.numbers)
        for number in order:
            mark(self.library, number, stand=stand)
        source.pop()
        target.append(self._with_other_ticks(act))
        return Undone(plain(act.words) or self._title(act), act.path or None, act.numbers)

    def _with_other_ticks(self, act: Act) -> Act:
        """The same act, to be moved back: the photo's ticks change places with those the act holds."""
        ticks = self.ticks_of(act.path)
        before = dict(ticks)
        ticks.clear()
        ticks.update(act.ticks)
        return Act(act.path, act.numbers, before, act.words, act.stand)

    def _title(self, act: Act) -> str:
        found = self.library.decisions.act(act.numbers[0]) if act.numbers else None
        return "" if found is None else found.title


def mark(library: Library, number: int, *, stand: bool) -> None:
    """Let an act of the library stand, or take it back; later decisions stay as they are."""
    if stand:
        library.decisions.restore_act(number)
    else:
        library.decisions.revoke_act(number)
