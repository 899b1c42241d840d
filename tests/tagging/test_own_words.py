"""A person's own words: tags of the settings, and the keywords of their library, join the vocabulary."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.errors import SettingsError
from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging.evidence import Draft
from nivo_tui.tagging.own_words import OwnWord, as_in_file, parse_user_tags, with_tags, with_words
from nivo_tui.tagging.vocabulary import Vocabulary, folded

PLAIN = Vocabulary.load()


def told(text):
    return with_tags(PLAIN, parse_user_tags(tomllib.loads(text)))


def owned(*words, apart=frozenset(), base=PLAIN):
    made = [OwnWord(w, (w,)) if isinstance(w, str) else OwnWord(w[-1], w) for w in words]
    return with_words(base, made, apart)


def test_a_known_tag_is_renamed_and_keeps_its_place():
    vocabulary = told('beach = { label = "Strandbad" }')
    tag = vocabulary.get("beach")
    assert (tag.label, tag.path, tag.owned) == ("Strandbad", ("Scene", "coast", "Strandbad"), True)
    assert (
        vocabulary.match("strandbad") == vocabulary.match("Beach") == vocabulary.match("seaside") == "beach"
    )
    assert tag.meaning == PLAIN.get("beach").meaning and (tag.floor, tag.bar) == (0.3, 0.65)


def test_a_known_tag_is_put_into_the_persons_hierarchy_and_its_children_go_along():
    vocabulary = told('coast = { path = "Orte|Küste" }')
    assert vocabulary.get("coast").path == ("Orte", "Küste")
    assert vocabulary.get("coast").label == "Küste"
    assert vocabulary.get("beach").path == ("Orte", "Küste", "beach")


def test_thresholds_synonyms_and_writing_are_a_persons_own():
    vocabulary = told(
        'beach = { floor = 0.5, bar = 0.9, synonyms = ["plage"], written = false }\n'
        "golden_hour = { written = true }"
    )
    tag = vocabulary.get("beach")
    assert (tag.floor, tag.bar, tag.written, tag.owned) == (0.5, 0.9, False, False)
    assert vocabulary.match("Plage") == "beach" and vocabulary.get("golden_hour").written
    assert vocabulary.get("coast") == PLAIN.get("coast")


@pytest.mark.parametrize(
    ("tag_id", "category"),
    [("beach", Category.SCENE), ("jpeg", Category.FORMAT), ("year_2025", Category.TEMPORAL)],
)
def test_a_tag_is_switched_off_a_fact_too(tag_id, category):
    for vocabulary, there in ((PLAIN, True), (told(f"{tag_id} = {{ enabled = false }}"), False)):
        draft = Draft(vocabulary, category)
        draft.add(tag_id, 1.0, "why", "source")
        assert bool(draft.suggestions) is there


def test_a_keyword_of_ones_own_needs_no_phrase():
    vocabulary = told('allotment = { label = "Schrebergarten", synonyms = ["our plot"] }')
    tag = vocabulary.get("allotment")
    assert (tag.label, tag.category, tag.own) == ("Schrebergarten", Category.OBJECTS, True)
    assert vocabulary.match("Our Plot") == "allotment"


def test_a_synonym_goes_over_to_the_tag_it_is_given_to():
    vocabulary = told('nida = { label = "Nida", synonyms = ["seaside"] }')
    assert vocabulary.match("seaside") == "nida" and "seaside" not in vocabulary.get("beach").synonyms


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('beach = { lable = "x" }', "beach: unknown key 'lable'; known: .*; did you mean 'label'"),
        ('beach = { label = "dog" }', "beach: the label 'dog' already stands for the tag dog"),
        ('vibrant = { label = "beach" }', "vibrant: the label 'beach' already stands for the tag beach"),
        ('muted = { label = "old_town" }\nold_town = "a town"', "muted: the label 'old_town' already stands"),
        (
            'a = { label = "Nida" }\nb = { label = "nida" }',
            "b: the label 'nida' already stands for the tag a",
        ),
        ('beach = { synonyms = ["dog"] }', "beach: the synonym 'dog' already stands"),
        ('beach = { path = "Places||Beach" }', "a part of path"),
        ('beach = { path = "Places/Beach" }', "a part of path"),
        ('beach = { path = "Places|Beach", label = "Sand" }', "leave the label out"),
        ("beach = { path = 3 }", "beach: path must be"),
        ("beach = { floor = 2 }", "beach: floor must be a number"),
        ("beach = { bar = true }", "beach: bar must be a number"),
        ("beach = { floor = 0.7 }", "floor must be below bar; they are 0.7 and 0.65"),
        ("beach = { enabled = 1 }", "beach: enabled must be true or false"),
        ('beach = { written = "no" }', "beach: written must be true or false"),
        ("beach = { synonyms = 4 }", "beach: synonyms must be a list"),
        ("beaches = { enabled = false }", "there is none of this id; did you mean 'beach'"),
        ("qqqqq = { enabled = false }", "nivo-tui vocabulary lists them"),
        ("qqqqq = { enabled = true }", "qqqqq: phrases"),
    ],
)
def test_a_mistake_is_named(text, fault):
    with pytest.raises(SettingsError, match=rf"home/config.toml: \[tags\] .*{fault}"):
        parse_user_tags(tomllib.loads(text), "home/config.toml")


def test_a_word_of_the_library_is_how_its_tag_is_written():
    vocabulary = owned(("Places", "Coast", "Beach"), "DOG")
    assert vocabulary.get("beach").label == "Beach"
    assert vocabulary.get("beach").path == ("Places", "Coast", "Beach")
    assert vocabulary.get("dog").label == "DOG" and vocabulary.get("dog").path == (
        "Objects",
        "Animals",
        "DOG",
    )
    assert vocabulary.match("beach") == "beach" and vocabulary.get("cat") == PLAIN.get("cat")


def test_of_two_words_for_a_tag_the_first_counts_and_both_mean_it():
    vocabulary = owned(("Ferien", "Seaside"), "Beach")
    assert vocabulary.get("beach").path == ("Ferien", "Seaside")
    assert {vocabulary.match(word) for word in ("seaside", "BEACH", "Ferien|Seaside")} == {"beach"}


def test_what_the_settings_name_goes_before_the_library():
    base = told('beach = { label = "Strandbad" }\ncoast = { floor = 0.5 }')
    vocabulary = owned(("Places", "Beach"), "Coast", base=base)
    assert vocabulary.get("beach").label == "Strandbad" and vocabulary.match("Beach") == "beach"
    assert vocabulary.get("coast").label == "Coast" and vocabulary.get("coast").floor == 0.5


def test_words_that_are_kept_apart_mean_nothing_and_name_nothing():
    apart = frozenset({("beach", folded("Seaside"))})
    vocabulary = owned(("Ferien", "Seaside"), apart=apart)
    assert vocabulary.get("beach").label == "beach" and vocabulary.match("Seaside") is None
    assert vocabulary.get("beach").path == PLAIN.get("beach").path


def test_an_answer_maps_a_word_of_any_name():
    word = OwnWord("Nidden", ("Orte", "Nidden"), tag="beach")
    vocabulary = with_words(PLAIN, [word])
    assert vocabulary.match("nidden") == "beach" and vocabulary.get("beach").path == ("Orte", "Nidden")


def test_synonyms_of_a_brought_word_tell_its_tag():
    vocabulary = with_words(PLAIN, [OwnWord("Nidden", ("Orte", "Nidden"), ("Beach",))])
    assert vocabulary.get("beach").label == "Nidden"


def test_a_place_is_written_where_its_owner_has_it_if_it_is_that_place():
    vocabulary = owned(("Reisen", "Portugal", "LISBON"), ("Orte", "Portugal"), "Porto")
    lisbon, there = vocabulary.get("place_lisbon"), ("Places", "Portugal", "Lisbon")
    assert vocabulary.spelled(lisbon, "Lisbon", there) == ("LISBON", ("Reisen", "Portugal", "LISBON"))
    ohio = ("Places", "United States", "Ohio", "Lisbon")
    assert vocabulary.spelled(lisbon, "Lisbon", ohio) == ("Lisbon", ohio)
    country = vocabulary.get("country_portugal")
    assert vocabulary.spelled(country, "Portugal", ("Places", "Portugal")) == (
        "Portugal",
        ("Orte", "Portugal"),
    )
    porto = vocabulary.get("place_porto")
    assert vocabulary.spelled(porto, "Porto", ("Places", "Portugal", "Porto"))[1][1:] == ("Portugal", "Porto")
    assert vocabulary.spelled(porto, "Faro", ("Places", "Faro")) == ("Faro", ("Places", "Faro"))


def test_a_suggestion_carries_the_owners_word():
    draft = Draft(owned(("Reisen", "Portugal", "Lissabon")), Category.LOCATION)
    draft.add("place_lissabon", 0.9, "why", "gps", "Lissabon", ("Places", "Portugal", "Lissabon"))
    (made,) = draft.suggestions
    assert (made.label, made.path) == ("Lissabon", ("Reisen", "Portugal", "Lissabon"))


def test_a_file_with_a_word_for_the_tag_is_not_asked_again():
    vocabulary = owned("Beach")
    made = (
        Suggestion("beach", "Beach", Category.SCENE, 0.9, "x", ""),
        Suggestion("dog", "dog", Category.OBJECTS, 0.9, "x", ""),
    )
    here, there = as_in_file(made, ("Ann", "Ferien|seaside", "seaside"), vocabulary)
    assert here.label == "Ferien|seaside" and there == made[1]
    assert as_in_file(made, ("SEASIDE",), vocabulary)[0].label == "SEASIDE"
    assert as_in_file(made, (), vocabulary) == made


def test_a_version_changes_with_what_a_category_is_called_and_with_nothing_else():
    before = {category: PLAIN.version(category) for category in Category}
    after = {category: owned(("Orte", "Beach")).version(category) for category in Category}
    assert after[Category.SCENE] != before[Category.SCENE]
    assert after[Category.OBJECTS] == before[Category.OBJECTS]
    assert after[Category.FORMAT] == before[Category.FORMAT]
    assert len(after[Category.SCENE]) == 12
    assert {c: Vocabulary.load().version(c) for c in Category} == before


@given(st.lists(st.text(min_size=1, max_size=12), max_size=6))
def test_any_words_of_a_library_join(words):
    vocabulary = owned(*words, *((word, "Beach") for word in words if word.strip()))
    assert vocabulary.get("beach").category is Category.SCENE
    assert {tag.id for tag in vocabulary} == {tag.id for tag in PLAIN}
