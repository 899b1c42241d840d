"""The formats whose metadata is written in the file, each with the editor of its container."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from nivo_tui.metadata.blocks import Editable
from nivo_tui.model import Format

_CONTAINERS = "nivo_tui.metadata.containers"
_NAMES = {
    Format.JPEG: ("jpeg_edit", "EditableJpeg"),
    Format.HEIC: ("bmff_edit", "EditableBmff"),
    Format.AVIF: ("bmff_edit", "EditableBmff"),
    Format.PNG: ("png_edit", "EditablePng"),
    Format.WEBP: ("webp_edit", "EditableWebp"),
    Format.TIFF: ("tiff_edit", "EditableTiff"),
    Format.DNG: ("tiff_edit", "EditableTiff"),
}


class _Editors(Mapping[Format, Callable[[bytes], Editable]]):
    """Editors by format, each loaded for the first file of its format."""

    def __getitem__(self, fmt: Format) -> Callable[[bytes], Editable]:
        module, name = _NAMES[fmt]
        editor: Callable[[bytes], Editable] = getattr(import_module(f"{_CONTAINERS}.{module}"), name)
        return editor

    def __iter__(self) -> Iterator[Format]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)

    def __contains__(self, fmt: object) -> bool:
        return fmt in _NAMES


EDITORS = _Editors()
"""A file of another format gets a sidecar."""
