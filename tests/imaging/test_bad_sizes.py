"""Files that claim no pixels, countless ones, or break off: one clear line each, and no other exception."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from nivo_tui.errors import DecodeError, PhotoError, TooLargeError
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.decode import Purpose, WorkingImage, decode
from nivo_tui.imaging.formats import sniff
from nivo_tui.imaging.identity import image_hash
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.model import Format

from .pictures import scene
from .sizes import FORMATS, file_of, said_to_be

NO_PIXELS = [(0, 0), (0, 64), (96, 0), (1, 0)]
WITHOUT_ZERO = "lossless WebP"
PURPOSES = (Purpose.ANALYSIS, Purpose.FEATURES, Purpose.THUMBNAIL, Purpose.FULL)


def looked_at(path: Path, purpose: Purpose, budget: PixelBudget | None = None) -> WorkingImage:
    """What a scan does with a file: hash it, decode it."""
    with PhotoSource(path) as source:
        content = sniff(source.head, path.name) or Format.JPEG
        image_hash(source, content)
        return decode(source, content, 1, purpose, budget)


@pytest.mark.parametrize("size", NO_PIXELS)
@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != WITHOUT_ZERO])
def test_a_picture_without_pixels_is_one_line(tmp_path: Path, kind: str, size: tuple[int, int]) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(said_to_be(kind, file_of(kind, scene(96, 64)), *size))
    for purpose in PURPOSES:
        with pytest.raises(DecodeError) as caught:
            looked_at(path, purpose)
        assert "\n" not in str(caught.value)
    if kind in ("JPEG", "progressive JPEG", "PNG", "TIFF", "WebP"):
        with pytest.raises(DecodeError, match=f"has {size[0]} x {size[1]} pixels"):
            looked_at(path, Purpose.ANALYSIS)


@pytest.mark.parametrize("size", [(16000, 16000), (0xFFFF, 0xFFFF), (0x7FFFFFFF, 0x7FFFFFFF)])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_of_countless_pixels_is_refused_by_its_header(
    tmp_path: Path, kind: str, size: tuple[int, int]
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(said_to_be(kind, file_of(kind, scene(96, 64)), *size))
    # LibRaw has a limit of its own, and says that it is no raw file.
    expected = DecodeError if kind == "DNG" else TooLargeError
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for purpose in (Purpose.ANALYSIS, Purpose.FEATURES):
            with pytest.raises(expected) as caught:
                looked_at(path, purpose, PixelBudget(1))
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", FORMATS)
def test_cut_anywhere_it_ends_in_a_picture_or_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.bin"
    whole = file_of(kind, scene(320, 240))
    for share in range(0, 100, 5):
        path.write_bytes(whole[: max(1, len(whole) * share // 100)])
        for purpose in PURPOSES:
            try:
                image = looked_at(path, purpose)
            except PhotoError as error:
                assert str(error)
                assert "\n" not in str(error)
            else:
                assert min(image.rgb.shape) > 0
                assert image.note, f"cut at {share} % and nothing said"
