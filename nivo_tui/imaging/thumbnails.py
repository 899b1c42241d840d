"""The thumbnails on disk: one small JPEG per picture, named by the hash of its image data."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nivo_tui.imaging.working import Pixels

LONG_SIDE = 512
QUALITY = 82
_KEY = re.compile(r"[0-9a-zA-Z_-]{5,128}")
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


def first_sight_key(path: str, size: int, mtime_ns: int) -> str:
    """The key of what is shown of a photo before it was looked at: it goes by the file as it stands."""
    name = os.fsencode(path) + f"|{size}|{mtime_ns}".encode()
    return f"first-{hashlib.blake2b(name, digest_size=20).hexdigest()}"


class Thumbnails:
    """A folder of thumbnails, readable by its owner alone. Keys are image hashes, or `first_sight_key`s."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Where the thumbnail of a key stands, whether it is there or not. ValueError where it is no key."""
        return Path(self._place(key))

    def _place(self, key: str) -> str:
        """The path as a plain text: a `Path` costs as much as the look at the file."""
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a thumbnail key: {key!r}")
        return os.path.join(self.folder, key[:1], f"{key}.jpg")

    def misses(self, key: str | None) -> bool:
        """Whether a picture with this key has no thumbnail yet, though it could have one."""
        return key is not None and not os.path.exists(self._place(key))

    def find(self, key: str) -> Path | None:
        """The thumbnail's path, None where there is none yet."""
        place = self._place(key)
        return Path(place) if os.path.isfile(place) else None

    def discard(self, key: str) -> None:
        """Remove a thumbnail; one that is not there, or cannot be removed, is let be."""
        with suppress(OSError):
            os.unlink(self._place(key))

    def store(self, key: str, rgb: Pixels, long_side: int = LONG_SIDE) -> Path:
        """Write the thumbnail of an upright (height, width, 3) RGB picture, in one step; returns its path.

        The long side is at most `long_side` pixels. Raises OSError where the folder cannot be written.
        """
        # Imported here, since the screen looks thumbnails up and must not load numpy for it.
        import numpy as np
        import simplejpeg

        from nivo_tui.imaging.working import average_down

        place = self._place(key)
        small = np.ascontiguousarray(average_down(rgb, long_side))
        data = simplejpeg.encode_jpeg(small, quality=QUALITY, colorspace="RGB", colorsubsampling="420")
        try:
            _write(place, data)
        except FileNotFoundError:
            self._make_folder(os.path.dirname(place))
            _write(place, data)
        return Path(place)

    def _make_folder(self, folder: str) -> None:
        try:
            os.mkdir(folder, _PRIVATE_FOLDER)
        except FileExistsError:
            pass  # another thread was first
        except FileNotFoundError:
            self.folder.mkdir(_PRIVATE_FOLDER, parents=True, exist_ok=True)
            Path(folder).mkdir(_PRIVATE_FOLDER, exist_ok=True)


def _write(place: str, data: bytes) -> None:
    """Write a file beside its place and move it there: whoever reads it sees all of it or nothing."""
    draft = os.path.join(os.path.dirname(place), f".nivo-{os.getpid()}-{threading.get_ident()}.jpg")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), _PRIVATE_FILE)
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            file.write(data)
        os.replace(draft, place)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
