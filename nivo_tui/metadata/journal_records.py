"""What the write journal stores: its tables, and a row as an object."""

from __future__ import annotations

import json
from dataclasses import dataclass

from nivo_tui.metadata.edits import EditList, pack, unpack
from nivo_tui.metadata.traces import Traces

SCHEMA = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    command TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT
);
CREATE TABLE writes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES runs(id),
    kind TEXT NOT NULL CHECK (kind IN ('write', 'undo')),
    undoes INTEGER REFERENCES writes(id),
    path BLOB NOT NULL,
    target BLOB NOT NULL,
    real BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intent', 'done', 'undone', 'abandoned')),
    mode TEXT,
    before_hash TEXT,
    before_size INTEGER,
    before_mtime_ns INTEGER,
    after_hash TEXT,
    after_size INTEGER,
    after_mtime_ns INTEGER,
    image_hash TEXT,
    inverse BLOB,
    fields TEXT NOT NULL,
    added TEXT NOT NULL,
    removed TEXT NOT NULL,
    backup BLOB,
    temp BLOB,
    notes TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX writes_by_run ON writes(run_id);
CREATE INDEX writes_by_path ON writes(path);
CREATE INDEX writes_by_real ON writes(real);
CREATE INDEX writes_unsettled ON writes(state) WHERE state = 'intent';
CREATE TABLE backups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target BLOB NOT NULL,
    backup BLOB NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    size INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    run_id INTEGER REFERENCES runs(id)
);
CREATE INDEX backups_by_target ON backups(target);
"""
"""A migration of decisions.db."""

SCHEMA_OF_TRACES = """
ALTER TABLE writes ADD COLUMN traces TEXT;
CREATE TABLE origin(
    only INTEGER PRIMARY KEY CHECK(only = 1),
    id TEXT NOT NULL
);
INSERT INTO origin VALUES(1, lower(hex(randomblob(4))));
"""
"""The migration after it: traces of other programs, and the random name of the home."""


@dataclass(frozen=True, slots=True)
class WriteRecord:
    """One change of one file. Hashes are BLAKE3 hex, None where the file was not or is no more there.

    `kind` is write or undo, `state` intent, done, undone or abandoned; `undoes` is the id of the write that
    an undo takes back; `inverse` are the edits back to the bytes before. `traces` are what the file said
    after the change of the programs that wrote it, None where that was not looked at.
    """

    run: int
    path: str
    target: str
    real: str
    at: str
    kind: str = "write"
    undoes: int | None = None
    mode: str | None = None
    state: str = "intent"
    before_hash: str | None = None
    before_size: int | None = None
    before_mtime_ns: int | None = None
    after_hash: str | None = None
    after_size: int | None = None
    after_mtime_ns: int | None = None
    image_hash: str | None = None
    inverse: EditList = ()
    fields: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    backup: str | None = None
    temp: str | None = None
    notes: tuple[str, ...] = ()
    traces: Traces | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One executed command that changed files. `state` is stands, undone or partly."""

    run: int
    command: str
    started: str
    ended: str | None
    files: int
    state: str


@dataclass(frozen=True, slots=True)
class StandingWrite:
    """Which file of a photo a run changed, and whether by removing it; it was not taken back."""

    run: int
    path: str
    target: str
    removed: bool


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """A pristine copy that we made: its path, of which file, and its BLAKE3."""

    target: str
    backup: str
    hash: str
    size: int
    created_at: str
    run: int | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a write that was interrupted: finished, rolled back, or left to the newer file."""

    path: str
    target: str
    outcome: str


COLUMNS = (
    "run_id, kind, undoes, path, target, real, state, mode, before_hash, before_size, before_mtime_ns, "
    "after_hash, after_size, after_mtime_ns, image_hash, inverse, fields, added, removed, backup, temp, "
    "notes, at, traces"
)
"""The columns of `writes` but its id, in the order of `values_of`."""


def to_db(path: str) -> bytes:
    """A path as it is stored: UTF-8 with surrogateescape."""
    return path.encode("utf-8", "surrogateescape")


def from_db(stored: bytes) -> str:
    """The path of a stored form."""
    return stored.decode("utf-8", "surrogateescape")


def values_of(record: WriteRecord) -> tuple[object, ...]:
    """The values of COLUMNS."""
    return (
        record.run,
        record.kind,
        record.undoes,
        to_db(record.path),
        to_db(record.target),
        to_db(record.real),
        record.state,
        record.mode,
        record.before_hash,
        record.before_size,
        record.before_mtime_ns,
        record.after_hash,
        record.after_size,
        record.after_mtime_ns,
        record.image_hash,
        pack(record.inverse),
        json.dumps(list(record.fields)),
        json.dumps(list(record.added)),
        json.dumps(list(record.removed)),
        None if record.backup is None else to_db(record.backup),
        None if record.temp is None else to_db(record.temp),
        json.dumps(list(record.notes)),
        record.at,
        None if record.traces is None else record.traces.to_json(),
    )


def record_of(row: tuple[object, ...]) -> WriteRecord:
    """The record of a row of COLUMNS and id."""
    values = dict(zip((*COLUMNS.replace(" ", "").split(","), "id"), row, strict=True))
    values["run"] = values.pop("run_id")
    for name in ("path", "target", "real", "backup", "temp"):
        stored = values[name]
        values[name] = from_db(stored) if isinstance(stored, bytes) else None
    for name in ("fields", "added", "removed", "notes"):
        values[name] = tuple(json.loads(str(values[name])))
    traces = values["traces"]
    values["traces"] = Traces.from_json(str(traces)) if traces is not None else None
    packed = values["inverse"]
    values["inverse"] = unpack(packed) if isinstance(packed, bytes) else ()
    return WriteRecord(**values)  # type: ignore[arg-type]
