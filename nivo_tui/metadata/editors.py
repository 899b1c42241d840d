"""The formats whose metadata is written in the file, each with the editor of its container."""

from __future__ import annotations

from collections.abc import Callable

from nivo_tui.metadata.blocks import Editable
from nivo_tui.metadata.containers.bmff_edit import EditableBmff
from nivo_tui.metadata.containers.jpeg_edit import EditableJpeg
from nivo_tui.metadata.containers.png_edit import EditablePng
from nivo_tui.metadata.containers.tiff_edit import EditableTiff
from nivo_tui.metadata.containers.webp_edit import EditableWebp
from nivo_tui.model import Format

EDITORS: dict[Format, Callable[[bytes], Editable]] = {
    Format.JPEG: EditableJpeg,
    Format.HEIC: EditableBmff,
    Format.AVIF: EditableBmff,
    Format.PNG: EditablePng,
    Format.WEBP: EditableWebp,
    Format.TIFF: EditableTiff,
    Format.DNG: EditableTiff,
}
"""A file of another format gets a sidecar."""
