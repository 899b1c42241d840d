"""Faces in real photos: as many as the insightface package finds, and where that fails too."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from nivo_tui.inference.detections import Detections, Pixels, overlaps
from nivo_tui.inference.faces.finder import FaceFinder
from nivo_tui.inference.faces.recognise import Recogniser
from nivo_tui.inference.faces.scrfd import Scrfd
from nivo_tui.inference.faces.search import search
from nivo_tui.inference.faces.views import shrunk
from nivo_tui.inference.runtime.backend import Backend
from nivo_tui.model import Face

# The package calls what scikit-image is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:.estimate. is deprecated:FutureWarning")

SETS = ("faces_count", "identities", "objects_scenes")


class CountingScrfd(Scrfd):
    """Adds up the pixels it is shown."""

    pixels = 0

    def detect(self, rgb: Pixels, threshold: float | None = None) -> Detections:
        self.pixels += rgb.shape[0] * rgb.shape[1]
        return super().detect(rgb, threshold)


@dataclass(frozen=True)
class Photo:
    folder: str
    row: dict[str, str]
    rgb: Pixels
    working: Pixels
    ratio: float


@pytest.fixture(scope="module")
def scrfd(models: Path) -> CountingScrfd:
    return CountingScrfd(Backend("cpu").load(models / "buffalo_sc" / "det_500m.onnx"))


@pytest.fixture(scope="module")
def recogniser(models: Path) -> Recogniser:
    return Recogniser(Backend("cpu").load(models / "buffalo_sc" / "w_edgeface_xs.onnx"))


@pytest.fixture(scope="module")
def package(models: Path) -> Any:
    app = pytest.importorskip("insightface.app")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    analysis = app.FaceAnalysis(
        name=str((models / "buffalo_sc").resolve()), providers=["CPUExecutionProvider"], sess_options=options
    )
    analysis.prepare(0, det_size=(640, 640))
    return analysis


def read(path: Path) -> Pixels:
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


@pytest.fixture(scope="module")
def pictures(photos: Path) -> list[Photo]:
    found = []
    for folder in SETS:
        with (photos / folder / "labels.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                rgb = read(photos / folder / row["file"])
                working, ratio = shrunk(rgb, 1280)
                found.append(Photo(folder, row, rgb, np.ascontiguousarray(working), ratio))
    return found


def named(pictures: list[Photo], *names: str) -> list[Photo]:
    return [photo for photo in pictures if photo.row["file"] in names]


def boxes(faces: tuple[Face, ...]) -> np.ndarray:
    return np.array([[f.left, f.top, f.right, f.bottom] for f in faces], np.float32).reshape(-1, 4)


def test_decoding_equals_the_package_on_its_own_input(
    pictures: list[Photo], scrfd: Scrfd, recogniser: Recogniser, package: Any
) -> None:
    faces = 0
    for photo in pictures[::3]:
        height, width = photo.rgb.shape[:2]
        size = (640, int(640 * height / width)) if width >= height else (int(640 * width / height), 640)
        canvas = np.zeros((640, 640, 3), np.uint8)
        canvas[: size[1], : size[0]] = cv2.resize(photo.rgb, size)
        ours = scrfd.detect(canvas).mapped(size[1] / height)
        theirs = package.get(np.ascontiguousarray(photo.rgb[:, :, ::-1]))
        assert len(ours) == len(theirs), photo.row
        for index, face in enumerate(theirs):
            assert np.abs(ours.boxes[index] - face.bbox).max() < 1
            assert ours.landmarks is not None
            assert np.abs(ours.landmarks[index] - face.kps).max() < 1
            assert ours.scores[index] == pytest.approx(float(face.det_score), abs=1e-3)
            (vector,) = recogniser.embed(photo.rgb, ours.landmarks[index : index + 1])
            assert vector is not None
            assert float(np.frombuffer(vector, "<f4") @ face.normed_embedding) > 0.999
        faces += len(theirs)
    assert faces >= 30


def test_more_photos_are_right_than_the_packages_and_its_faces_are_found(
    pictures: list[Photo], scrfd: CountingScrfd, package: Any
) -> None:
    finder = FaceFinder(scrfd)
    ours_right = theirs_right = theirs = found = 0
    scrfd.pixels = 0
    for photo in pictures:
        mine = boxes(finder.find(photo.working, 1 / photo.ratio))
        its, _ = package.det_model.detect(np.ascontiguousarray(photo.rgb[:, :, ::-1]))
        theirs += len(its)
        found += sum(bool((overlaps(box[:4], mine) > 0.5).any()) for box in its)
        if photo.folder == "faces_count":
            least, most = int(photo.row["faces_min"]), int(photo.row["faces_max"])
            ours_right += least <= len(mine) <= most
            theirs_right += least <= len(its) <= most
        elif photo.folder == "identities":
            assert len(mine) >= 1, photo.row
    assert found >= 0.99 * theirs
    assert ours_right >= max(theirs_right, 0.97 * sum(photo.folder == "faces_count" for photo in pictures))
    # All looks together show the detector no more than one look at 640x480 a photo.
    assert scrfd.pixels <= 640 * 480 * len(pictures)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_picture_keeps_its_faces(turns: int, pictures: list[Photo], scrfd: Scrfd) -> None:
    group = named(
        pictures, "t1.jpg", "bbt1.jpg", "bbt2.jpg", "bbt4.jpg", "two_people.jpg", "kit_with_rose.jpg"
    )
    single = [photo for photo in pictures if photo.folder == "identities"][::3]
    kept = 0
    for photo in [*group, *single]:
        upright = search(scrfd, photo.working)
        turned = search(scrfd, np.ascontiguousarray(np.rot90(photo.working, turns)))
        kept += len(upright) == len(turned)
        if photo in group:
            assert len(upright) == len(turned), photo.row
    assert kept >= 0.9 * (len(group) + len(single))


@pytest.mark.parametrize("share", [1.0, 0.65])
@pytest.mark.parametrize("side", [150, 1000])
def test_a_face_that_fills_the_picture_is_found(
    share: float, side: int, pictures: list[Photo], scrfd: Scrfd
) -> None:
    for photo in [photo for photo in pictures if photo.folder == "identities"][::5]:
        box = search(scrfd, photo.working).boxes[0]
        middle, reach = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max()) * share / 2
        left, top = np.maximum(middle - reach, 0).astype(int)
        right, bottom = np.ceil(middle + reach).astype(int)
        close_up = cv2.resize(photo.working[top:bottom, left:right], (side, side))
        found = search(scrfd, close_up)
        assert len(found) == 1, photo.row
        width, height = np.minimum(found.boxes[0, 2:], side) - np.maximum(found.boxes[0, :2], 0)
        assert width * height > 0.3 * side * side


def test_no_faces_appear_at_full_size(pictures: list[Photo], scrfd: Scrfd) -> None:
    people = {"n10148035_groom.JPEG", "n03461385_grocery_store.JPEG", "n04310018_steam_locomotive.JPEG",
              "n03792782_mountain_bike.JPEG", "person.jpg"}  # fmt: skip
    random = np.random.default_rng(7)
    without = [p for p in pictures if p.folder == "objects_scenes" and p.row["file"] not in people]
    for photo in without[::5]:
        large = cv2.resize(photo.rgb, (4032, 3024), interpolation=cv2.INTER_CUBIC)
        noise = random.normal(0, 5, (3024, 4032, 1)).astype(np.float32)
        large = np.clip(large + noise, 0, 255).astype(np.uint8)
        assert len(search(scrfd, np.ascontiguousarray(shrunk(large, 1280)[0]))) == 0, photo.row


@pytest.mark.parametrize("kind", ["noise", "checks", "stripes", "gradient", "black", "dots"])
def test_textures_have_no_faces(kind: str, scrfd: Scrfd) -> None:
    rows, columns = np.mgrid[0:960, 0:1280]
    grey = {
        "noise": lambda: np.random.default_rng(2).integers(0, 256, (960, 1280)),
        "checks": lambda: (rows // 16 + columns // 16) % 2 * 255,
        "stripes": lambda: (columns // 9 % 2) * 200,
        "gradient": lambda: columns * 255 // 1280,
        "black": lambda: rows * 0,
        "dots": lambda: ((rows % 40 - 20) ** 2 + (columns % 40 - 20) ** 2 < 60) * 255,
    }[kind]()
    assert len(search(scrfd, np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2))) == 0


def crowd(pictures: list[Photo], scrfd: Scrfd, least: float, most: float) -> tuple[Pixels, np.ndarray]:
    """Sixty faces, `least` to `most` pixels long, before the sea in a picture of 4000x3000; their boxes."""
    random = np.random.default_rng(11)
    (sea,) = named(pictures, "n09428293_seashore.JPEG")
    whole = cv2.resize(sea.rgb, (4000, 3000), interpolation=cv2.INTER_CUBIC)
    heads = []
    for photo in [photo for photo in pictures if photo.folder == "identities"][::2]:
        box = search(scrfd, photo.working).boxes[0]
        middle, reach = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max()) * 0.9
        left, top = np.maximum(middle - reach, 0).astype(int)
        right, bottom = (middle + reach).astype(int)
        heads.append((photo.working[top:bottom, left:right], box - [left, top, left, top]))
    truth = []
    for place in random.permutation(12 * 20)[:60]:
        head, box = heads[random.integers(len(heads))]
        ratio = random.uniform(least, most) / float((box[2:] - box[:2]).max())
        width, height = (max(4, round(length * ratio)) for length in head.shape[1::-1])
        x, y = int(place % 20) * 195 + 10, int(place // 20) * 170 + 900
        whole[y : y + height, x : x + width] = cv2.resize(head, (width, height), interpolation=cv2.INTER_AREA)
        truth.append(box * ratio + [x, y, x, y])
    return whole, np.array(truth, np.float32)


@pytest.mark.parametrize(("least", "most", "share"), [(24, 60, 0.3), (40, 90, 0.65)])
def test_a_crowd_of_tiny_faces_is_found(
    least: float, most: float, share: float, pictures: list[Photo], scrfd: Scrfd
) -> None:
    whole, truth = crowd(pictures, scrfd, least, most)
    working, ratio = shrunk(whole, 1280)
    found = search(scrfd, np.ascontiguousarray(working)).boxes / np.float32(ratio)
    hits = sum(bool((overlaps(box, found) > 0.4).any()) for box in truth)
    wrong = sum(not (overlaps(box, truth) > 0.3).any() for box in found)
    assert hits >= share * len(truth)
    assert wrong <= 2


def test_quality_tells_a_good_face_from_a_bad_one(pictures: list[Photo], scrfd: Scrfd) -> None:
    finder = FaceFinder(scrfd)
    tried = 0
    for photo in [photo for photo in pictures if photo.folder == "identities"][::6]:
        face = max(finder.find(photo.working), key=lambda face: face.right - face.left)
        length = face.right - face.left
        blurred = finder.find(cv2.GaussianBlur(photo.working, (0, 0), length / 30))
        small = finder.find(shrunk(photo.working, max(64, int(max(photo.working.shape) * 40 / length)))[0])
        mirrored = finder.find(np.ascontiguousarray(photo.working[:, ::-1]))
        assert face.quality is not None
        for worse in (*blurred[:1], *small[:1]):
            assert worse.quality is not None
            assert worse.quality.score < face.quality.score
            assert worse.quality.sharpness < face.quality.sharpness
            tried += 1
        if len(mirrored) == 1 and face.quality.yaw is not None and abs(face.quality.yaw) > 8:
            assert mirrored[0].quality is not None
            assert mirrored[0].quality.yaw == pytest.approx(-face.quality.yaw, abs=9)
    assert tried >= 10
    profile, ahead = (
        finder.find(named(pictures, name)[0].working)[0].quality
        for name in ("left_face.jpeg", "df_img22.jpg")
    )
    assert profile is not None
    assert ahead is not None
    assert profile.yaw is not None
    assert abs(profile.yaw) > 40
    assert profile.score < ahead.score
