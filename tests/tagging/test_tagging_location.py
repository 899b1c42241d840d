"""Tags of the place: city, region and country of the position, and what is private."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.model import Capture, Category, FileMetadata, Format, Gps, Suggestion
from nivo_tui.places.table import packaged
from nivo_tui.settings import PrivatePlace
from nivo_tui.tagging.evidence import Evidence
from nivo_tui.tagging.location import country_code, holds, slug, suggest
from nivo_tui.tagging.suggest import suggest as suggest_all
from nivo_tui.tagging.vocabulary import TAG_ID, Vocabulary

VOCABULARY = Vocabulary.load()


def tags(lat: float, lon: float, *private: PrivatePlace) -> dict[str, Suggestion]:
    capture = Capture(gps=Gps(lat, lon))
    evidence = Evidence(Format.JPEG, metadata=FileMetadata(capture=capture), private=private)
    return {s.tag: s for s in suggest(evidence, VOCABULARY)}


def test_city_region_and_country_with_their_paths_and_reasons() -> None:
    made = tags(38.9633, -9.4178)
    assert made.keys() == {"place_ericeira", "region_lisbon", "country_portugal"}
    city, region, country = (made[t] for t in ("place_ericeira", "region_lisbon", "country_portugal"))
    assert (city.label, city.path) == ("Ericeira", ("Places", "Portugal", "Lisbon", "Ericeira"))
    assert city.why == "0.2 km from Ericeira (GeoNames)"
    assert (region.path, region.why) == (("Places", "Portugal", "Lisbon"), "region of Ericeira (GeoNames)")
    assert (country.path, country.why) == (("Places", "Portugal"), "38.96, -9.42 lies in Portugal")
    for made_one in made.values():
        tag = VOCABULARY.get(made_one.tag)
        assert tag is not None and made_one.confidence >= tag.bar and not made_one.fact


def test_the_town_is_told_before_what_it_lies_in() -> None:
    assert list(tags(38.9633, -9.4178)) == ["place_ericeira", "region_lisbon", "country_portugal"]
    assert list(tags(38.9633, -9.4700)) == ["place_ericeira", "region_lisbon", "country_portugal"]


def test_a_city_is_less_sure_the_farther_it_is() -> None:
    near, far = tags(38.9633, -9.4178)["place_ericeira"], tags(38.9633, -9.4400)["place_ericeira"]
    assert far.confidence < near.confidence
    assert tags(38.9633, -9.4700)["place_ericeira"].confidence < 0.7


def test_the_middle_of_a_large_city_is_far_and_sure() -> None:
    city = tags(48.8584, 2.2945)["place_paris"]
    assert city.why == "4.0 km from the centre of Paris (GeoNames)" and city.confidence > 0.9


def test_in_the_wild_there_is_a_country_alone_or_a_region_that_is_less_sure() -> None:
    assert tags(25.5, 9.0).keys() == {"country_algeria"}
    region = tags(63.0692, -151.0070).get("region_alaska")
    assert region is None or "nearest town" in region.why


@pytest.mark.parametrize(
    ("lat", "lon"), [(0, 0), (91, 0), (-200, 7), (40, 200), (float("nan"), 0), (float("inf"), 0), (30, -45)]
)
def test_what_is_no_place_has_no_tag(lat: float, lon: float) -> None:
    assert tags(lat, lon) == {}


def test_without_a_position_there_is_no_tag() -> None:
    assert suggest(Evidence(Format.JPEG), VOCABULARY) == ()


def test_a_private_place_has_no_tag_at_all() -> None:
    home = PrivatePlace(38.9633, -9.4178, 300, "home")
    assert tags(38.9640, -9.4180, home) == {}
    assert "place_ericeira" in tags(38.9670, -9.4180, home)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(1, 100_000))
def test_a_private_place_holds_its_own_centre(lat: float, lon: float, radius: float) -> None:
    assert holds(PrivatePlace(lat, lon, radius), Gps(lat, lon))


def test_a_private_place_reaches_over_the_180th_meridian() -> None:
    assert holds(PrivatePlace(0.0, 179.9999, 100), Gps(0.0, -179.9999))
    assert not holds(PrivatePlace(0.0, 179.9999, 100), Gps(0.0, 179.99))


@given(st.floats(), st.floats())
def test_any_position_has_sensible_tags_or_none(lat: float, lon: float) -> None:
    for tag, suggestion in tags(lat, lon).items():
        assert TAG_ID.fullmatch(tag) and suggestion.category is Category.LOCATION
        assert suggestion.path[0] == "Places" and suggestion.path[-1] == suggestion.label
        assert 0.35 <= suggestion.confidence <= 1


@pytest.mark.parametrize(
    ("name", "ended"),
    [
        ("New York City", "new_york_city"),
        ("Ólafsvík", "olafsvik"),
        ("Łódź", "lodz"),
        ("Xi’an", "xian"),
        ("Saint-Louis (Haut-Rhin)", "saint_louis_haut_rhin"),
        ("Weißenburg", "weissenburg"),
        ("Ra’s Bayrūt", "ras_bayrut"),
    ],
)
def test_names_become_ids(name: str, ended: str) -> None:
    assert slug(name) == ended


@given(st.text(min_size=1))
def test_any_name_becomes_an_id(name: str) -> None:
    assert TAG_ID.fullmatch(slug(name))


def test_names_without_a_latin_letter_stay_apart() -> None:
    assert slug("東京") != slug("京都")


def test_every_country_has_an_id_of_its_own_and_its_code() -> None:
    countries = packaged().countries
    ids = {"country_" + slug(country.name): country.code for country in countries}
    assert len(ids) == len(countries) > 240
    assert all(country_code(tag) == code for tag, code in ids.items())
    assert country_code("place_lisbon") is None


def test_the_category_is_suggested_with_the_others() -> None:
    evidence = Evidence(Format.JPEG, metadata=FileMetadata(capture=Capture(gps=Gps(38.9633, -9.4178))))
    made = suggest_all(evidence, VOCABULARY, frozenset({Category.LOCATION}))
    assert {s.tag for s in made} == {"place_ericeira", "region_lisbon", "country_portugal"}
