"""The thumbnails on disk: one small JPEG per picture, named by the hash of its image data."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nivo_tui.imaging.working import Pixels

LONG_SIDE = 512
QUALITY = 82
_KEY = re.compile(r"[0-9a-zA-Z_-]{5,128}")
_PRIVATE_FOLDER = 0o700


class Thumbnails:
    """A folder of thumbnails, readable by its owner alone. Keys are image hashes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Where the thumbnail of a key stands, whether it is there or not. ValueError where it is no key."""
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a thumbnail key: {key!r}")
        return self.folder / key[:2] / f"{key}.jpg"

    def find(self, key: str) -> Path | None:
        """The thumbnail's path, None where there is none yet."""
        path = self.path(key)
        return path if path.is_file() else None

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
        self._make_folder(path.parent)
        # mkstemp creates with 0600, which the final file keeps.
        handle, name = tempfile.mkstemp(prefix=".nivo-", suffix=".jpg", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return path

    def _make_folder(self, folder: Path) -> None:
        for part in (self.folder, folder):
            part.mkdir(mode=_PRIVATE_FOLDER, parents=part is self.folder, exist_ok=True)
