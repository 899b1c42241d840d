"""Exif: how a picture was taken, from the directories of its TIFF structure (Exif 2.32, section 4.6).

Every value is checked for sense: cameras write 0/0, blanks and year 0 where they know nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nivo_tui.metadata.containers.tiff import Ifd, Kind, Tiff
from nivo_tui.metadata.dates import ahead_of, is_blank, microseconds, parse_date, zone_of
from nivo_tui.model import Capture, Gps

_ORIENTATION = 0x0112
_XMP, _IPTC, _PHOTOSHOP = 0x02BC, 0x83BB, 0x8649
_DESCRIPTION, _MAKE, _MODEL, _SOFTWARE, _DATE_TIME = 0x010E, 0x010F, 0x0110, 0x0131, 0x0132
_RATING = 0x4746
_XP_TITLE, _XP_COMMENT, _XP_KEYWORDS = 0x9C9B, 0x9C9C, 0x9C9E
_USER_COMMENT = 0x9286
_EXPOSURE_TIME, _F_NUMBER, _SHUTTER_SPEED, _APERTURE = 0x829A, 0x829D, 0x9201, 0x9202
_ISO_TAGS = (0x8827, 0x8832, 0x8831, 0x8833)
_FLASH, _FOCAL, _FOCAL_35 = 0x9209, 0x920A, 0xA405
_LENS_INFO, _LENS_MAKE, _LENS_MODEL, _DNG_LENS_INFO = 0xA432, 0xA433, 0xA434, 0xC630
_PIXEL_WIDTH, _PIXEL_HEIGHT = 0xA002, 0xA003
# Directory, date, fraction of the second and offset from UTC of the three times Exif knows, best first.
_TIMES = (("original", 0x9003, 0x9291, 0x9011), ("digitized", 0x9004, 0x9292, 0x9012))
_MODIFIED_FRACTION, _MODIFIED_OFFSET = 0x9290, 0x9010
_GPS_LAT_REF, _GPS_LAT, _GPS_LON_REF, _GPS_LON, _GPS_ALT_REF, _GPS_ALT = range(1, 7)
_GPS_TIME, _GPS_DATE = 7, 29

APERTURES, EXPOSURES, SPEEDS, FOCAL_LENGTHS = (0.3, 1024.0), (1e-7, 1e6), (1.0, 1e7), (0.1, 20_000.0)
_NO_LENS = re.compile(
    r"[\s\-.0/*]*(?:mm)?[\s\-.0]*(?:[fF]/?)?[\s\-.0]*\Z|(?i:none|unknown|n/a|manual lens|no lens)\Z"
)
_MOST_SHOWN = 40
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
# What cameras write into ImageDescription without being asked.
_BOILERPLATE = re.compile(
    r"(?i)(?:olympus|minolta|konica minolta|kodak|samsung|sanyo|casio|vivitar|maginon|polaroid)? ?digital "
    r"(?:still )?camera\Z|sony dsc\Z|dcim\b.*\Z|default\Z|image description\Z|exif_jpeg_picture\Z|<[^>]*>\Z"
)


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """What the Exif directories say. `capture.taken_from` is "original", "digitized", "modified" or "gps".

    `width` and `height` are PixelXDimension and PixelYDimension, which editors leave stale. `xmp` and
    `iptc` are blocks kept in tags 700 and 33723 (or the Photoshop resources of 34377, then `photoshop`).
    `problems` is a line where a date cannot be.
    """

    capture: Capture = Capture()
    orientation: int | None = None
    width: int | None = None
    height: int | None = None
    description: str | None = None
    user_comment: str | None = None
    xp_title: str | None = None
    xp_comment: str | None = None
    xp_keywords: tuple[str, ...] = ()
    rating: int | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    photoshop: bytes | None = None
    problems: tuple[str, ...] = ()


def facts_from(tiff: Tiff) -> ExifFacts:
    """The facts of one TIFF structure."""
    return facts_of(tiff.first("page"), tiff.first("exif"), tiff.first("gps"))


def facts_of(main: Ifd | None, exif: Ifd | None, gps: Ifd | None) -> ExifFacts:
    """The facts of IFD0, the Exif IFD and the GPS IFD, where each is present. Never raises."""
    main = main or _empty("page")
    exif = exif or _empty("exif")
    return ExifFacts(
        capture=_capture(main, exif, gps),
        orientation=orientation_of(main),
        width=_natural(exif, _PIXEL_WIDTH),
        height=_natural(exif, _PIXEL_HEIGHT),
        description=_description(main),
        user_comment=_user_comment(exif),
        xp_title=_utf16(main, _XP_TITLE),
        xp_comment=_utf16(main, _XP_COMMENT),
        xp_keywords=_xp_keywords(main),
        rating=_rating(main),
        xmp=main.raw(_XMP) or None,
        iptc=main.raw(_IPTC) or None,
        photoshop=main.raw(_PHOTOSHOP) or None,
        problems=_absurd_date(main, exif),
    )


def _empty(kind: Kind) -> Ifd:
    return Ifd(0, kind, "<", False, {}, lambda _offset, _length: b"")


def _capture(main: Ifd, exif: Ifd, gps: Ifd | None) -> Capture:
    taken_at, taken_from = _taken(main, exif, gps)
    return Capture(
        taken_at=taken_at,
        taken_from=taken_from,
        make=plain(main.text(_MAKE)),
        model=plain(main.text(_MODEL)),
        lens=_lens(main, exif),
        aperture=_aperture(exif),
        exposure_s=_exposure(exif),
        iso=_iso(exif),
        focal_mm=between(exif.number(_FOCAL), *FOCAL_LENGTHS),
        focal_35mm=between(exif.number(_FOCAL_35), *FOCAL_LENGTHS),
        flash_fired=_flash(exif),
        gps=_position(gps) if gps else None,
        software=plain(main.text(_SOFTWARE)),
        utc_offset_s=_ahead_of_utc(taken_at, gps) if gps and taken_from != "gps" else None,
    )


def _ahead_of_utc(taken: datetime | None, gps: Ifd) -> int | None:
    satellites = _gps_time(gps)
    if taken is None or taken.tzinfo is not None or satellites is None:
        return None
    return ahead_of(taken, satellites)


def _absurd_date(main: Ifd, exif: Ifd) -> tuple[str, ...]:
    """A line where the best of the dates that is not left blank is none."""
    places = [(holder, date) for _, date, _, _ in _TIMES for holder in (exif, main)]
    for holder, date in [*places, (main, _DATE_TIME)]:
        text = plain(holder.text(date)) if date in holder.entries else None
        if text is None or is_blank(text):
            continue
        if parse_date(text) is not None:
            return ()
        return (f"the date {text[:_MOST_SHOWN]!r} is not believed: there is no such day or time",)
    return ()


def _taken(main: Ifd, exif: Ifd, gps: Ifd | None) -> tuple[datetime | None, str | None]:
    """The best time there is and where it came from. The satellites' time comes before the last change."""
    for name, date, fraction, offset in _TIMES:
        taken = _time(exif, date, exif, fraction, offset) or _time(main, date, main, fraction, offset)
        if taken:
            return taken, name
    taken = _gps_time(gps) if gps else None
    if taken:
        return taken, "gps"
    taken = _time(main, _DATE_TIME, exif, _MODIFIED_FRACTION, _MODIFIED_OFFSET)
    return (taken, "modified") if taken else (None, None)


def _time(holder: Ifd, date: int, extras: Ifd, fraction: int, offset: int) -> datetime | None:
    if date not in holder.entries:
        return None
    taken = parse_date(holder.text(date) or "")
    if taken is None:
        return None
    if fraction in extras.entries and not taken.microsecond:
        taken = taken.replace(microsecond=microseconds(extras.text(fraction)))
    if offset in extras.entries and taken.tzinfo is None:
        taken = taken.replace(tzinfo=zone_of(extras.text(offset)))
    return taken


def _gps_time(gps: Ifd) -> datetime | None:
    """GPSDateStamp and GPSTimeStamp, in UTC."""
    day = parse_date(gps.text(_GPS_DATE) or "")
    clock = gps.numbers(_GPS_TIME, 3)
    if day is None or len(clock) < 3 or not all(math.isfinite(part) for part in clock):
        return None
    seconds = clock[0] * 3600 + clock[1] * 60 + clock[2]
    if not 0 <= seconds < 86_400:
        return None
    return day.replace(hour=0, minute=0, second=0, tzinfo=UTC) + timedelta(seconds=round(seconds, 3))


def _aperture(exif: Ifd) -> float | None:
    """FNumber, else ApertureValue in APEX units: N = 2^(Av/2) (Exif 2.32, annex C)."""
    stated = between(exif.number(_F_NUMBER), *APERTURES)
    if stated is not None:
        return stated
    apex = between(exif.number(_APERTURE), 0.01, 20)
    return None if apex is None else round(math.pow(2, apex / 2), 1)


def _exposure(exif: Ifd) -> float | None:
    """ExposureTime in seconds, else ShutterSpeedValue in APEX units: t = 2^-Tv."""
    stated = between(exif.number(_EXPOSURE_TIME), *EXPOSURES)
    if stated is not None:
        return stated
    apex = between(exif.number(_SHUTTER_SPEED), -20, 23)
    return None if apex is None else math.pow(2, -apex)


def _iso(exif: Ifd) -> int | None:
    """The first sensible speed. 65535 in PhotographicSensitivity means "see the others" (4.6.5)."""
    for tag in _ISO_TAGS:
        if tag in exif.entries:
            for value in exif.numbers(tag, 4):
                if between(value, *SPEEDS) and value != 65_535:
                    return round(value)
    return None


def _flash(exif: Ifd) -> bool | None:
    value = exif.integer(_FLASH)
    return None if value is None else bool(value & 1)


def _lens(main: Ifd, exif: Ifd) -> str | None:
    """LensModel, else the text of LensInfo (in DNG also in IFD0) behind the lens's make."""
    for holder in (exif, main):
        model = plain(holder.text(_LENS_MODEL))
        if model and is_lens(model):
            return model
    spec = lens_text(exif.numbers(_LENS_INFO, 4)) or lens_text(main.numbers(_DNG_LENS_INFO, 4))
    make = plain(exif.text(_LENS_MAKE))
    return f"{make} {spec}" if spec and make and is_lens(make) else spec


def is_lens(name: str) -> bool:
    """Whether a name is one, and not what cameras write where they do not know the lens."""
    return _NO_LENS.match(name) is None


def lens_text(spec: Sequence[float]) -> str | None:
    """LensInfo in words, "24-70mm f/2.8": shortest and longest focal length, smallest F-number at each."""
    if len(spec) < 4:
        return None
    focal = _range(spec[0], spec[1])
    if focal is None:
        return None
    aperture = _range(spec[2], spec[3])
    return f"{focal}mm f/{aperture}" if aperture else f"{focal}mm"


def _range(low: float, high: float) -> str | None:
    sane = [f"{value:.4g}" for value in (low, high) if math.isfinite(value) and 0 < value < 20_000]
    return "-".join(dict.fromkeys(sane)) or None


def _position(gps: Ifd) -> Gps | None:
    """Latitude and longitude with their references; None where either is missing, or both are 0."""
    lat = _degrees(gps, _GPS_LAT, _GPS_LAT_REF, "NS", 90)
    lon = _degrees(gps, _GPS_LON, _GPS_LON_REF, "EW", 180)
    if lat is None or lon is None or lat == lon == 0:
        return None
    return Gps(lat, lon, _altitude(gps))


def _degrees(gps: Ifd, tag: int, reference: int, signs: str, most: int) -> float | None:
    """Degrees, minutes and seconds as one number; what is missing behind the degrees counts as 0.

    Without a reference the hemisphere would be a guess, so there is no position.
    """
    parts = gps.numbers(tag, 3)
    side = (gps.text(reference) or "")[:1].upper()
    if not parts or not side or side not in signs or not math.isfinite(parts[0]):
        return None
    minutes, seconds, *_ = (*(part if math.isfinite(part) else 0.0 for part in parts[1:]), 0.0, 0.0)
    value = abs(parts[0]) + minutes / 60 + seconds / 3600
    if not 0 <= value <= most:
        return None
    value = round(value, 8)
    return -value if side == signs[1] or parts[0] < 0 else value


def _altitude(gps: Ifd) -> float | None:
    """Metres; references 1 and 3 lie below the level (Exif 3.0, 4.6.6 adds 2 and 3)."""
    value = gps.number(_GPS_ALT)
    if value is None or not math.isfinite(value) or abs(value) > 100_000:
        return None
    return -value if gps.raw(_GPS_ALT_REF, 1) in (b"\1", b"\3") else value


def orientation_of(page: Ifd) -> int | None:
    """The orientation that a directory states, 1-8; None where it states none that there is."""
    value = page.integer(_ORIENTATION)
    return value if value in range(1, 9) else None


def _rating(main: Ifd) -> int | None:
    """Windows' Rating, 0 to 5."""
    value = main.integer(_RATING)
    return value if value in range(6) else None


def _natural(ifd: Ifd, tag: int) -> int | None:
    value = ifd.integer(tag)
    return value if value is not None and 0 < value < 2**31 else None


def between(value: float | None, low: float, high: float) -> float | None:
    """The value where it lies within the bounds; NaN does not."""
    return value if value is not None and low <= value <= high else None


def plain(text: str | None) -> str | None:
    """One line without control characters."""
    return _CONTROL.sub(" ", text).strip() or None if text else None


def _description(main: Ifd) -> str | None:
    text = main.text(_DESCRIPTION)
    return None if text is None or _BOILERPLATE.match(text) else text


def _utf16(ifd: Ifd, tag: int) -> str | None:
    """Windows' XP tags: UTF-16, little-endian whatever the file's order, ended by NUL."""
    data = ifd.raw(tag, 64 * 1024)
    if not data:
        return None
    return data.decode("utf-16-le", "replace").split("\0", 1)[0].strip() or None


def _xp_keywords(main: Ifd) -> tuple[str, ...]:
    words = (_utf16(main, _XP_KEYWORDS) or "").split(";")
    return tuple(word.strip() for word in words if word.strip())


def _user_comment(exif: Ifd) -> str | None:
    """UserComment behind its eight-byte character code (4.6.5): ASCII, UNICODE, JIS or undefined.

    UNICODE is UTF-16 in the order of the TIFF, unless its bytes say otherwise.
    """
    data = exif.raw(_USER_COMMENT, 64 * 1024)
    code, body = data[:8], data[8:]
    if code.startswith(b"UNICODE"):
        text = _unicode_comment(body, exif.order)
    elif code.startswith(b"JIS"):
        text = body.decode("iso2022_jp", "replace")
    else:
        text = body.rstrip(b"\0").decode("utf-8", "replace")
    text = text.split("\0", 1)[0].strip()
    return text or None


def _unicode_comment(body: bytes, order: str) -> str:
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    stated, other = ("utf-16-le", "utf-16-be") if order == "<" else ("utf-16-be", "utf-16-le")
    # Some writers use their own machine's order: the wrong one shows zero bytes on the wrong side.
    even, odd = body[::2].count(0), body[1::2].count(0)
    swapped = even > odd if order == "<" else odd > even
    return body.decode(other if swapped else stated, "replace")
