"""The keywords of the library and of its owner: how often each stands in files, where, and what it means."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from nivo_tui.catalog.decisions import NEVER
from nivo_tui.catalog.paths import to_db
from nivo_tui.catalog.records import fold

if TYPE_CHECKING:
    from nivo_tui.catalog.decisions import DecisionStore

MAP, KEEP = "map", "keep"
"""Kinds of rules beside `never`: the tag is written as the rule's word; word and tag are kept apart."""

_LONGEST, _DEEPEST = 300, 50


@dataclass(frozen=True, slots=True)
class LibraryWord:
    """A keyword as most files of the library spell it, at the path that most of them give it.

    `path` leads from the top to the keyword, and is the keyword alone where no file has it in a hierarchy.
    `photos` counts those that have it, 0 for a word of the settings. `tag` is the tag it means, which would
    be called `label` at `tag_path` without it; None where it means none. Of a word that this program wrote
    itself these are the word's own.
    """

    keyword: str
    path: tuple[str, ...]
    photos: int
    tag: str | None = None
    label: str | None = None
    tag_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BroughtWord:
    """A keyword that a person brought along in a list, at its path."""

    path: tuple[str, ...]
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WordRule:
    """What a person answered about a word: `kind` is map, keep or never."""

    act: int
    kind: str
    tag: str
    text: str


# Of the spellings and paths of a word the most frequent is taken: SQL counts, and little is left to Python.
_KEYWORDS = "SELECT folded, keyword, count(*) FROM keywords GROUP BY folded, keyword"
_HIERARCHIES = (
    "SELECT j.value, count(DISTINCT p.id) FROM photos p, json_each(p.metadata, '$.hierarchies') j "
    "WHERE instr(p.metadata, '\"hierarchies\"') GROUP BY j.value"
)


def count_words(connection: sqlite3.Connection) -> list[LibraryWord]:
    """Count the keywords and hierarchies of the whole catalog; most frequent first, without their tags."""
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for folded, keyword, photos in connection.execute(_KEYWORDS):
        spellings[folded][keyword] += photos
    paths, above = _count_paths(connection.execute(_HIERARCHIES))
    made = []
    for folded in spellings.keys() | paths.keys() | above.keys():
        at = paths.get(folded) or above.get(folded) or Counter()
        spelt = spellings.get(folded) or Counter(_leaves(at))
        keyword = _most(spelt)
        path = _most(at) if at else (keyword,)
        photos = max(sum(spellings.get(folded, Counter()).values()), sum(at.values()))
        if _is_word(keyword) and len(path) <= _DEEPEST:
            made.append(LibraryWord(keyword, (*path[:-1], keyword), photos))
    return sorted(made, key=lambda word: (-word.photos, word.keyword))


Paths = dict[str, Counter[tuple[str, ...]]]


def _count_paths(rows: Iterable[tuple[str, int]]) -> tuple[Paths, Paths]:
    """How often each word stands at which path: as the end of one, and on the way to another."""
    ends: Paths = defaultdict(Counter)
    above: Paths = defaultdict(Counter)
    for text, photos in rows:
        path = tuple(part for part in (" ".join(p.split()) for p in str(text).split("|")) if part)
        if not path:
            continue
        ends[fold(path[-1])][path] += photos
        for length in range(1, len(path)):
            above[fold(path[length - 1])][path[:length]] += photos
    return ends, above


def _leaves(paths: Counter[tuple[str, ...]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for path, photos in paths.items():
        found[path[-1]] += photos
    return dict(found)


_T = TypeVar("_T", str, tuple[str, ...])


def _most(counted: Counter[_T]) -> _T:
    """The most frequent; of equals the first in order, so that it stays the same from scan to scan."""
    return min(counted, key=lambda value: (-counted[value], value))


def _is_word(text: str) -> bool:
    return bool(text.strip()) and len(text) <= _LONGEST


def save_words(connection: sqlite3.Connection, words: Sequence[LibraryWord]) -> None:
    """Put the words in the place of what was counted before, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("DELETE FROM words")
        connection.executemany(
            "INSERT OR IGNORE INTO words(folded, keyword, path, photos, tag, label, tag_path) "
            "VALUES(?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    fold(word.keyword),
                    word.keyword,
                    json.dumps(word.path),
                    word.photos,
                    word.tag,
                    word.label,
                    json.dumps(word.tag_path) if word.tag else None,
                )
                for word in words
            ),
        )
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def read_words(connection: sqlite3.Connection) -> tuple[LibraryWord, ...]:
    """The words as they were last counted, the most frequent first."""
    rows = connection.execute(
        "SELECT keyword, path, photos, tag, label, tag_path FROM words ORDER BY photos DESC, folded"
    )
    return tuple(
        LibraryWord(
            keyword,
            tuple(json.loads(path)),
            photos,
            tag,
            label,
            tuple(json.loads(tag_path)) if tag_path else (),
        )
        for keyword, path, photos, tag, label, tag_path in rows
    )


def names_in_files(connection: sqlite3.Connection) -> defaultdict[str, set[str]]:
    """For each tag the words of files that mean it, folded; without those that are kept apart from it.

    `connection` is a library's: decisions.db is attached to it as `d`.
    """
    apart = {(rule.tag, fold(rule.text)) for rule in word_rules(connection, "d") if rule.kind == KEEP}
    names: defaultdict[str, set[str]] = defaultdict(set)
    for tag, folded in connection.execute("SELECT tag, folded FROM words WHERE tag IS NOT NULL"):
        if (tag, folded) not in apart:
            names[tag].add(folded)
    return names


def note_written(
    connection: sqlite3.Connection, store: DecisionStore, path: str, texts: Mapping[str, str]
) -> None:
    """Note how tags were written into a photo, by tag, where that is not as they were called until then: they
    are found in the file by it."""
    for tag, text in texts.items():
        connection.execute(
            "UPDATE suggestions SET label = ?1 WHERE tag = ?2 AND label <> ?1 "
            "AND photo = (SELECT id FROM photos WHERE path = ?3)",
            (text, tag, to_db(path)),
        )
        row = store.connection.execute(
            "SELECT folded FROM standing WHERE path = ? AND tag = ?", (to_db(path), tag)
        ).fetchone()
        if row is not None and row[0] != fold(text):
            store.connection.execute(
                "UPDATE standing SET folded = ? WHERE path = ? AND tag = ?", (fold(text), to_db(path), tag)
            )


def photos_with(connection: sqlite3.Connection, tag: str) -> list[int]:
    """The numbers of the photos that a tag is suggested for."""
    return [photo for (photo,) in connection.execute("SELECT photo FROM suggestions WHERE tag = ?", (tag,))]


def brought_words(decisions: sqlite3.Connection, schema: str = "main") -> tuple[BroughtWord, ...]:
    """The words of the lists that a person brought along and that stand, the newest list first."""
    rows = decisions.execute(
        f"SELECT w.path, w.synonyms FROM {schema}.own_words w "
        f"JOIN {schema}.acts a ON a.id = w.act WHERE a.revoked_at IS NULL ORDER BY w.act DESC, w.id"
    )
    return tuple(
        BroughtWord(tuple(json.loads(path)), tuple(json.loads(synonyms)) if synonyms != "[]" else ())
        for path, synonyms in rows
    )


def bring_words(store: DecisionStore, title: str, words: Sequence[BroughtWord], by: str) -> int:
    """Commit a list of words as one act; returns its number."""

    def insert(act: int) -> None:
        store.connection.executemany(
            "INSERT INTO own_words(act, path, synonyms) VALUES(?, ?, ?)",
            (
                (act, json.dumps(w.path, ensure_ascii=False), json.dumps(w.synonyms, ensure_ascii=False))
                for w in words
            ),
        )

    return store.record(title, by=by, also=insert)[0]


def word_rules(decisions: sqlite3.Connection, schema: str = "main") -> tuple[WordRule, ...]:
    """What a person answered about words and what stands, the newest answer first: one for each tag and word.

    A `never` without a word is of the tag alone, as the review's key makes it.
    """
    rows = decisions.execute(
        f"SELECT r.act, r.kind, r.tag, coalesce(r.text, '') FROM {schema}.rules r "
        f"JOIN {schema}.acts a ON a.id = r.act WHERE a.revoked_at IS NULL AND r.kind IN (?, ?, ?) "
        "ORDER BY r.act DESC, r.id DESC",
        (MAP, KEEP, NEVER),
    )
    newest: dict[tuple[str, str], WordRule] = {}
    for act, kind, tag, text in rows:
        newest.setdefault((tag, fold(text)), WordRule(act, kind, tag, text))
    return tuple(newest.values())


def add_rules(store: DecisionStore, title: str, rules: Iterable[tuple[str, str, str | None]], by: str) -> int:
    """Commit rules, each (kind, tag, word), as one act; returns its number."""
    rows = list(rules)

    def insert(act: int) -> None:
        store.connection.executemany(
            "INSERT INTO rules(act, kind, tag, text) VALUES(?, ?, ?, ?)",
            ((act, kind, tag, text) for kind, tag, text in rows),
        )

    return store.record(title, by=by, also=insert)[0]


def allow_again(store: DecisionStore, tag: str, by: str) -> int:
    """Revoke what stops a tag everywhere; returns how many acts that were. Their other rules stand on."""
    stopping = "SELECT DISTINCT r.act FROM rules r JOIN acts a ON a.id = r.act WHERE a.revoked_at IS NULL"
    acts = store.connection.execute(f"{stopping} AND r.kind = ? AND r.tag = ?", (NEVER, tag)).fetchall()
    for (act,) in acts:
        rows = store.connection.execute("SELECT kind, tag, text FROM rules WHERE act = ? ORDER BY id", (act,))
        rest = [(kind, of, text) for kind, of, text in rows if (kind, of) != (NEVER, tag)]
        known = store.act(act)
        store.revoke_act(act)
        if rest and known is not None:
            add_rules(store, known.title, rest, by)
    return len(acts)
