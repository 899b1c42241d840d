"""Makes the files of the demo library. Run as a process of its own, so that the screen stays light:

`python -m nivo_tui.commands.demo_making FOLDER` writes the photos and the stamp that says what is there.
"""

from __future__ import annotations

import importlib.util
import io
import struct
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import piexif
from PIL import Image, ImageEnhance, ImageFilter, features

from nivo_tui.commands import demo_pictures as drawn
from nivo_tui.commands.demo_library import Stamp, write_stamp

MOST_BYTES = 300_000
_QUALITIES = (90, 82, 72, 60, 45)
_HEADER_ONLY_BYTES = 400

Effect = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True, slots=True)
class Camera:
    """What a camera writes about itself; lengths in millimetres."""

    make: str
    model: str
    lens: str
    focal_mm: float
    focal_35mm: int


PHONE = Camera("Apple", "iPhone 13", "iPhone 13 back dual wide camera 5.1mm f/1.6", 5.1, 26)
NIKON = Camera("NIKON CORPORATION", "NIKON Z 6", "NIKKOR Z 24-70mm f/4 S", 35.0, 35)
TELE = Camera("NIKON CORPORATION", "NIKON Z 6", "NIKKOR Z 70-200mm f/2.8 VR S", 180.0, 180)
LUMIX = Camera("Panasonic", "DMC-GX9", "LUMIX G 20/F1.7", 20.0, 40)


@dataclass(frozen=True, slots=True)
class Exposure:
    """Aperture as an f-number, time in seconds as a fraction, ISO speed, and whether the flash fired."""

    aperture: float
    time: tuple[int, int]
    iso: int
    flash: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """One photo: its name, the painter, the photograph of scikit-image that is better, and what is in it.

    `place` is latitude and longitude in degrees. `keywords` are paths in the owner's hierarchy, its parts
    with `|` between them, or words that stand in none. `turned` stores the picture on its side, with the
    orientation that says so.
    """

    name: str
    painter: drawn.Painter
    photograph: str | None = None
    taken: str | None = None
    camera: Camera | None = None
    exposure: Exposure | None = None
    place: tuple[float, float] | None = None
    effect: Effect | None = None
    keywords: tuple[str, ...] = ()
    turned: bool = False


def _blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(6))


def _dark(image: Image.Image) -> Image.Image:
    return image.point([round(value * 0.16) for value in range(256)] * 3)


def _flat(image: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(image).enhance(0.18)


def _closer(image: Image.Image) -> Image.Image:
    wide, high = image.size
    return image.crop((wide // 20, high // 20, wide, high)).resize(image.size)


def _small(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.thumbnail((384, 384))
    return image


SUN, SHADE = Exposure(8.0, (1, 500), 100), Exposure(4.0, (1, 125), 200)
SUNSET, DUSK = Exposure(1.6, (1, 250), 64), Exposure(1.6, (1, 60), 320)
INDOORS, STARS = Exposure(1.7, (1, 40), 800), Exposure(2.8, (20, 1), 3200)
MOON = Exposure(8.0, (1, 250), 200)
FLASH = Exposure(4.0, (1, 60), 400, flash=True)

# Latitude and longitude of the places, in degrees.
COAST = (38.963, -9.417)
BEACH = (38.966, -9.419)
ZERMATT = (46.020, 7.749)
WENGEN = (46.585, 7.908)
WOODS = (48.005, 8.220)
FIELDS = (43.913, 5.050)
DUNES = (31.099, -4.012)
BERLIN = (52.520, 13.405)
HOME = (52.531, 13.385)

PLANS: tuple[Plan, ...] = (
    Plan(
        "Coast/IMG_3012.JPG", drawn.sunset_sea, None, "2024-08-17 20:24", PHONE, SUNSET, COAST,
        keywords=("Holidays|Seaside",),
    ),
    Plan("Coast/IMG_3018.HEIC", drawn.blue_sea, None, "2024-08-18 11:12", PHONE, SUN, BEACH),
    Plan("Coast/IMG_3019.JPG", drawn.blue_sea, None, "2024-08-18 11:12", PHONE, SUN, BEACH, _dark),
    Plan("Mountains/DSC_0207.JPG", drawn.snowy_mountains, None, "2025-01-12 12:40", NIKON, SUN, ZERMATT),
    Plan("Mountains/DSC_0231.JPG", drawn.green_hills, None, "2024-05-19 10:05", NIKON, SUN, WENGEN),
    Plan("Mountains/DSC_0240.JPG", drawn.misty_hills, None, "2024-05-20 06:31", TELE, SHADE, None, _flat),
    Plan("Woods/P1020344.JPG", drawn.forest, None, "2024-06-02 13:48", LUMIX, SHADE),
    Plan(
        "Woods/P1020391.JPG", drawn.autumn_wood, None, "2024-10-20 15:22", LUMIX, SHADE, WOODS,
        keywords=("Nature|Woods", "walk"),
    ),
    Plan(
        "Woods/P1020392.JPG", drawn.autumn_wood, None, "2024-10-20 15:22", LUMIX, SHADE, WOODS, _blurred,
        keywords=("Nature|Woods",),
    ),
    Plan(
        "Fields/IMG_2207.JPG", drawn.flower_field, None, "2024-07-03 18:30", PHONE, SUN, FIELDS,
        keywords=("lavender", "Provence", "été 2024"),
    ),
    Plan("Fields/20240615_141233.webp", drawn.forest, "grass.png"),
    Plan(
        "Desert/DSC_0611.JPG", drawn.dunes, None, "2025-03-08 18:02", NIKON, SHADE, DUNES,
        keywords=("Nature|Dunes",),
    ),
    Plan("Night/DSC_0450.JPG", drawn.night_sky, None, "2024-12-06 23:55", NIKON, STARS, WENGEN),
    Plan("Night/deep field.jpg", drawn.night_sky, "hubble_deep_field.jpg"),
    Plan("Night/moon.png", drawn.night_sky, "moon.png", "2024-11-15 22:10", TELE, MOON),
    Plan("City/IMG_4410.avif", drawn.city_at_dusk, None, "2024-11-02 17:35", PHONE, DUSK, BERLIN),
    Plan("City/IMG_4416.JPG", drawn.city_at_dusk, "rocket.jpg", "2025-02-14 19:02", TELE, STARS),
    Plan("Home/IMG_5120.JPG", drawn.sunset_sea, "coffee.png", "2025-02-01 08:47", PHONE, INDOORS, HOME),
    Plan("Home/IMG_5133.JPG", drawn.green_hills, "chelsea.png", "2025-02-09 16:20", PHONE, INDOORS),
    Plan(
        "Home/IMG_5134.JPG", drawn.green_hills, "chelsea.png", "2025-02-09 16:20", PHONE, INDOORS,
        effect=_closer,
    ),
    Plan("Home/garage.JPG", drawn.dunes, "motorcycle_left.png", "2025-04-12 15:00", LUMIX, FLASH),
    Plan("People/IMG_6001.JPG", drawn.blue_sea, "astronaut.png", "2025-04-30 11:15", NIKON, FLASH),
    Plan(
        "People/IMG_6002.JPG", drawn.snowy_mountains, "camera.png", "2025-05-01 14:52", LUMIX, SUN,
        turned=True,
    ),
)  # fmt: skip
SCAN = Plan("Scans/coins.tif", drawn.misty_hills, "coins.png", effect=_small)
BROKEN = "Coast/IMG_3020.JPG"
VIDEO = "Coast/MVI_3021.MOV"


def photographs() -> Path | None:
    """The folder of photographs in an installed scikit-image, found without importing it."""
    try:
        spec = importlib.util.find_spec("skimage")
    except (ImportError, ValueError):
        return None
    places = spec.submodule_search_locations if spec is not None else None
    folder = Path(places[0]) / "data" if places else None
    return folder if folder is not None and folder.is_dir() else None


def make(folder: Path) -> Stamp:
    """Write the demo's files below `folder`/photos and its stamp; files of these names are made anew.

    Raises OSError where the folder cannot be written.
    """
    write_stamp(folder, Stamp(complete=False))
    source = photographs()
    notes: list[str] = []
    plans = list(_encodable(notes))
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda pair: _made(pair[1], pair[0], source), enumerate(plans)))
    files: dict[str, bytes] = {}
    from_photographs = 0
    for plan, (data, is_photograph) in zip(plans, made, strict=True):
        files[plan.name] = data
        from_photographs += is_photograph
    files[BROKEN] = files[plans[0].name][:_HEADER_ONLY_BYTES]
    others = {VIDEO: _empty_movie()}
    for name, data in (files | others).items():
        _put(folder / "photos" / name, data)
    notes.insert(0, _origin(len(files) - 1, from_photographs))
    stamp = Stamp(True, tuple(files), BROKEN, tuple(others), tuple(notes), from_photographs)
    write_stamp(folder, stamp)
    return stamp


def _origin(count: int, from_photographs: int) -> str:
    if not from_photographs:
        return f"{count} pictures drawn by nivo-tui: without scikit-image there are no photographs at hand"
    drawn_ones = count - from_photographs
    return f"{from_photographs} photographs from scikit-image, {drawn_ones} pictures drawn by nivo-tui"


def _encodable(notes: list[str]) -> Iterator[Plan]:
    """The plans whose format can be written here; says which cannot."""
    can = {".heic": _can_write_heic(), ".avif": features.check("avif"), ".webp": features.check("webp")}
    for plan in (*PLANS, SCAN):
        kind = Path(plan.name).suffix.lower()
        if can.get(kind, True):
            yield plan
        else:
            notes.append(f"no {kind[1:].upper()} photo: this installation cannot encode one")


def _can_write_heic() -> bool:
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return bool(pillow_heif.libheif_info()["HEIF"])


def _made(plan: Plan, number: int, source: Path | None) -> tuple[bytes, bool]:
    """The bytes of a photo, and whether it is a photograph."""
    image, is_photograph = _picture(plan, number, source)
    if plan.effect is not None:
        image = plan.effect(image)
    if plan.turned:
        image = image.transpose(Image.Transpose.ROTATE_90)
    return _encoded(image, plan), is_photograph


def _picture(plan: Plan, number: int, source: Path | None) -> tuple[Image.Image, bool]:
    if plan.photograph is not None and source is not None:
        try:
            with Image.open(source / plan.photograph) as image:
                return image.convert("RGB"), True
        except OSError:
            pass  # wheels differ in the photographs they hold; the drawn picture takes the place
    # The same painter twice in one minute is one subject seen twice, as in a burst.
    seed = sum(map(ord, plan.painter.__name__ + (plan.taken or str(number))[:10]))
    return plan.painter(np.random.default_rng(seed)), False


def _encoded(image: Image.Image, plan: Plan) -> bytes:
    kind = Path(plan.name).suffix.lower()
    if kind == ".tif":
        # A scanner's date is the day of the scan.
        info = {271: "EPSON", 272: "Perfection V600", 306: "2025:01:05 14:00:00"}
        return _saved(image.convert("L"), "TIFF", compression="tiff_lzw", tiffinfo=info)
    exif = _exif(plan, image.size)
    if kind == ".png":
        return _saved(image.convert("L"), "PNG", optimize=True, exif=exif)
    if kind == ".heic":
        return _saved(image, "HEIF", quality=60, enc_params={"preset": "ultrafast"}, exif=exif)
    if kind == ".avif":
        return _saved(image, "AVIF", quality=70, speed=9, exif=exif)
    if kind == ".webp":
        return _saved(image, "WEBP", quality=80, exif=exif)
    extra = {"xmp": _keywords_xmp(plan.keywords)} if plan.keywords else {}
    for quality in _QUALITIES:
        data = _saved(image, "JPEG", quality=quality, exif=exif, **extra)
        if len(data) < MOST_BYTES:
            break
    return data


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _exif(plan: Plan, size: tuple[int, int]) -> bytes:
    """An Exif block as a camera would write it (Exif 2.32); empty fields where the plan names none."""
    ifd0: dict[int, object] = {piexif.ImageIFD.Orientation: 6 if plan.turned else 1}
    sub: dict[int, object] = {
        piexif.ExifIFD.ExifVersion: b"0232",
        piexif.ExifIFD.PixelXDimension: size[0],
        piexif.ExifIFD.PixelYDimension: size[1],
    }
    if plan.camera is not None:
        ifd0 |= {piexif.ImageIFD.Make: plan.camera.make, piexif.ImageIFD.Model: plan.camera.model}
        sub |= {
            piexif.ExifIFD.LensModel: plan.camera.lens,
            piexif.ExifIFD.FocalLength: (round(plan.camera.focal_mm * 10), 10),
            piexif.ExifIFD.FocalLengthIn35mmFilm: plan.camera.focal_35mm,
        }
    if plan.taken is not None:
        taken = datetime.fromisoformat(plan.taken).strftime("%Y:%m:%d %H:%M:%S")
        ifd0[piexif.ImageIFD.DateTime] = taken
        sub |= {piexif.ExifIFD.DateTimeOriginal: taken, piexif.ExifIFD.DateTimeDigitized: taken}
        if plan.camera is PHONE and plan.place is not None:
            sub[piexif.ExifIFD.OffsetTimeOriginal] = _zone(plan.place, datetime.fromisoformat(plan.taken))
    if plan.exposure is not None:
        sub |= {
            piexif.ExifIFD.FNumber: (round(plan.exposure.aperture * 10), 10),
            piexif.ExifIFD.ExposureTime: plan.exposure.time,
            piexif.ExifIFD.ISOSpeedRatings: plan.exposure.iso,
            piexif.ExifIFD.Flash: 1 if plan.exposure.flash else 0,
        }
    gps = _gps(*plan.place) if plan.place is not None else {}
    data: bytes = piexif.dump({"0th": ifd0, "Exif": sub, "GPS": gps})
    return data


def _zone(place: tuple[float, float], taken: datetime) -> str:
    """The legal time at one of the places of the plans, as a phone writes it: "+01:00"."""
    winter = 0 if place in (COAST, BEACH) else 1
    summer = place != DUNES and 4 <= taken.month <= 10
    return f"+{winter + summer:02d}:00"


def _gps(latitude: float, longitude: float) -> dict[int, object]:
    return {
        piexif.GPSIFD.GPSVersionID: (2, 3, 0, 0),
        piexif.GPSIFD.GPSLatitudeRef: "N" if latitude >= 0 else "S",
        piexif.GPSIFD.GPSLatitude: _degrees(abs(latitude)),
        piexif.GPSIFD.GPSLongitudeRef: "E" if longitude >= 0 else "W",
        piexif.GPSIFD.GPSLongitude: _degrees(abs(longitude)),
    }


def _degrees(value: float) -> tuple[tuple[int, int], ...]:
    minutes = (value % 1) * 60
    return (int(value), 1), (int(minutes), 1), (round((minutes % 1) * 6000), 100)


def _keywords_xmp(keywords: tuple[str, ...]) -> bytes:
    """A packet with dc:subject, and lr:hierarchicalSubject where a keyword stands in a hierarchy, as another
    program would have left it (XMP part 1, 7.3)."""
    fields = _bag("dc:subject", [word.rpartition("|")[2] for word in keywords])
    fields += _bag("lr:hierarchicalSubject", [word for word in keywords if "|" in word])
    text = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:lr="http://ns.adobe.com/lightroom/1.0/">'
        f"{fields}</rdf:Description></rdf:RDF></x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    )
    return text.encode()


def _bag(name: str, words: list[str]) -> str:
    items = "".join(f"<rdf:li>{escape(word)}</rdf:li>" for word in words)
    return f"<{name}><rdf:Bag>{items}</rdf:Bag></{name}>" if words else ""


def _empty_movie() -> bytes:
    """A QuickTime file without a track: a file type box and an empty movie data box."""
    return struct.pack(">I4s4sI4s", 20, b"ftyp", b"qt  ", 0, b"qt  ") + struct.pack(">I4s", 8, b"mdat")


def _put(path: Path, data: bytes) -> None:
    """Write a file of the demo anew. What has its name is taken away first, never written through."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.write(data)


if __name__ == "__main__":
    try:
        make(Path(sys.argv[1]))
    except OSError as error:
        sys.exit(f"{error.filename or sys.argv[1]}: {error.strerror}")
