"""Every kind of picture file becomes upright RGB of the size that its purpose needs, or one clear line."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from nivo_tui.errors import DecodeError, PhotoError, TooLargeError
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.decode import NoThumbnailError, Purpose, WorkingImage, decode, oriented_by_decoder
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.model import Format

from .pictures import encoded, exif_block, jpeg_segment, png_of_size, scene

ANY = Format.JPEG


def decoded(
    folder: Path,
    data: bytes,
    purpose: Purpose = Purpose.FULL,
    *,
    name: str = "a.jpg",
    fmt: Format = ANY,
    orientation: int = 1,
    budget: PixelBudget | None = None,
) -> WorkingImage:
    path = folder / name
    path.write_bytes(data)
    with PhotoSource(path) as source:
        image = decode(source, fmt, orientation, purpose, budget)
    assert image.rgb.dtype == np.uint8
    assert image.rgb.ndim == 3
    assert image.rgb.shape[2] == 3
    assert image.rgb.flags.c_contiguous
    return image


def difference(first: np.ndarray, second: np.ndarray) -> float:
    assert first.shape == second.shape
    return float(np.abs(first.astype(int) - second.astype(int)).mean())


# --- sizes by purpose -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "analysis", "features"),
    [
        ((4000, 3000), (1280, 960), (500, 375)),
        ((3000, 4000), (960, 1280), (375, 500)),
        ((2000, 1500), (1280, 960), (500, 375)),
        ((1000, 400), (1000, 400), (500, 200)),
        ((700, 500), (700, 500), (700, 500)),
        ((40, 30), (40, 30), (40, 30)),
    ],
)
def test_a_jpeg_is_decoded_at_the_scale_it_is_needed(
    tmp_path: Path, size: tuple[int, int], analysis: tuple[int, int], features: tuple[int, int]
) -> None:
    data = encoded(scene(*size), "JPEG", quality=80)
    for purpose, expected in (
        (Purpose.ANALYSIS, analysis),
        (Purpose.FEATURES, features),
        (Purpose.FULL, size),
    ):
        image = decoded(tmp_path, data, purpose)
        assert (image.rgb.shape[1], image.rgb.shape[0]) == expected
        assert (image.full_width, image.full_height) == size
        assert not image.preliminary
        assert image.note is None


def test_other_formats_are_averaged_down(tmp_path: Path) -> None:
    picture = scene(2000, 1000)
    picture[:, ::2] = 0
    picture[:, 1::2] = 200
    image = decoded(tmp_path, encoded(picture, "PNG"), Purpose.ANALYSIS)
    assert image.rgb.shape == (640, 1280, 3)
    assert abs(float(image.rgb.mean()) - 100) < 1
    assert float(image.rgb[:, 10:-10].std()) < 60
    assert decoded(tmp_path, encoded(picture, "PNG"), Purpose.FEATURES).rgb.shape[1] == 640 + 27


# --- orientation ------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_orientation_is_applied_once(tmp_path: Path, kind: str, orientation: int) -> None:
    data = encoded(scene(96, 64), kind, exif=exif_block(orientation))
    with Image.open(io.BytesIO(data)) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    for purpose in (Purpose.FULL, Purpose.FEATURES, Purpose.ANALYSIS):
        image = decoded(tmp_path, data, purpose, orientation=orientation)
        assert difference(image.rgb, expected) < 3
        assert (image.full_width, image.full_height) == (expected.shape[1], expected.shape[0])


def test_a_compressed_and_a_truncated_tiff_are_turned_once(tmp_path: Path) -> None:
    picture = np.random.default_rng(3).integers(0, 255, (60, 90, 3)).astype(np.uint8)
    exif = exif_block(6)
    turned = np.rot90(picture, -1)
    compressed = encoded(picture, "TIFF", exif=exif, compression="tiff_deflate")
    assert difference(decoded(tmp_path, compressed, orientation=6).rgb, turned) == 0
    plain = encoded(picture, "TIFF", exif=exif)
    image = decoded(tmp_path, plain[: len(plain) * 3 // 4], orientation=6)
    assert image.note is not None
    assert (image.full_width, image.full_height) == (60, 90)
    assert difference(image.rgb[:, 30:], turned[:, 30:]) == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heif_is_turned_by_its_container_alone(tmp_path: Path, orientation: int) -> None:
    import pillow_heif

    heif = pillow_heif.from_pillow(Image.fromarray(scene(96, 64)))
    heif.info["exif"] = exif_block(orientation)
    out = io.BytesIO()
    heif.save(out, quality=90)
    expected = np.asarray(ImageOps.exif_transpose(_tagged(scene(96, 64), orientation)))
    image = decoded(tmp_path, out.getvalue(), name="a.heic", fmt=Format.HEIC, orientation=orientation)
    assert difference(image.rgb, expected) < 8
    assert oriented_by_decoder(Format.HEIC)
    assert not oriented_by_decoder(Format.JPEG)


def _tagged(rgb: np.ndarray, orientation: int) -> Image.Image:
    image = Image.fromarray(rgb)
    image.getexif()[0x0112] = orientation
    return image


@pytest.mark.parametrize("orientation", [0, 9, -3, 255])
def test_an_unknown_orientation_turns_nothing(tmp_path: Path, orientation: int) -> None:
    data = encoded(scene(96, 64), "PNG")
    assert difference(decoded(tmp_path, data, orientation=orientation).rgb, scene(96, 64)) == 0


# --- embedded thumbnails ----------------------------------------------------------------------------


def _with_exif_thumbnail(picture: np.ndarray, thumbnail: bytes) -> bytes:
    tiff = b"II*\0\x08\0\0\0" + b"\0\0" + (14).to_bytes(4, "little")
    entries = b"".join(
        tag.to_bytes(2, "little") + b"\x04\0\x01\0\0\0" + value.to_bytes(4, "little")
        for tag, value in ((0x0201, 14 + 2 + 24 + 4), (0x0202, len(thumbnail)))
    )
    tiff += b"\x02\0" + entries + bytes(4) + thumbnail
    data = encoded(picture, "JPEG", quality=85)
    return data[:2] + jpeg_segment(0xE1, b"Exif\0\0" + tiff) + data[2:]


def test_the_exif_thumbnail_is_turned_and_freed_of_its_bars(tmp_path: Path) -> None:
    small = np.zeros((120, 160, 3), np.uint8)
    small[7:113] = scene(160, 106)
    data = _with_exif_thumbnail(scene(1200, 800), encoded(small, "JPEG", quality=90))
    image = decoded(tmp_path, data, Purpose.THUMBNAIL, orientation=6)
    assert image.preliminary
    assert image.rgb.shape == (160, 107, 3)
    assert (image.full_width, image.full_height) == (800, 1200)
    assert image.rgb[:, :3].mean() > 20


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_without_a_thumbnail_that_is_said(tmp_path: Path, kind: str) -> None:
    with pytest.raises(NoThumbnailError):
        decoded(tmp_path, encoded(scene(64, 64), kind), Purpose.THUMBNAIL)


def test_features_of_a_heif_come_from_its_thumbnail(tmp_path: Path) -> None:
    import pillow_heif

    out = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(scene(1280, 960))).save(out, quality=60, thumbnails=[320])
    small = decoded(tmp_path, out.getvalue(), Purpose.FEATURES, fmt=Format.HEIC)
    assert small.rgb.shape == (240, 320, 3)
    assert small.preliminary
    assert (small.full_width, small.full_height) == (1280, 960)
    full = decoded(tmp_path, out.getvalue(), Purpose.ANALYSIS, fmt=Format.HEIC)
    assert full.rgb.shape == (960, 1280, 3)
    assert not full.preliminary


# --- colour layouts ---------------------------------------------------------------------------------


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    "mode", ["L", "P", "1", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "LAB", "I;16", "F", "I"]
)
def test_every_layout_of_a_tiff(tmp_path: Path, mode: str) -> None:
    picture = Image.fromarray(scene(120, 80))
    grey = picture.convert("L")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    elif mode == "F":
        image = Image.fromarray(np.asarray(grey).astype(np.float32) / 255)
    elif mode == "I":
        image = Image.fromarray(np.asarray(grey).astype(np.int32) * 1000)
    elif mode == "LAB":
        profiles = (ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB", 6504))
        image = ImageCms.profileToProfile(picture, *profiles, outputMode="LAB")
    else:
        image = picture.convert(mode, palette=Image.Palette.ADAPTIVE)
    result = decoded(tmp_path, _saved(image, "TIFF"), name="a.tif", fmt=Format.TIFF).rgb
    coloured = mode in ("RGB", "RGBA", "CMYK", "YCbCr", "LAB", "P")
    reference = np.asarray(picture if coloured else grey.convert("RGB"))
    if mode == "1":
        assert set(np.unique(result)) == {0, 255}
    elif mode == "I":  # stretched over the range in use
        assert (int(result.min()), int(result.max())) == (0, 255)
    else:
        assert difference(result, reference) < (12 if mode in ("LAB", "P") else 4)


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    rgba = np.zeros((20, 20, 4), np.uint8)
    rgba[:10, :, 3] = 255
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True})):
        result = decoded(tmp_path, _saved(Image.fromarray(rgba), kind, **options)).rgb
        assert result[2, 2].tolist() == [0, 0, 0]
        assert result[15, 15].tolist() == [255, 255, 255]
    palette = Image.fromarray(rgba).convert("P")
    palette.info["transparency"] = int(np.asarray(palette)[15, 15])
    assert decoded(tmp_path, _saved(palette, "PNG")).rgb[15, 15].tolist() == [255, 255, 255]


@pytest.mark.parametrize("adobe", [True, False])
def test_a_cmyk_jpeg(tmp_path: Path, adobe: bool) -> None:
    data = _saved(Image.fromarray(scene(160, 120)).convert("CMYK"), "JPEG", quality=95)
    start = data.find(b"\xff\xee")
    if not adobe:
        length = int.from_bytes(data[start + 2 : start + 4], "big")
        data = data[:start] + data[start + 2 + length :]
    with Image.open(io.BytesIO(data)) as opened:
        expected = np.asarray(opened.convert("RGB"))
    assert difference(decoded(tmp_path, data).rgb, expected) < 3


def test_the_first_page_and_the_first_frame(tmp_path: Path) -> None:
    first, second = (Image.fromarray(np.full((40, 60, 3), value, np.uint8)) for value in (30, 220))
    for kind in ("TIFF", "WEBP", "PNG", "GIF"):
        data = _saved(first, kind, save_all=True, append_images=[second])
        assert abs(float(decoded(tmp_path, data).rgb.mean()) - 30) < 3


def test_sixteen_bit_values_keep_their_scale_and_sensor_values_are_stretched(tmp_path: Path) -> None:
    ramp = np.linspace(0, 40_000, 60 * 40).reshape(40, 60)
    wide = decoded(tmp_path, _saved(Image.fromarray(ramp.astype(np.uint16)), "PNG")).rgb
    assert abs(int(wide.max()) - 40_000 * 255 // 65_535) <= 1
    narrow = decoded(tmp_path, _saved(Image.fromarray((ramp / 40 + 3000).astype(np.uint16)), "PNG")).rgb
    assert (int(narrow.min()), int(narrow.max())) == (0, 255)


# --- wrong names, damage, size ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP", "JPEG2000", "PPM"])
@pytest.mark.parametrize(
    ("name", "fmt"),
    [("a.nef", Format.NEF), ("a.heic", Format.HEIC), ("a.jpg", Format.JPEG), ("a.png", Format.PNG)],
)
def test_content_is_believed_over_the_extension(tmp_path: Path, kind: str, name: str, fmt: Format) -> None:
    data = encoded(scene(96, 64), kind)
    image = decoded(tmp_path, data, Purpose.FEATURES, name=name, fmt=fmt)
    assert (image.full_width, image.full_height) == (96, 64)
    assert difference(image.rgb, scene(96, 64)) < 12


@pytest.mark.parametrize("progressive", [False, True])
def test_a_truncated_jpeg_gives_what_is_there(tmp_path: Path, progressive: bool) -> None:
    rng = np.random.default_rng(1)
    data = encoded(rng.integers(0, 255, (600, 800, 3)).astype(np.uint8), "JPEG", progressive=progressive)
    image = decoded(tmp_path, data[: len(data) // 2], Purpose.FEATURES)
    assert image.note is not None
    assert "truncated at" in image.note
    assert (image.full_width, image.full_height) == (800, 600)


def test_a_jpeg_cut_before_its_picture(tmp_path: Path) -> None:
    data = encoded(scene(800, 600), "JPEG")
    scan = data.find(b"\xff\xda")
    for length in (scan + 14, scan, 30, 4):
        with pytest.raises(DecodeError) as caught:
            decoded(tmp_path, data[:length])
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_other_truncated_files_give_their_first_rows(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, (600, 800, 3)).astype(np.uint8)
    data = encoded(picture, kind)
    image = decoded(tmp_path, data[: int(len(data) * 0.6)])
    assert image.note is not None
    assert difference(image.rgb[:100], picture[:100]) == 0


def test_a_damaged_jpeg_is_decoded_with_a_note(tmp_path: Path) -> None:
    data = bytearray(
        encoded(np.random.default_rng(2).integers(0, 255, (300, 400, 3)).astype(np.uint8), "JPEG")
    )
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(40)
    image = decoded(tmp_path, bytes(data))
    assert image.rgb.shape == (300, 400, 3)
    assert image.note is not None


@pytest.mark.parametrize(
    "data",
    [
        b"just a text, and nothing but a text\n" * 50,
        b"\0" * 5000,
        b"\xff\xd8\xff\xe0",
        b"II*\0\x08\0\0\0\0\0",
    ],
)
@pytest.mark.parametrize("name", ["a.jpg", "a.heic", "a.nef", "a.tif"])
@pytest.mark.parametrize("purpose", [Purpose.ANALYSIS, Purpose.FEATURES])
def test_what_is_no_picture_gives_one_line(tmp_path: Path, data: bytes, name: str, purpose: Purpose) -> None:
    from nivo_tui.imaging.formats import format_of_name

    with pytest.raises(DecodeError) as caught:
        decoded(tmp_path, data, purpose, name=name, fmt=format_of_name(name) or ANY)
    assert str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_huge_png_is_refused_by_its_header(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError, match=r"30000 x 30000.*pixel_budget"):
        decoded(tmp_path, png_of_size(30_000, 30_000), Purpose.FEATURES, name="a.png", fmt=Format.PNG)


def test_a_large_jpeg_counts_at_the_scale_it_is_decoded(tmp_path: Path) -> None:
    tight = PixelBudget(megapixels=0.15)
    data = encoded(scene(2000, 1500), "JPEG")
    assert decoded(tmp_path, data, Purpose.FEATURES, budget=tight).rgb.shape == (375, 500, 3)
    with pytest.raises(TooLargeError):
        decoded(tmp_path, data, Purpose.FULL, budget=tight)
    with pytest.raises(TooLargeError):  # its coefficients are held whole at any scale
        decoded(
            tmp_path, encoded(scene(2000, 1500), "JPEG", progressive=True), Purpose.FEATURES, budget=tight
        )
    assert tight.in_flight == 0


def test_above_pillows_own_limit_nothing_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decoded(tmp_path, encoded(scene(200, 100), "PNG")).rgb.shape == (100, 200, 3)
    assert Image.MAX_IMAGE_PIXELS == 1000


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(["JPEG", "PNG", "TIFF", "WEBP"]))
def test_hostile_bytes_end_in_a_picture_or_a_photo_error(
    tmp_path: Path, data: st.DataObject, kind: str
) -> None:
    blob = bytearray(encoded(scene(64, 48), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        blob[data.draw(st.integers(4, len(blob) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded(tmp_path, bytes(blob[: data.draw(st.integers(8, len(blob)))]), Purpose.FEATURES)
    except PhotoError as error:
        assert "\n" not in str(error)


def test_threads_decode_side_by_side(tmp_path: Path) -> None:
    paths = []
    for number, kind in enumerate(("JPEG", "PNG", "WEBP", "TIFF", "AVIF") * 3):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(encoded(scene(200 + number, 150), kind))
        paths.append(path)
    budget = PixelBudget(megapixels=0.05)
    barrier = threading.Barrier(3)

    def work(path: Path) -> int:
        if path in paths[:3]:
            barrier.wait(10)
        with PhotoSource(path) as source:
            return decode(source, ANY, 1, Purpose.ANALYSIS, budget).full_width

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work, paths)) == [200 + number for number in range(len(paths))]
    assert budget.in_flight == 0


def test_dispatch_alone_imports_no_decoder() -> None:
    code = "import sys, nivo_tui.imaging.decode; print({'PIL', 'rawpy', 'simplejpeg'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
