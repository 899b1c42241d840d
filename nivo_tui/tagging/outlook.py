"""Scenes by where which colours and how much texture lie: sky above, snow below, leaves all over.

Colours alone prove little: no scene told by them is ticked beforehand. Cells and their units are those of
`imaging.cells`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nivo_tui.imaging.cells import COLUMNS, ROWS, Cell, Layout
from nivo_tui.tagging.candidate import Candidate
from nivo_tui.tagging.evidence import percent, ramp

SOURCE = "colour layout"
_SUREST = 0.6
LARGE_FACE = 0.02
"""From this share of the picture on a face hides too much of what lies behind it."""

_Test = Callable[[Cell], bool]


def scenes(layout: Layout, wide: bool, largest_face: float) -> list[Candidate]:
    """What the layout speaks for, the surest first.

    `wide`: the picture is broader than high; `largest_face`: its share of the picture, 0-1.
    """
    if largest_face > LARGE_FACE or not _is_varied(layout):
        return []
    lower = layout.rows(2, 3)
    sky, green = sky_share(layout), _share(layout.cells, is_leaves)
    snowy = _share(lower, is_snow)
    top = _share(layout.rows(0, 0), is_sky)
    made: list[Candidate] = []
    is_snowy = snowy >= 0.75 and _is_open(layout)
    if sky >= 0.6 and not is_snowy:
        made.append(_made("sky", ramp(sky, 0.5, 0.95), f"smooth blue or white over {percent(sky)}"))
    if green >= 0.6:
        made.append(_made("forest", ramp(green, 0.5, 1.0), f"green with texture over {percent(green)}"))
    if is_snowy:
        made.append(
            _made("snow", ramp(snowy, 0.6, 1.0), f"white ground over {percent(snowy)} of the lower half")
        )
    elif top >= 0.5 and (wet := _share(lower, is_water)) >= 0.75:
        made.append(
            _made("water", ramp(wet, 0.6, 1.0), f"blue or grey-green over {percent(wet)} of the lower half")
        )
    elif top >= 0.75 and _is_shore(layout):
        sandy = _share(layout.rows(3, 3), is_sand)
        made.append(_made("beach", ramp(sandy, 0.5, 1.0), "sand below, water and sky above"))
    if wide and top >= 0.75 and (ground := _share(lower, is_ground)) >= 0.75:
        why = f"sky above, country with texture over {percent(ground)} of the lower half"
        made.append(_made("landscape", 0.5 * top * ground, why))
    return sorted(made, key=lambda candidate: -candidate.confidence)


def sky_share(layout: Layout) -> float:
    """Which share of the picture is sky: cells of it that reach down from the upper edge without a gap."""
    count = 0
    for column in range(COLUMNS):
        for row in range(ROWS):
            if not is_sky(layout.cells[row * COLUMNS + column]):
                break
            count += 1
    return count / (ROWS * COLUMNS)


def blue_sky_share(layout: Layout) -> float:
    """Which share of the upper row is blue and smooth: white may be a ceiling, one colour a wall."""
    return _share(layout.rows(0, 0), is_blue_sky) if _is_varied(layout) else 0.0


def leaves_share(layout: Layout) -> float:
    """Which share of the picture is green with texture."""
    return _share(layout.cells, is_leaves)


def is_blue_sky(cell: Cell) -> bool:
    """Whether a cell may be clear sky: blue, light and smooth."""
    return _is_smooth(cell) and cell.lightness > 40 and cell.b < -9 and -16 < cell.a < 14


def _is_smooth(cell: Cell) -> bool:
    """Whether there is nothing in a cell, or but an edge of something else."""
    return cell.texture < 1.0 or (cell.texture < 3.0 and cell.flat > 0.6)


def is_sky(cell: Cell) -> bool:
    """Whether a cell may be sky, clear or overcast; never quite flat, as paper and screens are."""
    overcast = (
        cell.texture < 1.2 and cell.lightness > 62 and cell.chroma < 12 and cell.b < 5 and cell.flat < 0.98
    )
    return is_blue_sky(cell) or overcast


def is_leaves(cell: Cell) -> bool:
    """Whether a cell may be leaves or grass."""
    return cell.a < -5 and cell.b > 6 and cell.texture > 1.8 and 12 < cell.lightness < 78


def is_snow(cell: Cell) -> bool:
    """Whether a cell may be snow: nearly white, hardly yellow, with some texture."""
    return (
        cell.lightness > 74
        and cell.chroma < 10
        and cell.b < 3
        and 0.25 < cell.texture < 6
        and cell.flat < 0.9
    )


def is_water(cell: Cell) -> bool:
    """Whether a cell may be water in daylight."""
    return 18 < cell.lightness < 78 and -22 < cell.a < 4 and -45 < cell.b < -3 and 0.3 < cell.texture < 4.5


def is_sand(cell: Cell) -> bool:
    """Whether a cell may be sand."""
    return 50 < cell.lightness < 92 and -3 < cell.a < 14 and 7 < cell.b < 34 and 0.2 < cell.texture < 3.0


def is_ground(cell: Cell) -> bool:
    """Whether a cell may be country: green to brown, with texture, neither white nor gaudy."""
    return 8 < cell.lightness < 78 and cell.texture > 0.9 and -28 < cell.a < 16 and 1 < cell.b < 48


def depth_of_field(layout: Layout) -> float | None:
    """How many times more texture the middle has than the edge; None where the middle has none to speak of.

    From 3 on the edge is out of focus or empty.
    """
    rows = [layout.cells[row * COLUMNS : (row + 1) * COLUMNS] for row in range(ROWS)]
    middle = [cell.texture for row in rows[1:-1] for cell in row[1:-1]]
    edge = [cell.texture for row in rows for cell in row]
    outer = (sum(edge) - sum(middle)) / (len(edge) - len(middle))
    inner = sum(middle) / len(middle)
    return inner / max(outer, 0.2) if inner >= 1.5 else None


def _made(tag: str, strength: float, why: str) -> Candidate:
    return Candidate(tag, 0.34 + (_SUREST - 0.34) * strength, why, SOURCE)


def _share(cells: Sequence[Cell], test: _Test) -> float:
    return sum(map(test, cells)) / len(cells)


def _is_varied(layout: Layout) -> bool:
    """Whether there is a picture at all: one colour from edge to edge shows nothing."""
    light = [cell.lightness for cell in layout.cells]
    return max(light) - min(light) > 4 or any(cell.texture > 0.5 for cell in layout.cells)


def _is_shore(layout: Layout) -> bool:
    """Whether sand lies below water."""
    return _share(layout.rows(3, 3), is_sand) >= 0.75 and _share(layout.rows(1, 2), is_water) >= 0.4


def _is_open(layout: Layout) -> bool:
    """Whether white ground lies under a sky or before something darker, as a white page does not."""
    upper = layout.rows(0, 1)
    blue = _share(layout.rows(0, 0), is_blue_sky) >= 0.5
    darker = _share(upper, lambda cell: cell.lightness < 60 and cell.texture > 0.8) >= 0.5
    return blue or darker
