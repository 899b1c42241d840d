"""Keeps an answer of the terminal that came too late from being taken for key presses."""

from __future__ import annotations

# Textual gives the bytes of a sequence it does not know as key presses, its ESC as "^". They come in one
# piece; a person's next key comes later than this.
_GAP_S = 0.05
_ESCAPE = "circumflex_accent"


class LateReplies:
    """Knows the keys that are the rest of an escape sequence. Used only where the fence never came."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def swallows(self, key: str, at: float) -> bool:
        """Whether this key press, at a time in seconds, is part of a late answer."""
        if key == _ESCAPE or at - self._last < _GAP_S:
            self._last = at
            return True
        return False
