"""Accepting a tag on many photos after judging some: which photos, which are drawn, and the one act."""

from __future__ import annotations

import hashlib
import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nivo_tui.catalog.decisions import Choice
from nivo_tui.catalog.on_many import is_name_anywhere
from nivo_tui.catalog.paths import below, from_db
from nivo_tui.catalog.records import fold
from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.catalog.words import names_in_files
from nivo_tui.model import State, Suggestion

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

_STEP = 10_000
_WORD = 2**64 - 1

# What a person may still be asked about a tag: leads of shots that were analysed and are undecided.
_CANDIDATES = """
    SELECT s.photo, s.confidence FROM suggestions s CROSS JOIN photos p ON p.id = s.photo
    WHERE s.tag = :tag AND p.path >= :start AND p.path < :end AND p.lead IS NULL AND p.error IS NULL
    AND NOT EXISTS(SELECT 1 FROM d.standing t
        WHERE t.path = p.path AND t.tag = :tag AND t.state <> 'undecided')
"""
_IN_FILE = "SELECT photo FROM keywords WHERE folded IN ({marks})"
_REFUSED = """
    SELECT p.id FROM d.standing t JOIN d.decisions e ON e.id = t.decision
    JOIN photos p ON p.image_hash = e.image_hash
    WHERE t.state = 'rejected' AND t.tag = ?
"""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The photos below a folder on which a tag waits for a decision, with how sure the tag is on each.

    Photos are given by their numbers in the catalog. They are kept in the order in which they are drawn:
    a permutation that follows from the tag and the numbers alone. So the draw at any bar is the beginning
    of the same order, a photo judged at one bar counts at every bar below its confidence when its turn
    comes, and leaving and coming back draws no luckier photos.
    """

    folder: str
    suggestion: Suggestion
    photos: array[int]
    confidences: array[float]
    _sorted: array[float] = field(repr=False)

    @classmethod
    def of(cls, folder: str, suggestion: Suggestion, found: Iterable[tuple[int, float]]) -> Candidates:
        """Put the photos, given as (number, confidence), in the order of the draw."""
        seed = int.from_bytes(hashlib.blake2b(suggestion.tag.encode(), digest_size=8).digest(), "big")
        drawn = sorted((_mixed(seed ^ photo), photo, confidence) for photo, confidence in found)
        confidences = array("d", [confidence for _, _, confidence in drawn])
        photos = array("q", [photo for _, photo, _ in drawn])
        return cls(folder, suggestion, photos, confidences, array("d", sorted(confidences)))

    def count(self, bar: int) -> int:
        """How many are at or above a bar, in hundredths."""
        return len(self._sorted) - bisect_left(self._sorted, _least(bar))

    def drawn(self, bar: int, count: int) -> tuple[int, ...]:
        """The first `count` photos of the draw at or above a bar; all of them where there are fewer."""
        least = _least(bar)
        found: list[int] = []
        for photo, confidence in zip(self.photos, self.confidences, strict=True):
            if len(found) == count:
                break
            if confidence >= least:
                found.append(photo)
        return tuple(found)

    def above(self, bar: int) -> set[int]:
        """All photos at or above a bar."""
        least = _least(bar)
        return {p for p, c in zip(self.photos, self.confidences, strict=True) if c >= least}


def _least(bar: int) -> float:
    """The least confidence that a bar in hundredths lets pass; 0.85 as it is stored is just below 85/100."""
    return bar / 100 - 1e-9


def _mixed(word: int) -> int:
    """A number that looks random and is another for each (SplitMix64; Steele et al. 2014)."""
    word = word + 0x9E3779B97F4A7C15 & _WORD
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    word = (word ^ word >> 27) * 0x94D049BB133111EB & _WORD
    return word ^ word >> 31


def candidates(library: Library, folder: str, suggestion: Suggestion) -> Candidates:
    """The photos below a folder on which a tag is undecided.

    Left out are photos that carry it in the file, were put aside with an error, or whose image was called
    wrong for it in another file. There are none of a person's name, nor of a tag that a rule stops.
    """
    return Candidates.of(folder, suggestion, _found(library, folder, suggestion))


def _found(library: Library, folder: str, suggestion: Suggestion) -> list[tuple[int, float]]:
    tag = suggestion.tag
    if suggestion.is_name or tag in library.decisions.never_tags() or is_name_anywhere(library, tag):
        return []
    db = library.connection
    start, end = below(folder)
    names = tuple({fold(suggestion.label)} | names_in_files(db).get(tag, set()))
    in_file = _IN_FILE.format(marks=", ".join("?" * len(names)))
    left_out = {row[0] for row in _tuples(db, in_file, names)}
    left_out.update(row[0] for row in _tuples(db, _REFUSED, (tag,)))
    rows = _tuples(db, _CANDIDATES, {"tag": tag, "start": start, "end": end})
    return [(photo, confidence) for photo, confidence in rows if photo not in left_out]


def _tuples(
    db: sqlite3.Connection, query: str, values: tuple[object, ...] | dict[str, object]
) -> sqlite3.Cursor:
    """Rows as plain tuples: for a hundred thousand of them that is several times as fast."""
    cursor = db.cursor()
    cursor.row_factory = None
    return cursor.execute(query, values)


def drawn_details(library: Library, photos: Iterable[int]) -> dict[int, PhotoDetail]:
    """What is known of drawn photos, by their numbers; without those that are gone."""
    found: dict[int, PhotoDetail] = {}
    for photo in photos:
        row = library.connection.execute("SELECT path FROM photos WHERE id = ?", (photo,)).fetchone()
        detail = library.detail(from_db(row["path"])) if row is not None else None
        if detail is not None:
            found[photo] = detail
    return found


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the act did: photos accepted and called wrong, and shown ones that were candidates no more."""

    act: int | None
    accepted: int
    wrong: int
    gone: int


def accept_above(library: Library, shown: Candidates, bar: int, judged: Mapping[int, bool]) -> Accepted:
    """Accept the tag on the shown photos at or above a bar, but for those judged wrong; one act.

    `judged` maps photos to whether the tag is right on them; what is below the bar does not count. Only
    what is still a candidate is decided: the library may have changed since it was shown. The act is
    committed in one transaction, all of it or nothing. `act` is None where nothing was left to decide.
    """
    wanted = shown.above(bar)
    still = Candidates.of(shown.folder, shown.suggestion, _found(library, shown.folder, shown.suggestion))
    going = still.above(bar) & wanted
    wrong = {photo for photo in going if judged.get(photo) is False}
    accepted, gone = len(going) - len(wrong), len(wanted) - len(going)
    if not going:
        return Accepted(None, 0, 0, gone)
    label, known = shown.suggestion.label, sum(photo in judged for photo in going)
    title = f"{label!r} accepted on {accepted} photos at {bar / 100:.2f} and above, {known} of them judged"
    if wrong:
        title = f"{title.removesuffix(' of them judged')} judged, {len(wrong)} wrong"
    choices = list(_choices(library, shown.suggestion, sorted(going), wrong))
    act = library.commit(title, choices, by="bulk")
    return Accepted(act, accepted, len(wrong), gone)


def _choices(
    library: Library, suggestion: Suggestion, photos: list[int], wrong: set[int]
) -> Iterator[Choice]:
    category = suggestion.category
    for start in range(0, len(photos), _STEP):
        few = photos[start : start + _STEP]
        rows = library.connection.execute(
            f"SELECT id, path, image_hash FROM photos WHERE id IN ({','.join('?' * len(few))})", few
        )
        for row in rows:
            state = State.REJECTED if row["id"] in wrong else State.ACCEPTED
            path = from_db(row["path"])
            yield Choice(path, suggestion.tag, suggestion.label, state, category, row["image_hash"])
