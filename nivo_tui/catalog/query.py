"""The query language: `tag:beach -tag:night person:"Ann" faces:>=2 taken:2025-06..2025-08 word "two words"`.

`parse` reads a text into terms and touches nothing else; `nivo_tui.catalog.matching` finds the photos.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nivo_tui.catalog.calendar import PERIOD_FORMS, Period, period
from nivo_tui.errors import UsageError
from nivo_tui.model import Format
from nivo_tui.text import plain

MOST_CHARACTERS = 2000
MOST_TERMS = 60
NEAR_KM = 10.0
_FARTHEST_KM = 20_100.0

IS = ("undecided", "new", "todo", "done", "passed", "failed", "write", "accepted", "rejected")
"""What `is:` can ask for."""

NUMBERS = {"faces": "0 or more", "quality": "0 to 100", "rating": "-1 (rejected) to 5"}
"""The fields that hold a number, and what numbers they hold."""

_RANGES = {"faces": (0.0, 1e9), "quality": (0.0, 100.0), "rating": (-1.0, 5.0)}
_FORMAT_NAMES = {"jpg": "jpeg", "tif": "tiff", "heif": "heic"}


@dataclass(frozen=True, slots=True)
class Word:
    """A text in the name, in a tag or in a keyword."""

    text: str


@dataclass(frozen=True, slots=True)
class Named:
    """A whole tag, person, keyword or folder, or a part of the name of the file: `field` says which."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """Comparisons that all hold, as (one of >= > <= < =, number): `field` is one of NUMBERS."""

    field: str
    comparisons: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A time of capture: from `start` on, and before `end`, as beginnings of ISO 8601 local times."""

    start: str | None
    end: str | None


@dataclass(frozen=True, slots=True)
class Formats:
    """One of these formats."""

    formats: tuple[Format, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """Within `km` of a position (WGS 84, degrees). `meant` says which place a name was read as."""

    lat: float
    lon: float
    km: float
    meant: str = ""


@dataclass(frozen=True, slots=True)
class Is:
    """How far a person is with the photo: one of IS."""

    state: str


Condition = Word | Named | Number | Taken | Formats | Near | Is


@dataclass(frozen=True, slots=True)
class Term:
    """A condition, or what it leaves out."""

    condition: Condition
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """The terms that all hold for a photo, and the text they were read from. Without terms: every photo."""

    terms: tuple[Term, ...] = ()
    text: str = ""

    @property
    def meant(self) -> str:
        """In words, which places its names were read as; empty where it names none."""
        near = [term.condition for term in self.terms if isinstance(term.condition, Near)]
        return "; ".join(condition.meant for condition in near if condition.meant)


def parse(text: str) -> Query:
    """Read a query. Raises UsageError that names the term and says what is allowed."""
    if len(text) > MOST_CHARACTERS:
        raise UsageError(f"this query has {len(text):,} characters: {MOST_CHARACTERS:,} are the most")
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise UsageError("this query holds half a character: write it again") from None
    terms = []
    at = _after_blanks(text, 0)
    while at < len(text):
        term, at = _term(text, at)
        terms.append(term)
        at = _after_blanks(text, at)
    if len(terms) > MOST_TERMS:
        raise UsageError(f"this query has {len(terms)} terms: {MOST_TERMS} are the most")
    return Query(tuple(terms), " ".join(text.split()))


def quoted(text: str) -> str:
    """A text as it is written in a query, to be looked for as it is."""
    text = " ".join(text.replace('"', " ").split())
    return f'"{text}"' if re.search(r"[\s:]", text) or text.startswith("-") or not text else text


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


_FIELD = re.compile(r"([A-Za-z]+):")


def _term(text: str, at: int) -> tuple[Term, int]:
    """The term that begins at a place, and the place after it."""
    start = at
    negated = text[at] == "-"
    at += negated
    field = _FIELD.match(text, at)
    at = field.end() if field else at
    if text[at : at + 1] == '"':
        end = text.find('"', at + 1)
        if end < 0:
            raise UsageError(f"{_shown(text[start:])}: the quote is not closed")
        value, after = text[at + 1 : end], end + 1
        if field is not None and field[1].lower() == "near" and text[after : after + 1] == ",":
            rest = _word_from(text, after)
            value, after = value + rest, after + len(rest)
        if after < len(text) and not text[after].isspace():
            raise UsageError(f"{_shown(text[start : after + 8])}: a space must follow the closing quote")
    else:
        value = _word_from(text, at)
        after = at + len(value)
    term = text[start:after]
    value = " ".join(value.split())
    if field is None:
        return Term(_word(term, value, negated=negated), negated), after
    return Term(_condition(term, field[1].lower(), value), negated), after


def _word_from(text: str, at: int) -> str:
    """The text up to the next blank."""
    end = at
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[at:end]


def _shown(term: str) -> str:
    """A term as it is shown in a message."""
    return plain(term if len(term) <= 60 else term[:59] + "…")


def _word(term: str, value: str, *, negated: bool) -> Condition:
    if not value:
        what = "a minus stands before what is left out" if negated else "nothing stands between the quotes"
        raise UsageError(f"{_shown(term)}: {what}, as in -tag:night")
    if negated and value.startswith("-") and '"' not in term:
        raise UsageError(f"{_shown(term)}: one minus is enough; for a word with a minus, put it in quotes")
    return Word(value)


def _condition(term: str, field: str, value: str) -> Condition:
    reader = _READERS.get(field)
    if reader is None:
        near = _near_to(field, _READERS)
        meant = f"did you mean {near}:? " if near else ""
        listed = " ".join(f"{known}:" for known in _READERS)
        raise UsageError(
            f"{_shown(term)}: nothing is called {field}: here; {meant}There are {listed}. "
            "To look for the text itself, put it in quotes"
        )
    if not value:
        raise UsageError(f"{_shown(term)}: something must follow {field}:, as in {_EXAMPLES[field]}")
    return reader(term, field, value)


def _near_to(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), 1, 0.55)), None)


def _named(_: str, field: str, value: str) -> Condition:
    return Named(field, value)


_NUMBER = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,6})?")
_COMPARED = re.compile(r"(>=|<=|=|>|<)?(.*)", re.DOTALL)


def _number(term: str, field: str, value: str) -> Condition:
    low, dots, high = value.partition("..")
    if dots:
        if not low and not high:
            raise UsageError(f"{_shown(term)}: a range has a number at one end at least, as in {field}:2..")
        ends = [(sign, _figure(term, field, end)) for sign, end in ((">=", low), ("<=", high)) if end]
        if len(ends) == 2 and ends[0][1] > ends[1][1]:
            raise UsageError(f"{_shown(term)}: the range ends before it begins")
        return Number(field, tuple(ends))
    found = _COMPARED.fullmatch(value)
    sign, figure = (found[1], found[2]) if found else ("", value)
    return Number(field, ((sign or "=", _figure(term, field, figure.strip())),))


def _figure(term: str, field: str, text: str) -> float:
    low, high = _RANGES[field]
    if not _NUMBER.fullmatch(text) or not low <= float(text) <= high:
        raise UsageError(
            f"{_shown(term)}: {field} is a number, {NUMBERS[field]}: {field}:2, {field}:>=2 or {field}:1..3"
        )
    return float(text)


def _taken(term: str, field: str, value: str) -> Condition:
    low, dots, high = value.partition("..")
    if dots:
        start = _period(term, low).start if low else None
        end = _period(term, high).end if high else None
        if start is None and end is None:
            raise UsageError(f"{_shown(term)}: a range has a date at one end at least, as in taken:2025-06..")
        if start is not None and end is not None and start >= end:
            raise UsageError(f"{_shown(term)}: the range ends before it begins")
        return Taken(start, end)
    found = _COMPARED.fullmatch(value)
    sign, date = (found[1], found[2].strip()) if found else ("", value)
    asked = _period(term, date)
    return {
        ">": Taken(asked.end, None),
        ">=": Taken(asked.start, None),
        "<": Taken(None, asked.start),
        "<=": Taken(None, asked.end),
    }.get(sign or "=", Taken(asked.start, asked.end))


def _period(term: str, date: str) -> Period:
    found = period(date)
    if found is None:
        raise UsageError(f"{_shown(term)}: {_shown(date)} is no date: {PERIOD_FORMS}, or 2025-06..2025-08")
    return found


def _format(term: str, field: str, value: str) -> Condition:
    name = value.lower().removeprefix(".")
    name = _FORMAT_NAMES.get(name, name)
    if name == "raw":
        return Formats(tuple(f for f in Format if f.is_raw))
    if name not in {f.value for f in Format}:
        near = _near_to(name, [f.value for f in Format])
        meant = f"did you mean {near}? " if near else ""
        listed = " ".join(f.value for f in Format)
        raise UsageError(f"{_shown(term)}: no photo has that format; {meant}It is one of {listed}")
    return Formats((Format(name),))


def _is(term: str, field: str, value: str) -> Condition:
    state = value.lower()
    if state not in IS:
        near = _near_to(state, IS)
        meant = f"did you mean is:{near}? " if near else ""
        raise UsageError(f"{_shown(term)}: a photo is not that; {meant}It is one of {' '.join(IS)}")
    return Is(state)


_RADIUS = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(km|m|mi)?")
_KM = {"km": 1.0, "m": 0.001, "mi": 1.609344}


def _near(term: str, field: str, value: str) -> Condition:
    parts = [part.strip() for part in value.lower().split(",")]
    figures = [float(part) for part in parts[:2] if re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{1,12})?", part)]
    if re.search(r"[^\W\d_]", parts[0]):
        return _near_place(term, value)
    if len(figures) != 2 or len(parts) > 3 or abs(figures[0]) > 90 or abs(figures[1]) > 180:
        raise UsageError(
            f"{_shown(term)}: near: takes the name of a place, or latitude (-90 to 90) and longitude (-180 "
            "to 180) in degrees, and how far from there: near:Lisbon,20km or near:38.7,-9.1,5km"
        )
    km = NEAR_KM
    if len(parts) == 3:
        km = _distance(term, parts[2])
    return Near(figures[0], figures[1], km)


def _distance(term: str, text: str) -> float:
    radius = _RADIUS.fullmatch(text)
    km = float(radius[1]) * _KM[radius[2] or "km"] if radius else 0.0
    if not 0 < km <= _FARTHEST_KM:
        raise UsageError(f"{_shown(term)}: the distance is written 500m, 5km or 3mi")
    return km


def _near_place(term: str, value: str) -> Condition:
    """Near a place by its name, and how far from there: the most populous of that name is meant."""
    from nivo_tui.places.names import place_names
    from nivo_tui.places.table import PlacesError

    head, comma, tail = (part.strip() for part in value.rpartition(","))
    far = bool(comma) and tail[:1].isdigit()
    name, km = (head, _distance(term, tail.lower())) if far else (value, NEAR_KM)
    try:
        found = place_names().find(name)
        close = () if found else place_names().near_spellings(name)
    except PlacesError as error:
        raise UsageError(f"{_shown(term)}: {error}") from error
    if not found:
        meant = f"; did you mean {' or '.join(map(plain, close))}?" if close else ""
        raise UsageError(
            f"{_shown(term)}: no place of that name is known{meant}{'' if close else '.'} "
            "A place can also be given in degrees, as in near:38.7,-9.1,5km"
        )
    first = found[0]
    others = len(found) - 1
    more = "" if not others else f", the largest of {others + 1} of that name"
    return Near(first.lat, first.lon, km, f"near {first.words}{more}")


_READERS: dict[str, Callable[[str, str, str], Condition]] = {
    "tag": _named,
    "person": _named,
    "keyword": _named,
    "folder": _named,
    "name": _named,
    "faces": _number,
    "taken": _taken,
    "quality": _number,
    "rating": _number,
    "format": _format,
    "near": _near,
    "is": _is,
}
_EXAMPLES = {
    "tag": "tag:beach",
    "person": 'person:"Ann"',
    "keyword": "keyword:holiday",
    "folder": "folder:Batch_1",
    "name": "name:IMG_04",
    "faces": "faces:>=2",
    "taken": "taken:2025-06..2025-08",
    "quality": "quality:>60",
    "rating": "rating:>=3",
    "format": "format:heic",
    "near": "near:Lisbon or near:38.7,-9.1,5km",
    "is": "is:todo",
}
FIELDS = tuple(_READERS)
"""What can stand before the colon."""
