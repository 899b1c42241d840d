"""How far an object detector's finds are believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.model import Face, Format, FoundObject
from nivo_tui.tagging import objects
from nivo_tui.tagging.evidence import Evidence
from nivo_tui.tagging.things import things
from nivo_tui.tagging.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load()
SIDE = 1000


def found(name, score=0.8, share=0.1, left=0.0, top=0.0):
    side = share**0.5 * SIDE
    return FoundObject(name, score, left, top, left + side, top + side)


def believed(*items, **known):
    evidence = Evidence(Format.JPEG, width=SIDE, height=SIDE, objects=items, **known)
    return {thing.name: thing for thing in things(evidence)}


def tags(*items, **known):
    evidence = Evidence(Format.JPEG, width=SIDE, height=SIDE, objects=items, **known)
    return {s.tag: s for s in objects.suggest(evidence, VOCABULARY)}


def ticked(made):
    return {t for t, s in made.items() if not VOCABULARY.is_fact(t) and s.confidence >= VOCABULARY.get(t).bar}


def test_a_thing_in_the_background_is_less_sure_than_a_prominent_one():
    large, small = believed(found("car", share=0.2))["car"], believed(found("car", share=0.002))["car"]
    assert large.confidence == 0.8 > small.confidence > 0.4
    assert large.why == "found at 0.80, 20 % of the picture" and "under 1 %" in small.why


@given(st.floats(0.0001, 0.9), st.floats(0.0001, 0.9), st.floats(0.3, 1))
def test_a_larger_box_never_makes_it_less_sure(first, second, score):
    small, large = sorted((first, second))
    sure = [believed(found("bench", score, share))["bench"].confidence for share in (small, large)]
    assert sure[0] <= sure[1] <= score


def test_a_classifier_that_agrees_makes_it_surer_and_says_so():
    plain = believed(found("elephant", 0.7, 0.02))["elephant"]
    agreed = believed(found("elephant", 0.7, 0.02), classes=((386, "African elephant", 0.9),))["elephant"]
    assert agreed.confidence > plain.confidence and agreed.why.endswith("classified so at 0.90")


@pytest.mark.parametrize(
    ("name", "seen", "said"),
    [
        ("horse", (291, "lion", 0.6), "lion"),
        ("sandwich", (933, "cheeseburger", 0.9), "cheeseburger"),
        ("truck", (866, "tractor", 0.9), "tractor"),
    ],
)
def test_a_detector_that_knows_few_of_a_kind_gives_way(name, seen, said):
    doubted = believed(found(name), classes=(seen,))[name]
    assert doubted.confidence < 0.4 and said in doubted.why
    assert believed(found(name))[name].confidence == 0.8


def test_what_the_classifier_has_not_heard_of_at_all_is_doubted():
    seen = ((712, "Petri dish", 0.1), (971, "bubble", 0.1))
    clocks = believed(found("clock", 0.85), classes=seen)["clock"]
    assert clocks.confidence < 0.6 and "not among the likely classes" in clocks.why
    beside = believed(
        found("clock", 0.85), found("dog", 0.8, left=500.0), classes=((207, "golden retriever", 0.6),)
    )
    assert beside["clock"].confidence == 0.85, "it speaks of the dog"


def test_a_person_is_sure_by_a_face_and_else_by_size():
    person, face = found("person", 0.7, 0.2), (Face(100, 20, 200, 120, 0.9),)
    with_face = believed(person, faces=face)["person"]
    assert with_face.confidence > 0.8 and "with 1 face" in with_face.why
    without = believed(person, faces=(), classes=((562, "fountain", 0.5),))["person"]
    assert without.confidence < 0.5 and "no face seen" in without.why
    assert believed(found("person", 0.9, 0.6), faces=())["person"].confidence > 0.75
    elsewhere = believed(person, faces=(Face(800, 800, 900, 900, 0.9),))["person"]
    assert "no face seen" in elsewhere.why


def test_passers_by_are_found_and_not_ticked():
    crowd = tuple(found("person", 0.85, 0.01, left=90.0 * n) for n in range(5))
    faces = tuple(Face(90.0 * n + 10, 5, 90.0 * n + 40, 35, 0.8) for n in range(5))
    made = tags(*crowd, faces=faces)
    assert "person" in made and "person" not in ticked(made) and made["person"].why.startswith("5 found")


def test_prominent_things_are_ticked_and_their_groups_are_facts():
    made = tags(found("dog", 0.86), found("bicycle", 0.8, 0.3, left=300.0))
    assert {"dog", "bicycle"} == ticked(made) and {"has_animal", "has_pet", "has_vehicle"} <= set(made)
    assert all(VOCABULARY.is_fact(tag) for tag in made if tag.startswith("has_"))


def test_a_classifier_alone_is_ticked_where_it_is_sure():
    assert "castle" in ticked(tags(classes=((483, "castle", 0.9),)))
    assert "castle" not in ticked(tags(classes=((483, "castle", 0.5),)))
    assert "castle" not in tags(classes=((483, "castle", 0.2),))


def test_clothes_said_of_a_person_by_mistake_need_more():
    assert "wig" not in ticked(tags(classes=((903, "wig", 0.8),)))
    assert "has_clothing" in tags(classes=((608, "jean", 0.8),))


@pytest.mark.parametrize("size", [(1, 1), (20000, 800), (None, None)])
def test_any_size_of_picture(size):
    item = FoundObject("cat", 0.7, 0, 0, 1, 1)
    made = things(Evidence(Format.JPEG, width=size[0], height=size[1], objects=(item,)))
    assert [thing.name for thing in made] == ["cat"] and 0.4 < made[0].confidence <= 0.7
    assert things(Evidence(Format.JPEG)) == [] and things(Evidence(Format.JPEG, objects=())) == []


def test_an_animal_taken_for_a_person_is_doubted():
    baboon = ((372, "baboon", 0.92),)
    alone = believed(found("person", 0.76, 0.8), faces=(), classes=baboon)["person"]
    assert alone.confidence < 0.4 and alone.why.endswith("no face seen, and classified as baboon")
    face = Face(100.0, 100.0, 300.0, 300.0, 0.9)
    beside = [
        believed(found("person", 0.76, 0.8), found("dog", 0.8, 0.1, 800.0), faces=(), classes=baboon),
        believed(found("person", 0.76, 0.8), faces=(face,), classes=baboon),
    ]
    assert all(made["person"].confidence > 0.6 for made in beside)
