"""Where the picture was taken: city, region and country of its GPS position, by an offline table."""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata

from nivo_tui.model import Category, Gps, Suggestion
from nivo_tui.places.gazetteer import City, Place, gazetteer
from nivo_tui.places.table import packaged
from nivo_tui.settings import PrivatePlace
from nivo_tui.tagging.evidence import Draft, Evidence, ramp
from nivo_tui.tagging.vocabulary import Vocabulary

CITY, REGION, COUNTRY = "place_", "region_", "country_"
"""How the ids of the three kinds of tags begin."""

_ROOT = "Places"
_SOURCE = "gps"
_EARTH_M = 6_371_008.8

_CITY_SURE, _CITY_FAR, _FAR_KM = 0.95, 0.5, 5.0
_REGION_SURE, _REGION_FAR, _REGION_KM = 0.93, 0.35, 60.0
_COUNTRY_SURE, _COUNTRY_AT_BORDER = 0.99, 0.93


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """City, region and country; nothing without a position, for one that is not meant (0, 0, out of range),
    and in a private place."""
    gps = evidence.metadata.capture.gps
    if gps is None or not is_meant(gps) or any(holds(private, gps) for private in evidence.private):
        return ()
    place = gazetteer().look_up(gps.lat, gps.lon)
    if place is None:
        return ()
    draft = Draft(vocabulary, Category.LOCATION)
    _country(draft, place, gps)
    path: tuple[str, ...] = (_ROOT, place.country.name)
    if place.region is not None and place.region != place.country.name:
        path = (*path, place.region)
        _region(draft, place, place.region, path)
    if place.city is not None:
        _city(draft, place.city, path)
    made = draft.suggestions
    return tuple(s for kind in (CITY, REGION, COUNTRY) for s in made if s.tag.startswith(kind))


def is_meant(gps: Gps) -> bool:
    """Whether a position is one on earth, and not the 0, 0 of a receiver that had none yet."""
    if not (abs(gps.lat) <= 90.0 and abs(gps.lon) <= 180.0):
        return False
    return abs(gps.lat) > 1e-4 or abs(gps.lon) > 1e-4


def holds(private: PrivatePlace, gps: Gps) -> bool:
    """Whether a position lies within the radius of a private place (great circle, haversine formula)."""
    lat, other = math.radians(gps.lat), math.radians(private.lat)
    turned = math.radians(gps.lon - private.lon)
    half = math.sin((lat - other) / 2) ** 2 + math.cos(lat) * math.cos(other) * math.sin(turned / 2) ** 2
    return 2 * _EARTH_M * math.asin(math.sqrt(min(1.0, half))) <= private.radius_m


def country_code(tag: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country's tag; None for any other tag."""
    known = (country for country in packaged().countries if COUNTRY + slug(country.name) == tag)
    return next((country.code for country in known), None)


def _country(draft: Draft, place: Place, gps: Gps) -> None:
    name = place.country.name
    sure = _COUNTRY_AT_BORDER if place.at_border else _COUNTRY_SURE
    why = f"{gps.lat:.2f}, {gps.lon:.2f} lies in {name}"
    draft.add(COUNTRY + slug(name), sure, why, _SOURCE, name, (_ROOT, name))


def _region(draft: Draft, place: Place, region: str, path: tuple[str, ...]) -> None:
    far = ramp(place.region_km, 0.0, _REGION_KM)
    sure = _REGION_SURE + (_REGION_FAR - _REGION_SURE) * far
    why = (
        f"region of {place.city.name}"
        if place.city
        else f"the nearest town, {place.region_km:.0f} km away, is in it"
    )
    draft.add(REGION + slug(region), sure, f"{why} (GeoNames)", _SOURCE, region, path)


def _city(draft: Draft, city: City, path: tuple[str, ...]) -> None:
    sure = _CITY_SURE + (_CITY_FAR - _CITY_SURE) * ramp(city.beyond_km, 0.5, _FAR_KM)
    why = (
        f"{city.km:.1f} km from {'the centre of ' if city.beyond_km < city.km else ''}{city.name} (GeoNames)"
    )
    draft.add(CITY + slug(city.name), sure, why, _SOURCE, city.name, (*path, city.name))


_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)


def slug(name: str) -> str:
    """A name as the end of a tag id: snake_case in ASCII; a digest where nothing of it is Latin."""
    text = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    # What is a mark within a word joins it, all else parts words: Xi'an is xian, Saint-Louis saint_louis.
    text = re.sub("[\u0300-\u036f'’‘`ʻʼ]", "", text)
    words = re.findall("[a-z0-9]+", text)
    return "_".join(words) or "x" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
