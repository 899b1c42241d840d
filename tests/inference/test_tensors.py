"""Pictures as the tensors of networks."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nivo_tui.inference.detections import planes, scratch, stacked_planes, write_planes

PICTURE = np.random.default_rng(1).integers(0, 256, (6, 5, 3), np.uint8)


@given(
    means=st.tuples(*[st.floats(0, 255)] * 3),
    factors=st.tuples(*[st.floats(1e-3, 1)] * 3),
    reverse=st.booleans(),
)
@settings(deadline=None)
def test_each_plane_is_its_channel_shifted_and_scaled(
    means: tuple[float, float, float], factors: tuple[float, float, float], reverse: bool
) -> None:
    tensor = planes(PICTURE, means, factors, blue_first=reverse)
    channels = PICTURE[:, :, ::-1] if reverse else PICTURE
    wanted = (channels.astype(np.float64) - means) * factors
    assert tensor.shape == (1, 3, 6, 5)
    assert tensor.dtype == np.float32
    assert tensor[0].transpose(1, 2, 0) == pytest.approx(wanted, abs=1e-4)


def test_one_number_stands_for_all_channels() -> None:
    assert np.array_equal(planes(PICTURE, 127.5, 1 / 128), planes(PICTURE, (127.5,) * 3, (1 / 128,) * 3))


def test_pictures_lie_behind_each_other() -> None:
    other = np.ascontiguousarray(PICTURE[::-1])
    both = stacked_planes([PICTURE, other], 10, 2)
    assert np.array_equal(both, np.concatenate([planes(PICTURE, 10, 2), planes(other, 10, 2)]))


def test_a_part_of_a_tensor_can_be_filled() -> None:
    tensor = np.full((1, 3, 10, 10), np.float32(-1))
    write_planes(tensor[0, :, 2:8, 1:6], PICTURE, 0.0, 1.0)
    assert np.array_equal(tensor[0, :, 2:8, 1:6], planes(PICTURE, 0.0, 1.0)[0])
    assert (tensor[0, :, :2] == -1).all()


def test_a_thread_uses_its_memory_again_and_no_other_threads() -> None:
    mine = scratch((1, 3, 32, 32))
    assert np.shares_memory(mine, scratch((3, 8, 8)))
    theirs = []
    thread = threading.Thread(target=lambda: theirs.append(scratch((1, 3, 32, 32))))
    thread.start()
    thread.join()
    assert not np.shares_memory(mine, theirs[0])


def test_a_large_tensor_keeps_no_memory() -> None:
    assert not np.shares_memory(scratch((1, 3, 1280, 1280)), scratch((1, 3, 1280, 1280)))
