"""Scenes: one primary and its runners-up, with models and without."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.imaging.features import measure
from nivo_tui.inference.classes import imagenet_names
from nivo_tui.inference.phrases.phrase import PhraseScore
from nivo_tui.model import Capture, Face, FileMetadata, Format, FoundObject
from nivo_tui.tagging import classes, scene, scene_rules
from nivo_tui.tagging.evidence import Evidence
from nivo_tui.tagging.shelter import light_value
from nivo_tui.tagging.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load()
RNG = np.random.default_rng(5)
DAYLIGHT = Capture(make="Canon", aperture=8.0, exposure_s=1 / 500, iso=100)
ROOM = Capture(make="Canon", aperture=2.0, exposure_s=1 / 30, iso=1600)


def noisy(colour, spread, height, width=640):
    """An area of a colour, with grains of about four pixels that vary by so much."""
    grain = RNG.normal(0, spread, (height // 4 + 1, width // 4 + 1, 1))
    grain = cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    return np.clip(np.array(colour) + grain, 0, 255).astype(np.uint8)


SKY, CLOUDS = noisy((120, 170, 235), 1, 240), noisy((200, 202, 206), 2, 240)
LEAVES, GRASS = noisy((60, 95, 35), 40, 480), noisy((95, 120, 50), 26, 240)
SEA, SNOW, SAND = noisy((50, 95, 130), 9, 120), noisy((228, 232, 240), 5, 240), noisy((215, 190, 140), 6, 120)
PICTURES = {
    "sky": np.vstack([noisy((80 + n, 130 + n, 225), 1, 40) for n in range(0, 72, 6)]),
    "forest": LEAVES,
    "snow": np.vstack([SKY, SNOW]),
    "water": np.vstack([CLOUDS, noisy((50, 95, 130), 9, 240)]),
    "beach": np.vstack([SKY[:120], SEA, SEA, SAND]),
    "landscape": np.vstack([SKY, GRASS]),
}


def page(lines=28):
    paper = np.full((1100, 800, 3), 246, np.uint8)
    for line in range(lines):
        at = (70, 80 + 34 * line)
        cv2.putText(
            paper, "the quick brown fox jumps over a lazy dog", at, 0, 0.8, (30, 30, 30), 2, cv2.LINE_AA
        )
    return paper


def window(width, height):
    """What a screen shows: a bar, a column, text on a plain ground."""
    shot = np.full((height, width, 3), (32, 33, 36), np.uint8)
    shot[: height // 12] = (60, 64, 67)
    shot[:, : width // 6] = (45, 46, 50)
    for line in range(height // 60):
        at = (width // 4, height // 8 + 50 * line)
        cv2.putText(shot, "def suggest(evidence):", at, 0, 0.8, (220, 220, 220), 1, cv2.LINE_AA)
    return shot


def suggested(rgb=None, *, shape=(640, 480), fmt=Format.JPEG, capture=None, **known):
    features = None if rgb is None else measure(rgb)
    width, height = shape if rgb is None else (rgb.shape[1], rgb.shape[0])
    metadata = FileMetadata(capture=capture or Capture(), description=known.pop("description", None))
    evidence = Evidence(fmt, width, height, metadata, features, **known)
    return scene.suggest(evidence, VOCABULARY)


def ticked(made):
    return {s.tag for s in made if s.confidence >= VOCABULARY.get(s.tag).bar}


def found(name, score=0.85, share=0.2):
    side = (share * 640 * 480) ** 0.5
    return FoundObject(name, score, 0.0, 0.0, side, side)


@pytest.mark.parametrize("tag", PICTURES)
def test_without_a_model_colours_and_where_they_lie_tell_a_scene_modestly(tag):
    made = suggested(PICTURES[tag])
    assert made[0].tag == tag and made[0].source == "colour layout"
    assert not ticked(made) and any(sign.isdigit() or sign == "," for sign in made[0].why)


@pytest.mark.parametrize(
    "rgb",
    [
        np.full((480, 640, 3), 255, np.uint8),
        np.full((480, 640, 3), (110, 160, 235), np.uint8),
        np.full((1, 1, 3), 9, np.uint8),
        noisy((128, 128, 128), 50, 480),
        noisy((150, 110, 90), 12, 480),
        noisy((110, 160, 235), 1, 40, 1000),
    ],
    ids=["white", "blue", "one pixel", "noise", "wall", "strip"],
)
def test_what_shows_nothing_certain_is_never_ticked(rgb):
    assert not ticked(suggested(rgb))


def test_a_face_in_front_says_more_than_the_colours_behind_it():
    near = (Face(100, 50, 400, 400, 0.9),)
    assert suggested(PICTURES["sky"], faces=near) == ()
    assert suggested(PICTURES["forest"], faces=(Face(0, 0, 20, 20, 0.9),))[0].tag == "forest"


def test_a_panorama_and_a_photo_without_anything_known():
    assert suggested(shape=(20000, 800)) == ()
    assert suggested(np.hstack([PICTURES["landscape"]] * 8))[0].tag == "landscape"
    assert scene.suggest(Evidence(Format.TIFF), VOCABULARY) == ()


@pytest.mark.parametrize("size", [(1920, 1080), (2532, 1170)])
def test_a_png_of_a_screens_size_with_plain_areas_is_a_screenshot(size):
    width, height = size
    (made,) = suggested(window(width, height), fmt=Format.PNG)
    assert made.tag == "screenshot" and ticked([made]) and f"{width} x {height}" in made.why
    (turned,) = suggested(window(height, width), fmt=Format.PNG)
    assert turned.tag == "screenshot"
    assert "screenshot" not in {s.tag for s in suggested(window(width - 7, height), fmt=Format.PNG)}
    assert "screenshot" not in {s.tag for s in suggested(window(*size), fmt=Format.PNG, capture=DAYLIGHT)}
    assert not ticked(suggested(window(*size), fmt=Format.JPEG))


def test_a_photo_of_a_screens_size_is_no_screenshot():
    photo = cv2.resize(PICTURES["forest"], (1920, 1080))
    assert "screenshot" not in {s.tag for s in suggested(photo, fmt=Format.PNG)}


def test_a_file_that_calls_itself_a_screenshot_is_one():
    (made,) = suggested(PICTURES["forest"], fmt=Format.PNG, description="Screenshot")
    assert made.tag == "screenshot" and ticked([made])
    assert suggested(PICTURES["forest"], description="Screenshot of fame")[0].tag == "forest"


def test_a_page_of_text_is_a_document_and_plain_paper_is_none():
    (made,) = suggested(page())
    assert made.tag == "document" and "%" in made.why
    assert suggested(page(lines=0)) == () and suggested(page(lines=3)) == ()
    assert "document" not in {s.tag for s in suggested(page(), faces=(Face(0, 0, 90, 90, 0.9),))}


@pytest.mark.parametrize(
    ("thing", "share", "tag"),
    [
        ("cat", 0.3, "pets"),
        ("zebra", 0.2, "wildlife"),
        ("bird", 0.1, "birds"),
        ("horse", 0.2, "animal"),
        ("bus", 0.4, "vehicle"),
        ("train", 0.3, "railway"),
        ("airplane", 0.1, "aviation"),
        ("boat", 0.15, "boats"),
        ("pizza", 0.3, "food"),
        ("bed", 0.4, "bedroom"),
        ("toilet", 0.2, "bathroom"),
    ],
)
def test_a_detector_alone_tells_scenes_by_what_is_large(thing, share, tag):
    made = suggested(objects=(found(thing, share=share),), object_detector="yolox")
    assert made[0].tag == tag and made[0].source == "yolox"
    assert f"{share * 100:.0f} %" in made[0].why and thing in made[0].why
    assert suggested(objects=(found(thing, share=0.001),)) == () or thing in {
        "train",
        "boat",
        "airplane",
        "bus",
    }


def test_several_cars_are_traffic():
    cars = tuple(FoundObject("car", 0.8, 100.0 * n, 0, 100.0 * n + 60, 60) for n in range(5))
    assert suggested(objects=cars)[0].tag == "traffic"
    assert "traffic" not in {s.tag for s in suggested(objects=cars[:2])}


def test_an_animal_is_named_as_exactly_as_is_sure():
    dog = suggested(classes=((207, "golden retriever", 0.7), (291, "lion", 0.1)))
    assert dog[0].tag == "pets" and "animal" not in {s.tag for s in dog}
    some = suggested(classes=((287, "lynx", 0.26), (282, "tiger cat", 0.27), (300, "tiger beetle", 0.2)))
    assert some[0].tag == "animal" and "0.73" in some[0].why


def test_a_thing_that_is_mostly_found_somewhere_is_only_a_hint():
    made = suggested(classes=((794, "shower curtain", 0.99),), classifier="lite0")
    assert [s.tag for s in made] == ["bathroom"] and not ticked(made)
    assert "a thing of it" in made[0].why and made[0].source == "lite0"


def test_indoors_and_outdoors_stand_behind_the_scene():
    outside = suggested(classes=((972, "cliff", 0.9),), capture=DAYLIGHT)
    assert [s.tag for s in outside] == ["cliff", "outdoor"]
    assert outside[1].confidence < outside[0].confidence and "EV 15.0" in outside[1].why
    inside = suggested(classes=((624, "library", 0.9),), capture=ROOM)
    assert [s.tag for s in inside] == ["library", "indoor"] and "EV 2.9" in inside[1].why


def test_less_light_than_a_candle_gives_is_no_room():
    dim = Capture(make="Canon", aperture=1.4, exposure_s=1 / 4, iso=100)
    assert [s.tag for s in suggested(capture=dim)] == ["indoor"]
    assert suggested(capture=Capture(make="Canon", aperture=2.8, exposure_s=20.0, iso=3200)) == ()


def test_one_kind_of_evidence_for_a_place_is_not_ticked_and_two_are():
    alone = suggested(capture=DAYLIGHT)
    assert [s.tag for s in alone] == ["outdoor"] and not ticked(alone)
    two = suggested(capture=DAYLIGHT, objects=(found("car", share=0.05),))
    assert "outdoor" in ticked(two)
    against = suggested(capture=DAYLIGHT, objects=(found("oven", share=0.02), found("sink", share=0.02)))
    assert not {"indoor", "outdoor"} & ticked(against)


@pytest.mark.parametrize(
    ("capture", "value"),
    [
        (Capture(aperture=16.0, exposure_s=1 / 128, iso=100), 15.0),
        (Capture(aperture=1.0, exposure_s=1.0, iso=100), 0.0),
        (Capture(aperture=2.0, exposure_s=1 / 60, iso=None), None),
        (Capture(aperture=0.0, exposure_s=1 / 60, iso=100), None),
        (Capture(aperture=4.0, exposure_s=float("inf"), iso=100), None),
        (Capture(aperture=4.0, exposure_s=0.0, iso=100), None),
        (Capture(aperture=4.0, exposure_s=1.0, iso=-3), None),
    ],
)
def test_the_light_is_that_of_the_exposure(capture, value):
    made = light_value(Evidence(Format.JPEG, metadata=FileMetadata(capture=capture)))
    assert made == (None if value is None else pytest.approx(value, abs=0.05))


def test_a_subject_from_near():
    flower = noisy((60, 70, 50), 1, 480)
    flower[120:360, 160:480] = noisy((200, 60, 90), 45, 240, 320)
    lens = Capture(make="Canon", lens="EF 100mm f/2.8L Macro IS USM")
    (made,) = suggested(flower, capture=lens)
    assert made.tag == "subject_close_up" and "Macro" in made.why and not ticked([made])
    daisy = suggested(flower, classes=((985, "daisy", 0.9),))
    assert [s.tag for s in daisy] == ["flowers", "subject_close_up"]
    assert "subject_close_up" not in {s.tag for s in suggested(flower, faces=(Face(0, 0, 300, 300, 0.9),))}


def like(tag, probability):
    return PhraseScore(tag, f"a view of {tag}", 0.28, probability, "something", 0.21)


def test_broad_scenes_do_not_compete_with_what_they_hold():
    made = suggested(
        phrases=(like("beach", 0.4), like("water", 0.3), like("outdoor", 0.28)), phrase_model="clip"
    )
    assert made[0].tag == "beach" and "outdoor" in {s.tag for s in made}
    alone = suggested(phrases=(like("outdoor", 0.9),))
    assert [s.tag for s in alone] == ["outdoor"]


def test_a_scene_switched_off_makes_room_for_the_next():
    from dataclasses import replace

    tags = {**VOCABULARY.tags, "cliff": replace(VOCABULARY.tags["cliff"], off=True)}
    without = Vocabulary(tags, VOCABULARY.families, VOCABULARY.roots)
    seen = Evidence(Format.JPEG, classes=((972, "cliff", 0.5), (970, "alp", 0.4)))
    assert scene.suggest(seen, VOCABULARY)[0].tag == "cliff"
    assert [s.tag for s in scene.suggest(seen, without)] == ["mountains"]


@pytest.mark.parametrize("index", range(classes.CLASSES))
def test_every_class_means_something(index):
    meanings = classes.load()
    if index in meanings.without:
        return
    known = ((index, imagenet_names()[index], 0.97),)
    tags = meanings.scenes.get(index, ()) + meanings.hints.get(index, ()) + meanings.objects.get(index, ())
    assert tags and all(tag in VOCABULARY for tag in tags)
    made = scene.suggest(Evidence(Format.JPEG, classes=known), VOCABULARY)
    assert {s.tag for s in made} <= {*meanings.scenes.get(index, ()), *meanings.hints.get(index, ())}


def test_no_class_is_listed_as_meaningless_and_named_at_once():
    meanings = classes.load()
    named = {index for table in (meanings.scenes, meanings.hints, meanings.objects) for index in table}
    assert not named & meanings.without and named | meanings.without == set(range(classes.CLASSES))


def test_the_rules_speak_of_tags_that_there_are():
    rules = scene_rules.load()
    things = rules.indoor_things | rules.outdoor_things | {t for rule in rules.found for t in rule.things}
    scenes = rules.indoor_scenes | rules.outdoor_scenes | {rule.scene for rule in rules.found}
    assert all(VOCABULARY.get(tag).category.value == "objects" for tag in things)
    assert all(VOCABULARY.get(tag).category.value == "scene" for tag in scenes)
    assert not rules.indoor_things & rules.outdoor_things and not rules.indoor_scenes & rules.outdoor_scenes
    assert all(0 < rule.area < 1 and 0 < rule.surest <= 0.9 and rule.count >= 1 for rule in rules.found)


@given(
    st.lists(
        st.tuples(st.integers(0, 999), st.none(), st.floats(0, 1)), max_size=10, unique_by=lambda c: c[0]
    )
)
def test_there_is_one_primary_and_it_is_the_surest(seen):
    made = suggested(classes=tuple(seen))
    assert len(made) <= 3
    assert all(other.confidence < made[0].confidence for other in made[1:])


def test_a_bedroom_with_white_walls_is_no_page():
    features = measure(page())
    bed = FoundObject("bed", 0.7, 0.0, 0.0, 300.0, 300.0)
    book = FoundObject("book", 0.9, 0.0, 0.0, 300.0, 300.0)

    def tags(*objects):
        evidence = Evidence(Format.JPEG, width=800, height=1100, features=features, objects=objects)
        return {s.tag for s in scene.suggest(evidence, VOCABULARY)}

    assert "document" in tags() & tags(book) and "document" not in tags(bed)


def test_what_lies_around_a_face_that_fills_the_picture_is_less_sure():
    def food(side):
        face = Face(0.0, 0.0, side, side, 0.9)
        evidence = Evidence(
            Format.JPEG, width=1000, height=1000, faces=(face,), classes=((936, "head cabbage", 0.8),)
        )
        return next(s.confidence for s in scene.suggest(evidence, VOCABULARY) if s.tag == "food")

    assert food(100.0) > 0.65 > food(500.0)


def test_leaves_are_not_told_twice():
    """A forest by its colours is no second reason for the open sky beside those colours."""
    features = measure(LEAVES)
    evidence = Evidence(Format.JPEG, width=640, height=480, features=features)
    made = {s.tag: s for s in scene.suggest(evidence, VOCABULARY)}
    assert "forest" in made and made["outdoor"].confidence <= 0.6
