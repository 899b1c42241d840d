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
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a thumbnail key: {key!r}")
        return self.folder / key[:2] / f"{key}.jpg"

    def misses(self, key: str | None) -> bool:
        """Whether a picture with this key has no thumbnail yet, though it could have one."""
        return key is not None and not os.path.exists(f"{self.folder}/{key[:2]}/{key}.jpg")

    def find(self, key: str) -> Path | None:
        """The thumbnail's path, None where there is none yet."""
        path = self.path(key)
        return path if os.path.isfile(path) else None

    def discard(self, key: str) -> None:
        """Remove a thumbnail; one that is not there, or cannot be removed, is let be."""
        with suppress(OSError):
            self.path(key).unlink()

    def store(self, key: str, rgb: Pixels, long_side: int = LONG_SIDE) -> Path:
        """Write the thumbnail of an upright (height, width, 3) RGB picture, in one step; returns its path.

        The long side is at most `long_side` pixels. Raises OSError where the folder cannot be written.
        """
        # Imported here, since the screen looks thumbnails up and must not load numpy for it.
        import numpy as np
        import simplejpeg

        from nivo_tui.imaging.working import average_down

        path = self.path(key)
        small = np.ascontiguousarray(average_down(rgb, long_side))
        data = simplejpeg.encode_jpeg(small, quality=QUALITY, colorspace="RGB", colorsubsampling="420")
        try:
            _write(path, data)
        except FileNotFoundError:
            self._make_folder(path.parent)
            _write(path, data)
        return path

    def _make_folder(self, folder: Path) -> None:
        for part in (self.folder, folder):
            part.mkdir(mode=_PRIVATE_FOLDER, parents=part is self.folder, exist_ok=True)


def _write(path: Path, data: bytes) -> None:
    """Write a file beside its place and move it there: whoever reads it sees all of it or nothing."""
    draft = f"{path.parent}{os.sep}.nivo-{os.getpid()}-{threading.get_ident()}.jpg"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), _PRIVATE_FILE)
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            file.write(data)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
