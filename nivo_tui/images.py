"""Pictures for a caller's own code: any supported format as an upright Pillow image."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image


def load_image(path: str | os.PathLike[str]) -> Image.Image:
    """Open a photo of any supported format: RGB, upright, every pixel.

    Raises UnreadableError where the file cannot be read and DecodeError where it is no picture that can
    be decoded (TooLargeError where it has too many pixels).
    """
    from PIL import Image

    from nivo_tui.imaging.decode import Purpose, decode
    from nivo_tui.imaging.formats import format_of_name, sniff
    from nivo_tui.imaging.generic import stored_orientation
    from nivo_tui.imaging.source import PhotoSource
    from nivo_tui.model import Format

    with PhotoSource(Path(path)) as source:
        fmt = sniff(source.head, source.path.name) or format_of_name(source.path.name) or Format.JPEG
        image = decode(source, fmt, stored_orientation(source), Purpose.FULL)
    return Image.fromarray(image.rgb)
