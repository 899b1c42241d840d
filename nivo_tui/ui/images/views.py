"""What of a photo is shown, and from which file: its thumbnail, or a sharper picture made by the engine."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from itertools import count

from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.engine.protocol import View, ViewMade

Window = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the upright photo."""

Part = tuple[float, float, float, float]
"""The same as fractions (0-1) of a picture."""

THUMBNAIL_SIDE = 512
_WORTH = 1.25
"""A picture is asked for where it has so many times the thumbnail's pixels a side."""

_KEPT = 12
_MOST_ASKED = 6_000_000
_PAN = 0.25


@dataclass(frozen=True, slots=True)
class Made:
    """A picture of the engine: of the whole photo, or of a window of it."""

    file: str
    window: Window | None
    size: tuple[int, int]


class SharpViews:
    """Asks the engine for pictures and keeps where the newest ones are. No answer ever is no harm."""

    def __init__(self) -> None:
        self._requests = count(1)
        self._asked: View | None = None
        self._refused: set[tuple[str, Window | None]] = set()
        self._made: OrderedDict[tuple[str, Window | None], Made] = OrderedDict()

    def ask(self, path: str, size: tuple[int, int], window: Window | None) -> View | None:
        """The order for a picture; None where it was ordered, or cannot be made."""
        asked = self._asked
        if (path, window) in self._refused:
            return None
        if asked is not None and (asked.path, asked.size, asked.region) == (path, size, window):
            return None
        self._asked = View(path, size, window, next(self._requests))
        return self._asked

    def take(self, made: ViewMade) -> bool:
        """Keep an answer; False where it is not the one that is waited for."""
        asked = self._asked
        if asked is None or made.request != asked.request or made.path != asked.path:
            return False
        self._asked = None
        key = (asked.path, asked.region)
        if made.file is None:
            self._refused.add(key)
            return False
        self._made[key] = Made(made.file, asked.region, (made.width, made.height))
        self._made.move_to_end(key)
        while len(self._made) > _KEPT:
            self._made.popitem(last=False)
        return True

    def whole(self, path: str) -> Made | None:
        """The sharper picture of a whole photo."""
        return self._made.get((path, None))

    def around(self, path: str, window: Window) -> Made | None:
        """A picture in which this window lies."""
        for (of, region), made in reversed(self._made.items()):
            if of == path and region is not None and _lies_in(window, region):
                return made
        return None

    def forget(self, file: str) -> None:
        """The file is gone, or cannot be read."""
        for key in [key for key, made in self._made.items() if made.file == file]:
            del self._made[key]


def worth_asking(size: tuple[int, int], detail: PhotoDetail) -> bool:
    """Whether the thumbnail is blurred at this size, and the photo itself has more."""
    longest = max(detail.width or 0, detail.height or 0)
    return max(size) > _WORTH * THUMBNAIL_SIDE and longest > THUMBNAIL_SIDE and detail.error is None


def part_of(window: Window, of: Window) -> Part:
    """A window as fractions of another one, or of a whole photo."""
    width, height = of[2] - of[0], of[3] - of[1]
    left, right = ((x - of[0]) / width for x in (window[0], window[2]))
    top, bottom = ((y - of[1]) / height for y in (window[1], window[3]))
    return left, top, right, bottom


def wider(window: Window, photo: tuple[int, int]) -> Window:
    """The window with half of its size around it, so that moving it a little shows something at once."""
    width, height = window[2] - window[0], window[3] - window[1]
    if 4 * width * height > _MOST_ASKED:
        return window
    return (
        max(0, window[0] - width // 2),
        max(0, window[1] - height // 2),
        min(photo[0], window[2] + width // 2),
        min(photo[1], window[3] + height // 2),
    )


def _lies_in(window: Window, region: Window) -> bool:
    return (
        region[0] <= window[0]
        and region[1] <= window[1]
        and window[2] <= region[2]
        and window[3] <= region[3]
    )


class FullSize:
    """Where one looks at a photo at 100 %: at its faces in turn, the largest first, or anywhere."""

    def __init__(self, detail: PhotoDetail) -> None:
        assert detail.width and detail.height
        self.path = detail.path
        self.photo = (detail.width, detail.height)
        self._faces = sorted(
            detail.faces or (), key=lambda face: (face.left - face.right) * (face.bottom - face.top)
        )
        self._face = 0
        self._centre = self._middle()

    def _middle(self) -> tuple[float, float]:
        if not self._faces:
            return self.photo[0] / 2, self.photo[1] / 2
        face = self._faces[self._face]
        return (face.left + face.right) / 2, (face.top + face.bottom) / 2

    def next_face(self) -> None:
        """Look at the next face, round; back to the middle where there is none."""
        self._face = (self._face + 1) % max(1, len(self._faces))
        self._centre = self._middle()

    def pan(self, right: int, down: int, size: tuple[int, int]) -> None:
        """Move by quarters of a window of this size."""
        left, top, _, _ = self.window(size)
        self._centre = (
            left + size[0] / 2 + right * max(1, size[0] * _PAN),
            top + size[1] / 2 + down * max(1, size[1] * _PAN),
        )
        left, top, end, bottom = self.window(size)
        self._centre = (left + end) / 2, (top + bottom) / 2

    def window(self, size: tuple[int, int]) -> Window:
        """What is seen in a place of so many pixels, inside the photo."""
        (left, right), (top, bottom) = (
            _around(self._centre[axis], min(size[axis], self.photo[axis]), self.photo[axis])
            for axis in (0, 1)
        )
        return left, top, right, bottom

    @property
    def words(self) -> str:
        """100 %  face 1 of 3."""
        at = f"  face {self._face + 1} of {len(self._faces)}" if self._faces else ""
        return f"100 %{at}"


def _around(centre: float, length: int, most: int) -> tuple[int, int]:
    start = max(0, min(round(centre - length / 2), most - length))
    return start, start + length
