"""How a picture was taken, as XMP repeats it: for files without Exif, and what sidecars add.

Sources: XMP Specification Part 2 (TIFF, EXIF and auxiliary namespaces), Exif metadata for XMP (CIPA DC-010).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from nivo_tui.metadata import exif, xmp_tree
from nivo_tui.model import Capture, Gps

if TYPE_CHECKING:
    from lxml import etree

_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_AUX = "{http://ns.adobe.com/exif/1.0/aux/}"
_EXIF_EX = "{http://cipa.jp/exif/1.0/}"
_FIRED = f"{_EXIF}Fired"
_DESCRIBED = re.compile(r"\d+\.\d(?:-\d+\.\d)? mm(?: f/\d+\.\d(?:-\d+\.\d)?)?\Z")
# 12,34.5678N or 12,34,56.7N (XMP Part 2, GPSCoordinate).
_COORDINATE = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?\s*([NSEWnsew])\Z")


def capture_of(root: etree._Element) -> Capture:
    """The capture that a parsed packet states; the time is not among it. Never raises."""
    stated = _properties(root)

    def number(*names: str) -> float | None:
        return next((value for name in names if (value := _number(stated.get(name))) is not None), None)

    iso = number(f"{_EXIF_EX}PhotographicSensitivity", f"{_EXIF}ISOSpeedRatings")
    lens = exif.plain(stated.get(f"{_EXIF_EX}LensModel")) or _as_lens_text(
        exif.plain(stated.get(f"{_AUX}Lens"))
    )
    return Capture(
        make=exif.plain(stated.get(f"{_TIFF}Make")),
        model=exif.plain(stated.get(f"{_TIFF}Model")),
        lens=lens if lens and exif.is_lens(lens) else None,
        aperture=exif.between(number(f"{_EXIF}FNumber"), *exif.APERTURES),
        exposure_s=exif.between(number(f"{_EXIF}ExposureTime"), *exif.EXPOSURES),
        iso=round(iso) if exif.between(iso, *exif.SPEEDS) and iso else None,
        focal_mm=exif.between(number(f"{_EXIF}FocalLength"), *exif.FOCAL_LENGTHS),
        focal_35mm=exif.between(number(f"{_EXIF}FocalLengthIn35mmFilm"), *exif.FOCAL_LENGTHS),
        flash_fired={"true": True, "false": False}.get(stated.get(_FIRED, "").lower()),
        gps=_position(stated),
    )


def _properties(root: etree._Element) -> dict[str, str]:
    """Top-level properties by qualified name, the first value of each; exif:Fired from within exif:Flash."""
    found: dict[str, str] = {}
    for description in xmp_tree.descriptions(root):
        for name, value in description.attrib.items():
            found.setdefault(str(name), str(value).strip())
        for element in description:
            if not isinstance(element.tag, str):
                continue
            array = xmp_tree.array_of(element)
            members = [element] if array is None else xmp_tree.items(array)
            if members:
                found.setdefault(element.tag, xmp_tree.text_of(members[0]))
            if element.tag == f"{_EXIF}Flash":
                _take_fired(found, element)
    return found


def _as_lens_text(lens: str | None) -> str | None:
    """ "24.0-70.0 mm f/2.8", as Adobe describes a lens without a name, in the words of `exif.lens_text`."""
    if lens is None or not _DESCRIBED.match(lens):
        return lens
    return lens.replace(".0", "").replace(" mm", "mm")


def _take_fired(found: dict[str, str], flash: etree._Element) -> None:
    for part in flash.iter():
        if part.tag == _FIRED:
            found.setdefault(_FIRED, xmp_tree.text_of(part))
        elif isinstance(part.tag, str) and part.get(_FIRED) is not None:
            found.setdefault(_FIRED, str(part.get(_FIRED)))


def _number(text: str | None) -> float | None:
    """A fraction or a decimal number; None where it is neither, or not finite."""
    above, slash, below = (text or "").partition("/")
    try:
        value = float(above) / float(below) if slash else float(above)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def _position(stated: dict[str, str]) -> Gps | None:
    lat = _degrees(stated.get(f"{_EXIF}GPSLatitude"), "NS", 90)
    lon = _degrees(stated.get(f"{_EXIF}GPSLongitude"), "EW", 180)
    if lat is None or lon is None or lat == lon == 0:
        return None
    alt = exif.between(_number(stated.get(f"{_EXIF}GPSAltitude")), -100_000, 100_000)
    below = stated.get(f"{_EXIF}GPSAltitudeRef") in ("1", "3")
    return Gps(lat, lon, -alt if alt is not None and below else alt)


def _degrees(text: str | None, signs: str, most: int) -> float | None:
    found = _COORDINATE.match(text or "")
    if found is None or found[4].upper() not in signs:
        return None
    value = round(float(found[1]) + float(found[2]) / 60 + float(found[3] or 0) / 3600, 8)
    if value > most:
        return None
    return -value if found[4].upper() == signs[1] else value
