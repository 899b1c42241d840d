"""What takes longer than a key press may: read in a thread of its own, over a library of its own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from nivo_tui.catalog.database import failure
from nivo_tui.catalog.views import Counts, FolderView
from nivo_tui.ui.photo_source import PAGE, Page, PhotoSource

if TYPE_CHECKING:
    from nivo_tui.catalog.finder import Listing
    from nivo_tui.catalog.library import Library

_T = TypeVar("_T")


class LibraryReader:
    """Answers questions in one thread, with a library that is opened there; a library stays in its thread."""

    def __init__(self, open_library: Callable[[], Library]) -> None:
        self._open = open_library
        self._library: Library | None = None
        self._thread = ThreadPoolExecutor(1, "library")

    async def read(self, question: Callable[[Library], _T]) -> _T:
        """The answer to a question; questions are answered one after the other. Raises StoreError."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, question)

    def _answer(self, question: Callable[[Library], _T]) -> _T:
        if self._library is None:
            self._library = self._open()
        try:
            return question(self._library)
        except sqlite3.Error as error:
            raise failure(self._library.connection, error) from error

    def close(self) -> None:
        """Let go of the library; a question in hand is finished first."""
        self._thread.submit(self._close)
        self._thread.shutdown(wait=True)

    def _close(self) -> None:
        if self._library is not None:
            self._library.close()


@dataclass(frozen=True, slots=True)
class Overview:
    """A state of the open folder and of the whole library.

    `row` is where the photo `path` stands in the list now, None where it is gone; `pages` are those
    around it; `listing` is what the filter finds now, with what it found before (`asked`), where there
    is one.
    """

    folder: str
    folders: tuple[FolderView, ...]
    counts: Counts
    total: int
    path: str | None
    row: int | None
    pages: dict[int, Page]
    listing: Listing | None
    asked: Listing | None = None


def read_overview(
    library: Library, root: str, folder: str, path: str | None, near: int, listing: Listing | None
) -> Overview:
    """Read the state. `path` is the open photo, `near` the row by which the list is seen.

    `listing` is what the filter found before. What matches no more stays in the list: a photo must not
    vanish under the cursor because it was decided.
    """
    asked = listing
    if listing is not None:
        from nivo_tui.catalog.finder import Finder

        listing = Finder(library, listing.since).listing(listing.query, folder, listing.photos)
    source = PhotoSource(library, folder, listing)
    row = source.row_of(path) if path is not None else None
    around = {number for at in (row, near) if at is not None for number in (at // PAGE, at // PAGE + 1)}
    return Overview(
        folder=folder,
        folders=library.folders(root),
        counts=library.counts(root),
        total=source.total,
        path=path,
        row=row,
        pages={number: source.read(number) for number in sorted(around)},
        listing=listing,
        asked=asked,
    )
