"""What lies beside a photo: the names in its folder, listed once for all photos there."""

from __future__ import annotations

import os

_MOST_FOLDERS = 16


class Neighbours:
    """The names in folders, as they were when first asked for. Any number of threads may ask."""

    def __init__(self) -> None:
        self._names: dict[str, frozenset[str] | None] = {}

    def of(self, path: str) -> frozenset[str] | None:
        """The names in the folder of a photo; None where the folder cannot be listed."""
        folder = os.path.dirname(path)
        if folder not in self._names:
            if len(self._names) >= _MOST_FOLDERS:
                self._names = {}
            try:
                self._names[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._names[folder] = None
        return self._names.get(folder)
