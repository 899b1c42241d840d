"""`load_image`, and every picture of the shared material."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from nivo_tui.errors import DecodeError, PhotoError, UnreadableError
from nivo_tui.images import load_image
from nivo_tui.imaging.decode import Purpose, decode
from nivo_tui.imaging.formats import format_of_name, sniff
from nivo_tui.imaging.generic import stored_orientation
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.model import Format

from .pictures import dng, encoded, exif_block, scene


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_load_image_is_upright_rgb_of_full_size(tmp_path: Path, kind: str, orientation: int) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(scene(90, 60), kind, exif=exif_block(orientation)))
    image = load_image(str(path))
    assert isinstance(image, Image.Image)
    assert image.mode == "RGB"
    assert image.size == ((90, 60) if orientation == 1 else (60, 90))
    image.putpixel((0, 0), (1, 2, 3))


def test_load_image_reads_raw(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(dng(64, 48, orientation=6))
    assert load_image(tmp_path / "a.dng").size == (48, 64)


def test_load_image_says_why_not(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="does not exist"):
        load_image(tmp_path / "none.jpg")
    (tmp_path / "a.jpg").write_text("a text")
    with pytest.raises(DecodeError):
        load_image(tmp_path / "a.jpg")


def _decodes_elsewhere(path: Path) -> bool:
    """Whether Pillow, pillow-heif or LibRaw decode the file."""
    import pillow_heif
    import rawpy

    def by_pillow() -> None:
        with Image.open(path) as image:
            image.load()

    def by_heif() -> None:
        pillow_heif.open_heif(path).load()

    def by_libraw() -> None:
        with rawpy.imread(str(path)) as raw:
            assert raw.raw_image is not None

    for attempt in (by_pillow, by_heif, by_libraw):
        try:
            attempt()
            return True
        except Exception:
            continue
    return False


def _upright_elsewhere(path: Path, pixels: bool) -> Image.Image | None:
    """The picture as Pillow and pillow-heif turn it, blank unless asked for pixels; None if neither can."""
    import pillow_heif

    try:
        with Image.open(path) as image:
            if pixels:
                image.load()
                return ImageOps.exif_transpose(image)
            sideways = image.getexif().get(0x0112, 1) >= 5 and image.format != "TIFF"
            return Image.new("1", image.size[::-1] if sideways else image.size)
    except Exception:
        pass
    try:
        heif = pillow_heif.open_heif(path)
        return heif.to_pillow() if pixels else Image.new("1", heif.size)
    except Exception:
        return None


_COMPARED_BYTES = 100_000


def _check(path: Path, purpose: Purpose) -> str | None:
    """A line on what is wrong: failed though it decodes, another size, another way up."""
    try:
        with PhotoSource(path) as source:
            fmt = sniff(source.head, path.name) or format_of_name(path.name) or Format.JPEG
            image = decode(source, fmt, stored_orientation(source), purpose)
            compared = source.size < _COMPARED_BYTES
    except PhotoError as error:
        return f"{path.name}: {error}" if _decodes_elsewhere(path) else None
    other = None if fmt.is_raw else _upright_elsewhere(path, compared)
    if other is None:
        return None
    if (image.full_width, image.full_height) != other.size:
        return f"{path.name}: {image.full_width}x{image.full_height}, not {other.size}"
    if other.mode != "RGB":
        return None
    # Coarse, because the picture may be a scaled decode or a thumbnail: upside down shows all the same.
    size = (16, 16)
    ours = np.asarray(Image.fromarray(image.rgb).resize(size, Image.Resampling.BOX)).astype(int)
    theirs = np.asarray(other.resize(size, Image.Resampling.BOX)).astype(int)
    apart = float(abs(ours - theirs).mean())
    return f"{path.name}: differs by {apart:.1f}" if apart > 6 else None


@pytest.mark.filterwarnings("ignore")
def test_what_others_decode_is_decoded_and_upright(corpus: Path) -> None:
    paths = [path for path in sorted(corpus.iterdir()) if format_of_name(path.name)]
    assert len(paths) > 60
    problems = [problem for path in paths if (problem := _check(path, Purpose.FEATURES))]
    assert problems == []


def test_every_labelled_photo_is_decoded(photos: Path) -> None:
    paths = [path for path in sorted(photos.rglob("*")) if format_of_name(path.name)][::4]
    assert len(paths) > 30
    problems = [problem for path in paths if (problem := _check(path, Purpose.ANALYSIS))]
    assert problems == []
