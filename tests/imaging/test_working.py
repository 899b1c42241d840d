"""Scaling and turning of decoded pixels."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from nivo_tui.imaging.features import measure
from nivo_tui.imaging.working import WorkingImage, average_down, turns_sideways, upright

from .pictures import scene


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_agrees_with_pillow(orientation: int) -> None:
    image = Image.fromarray(scene(31, 17))
    image.getexif()[0x0112] = orientation
    out = io.BytesIO()
    image.save(out, "PNG", exif=image.getexif())
    expected = np.asarray(ImageOps.exif_transpose(Image.open(out)))
    turned = upright(scene(31, 17), orientation)
    assert np.array_equal(turned, expected)
    assert turned.flags.c_contiguous
    assert turns_sideways(orientation) == (turned.shape[:2] == (31, 17))


@settings(max_examples=60, deadline=None)
@given(width=st.integers(1, 400), height=st.integers(1, 400), long_side=st.integers(1, 300))
def test_nothing_is_enlarged_and_the_shape_is_kept(width: int, height: int, long_side: int) -> None:
    rgb = scene(width, height)
    small = average_down(rgb, long_side)
    if max(width, height) <= long_side:
        assert small is rgb
        return
    assert max(small.shape[:2]) == long_side
    assert abs(small.shape[1] - width * long_side / max(width, height)) <= 1
    assert abs(small.shape[0] - height * long_side / max(width, height)) <= 1


@pytest.mark.parametrize("side", [1280, 1100, 1600, 640, 500, 300])
def test_each_pixel_is_the_average_of_those_it_covers(side: int) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (1512, 2016, 3)).astype(np.uint8)
    picture = cv2.GaussianBlur(noise, (0, 0), 1.0)
    exact = cv2.resize(picture, (side, side * 3 // 4), interpolation=cv2.INTER_AREA)
    assert cv2.PSNR(average_down(picture, side), exact) > 38
    assert abs(float(average_down(noise, side).mean()) - float(noise.mean())) < 0.6


@pytest.mark.parametrize(
    ("size", "small"),
    [((1280, 960), (640, 480)), ((1281, 961), (640, 480)), ((1023, 700), (1023, 700)), ((5, 3), (5, 3))],
)
def test_the_small_picture_is_a_whole_fraction(size: tuple[int, int], small: tuple[int, int]) -> None:
    picture = scene(*size)
    image = WorkingImage(picture, *size)
    assert image.small.shape[1::-1] == small
    assert image.small is image.small
    factor = size[0] // small[0]
    cells = picture[: small[1] * factor, : small[0] * factor].reshape(small[1], factor, small[0], factor, 3)
    assert np.abs(cells.mean(axis=(1, 3)) - image.small).max() <= 0.5


def test_features_are_the_same_from_the_small_picture() -> None:
    image = WorkingImage(scene(1280, 960), 1280, 960)
    assert measure(image.rgb, image.small) == measure(image.rgb)
