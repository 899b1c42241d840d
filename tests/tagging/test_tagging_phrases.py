"""Tags from the comparison with phrases, and a person's own tags."""

import subprocess
import sys
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.errors import SettingsError
from nivo_tui.inference.phrases.phrase import PhraseScore
from nivo_tui.model import Category, Format, FoundObject
from nivo_tui.tagging import mood, objects, phrases, scene, zeroshot
from nivo_tui.tagging.evidence import Evidence
from nivo_tui.tagging.own_words import UserTag, parse_user_tags, with_tags
from nivo_tui.tagging.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load()
BEACH = ((978, "seashore", 0.8),)


def like(tag, probability, cosine=0.28, rival=0.21):
    return PhraseScore(tag, f"a view of {tag}", cosine, probability, "something", rival)


def seen(*scores, **known):
    return Evidence(Format.JPEG, phrases=scores, phrase_model="clip", **known)


def test_every_phrase_speaks_of_a_tag_of_its_category():
    for category, group in phrases.load().items():
        assert group.rule in ("one", "several") and "{}" in group.template and len(group.background) >= 5
        for tag, texts in group.tags.items():
            assert VOCABULARY.get(tag).category.value == category, tag
            assert 1 <= len(texts) <= 3
        kin = {tag for row in group.kin for tag in row}
        assert kin <= set(group.tags)


def test_every_phrase_is_said_once():
    said = [(p.contest, p.prompt) for p in phrases.phrases()]
    assert len(set(said)) == len(said)
    assert all(p.prompt.startswith("a ") and p.text in p.prompt for p in phrases.phrases())
    tags = [p.tag for p in phrases.phrases() if p.tag]
    assert len({(p.contest, p.tag) for p in phrases.phrases() if p.tag}) == len(set(tags))


def test_the_scene_says_what_the_photo_looks_like():
    (made,) = scene.suggest(seen(like("beach", 0.97), like("kitchen", 0.01)), VOCABULARY)
    assert made.tag == "beach" and made.source == "clip" and made.confidence > 0.65
    assert made.why == "looks like 'a view of beach' (0.28, next best 0.21)"


@pytest.mark.parametrize("category", [scene, mood, objects])
@given(st.floats(0, 0.66))
def test_a_near_tie_makes_no_tag(category, probability):
    tags = {scene: "kitchen", mood: "joyful", objects: "rainbow"}
    assert category.suggest(seen(like(tags[category], probability)), VOCABULARY) == ()


def test_two_scenes_that_tie_make_no_tag_unless_they_are_kin():
    assert scene.suggest(seen(like("kitchen", 0.5), like("forest", 0.49)), VOCABULARY) == ()
    first, second = scene.suggest(seen(like("coast", 0.5), like("beach", 0.48)), VOCABULARY)
    assert (first.tag, second.tag) == ("coast", "beach") and first.confidence > second.confidence
    assert "runner-up" in second.why


def test_kin_share_no_doubt():
    evidence = seen(like("beach", 0.35), like("coast", 0.33), like("waterfront", 0.3))
    made = scene.suggest(evidence, VOCABULARY)
    assert [s.tag for s in made] == ["beach", "coast", "waterfront"] and made[0].confidence > 0.7


def test_kin_that_hardly_takes_part_is_no_runner_up():
    made = scene.suggest(seen(like("beach", 0.975), like("coast", 0.02)), VOCABULARY)
    assert [s.tag for s in made] == ["beach"]


def test_a_scene_that_leads_a_wide_field_is_named():
    field = [like(tag, 0.05) for tag in ("forest", "kitchen", "office", "lake", "street", "zoo")]
    (made,) = scene.suggest(seen(like("beach", 0.5), *field), VOCABULARY)
    assert made.tag == "beach" and made.confidence < VOCABULARY.get("beach").bar
    assert scene.suggest(seen(like("beach", 0.5), like("zoo", 0.3)), VOCABULARY) == ()


def test_agreement_is_surer_than_either():
    alone = scene.suggest(Evidence(Format.JPEG, classes=BEACH, classifier="lite0"), VOCABULARY)
    compared = scene.suggest(seen(like("beach", 0.95)), VOCABULARY)
    (both,) = scene.suggest(seen(like("beach", 0.95), classes=BEACH, classifier="lite0"), VOCABULARY)
    assert both.confidence > max(alone[0].confidence, compared[0].confidence)
    assert both.source == "lite0 + clip" and "seashore" in both.why and "looks like" in both.why


def test_disagreement_makes_one_primary_and_less_sure():
    evidence = seen(like("kitchen", 0.99), classes=BEACH, classifier="lite0")
    primary, other = scene.suggest(evidence, VOCABULARY)
    (undisputed,) = scene.suggest(seen(like("kitchen", 0.99)), VOCABULARY)
    assert primary.tag == "kitchen" and other.tag == "beach"
    assert other.confidence < primary.confidence < undisputed.confidence
    assert "runner-up" in other.why and "runner-up" not in primary.why


def test_a_scene_below_its_own_floor_does_not_hide_the_other_models():
    groom = ((982, "groom", 0.3),)
    made = scene.suggest(seen(like("forest", 0.9), classes=groom, classifier="lite0"), VOCABULARY)
    assert [s.tag for s in made] == ["forest"]


def test_objects_found_in_both_ways():
    dog = FoundObject("dog", 0.6, 0, 0, 10, 10)
    found = {s.tag: s for s in objects.suggest(seen(like("dog", 0.95), objects=(dog,)), VOCABULARY)}
    assert found["dog"].confidence > 0.6 and found["has_animal"].confidence == found["dog"].confidence
    assert found["dog"].why.startswith("found at 0.60; looks like")
    new = {s.tag for s in objects.suggest(seen(like("sushi", 0.95)), VOCABULARY)}
    assert new == {"sushi", "has_food"}


def test_a_mood_by_phrases_alone_is_never_ticked_beforehand():
    (made,) = mood.suggest(seen(like("joyful", 1.0)), VOCABULARY)
    assert made.confidence < VOCABULARY.get("joyful").bar


def test_the_near_best_phrases_without_a_rival():
    score = PhraseScore("rainbow", "a rainbow", 0.3, 0.9, "", 0.0)
    assert zeroshot.explained(score) == "looks like 'a rainbow' (0.30)"


OWN = """
sailing = "a sailing boat on the sea"
old_town = { label = "Altstadt", category = "scene", phrases = ["narrow lanes of an old town"] }
faded = { category = "quality", phrases = ["A photo of faded colors"] }
beach = ["the beach at Nida"]
"""


def own_tags():
    return parse_user_tags(tomllib.loads(OWN))


def test_a_persons_own_tags_are_read():
    sailing, old_town, faded, beach = own_tags()
    assert sailing == UserTag("sailing", "sailing", Category.OBJECTS, ("a sailing boat on the sea",))
    assert (old_town.label, old_town.category) == ("Altstadt", Category.SCENE)
    assert faded.category is Category.QUALITY and beach.category is Category.SCENE


def test_own_phrases_join_the_others_or_take_their_place():
    made = phrases.phrases(own_tags())
    by_tag = {tag: [p for p in made if p.tag == tag] for tag in ("sailing", "old_town", "faded", "beach")}
    assert [(p.text, p.contest) for p in by_tag["beach"]] == [("the beach at Nida", "scene")]
    assert by_tag["sailing"][0].prompt == "a photo of a sailing boat on the sea"
    assert by_tag["faded"][0].prompt == "A photo of faded colors"
    assert all(by_tag[tag][0].rule == "each" for tag in ("sailing", "old_town", "faded"))
    assert any(p.tag == "" and p.contest == by_tag["sailing"][0].contest for p in made)


def test_own_tags_are_suggested_in_their_category():
    vocabulary = with_tags(VOCABULARY, own_tags())
    evidence = seen(like("sailing", 0.99), like("old_town", 0.9), like("faded", 0.8), like("beach", 0.99))
    made = {s.tag: s for s in zeroshot.suggest(evidence, vocabulary)}
    assert {tag: s.category for tag, s in made.items()} == {
        "sailing": Category.OBJECTS,
        "old_town": Category.SCENE,
        "faded": Category.QUALITY,
    }
    assert all(s.source == "phrases" and "looks like" in s.why for s in made.values())
    assert made["old_town"].label == "Altstadt"
    assert [s.tag for s in scene.suggest(evidence, vocabulary)] == ["beach"], "own scenes take no part"
    assert "sailing" not in {s.tag for s in objects.suggest(evidence, vocabulary)}
    assert zeroshot.suggest(seen(like("sailing", 0.6)), vocabulary) == ()
    assert zeroshot.suggest(evidence, VOCABULARY) == ()


def test_the_vocabulary_knows_own_tags():
    vocabulary = with_tags(VOCABULARY, own_tags())
    tag = vocabulary.get("old_town")
    assert tag.own and not tag.fact and tag.path == ("Scene", "Altstadt")
    assert not vocabulary.is_fact("faded") and vocabulary.match("Altstadt") == "old_town"
    assert vocabulary.get("beach") == VOCABULARY.get("beach")
    assert "old_town" not in VOCABULARY
    assert vocabulary.label("year_2025") == "2025"
    place = with_tags(VOCABULARY, [UserTag("home", "home", Category.LOCATION, ("a house",))])
    assert place.get("home").path == ("Places", "home")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('Sailing = "a boat"', "Sailing: a tag's id"),
        ('"a-b" = "a boat"', "a-b: a tag's id"),
        ("boat_trip = 5", "boat_trip must be"),
        ('boat_trip = ""', "boat_trip: a phrase"),
        ('boat_trip = "  "', "boat_trip: a phrase"),
        ("boat_trip = []", "boat_trip: phrases"),
        ("boat_trip = [1]", "boat_trip: a phrase"),
        ("boat_trip = {}", "boat_trip: phrases"),
        ('boat_trip = "a\\u0007"', "boat_trip: a phrase"),
        (f'boat_trip = "{"x" * 301}"', "boat_trip: a phrase"),
        (f"boat_trip = {['x'] * 11}", "boat_trip: phrases"),
        ('boat_trip = { phrase = "x" }', "boat_trip: unknown key 'phrase'"),
        ('boat_trip = { phrases = "x", category = "boats" }', "unknown category 'boats'"),
        ('boat_trip = { phrases = "x", category = 3 }', "unknown category 3"),
        ('boat_trip = { phrases = "x", label = "a|b" }', "boat_trip: label"),
        ('boat_trip = { phrases = "x", label = "" }', "boat_trip: label"),
        ('beach = { phrases = "x", category = "objects" }', "beach: the tag exists in the category scene"),
        ('year_2025 = "x"', "year_2025: the tag exists and is found in another way"),
        ('crowd = "many people"', "crowd: the tag exists and is found in another way"),
        ('person_ann = "Ann"', "person_ann: the tag exists and is found in another way"),
    ],
)
def test_a_wrong_own_tag_is_named(text, fault):
    with pytest.raises(SettingsError, match=fault):
        parse_user_tags(tomllib.loads(text))


def test_reading_own_tags_loads_no_heavy_library():
    code = (
        "import sys; from nivo_tui.tagging.own_words import parse_user_tags;"
        "from nivo_tui.tagging.phrases import phrases; phrases();"
        "print([m for m in ('numpy', 'cv2', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
