"""Keeps a pasted text from being taken for key presses where the terminal does not mark it as pasted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from textual import events

# The bytes of a paste are read in one piece. Two fingers may press as close together, five do not.
_GAP_S = 0.005
_LEAST_KEYS = 5
_LEAST_KINDS = 3
_HOLD_S = 0.003


class PasteGuard:
    """Holds each key for a moment, to see whether others come with it, and lets it go or drops it.

    `app` is the application that gets the keys; `tell` is called with the number of dropped keys.
    """

    def __init__(self, app: Any, tell: Callable[[int], None]) -> None:
        self._app = app
        self._tell = tell
        self._held: list[events.Key] = []
        self._let_go: list[events.Key] = []
        self._before: list[events.Key] = []
        self._seen = 0

    def holds(self, event: events.Key) -> bool:
        """Whether this key press is to be answered later, or never; each is asked for again when let go."""
        if any(event is key for key in self._let_go):
            self._let_go = [key for key in self._let_go if key is not event]
            return False
        if not self._held:
            self._seen = 1
            self._app.set_timer(_HOLD_S, self._look)
        self._held.append(event)
        return True

    def _look(self) -> None:
        if len(self._held) > self._seen:  # more are coming
            self._seen = len(self._held)
            self._app.set_timer(_HOLD_S, self._look)
            return
        held, self._held = self._held, []
        for burst in _bursts(held):
            self._judge(burst)

    def _judge(self, burst: Sequence[events.Key]) -> None:
        goes_on = bool(self._before) and burst[0].time - self._before[-1].time <= _GAP_S
        whole = [*(self._before if goes_on else ()), *burst]
        self._before = whole[-_LEAST_KEYS:]
        pasted = len(whole) >= _LEAST_KEYS and len({key.key for key in whole}) >= _LEAST_KINDS
        # A line to type in takes the text; what would send it off is a person's to press.
        typed = pasted and _takes_text(self._app.focused)
        kept = [key for key in burst if not pasted or (typed and key.is_printable)]
        for key in kept:
            self._let_go.append(key)
            self._app.post_message(key)
        if pasted and not typed:
            self._tell(len(burst))


def _takes_text(focused: object) -> bool:
    from textual.widgets import Input

    return isinstance(focused, Input)


def _bursts(keys: Sequence[events.Key]) -> Iterator[list[events.Key]]:
    """The keys in groups that came at once."""
    burst: list[events.Key] = []
    for key in keys:
        if burst and key.time - burst[-1].time > _GAP_S:
            yield burst
            burst = []
        burst.append(key)
    if burst:
        yield burst
