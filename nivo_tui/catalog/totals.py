"""A library in figures: tags by state and category, faces, formats, years, cameras, quality."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nivo_tui.catalog.listed import PROGRESS
from nivo_tui.catalog.paths import below, to_db
from nivo_tui.catalog.records import fold
from nivo_tui.model import Capture, State

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

QUALITY_STEP = 20

_IN_FILE = "EXISTS(SELECT 1 FROM keywords k WHERE k.photo = p.id AND k.folded = t.folded)"
_ADDED = (
    "d.standing t CROSS JOIN d.decisions e ON e.id = t.decision CROSS JOIN d.acts a ON a.id = e.act "
    "WHERE t.path = p.path AND (t.state = 'accepted' OR "
    f"(t.state = 'undecided' AND a.made_by = 'import' AND NOT {_IN_FILE})) "
    "AND NOT EXISTS(SELECT 1 FROM suggestions s WHERE s.photo = p.id AND s.tag = t.tag)"
)
"""What was typed or imported for the photo `p`, and not suggested; see `states.added_suggestion`."""


@dataclass(frozen=True, slots=True)
class TagTotal:
    """A tag, on how many photos it is, and in which states. `category` is None for a person's own."""

    tag: str
    label: str
    category: str | None
    photos: int
    states: Mapping[State, int]


@dataclass(frozen=True, slots=True)
class CategoryTotal:
    """A category: how many tags its photos have in all, how many different ones, and in which states."""

    category: str | None
    tags: int
    unique: int
    states: Mapping[State, int]


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of some photos.

    `shots` counts what the screen lists: a photo and what belongs to it once. `progress` has the photos by
    how far a person is with them, `tags` the most frequent first. `untagged` are photos without tags, but
    for rejected ones, `keyworded` those whose file holds keywords.
    `faces` maps a number of faces to photos; where none were looked for, a photo is in none of them.
    `formats`, `years` and `cameras` have None for photos that do not say. `quality` maps the lower end of a
    range of QUALITY_STEP to photos.
    """

    photos: int
    shots: int
    progress: Mapping[str, int]
    tags: tuple[TagTotal, ...]
    untagged: int
    keyworded: int
    faces: Mapping[int, int]
    formats: Mapping[str | None, int]
    years: Mapping[int | None, int]
    cameras: Mapping[str | None, int]
    quality: Mapping[int, int]

    @property
    def tags_in_all(self) -> int:
        return sum(tag.photos for tag in self.tags)

    @property
    def faces_in_all(self) -> int:
        return sum(count * photos for count, photos in self.faces.items())

    @property
    def photos_with_faces(self) -> int:
        return sum(photos for count, photos in self.faces.items() if count)

    def categories(self) -> tuple[CategoryTotal, ...]:
        """The categories in the order of their names, a person's own tags last."""
        by_name: dict[str | None, list[TagTotal]] = {}
        for tag in self.tags:
            by_name.setdefault(tag.category, []).append(tag)
        return tuple(
            CategoryTotal(
                name,
                sum(tag.photos for tag in tags),
                len(tags),
                {state: sum(tag.states[state] for tag in tags) for state in State},
            )
            for name, tags in sorted(by_name.items(), key=lambda item: (item[0] is None, item[0] or ""))
        )


def read_totals(library: Library, paths: Sequence[str]) -> Totals:
    """The figures of all known photos that are, or lie below, one of the absolute paths.

    States are those of `Library.detail`. Reads every suggestion: some seconds at 100,000 photos.
    """
    db = library.connection
    _note_photos(db, paths)
    try:
        kinds = _kinds(db)
        _note_states(db, kinds, library.decisions.never_tags())
        suggested = _suggested(db)
        tags = _tags(kinds, suggested, _states(db), list(_added(db)))
        return _totals(db, tags)
    finally:
        for table in ("totalled", "totalled_states", "totalled_labels"):
            db.execute(f"DROP TABLE IF EXISTS temp.{table}")


_THESE = "temp.totalled c CROSS JOIN photos p ON p.id = c.photo"


def _totals(db: sqlite3.Connection, tags: tuple[TagTotal, ...]) -> Totals:
    def counted(column: str) -> dict[str | None, int]:
        """Photos by the value of a column, the most frequent first."""
        found = db.execute(f"SELECT {column} AS value, count(*) AS n FROM {_THESE} GROUP BY 1")
        return dict(sorted(((r[0], r[1]) for r in found), key=lambda kv: (-kv[1], str(kv[0]))))

    def figure(query: str) -> int:
        return int(db.execute(query).fetchone()[0])

    years = counted("substr(p.taken_at, 1, 4)")
    bucket = f"min(CAST(p.quality_score / {QUALITY_STEP} AS INTEGER), {100 // QUALITY_STEP - 1})"
    quality = counted(f"CASE WHEN p.quality_score IS NOT NULL THEN {bucket} * {QUALITY_STEP} END")
    faces = counted("p.face_count")
    return Totals(
        photos=figure("SELECT count(*) FROM temp.totalled"),
        shots=figure(f"SELECT count(*) FROM {_THESE} WHERE p.lead IS NULL"),
        progress={str(k): n for k, n in counted(PROGRESS).items()},
        tags=tags,
        untagged=_untagged(db),
        keyworded=figure(
            "SELECT count(*) FROM temp.totalled c "
            "WHERE EXISTS(SELECT 1 FROM keywords k WHERE k.photo = c.photo)"
        ),
        faces={int(k): n for k, n in sorted(faces.items(), key=_number) if k is not None},
        formats=counted("p.format"),
        years={None if k is None else int(k): n for k, n in sorted(years.items(), key=_number)},
        cameras=_cameras(db),
        quality={
            step: n
            for step in range(0, 100, QUALITY_STEP)
            for n in [sum(n for k, n in quality.items() if k is not None and int(k) == step)]
        },
    )


def _number(item: tuple[object, int]) -> tuple[bool, int]:
    """The order of numbers, what is unknown last."""
    return item[0] is None, int(str(item[0] or 0))


def _note_photos(db: sqlite3.Connection, paths: Sequence[str]) -> None:
    """Note the photos to count in a table of this connection's own."""
    db.execute("CREATE TEMP TABLE totalled(photo INTEGER PRIMARY KEY)")
    for path in paths:
        db.execute(
            "INSERT OR IGNORE INTO temp.totalled SELECT id FROM photos WHERE path >= ? AND path < ?",
            below(path),
        )
        db.execute("INSERT OR IGNORE INTO temp.totalled SELECT id FROM photos WHERE path = ?", (to_db(path),))


def _kinds(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """Every tag that is suggested for one of the photos, with each of its labels."""
    return db.execute(
        "SELECT DISTINCT s.tag, s.category, s.label "
        "FROM temp.totalled c CROSS JOIN suggestions s ON s.photo = c.photo"
    ).fetchall()


def _note_states(db: sqlite3.Connection, kinds: Sequence[sqlite3.Row], never: frozenset[str]) -> None:
    """Note every suggestion that is not simply undecided; see `states.state_of`."""
    db.execute(
        "CREATE TEMP TABLE totalled_states(photo INTEGER, tag TEXT, state TEXT, PRIMARY KEY(photo, tag)) "
        "WITHOUT ROWID"
    )
    db.execute(
        "CREATE TEMP TABLE totalled_labels(folded TEXT, tag TEXT, label TEXT, "
        "PRIMARY KEY(folded, tag, label)) WITHOUT ROWID"
    )
    db.executemany(
        "INSERT OR IGNORE INTO temp.totalled_labels VALUES(?, ?, ?)",
        [(fold(kind["label"]), kind["tag"], kind["label"]) for kind in kinds],
    )
    db.execute(
        "INSERT INTO temp.totalled_states SELECT p.id, t.tag, t.state FROM d.standing t "
        "CROSS JOIN photos p ON p.path = t.path CROSS JOIN temp.totalled c ON c.photo = p.id "
        "CROSS JOIN suggestions s ON s.photo = p.id AND s.tag = t.tag WHERE t.state <> 'undecided'"
    )
    db.execute(
        "INSERT INTO temp.totalled_states SELECT k.photo, s.tag, 'in_file' FROM temp.totalled c "
        "CROSS JOIN keywords k ON k.photo = c.photo CROSS JOIN temp.totalled_labels l ON l.folded = k.folded "
        "CROSS JOIN suggestions s ON s.photo = k.photo AND s.tag = l.tag AND s.label = l.label WHERE true "
        "ON CONFLICT(photo, tag) DO UPDATE SET state = 'written' WHERE state = 'accepted'"
    )
    db.executemany(
        "INSERT OR IGNORE INTO temp.totalled_states SELECT s.photo, s.tag, 'rejected' "
        "FROM suggestions s JOIN temp.totalled c ON c.photo = s.photo WHERE s.tag = ?",
        [(tag,) for tag in never],
    )
    db.execute(
        "INSERT OR IGNORE INTO temp.totalled_states SELECT p.id, e.tag, 'rejected' FROM d.standing t "
        "CROSS JOIN d.decisions e ON e.id = t.decision CROSS JOIN photos p ON p.image_hash = e.image_hash "
        "CROSS JOIN temp.totalled c ON c.photo = p.id "
        "CROSS JOIN suggestions s ON s.photo = p.id AND s.tag = e.tag WHERE t.state = 'rejected'"
    )


def _suggested(db: sqlite3.Connection) -> dict[str, int]:
    """On how many of the photos each tag is suggested."""
    every = db.execute(
        "SELECT (SELECT count(*) FROM temp.totalled) = (SELECT count(*) FROM photos)"
    ).fetchone()[0]
    # The index of tags alone is read where all photos count; a part of them is cheaper by photo.
    rows = (
        "SELECT tag, count(*) FROM suggestions INDEXED BY suggestions_tag GROUP BY tag"
        if every
        else "SELECT s.tag, count(*) FROM temp.totalled c CROSS JOIN suggestions s ON s.photo = c.photo "
        "GROUP BY s.tag"
    )
    return {row[0]: row[1] for row in db.execute(rows)}


def _states(db: sqlite3.Connection) -> dict[str, Counter[State]]:
    found: dict[str, Counter[State]] = {}
    rows = db.execute("SELECT tag, state, count(*) FROM temp.totalled_states GROUP BY tag, state")
    for tag, state, count in rows:
        found.setdefault(tag, Counter())[State(state)] = count
    return found


def _added(db: sqlite3.Connection) -> Iterator[tuple[str, str | None, str, State, int]]:
    """Tags that were not suggested but typed or imported, by state."""
    rows = db.execute(
        "SELECT e.tag, e.category, e.label, CASE WHEN t.state = 'undecided' THEN 'undecided' "
        f"WHEN {_IN_FILE} THEN 'written' ELSE 'accepted' END, count(*) "
        f"FROM {_THESE} CROSS JOIN {_ADDED} GROUP BY 1, 2, 3, 4"
    )
    for tag, category, label, state, count in rows:
        yield tag, category, label, State(state), count


def _tags(
    kinds: Sequence[sqlite3.Row],
    suggested: Mapping[str, int],
    states: Mapping[str, Counter[State]],
    added: Sequence[tuple[str, str | None, str, State, int]],
) -> tuple[TagTotal, ...]:
    """All tags, the most frequent first."""
    labels: dict[tuple[str, str | None], str] = {}
    counts: dict[tuple[str, str | None], Counter[State]] = {}
    for tag, category, label in kinds:
        if (tag, category) in labels:
            continue
        labels[tag, category] = label
        decided = states.get(tag, Counter())
        waiting = suggested.get(tag, 0) - decided.total()
        counts[tag, category] = Counter({**decided, State.UNDECIDED: waiting})
    for tag, category, label, state, count in added:
        labels.setdefault((tag, category), label)
        counts.setdefault((tag, category), Counter())[state] += count
    found = [
        TagTotal(tag, labels[tag, category], category, every.total(), {s: every[s] for s in State})
        for (tag, category), every in counts.items()
    ]
    return tuple(sorted(found, key=lambda total: (-total.photos, total.tag)))


def _untagged(db: sqlite3.Connection) -> int:
    """The photos without tags, but for rejected ones."""
    query = (
        f"SELECT count(*) FROM {_THESE} "
        "WHERE NOT EXISTS(SELECT 1 FROM suggestions s WHERE s.photo = p.id AND NOT EXISTS("
        "SELECT 1 FROM temp.totalled_states x WHERE x.photo = s.photo AND x.tag = s.tag "
        f"AND x.state = 'rejected')) AND NOT EXISTS(SELECT 1 FROM {_ADDED})"
    )
    return int(db.execute(query).fetchone()[0])


def _cameras(db: sqlite3.Connection) -> dict[str | None, int]:
    """Photos by camera, the most frequent first."""
    found: Counter[str | None] = Counter()
    rows = db.execute(
        "SELECT json_extract(p.capture, '$.make'), json_extract(p.capture, '$.model'), count(*) "
        f"FROM {_THESE} GROUP BY 1, 2"
    )
    for make, model, count in rows:
        found[Capture(make=make, model=model).camera] += count
    return dict(sorted(found.items(), key=lambda kv: (-kv[1], str(kv[0]))))
