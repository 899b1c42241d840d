"""What is measured in pixels, and the quality, colour and mood tags made of it."""

import io
import pickle

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageEnhance, ImageFilter

from nivo_tui.imaging import features as measuring
from nivo_tui.imaging import light
from nivo_tui.imaging.features import from_json, measure, quality, to_json
from nivo_tui.imaging.hashing import FORMS, distance
from nivo_tui.model import Category, Format
from nivo_tui.tagging import color, mood
from nivo_tui.tagging import quality as quality_tags
from nivo_tui.tagging.evidence import Evidence
from nivo_tui.tagging.vocabulary import Vocabulary

BLURRED = {"blurry", "very_blurry"}


def scene(width=2000, height=1500, seed=3):
    """A made picture with shapes of all sizes, colours and a soft sky, with hard edges at its full size."""
    rng = np.random.default_rng(seed)
    rows = np.linspace(0, 1, height)[:, None, None]
    picture = (rows * (60, 110, 90) + (1 - rows) * (150, 185, 225)) * np.ones((height, width, 1))
    picture = picture.astype(np.uint8)
    for _ in range(160):
        centre = (int(rng.integers(0, width)), int(rng.integers(height // 4, height)))
        colour = tuple(int(c) for c in rng.integers(5, 250, 3))
        if rng.random() < 0.5:
            cv2.circle(picture, centre, int(rng.integers(8, 120)), colour, -1, cv2.LINE_AA)
        else:
            size = rng.integers(10, 220, 2)
            box = cv2.boxPoints((centre, tuple(float(n) for n in size), float(rng.integers(0, 90))))
            cv2.fillPoly(picture, [box.astype(np.int32)], colour, cv2.LINE_AA)
    return Image.fromarray(picture)


def saved(image, quality=92):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(io.BytesIO(file.getvalue())).convert("RGB"))


def smeared(image, length=19, turned=False):
    kernel = np.full((length, 1) if turned else (1, length), 1 / length)
    return Image.fromarray(cv2.filter2D(np.asarray(image), -1, kernel))


def noisy(image, sigma=25):
    pixels = np.asarray(image).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, sigma, pixels.shape)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


DEGRADED = {
    "sharp": (saved, {"sharp"}, BLURRED | {"soft_focus", "underexposed", "overexposed"}),
    "blur3": (lambda im: saved(im.filter(ImageFilter.GaussianBlur(3))), BLURRED | {"soft_focus"}, {"sharp"}),
    "blur7": (lambda im: saved(im.filter(ImageFilter.GaussianBlur(7))), {"very_blurry"}, {"sharp"}),
    "dark": (
        lambda im: saved(ImageEnhance.Brightness(im).enhance(0.18)),
        {"underexposed"},
        BLURRED | {"overexposed"},
    ),
    "over": (lambda im: saved(ImageEnhance.Brightness(im).enhance(2.6)), {"overexposed"}, {"underexposed"}),
    "flat": (lambda im: saved(ImageEnhance.Contrast(im).enhance(0.25)), {"low_contrast"}, BLURRED),
    "crushed": (lambda im: saved(im, 8), {"jpeg_artifacts"}, set()),
    "moved": (lambda im: saved(smeared(im)), {"motion_blur"}, {"sharp"}),
    "moved_up": (lambda im: saved(smeared(im, turned=True)), {"motion_blur"}, {"sharp"}),
    "noisy": (lambda im: saved(noisy(im), 95), {"noisy"}, BLURRED),
}


@pytest.fixture(scope="module")
def made():
    return scene()


def tags_of(rgb, *modules, preliminary=False):
    evidence = Evidence(Format.JPEG, features=measure(rgb), preliminary=preliminary)
    return {s.tag for m in modules or (quality_tags,) for s in m.suggest(evidence, Vocabulary.load())}


@pytest.mark.parametrize("kind", DEGRADED)
def test_a_degraded_picture_is_called_what_it_is(made, kind):
    degrade, wanted, unwanted = DEGRADED[kind]
    found = tags_of(degrade(made.resize((800, 600), Image.Resampling.LANCZOS)))
    assert found & wanted
    assert not found & unwanted


@pytest.mark.parametrize("kind", ["sharp", "blur3", "dark", "over", "flat", "moved"])
def test_quality_tags_do_not_depend_on_scale(made, kind):
    """The same picture, degraded once and then seen at 512 to 2000 pixels."""
    degraded = made.filter(ImageFilter.GaussianBlur(9)) if kind == "blur3" else made
    if kind == "moved":
        degraded = smeared(made, 51)
    elif kind != "blur3":
        degraded = Image.fromarray(DEGRADED[kind][0](made))
    sides = (512, 640, 900, 1280, 1600, 2000)
    shrunk = [np.asarray(degraded.resize((s, s * 3 // 4), Image.Resampling.BOX)) for s in sides]
    assert len({frozenset(tags_of(rgb)) for rgb in shrunk}) == 1


@pytest.mark.parametrize("kind", ["sharp", "blur3", "dark", "over", "lowcontrast"])
def test_real_photos_and_their_degradations(photos, kind):
    wanted = {
        "sharp": ({"sharp"}, BLURRED),
        "blur3": (BLURRED | {"soft_focus"}, {"sharp"}),
        "dark": ({"underexposed"}, BLURRED | {"overexposed"}),
        "over": ({"overexposed"}, {"underexposed"}),
        "lowcontrast": ({"low_contrast"}, BLURRED),
    }[kind]
    for path in sorted((photos / "blur_quality").glob(f"*_{kind}.jpg")):
        found = tags_of(np.asarray(Image.open(path).convert("RGB")))
        assert found & wanted[0] and not found & wanted[1], path.name


def test_preliminary_features_make_no_quality_tag(made):
    assert tags_of(saved(made), preliminary=True) == set()
    assert tags_of(saved(made.resize((100, 75)))) == set()


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize(("dark", "bright"), [(20, 230), (100, 116), (5, 30), (225, 245)])
def test_blur_is_measured_in_pixels_whatever_the_contrast(sigma, dark, bright):
    """Discs of one grey on another, blurred by a known amount."""
    picture = np.full((512, 512), dark, np.float32)
    for centre in ((120, 130), (380, 150), (250, 370)):
        cv2.circle(picture, centre, 75, bright, -1)
    blurred = cv2.GaussianBlur(picture, (0, 0), sigma)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, blurred.shape)  # dither, so that 8 bits suffice
    rgb = np.repeat(np.round(blurred + noise).astype(np.uint8)[:, :, None], 3, axis=2)
    assert measure(rgb).blur_typical == pytest.approx(sigma, rel=0.25)


def test_a_white_background_is_not_overexposed(made):
    cut_out = Image.new("RGB", (800, 600), "white")
    cut_out.paste(made.resize((300, 225)).convert("L").point(lambda v: v // 2).convert("RGB"), (250, 190))
    assert "overexposed" not in tags_of(np.asarray(cut_out))


def test_a_picture_without_edges_is_neither_sharp_nor_blurred():
    assert not tags_of(np.full((400, 600, 3), 120, np.uint8)) & (BLURRED | {"sharp", "soft_focus"})


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (3, 2), (40, 40), (513, 511), (5000, 30)])
def test_any_size_can_be_measured(size):
    rgb = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    features = measure(rgb)
    assert features.measured_side <= measuring.SIDE
    assert from_json(to_json(features)) is not None


@settings(max_examples=40, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70), st.just(3))))
def test_measures_stay_in_their_ranges(rgb):
    features = measure(rgb)
    shares = (*features.hues, features.black, features.grey, features.white)
    assert sum(shares) == pytest.approx(1.0, abs=1e-6)
    assert 0 <= features.p2 <= features.p10 <= features.luma_median <= features.p90 <= features.p98 <= 1
    for value in (*shares, features.shadows, features.highlights, features.halo, features.partly_clipped):
        assert 0 <= value <= 1
    made = quality(features)
    assert 0 <= made.score <= 100
    assert all(0 <= v <= 1 for v in (made.sharpness, made.exposure, made.noise))


def test_features_are_plain_and_come_back_from_json(made):
    features = measure(saved(made))
    assert pickle.loads(pickle.dumps(features)) == features
    back = from_json(to_json(features))
    assert back.hashes == features.hashes
    assert back.blur == pytest.approx(features.blur, rel=1e-4)
    assert to_json(back) == to_json(features)
    assert all(type(v) in (int, float, tuple) for v in (getattr(features, n) for n in features.__slots__))


@pytest.mark.parametrize("text", ["{}", "[]", '{"blur": 1.0}'])
def test_features_of_another_version_are_not_read(text):
    assert from_json(text) is None


def test_the_score_ranks_a_picture_above_its_degradations(made):
    picture = made.resize((800, 600), Image.Resampling.LANCZOS)
    best = quality(measure(saved(picture))).score
    for kind in ("blur3", "blur7", "dark", "over", "flat", "noisy"):
        assert quality(measure(DEGRADED[kind][0](picture))).score < best - 4, kind


def test_hashes_find_turned_and_mirrored_copies(made):
    picture = np.asarray(made.resize((800, 600)))
    upright = measure(picture).hashes
    assert len(set(upright)) == len(FORMS)
    for number, turned in enumerate([*(np.rot90(picture, k) for k in range(4)), picture[:, ::-1]]):
        assert distance(measure(np.ascontiguousarray(turned)).hashes[0], upright[number]) <= 1
    assert distance(measure(saved(made.resize((500, 375)), 60)).hashes[0], upright[0]) <= 2
    assert distance(measure(np.asarray(scene(seed=9).resize((800, 600)))).hashes[0], upright[0]) > 7


def test_hue_families_are_those_that_are_measured():
    assert color.HUES == light.HUES


def test_grey_and_toned_pictures(made):
    picture = made.resize((800, 600))
    grey = picture.convert("L").convert("RGB")
    assert "black_and_white" in tags_of(saved(grey, 80), color)
    brown = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]], np.float32)
    toned = np.clip(np.asarray(picture).astype(np.float32) @ brown.T, 0, 255).astype(np.uint8)
    assert "sepia" in tags_of(saved(Image.fromarray(toned), 85), color)
    assert not tags_of(saved(picture), color) & {"sepia", "black_and_white"}


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((200, 30, 30), {"dominant_red", "warm_tones"}),
        ((230, 140, 30), {"dominant_orange", "warm_tones"}),
        ((40, 150, 50), {"dominant_green"}),
        ((30, 60, 190), {"dominant_blue", "cool_tones"}),
        ((130, 50, 180), {"dominant_purple"}),
        ((240, 90, 170), {"dominant_pink"}),
        ((5, 5, 5), {"dominant_black", "black_and_white"}),
        ((250, 250, 250), {"dominant_white", "black_and_white"}),
    ],
)
def test_the_prevailing_colour(colour, expected):
    grain = np.random.default_rng(0).integers(-12, 13, (300, 400, 1))
    rgb = np.clip(np.array(colour) + grain, 0, 255).astype(np.uint8)
    rgb[:60] = (
        np.random.default_rng(1).integers(90, 110, (60, 400, 1))
        if "black_and_white" not in expected
        else rgb[:60]
    )
    assert expected <= tags_of(rgb, color)


def test_moods_are_never_sure_and_say_why(made):
    dark = ImageEnhance.Brightness(made.resize((800, 600))).enhance(0.45)
    moods = [
        s
        for image in (made, dark, Image.new("RGB", (600, 400), (225, 228, 230)))
        for s in mood.suggest(Evidence(Format.JPEG, features=measure(np.asarray(image))), Vocabulary.load())
    ]
    assert moods
    assert all(s.category is Category.MOOD and s.confidence <= 0.85 for s in moods)
    assert all(any(c.isdigit() for c in s.why) for s in moods)
