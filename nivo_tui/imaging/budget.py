"""How many pixels may be decoded at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from nivo_tui.errors import TooLargeError

DEFAULT_MEGAPIXELS = 100.0
"""Pixels of all decodes in flight together, in millions."""

LARGEST_SHARE = 2
"""The largest single picture, in budgets; above one budget it is decoded alone."""

SETTING = "[scan] pixel_budget"
"""The setting that `TooLargeError` names."""


class PixelBudget:
    """A count of pixels shared by the decoding threads: who wants more than are free waits.

    A picture larger than the whole budget, of at most twice its size, waits until nothing else is in flight.
    A thread that holds a share must not ask for another: it could wait for itself.
    """

    def __init__(self, megapixels: float = DEFAULT_MEGAPIXELS) -> None:
        self._limit = max(int(megapixels * 1e6), 1)
        self._largest = LARGEST_SHARE * self._limit
        self._used = 0
        self._changed = threading.Condition()

    @property
    def in_flight(self) -> int:
        """Pixels held at this moment."""
        return self._used

    def allows(self, pixels: int) -> bool:
        """Whether one picture of so many pixels is ever admitted."""
        return pixels <= self._largest

    @contextmanager
    def hold(self, width: int, height: int) -> Iterator[None]:
        """Hold width x height pixels for the length of the block, waiting until they are free.

        Raises TooLargeError where a single picture is above the largest allowed.
        """
        pixels = width * height
        if not self.allows(pixels):
            raise TooLargeError(
                f"the picture has {width} x {height} = {pixels / 1e6:.0f} megapixels, and at most "
                f"{self._largest / 1e6:.0f} are decoded; raise {SETTING} if there is memory for more"
            )
        share = min(pixels, self._limit)
        with self._changed:
            self._changed.wait_for(lambda: self._used + share <= self._limit)
            self._used += share
        try:
            yield
        finally:
            with self._changed:
                self._used -= share
                self._changed.notify_all()


DEFAULT_BUDGET = PixelBudget()
"""What decodes count against when the caller brings no budget."""
