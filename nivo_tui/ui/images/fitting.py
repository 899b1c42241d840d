"""How large a picture is drawn: cells and pixels, in the picture's own ratio."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CellSize:
    """Width and height of one cell of the terminal in pixels."""

    width: int = 10
    height: int = 20


@dataclass(frozen=True, slots=True)
class Box:
    """A picture's place on the screen in cells."""

    width: int
    height: int


def fit_box(
    picture: tuple[int, int], room: tuple[int, int], cell: CellSize, most_pixels: int | None = None
) -> Box:
    """The largest box in `room` (cells) of the ratio of `picture` (pixels), at most `most_pixels` large."""
    width, height = max(1, picture[0]), max(1, picture[1])
    room_width, room_height = max(1, room[0]), max(1, room[1])
    scale = min(room_width * cell.width / width, room_height * cell.height / height)
    if most_pixels is not None:
        scale = min(scale, (most_pixels / (width * height)) ** 0.5)
    return Box(
        max(1, min(room_width, round(width * scale / cell.width))),
        max(1, min(room_height, round(height * scale / cell.height))),
    )
