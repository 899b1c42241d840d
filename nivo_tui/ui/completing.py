"""Completes a tag that is being typed, from the words of the photo and of the whole library."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from textual.suggester import Suggester

from nivo_tui.catalog.known_words import known_words
from nivo_tui.errors import NivoError
from nivo_tui.text import plain
from nivo_tui.ui.overview import LibraryReader

_FRESH_S = 60.0


class LibraryWords:
    """The words of the library, read when they are first wanted and kept for a minute."""

    def __init__(self, reader: LibraryReader, clock: Callable[[], float]) -> None:
        self._reader = reader
        self._clock = clock
        self._reading: asyncio.Task[tuple[str, ...]] | None = None
        self._read_at = float("-inf")

    async def words(self) -> tuple[str, ...]:
        """The words, each shown as it is safe to; who asks while they are read waits for the same reading."""
        if self._reading is None or self._clock() - self._read_at > _FRESH_S:
            self._read_at = self._clock()
            self._reading = asyncio.create_task(self._read())
        # A newer letter ends the question for the older one, and not the reading.
        return await asyncio.shield(self._reading)

    async def _read(self) -> tuple[str, ...]:
        try:
            return tuple(map(plain, await self._reader.read(known_words)))
        except NivoError:
            return ()


class Completion(Suggester):
    """Completes with a tag of the photo, else with any of the library; the shortest that fits."""

    def __init__(self, here: Sequence[str], library: LibraryWords) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._here = here
        self._library = library

    async def get_suggestion(self, value: str) -> str | None:
        """The word, as it is spelled, that begins with what was typed in whatever case."""
        if not value.strip():
            return None
        return _shortest(self._here, value) or _shortest(await self._library.words(), value)


def _shortest(words: Sequence[str], begun: str) -> str | None:
    fitting = (w for w in words if len(w) > len(begun) and w.casefold().startswith(begun.casefold()))
    return min(fitting, key=len, default=None)
