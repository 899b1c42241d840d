"""What the catalog knows of pictures that were looked at before, for the threads that look at photos."""

from __future__ import annotations

import threading

from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import PhotoRecord
from nivo_tui.model import Format
from nivo_tui.settings import Paths

_TURNED_BY_CONTAINER = (Format.HEIC, Format.AVIF)


class CatalogMemory:
    """Records found by path or by the hash of the image data. Each thread has a connection of its own."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._local = threading.local()
        self._lock = threading.Lock()
        self._opened: list[PhotoStore] = []

    def picture(self, record: PhotoRecord) -> PhotoRecord | None:
        """The record of a photo that shows the very picture of `record`: its own, or that of a copy."""
        if record.image_hash is None:
            return None
        twins = self._store().twins(record.image_hash, record.path)
        return next((known for known in twins if shows_the_same(known, record)), None)

    def close(self) -> None:
        """Close the connections of all threads; they have ended by now."""
        with self._lock:
            for store in self._opened:
                store.connection.close()
            self._opened.clear()

    def _store(self) -> PhotoStore:
        store: PhotoStore | None = getattr(self._local, "store", None)
        if store is None:
            store = PhotoStore(open_catalog(self._paths))
            self._local.store = store
            with self._lock:
                self._opened.append(store)
        return store


def shows_the_same(known: PhotoRecord, record: PhotoRecord) -> bool:
    """Whether what was seen in `known` holds for `record`: the same image data, turned the same way."""
    if known.error is not None or not known.versions or known.image_hash != record.image_hash:
        return False
    if known.format is not record.format or known.metadata.orientation != record.metadata.orientation:
        return False
    # The turn of these stands in the container, which the hash of the image data leaves out.
    before, now = known.stat, record.stat
    return record.format not in _TURNED_BY_CONTAINER or (before.size, before.mtime_ns) == (
        now.size,
        now.mtime_ns,
    )
