"""Which widget draws pictures in this terminal, and how a picture is prepared for it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from nivo_tui.ui.images.fitting import Box, CellSize

if TYPE_CHECKING:
    from PIL.Image import Image

# Measured for textual-image 0.12: 32 colours make about 0.26 bytes a pixel, 64 about 0.55; encoding 64
# colours takes 0.12 microseconds a pixel of the screen's own thread.
_SIXEL_LOCAL = (64, 360_000)
_SIXEL_REMOTE = (32, 300_000)


_USUAL_CELL = CellSize()


@dataclass(frozen=True, slots=True)
class PictureSupport:
    """How pictures are drawn: `kind` is sixel, kitty, half or none; `remote` means over SSH."""

    kind: str = "none"
    cell: CellSize = _USUAL_CELL
    remote: bool = False

    @property
    def draws(self) -> bool:
        """Whether pictures are drawn at all."""
        return self.kind != "none"

    @property
    def most_pixels(self) -> int | None:
        """The budget of one picture: bytes over the line, and time on the screen's thread."""
        if self.kind == "sixel":
            return (_SIXEL_REMOTE if self.remote else _SIXEL_LOCAL)[1]
        if self.kind == "kitty":
            return 200_000 if self.remote else 900_000
        return None

    def pixels(self, box: Box) -> tuple[int, int]:
        """The size in pixels to which a picture is scaled for a box of cells."""
        if self.kind == "half":
            return box.width, box.height * 2
        return box.width * self.cell.width, box.height * self.cell.height

    def load(self) -> None:
        """Import what draws; may take a moment, so it is called outside the screen's thread."""
        if self.draws:
            _library(self.cell)

    def widget(self) -> Widget:
        """A new picture widget; its attribute `image` takes a prepared picture, or None."""
        library = _library(self.cell)
        if self.kind == "sixel":
            colours = (_SIXEL_REMOTE if self.remote else _SIXEL_LOCAL)[0]
            widget = library.SixelImage(sixel_options=library.SixelOptions(colors=colours))
        elif self.kind == "kitty":
            widget = library.TGPImage()
        else:
            widget = library.HalfcellImage()
        assert isinstance(widget, Widget)
        return widget


def prepare(path: str, size: tuple[int, int]) -> Image:
    """The picture file at exactly `size` pixels, RGB, whole in memory. Raises OSError for a broken file."""
    from PIL import Image as Pillow

    with Pillow.open(path) as opened:
        opened.draft("RGB", size)
        picture = opened.convert("RGB")
    return picture.resize(
        size, Pillow.Resampling.BOX if picture.width > 3 * size[0] else Pillow.Resampling.BILINEAR
    )


def _library(cell: CellSize) -> Any:
    if "textual_image.widget" not in sys.modules:
        os.environ["TEXTUAL_CELL_WIDTH"] = str(cell.width)
        os.environ["TEXTUAL_CELL_HEIGHT"] = str(cell.height)
        with _no_terminal(), _without_numpy():
            import textual_image.widget
    import textual_image.widget

    return textual_image.widget


class _NoTerminal(io.StringIO):
    def isatty(self) -> bool:
        return False


@contextmanager
def _no_terminal() -> Iterator[None]:
    """The library asks the terminal while it is imported, and a late answer would become key presses."""
    kept = sys.__stdout__
    sys.__stdout__ = _NoTerminal()  # type: ignore[misc,assignment]
    try:
        yield
    finally:
        sys.__stdout__ = kept  # type: ignore[misc]


@contextmanager
def _without_numpy() -> Iterator[None]:
    """The library takes numpy where it can, and is as fast without: the screen stays light."""
    if "numpy" in sys.modules:
        yield
        return
    sys.modules["numpy"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["numpy"]
