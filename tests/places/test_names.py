"""Places by name: case, accents, other languages, what is meant of several, and what is nearly right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.places.names import place_names


def words(name: str) -> str:
    found = place_names().find(name)
    return found[0].words if found else ""


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Lisbon", "Lisbon, Portugal"),
        ("lisboa", "Lisbon, Portugal"),
        ("  LISBON ", "Lisbon, Portugal"),
        ("Munchen", "Munich, Bavaria, Germany"),
        ("münchen", "Munich, Bavaria, Germany"),
        ("Paris", "Paris, Île-de-France, France"),
        ("Paris, Texas", "Paris, Texas, United States"),
        ("paris,us", "Paris, Texas, United States"),
        ("Ericeira", "Ericeira, Lisbon, Portugal"),
        ("sao paulo", "São Paulo, Brazil"),
        ("Saint Louis, Senegal", "Saint-Louis, Senegal"),
        ("Singapore", "Singapore"),
    ],
)
def test_a_name_finds_the_most_populous(name: str, meant: str) -> None:
    assert words(name) == meant


def test_the_most_populous_comes_first() -> None:
    people = [match.population for match in place_names().find("Springfield")]
    assert len(people) > 5 and people == sorted(people, reverse=True)


@pytest.mark.parametrize("name", ["", " ", ",", "Lisb", "isbon", "Lisbon, Japan", "\n", ".*", "Lisbon\nX"])
def test_what_is_no_whole_name_finds_nothing(name: str) -> None:
    assert place_names().find(name) == ()


def test_near_spellings_are_of_larger_places() -> None:
    assert "Barcelona" in place_names().near_spellings("Barcelna")
    assert place_names().near_spellings("Qqzzxx") == ()


@given(st.text(max_size=30))
def test_any_text_can_be_looked_for(name: str) -> None:
    for match in place_names().find(name):
        assert match.words and -90 <= match.lat <= 90
