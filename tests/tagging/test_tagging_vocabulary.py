"""The vocabulary file and how tags are found in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.inference.objects import COCO_CLASSES
from nivo_tui.model import Category
from nivo_tui.tagging import classes, phrases
from nivo_tui.tagging.uninformative import uninformative
from nivo_tui.tagging.vocabulary import TAG_ID, Vocabulary

TAGS = list(Vocabulary.load())


@pytest.mark.parametrize("tag", TAGS, ids=lambda tag: tag.id)
def test_every_tag_is_whole(tag):
    assert TAG_ID.fullmatch(tag.id)
    assert 0.0 < tag.floor < tag.bar <= 1.0
    assert tag.label and tag.path[-1] == tag.label and len(tag.path) >= 2


def test_no_two_tags_are_written_alike():
    written = [text.casefold() for tag in TAGS for text in (tag.label, *tag.synonyms)]
    assert sorted(set(written)) == sorted(written)


@given(st.sampled_from(TAGS), st.sampled_from([str.upper, str.title, str.lower]), st.booleans())
def test_a_tag_is_found_by_label_case_synonym_and_leaf(tag, case, deep):
    for text in (tag.label, tag.id, *tag.synonyms):
        keyword = f"My Places|{case(text)}" if deep else case(text)
        assert Vocabulary.load().match(keyword) == tag.id


@pytest.mark.parametrize("keyword", ["", "Aunt Ann", "Places|Aunt Ann", "2025", "|"])
def test_other_keywords_match_nothing(keyword):
    assert Vocabulary.load().match(keyword) is None


def test_families_make_tags_of_their_own():
    vocabulary = Vocabulary.load()
    assert vocabulary.label("year_2025") == "2025"
    assert vocabulary.label("f_2_8") == "f/2.8"
    assert vocabulary.label("f_8") == "f/8"
    assert vocabulary.get("iso_400").category is Category.TECHNICAL
    assert vocabulary.get("iso_many") is None
    assert vocabulary.label("never_heard_of") == "never heard of"


def test_facts_and_judgements():
    vocabulary = Vocabulary.load()
    assert all(vocabulary.is_fact(t) for t in ("couple", "year_2025", "jpeg", "sharp", "colorful", "f_2_8"))
    assert not any(vocabulary.is_fact(t) for t in ("beach", "dog", "calm", "person_ann", "place_lisbon"))
    assert not vocabulary.is_fact("never_heard_of")


def test_labels_in_another_language_keep_the_english_as_a_synonym():
    german = Vocabulary.load("de")
    assert german.label("beach") == "Strand"
    assert german.match("Beach") == german.match("strand") == "beach"
    assert german.label("volcano") == "volcano"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[mood]\nroot = "M"\nnames = ["Calm"]', "snake_case"),
        ('[mood]\nroot = "M"\nnames = ["calm"]\n[scene]\nroot = "S"\nnames = ["calm"]', "twice"),
        ('[mood]\nroot = "M"\nnames = ["calm"]\n[mood.tags]\ncalm = {}', "twice"),
        ('[mood]\nroot = "M"\nkind = "guess"\nnames = ["calm"]', "neither"),
    ],
)
def test_a_faulty_vocabulary_is_refused(text, fault):
    with pytest.raises(ValueError, match=fault):
        Vocabulary.parse(text)


def test_the_class_table_speaks_of_known_classes_and_tags():
    meanings, vocabulary = classes.load(), Vocabulary.load()
    for table, category in ((meanings.scenes, Category.SCENE), (meanings.objects, Category.OBJECTS)):
        assert all(0 <= index < classes.CLASSES for index in table)
        for tag in {tag for tags in table.values() for tag in tags}:
            assert vocabulary.get(tag).category is category, tag
    for tag, groups in meanings.groups.items():
        assert all(vocabulary.get(t).category is Category.OBJECTS for t in (tag, *groups)), tag


def test_every_scene_and_object_of_the_vocabulary_can_be_proposed():
    meanings = classes.load()
    scenes = {tag for tags in meanings.scenes.values() for tag in tags} | set(phrases.load()["scene"].tags)
    groups = {group for members in meanings.groups.values() for group in members}
    assert {t.id for t in TAGS if t.category is Category.SCENE} == scenes
    assert {t.id for t in TAGS if t.id.startswith("has_")} == groups
    named = {tag for tags in meanings.objects.values() for tag in tags} | set(phrases.load()["objects"].tags)
    objects = {t.id for t in TAGS if t.category is Category.OBJECTS}
    assert objects == named | groups | set(COCO_CLASSES)


def test_tags_of_nearly_every_photo_are_uninformative():
    vocabulary = Vocabulary.load()
    counts = {"sharp": 95, "jpeg": 100, "beach": 100, "muted": 94, "iso_100": 99, "unheard_of": 100}
    assert uninformative(counts, 100, vocabulary) == {"sharp", "iso_100"}
    assert uninformative({"sharp": 49}, 49, vocabulary) == frozenset()
    assert uninformative({"sharp": 50}, 50, vocabulary) == {"sharp"}
