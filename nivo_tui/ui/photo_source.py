"""The photos of the open folder, or those that a query finds in it, in pages as the list shows them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nivo_tui.catalog.views import PhotoView, Progress
from nivo_tui.text import plain

if TYPE_CHECKING:
    from nivo_tui.catalog.finder import Finder, Listing
    from nivo_tui.catalog.library import Library
    from nivo_tui.catalog.query import Query

PAGE = 128
KEPT_PAGES = 24

Page = tuple[PhotoView, ...]

PRESETS = (
    ("to do", "is:todo"),
    ("new", "is:new"),
    ("to write", "is:write"),
    ("passed", "is:passed"),
    ("with faces", "faces:>=1"),
    ("problems", "is:failed"),
    ("all", ""),
)
"""What is filtered by most: the name of each, and its query."""


def filter_name(query: Query) -> str:
    """How a filter is called: the name of the preset, else the query itself."""
    return next((name for name, text in PRESETS if text == query.text), plain(query.text))


class PhotoSource:
    """Rows of the photo list, over pages of the library or of what a query found.

    Pages are kept as they were read until `adopt` brings newer ones. A photo that a query found stays in
    the list when a decision makes it match no more: it goes when the filter is applied anew.
    """

    def __init__(self, library: Library, folder: str, listing: Listing | None = None) -> None:
        self.library = library
        self.folder = folder
        self.listing = listing
        self.total = library.count(folder) if listing is None else 0
        self._pages: OrderedDict[int, Page] = OrderedDict()
        self._finder: Finder | None = None

    @property
    def filtered(self) -> bool:
        """Whether only what a query found is listed."""
        return self.listing is not None

    @property
    def query(self) -> Query | None:
        """What the list was filtered by."""
        return None if self.listing is None else self.listing.query

    def __len__(self) -> int:
        return self.total if self.listing is None else len(self.listing)

    def row(self, row: int) -> PhotoView | None:
        """The photo in a row of the list."""
        if not 0 <= row < len(self):
            return None
        page = self._page(row // PAGE)
        place = row % PAGE
        return page[place] if place < len(page) else None

    def _page(self, number: int) -> Page:
        page = self._pages.get(number)
        if page is None:
            page = self.read(number)
            self._pages[number] = page
            if len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)
        self._pages.move_to_end(number)
        return page

    def read(self, number: int) -> Page:
        """A page as it is now."""
        if self.listing is None:
            return self.library.page(self.folder, number * PAGE, PAGE)
        return self.finder.page(self.listing.photos[number * PAGE : (number + 1) * PAGE])

    @property
    def finder(self) -> Finder:
        """Finds photos by their numbers, in the screen's thread."""
        if self._finder is None:
            from nivo_tui.catalog.finder import Finder

            self._finder = Finder(self.library)
        return self._finder

    def row_of(self, path: str) -> int | None:
        """The row of a photo, or of its shot, None where it is not listed."""
        if self.listing is None:
            return self.library.position(self.folder, path)
        number = self.finder.number(path)
        return None if number is None else self.listing.place(number)

    def next_todo_row(self, row: int) -> int | None:
        """The row of the next photo to do after `row`; from the top again when there is none below."""
        for near in range(row + 1, min(row + 1 + PAGE, len(self))):
            photo = self.row(near)
            if photo is not None and photo.progress is Progress.TODO:
                return near
        return self._next_in_library(row) if self.listing is None else self._next_listed(row)

    def _next_in_library(self, row: int) -> int | None:
        found = self.library.next_todo(self.folder, row)
        if found is None and row > 0:
            found = self.library.next_todo(self.folder, -1)
        return None if found == row else found

    def _next_listed(self, row: int) -> int | None:
        """The next row that was to do when the list was read, and still is."""
        assert self.listing is not None
        todo = self.listing.todo
        for start, end in ((row + 1, len(todo)), (0, max(0, row))):
            found = todo.find(1, start, end)
            while found >= 0:
                photo = self.row(found)
                if photo is not None and photo.progress is Progress.TODO:
                    return found
                todo[found] = 0
                found = todo.find(1, found + 1, end)
        return None

    def put(self, photo: PhotoView) -> None:
        """Replace the row of one photo, wherever it is kept."""
        for number, page in self._pages.items():
            for place, known in enumerate(page):
                if known.path == photo.path:
                    self._pages[number] = (*page[:place], photo, *page[place + 1 :])
                    self._set_todo(number * PAGE + place, photo)
                    return

    def _set_todo(self, row: int, photo: PhotoView) -> None:
        if self.listing is not None and row < len(self.listing.todo):
            self.listing.todo[row] = photo.progress is Progress.TODO

    def forget(self) -> None:
        """Read the pages anew when they are needed."""
        self._pages.clear()

    def adopt(self, total: int, pages: Mapping[int, Page], listing: Listing | None) -> None:
        """Take a newer state of the folder, with the pages that are on the screen."""
        self.total = total
        self._pages = OrderedDict(pages)
        self.listing = listing
