"""From a query to SQL: one expression over `photos p`, true or false for every photo, and its values.

No value stands in the text of an expression. decisions.db is attached as `d`.
"""

from __future__ import annotations

import math
import os
import re
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nivo_tui.catalog.listed import PROGRESS, REFUSED
from nivo_tui.catalog.paths import to_db
from nivo_tui.catalog.query import Formats, Is, Named, Near, Number, Query, Taken, Term, Word
from nivo_tui.catalog.records import fold
from nivo_tui.catalog.sql_functions import EARTH_KM, is_called, utf8
from nivo_tui.catalog.states import tag_id
from nivo_tui.catalog.suggestion_rows import distinct_tags
from nivo_tui.catalog.words import names_in_files
from nivo_tui.model import Category

_DEGREE_KM = math.pi * EARTH_KM / 180


@dataclass(frozen=True, slots=True)
class Clause:
    """An SQL expression and the values of its question marks."""

    sql: str
    values: tuple[Any, ...] = ()

    def joined(self, word: str, *others: Clause) -> Clause:
        """This and the others, with AND or OR between."""
        every = (self, *others)
        sql = "(" + f" {word} ".join(clause.sql for clause in every) + ")"
        return Clause(sql, tuple(value for clause in every for value in clause.values))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tags of the suggestions in a catalog: id to label, those that name people, and the never tags.

    `words` are keywords of files, folded, that mean a tag as well.
    """

    labels: dict[str, str]
    names: frozenset[str]
    never: frozenset[str]
    words: Mapping[str, Collection[str]] = field(default_factory=dict)

    def names_of(self, tag: str) -> list[str]:
        """All that a file may call the tag, folded."""
        return list(dict.fromkeys((fold(self.labels.get(tag, tag)), fold(tag), *self.words.get(tag, ()))))

    def called(self, text: str) -> list[str]:
        """The tags whose id or label this text is, or another word for it, whatever its case."""
        wanted = fold(text)
        return [tag for tag in self.labels if wanted in self.names_of(tag)]

    def holding(self, text: str) -> list[str]:
        """The tags in whose id or label this text stands."""
        wanted = fold(text)
        return [tag for tag, label in self.labels.items() if wanted in fold(tag) or wanted in fold(label)]

    def people_called(self, text: str) -> list[str]:
        """The tags of people with this name, or whose first name it is."""
        return [tag for tag in self.names if is_called(self.labels[tag], text)]


_NEVER = (
    "SELECT DISTINCT r.tag FROM d.rules r JOIN d.acts a ON a.id = r.act "
    "WHERE r.kind = 'never' AND a.revoked_at IS NULL"
)


def read_vocabulary(connection: sqlite3.Connection) -> Vocabulary:
    """The tags that suggestions have now, and those that are suggested nowhere any more."""
    tags = distinct_tags(connection)
    never = frozenset(row[0] for row in connection.execute(_NEVER))
    return Vocabulary(
        {tag.id: tag.label for tag in tags},
        frozenset(tag.id for tag in tags if tag.category is Category.PEOPLE and not tag.fact),
        never,
        names_in_files(connection),
    )


def compile_query(query: Query, vocabulary: Vocabulary, *, since: float = 0.0, shots: bool = False) -> Clause:
    """The expression of a query. `since`: what came after it and is not done is new (epoch seconds).

    With `shots`, a photo stands for its shot: it has the formats of its members too.
    """
    clauses = [_term(term, vocabulary, since, shots) for term in query.terms]
    return clauses[0].joined("AND", *clauses[1:]) if clauses else Clause("1")


def _term(term: Term, vocabulary: Vocabulary, since: float, shots: bool) -> Clause:
    clause = _condition(term, vocabulary, since, shots)
    # A comparison with what is not known is NULL: neither it nor its opposite would find the photo.
    if term.negated:
        return Clause(f"({clause.sql}) IS NOT TRUE", clause.values)
    return clause


def _condition(term: Term, vocabulary: Vocabulary, since: float, shots: bool) -> Clause:
    match term.condition:
        case Word(text):
            clause = _word(text, vocabulary, shots)
        case Named("name", text):
            clause = _name(text, shots)
        case Named(field, text):
            clause = _NAMED[field](text, vocabulary)
        case Number() as number:
            clause = _number(number)
        case Taken() as taken:
            clause = _taken(taken)
        case Formats() as formats:
            clause = _formats(formats, shots)
        case Near() as near:
            clause = _near(near)
        case Is(state):
            clause = _is(state, since)
    return clause


# tags

_ACCEPTED = "SELECT a.id, s.tag FROM d.standing s CROSS JOIN photos a ON a.path = s.path WHERE s.state = "
_REFUSED = """
SELECT a.id, s.tag FROM d.standing s CROSS JOIN d.decisions x ON x.id = s.decision
CROSS JOIN photos a ON a.image_hash = x.image_hash
WHERE s.state = 'rejected' AND s.tag IN ({marks}) AND NOT EXISTS(
    SELECT 1 FROM d.standing o WHERE o.path = a.path AND o.tag = s.tag AND o.state <> 'undecided')
"""


def _with_tags(
    tags: Sequence[str], vocabulary: Vocabulary, *, added: Clause | None = None, in_file: bool = True
) -> Clause:
    """Photos that have one of these tags: suggested and not rejected, accepted, or in the file.

    The states are those of `states.state_of`, as pairs of photo and tag: what was suggested, without the
    tags that are stopped everywhere or were rejected on a copy; with what was decided for or is in the
    file; without what was rejected on the photo itself. `added` is one more condition on `s.tag`.
    """
    suggested = [tag for tag in tags if tag not in vocabulary.never]
    stopped = [tag for tag in tags if tag in vocabulary.never]
    asked = Clause(f"s.tag IN ({_marks(tags)})", tuple(tags))
    if added is not None:
        asked = asked.joined("OR", added)
    parts = [
        ("", Clause(f"SELECT g.photo, g.tag FROM suggestions g WHERE g.tag IN ({_marks(suggested)})",
                    tuple(suggested))),
        (" EXCEPT ", Clause(_REFUSED.format(marks=_marks(suggested)), tuple(suggested))),
        (" UNION ", Clause(f"{_ACCEPTED}'accepted' AND {asked.sql}", asked.values)),
    ]  # fmt: skip
    if stopped:
        passed = (
            f"{_ACCEPTED}'passed' AND s.tag IN ({_marks(stopped)}) "
            "AND EXISTS(SELECT 1 FROM suggestions g WHERE g.photo = a.id AND g.tag = s.tag)"
        )
        parts.append((" UNION ", Clause(passed, tuple(stopped))))
    for tag in tags if in_file else ():
        for label in vocabulary.names_of(tag):
            parts.append(
                (" UNION ", Clause("SELECT k.photo, ? FROM keywords k WHERE k.folded = ?", (tag, label)))
            )
    parts.append((" EXCEPT ", Clause(f"{_ACCEPTED}'rejected' AND {asked.sql}", asked.values)))
    pairs = "".join(word + clause.sql for word, clause in parts)
    values = tuple(value for _, clause in parts for value in clause.values)
    return Clause(f"p.id IN (SELECT photo FROM ({pairs}))", values)


def _tag(text: str, vocabulary: Vocabulary) -> Clause:
    made = {**vocabulary.labels}
    own = tag_id(utf8(text))
    made.setdefault(own, text)
    tags = dict.fromkeys((*vocabulary.called(text), own))
    return _with_tags(list(tags), Vocabulary(made, vocabulary.names, vocabulary.never, vocabulary.words))


def _person(text: str, vocabulary: Vocabulary) -> Clause:
    """Photos with a person's name, as a tag or among the persons that the file states."""
    stated = Clause(
        "(instr(p.metadata, '\"people\"') AND EXISTS("
        "SELECT 1 FROM json_each(p.metadata, '$.people') j WHERE nivo_is_called(j.value, ?)))",
        (text,),
    )
    named = _with_tags(vocabulary.people_called(text), vocabulary)
    return stated.joined("OR", named)


def _keyword(text: str, _: Vocabulary) -> Clause:
    return Clause("p.id IN (SELECT k.photo FROM keywords k WHERE k.folded = ?)", (fold(text),))


_FOLDERS = """
WITH RECURSIVE f(folder) AS (
    SELECT min(folder) FROM photos
    UNION ALL
    SELECT (SELECT min(o.folder) FROM photos o WHERE o.folder > f.folder) FROM f WHERE f.folder IS NOT NULL
)
SELECT f.folder FROM f WHERE f.folder IS NOT NULL AND nivo_in_folder(f.folder, ?)
"""


def _folder(text: str, _: Vocabulary) -> Clause:
    """Photos in a folder of this name or path, or below one."""
    wanted = os.path.expanduser(text) if text.startswith("~") else text
    return Clause(f"p.folder IN ({_FOLDERS})", (wanted,))


_NAMED: dict[str, Callable[[str, Vocabulary], Clause]] = {
    "tag": _tag,
    "person": _person,
    "keyword": _keyword,
    "folder": _folder,
}


# The name of a photo: what stands after its folder and the separator.
_NAME = "substr({p}.path, length(CAST(rtrim(CAST({p}.folder AS TEXT), ?) AS BLOB)) + 2)"


def _name(text: str, shots: bool) -> Clause:
    """Photos that have the text in their name."""
    wanted = fold(text)
    pattern = _like(wanted)
    value: tuple[str, str | bytes]
    if text.isascii():
        test, value = f"CAST({_NAME} AS TEXT) LIKE ? ESCAPE '\\'", (os.sep, pattern)
    elif utf8(wanted) != wanted:
        test, value = f"instr({_NAME}, ?)", (os.sep, to_db(text))
    else:
        test, value = f"nivo_fold({_NAME}) LIKE ? ESCAPE '\\'", (os.sep, pattern)
    named = Clause(test.format(p="p"), value)
    if shots:
        member = (
            "(p.companions <> '[]' AND EXISTS(SELECT 1 FROM photos m INDEXED BY photos_lead "
            f"WHERE m.lead = p.path AND {test.format(p='m')}))"
        )
        named = named.joined("OR", Clause(member, value))
    return named


def _word(text: str, vocabulary: Vocabulary, shots: bool) -> Clause:
    """Photos that have the text in their name, in a tag (as `_with_tags`) or in a keyword."""
    pattern, tag_pattern = _like(fold(text)), _like(tag_id(utf8(text)))
    keywords = Clause(
        "p.id IN (SELECT k.photo FROM keywords k WHERE k.folded LIKE ? ESCAPE '\\')", (utf8(pattern),)
    )
    added = Clause("s.tag LIKE ? ESCAPE '\\'", (utf8(tag_pattern),))
    tags = _with_tags(vocabulary.holding(text), vocabulary, added=added, in_file=False)
    return _name(text, shots).joined("OR", tags, keywords)


def _like(text: str) -> str:
    return "%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


# the rest

_COLUMNS = {"faces": "p.face_count", "quality": "p.quality_score", "rating": "coalesce(p.rating, 0)"}


def _number(condition: Number) -> Clause:
    column = _COLUMNS[condition.field]
    parts: list[str] = []
    values: list[float] = []
    for sign, figure in condition.comparisons:
        if sign == "=" and condition.field == "quality":
            # A score is shown, and so meant, without its fraction.
            parts.append(f"({column} >= ? AND {column} < ?)")
            values += [figure - 0.5, figure + 0.5]
        else:
            parts.append(f"{column} {sign} ?")
            values.append(figure)
    return Clause("(" + " AND ".join(parts) + ")", tuple(values))


def _taken(condition: Taken) -> Clause:
    ends = [("p.taken_at >= ?", condition.start), ("p.taken_at < ?", condition.end)]
    kept = [(sql, value) for sql, value in ends if value is not None]
    return Clause("(" + " AND ".join(sql for sql, _ in kept) + ")", tuple(value for _, value in kept))


def _formats(condition: Formats, shots: bool) -> Clause:
    marks, values = _marks(condition.formats), tuple(f.value for f in condition.formats)
    own = Clause(f"p.format IN ({marks})", values)
    if not shots:
        return own
    member = f"EXISTS(SELECT 1 FROM photos m WHERE m.lead = p.path AND m.format IN ({marks}))"
    return own.joined("OR", Clause(member, values))


def _near(condition: Near) -> Clause:
    """A box first, then the distance: the box is a comparison of columns."""
    lat, lon = condition.lat, condition.lon
    tall = condition.km / _DEGREE_KM * 1.001
    box = "p.lat BETWEEN ? AND ?"
    values: list[float] = [lat - tall, lat + tall]
    if abs(lat) + tall < 89:
        wide = math.degrees(
            math.asin(min(1.0, math.sin(math.radians(min(tall, 90))) / math.cos(math.radians(lat))))
        )
        wide *= 1.001
        if wide < 90:
            # Twice round: a box over the 180th meridian has a part on its other side.
            box += (
                " AND (p.lon BETWEEN ? AND ? OR p.lon + 360 BETWEEN ? AND ? OR p.lon - 360 BETWEEN ? AND ?)"
            )
            values += [lon - wide, lon + wide] * 3
    return Clause(f"({box} AND nivo_km(p.lat, p.lon, ?, ?) <= ?)", (*values, lat, lon, condition.km))


_UNDECIDED = f"""EXISTS(
    SELECT 1 FROM suggestions g WHERE g.photo = p.id AND g.fact = 0
    AND g.tag NOT IN (SELECT u.tag FROM uninformative u)
    AND g.tag NOT IN (SELECT r.tag FROM d.rules r JOIN d.acts a ON a.id = r.act
        WHERE r.kind = 'never' AND a.revoked_at IS NULL)
    AND NOT EXISTS(
        SELECT 1 FROM d.standing s WHERE s.path = p.path AND s.tag = g.tag AND s.state <> 'undecided')
    AND NOT {REFUSED}
    AND NOT EXISTS(
        SELECT 1 FROM keywords k WHERE k.photo = g.photo AND +k.folded = nivo_fold(g.label)))"""
_STANDING = "EXISTS(SELECT 1 FROM d.standing s WHERE s.path = p.path AND s.state = '{state}')"
_TO_WRITE = """EXISTS(
    SELECT 1 FROM d.standing s WHERE s.path = p.path AND s.state = 'accepted'
    AND NOT EXISTS(SELECT 1 FROM keywords k WHERE k.photo = p.id AND k.folded = s.folded))"""
_STATES = {
    "undecided": _UNDECIDED,
    "todo": f"({PROGRESS}) = 'todo'",
    "done": f"({PROGRESS}) = 'done'",
    "failed": "p.error IS NOT NULL",
    "write": _TO_WRITE,
    "passed": _STANDING.format(state="passed"),
    "accepted": _STANDING.format(state="accepted"),
    "rejected": _STANDING.format(state="rejected"),
}


def _is(state: str, since: float) -> Clause:
    if state == "new":
        return Clause(f"(p.added_at > ? AND {_STATES['done']} IS NOT TRUE)", (since,))
    return Clause(_STATES[state])
