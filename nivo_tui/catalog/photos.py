"""The photos of the catalog: what the engine knows, saves and forgets. One writer, short transactions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nivo_tui.catalog import suggestion_rows
from nivo_tui.catalog.database import open_database
from nivo_tui.catalog.paths import below, from_db, to_db
from nivo_tui.catalog.records import (
    PHOTO_COLUMNS,
    FileStat,
    PhotoRecord,
    classes_of,
    face_of,
    fold,
    metadata_of,
    objects_of,
    quality_of,
    quality_to_text,
    row_of,
    taken_of,
    versions_of,
)
from nivo_tui.catalog.schema import CATALOG_MIGRATIONS
from nivo_tui.model import FileMetadata, Format
from nivo_tui.settings import Paths


def open_catalog(paths: Paths) -> sqlite3.Connection:
    """Open catalog.db of a home, created and migrated as needed. Raises StoreError."""
    connection = open_database(paths.catalog, CATALOG_MIGRATIONS, durable=False)
    connection.row_factory = sqlite3.Row
    return connection


def open_for_reading(catalog: Path) -> sqlite3.Connection:
    """Open the file of a catalog that another process holds open, for reading alone.

    Raises sqlite3.OperationalError where it cannot be.
    """
    connection = sqlite3.connect(f"{catalog.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


@dataclass(frozen=True, slots=True)
class KnownPhoto:
    """What an unchanged photo is recognised by."""

    path: str
    stat: FileStat
    image_hash: str | None
    versions: Mapping[str, str]
    faces: int | None
    error: str | None


_NOW = "(julianday('now') - 2440587.5) * 86400.0"  # in epoch seconds
_SAVE = (
    f"INSERT INTO photos({', '.join(PHOTO_COLUMNS)}, added_at) "
    f"VALUES({', '.join('?' * len(PHOTO_COLUMNS))}, {_NOW}) "
    f"ON CONFLICT(path) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in PHOTO_COLUMNS[1:])} "
    "RETURNING id"
)


# One question for both: it is asked for every photo that is scanned.
_ANALYSED = "SELECT * FROM photos WHERE image_hash = ?1 AND error IS NULL AND versions IS NOT NULL"
_TWINS = f"{_ANALYSED} AND path = ?2 UNION ALL SELECT * FROM ({_ANALYSED} AND path <> ?2 LIMIT 1)"


class _Versions(dict[str | None, Mapping[str, str]]):
    """Versions by their stored text: photos without number share a few of them."""

    def __missing__(self, text: str | None) -> Mapping[str, str]:
        self[text] = versions_of(text)
        return self[text]


class PhotoStore:
    """The photos of the catalog, for the engine."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection to catalog.db, for the stores beside this one."""
        return self._db

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One short write transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def known(self, root: str) -> dict[str, KnownPhoto]:
        """Every photo known below a folder, or the one file of that path."""
        start, end = below(root)
        rows = self._db.execute(
            "SELECT path, size, mtime_ns, ctime_ns, image_hash, versions, face_count, error "
            "FROM photos WHERE (path >= ? AND path < ?) OR path = ?",
            (start, end, to_db(root)),
        )
        texts = _Versions()
        return {
            from_db(r["path"]): KnownPhoto(
                from_db(r["path"]),
                FileStat(r["size"], r["mtime_ns"], r["ctime_ns"]),
                r["image_hash"],
                texts[r["versions"]],
                r["face_count"],
                r["error"],
            )
            for r in rows
        }

    def load(self, path: str) -> PhotoRecord | None:
        """The record of one photo without its suggestions, None where it is not known."""
        row = self._db.execute("SELECT * FROM photos WHERE path = ?", (to_db(path),)).fetchone()
        return None if row is None else self._record(row)

    def twins(self, image_hash: str, path: str) -> tuple[PhotoRecord, ...]:
        """The photo of `path`, then one other, as far as they have this image data and were analysed
        without an error."""
        rows = self._db.execute(_TWINS, (image_hash, to_db(path))).fetchall()
        return tuple(self._record(row) for row in rows)

    def _record(self, row: sqlite3.Row) -> PhotoRecord:
        faces = None
        if row["face_count"] is not None:
            found = self._db.execute("SELECT * FROM faces WHERE photo = ? ORDER BY number", (row["id"],))
            faces = tuple(face_of(r) for r in found)
        words = self._db.execute("SELECT keyword FROM keywords WHERE photo = ? ORDER BY place", (row["id"],))
        return PhotoRecord(
            path=from_db(row["path"]),
            stat=FileStat(row["size"], row["mtime_ns"], row["ctime_ns"]),
            format=Format(row["format"]) if row["format"] else None,
            width=row["width"],
            height=row["height"],
            metadata=metadata_of(row, tuple(r["keyword"] for r in words)),
            image_hash=row["image_hash"],
            hash_of_file=bool(row["hash_of_file"]),
            perceptual_hash=row["perceptual_hash"],
            features=row["features"],
            preliminary=bool(row["preliminary"]),
            quality=quality_of(row),
            faces=faces,
            detector=row["detector"],
            objects=objects_of(row["objects"]),
            classes=classes_of(row["classes"]),
            vector=row["vector"],
            versions=versions_of(row["versions"]),
            notes=tuple(json.loads(row["notes"])),
            error=row["error"],
            taken=taken_of(row),
        )

    def save(self, records: Sequence[PhotoRecord]) -> None:
        """Put the records in the place of what was known of their photos, in one transaction."""
        with self.transaction():
            for record in records:
                self._save_one(record)

    def _save_one(self, record: PhotoRecord) -> None:
        photo = self._db.execute(_SAVE, row_of(record)).fetchone()["id"]
        self._save_keywords(photo, record.metadata.keywords)
        self._db.execute("DELETE FROM faces WHERE photo = ?", (photo,))
        self._db.executemany(
            "INSERT INTO faces VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    photo,
                    n,
                    *(f.left, f.top, f.right, f.bottom, f.score),
                    json.dumps(f.landmarks),
                    f.embedding,
                    quality_to_text(f.quality),
                )
                for n, f in enumerate(record.faces or ())
            ),
        )
        self._db.execute("DELETE FROM suggestions WHERE photo = ?", (photo,))
        suggestion_rows.insert(self._db, suggestion_rows.rows_of(photo, record.suggestions))
        if record.versions and record.error is None:
            self._db.execute("INSERT OR IGNORE INTO unsettled(photo) VALUES(?)", (photo,))

    def _save_keywords(self, photo: int, keywords: Iterable[str]) -> None:
        self._db.execute("DELETE FROM keywords WHERE photo = ?", (photo,))
        self._db.executemany(
            "INSERT OR IGNORE INTO keywords(photo, folded, keyword, place) VALUES(?, ?, ?, ?)",
            ((photo, fold(word), word, n) for n, word in enumerate(keywords)),
        )

    def refresh(self, path: str, stat: FileStat, metadata: FileMetadata) -> None:
        """Note a photo's new metadata after a write; what its pixels gave stays."""
        with self.transaction():
            row = self._db.execute("SELECT id FROM photos WHERE path = ?", (to_db(path),)).fetchone()
            if row is None:
                return
            self._db.execute(
                "UPDATE photos SET size = ?, mtime_ns = ?, ctime_ns = ? WHERE id = ?",
                (stat.size, stat.mtime_ns, stat.ctime_ns, row["id"]),
            )
            self._save_keywords(row["id"], metadata.keywords)

    def forget(self, paths: Collection[str]) -> None:
        """Remove photos whose files are gone; what one of them stood for in the list is listed itself."""
        stored = [(to_db(path),) for path in paths]
        with self.transaction():
            self._db.executemany("UPDATE photos SET lead = NULL WHERE lead = ?", stored)
            self._db.executemany("DELETE FROM photos WHERE path = ?", stored)

    def with_hash(self, image_hash: str) -> tuple[str, ...]:
        """The paths of all photos with this image data."""
        rows = self._db.execute("SELECT path FROM photos WHERE image_hash = ?", (image_hash,))
        return tuple(from_db(r["path"]) for r in rows)

    def tag_counts(self) -> tuple[int, dict[str, int]]:
        """The number of analysed photos, and for each suggested tag how many of them carry it."""
        total = self._db.execute("SELECT count(*) FROM photos WHERE quality_score IS NOT NULL").fetchone()[0]
        rows = self._db.execute("SELECT tag, count(*) AS n FROM suggestions GROUP BY tag")
        return total, {r["tag"]: r["n"] for r in rows}

    def set_uninformative(self, tags: Mapping[str, int]) -> None:
        """Note the tags that say nothing in this library, with the number of photos that carry each."""
        with self.transaction():
            self._db.execute("DELETE FROM uninformative")
            self._db.executemany("INSERT INTO uninformative VALUES(?, ?)", tags.items())
