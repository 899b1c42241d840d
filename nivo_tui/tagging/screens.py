"""Pictures that no camera took of the world: what a screen shows, and pages of text."""

from __future__ import annotations

from nivo_tui.imaging.cells import Layout
from nivo_tui.model import Capture, Format
from nivo_tui.tagging.candidate import Candidate
from nivo_tui.tagging.evidence import Evidence, percent, ramp

_SCREENS = frozenset(
    {
        # Computers, the longer side first.
        *(
            (1024, 768),
            (1280, 720),
            (1280, 800),
            (1280, 1024),
            (1366, 768),
            (1440, 900),
            (1536, 864),
            (1600, 900),
        ),
        *((1600, 1200), (1680, 1050), (1920, 1080), (1920, 1200), (2048, 1152), (2160, 1440), (2256, 1504)),
        *((2304, 1440), (2560, 1080), (2560, 1440), (2560, 1600), (2736, 1824), (2880, 1620), (2880, 1800)),
        *((2880, 1920), (3000, 2000), (3024, 1964), (3072, 1920), (3200, 1800), (3440, 1440), (3456, 2234)),
        *((3840, 1080), (3840, 1600), (3840, 2160), (3840, 2400), (4480, 2520), (5120, 1440), (5120, 2880)),
        *((6016, 3384), (5760, 1080), (7680, 4320)),
        # Telephones and tablets.
        *(
            (960, 640),
            (1136, 640),
            (1334, 750),
            (1792, 828),
            (1920, 1080),
            (2208, 1242),
            (2340, 1080),
            (2436, 1125),
        ),
        *((2532, 1170), (2556, 1179), (2622, 1206), (2688, 1242), (2778, 1284), (2796, 1290), (2868, 1320)),
        *((2160, 1080), (2220, 1080), (2240, 1080), (2246, 1080), (2248, 1080), (2280, 1080), (2310, 1080)),
        *((2312, 1080), (2316, 1080), (2376, 1080), (2388, 1080), (2400, 1080), (2408, 1080), (2412, 1080)),
        *((2424, 1080), (2460, 1080), (2636, 1080), (2640, 1080), (2520, 1080), (2992, 1344), (2992, 1440)),
        *((2960, 1440), (3040, 1440), (3088, 1440), (3120, 1440), (3168, 1440), (3200, 1440), (3216, 1440)),
        *(
            (2712, 1220),
            (2772, 1240),
            (2800, 1260),
            (2780, 1264),
            (1560, 720),
            (1600, 720),
            (1612, 720),
            (1520, 720),
        ),
        *((2048, 1536), (2160, 1620), (2224, 1668), (2266, 1488), (2360, 1640), (2388, 1668), (2420, 1668)),
        *((2732, 2048), (2752, 2064), (1920, 1200), (2000, 1200), (2560, 1600), (2800, 1752), (2960, 1848)),
    }
)
"""Sizes of screens in pixels, the longer side first."""

_FLAT_CELL, _LEAST_FLAT = 0.55, 0.2
_PAPER, _UNEVEN, _COLOURLESS = 55.0, 25.0, 14.0
"""Least lightness of paper, how much darker than the lightest part it may be, and its most chroma."""

_FURNISHED = 0.5
"""From this score on a thing that was found is there."""

_MARKS, _PRINT, _BLANK = 1.2, 2.5, 0.05
"""Texture of a few marks and of print, and the least share of blank paper between them."""


def screenshot(evidence: Evidence, layout: Layout | None) -> Candidate | None:
    """A screenshot: of a screen's size, by no camera, and with areas of one colour to the last bit."""
    if _by_camera(evidence.metadata.capture):
        return None
    said, size = _calls_itself(evidence), _screen(evidence)
    if said:
        return Candidate("screenshot", 0.95, f"the file says so: {said}", "metadata")
    if size is None or (evidence.faces and evidence.format is not Format.PNG):
        return None
    return _of_screen(size, evidence.format, layout)


def _of_screen(size: str, fmt: Format, layout: Layout | None) -> Candidate | None:
    is_png = fmt is Format.PNG
    if layout is None:
        why = f"a PNG without a camera, {size} as a screen"
        return Candidate("screenshot", 0.5, why, "format") if is_png else None
    flat = sum(cell.flat > _FLAT_CELL for cell in layout.cells) / len(layout.cells)
    if flat < (_LEAST_FLAT if is_png else 2 * _LEAST_FLAT) or fmt.is_raw:
        return None
    least, surest = (0.5, 0.92) if is_png else (0.35, 0.55)
    why = f"no camera, {size} as a screen, flat colour in {percent(flat)} of the picture"
    confidence = least + (surest - least) * ramp(flat, _LEAST_FLAT, 0.6)
    return Candidate("screenshot", confidence, why, "format + colour layout")


def document(evidence: Evidence, layout: Layout | None) -> Candidate | None:
    """A page of text: light and without colour nearly everywhere, with fine dark marks in much of it."""
    return None if layout is None or evidence.faces or _is_furnished(evidence) else printed(layout)


def printed(layout: Layout) -> Candidate | None:
    """What looks like a page of text, whatever is found on it."""
    cells = layout.cells
    white = max(_PAPER, max(cell.lightness for cell in cells) - _UNEVEN)
    paper = [cell for cell in cells if cell.lightness >= white and cell.chroma < _COLOURLESS]
    marked = [cell.texture for cell in paper if cell.texture >= _MARKS and cell.flat > _BLANK]
    dense = sum(texture >= _PRINT for texture in marked)
    whole, share = len(paper) / len(cells), len(marked) / len(cells)
    if whole < 0.8 or share < 0.4 or dense < 3:
        return None
    strength = ramp(whole, 0.75, 1.0) * ramp(share, 0.3, 0.7)
    why = f"light paper over {percent(whole)}, marks as of print on {percent(share)}"
    return Candidate("document", 0.34 + 0.28 * strength, why, "colour layout")


def _is_furnished(evidence: Evidence) -> bool:
    """Whether things were found that lie on no page: white walls and patterns are like paper and print."""
    return any(item.score >= _FURNISHED and item.name != "book" for item in evidence.objects or ())


def _by_camera(capture: Capture) -> bool:
    return any(
        value is not None
        for value in (
            capture.make,
            capture.model,
            capture.exposure_s,
            capture.aperture,
            capture.iso,
            capture.focal_mm,
        )
    )


def _calls_itself(evidence: Evidence) -> str | None:
    """What a phone writes into the comment of a screenshot."""
    for text in (evidence.metadata.description, evidence.metadata.title, evidence.metadata.capture.software):
        if text is not None and text.strip().casefold() in ("screenshot", "screen shot", "bildschirmfoto"):
            return text.strip()
    return None


def _screen(evidence: Evidence) -> str | None:
    if not evidence.width or not evidence.height:
        return None
    longer, shorter = max(evidence.width, evidence.height), min(evidence.width, evidence.height)
    return f"{evidence.width} x {evidence.height}" if (longer, shorter) in _SCREENS else None
