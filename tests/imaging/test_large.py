"""Large pictures are brought down in parts; nobody can see that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nivo_tui.errors import DecodeError
from nivo_tui.imaging import generic
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.decode import Purpose, decode
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.imaging.webp import decode_webp
from nivo_tui.model import Format

from .pictures import scene


def picture(mode: str, width: int, height: int) -> Image.Image:
    image = Image.fromarray(scene(width, height))
    if mode == "RGBA":
        image.putalpha(Image.fromarray(scene(width, height)[:, :, 1]))
        return image
    if mode == "I;16":
        return Image.fromarray(scene(width, height)[:, :, 1].astype(np.uint16) * 257)
    if mode == "F":
        return Image.fromarray(scene(width, height)[:, :, 1].astype(np.float32) * 3 - 100)
    return image.convert(mode)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "LAB", "I;16", "F"])
def test_strips_make_the_picture_that_the_whole_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    path = tmp_path / "a.tif"
    picture(mode, 1500, 1101).save(path)
    made = []
    for pixels in (10_000_000, 20_000, 1):
        monkeypatch.setattr(generic, "_STRIP_PIXELS", pixels)
        with PhotoSource(path) as source:
            made.append(decode(source, Format.TIFF, 1, Purpose.FEATURES).rgb)
    assert max(made[0].shape) <= 960
    assert np.array_equal(made[0], made[1])
    assert np.array_equal(made[0], made[2])


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("purpose", [Purpose.FULL, Purpose.ANALYSIS, Purpose.FEATURES])
def test_a_still_webp_is_what_the_other_decoder_makes_of_it(
    tmp_path: Path, lossless: bool, purpose: Purpose
) -> None:
    path = tmp_path / "a.webp"
    picture("RGB", 2600, 1300).save(path, lossless=lossless)
    with PhotoSource(path) as source:
        ours = decode(source, Format.WEBP, 6, purpose)
        other = generic.decode_generic(source, 6, purpose, PixelBudget())
    assert (ours.full_width, ours.full_height) == (other.full_width, other.full_height) == (1300, 2600)
    if ours.rgb.shape == other.rgb.shape:
        assert np.abs(ours.rgb.astype(int) - other.rgb).mean() < 1.5
    else:
        assert purpose is Purpose.FEATURES


@pytest.mark.parametrize("kind", ["transparent", "transparent lossless", "animated"])
def test_a_webp_that_is_more_than_a_still_picture_goes_to_the_other_decoder(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "a.webp"
    image = picture("RGBA", 90, 60)
    if kind == "animated":
        image.convert("RGB").save(path, save_all=True, append_images=[picture("L", 90, 60).convert("RGB")])
    else:
        image.save(path, lossless="lossless" in kind)
    with PhotoSource(path) as source:
        with pytest.raises(DecodeError, match="still"):
            decode_webp(source, 1, Purpose.FULL, PixelBudget())
        assert decode(source, Format.WEBP, 1, Purpose.FULL).rgb.shape == (60, 90, 3)
