"""Which widget draws pictures in this terminal, and how a picture is prepared for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nivo_tui.ui.images.fitting import Box, CellSize

if TYPE_CHECKING:
    from PIL.Image import Image

    from nivo_tui.ui.images.picture import Picture

# The largest picture in pixels: beside the tags, and over the whole screen. Photos in 32 colours of sixel
# make 0.15-0.35 bytes a pixel, in 64 0.3-0.55; PNG in 64 colours 0.2-0.35, in all of them 1-2.
_MOST_PIXELS = {"sixel": (360_000, 900_000), "kitty": (900_000, 2_000_000)}
_MOST_PIXELS_REMOTE = {"sixel": (300_000, 300_000), "kitty": (300_000, 300_000)}
_MOST_BYTES_REMOTE = 90_000
"""Of one picture over SSH: what else changes with the photo takes some kilobytes more."""

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
        """The largest picture beside the tags."""
        return self._most_pixels(0)

    @property
    def most_pixels_full(self) -> int | None:
        """The largest picture over the whole screen."""
        return self._most_pixels(1)

    def _most_pixels(self, where: int) -> int | None:
        most = (_MOST_PIXELS_REMOTE if self.remote else _MOST_PIXELS).get(self.kind)
        return most[where] if most is not None else None

    @property
    def most_bytes(self) -> int | None:
        """The budget of one picture over the line; None where the line is no matter."""
        return _MOST_BYTES_REMOTE if self.remote else None

    def pixels(self, box: Box) -> tuple[int, int]:
        """The size in pixels to which a picture is scaled for a box of cells."""
        if self.kind == "half":
            return box.width, box.height * 2
        return box.width * self.cell.width, box.height * self.cell.height

    def widget(self) -> Picture:
        """A new picture widget."""
        from nivo_tui.ui.images.picture import Picture

        return Picture(self)


def prepare(path: str, size: tuple[int, int], part: tuple[float, float, float, float] | None = None) -> Image:
    """The picture file at exactly `size` pixels, RGB, whole in memory. Raises OSError for a broken file.

    `part` (left, top, right, bottom) as fractions of the picture is what is shown of it.
    """
    from PIL import Image as Pillow

    with Pillow.open(path) as opened:
        if part is None:
            opened.draft("RGB", size)
        picture = opened.convert("RGB")
    width, height = picture.size
    left, top, right, bottom = part or (0.0, 0.0, 1.0, 1.0)
    box = (left * width, top * height, right * width, bottom * height)
    if (round(box[2] - box[0]), round(box[3] - box[1])) == size:
        # Pixel for pixel: a part of a pixel to the side would blur all of it.
        corner = min(round(box[0]), width - size[0]), min(round(box[1]), height - size[1])
        return picture.crop((*corner, corner[0] + size[0], corner[1] + size[1]))
    shrinks = box[2] - box[0] > 3 * size[0]
    return picture.resize(size, Pillow.Resampling.BOX if shrinks else Pillow.Resampling.BILINEAR, box)
