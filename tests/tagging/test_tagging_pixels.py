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
from nivo_tui.imaging.cells import read_layout
from nivo_tui.imaging.features import from_json, measure, quality, to_json
from nivo_tui.imaging.hashing import FORMS, distance
from nivo_tui.imaging.score import score_of
from nivo_tui.model import Category, Face, FaceQuality, Format
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


SHARPNESS = {"sharp", "soft_focus", "blurry", "very_blurry"}


@pytest.fixture(scope="module")
def degrees(made):
    """The same picture sharp, out of focus, and hardly to be recognised."""
    picture = made.resize((800, 600), Image.Resampling.LANCZOS)
    return {
        "sharp": picture,
        "soft": picture.filter(ImageFilter.GaussianBlur(2.1)),
        "blurry": picture.filter(ImageFilter.GaussianBlur(2.8)),
        "very_blurry": picture.filter(ImageFilter.GaussianBlur(8)),
    }


@settings(max_examples=25, deadline=None)
@given(
    degree=st.sampled_from(["sharp", "blurry", "very_blurry"]),
    gain=st.floats(0.5, 1.5),
    contrast=st.floats(0.5, 1.0),
    scale=st.floats(0.64, 2.0),
    sigma=st.floats(0.0, 4.0),
)
def test_the_sharpness_depends_on_nothing_else(degrees, degree, gain, contrast, scale, sigma):
    """Not on light, contrast, size or mild noise, nor on all of them together."""
    picture = degrees[degree]
    seen = ImageEnhance.Contrast(ImageEnhance.Brightness(picture).enhance(gain)).enhance(contrast)
    size = (round(800 * scale), round(600 * scale))
    way = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    seen = noisy(seen.resize(size, way), sigma) if sigma >= 0.5 else seen.resize(size, way)
    found = tags_of(np.asarray(seen)) & SHARPNESS
    assert len(found) == 1
    assert found <= ({"sharp"} if degree == "sharp" else BLURRED)


@pytest.mark.parametrize("scale", [0.4, 0.5, 0.8, 1.0, 1.5, 2.0])
def test_a_sharp_picture_is_sharp_at_any_size(degrees, scale):
    picture = degrees["sharp"]
    small = picture.resize((round(800 * scale), round(600 * scale)), Image.Resampling.LANCZOS)
    assert tags_of(saved(small)) & SHARPNESS == {"sharp"}


def with_face(rgb, sharpness, side=200.0):
    quality = FaceQuality(score=0.8, size=side, sharpness=sharpness)
    face = Face(100, 100, 100 + side, 100 + side, 0.9, quality=quality)
    height, width = rgb.shape[:2]
    return Evidence(Format.JPEG, width=width, height=height, features=measure(rgb), faces=(face,))


@pytest.mark.parametrize(
    ("degree", "face", "expected"),
    [
        ("sharp", 0.7, "sharp"),
        ("soft", 0.7, "sharp"),
        ("very_blurry", 0.7, "very_blurry"),
        ("sharp", 0.15, "soft_focus"),
        ("sharp", 0.0, "blurry"),
        ("very_blurry", 0.0, "very_blurry"),
        ("sharp", 0.37, "sharp"),
        ("soft", 0.37, "blurry"),
    ],
)
def test_a_face_decides_over_what_lies_behind_it(degrees, degree, face, expected):
    evidence = with_face(np.asarray(degrees[degree]), face)
    found = quality_tags.suggest(evidence, Vocabulary.load())
    assert {s.tag for s in found} & SHARPNESS == {expected}
    (made,) = [s for s in found if s.tag == expected]
    if (expected == "sharp" and face > 0.5) or (degree == "sharp" and face < 0.3):
        assert f"{face:.2f}" in made.why
    assert "good_quality" not in {s.tag for s in found} or expected == "sharp"


def test_a_small_face_decides_nothing(degrees):
    evidence = with_face(np.asarray(degrees["sharp"]), 0.0, side=40.0)
    assert "sharp" in {s.tag for s in quality_tags.suggest(evidence, Vocabulary.load())}


def test_noise_does_not_make_a_blurred_face_sharp(degrees):
    """Grain is fine detail to the measure of faces."""
    rgb = np.asarray(noisy(degrees["very_blurry"], 25))
    found = {s.tag for s in quality_tags.suggest(with_face(rgb, 0.9), Vocabulary.load())}
    assert "sharp" not in found


def test_good_and_poor_quality_say_the_parts(degrees):
    for degree, expected in (("sharp", "good_quality"), ("very_blurry", "poor_quality")):
        features = measure(np.asarray(degrees[degree]))
        found = {
            s.tag: s
            for s in quality_tags.suggest(Evidence(Format.JPEG, features=features), Vocabulary.load())
        }
        assert {"good_quality", "poor_quality"} & found.keys() == {expected}
        score = score_of(features)
        why = found[expected].why
        assert why.startswith(f"{score.score:.0f} of 100: ")
        for part in ("sharpness", "exposure", "contrast", "noise", "size"):
            assert f"{part} {getattr(score, part):.2f}" in why


def test_a_flat_dark_copy_is_underexposed_by_its_brightest_parts(made):
    """A bright picture taken at a third of the light has no bright part left, though few dark ones."""
    bright = ImageEnhance.Brightness(Image.new("RGB", (800, 600), (245, 245, 245))).enhance(1.0)
    bright.paste(made.resize((260, 200)), (270, 200))
    assert "underexposed" not in tags_of(saved(bright))
    assert "underexposed" in tags_of(saved(ImageEnhance.Brightness(bright).enhance(0.33)))


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
    text = to_json(features)
    assert from_json(text) is not None
    assert "NaN" not in text
    assert "Infinity" not in text


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (800, 20000)])
def test_an_even_picture_has_numbers_and_no_sharpness(level, size):
    rgb = np.full((*size, 3), level, np.uint8)
    features = measure(rgb)
    assert "NaN" not in to_json(features)
    evidence = Evidence(Format.PNG, width=size[1], height=size[0], features=features)
    tags = {s.tag for m in (quality_tags, color, mood) for s in m.suggest(evidence, Vocabulary.load())}
    assert "black_and_white" in tags
    assert not tags & {"sharp", "soft_focus", "blurry", "very_blurry", "noisy", "motion_blur"}


@settings(max_examples=40, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70), st.just(3))))
def test_measures_stay_in_their_ranges(rgb):
    features = measure(rgb)
    plain = (features.brown, features.beige, features.black, features.grey, features.white)
    shares = (*features.hues, *plain)
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
    assert all(
        type(v) in (int, float, str, tuple) for v in (getattr(features, n) for n in features.__slots__)
    )
    assert read_layout(back.layout) is not None


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
        ((200, 30, 30), {"dominant_red", "warm"}),
        ((230, 140, 30), {"dominant_orange", "warm"}),
        ((40, 150, 50), {"dominant_green"}),
        ((225, 210, 40), {"dominant_yellow", "warm"}),
        ((30, 150, 150), {"dominant_cyan"}),
        ((110, 65, 30), {"dominant_brown", "warm"}),
        ((30, 60, 190), {"dominant_blue", "cool"}),
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


SKIN = [(255, 219, 172), (241, 194, 125), (222, 171, 150), (240, 200, 190), (230, 150, 120)]


@pytest.mark.parametrize("tone", SKIN)
def test_skin_is_no_mostly_orange_picture(tone):
    grain = np.random.default_rng(0).integers(-10, 11, (300, 400, 1))
    rgb = np.clip(np.array(tone) + grain, 0, 255).astype(np.uint8)
    assert not tags_of(rgb, color) & {"dominant_orange", "dominant_red", "dominant_yellow"}


def test_few_colours_are_dominant(made):
    for seed in range(4):
        found = tags_of(saved(scene(800, 600, seed)), color)
        assert len([tag for tag in found if tag.startswith("dominant_")]) <= 3


@settings(max_examples=30, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_colour_and_mood_bear_any_picture(rgb):
    evidence = Evidence(Format.JPEG, features=measure(rgb))
    found = [s for m in (color, mood) for s in m.suggest(evidence, Vocabulary.load())]
    assert all(0 < s.confidence <= 1 for s in found)
    assert len([s for s in found if s.category is Category.MOOD]) <= 2


def test_moods_are_never_sure_and_say_why(made):
    dark = ImageEnhance.Brightness(made.resize((800, 600))).enhance(0.45)
    moods = [
        s
        for image in (made, dark, Image.new("RGB", (600, 400), (225, 228, 230)))
        for s in mood.suggest(Evidence(Format.JPEG, features=measure(np.asarray(image))), Vocabulary.load())
    ]
    assert moods
    assert all(s.category is Category.MOOD and s.confidence <= 0.8 for s in moods)
    assert all(any(c.isdigit() for c in s.why) for s in moods)


def test_a_page_of_text_has_no_mood():
    paper = np.full((1100, 800, 3), 246, np.uint8)
    for line in range(28):
        at = (70, 80 + 34 * line)
        cv2.putText(
            paper, "the quick brown fox jumps over a lazy dog", at, 0, 0.8, (30, 30, 30), 2, cv2.LINE_AA
        )
    assert not tags_of(paper, mood)
