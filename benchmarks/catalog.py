"""A library of 100,000 photos in the catalog: what the screen and an unchanged rescan ask of it.

    python benchmarks/catalog.py [--photos 100000] [--decided 0.2]

No file is made: the photos exist in the databases alone.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from report import Row, report

from nivo_tui.catalog.decisions import Choice, DecisionStore, open_decisions
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import FileStat, PhotoRecord, Rated
from nivo_tui.engine.analysis import outdated
from nivo_tui.model import Category, Face, FileMetadata, Format, Quality, State, Suggestion
from nivo_tui.settings import Paths, load_paths

ROOT = "/library"
FOLDERS = 500
VERSIONS = {"features": "1", "faces": "pack@1", "rules": "1"}
JUDGEMENTS = tuple(f"tag_{n}" for n in range(200))
FACTS = tuple(f"fact_{n}" for n in range(60))


def made(number: int, chance: random.Random, per_folder: int) -> PhotoRecord:
    """A photo with four judgements, seven facts and now and then a face."""
    path = f"{ROOT}/{2000 + number // per_folder % 25}/folder {number // per_folder:04d}/IMG_{number:06d}.jpg"
    tags = [(t, Category.OBJECTS, False) for t in chance.sample(JUDGEMENTS, 4)]
    tags += [(t, Category.TECHNICAL, True) for t in chance.sample(FACTS, 7)]
    suggestions = tuple(
        Rated(Suggestion(t, t, kind, round(chance.random(), 3), "made", "made up", fact=fact), ticked=False)
        for t, kind, fact in tags
    )
    faces = tuple(Face(1.0, 1.0, 90.0, 90.0, 0.9) for _ in range(chance.choice((0, 0, 0, 1, 2))))
    return PhotoRecord(
        path=path,
        stat=FileStat(2_000_000 + number, 10**18 + number, 10**18 + number),
        format=Format.JPEG,
        width=4032,
        height=3024,
        metadata=FileMetadata(keywords=("holiday",) if number % 3 == 0 else ()),
        image_hash=f"{number:064x}",
        perceptual_hash=f"{chance.getrandbits(64):016x}",
        features="{}",
        quality=Quality(chance.random() * 100, 0.5, 0.5, 0.1),
        faces=faces,
        detector="made",
        versions=VERSIONS,
        suggestions=suggestions,
    )


def fill(paths: Paths, photos: int, decided: float) -> float:
    """Make the library; returns the seconds that the catalog took for it."""
    chance = random.Random(1)
    store = PhotoStore(open_catalog(paths))
    spent = 0.0
    records: list[PhotoRecord] = []
    for number in range(photos):
        records.append(made(number, chance, max(1, photos // FOLDERS)))
        if len(records) == 500 or number == photos - 1:
            started = time.perf_counter()
            store.save(records)
            spent += time.perf_counter() - started
            records.clear()
    decisions = DecisionStore(open_decisions(paths))
    rows = store.connection.execute(
        "SELECT p.path, g.tag, g.label FROM photos p JOIN suggestions g ON g.photo = p.id "
        "WHERE g.fact = 0 AND p.id <= ? ORDER BY p.path",
        (int(photos * decided),),
    )
    choices = [
        Choice(bytes(r["path"]).decode(), r["tag"], r["label"], State.ACCEPTED, Category.OBJECTS, None)
        for r in rows
    ]
    done = [(path, None) for path in dict.fromkeys(choice.path for choice in choices)]
    for start in range(0, len(choices), 20_000):
        decisions.record("made", choices[start : start + 20_000], by="benchmark")
    if done:
        decisions.record("made", (), by="benchmark", done=done)
    return spent


def timed(what: Callable[[], object], times: int = 1) -> list[float]:
    """Milliseconds of each of several calls."""
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        what()
        spent.append(1000 * (time.perf_counter() - started))
    return spent


def row(name: str, spent: list[float], reach: float | None) -> Row:
    ordered = sorted(spent)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {"measure": name, "median ms": statistics.median(ordered), "p95 ms": p95, "reach ms": reach}


def unchanged(store: PhotoStore, photos: int) -> None:
    """What an unchanged rescan asks: all that is known, each compared with its file's facts."""
    known = store.known(ROOT)
    same = sum(not outdated(photo.versions, VERSIONS) for photo in known.values())
    assert same == photos


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--decided", type=float, default=0.2, help="share of photos decided and done")
    options = parser.parse_args()
    photos: int = options.photos
    with tempfile.TemporaryDirectory(prefix="nivo-bench-") as home:
        paths = load_paths(home)
        paths.create()
        spent = fill(paths, photos, options.decided)
        size = sum(f.stat().st_size for f in Path(home).glob("*.db")) / 1e6
        rows: list[Row] = [
            {"measure": f"save {photos} photos, {size:.0f} MB", "median ms": 1000 * spent, "p95 ms": None,
             "reach ms": None}
        ]  # fmt: skip

        def opened() -> None:
            library = Library(paths)
            library.counts(ROOT)
            library.folders(ROOT)
            library.page(ROOT, 0, 60)
            library.close()

        rows.append(row("open the library: counts, folders, first page", timed(opened, 3), 1000.0))
        library = Library(paths)
        folder = library.folders(ROOT)[-1].path
        places = [random.Random(2).randrange(photos) for _ in range(30)]
        spots = iter(places)
        rows += [
            row("counts", timed(lambda: library.counts(ROOT), 5), None),
            row("folders", timed(lambda: library.folders(ROOT), 5), None),
            row("pending", timed(lambda: library.pending(ROOT), 5), None),
            row("page at any place", timed(lambda: library.page(ROOT, next(spots), 60), 30), 50.0),
            row("last page", timed(lambda: library.page(ROOT, photos - 60, 60), 5), 50.0),
            row("page of a folder", timed(lambda: library.page(folder, 0, 60), 20), 10.0),
            row("next to do from the top", timed(lambda: library.next_todo(ROOT, -1), 5), 50.0),
        ]
        shown = iter([library.page(ROOT, place, 1)[0].path for place in places])
        rows.append(row("one photo's details", timed(lambda: library.detail(next(shown)), 30), 10.0))
        names = iter(random.Random(3).sample(JUDGEMENTS, 30))
        query = "SELECT count(*) FROM suggestions WHERE tag = ? AND confidence >= 0.5"
        library.close()
        store = PhotoStore(open_catalog(paths))
        ask = store.connection.execute
        rows.append(row("tag query", timed(lambda: ask(query, (next(names),)).fetchone(), 30), 10.0))
        rows.append(
            row("unchanged rescan, the catalog's part", timed(lambda: unchanged(store, photos), 3), 2000.0)
        )
        store.connection.close()
        report("catalog", rows)


if __name__ == "__main__":
    main()
