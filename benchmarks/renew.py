"""How fast changed rules are applied to a library: a category at a time, and all ten at once.

    python benchmarks/renew.py FOLDER [--photos 20000] [--models auto] [--at-least 5000]

The photos of FOLDER are scanned once; what was seen of them is then copied in the catalog until there are as
many as asked for. "same" is a change of rules that changes no suggestion, "all new" one that changes all.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from report import Row, report

from nivo_tui.catalog.decisions import open_decisions
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.engine.analysis import Analyser
from nivo_tui.engine.loading import load_analyser
from nivo_tui.engine.renewing import Renewal
from nivo_tui.engine.ticking import settle_library
from nivo_tui.model import Category
from nivo_tui.settings import Paths, load_paths, load_settings

_EVERY = "SELECT id FROM photos WHERE error IS NULL"


def fill(store: PhotoStore, photos: int) -> int:
    """Copy the photos that were scanned, with all that belongs to them, until there are enough."""
    db = store.connection
    known = [row[0] for row in db.execute("SELECT id FROM photos WHERE error IS NULL ORDER BY id")]
    if not known:
        raise SystemExit("no photo of the folder could be scanned")
    columns = [row[1] for row in db.execute("PRAGMA table_info(photos)") if row[1] not in ("id", "path")]
    names = ", ".join(columns)
    # A quarter of an hour apart from one copy of the folder to the next: bursts stay as they are.
    values = ", ".join(
        "strftime('%Y-%m-%dT%H:%M:%S', taken_at, ?3)" if name == "taken_at" else name for name in columns
    )
    copies = -(-photos // len(known)) - 1
    for copy in range(1, copies + 1):
        with store.transaction():
            for photo in known:
                made = db.execute(
                    f"INSERT INTO photos(path, {names}) SELECT CAST(?1 || path AS BLOB), {values} "
                    "FROM photos WHERE id = ?2",
                    (f"/copy/{copy:05d}", photo, f"+{copy * 15} minutes"),
                ).lastrowid
                for table in ("faces", "suggestions", "keywords"):
                    rest = ", ".join(
                        f'"{row[1]}"'
                        for row in db.execute(f"PRAGMA table_info({table})")
                        if row[1] != "photo"
                    )
                    db.execute(
                        f"INSERT INTO {table}(photo, {rest}) SELECT ?, {rest} FROM {table} WHERE photo = ?",
                        (made, photo),
                    )
    db.execute("ANALYZE")
    return int(db.execute("SELECT count(*) FROM photos WHERE error IS NULL").fetchone()[0])


def measure(store: PhotoStore, paths: Paths, analyser: Analyser, categories: Collection[Category]) -> Row:
    """Apply a change of the rules of these categories twice: without and with news for every suggestion."""
    row: dict[str, str | float | int | None] = {
        "rules changed": next(iter(categories)).value if len(categories) == 1 else f"{len(categories)} of 10"
    }
    decisions = open_decisions(paths)
    for number, kind in enumerate(("same", "all new")):
        rules = {**analyser.rules, **dict.fromkeys(categories, f"{kind} {number}")}
        changed = replace(analyser, rules=rules)
        if kind == "all new":
            marks = ",".join("?" * len(categories))
            store.connection.execute(
                f"UPDATE suggestions SET why = why || '.' WHERE category IN ({marks})", tuple(categories)
            )
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        started = time.perf_counter()
        renewal = Renewal(store, changed)
        stale = renewal.outdated()
        done = renewal.renew(stale)
        settle_library(store, decisions, changed.vocabulary)
        seconds = time.perf_counter() - started
        row[f"{kind}: photos/s"] = round(done.photos / seconds)
        row[f"{kind}: changed"] = done.changed
    decisions.close()
    # As it was, for the next one.
    Renewal(store, analyser).renew(Renewal(store, analyser).outdated())
    return row


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("folder", type=Path)
    words.add_argument("--photos", type=int, default=20_000)
    words.add_argument("--models", default="auto")
    words.add_argument(
        "--at-least", type=int, default=5000, help="photos a second of each category; else exit 1"
    )
    options = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = load_paths(folder)
        paths.create()
        scan = ["scan", str(options.folder), "--models", options.models, "--home", folder]
        subprocess.run([sys.executable, "-m", "nivo_tui", *scan], check=False, stdout=subprocess.DEVNULL)
        store = PhotoStore(open_catalog(paths))
        photos = fill(store, options.photos)
        suggested = store.connection.execute("SELECT count(*) FROM suggestions").fetchone()[0]
        print(f"{photos} photos with {suggested} suggestions\n")
        analyser = load_analyser(paths, load_settings(paths.config), options.models, lambda _: None)
        every = frozenset(analyser.rules)
        Renewal(store, analyser).renew({row[0]: every for row in store.connection.execute(_EVERY)})
        rows = [measure(store, paths, analyser, [category]) for category in analyser.rules]
        rows.append(measure(store, paths, analyser, list(analyser.rules)))
        store.connection.close()
    report("renew", rows)
    if any(int(row["all new: photos/s"] or 0) < options.at_least for row in rows[:-1]):
        raise SystemExit(f"a category is below {options.at_least} photos a second")


if __name__ == "__main__":
    main()
