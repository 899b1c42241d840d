"""The vocabulary file and how tags are found in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.inference.objects import COCO_CLASSES
from nivo_tui.model import Category
from nivo_tui.tagging import classes, phrases
from nivo_tui.tagging.uninformative import uninformative
from nivo_tui.tagging.vocabulary import TAG_ID, Vocabulary, folded

TAGS = list(Vocabulary.load())


@pytest.mark.parametrize("tag", TAGS, ids=lambda tag: tag.id)
def test_every_tag_is_whole(tag):
    assert TAG_ID.fullmatch(tag.id)
    assert 0.0 < tag.floor < tag.bar <= 1.0
    assert tag.label and tag.path[-1] == tag.label and len(tag.path) >= 2
    assert 3 <= len(tag.meaning) <= 110 and tag.meaning[-1] != "." and tag.meaning.isprintable()


def test_no_name_stands_for_two_tags():
    """Ids, labels of every language and synonyms, within a category and across them."""
    owners = {}
    for language in ("en", "de"):
        for tag in Vocabulary.load(language):
            for text in (tag.id, tag.label, *tag.synonyms):
                assert owners.setdefault(folded(text), tag.id) == tag.id, text


@pytest.mark.parametrize("tag", TAGS, ids=lambda tag: tag.id)
def test_a_synonym_says_something_new(tag):
    names = [folded(text) for text in (tag.label, *tag.synonyms)]
    assert len(set(names)) == len(names) and folded(tag.id) not in names[1:]


def test_every_tag_stands_below_its_parent():
    vocabulary = Vocabulary.load()
    for tag in TAGS:
        parent = vocabulary.get(tag.parent) if tag.parent else None
        if parent is not None:
            assert parent.category is tag.category and tag.path == (*parent.path, tag.label)
        else:
            assert tag.path == (
                vocabulary.roots[tag.category],
                *filter(None, tag.parent.split("|")),
                tag.label,
            )
    assert vocabulary.get("beach").path == ("Scene", "coast", "beach")
    assert vocabulary.get("duck").path == ("Objects", "Animals", "bird", "duck")


def test_no_path_stands_for_two_tags():
    paths = [tuple(map(folded, tag.path)) for tag in TAGS]
    assert len(set(paths)) == len(paths)


def test_what_is_written_by_default():
    vocabulary = Vocabulary.load()
    for tag_id in ("beach", "dog", "place_lisbon", "country_portugal", "person_ann"):
        assert vocabulary.get(tag_id).written, tag_id
    assert not any(tag.written for tag in TAGS if tag.fact)
    assert vocabulary.get("has_animal").fact and not vocabulary.get("calm").written


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
    assert all(vocabulary.is_fact(t) for t in ("couple", "year_2025", "jpeg", "sharp", "vibrant", "f_2_8"))
    assert not any(vocabulary.is_fact(t) for t in ("beach", "dog", "calm", "person_ann", "place_lisbon"))
    assert not vocabulary.is_fact("never_heard_of")


def test_labels_in_another_language_keep_the_english_as_a_synonym():
    german = Vocabulary.load("de")
    assert german.label("beach") == "Strand"
    assert german.match("Beach") == german.match("strand") == "beach"
    assert german.label("volcano") == "Vulkan" and german.label("jpeg") == "JPEG"
    assert Vocabulary.load().match("Strand") == "beach"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[mood]\nroot = "M"\n[mood.tags]\nCalm = { meaning = "still" }', "snake_case"),
        (
            '[mood]\nroot = "M"\n[mood.tags]\ncalm = { meaning = "still" }\n'
            '[scene]\nroot = "S"\n[scene.tags]\ncalm = { meaning = "still" }',
            "twice",
        ),
        ('[mood]\nroot = "M"\n[mood.tags]\ncalm = {}', "no meaning"),
        ('[mood]\nroot = "M"\nkind = "guess"\n[mood.tags]\ncalm = { meaning = "still" }', "neither"),
        ('[mood]\nroot = "M"\n[mood.tags]\ncalm = { meaning = "still", parent = "sea" }', "not in its"),
        (
            '[mood]\nroot = "M"\n[mood.tags]\ncalm = { meaning = "still", parent = "gay" }\n'
            'gay = { meaning = "merry", parent = "calm" }',
            "below itself",
        ),
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
