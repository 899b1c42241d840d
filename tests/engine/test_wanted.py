"""What a write would put into a photo: each tag as the library's owner has it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

import pytest

from nivo_tui.engine.wanted import Wish
from nivo_tui.metadata.xmp import Keyword
from nivo_tui.model import Category, State, Suggestion
from nivo_tui.tagging.own_words import OwnWord, parse_user_tags, with_tags, with_words
from nivo_tui.tagging.vocabulary import Vocabulary


def wish(vocabulary: Vocabulary, style: str = "label", categories: str = "accepted") -> Wish:
    return Wish((), None, None, False, categories, style, "auto", True, vocabulary)


def owned(*words: tuple[str, ...]) -> Vocabulary:
    return with_words(Vocabulary.load(), [OwnWord(path[-1], path) for path in words])


def suggestion(tag: str, label: str, category: Category | None = Category.SCENE, **more: Any) -> Suggestion:
    return Suggestion(tag, label, category, 0.9, more.pop("source", "classes"), "", State.ACCEPTED, **more)


def written(made: Wish, s: Suggestion, in_file: Sequence[str] = ()) -> tuple[str, str]:
    keyword: Keyword = made._keyword(s, in_file)
    return keyword.text, "|".join(keyword.path)


BEACH = suggestion("beach", "beach")


@pytest.mark.parametrize(("style", "text"), [("label", "golden hour"), ("id", "golden_hour")])
def test_a_tag_without_an_owners_word_is_written_as_the_vocabulary_has_it(style: str, text: str) -> None:
    golden = suggestion("golden_hour", "golden hour", Category.TEMPORAL)
    made = wish(Vocabulary.load(), style)
    assert written(made, golden) == (text, f"Time|Part of day|{text}")


@pytest.mark.parametrize("style", ["label", "id"])
def test_the_owners_word_and_path_go_before_the_style(style: str) -> None:
    made = wish(owned(("Places", "Coast", "Seaside")), style)
    assert written(made, BEACH) == ("Seaside", "Places|Coast|Seaside")
    assert written(wish(owned(("Seaside",)), style), BEACH) == ("Seaside", "Scene|coast|Seaside")


def test_what_the_file_has_goes_before_what_the_library_has() -> None:
    made = wish(owned(("Places", "Coast", "Beach"), ("Plage",)))
    assert written(made, BEACH, ("Ann", "SEASIDE")) == ("SEASIDE", "Places|Coast|SEASIDE")


def test_what_a_person_typed_is_written_as_typed() -> None:
    made = wish(owned(("Places", "Seaside")))
    typed = suggestion("beach", "Beach", None, source="you")
    assert written(made, typed) == ("Beach", "Places|Beach")


def test_a_word_that_is_no_tag_is_written_at_its_path() -> None:
    made = wish(owned(("Orte", "Litauen", "Nida"), ("Ann",)))
    assert written(made, suggestion("nida", "nida", None, source="you")) == ("Nida", "Orte|Litauen|Nida")
    assert written(made, suggestion("ann", "ann", None, source="you")) == ("Ann", "")
    assert written(made, suggestion("bob", "Bob", None, source="you")) == ("Bob", "")


def test_a_suggestion_with_a_path_of_its_own_is_written_there() -> None:
    place = suggestion("place_lisbon", "Lisbon", Category.LOCATION, path=("Places", "Portugal", "Lisbon"))
    assert written(wish(Vocabulary.load()), place) == ("Lisbon", "Places|Portugal|Lisbon")


class _Detail:
    uninformative = frozenset({"panorama"})


@pytest.mark.parametrize(
    ("tag", "categories", "wanted"),
    [
        ("golden_hour", "accepted", True),
        ("sunset", "accepted", False),
        ("sunset", "all", True),
        ("sunset", "temporal", True),
        ("sunset", "scene", False),
        ("panorama", "all", False),
    ],
)
def test_a_fact_is_written_where_it_is_asked_for_or_marked_so(
    tag: str, categories: str, wanted: bool
) -> None:
    own = parse_user_tags(tomllib.loads("golden_hour = { written = true }\npanorama = { written = true }"))
    vocabulary = with_tags(Vocabulary.load(), own)
    known = vocabulary.get(tag)
    assert known is not None
    fact = Suggestion(tag, tag, known.category, 0.9, "sun", "", State.UNDECIDED, fact=True)
    assert wish(vocabulary, categories=categories)._is_wanted(fact, _Detail()) is wanted  # type: ignore[arg-type]
