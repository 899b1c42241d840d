"""The photos of the open folder, read from the library in pages as the list shows them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nivo_tui.catalog.views import PhotoView, Progress

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

PAGE = 128
KEPT_PAGES = 24
_TODO_PAGE = 2000

Page = tuple[PhotoView, ...]


class PhotoSource:
    """Rows of the photo list over pages of the library; with a filter, over the photos to do alone.

    A row is a number in the list as shown, an index a number in the whole folder. Pages are kept as they
    were read until `adopt` brings newer ones.
    """

    def __init__(self, library: Library, folder: str) -> None:
        self.library = library
        self.folder = folder
        self.total = library.count(folder)
        self._pages: OrderedDict[int, Page] = OrderedDict()
        self._todo: array[int] | None = None

    @property
    def filtered(self) -> bool:
        """Whether only the photos to do are listed."""
        return self._todo is not None

    def __len__(self) -> int:
        return self.total if self._todo is None else len(self._todo)

    def row(self, row: int) -> PhotoView | None:
        """The photo in a row of the list."""
        if not 0 <= row < len(self):
            return None
        index = self.index(row)
        page = self._page(index // PAGE)
        place = index % PAGE
        return page[place] if place < len(page) else None

    def index(self, row: int) -> int:
        """The index in the folder of a row."""
        return row if self._todo is None else self._todo[row]

    def _page(self, number: int) -> Page:
        page = self._pages.get(number)
        if page is None:
            page = self.library.page(self.folder, number * PAGE, PAGE)
            self._pages[number] = page
            if len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)
        self._pages.move_to_end(number)
        return page

    def row_at(self, index: int | None) -> int | None:
        """The row of an index of the folder, None where it is not listed."""
        if index is None or self._todo is None:
            return index
        row = bisect_left(self._todo, index)
        return row if row < len(self._todo) and self._todo[row] == index else None

    def row_of(self, path: str) -> int | None:
        """The row of a photo, None where it is not listed."""
        return self.row_at(self.library.position(self.folder, path))

    def next_todo_row(self, row: int) -> int | None:
        """The row of the next photo to do after `row`; from the top again when there is none below."""
        for near in range(row + 1, min(row + 1 + PAGE, len(self))):
            photo = self.row(near)
            if photo is not None and photo.progress is Progress.TODO:
                return near
        return self._next_in_library(row) if self._todo is None else self._next_listed(row)

    def _next_in_library(self, row: int) -> int | None:
        found = self.library.next_todo(self.folder, row)
        if found is None and row > 0:
            found = self.library.next_todo(self.folder, -1)
        return None if found == row else found

    def _next_listed(self, row: int) -> int | None:
        order = (*range(row + 1, len(self)), *range(0, min(row, len(self))))
        found = ((r, self.row(r)) for r in order)
        return next((r for r, photo in found if photo is not None and photo.progress is Progress.TODO), None)

    def put(self, photo: PhotoView) -> None:
        """Replace the row of one photo, wherever it is kept."""
        for number, page in self._pages.items():
            for place, known in enumerate(page):
                if known.path == photo.path:
                    self._pages[number] = (*page[:place], photo, *page[place + 1 :])
                    return

    def forget(self) -> None:
        """Read the pages anew when they are needed."""
        self._pages.clear()

    def adopt(self, total: int, pages: Mapping[int, Page], todo: array[int] | None) -> None:
        """Take a newer state of the folder, with the pages that are on the screen."""
        self.total = total
        self._pages = OrderedDict(pages)
        self._todo = todo


def todo_indices(library: Library, folder: str) -> array[int]:
    """The indices of all photos to do; reads the whole folder, so it is asked outside the screen's thread."""
    found: array[int] = array("l")
    for start in range(0, library.count(folder), _TODO_PAGE):
        page = library.page(folder, start, _TODO_PAGE)
        found.extend(start + i for i, photo in enumerate(page) if photo.progress is Progress.TODO)
    return found


def find_row(library: Library, source: PhotoSource, words: str, after: int) -> int | None:
    """The row of the next photo after row `after`, going round, whose name or tags hold `words`.

    Asked outside the screen's thread, with that thread's library.
    """
    index = source.index(after)
    for _ in range(max(1, len(source))):
        found = library.find(source.folder, words, index)
        row = source.row_at(found)
        if found is None or row is not None:
            return row
        index = found
    return None
