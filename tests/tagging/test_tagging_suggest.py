"""Suggestions as a whole, and those that come from the file, the faces and the models."""

import base64
import subprocess
import sys
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nivo_tui.imaging.features import Features
from nivo_tui.inference.phrases.phrase import PhraseScore
from nivo_tui.model import Capture, Category, Face, FileMetadata, Format, FoundObject, Gps, State
from nivo_tui.tagging import phrases, scene, technical
from nivo_tui.tagging.evidence import Draft, Evidence
from nivo_tui.tagging.people import count_tag
from nivo_tui.tagging.suggest import suggest
from nivo_tui.tagging.things import distinct
from nivo_tui.tagging.vocabulary import TAG_ID, Vocabulary

VOCABULARY = Vocabulary.load()
PEOPLE = {"no_people", "single_person", "couple", "small_group", "group", "crowd"}
UNIT = st.floats(0, 1)
LAYOUTS = st.one_of(
    st.sampled_from(["", "of another version"]),
    st.binary(min_size=80, max_size=80).map(lambda packed: base64.b64encode(packed).decode()),
)


def face(score=0.8):
    return Face(0, 0, 10, 10, score)


def found(name, score=0.8, box=(0, 0, 100, 100)):
    return FoundObject(name, score, *box)


@st.composite
def features(draw):
    p2, p10, median, p90, p98 = sorted(draw(st.tuples(*[UNIT] * 5)))
    blur = draw(st.one_of(st.none(), st.floats(0, 8)))
    smear = None if blur is None else draw(st.floats(0, 8))
    numbers = {
        name: draw(UNIT)
        for name in (
            "edge_density noise luma_mean shadows highlights partly_clipped halo"
            " colorfulness saturation chroma brown beige black grey white tone_scatter"
        ).split()
    }
    return Features(
        measured_side=draw(st.integers(1, 512)),
        width=1,
        height=1,
        hashes=("0" * 16,) * 8,
        blur=blur,
        blur_typical=blur,
        smear=smear,
        smear_least=None if smear is None else draw(st.floats(0, smear)),
        blockiness=draw(st.floats(0, 4)),
        p2=p2,
        p10=p10,
        luma_median=median,
        p90=p90,
        p98=p98,
        warmth=draw(st.floats(-1, 1)),
        hues=draw(st.tuples(*[UNIT] * 8)),
        tint=draw(st.floats(0, 360, exclude_max=True)),
        layout=draw(LAYOUTS),
        **numbers,
    )


NAMES = st.one_of(st.none(), st.text(max_size=40), st.sampled_from(["Canon", "NIKON D850", "Objektiv ÄÖ"]))
NUMBERS = st.one_of(st.none(), st.floats(allow_nan=False), st.sampled_from([1.8, 50.0, 0.001, 30.0]))
CAPTURES = st.builds(
    Capture,
    taken_at=st.one_of(st.none(), st.datetimes()),
    taken_from=st.sampled_from([None, "original", "digitized", "modified", "gps", "xmp"]),
    make=NAMES,
    model=NAMES,
    lens=NAMES,
    aperture=NUMBERS,
    exposure_s=NUMBERS,
    iso=st.one_of(st.none(), st.integers(-5, 10**9)),
    focal_mm=NUMBERS,
    focal_35mm=NUMBERS,
    flash_fired=st.sampled_from([None, True, False]),
    gps=st.one_of(st.none(), st.builds(Gps, st.floats(-90, 90), st.floats(-180, 180))),
    software=NAMES,
)
COCO = [t.id for t in VOCABULARY if t.category is Category.OBJECTS and not t.id.startswith("has_")]
OBJECTS = st.builds(found, st.sampled_from([*COCO, "unheard_of"]), UNIT)
COMPARED = [tag for group in phrases.load().values() for tag in group.tags]
SCORES = st.builds(
    PhraseScore,
    st.sampled_from([*COMPARED, "unheard_of", "couple"]),
    st.just("a thing"),
    st.floats(-1, 1),
    UNIT,
    st.sampled_from(["", "another thing"]),
    st.floats(-1, 1),
)
EVIDENCE = st.builds(
    Evidence,
    format=st.sampled_from(Format),
    width=st.one_of(st.none(), st.integers(1, 20000)),
    height=st.one_of(st.none(), st.integers(1, 20000)),
    metadata=st.builds(FileMetadata, capture=CAPTURES),
    features=st.one_of(st.none(), features()),
    preliminary=st.booleans(),
    faces=st.one_of(st.none(), st.lists(st.builds(face, UNIT), max_size=20).map(tuple)),
    detector=st.sampled_from([None, "scrfd"]),
    objects=st.one_of(st.none(), st.lists(OBJECTS, max_size=6).map(tuple)),
    classes=st.one_of(
        st.none(), st.lists(st.tuples(st.integers(0, 999), st.none(), UNIT), max_size=8).map(tuple)
    ),
    phrases=st.one_of(st.none(), st.lists(SCORES, max_size=12, unique_by=lambda s: s.tag).map(tuple)),
    phrase_model=st.sampled_from([None, "clip"]),
    live_photo=st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(EVIDENCE)
def test_whatever_the_evidence_suggestions_are_well_formed(evidence):
    made = suggest(evidence, VOCABULARY)
    assert len({s.tag for s in made}) == len(made)
    for s in made:
        tag = VOCABULARY.get(s.tag)
        assert tag is not None and tag.category is s.category
        assert TAG_ID.fullmatch(s.tag)
        assert tag.floor <= s.confidence <= 1.0
        assert s.label and s.why and s.source and s.state is State.UNDECIDED
        assert s.label.isprintable() and s.why.isprintable()
    assert len({s.tag for s in made} & PEOPLE) == (evidence.faces is not None)
    assert len([s for s in made if s.category is Category.SCENE]) <= 3
    if evidence.preliminary:
        assert not any(s.category is Category.QUALITY for s in made)


@pytest.mark.parametrize(
    ("faces", "tag"),
    [
        (0, "no_people"),
        (1, "single_person"),
        (2, "couple"),
        (3, "small_group"),
        (5, "small_group"),
        (6, "group"),
        (15, "group"),
        (16, "crowd"),
        (90, "crowd"),
    ],
)
def test_people_are_counted_by_faces(faces, tag):
    assert count_tag(faces) == tag
    (made,) = [
        s
        for s in suggest(Evidence(Format.JPEG, faces=(face(),) * faces, detector="scrfd"), VOCABULARY)
        if s.category is Category.PEOPLE
    ]
    assert made.tag == tag and made.source == "scrfd"


def test_without_a_detector_nothing_is_said_of_people():
    assert not [s for s in suggest(Evidence(Format.JPEG), VOCABULARY) if s.category is Category.PEOPLE]


@given(st.lists(UNIT, min_size=1, max_size=20), st.integers(0, 19), UNIT)
def test_a_surer_face_never_makes_the_count_less_sure(scores, place, better):
    def sure(values):
        made = suggest(Evidence(Format.JPEG, faces=tuple(face(v) for v in values)), VOCABULARY)
        return next(s.confidence for s in made if s.category is Category.PEOPLE)

    improved = list(scores)
    improved[place % len(scores)] = max(better, improved[place % len(scores)])
    assert sure(improved) >= sure(scores)


def test_a_person_without_a_face_makes_no_people_less_sure():
    def sure(*seen):
        return suggest(Evidence(Format.JPEG, faces=(), objects=seen), VOCABULARY)

    plain = next(s for s in sure() if s.tag == "no_people")
    doubted = next(s for s in sure(found("person", 0.9)) if s.tag == "no_people")
    assert doubted.confidence < plain.confidence and "0.90" in doubted.why


def tags(**known):
    return {s.tag: s for s in suggest(Evidence(**{"format": Format.JPEG, **known}), VOCABULARY)}


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (7680, 4320, {"8k_plus", "horizontal"}),
        (3024, 4032, {"4k_plus", "vertical"}),
        (1920, 1080, {"full_hd", "horizontal"}),
        (1280, 1280, {"hd", "square"}),
        (640, 480, {"small_size", "horizontal"}),
        (9000, 2000, {"8k_plus", "panorama", "horizontal"}),
        (1000, 3000, {"full_hd", "panorama", "vertical"}),
    ],
)
def test_size_and_shape(width, height, expected):
    assert set(tags(width=width, height=height)) == expected | {"jpeg"}


def test_raw_and_live_photos():
    assert {"nef", "raw"} <= set(tags(format=Format.NEF))
    assert {"heic", "live_photo"} <= set(tags(format=Format.HEIC, live_photo=True))
    assert set(tags(format=Format.RAW)) == {"raw"}


def technical_tags(**capture):
    evidence = Evidence(Format.JPEG, metadata=FileMetadata(capture=Capture(**capture)))
    return {s.tag: s for s in technical.suggest(evidence, VOCABULARY)}


@pytest.mark.parametrize(
    ("capture", "expected"),
    [
        ({"aperture": 2.8}, {"f_2_8", "wide_aperture"}),
        ({"aperture": 8.0}, {"f_8", "narrow_aperture"}),
        ({"aperture": 5.6}, {"f_5_6", "medium_aperture"}),
        ({"aperture": 0.0}, set()),
        ({"exposure_s": 1 / 2000}, {"fast_shutter"}),
        ({"exposure_s": 1 / 125}, set()),
        ({"exposure_s": 0.1}, {"slow_shutter"}),
        ({"exposure_s": 30.0}, {"long_exposure"}),
        ({"exposure_s": float("inf")}, set()),
        ({"iso": 50}, {"iso_50", "low_iso"}),
        ({"iso": 6400}, {"iso_6400", "high_iso"}),
        ({"iso": 0}, set()),
        ({"focal_mm": 4.2, "focal_35mm": 26.0}, {"wide_angle"}),
        ({"focal_mm": 4.2}, set()),
        ({"focal_mm": 50.0, "model": "Canon EOS 5D"}, {"normal_lens", "camera_canon_eos_5d"}),
        ({"focal_mm": 50.0, "model": "Canon EOS 50D"}, {"camera_canon_eos_50d"}),
        ({"focal_mm": 50.0, "model": "Canon EOS 600D"}, {"camera_canon_eos_600d"}),
        ({"focal_mm": 200.0, "model": "NIKON D850"}, {"telephoto", "camera_nikon_d850"}),
        ({"focal_mm": 200.0, "model": "NIKON D500"}, {"camera_nikon_d500"}),
        ({"focal_mm": 35.0, "model": "ILCE-7M3"}, {"wide_angle", "camera_ilce_7m3"}),
        ({"focal_mm": 35.0, "model": "ILCE-6000"}, {"camera_ilce_6000"}),
        ({"focal_35mm": 14.0}, {"ultra_wide"}),
        ({"focal_35mm": 600.0}, {"super_telephoto"}),
        ({"focal_35mm": 0.0}, set()),
        ({"flash_fired": True}, {"flash"}),
        ({"flash_fired": False}, {"no_flash"}),
        ({"lens": "EF 24-70mm f/2.8L"}, {"lens_ef_24_70mm_f_2_8l"}),
        ({"make": "  ", "lens": "???"}, set()),
    ],
)
def test_how_it_was_taken(capture, expected):
    assert set(technical_tags(**capture)) == expected


def test_labels_of_cameras_are_as_the_camera_writes_them():
    made = technical_tags(make="Apple", model="iPhone 13\x1b[2J")["camera_apple_iphone_13_2j"]
    assert made.label == "Apple iPhone 13 [2J"
    assert technical_tags(aperture=1.8)["f_1_8"].label == "f/1.8"


def test_objects_and_their_groups():
    seen = (found("dog", 0.86), found("dog", 0.5, (200, 0, 300, 100)), found("car", 0.4, (0, 200, 90, 300)))
    made = tags(objects=seen)
    assert made["dog"].why == "2 found, best 0.86"
    assert {"has_animal", "has_pet", "has_vehicle"} <= set(made)
    assert made["has_vehicle"].confidence == made["car"].confidence


def test_one_thing_under_two_names_is_counted_once():
    box = (10, 10, 110, 110)
    made = tags(objects=(found("truck", 0.31, box), found("car", 0.8, (12, 10, 110, 112))))
    assert "car" in made and "truck" not in made
    apart = distinct((found("truck", 0.31, (300, 0, 400, 50)), found("car", 0.8, box)))
    assert len(apart) == 2


def test_a_classifier_adds_what_the_detector_cannot_name():
    made = tags(objects=(), classes=((483, "castle", 0.9), (698, "palace", 0.05)), classifier="lite0")
    assert made["castle"].source == "lite0" and "0.90" in made["castle"].why
    assert "palace" not in made
    assert made["historic_architecture"].category is Category.SCENE


def test_a_lion_is_no_horse():
    lion = ((291, "lion", 0.8),)
    alone = tags(objects=(found("horse", 0.8),), classes=lion)
    assert alone["horse"].confidence < 0.6 and "lion" in alone["horse"].why
    assert tags(objects=(found("horse", 0.8),))["horse"].confidence == 0.8
    beside = tags(
        objects=(found("horse", 0.8), found("dog", 0.7, (200, 0, 250, 90))), classes=((207, "golden", 0.9),)
    )
    assert beside["horse"].confidence == 0.8


def test_one_primary_scene_and_at_most_two_runners_up():
    classes = ((978, "seashore", 0.4), (972, "cliff", 0.25), (975, "lakeside", 0.2), (970, "alp", 0.14))
    made = scene.suggest(Evidence(Format.JPEG, classes=classes), VOCABULARY)
    assert made[0].tag == "beach" and len(made) <= 3
    assert all(s.confidence < made[0].confidence and "runner-up" in s.why for s in made[1:])


def test_related_classes_add_up():
    dogs = tuple((index, None, 0.15) for index in range(207, 212))
    made = tags(classes=dogs)
    assert made["dog"].why.startswith("5 classes together 0.75")
    assert tags(classes=((978, "seashore", 0.1),)).keys() == {"jpeg"}


@pytest.mark.parametrize("name", [None, "class_291", "class 291", "291"])
def test_a_class_without_a_name_is_never_called_by_its_number(name):
    made = suggest(
        Evidence(Format.JPEG, objects=(found("horse", 0.8),), classes=((291, name, 0.8), (483, name, 0.15))),
        VOCABULARY,
    )
    assert {"lion", "horse"} <= {s.tag for s in made}
    assert not any("class 2" in s.why or "291" in s.why or "483" in s.why for s in made)


def test_a_module_cannot_suggest_what_is_not_its_own():
    draft = Draft(VOCABULARY, Category.MOOD)
    with pytest.raises(ValueError, match="beach"):
        draft.add("beach", 1.0, "why", "source")
    with pytest.raises(ValueError, match="nonsense"):
        draft.add("nonsense", 1.0, "why", "source")


def test_the_surer_of_two_reasons_stays():
    draft = Draft(VOCABULARY, Category.SCENE)
    draft.add("beach", 0.5, "first", "a")
    draft.add("beach", 0.7, "second", "b")
    draft.add("beach", 0.6, "third", "c")
    draft.add("lake", 0.1, "below the floor", "d")
    assert [(s.tag, s.why) for s in draft.suggestions] == [("beach", "second")]


def test_suggesting_loads_no_heavy_library():
    code = "import sys, nivo_tui.tagging.suggest; print([m for m in ('numpy', 'cv2') if m in sys.modules])"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


def test_an_embedded_year_is_a_fact_of_the_date():
    capture = Capture(taken_at=datetime(2021, 5, 1, 12), taken_from="original")
    made = tags(metadata=FileMetadata(capture=capture))
    assert {"year_2021", "may", "spring", "midday", "weekend"} <= set(made)
