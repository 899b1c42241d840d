"""After photos came, changed or went: which files of their folders are one shot."""

from __future__ import annotations

import os
from collections.abc import Iterable

from nivo_tui.catalog.grouping import ShotRows
from nivo_tui.catalog.photos import PhotoStore
from nivo_tui.catalog.shots import stem_of_shot
from nivo_tui.engine.listing import Listing, names_beside


class ShotGrouping:
    """Remembers the folders that a scan touched, and makes their photos into shots."""

    def __init__(self, photos: PhotoStore, listing: Listing) -> None:
        self._rows = ShotRows(photos)
        self._listing = listing
        self._touched: set[str] = set()

    def touch(self, paths: Iterable[str]) -> None:
        """These photos are new or gone, or something about them changed."""
        self._touched.update(map(os.path.dirname, paths))

    def settle(self) -> None:
        """Make the shots of the folders touched since the last time."""
        self._group(self._touched)
        self._touched.clear()

    def settle_all(self) -> None:
        """The same, and of every folder where the catalog is older than the rule for shots."""
        if self._rows.are_current():
            self._touched |= self._with_other_films()
            self.settle()
            return
        self._group(self._rows.folders())
        self._touched.clear()
        self._rows.note_current()

    def _with_other_films(self) -> set[str]:
        """The folders that were walked in which films or lists of edits came to a photo, or went."""
        known = self._rows.beside()
        there = {
            folder: {(stem_of_shot(name), os.path.splitext(name)[1][1:].casefold()) for name in names}
            for folder, names in self._listing.beside.items()
            if names or folder in known
        }
        differing = {folder for folder, found in there.items() if found != known.get(folder, set())}
        if not differing:
            return differing
        # Films that belong to no photo are no news.
        stems: dict[str, set[str]] = {folder: set() for folder in differing}
        for path in self._listing.photos:
            folder, name = os.path.split(path)
            if folder in stems:
                stems[folder].add(stem_of_shot(name))
        return {
            folder
            for folder in differing
            if {each for each in there[folder] if each[0] in stems[folder]} != known.get(folder, set())
        }

    def _group(self, folders: Iterable[str]) -> None:
        for folder in sorted(folders):
            beside = self._listing.beside.get(folder)
            self._rows.group(folder, names_beside(folder) if beside is None else beside)
