"""What a person marked, for the next key to act on all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Marks:
    """The marked tags of the open photo, and the marked photos of the open folder in the order of marking."""

    tags: set[str] = field(default_factory=set)
    photos: dict[str, None] = field(default_factory=dict)

    def flip_tag(self, tag: str) -> None:
        """Mark a tag, or no more."""
        self.tags.symmetric_difference_update({tag})

    def flip_photo(self, path: str) -> None:
        """Mark a photo, or no more."""
        if path in self.photos:
            del self.photos[path]
        else:
            self.photos[path] = None

    def replace(self, tags: Iterable[str], photos: Iterable[str]) -> None:
        """Mark these and no others."""
        self.clear()
        self.tags.update(tags)
        self.photos.update(dict.fromkeys(photos))

    def clear(self) -> bool:
        """Nothing is marked any more. False where nothing was."""
        had = bool(self.tags or self.photos)
        self.tags.clear()
        self.photos.clear()
        return had
