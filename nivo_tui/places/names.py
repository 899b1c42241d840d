"""Finding places by name: whole names, whatever their case and accents, and names of nearly that spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache

from nivo_tui.places.gazetteer import Gazetteer, gazetteer
from nivo_tui.places.table import PART, Country, Table

_SPELLINGS = 3
_KNOWN_FROM = 5_000
"""Nearly right spellings are looked for among places with so many people: few mean a village."""


@dataclass(frozen=True, slots=True)
class Match:
    """A place that has the name looked for; its population within 4 %, its position in degrees (WGS 84)."""

    name: str
    region: str | None
    country: Country
    lat: float
    lon: float
    population: int

    @property
    def words(self) -> str:
        """The place as it is told apart from others: "Paris, Texas, United States"."""
        region = None if self.region in (self.name, self.country.name) else self.region
        name = self.name if self.name != self.country.name else None
        return ", ".join(part for part in (name, region, self.country.name) if part)


class Names:
    """The names of a table."""

    def __init__(self, table: Table, gazetteer: Gazetteer) -> None:
        self._table = table
        self._gazetteer = gazetteer

    def find(self, name: str) -> tuple[Match, ...]:
        """The places of a name, the most populous first.

        After a comma may stand the region or the country that is meant, by its name or code: "Paris, Texas".
        Large cities are found by what they are called in other languages too.
        """
        found = self._called(name)
        head, comma, tail = name.rpartition(",")
        if not found and comma and head.strip() and tail.strip():
            wanted = folded(tail)
            found = {t for t in self._called(head) if wanted in self._areas(t)}
        people = self._table.people
        ordered = sorted(found, key=lambda t: (-people[t], bool(self._table.region_of[t] & PART), t))
        return tuple(self._match(town) for town in ordered)

    def near_spellings(self, name: str) -> tuple[str, ...]:
        """Up to three names of larger places that are spelt nearly so, nearest first."""
        wanted = folded(name.partition(",")[0])
        known: dict[str, int] = {}
        for word, town in self._larger():
            if abs(len(word) - len(wanted)) <= 2 and word[:1] == wanted[:1]:
                known.setdefault(word, town)
        close = get_close_matches(wanted, known, _SPELLINGS, 0.7)
        return tuple(dict.fromkeys(self._table.name(known[word]) for word in close))

    def _called(self, name: str) -> set[int]:
        wanted = folded(name)
        if not wanted:
            return set()
        towns = set(_lines_of(self._folded, wanted))
        for line in re.finditer(rf"^(\d+)\t(?:.*\t)?{re.escape(wanted)}(?:\t|$)", self._others, re.MULTILINE):
            towns.add(int(line[1]))
        return towns

    def _areas(self, town: int) -> set[str]:
        match = self._match(town)
        return {folded(match.region or ""), folded(match.country.name), folded(match.country.code)}

    def _larger(self) -> Iterator[tuple[str, int]]:
        names = self._folded[1:-1].split("\n")
        for town, name in enumerate(names):
            if self._table.population(town) >= _KNOWN_FROM:
                yield name, town

    def _match(self, town: int) -> Match:
        country, region = self._table.regions[self._table.region_of[town] & ~PART]
        lat, lon = self._gazetteer.position(town)
        return Match(
            self._table.name(town),
            region or None,
            self._table.countries[country],
            lat,
            lon,
            self._table.population(town),
        )

    @cached_property
    def _folded(self) -> str:
        """All names folded, each with a line feed before and behind it."""
        return "\n" + _folded_lines(self._table.names) + "\n"

    @cached_property
    def _others(self) -> str:
        return _folded_lines(self._table.other_names)


def folded(text: str) -> str:
    """A name as it is compared: without case, accents and marks, its spaces and hyphens as one space."""
    return " ".join(_folded_lines(" ".join(text.split())).split())


_ACCENTS = re.compile("[\u0300-\u036f]+")
_SIGNS = (("-", " "), ("‐", " "), ("’", "'"), ("‘", "'"), ("ʻ", "'"), ("`", "'"), ("ı", "i"), ("ł", "l"),
          ("ø", "o"), ("đ", "d"))  # fmt: skip


def _folded_lines(text: str) -> str:
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    text = text.casefold()
    # Faster by far than str.translate on a long text.
    for sign, plain in _SIGNS:
        text = text.replace(sign, plain)
    return text


def _lines_of(text: str, wanted: str) -> Iterator[int]:
    """The numbers of the lines that are `wanted`; the text begins and ends with a line feed."""
    line, counted = 0, 0
    at = text.find(f"\n{wanted}\n")
    while at >= 0:
        line += text.count("\n", counted, at)
        counted = at
        yield line
        at = text.find(f"\n{wanted}\n", at + 1)


@lru_cache(maxsize=1)
def place_names() -> Names:
    """The names of the package's table, read once. Raises PlacesError where it cannot be read."""
    from nivo_tui.places.table import packaged

    return Names(packaged(), gazetteer())
