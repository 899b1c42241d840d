"""Pictures for the screen that are sharper than a thumbnail: a whole photo at a size, or a part of it."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nivo_tui.engine.protocol import Event, View, ViewMade
from nivo_tui.engine.work import PHOTO, InHand
from nivo_tui.errors import NivoError
from nivo_tui.settings import Paths

if TYPE_CHECKING:
    from nivo_tui.imaging.working import Pixels

_log = logging.getLogger(__name__)

FOLDER = "views"
MOST_FILES, MOST_BYTES = 50, 100_000_000
_KEPT_S = 20.0
"""How long a decoded photo stays in memory for the next part of it."""

_KEPT_PIXELS = 60_000_000
_WHOLE_QUALITY, _PART_QUALITY = 88, 95
_PREFIX = "view-"


class Viewer:
    """Serves `View` orders in a thread of its own, the newest one alone, one photo in memory at a time."""

    def __init__(self, paths: Paths, send: Callable[[Event], None]) -> None:
        self._files = ViewFiles(paths.thumbnails / FOLDER)
        self._hand = InHand(paths.home, PHOTO)
        self._send = send
        self._change = threading.Condition()
        self._wanted: View | None = None
        self._started = False
        self._kept: _Decoded | None = None

    def ask(self, order: View) -> None:
        """Make this picture next; one that still waits is forgotten. From any thread, at once."""
        with self._change:
            self._wanted = order
            if not self._started:
                self._started = True
                threading.Thread(target=self._work, name="views", daemon=True).start()
            self._change.notify_all()

    def _next(self) -> View:
        with self._change:
            while self._wanted is None:
                if not self._change.wait(_KEPT_S if self._kept else None):
                    self._kept = None
            order, self._wanted = self._wanted, None
            return order

    def _work(self) -> None:
        self._files.clear()
        while True:
            order = self._next()
            try:
                # A decoder that ends the process leaves the name of the photo behind.
                self._hand.note(order.path)
                file, width, height = self._make(order)
                made = ViewMade(order.request, order.path, str(file), width, height)
            except (NivoError, OSError) as error:
                made = ViewMade(order.request, order.path, None, error=str(error))
            except Exception as error:
                _log.exception("no view of %s", order.path)
                made = ViewMade(order.request, order.path, None, error=type(error).__name__)
            with suppress(OSError):
                self._hand.note(None)
            with self._change:
                outdated = self._wanted is not None
            if not outdated:
                self._send(made)

    def _make(self, order: View) -> tuple[Path, int, int]:
        from nivo_tui.imaging.working import averaged

        if order.region is not None:
            picture = cropped(self._whole(order.path), order.region)
            quality = _PART_QUALITY
        else:
            decoded = _decode(order.path, order.size)
            height, width = decoded.shape[:2]
            picture = averaged(decoded, fitting((width, height), order.size))
            quality = _WHOLE_QUALITY
        file = self._files.store(picture, quality)
        return file, picture.shape[1], picture.shape[0]

    def _whole(self, path: str) -> Pixels:
        """Every pixel of a photo; those of the last one asked for are still there for a while."""
        stat = os.stat(path)
        state = (path, stat.st_size, stat.st_mtime_ns)
        if self._kept is not None and self._kept.state == state:
            return self._kept.rgb
        self._kept = None
        rgb = _decode(path, None)
        if rgb.shape[0] * rgb.shape[1] <= _KEPT_PIXELS:
            self._kept = _Decoded(state, rgb)
        return rgb


@dataclass(frozen=True, slots=True)
class _Decoded:
    state: tuple[str, int, int]
    rgb: Pixels


class ViewFiles:
    """The made pictures on disk: private, the newest of them only, none of an engine before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: deque[tuple[Path, int]] = deque()
        self._count = 0

    def clear(self) -> None:
        """Remove what an engine before this one left."""
        with suppress(OSError):
            for file in self._folder.glob(f"{_PREFIX}*.jpg"):
                file.unlink(missing_ok=True)

    def store(self, picture: Pixels, quality: int) -> Path:
        """Write an RGB picture as a JPEG; the oldest give way. Raises OSError."""
        import numpy as np
        import simplejpeg

        data = simplejpeg.encode_jpeg(
            np.ascontiguousarray(picture), quality=quality, colorspace="RGB", colorsubsampling="444"
        )
        self._folder.mkdir(0o700, parents=True, exist_ok=True)
        self._count += 1
        file = self._folder / f"{_PREFIX}{os.getpid()}-{self._count}.jpg"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
        self._made.append((file, len(data)))
        with os.fdopen(os.open(file, flags, 0o600), "wb") as handle:
            handle.write(data)
        self._prune()
        return file

    def _prune(self) -> None:
        while len(self._made) > MOST_FILES or (
            len(self._made) > 1 and sum(size for _, size in self._made) > MOST_BYTES
        ):
            oldest, _ = self._made.popleft()
            with suppress(OSError):
                oldest.unlink(missing_ok=True)


def fitting(picture: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """The size (width, height) at which a picture fits the room in its own ratio, never enlarged."""
    scale = min(1.0, max(1, room[0]) / picture[0], max(1, room[1]) / picture[1])
    return max(1, round(picture[0] * scale)), max(1, round(picture[1] * scale))


def cropped(rgb: Pixels, region: tuple[int, int, int, int]) -> Pixels:
    """The part of an upright (height, width, 3) picture, moved inside it where it reaches beyond an edge."""
    height, width = rgb.shape[:2]
    left, right = _inside(region[0], region[2], width)
    top, bottom = _inside(region[1], region[3], height)
    return rgb[top:bottom, left:right]


def _inside(start: int, end: int, size: int) -> tuple[int, int]:
    length = min(max(1, end - start), size)
    start = max(0, min(start, size - length))
    return start, start + length


def _decode(path: str, size: tuple[int, int] | None) -> Pixels:
    """The upright photo, large enough for `size` where that can be had cheaply; None: every pixel.

    Raises DecodeError, TooLargeError, UnreadableError.
    """
    from nivo_tui.imaging.decode import decode
    from nivo_tui.imaging.formats import sniff
    from nivo_tui.imaging.source import PhotoSource
    from nivo_tui.imaging.working import ANALYSIS_SIDE, Purpose
    from nivo_tui.metadata.read import read_metadata
    from nivo_tui.model import Format

    with PhotoSource(Path(path)) as source:
        fmt = sniff(source.head, os.path.basename(path)) or Format.JPEG
        orientation = read_metadata(path, fmt, sidecars=False).orientation
        # A camera's preview is sharp enough for a whole raw photo, and developing takes seconds.
        small = size is not None and (max(size) <= ANALYSIS_SIDE or fmt.is_raw)
        return decode(source, fmt, orientation, Purpose.ANALYSIS if small else Purpose.FULL).rgb
