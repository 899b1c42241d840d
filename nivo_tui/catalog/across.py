"""One tag across photos: which tags have most to decide, the photos of one, and the act of a page of them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nivo_tui.catalog.decisions import Choice
from nivo_tui.catalog.on_many import is_name_on
from nivo_tui.catalog.paths import below, from_db
from nivo_tui.catalog.records import fold
from nivo_tui.catalog.words import names_in_files
from nivo_tui.model import Category, State

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

PAGE = 20
BY = "tag view"

_DOUBT_STEP = 0.05
_FEW = 8  # a folder with less than one in so many of the photos is counted photo by photo
_NO_BAR = 2.0
_BAR_STEP = 0.0005

_Figures = tuple[int, int, float]


@dataclass(frozen=True, slots=True)
class TagTally:
    """A tag that waits for decisions: on how many photos, and on how many of them it is ticked by itself.

    `confidence` is the mean over the ticked ones, 0 to 1, and over all where none is ticked. `is_name` marks
    a person's name: it is listed, and only its own key accepts it.
    """

    tag: str
    label: str
    category: Category
    photos: int
    sure: int
    confidence: float
    is_name: bool

    @property
    def doubt(self) -> float:
        """How much is to be looked out for, 0 to 1: what the mean confidence lacks."""
        return 1.0 - self.confidence

    @property
    def order(self) -> tuple[object, ...]:
        """Where it comes in the list, the least first.

        Names come last. Of the others those come first of which one Enter decides most: as many as are
        ticked, up to a page. Among those with a full page the surer come first, in steps of doubt; within
        a step the more photos.
        """
        page = min(self.sure, PAGE)
        return (self.is_name, -page, round(self.doubt / _DOUBT_STEP), -self.photos, self.label)


@dataclass(frozen=True, slots=True)
class TagPhoto:
    """A photo on which a tag is undecided. `ticked` means that it is at or above the tag's bar."""

    number: int
    path: str
    name: str
    thumbnail: str | None
    confidence: float
    why: str
    ticked: bool
    image_hash: str | None

    @property
    def place(self) -> tuple[float, int]:
        """Where it stands among the photos of its tag, for `photos_of` to go on after it."""
        return self.confidence, self.number


def tags_to_decide(library: Library, root: str) -> tuple[TagTally, ...]:
    """The tags that wait for a decision on photos below a folder, in the order of `TagTally.order`.

    Counted are the listed photos (the lead of each shot) without an error on which a judgement is undecided:
    not in the file, not rejected for the same picture elsewhere. Tags that a rule stops and those that say
    nothing in this library are left out. Reads every suggestion, so it is asked outside the screen's thread.
    """
    db = library.connection
    kinds = _kinds(db, library.decisions.never_tags() | library.uninformative().keys())
    if not kinds:
        return ()
    counted = _counted(db, root, kinds)
    found = [
        TagTally(kind["tag"], kind["label"], category, *counted[kind["tag"]], category is Category.PEOPLE)
        for kind in kinds
        if kind["tag"] in counted
        for category in (Category(kind["category"]),)
    ]
    return tuple(sorted(found, key=lambda tally: tally.order))


def _counted(db: sqlite3.Connection, root: str, kinds: Sequence[sqlite3.Row]) -> dict[str, _Figures]:
    """Photos, those at or above the bar, and the mean confidence; for each tag that has any."""
    decided = _note_decided(db, kinds)
    here, every = db.execute(
        "SELECT (SELECT count(*) FROM photos WHERE path >= ? AND path < ?), (SELECT count(*) FROM photos)",
        below(root),
    ).fetchone()
    if here * _FEW < every:
        return _count_few(db, root)
    unlisted = _note_unlisted(db, root)
    counts = {kind["tag"]: _count(db, kind["tag"], unlisted=unlisted, decided=decided) for kind in kinds}
    return {tag: figures for tag, figures in counts.items() if figures[0]}


def _count_few(db: sqlite3.Connection, root: str) -> dict[str, _Figures]:
    """The figures of a folder that holds few of the photos: by photo, not by tag."""
    rows = db.execute(
        "SELECT s.tag, count(*), sum(s.ticked), "
        "coalesce(avg(CASE WHEN s.ticked THEN s.confidence END), avg(s.confidence)) "
        "FROM photos p CROSS JOIN suggestions s ON s.photo = p.id "
        "WHERE p.path >= ? AND p.path < ? AND p.lead IS NULL AND p.error IS NULL "
        "AND NOT EXISTS(SELECT 1 FROM temp.decided x WHERE x.tag = s.tag AND x.photo = s.photo) "
        "GROUP BY s.tag",
        below(root),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


_DISTINCT = """
    WITH RECURSIVE tags(tag) AS (
        SELECT min(tag) FROM suggestions
        UNION ALL SELECT (SELECT min(s.tag) FROM suggestions s WHERE s.tag > tags.tag) FROM tags
        WHERE tags.tag IS NOT NULL)
    SELECT tag FROM tags WHERE tag IS NOT NULL
"""


def _kinds(db: sqlite3.Connection, without: Collection[str]) -> list[sqlite3.Row]:
    """Label and category of every suggested tag that is a judgement."""
    found = []
    for row in db.execute(_DISTINCT).fetchall():
        if row["tag"] in without:
            continue
        kind = db.execute(
            "SELECT tag, label, category, fact FROM suggestions WHERE tag = ? LIMIT 1", (row["tag"],)
        ).fetchone()
        if kind is not None and not kind["fact"]:
            found.append(kind)
    return found


def _note_unlisted(db: sqlite3.Connection, root: str) -> bool:
    """Note the photos that do not count in a table of this connection's own. False where there are none."""
    start, end = below(root)
    db.execute("CREATE TEMP TABLE IF NOT EXISTS unlisted(photo INTEGER PRIMARY KEY)")
    db.execute("DELETE FROM temp.unlisted")
    db.execute(
        "INSERT INTO temp.unlisted SELECT id FROM photos WHERE path < ? OR path >= ? "
        "UNION SELECT id FROM photos WHERE lead IS NOT NULL "
        "UNION SELECT id FROM photos WHERE error IS NOT NULL",
        (start, end),
    )
    return db.execute("SELECT 1 FROM temp.unlisted LIMIT 1").fetchone() is not None


def _note_decided(db: sqlite3.Connection, kinds: Sequence[sqlite3.Row]) -> bool:
    """Note where a tag is no question any more in a table of this connection's own; False for nowhere."""
    db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS decided(tag TEXT, photo INTEGER, PRIMARY KEY(tag, photo)) "
        "WITHOUT ROWID"
    )
    db.execute("DELETE FROM temp.decided")
    db.execute(
        "INSERT INTO temp.decided SELECT t.tag, p.id FROM d.standing t JOIN photos p ON p.path = t.path "
        "WHERE t.state <> 'undecided'"
    )
    db.execute(
        "INSERT OR IGNORE INTO temp.decided SELECT t.tag, p.id FROM d.standing t "
        "JOIN d.decisions e ON e.id = t.decision JOIN photos p ON p.image_hash = e.image_hash "
        "WHERE t.state = 'rejected'"
    )
    names = names_in_files(db)
    db.executemany(
        "INSERT OR IGNORE INTO temp.decided SELECT ?, photo FROM keywords WHERE folded = ?",
        [(kind["tag"], name) for kind in kinds for name in {fold(kind["label"])} | names[kind["tag"]]],
    )
    return db.execute("SELECT 1 FROM temp.decided LIMIT 1").fetchone() is not None


def _count(db: sqlite3.Connection, tag: str, *, unlisted: bool, decided: bool) -> _Figures:
    """The figures of one tag."""
    # The index of tags holds confidence and photo, so that no row of the table is read; a mean costs twice
    # as much as a count, and is taken over those above the bar alone.
    rows = "FROM suggestions s INDEXED BY suggestions_tag WHERE tag = :tag"
    if unlisted:
        rows += " AND photo NOT IN (SELECT photo FROM temp.unlisted)"
    if decided:
        rows += " AND NOT EXISTS(SELECT 1 FROM temp.decided x WHERE x.tag = :tag AND x.photo = s.photo)"
    values = {"tag": tag, "bar": _bar(db, tag)}
    below_bar = db.execute(f"SELECT count(*) {rows} AND confidence < :bar", values).fetchone()[0]
    mean = "SELECT count(*), avg(confidence)"
    sure, confidence = db.execute(f"{mean} {rows} AND confidence >= :bar", values).fetchone()
    if below_bar and not sure:
        confidence = db.execute(f"{mean} {rows}", values).fetchone()[1]
    return below_bar + sure, sure, confidence or 0.0


def _bar(db: sqlite3.Connection, tag: str) -> float:
    """The least confidence at which a tag is ticked by itself; above 1 where it never is.

    Ticks follow from the confidence, so the bar is found by halving the range between.
    """
    rows = "SELECT confidence, ticked FROM suggestions WHERE tag = ?"
    top = db.execute(f"{rows} ORDER BY confidence DESC LIMIT 1", (tag,)).fetchone()
    if top is None or not top["ticked"]:
        return _NO_BAR
    low, high = 0.0, float(top["confidence"])
    while high - low > _BAR_STEP:
        middle = (low + high) / 2
        row = db.execute(f"{rows} AND confidence >= ? ORDER BY confidence LIMIT 1", (tag, middle)).fetchone()
        if row["ticked"]:
            high = middle
        else:
            low = float(row["confidence"])
    return high


def photos_of(
    library: Library, root: str, tag: str, limit: int, after: tuple[float, int] | None = None
) -> tuple[TagPhoto, ...]:
    """The photos below a folder on which a tag is undecided, the surest first.

    `after` is the `place` of the last photo of the page before.
    """
    start, end = below(root)
    confidence, number = after if after is not None else (2.0, 0)
    rows = library.connection.execute(
        "SELECT p.id, p.path FROM suggestions s INDEXED BY suggestions_tag "
        "CROSS JOIN photos p ON p.id = s.photo "
        "WHERE s.tag = :tag AND (s.confidence, s.photo) < (:confidence, :number) "
        "AND p.lead IS NULL AND p.error IS NULL AND p.path >= :start AND p.path < :end "
        "AND NOT EXISTS(SELECT 1 FROM d.standing t "
        "WHERE t.path = p.path AND t.tag = :tag AND t.state <> 'undecided') "
        "ORDER BY s.confidence DESC, s.photo DESC",
        {"tag": tag, "confidence": confidence, "number": number, "start": start, "end": end},
    )
    found: list[TagPhoto] = []
    for row in rows:
        photo = _photo(library, row["id"], from_db(row["path"]), tag)
        if photo is not None:
            found.append(photo)
            if len(found) == limit:
                break
    rows.close()
    return tuple(found)


def _photo(library: Library, number: int, path: str, tag: str) -> TagPhoto | None:
    """A photo of a tag; None where the tag is no question on it."""
    detail = library.detail(path)
    found = next((s for s in detail.suggestions if s.tag == tag), None) if detail is not None else None
    if detail is None or found is None or found.state is not State.UNDECIDED or found.fact:
        return None
    return TagPhoto(
        number,
        path,
        os.path.basename(path),
        detail.thumbnail,
        found.confidence,
        found.why,
        tag in detail.ticked,
        detail.image_hash,
    )


def decide_page(
    library: Library, tally: TagTally, accepted: Sequence[TagPhoto], rejected: Sequence[TagPhoto]
) -> tuple[str, int] | None:
    """Commit a page as one act; returns its words and its number, None where there was nothing to decide.

    Only what is still undecided is decided: another screen may have been faster. A person's name is never
    accepted. Raises ValueError for a name.
    """
    if tally.is_name:
        raise ValueError(f"{tally.label!r} is a person's name")
    choices = [
        Choice(photo.path, tally.tag, tally.label, state, tally.category, photo.image_hash)
        for photos, state in ((accepted, State.ACCEPTED), (rejected, State.REJECTED))
        for photo in photos
        if _photo(library, photo.number, photo.path, tally.tag) is not None
        and not is_name_on(library, photo.path, tally.tag)
    ]
    if not choices:
        return None
    wrong = sum(choice.state is State.REJECTED for choice in choices)
    words = f"{tally.label}: {len(choices) - wrong} accepted, {wrong} wrong"
    return words, library.commit(words, choices, by=BY)
