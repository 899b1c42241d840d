"""What takes longer than a key press may: read in a thread of its own, over a library of its own."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from nivo_tui.catalog.views import Counts, FolderView
from nivo_tui.ui.photo_source import PAGE, Page, todo_indices

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

_T = TypeVar("_T")


class LibraryReader:
    """Answers questions in one thread, with a library that is opened there; a library stays in its thread."""

    def __init__(self, open_library: Callable[[], Library]) -> None:
        self._open = open_library
        self._library: Library | None = None
        self._thread = ThreadPoolExecutor(1, "library")

    async def read(self, question: Callable[[Library], _T]) -> _T:
        """The answer to a question; questions are answered one after the other."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, question)

    def _answer(self, question: Callable[[Library], _T]) -> _T:
        if self._library is None:
            self._library = self._open()
        return question(self._library)

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

    `index` is where the photo `path` stands in the folder now, None where it is gone; `pages` are those
    around it; `todo` the indices of the photos to do, where only they are listed.
    """

    folder: str
    folders: tuple[FolderView, ...]
    counts: Counts
    total: int
    path: str | None
    index: int | None
    pages: dict[int, Page]
    todo: array[int] | None


def read_overview(
    library: Library, root: str, folder: str, path: str | None, near: int, *, filtered: bool
) -> Overview:
    """Read the state. `path` is the open photo, `near` the index by which the list is seen."""
    index = library.position(folder, path) if path is not None else None
    around = {number for at in (index, near) if at is not None for number in (at // PAGE, at // PAGE + 1)}
    return Overview(
        folder=folder,
        folders=library.folders(root),
        counts=library.counts(root),
        total=library.count(folder),
        path=path,
        index=index,
        pages={number: library.page(folder, number * PAGE, PAGE) for number in sorted(around)},
        todo=todo_indices(library, folder) if filtered else None,
    )
