"""Raw files: the preview where it is large enough, developed where not, upright once either way."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from nivo_tui.errors import DecodeError
from nivo_tui.imaging.decode import NoThumbnailError, Purpose, WorkingImage, decode, oriented_by_decoder
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.imaging.working import upright
from nivo_tui.model import Format

from .pictures import dng, encoded, scene


def decoded(
    folder: Path, data: bytes, purpose: Purpose, *, name: str = "a.dng", orientation: int = 1
) -> WorkingImage:
    path = folder / name
    path.write_bytes(data)
    with PhotoSource(path) as source:
        return decode(source, Format.DNG, orientation, purpose)


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation of the green channels at 24 x 24."""
    small = [
        cv2.resize(rgb, (24, 24), interpolation=cv2.INTER_AREA)[:, :, 1].ravel() for rgb in (first, second)
    ]
    return float(np.corrcoef(*small)[0, 1])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_developed_upright_whatever_orientation_is_given(tmp_path: Path, orientation: int) -> None:
    image = decoded(tmp_path, dng(600, 400, orientation=orientation), Purpose.ANALYSIS, orientation=3)
    expected = upright(scene(600, 400), orientation)
    assert (image.full_width, image.full_height) == (expected.shape[1], expected.shape[0])
    assert likeness(image.rgb, expected) > 0.8
    assert image.note is None
    assert oriented_by_decoder(Format.DNG)


@pytest.mark.parametrize(
    ("orientation", "stored_upright"),
    # Upright storage shows only where it exchanges width and height.
    [*((turn, False) for turn in range(1, 9)), *((turn, True) for turn in range(5, 9))],
)
def test_the_preview_is_turned_once(tmp_path: Path, orientation: int, stored_upright: bool) -> None:
    picture = scene(1200, 800)
    shown = upright(picture, orientation)
    preview = shown if stored_upright else picture
    data = dng(
        600,
        400,
        orientation=orientation,
        preview=encoded(preview, "JPEG"),
        preview_size=(preview.shape[1], preview.shape[0]),
    )
    for purpose, longest in ((Purpose.ANALYSIS, 1200), (Purpose.FEATURES, 600), (Purpose.THUMBNAIL, 512)):
        image = decoded(tmp_path, data, purpose)
        assert max(image.rgb.shape) == longest
        assert likeness(image.rgb, shown) > 0.98
        assert (image.full_width, image.full_height) == ((600, 400) if orientation < 5 else (400, 600))
        assert not image.preliminary


def test_a_small_preview_serves_the_thumbnail_alone(tmp_path: Path) -> None:
    data = dng(1600, 1200, preview=encoded(scene(160, 120), "JPEG"), preview_size=(160, 120))
    assert decoded(tmp_path, data, Purpose.THUMBNAIL).preliminary
    features = decoded(tmp_path, data, Purpose.FEATURES)
    assert max(features.rgb.shape) >= 480
    assert not features.preliminary
    with pytest.raises(NoThumbnailError):
        decoded(tmp_path, dng(64, 48), Purpose.THUMBNAIL)


def test_full_size_is_developed_in_full(tmp_path: Path) -> None:
    data = dng(600, 400, preview=encoded(scene(300, 200), "JPEG"), preview_size=(300, 200))
    assert decoded(tmp_path, data, Purpose.FULL).rgb.shape == (400, 600, 3)


@pytest.mark.skipif(sys.platform == "win32", reason="its names are always Unicode")
def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    try:
        (tmp_path / "a\udcff.dng").write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert decoded(tmp_path, dng(64, 48), Purpose.ANALYSIS, name="a\udcff.dng").rgb.shape == (24, 32, 3)


def test_a_raw_that_libraw_does_not_know_gives_its_largest_preview(tmp_path: Path) -> None:
    small, large = encoded(scene(160, 120), "JPEG"), encoded(scene(1200, 800), "JPEG")
    blob = b"FUJIFILMCCD-RAW 9999" + bytes(3000) + small + bytes(2000) + large + b"\x37" * 9000
    image = decoded(tmp_path, blob, Purpose.ANALYSIS, name="a.raf", orientation=6)
    assert image.rgb.shape == (1200, 800, 3)
    assert likeness(image.rgb, upright(scene(1200, 800), 6)) > 0.98
    assert image.note is not None
    assert "embedded preview" in image.note


def test_when_developing_fails_the_sensor_values_or_the_preview_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nivo_tui.imaging import raw

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("data corrupted")

    monkeypatch.setattr(raw, "_demosaiced", fail)
    grey = decoded(tmp_path, dng(600, 400, orientation=6), Purpose.ANALYSIS)
    assert likeness(grey.rgb, upright(scene(600, 400), 6)) > 0.8
    assert "without colour (data corrupted)" in str(grey.note)
    monkeypatch.setattr(raw, "_sensor_grey", fail)
    with pytest.raises(DecodeError, match="data corrupted"):
        decoded(tmp_path, dng(600, 400), Purpose.ANALYSIS)
    data = dng(600, 400, preview=encoded(scene(300, 200), "JPEG"), preview_size=(300, 200))
    stand_in = decoded(tmp_path, data, Purpose.FULL)
    assert stand_in.rgb.shape == (200, 300, 3)
    assert "embedded preview" in str(stand_in.note)


def test_a_truncated_raw_ends_in_a_picture_or_one_line(tmp_path: Path) -> None:
    data = dng(600, 400)
    for length in (len(data) - 1, len(data) // 2, 200, 40):
        try:
            decoded(tmp_path, data[:length], Purpose.ANALYSIS)
        except DecodeError as error:
            assert "\n" not in str(error)
