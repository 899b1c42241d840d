"""Quality of a face: its pose by a simple head turned in space, its sharpness by known damage."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.inference.faces.quality import face_quality, overall, pose, sharpness

# Eyes, nose tip and mouth corners, in distances of the eyes: x right, y down, z towards the camera.
HEAD = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0.6, 0.5], [-0.4, 1.1, 0], [0.4, 1.1, 0]])

angles = st.floats(-75, 75)


def seen(yaw: float, roll: float = 0.0, pitch: float = 0.0, size: float = 60.0) -> np.ndarray:
    """The landmarks of the head turned by degrees, in parallel projection."""
    a, b, c = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    turned = HEAD @ (about_z @ about_x @ about_y).T
    return (turned[:, :2] * size + 300).astype(np.float32)


@given(angles, st.floats(-170, 170), st.floats(5, 400))
def test_yaw_and_roll_of_a_turned_head(yaw: float, roll: float, size: float) -> None:
    found = pose(seen(yaw, roll, size=size))
    assert found == (pytest.approx(yaw, abs=1), pytest.approx(roll, abs=1))


@given(st.floats(-50, 50), st.floats(-20, 20))
def test_a_nod_is_hardly_taken_for_a_turn(yaw: float, pitch: float) -> None:
    found = pose(seen(yaw, pitch=pitch))
    assert found is not None
    assert found[0] == pytest.approx(yaw, abs=14)


@given(angles, st.floats(-60, 60))
def test_a_mirror_changes_the_signs(yaw: float, roll: float) -> None:
    points = seen(yaw, roll)
    mirrored = (points * [-1, 1] + [600, 0])[[1, 0, 2, 4, 3]].astype(np.float32)
    there, back = pose(points), pose(mirrored)
    assert there is not None
    assert back == (pytest.approx(-there[0], abs=0.5), pytest.approx(-there[1], abs=0.5))


@pytest.mark.parametrize("points", [np.full((5, 2), 3.0), np.stack([np.arange(5.0), np.arange(5.0)], axis=1)])
def test_landmarks_in_a_point_or_a_line_have_no_pose(points: np.ndarray) -> None:
    assert pose(points.astype(np.float32)) is None


measures = st.tuples(st.floats(1, 2000), st.floats(0, 1), st.floats(-90, 90), st.floats(0, 1))


@given(measures, measures)
def test_the_score_rises_with_every_measure(
    first: tuple[float, float, float, float], second: tuple[float, float, float, float]
) -> None:
    size, sharp, yaw, score = (max(a, b) for a, b in zip(first, second, strict=True))
    best = overall(size, sharp, min(first[2], second[2], key=abs), score)
    assert 0 <= overall(*first) <= best + 1e-9
    assert best <= 1
    assert yaw <= 90


def texture(side: int, seed: int = 5) -> np.ndarray:
    """Detail of all sizes, as in photos, at `side` pixels."""
    random = np.random.default_rng(seed)
    rgb = np.zeros((96, 96, 3), np.float32)
    for cells in (3, 6, 12, 24, 48, 96):
        rgb += cv2.resize(random.normal(0, 1, (cells, cells, 3)).astype(np.float32), (96, 96)) * 18
    return np.clip(cv2.resize(rgb, (side, side), interpolation=cv2.INTER_CUBIC) + 120, 0, 255).astype(
        np.uint8
    )


def of_all(rgb: np.ndarray) -> float:
    return sharpness(rgb, np.array([0, 0, rgb.shape[1], rgb.shape[0]], np.float32))


@given(st.sampled_from([96, 130, 200, 390, 700]), st.integers(0, 9))
def test_sharpness_does_not_depend_on_size_and_exposure(side: int, seed: int) -> None:
    whole = texture(side, seed)
    assert of_all(whole) == pytest.approx(of_all(texture(96, seed)), abs=0.2)
    assert of_all((whole * 0.4 + 20).astype(np.uint8)) == pytest.approx(of_all(whole), abs=0.08)


@given(st.integers(0, 9))
def test_blur_and_enlarging_take_sharpness(seed: int) -> None:
    face = texture(200, seed)
    values = [of_all(cv2.GaussianBlur(face, (0, 0), sigma)) for sigma in (0.5, 2, 4, 8)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.1 < values[0]
    small = cv2.resize(face, (24, 24), interpolation=cv2.INTER_AREA)
    assert of_all(small) < of_all(face) / 2
    assert of_all(cv2.resize(small, (200, 200))) < of_all(face) / 2
    moved = cv2.blur(face, (25, 1))
    assert of_all(moved) < of_all(face) / 2


@pytest.mark.parametrize("box", [(5, 5, 5, 9), (-20, -20, -3, -3), (300, 0, 400, 50), (2, 2, 1, 1)])
def test_a_box_without_pixels_has_no_sharpness(box: tuple[int, ...]) -> None:
    assert sharpness(texture(96), np.array(box, np.float32)) == 0
    quality = face_quality(texture(96), np.array(box, np.float32), None, 0.7, 2.0)
    assert 0 <= quality.score < 0.5
    assert quality.size >= 0


def test_size_is_that_of_the_full_picture_and_no_landmarks_no_pose() -> None:
    quality = face_quality(texture(96), np.array([10, 10, 50, 60], np.float32), None, 0.8, 2.5)
    assert quality.size == pytest.approx(100)
    assert (quality.yaw, quality.roll) == (None, None)
    turned = face_quality(texture(96), np.array([10, 10, 50, 60], np.float32), seen(30), 0.8, 2.5)
    assert turned.yaw == pytest.approx(30, abs=1)
    assert turned.sharpness == quality.sharpness
