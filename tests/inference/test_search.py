"""How pictures are shown to a detector, with a detector that sees coloured squares."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.errors import PackError
from nivo_tui.inference.detections import Detections, Pixels, no_faces, overlaps, planes, without_doubles
from nivo_tui.inference.faces import align
from nivo_tui.inference.faces.finder import FaceFinder
from nivo_tui.inference.faces.recognise import Recogniser
from nivo_tui.inference.faces.scrfd import Scrfd
from nivo_tui.inference.faces.search import search
from nivo_tui.inference.faces.views import CELL, Window, look, look_closely, shrunk, turned_back, view
from nivo_tui.inference.faces.yunet import YuNet


class SquareDetector:
    """Sees red squares; with `upright` only those that have their green mark at the top."""

    name = "squares"
    threshold = 0.5

    def __init__(
        self,
        *,
        fixed_size: tuple[int, int] | None = None,
        few_shapes: bool = False,
        hint: float = 0.1,
        upright: bool = False,
        smallest: float = 4,
        largest: float = 1e9,
    ) -> None:
        self.fixed_size = fixed_size
        self.few_shapes = few_shapes
        self.hint = hint
        self.upright = upright
        self.smallest, self.largest = smallest, largest
        self.looks: list[tuple[int, int]] = []

    def detect(self, rgb: Pixels, threshold: float | None = None) -> Detections:
        import cv2

        self.looks.append((rgb.shape[1], rgb.shape[0]))
        floor = self.threshold if threshold is None else threshold
        mask = ((rgb[:, :, 0] > 100) & (rgb[:, :, 2] < 80)).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        rows = []
        for left, top, width, height, _ in stats[1:count]:
            score = 0.9
            head = rgb[top : top + max(1, height // 3), left : left + width, 1].mean()
            body = rgb[top : top + height, left : left + width, 1].mean()
            if not self.smallest <= width <= self.largest or (self.upright and head <= body * 1.5):
                score = 0.35
            if score >= floor:
                rows.append((left, top, left + width, top + height, score))
        if not rows:
            return no_faces(with_landmarks=True)
        table = np.array(rows, np.float32)
        corners = table[:, [0, 1, 2, 1, 0, 3, 2, 3]].reshape(-1, 4, 2)
        points = np.concatenate([corners, corners.mean(axis=1, keepdims=True)], axis=1)
        return Detections(table[:, :4], table[:, 4], points.astype(np.float32))


def picture(width: int, height: int, *squares: tuple[int, int, int]) -> Pixels:
    """Blue, with red squares at (left, top, side), a green mark along the top third of each."""
    rgb = np.full((height, width, 3), (20, 20, 200), np.uint8)
    for left, top, side in squares:
        rgb[top : top + side, left : left + side] = (220, 20, 20)
        rgb[top : top + side // 3, left : left + side] = (220, 220, 20)
    return rgb


def boxes(found: Detections) -> list[list[int]]:
    return [[round(float(edge)) for edge in box] for box in found.boxes]


@given(
    st.integers(1, 900),
    st.integers(1, 900),
    st.sampled_from([64, 320, 640]),
    st.booleans(),
)
def test_a_view_never_enlarges_and_suits_the_detector(width: int, height: int, side: int, few: bool) -> None:
    rgb = np.zeros((height, width, 3), np.uint8)
    seen = view(rgb, side, SquareDetector(few_shapes=few))
    assert seen.ratio <= 1
    assert max(width, height) * seen.ratio <= max(side, 1) + 1
    assert all(length % 32 == 0 and length >= 64 for length in seen.canvas.shape[:2])
    if few:
        assert seen.canvas.shape[:2] in ((320, 320), (640, 640), (1280, 1280))


@given(st.integers(1, 900), st.integers(1, 900))
def test_a_view_for_a_fixed_input_has_its_size(width: int, height: int) -> None:
    seen = view(np.zeros((height, width, 3), np.uint8), 640, SquareDetector(fixed_size=(320, 256)))
    assert seen.canvas.shape == (256, 320, 3)
    assert seen.ratio <= 1


@given(st.integers(1, 3000), st.integers(1, 40), st.sampled_from([32, 640]))
def test_shrinking_keeps_the_ratio_it_tells(width: int, height: int, side: int) -> None:
    small, ratio = shrunk(np.zeros((height, width, 3), np.uint8), side)
    assert max(small.shape[:2]) <= max(side, 1)
    assert abs(small.shape[1] - width * ratio) <= 1
    assert small.shape[0] >= 1


@pytest.mark.parametrize(
    "detector", [SquareDetector(), SquareDetector(fixed_size=(640, 640)), SquareDetector(few_shapes=True)]
)
@pytest.mark.parametrize(("width", "height"), [(1280, 960), (500, 700), (1279, 853), (90, 90)])
def test_boxes_come_back_in_the_pictures_pixels(detector: SquareDetector, width: int, height: int) -> None:
    left, top, side = width // 3, height // 2, min(width, height) // 4
    found = search(detector, picture(width, height, (left, top, side)))
    assert np.abs(found.boxes[0] - [left, top, left + side, top + side]).max() <= 3 * max(1, width / 640)


@given(st.integers(0, 3), st.integers(1, 300), st.integers(1, 300), st.data())
def test_turning_back_undoes_a_turn(turns: int, width: int, height: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    rgb = np.zeros((height, width), np.uint8)
    rgb[y, x] = 1
    ((row, column),) = np.argwhere(np.rot90(rgb, turns))
    pixel = np.array([[column, row, column + 1, row + 1]], np.float32)
    seen = Detections(
        pixel, np.ones(1, np.float32), np.full((1, 5, 2), (column + 0.5, row + 0.5), np.float32)
    )
    back = turned_back(seen, turns, width, height)
    assert back.boxes.tolist() == [[x, y, x + 1, y + 1]]
    assert back.landmarks is not None
    assert back.landmarks[0, 0].tolist() == [x + 0.5, y + 0.5]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_picture_on_its_side_is_tried_in_other_positions(turns: int) -> None:
    upright = picture(600, 400, (150, 100, 90))
    turned = np.ascontiguousarray(np.rot90(upright, turns))
    found = search(SquareDetector(upright=True), turned)
    ((row, column), *_, (last_row, last_column)) = np.argwhere(turned[:, :, 0] > 100)
    assert np.abs(found.boxes[0] - [column, row, last_column + 1, last_row + 1]).max() <= 4


class RollingDetector(SquareDetector):
    """Says by the landmarks where a square's mark is; of those that are not upright it sees one alone."""

    def detect(self, rgb: Pixels, threshold: float | None = None) -> Detections:
        found = super().detect(rgb, threshold)
        turns = []
        for left, top, right, bottom in found.boxes.round().astype(int):
            square = rgb[top:bottom, left:right, 1].astype(float)
            sides = [square[:3].mean(), square[:, -3:].mean(), square[-3:].mean(), square[:, :3].mean()]
            turns.append(int(np.argmax(sides)))
        for index, turn in enumerate(turns):
            assert found.landmarks is not None
            centre = found.landmarks[index, 4]
            eye = np.array([(10, 0), (0, 10), (-10, 0), (0, -10)][turn], np.float32)
            found.landmarks[index, 0], found.landmarks[index, 1] = centre - eye, centre + eye
        return found.take(np.arange(min(len(found), 1 if any(turns) else 99)))


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_faces_that_lie_on_their_side_turn_the_picture(turns: int) -> None:
    upright = picture(640, 480, (100, 100, 60), (300, 100, 60), (500, 300, 90))
    turned = np.ascontiguousarray(np.rot90(upright, turns))
    found = search(RollingDetector(), turned)
    assert len(found) == 3
    assert (turned[:, :, 0] > 100).sum() == pytest.approx(
        float(np.prod(found.boxes[:, 2:] - found.boxes[:, :2], axis=1).sum()), rel=0.1
    )
    for left, top, right, bottom in found.boxes.round().astype(int):
        assert (turned[top + 2 : bottom - 2, left + 2 : right - 2, 0] > 100).all()


@given(st.integers(1, 3), st.integers(20, 600), st.integers(20, 400), st.integers(6, 300), st.data())
def test_what_a_window_shows_comes_back_in_the_pictures_pixels(
    columns: int, width: int, height: int, side: int, data: st.DataObject
) -> None:
    side = min(side, width - 4, height - 4)
    left, top = data.draw(st.integers(0, width - side)), data.draw(st.integers(0, height - side))
    box = np.array([left, top, left + side, top + side], np.float32)
    rgb = picture(width, height, (left, top, side))
    windows = [Window(box, turns) for turns in range(columns + 1)]
    detector = SquareDetector()
    found = look_closely(detector, rgb, windows, 0.5)
    assert len(found) == len(windows)
    assert len(detector.looks) == 1
    for there in found:
        assert np.abs(there.boxes[0] - box).max() <= 2 + side / 12


def test_a_mosaic_fits_a_fixed_input() -> None:
    detector = SquareDetector(fixed_size=(160, 128))
    rgb = picture(400, 300, (100, 100, 60))
    box = np.array([100, 100, 160, 160], np.float32)
    found = look_closely(detector, rgb, [Window(box, turns) for turns in range(4)], 0.5)
    assert detector.looks == [(160, 128)]
    assert all(np.abs(there.boxes[0] - box).max() < 6 for there in found)


def test_a_picture_without_any_hint_costs_one_small_look_more() -> None:
    detector = SquareDetector()
    assert len(search(detector, picture(1280, 960))) == 0
    assert detector.looks == [(640, 512), (CELL, CELL)]


def test_a_detector_without_hints_is_always_given_the_other_positions() -> None:
    detector = SquareDetector(hint=0.0)
    assert len(search(detector, picture(1280, 960))) == 0
    assert len(detector.looks) == 5


def test_a_close_up_too_large_for_the_first_look_is_found() -> None:
    found = search(SquareDetector(largest=400), picture(900, 900, (100, 100, 700)))
    assert np.abs(found.boxes[0] - [100, 100, 800, 800]).max() <= 12


def test_a_small_doubtful_face_is_looked_at_closely() -> None:
    detector = SquareDetector(smallest=30)
    found = search(detector, picture(640, 480, (200, 100, 20), (400, 300, 60)))
    assert sorted(boxes(found)) == [pytest.approx([200, 100, 220, 120], abs=2), [400, 300, 460, 360]]
    assert len(detector.looks) == 2


def test_a_crowd_of_small_faces_gets_a_look_at_all_pixels() -> None:
    near = [(100 * index, 400, 40) for index in range(1, 6)]
    far = [(180 * index, 100, 12) for index in range(1, 6)]
    detector = SquareDetector(smallest=11)
    found = search(detector, picture(1280, 960, *near, *far))
    assert len(found) == 10
    assert (1280, 992) in detector.looks
    assert max(width * height for width, height in detector.looks) == 1280 * 992


def test_a_dense_crowd_is_enlarged_where_it_is() -> None:
    row = [(30 * index, 120, 14) for index in range(1, 40)]
    behind = [(30 * index, 60, 7) for index in range(1, 40)]
    detector = SquareDetector(smallest=13)
    found = search(detector, picture(1280, 960, *row, *behind))
    assert len(found) == 78
    tiles = [look for look in detector.looks if look[0] >= 1280]
    assert 3 <= len(tiles) <= 4  # the whole, and the two or three tiles along the top


def test_a_few_people_cost_one_look() -> None:
    detector = SquareDetector()
    search(detector, picture(1280, 960, (100, 100, 200), (600, 300, 200)))
    assert detector.looks == [(640, 512)]


def test_a_panorama_is_shown_longer() -> None:
    detector = SquareDetector(smallest=12)
    found = search(detector, picture(1280, 200, (600, 80, 16)))
    assert len(found) == 1
    assert detector.looks == [(1280, 256)]


@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (2000, 1), (33, 65), (20, 3000), (3000, 20)])
@pytest.mark.parametrize("hint", [0.0, 0.1])
@pytest.mark.parametrize("fixed_size", [None, (320, 256)])
def test_odd_pictures_are_no_trouble(
    shape: tuple[int, int], hint: float, fixed_size: tuple[int, int] | None
) -> None:
    rgb = np.full((*shape, 3), (220, 20, 20), np.uint8)
    for upright in (True, False):
        finder = FaceFinder(SquareDetector(hint=hint, upright=upright, smallest=1, fixed_size=fixed_size))
        for face in finder.find(rgb):
            assert face.quality is not None
            assert 0 <= face.quality.score <= 1


def test_what_a_model_places_nowhere_is_left_out() -> None:
    class Broken(SquareDetector):
        def detect(self, rgb: Pixels, threshold: float | None = None) -> Detections:
            found = super().detect(rgb, threshold)
            if len(found) > 1:
                found.boxes[0] = np.nan
            return found

    assert len(FaceFinder(Broken()).find(picture(640, 480, (100, 100, 60), (300, 100, 60)))) == 1


def test_the_finder_scales_to_full_size_and_keeps_scores() -> None:
    (face,) = FaceFinder(SquareDetector()).find(picture(640, 480, (100, 50, 80)), scale=2.5)
    assert (face.left, face.top, face.right, face.bottom) == (250, 125, 450, 325)
    assert face.landmarks[0] == (250, 125)
    assert face.score == pytest.approx(0.9)
    assert face.embedding is None


box_list = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 40), st.integers(1, 40)),
    min_size=1,
    max_size=20,
)


@given(box_list, st.floats(0.1, 0.9))
def test_suppression_keeps_the_best_and_no_two_that_overlap(
    rows: list[tuple[int, ...]], limit: float
) -> None:
    table = np.array(rows, np.float32)
    table[:, 2:] += table[:, :2]
    scores = np.linspace(1, 0.5, len(rows), dtype=np.float32)
    kept = without_doubles(Detections(table, scores, None), limit)
    assert kept.scores[0] == 1
    for index in range(len(kept)):
        assert (overlaps(kept.boxes[index], kept.boxes[index + 1 :]) <= limit + 1e-6).all()
    for index in range(len(rows)):
        assert overlaps(table[index], kept.boxes).max() > limit - 1e-6


def test_planes_are_normalised_channels() -> None:
    rgb = np.random.default_rng(3).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    expected = ((rgb.astype(np.float32) - 127.5) / 128).transpose(2, 0, 1)[None]
    assert np.allclose(planes(rgb, 127.5, 1 / 128), expected, atol=1e-6)


@given(st.floats(0.2, 5), st.floats(-3.1, 3.1), st.floats(-200, 200), st.floats(-200, 200))
def test_alignment_recovers_any_similarity(size: float, angle: float, x: float, y: float) -> None:
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (align.REFERENCE @ turn.T + [x, y]).astype(np.float32)
    matrix = align.similarity(points)
    assert np.allclose(points @ matrix[:, :2].T + matrix[:, 2], align.REFERENCE, atol=0.02)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=5, max_size=5, unique=True))
def test_alignment_is_the_least_squares_similarity(points: list[tuple[float, float]]) -> None:
    source = np.array(points, np.float32)
    if np.ptp(source, axis=0).max() < 1:
        return
    matrix = align.similarity(source)
    linear = matrix[:, :2]
    assert np.isclose(linear[0, 0], linear[1, 1])
    assert np.isclose(linear[0, 1], -linear[1, 0])

    def error(candidate: np.ndarray) -> float:
        return float(((source @ candidate[:, :2].T + candidate[:, 2] - align.REFERENCE) ** 2).sum())

    best = error(matrix)
    for change in (
        [[1, 0, 0], [0, 1, 0]],
        [[0, -1, 0], [1, 0, 0]],
        [[0, 0, 1], [0, 0, 0]],
        [[0, 0, 0], [0, 0, 1]],
    ):
        for step in (1e-3, -1e-3):
            assert error(matrix + step * np.array(change)) >= best - 1e-6


def test_landmarks_in_one_point_allow_no_alignment() -> None:
    with pytest.raises(ValueError, match="coincide"):
        align.similarity(np.full((5, 2), 7, np.float32))


NOWHERE = {
    "nan": np.nan,
    "infinite": np.inf,
    "minus infinite": -np.inf,
    "largest float": np.finfo(np.float32).max,
    "giant": 1e6,
}


@pytest.mark.parametrize("part", ["boxes", "landmarks"])
@pytest.mark.parametrize("value", NOWHERE.values(), ids=list(NOWHERE))
def test_only_what_has_a_place_near_the_picture_is_kept(part: str, value: float) -> None:
    class Broken(SquareDetector):
        def detect(self, rgb: Pixels, threshold: float | None = None) -> Detections:
            found = super().detect(rgb, threshold)
            getattr(found, part)[:1].flat[-1:] = value
            return found

    rgb = picture(1200, 900, (100, 100, 150), (700, 300, 150))
    sound, broken = (kind() for kind in (SquareDetector, Broken))
    assert len(look(sound, rgb, 640, 0.5)) == 2
    assert len(look(broken, rgb, 640, 0.5)) == 1
    windows = [Window(box) for box in look(sound, rgb, 640, 0.5).boxes]
    assert [len(seen) for seen in look_closely(sound, rgb, windows, 0.5)] == [1, 1]
    assert sum(len(seen) for seen in look_closely(broken, rgb, windows, 0.5)) == 1


def test_a_box_may_reach_beyond_the_picture_by_four_of_its_sides_at_most() -> None:
    class One(SquareDetector):
        edge = 0.0

        def detect(self, rgb: Pixels, threshold: float | None = None) -> Detections:
            box = np.array([[-self.edge / 2, 0, self.edge / 2, 50]], np.float32)
            return Detections(box, np.array([0.9], np.float32), None)

    detector = One()
    for detector.edge, kept in ((390.0, 1), (410.0, 0)):
        assert len(look(detector, np.zeros((80, 100, 3), np.uint8), 640)) == kept


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0])
def test_a_vector_without_a_length_is_no_embedding(value: float) -> None:
    answers = np.full((1, 8), value, np.float32)
    assert Recogniser(answering([answers])).embed(picture(200, 200), LANDMARKS) == [None]


@pytest.mark.parametrize("answer", [[], ["a", "b"], [[1.0], [1.0, 2.0]]])
def test_answers_that_are_no_vectors_are_a_pack_error(answer: object) -> None:
    outputs = [] if answer == [] else [answer]
    with pytest.raises(PackError, match=r"^r\.onnx: its outputs are not what its kind gives"):
        Recogniser(answering(outputs)).embed(picture(200, 200), LANDMARKS)


@pytest.mark.parametrize("answer", [["a"], [np.ones(3, np.float32)], np.full((1, 1), 1.0), np.array(["a"])])
@pytest.mark.parametrize(("kind", "count"), [(Scrfd, 9), (YuNet, 12)])
def test_a_detectors_answers_of_another_kind_are_a_pack_error(
    kind: type[Scrfd] | type[YuNet], count: int, answer: object
) -> None:
    model = answering([answer] * count)
    parts = ("cls", "obj", "bbox", "kps")
    model.outputs = tuple(f"{part}_{stride}" for part in parts for stride in (8, 16, 32))[:count]
    with pytest.raises(PackError, match=r"^r\.onnx: its outputs are not what its kind gives"):
        kind(model).detect(picture(64, 64))


LANDMARKS = np.array([[[38, 52], [74, 52], [56, 72], [42, 92], [71, 92]]], np.float32)


def answering(outputs: list[object]) -> Any:
    """A model that answers this to every picture."""
    return SimpleNamespace(
        path=Path("r.onnx"),
        outputs=(),
        run=lambda _tensor: outputs,
        fixed_input_size=None,
        takes_batches=True,
        prefers_few_shapes=False,
    )


@pytest.mark.parametrize(("sides", "lasts"), [((0, 1000), True), ((100, 130), False)])
def test_a_doubtful_face_without_hints_has_to_last_at_other_sizes(
    sides: tuple[int, int], lasts: bool
) -> None:
    class Doubtful(SquareDetector):
        """Scores of 0.7 for squares of some sizes alone."""

        def detect(self, rgb: Pixels, threshold: float | None = None) -> Detections:
            found = super().detect(rgb, threshold)
            width = found.boxes[:, 2] - found.boxes[:, 0]
            seen = found.take(np.flatnonzero((width >= sides[0]) & (width <= sides[1])))
            return Detections(seen.boxes, np.full_like(seen.scores, 0.7), seen.landmarks)

    found = search(Doubtful(hint=0.0), picture(640, 480, (200, 150, 120)))
    assert len(found) == lasts
