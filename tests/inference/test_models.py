"""The real networks beside the face pack: right on labelled photos, and equal to OpenCV where it has one."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from nivo_tui.imaging.working import WorkingImage
from nivo_tui.inference.analyst import Analyst
from nivo_tui.inference.detections import Pixels
from nivo_tui.inference.faces.builtin import BuiltinDetector
from nivo_tui.inference.faces.finder import FaceFinder
from nivo_tui.inference.faces.views import shrunk
from nivo_tui.inference.faces.yunet import YuNet
from nivo_tui.inference.objects import COCO_CLASSES
from nivo_tui.inference.packs.finding import builtin_pack, find_packs, select
from nivo_tui.inference.runtime.backend import Backend


@pytest.fixture(scope="module")
def backend() -> Backend:
    return Backend("cpu")


def read(path: Path) -> Pixels:
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("detector", ["yunet", "builtin"])
def test_the_detectors_without_recognition_count_too(
    detector: str, photos: Path, models: Path, backend: Backend
) -> None:
    if detector == "builtin":
        if builtin_pack() is None:
            pytest.skip("the built-in detector has no build for this system")
        finder = FaceFinder(BuiltinDetector())
    else:
        finder = FaceFinder(YuNet(backend.load(models / "yunet_n_dynamic.onnx")))
    assert not finder.recognises
    rows = rows_of(photos / "faces_count")[::2]
    right = 0
    for row in rows:
        faces = finder.find(shrunk(read(photos / "faces_count" / row["file"]), 1280)[0])
        assert all(face.embedding is None for face in faces)
        right += int(row["faces_min"]) <= len(faces) <= int(row["faces_max"])
    assert right >= 0.9 * len(rows)


def test_yunet_agrees_with_opencvs_own_decoding(photos: Path, models: Path, backend: Backend) -> None:
    path = models / "yunet_n_dynamic.onnx"
    rgb = shrunk(read(photos / "faces_count" / "t1.jpg"), 640)[0][:416]
    height, width = rgb.shape[:2]
    try:
        judge = cv2.FaceDetectorYN.create(str(path), "", (width, height), 0.6, 0.4)
        _, expected = judge.detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    except cv2.error as error:
        pytest.skip(f"this OpenCV does not load the model: {error.msg}")
    found = YuNet(backend.load(path)).detect(rgb)
    assert len(found) == len(expected)
    order = np.argsort(-expected[:, 14])
    corners = expected[order, :4]
    corners[:, 2:] += corners[:, :2]
    assert np.abs(found.boxes - corners).max() < 1.5
    assert np.abs(found.scores - expected[order, 14]).max() < 0.01


def test_objects_and_classes_are_those_in_the_photos(photos: Path, models: Path) -> None:
    analyst = Analyst.load(select(find_packs([models]), "yolox_nano_416,efficientnet_lite0_fp16w"), "cpu")
    names = (models / "imagenet1000.txt").read_text(encoding="utf-8").split()
    assert len(names) == 1000
    first = tried = 0
    for row in rows_of(photos / "objects_scenes")[::3]:
        rgb = read(photos / "objects_scenes" / row["file"])
        analysis = analyst.analyse(WorkingImage(rgb, rgb.shape[1] * 2, rgb.shape[0] * 2))
        assert analysis.faces is None
        assert analysis.objects is not None
        assert analysis.classes is not None
        if row["kind"] == "coco":
            seen = {thing.name for thing in analysis.objects}
            wanted = [set(word.split("|")) for word in row["labels"].split(";")]
            assert all(seen & either for either in wanted), (row, seen)
            assert all(0 <= thing.left < thing.right <= rgb.shape[1] * 2 for thing in analysis.objects)
        else:
            tried += 1
            first += analysis.classes[0][0] == int(row["labels"].split(":")[0])
        assert len(analysis.classes) == 10
        chances = [chance for _, _, chance in analysis.classes]
        assert chances == sorted(chances, reverse=True)
        assert 0 < sum(chances) <= 1 + 1e-6
    assert first >= 0.8 * tried


def test_the_coco_names_are_those_of_the_label_file(models: Path) -> None:
    older = {
        "motorbike": "motorcycle",
        "aeroplane": "airplane",
        "sofa": "couch",
        "pottedplant": "potted_plant",
        "diningtable": "dining_table",
        "tvmonitor": "tv",
    }
    lines = (models / "coco80.txt").read_text(encoding="utf-8").splitlines()
    labels = [line.strip().replace(" ", "_") for line in lines if line.strip()]
    assert [older.get(label, label) for label in labels] == list(COCO_CLASSES)
