"""People: their count, how near they are, and that no name is ever ticked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.engine.analysis import Analyser
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.thumbnails import Thumbnails
from nivo_tui.inference.phrases.phrase import PhraseScore
from nivo_tui.model import Capture, Category, Face, FileMetadata, Format, Suggestion
from nivo_tui.tagging import people
from nivo_tui.tagging.evidence import Evidence
from nivo_tui.tagging.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load()
COUNTS = {"no_people", "single_person", "couple", "small_group", "group", "crowd"}
FRONT = Capture(make="Apple", model="iPhone 13", lens="iPhone 13 front camera 2.71mm f/2.2", focal_35mm=23.0)
BACK = Capture(make="Apple", model="iPhone 13", lens="iPhone 13 back camera 5.1mm f/1.6", focal_35mm=26.0)
NO_LENS = Capture(make="samsung", model="SM-G991B", focal_35mm=25.0)


def face(share, score=0.85):
    """A square face over so much of a picture of 1000 x 1000."""
    side = share**0.5 * 1000
    return Face(0, 0, side, side, score)


def suggested(*faces, capture=None, **known):
    metadata = FileMetadata(capture=capture or Capture())
    given = {"faces": faces, "detector": "scrfd", "width": 1000, "height": 1000, **known}
    made = people.suggest(Evidence(Format.JPEG, metadata=metadata, **given), VOCABULARY)
    return {s.tag: s for s in made}


def test_a_face_that_fills_the_picture_is_a_close_up():
    made = suggested(face(0.3))
    assert set(made) == {"single_person", "close_up"}
    assert made["close_up"].why == "a face over 30 % of the picture" and made["close_up"].source == "scrfd"
    assert set(suggested(face(0.05))) == {"single_person"}
    assert suggested(face(0.3))["close_up"].confidence > suggested(face(0.12))["close_up"].confidence


def test_two_faces_alike_are_no_close_up_and_one_behind_is():
    assert "close_up" not in suggested(face(0.2), face(0.18))
    assert "the next 2 %" in suggested(face(0.2), face(0.02))["close_up"].why


@pytest.mark.parametrize(
    ("capture", "faces", "least"),
    [
        (FRONT, (face(0.15),), 0.9),
        (FRONT, (face(0.15), face(0.08), face(0.06)), 0.9),
        (NO_LENS, (face(0.15),), 0.4),
    ],
)
def test_a_selfie_by_the_front_camera_or_a_wide_lens_and_a_near_face(capture, faces, least):
    made = suggested(*faces, capture=capture)["selfie"]
    assert made.confidence >= least and "15 %" in made.why


@pytest.mark.parametrize(
    ("capture", "faces"),
    [
        (BACK, (face(0.15),)),
        (Capture(make="Canon", focal_35mm=24.0), (face(0.15),)),
        (Capture(), (face(0.15),)),
        (FRONT, (face(0.01),)),
        (FRONT, (face(0.15), *(face(0.05) for _ in range(4)))),
        (FRONT, ()),
    ],
)
def test_what_is_no_selfie(capture, faces):
    assert "selfie" not in suggested(*faces, capture=capture)


def test_phrases_have_a_say_in_selfies_but_not_against_the_faces():
    looks = (PhraseScore("selfie", "a selfie", 0.3, 0.95, "", 0.2),)
    alone = suggested(face(0.15), phrases=looks, phrase_model="clip")["selfie"]
    assert alone.source == "clip" and "looks like" in alone.why
    both = suggested(face(0.15), phrases=looks, phrase_model="clip", capture=FRONT)["selfie"]
    assert both.confidence > alone.confidence and both.source == "scrfd + clip"
    assert "selfie" not in suggested(phrases=looks)


def test_without_a_detector_or_a_size_nothing_is_said_of_size():
    assert suggested(faces=None) == {}
    assert set(suggested(face(0.5), width=None, height=None)) == {"single_person"}
    assert set(suggested(faces=(Face(0, 0, 1, 1, 0.9),), width=1, height=1)) == {"single_person", "close_up"}


BOXES = st.builds(Face, *[st.floats(-2000, 2000)] * 4, st.floats(0, 1))


@given(st.lists(BOXES, max_size=25).map(tuple), st.sampled_from([Capture(), FRONT, NO_LENS]))
def test_there_is_always_exactly_one_count(faces, capture):
    made = suggested(faces=faces, capture=capture)
    assert len(set(made) & COUNTS) == 1
    assert all(0 <= s.confidence <= 1 and VOCABULARY.is_fact(tag) for tag, s in made.items())


@given(st.floats(0, 1), st.from_regex(r"person_[a-z0-9]{1,12}", fullmatch=True))
def test_a_name_is_never_ticked(confidence, tag):
    analyser = Analyser(None, VOCABULARY, PixelBudget(), Thumbnails(None), {})
    named = Suggestion(tag, "Ann", Category.PEOPLE, confidence, "faces", "looks like her")
    assert named.is_name and not analyser.rated(named).ticked
    assert VOCABULARY.get(tag).bar > 1.0
