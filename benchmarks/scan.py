"""`nivo-tui scan` beside the usual way, on the same files, in turn, in one run.

    python benchmarks/scan.py [--photos DIR] [--models DIR] [--jpeg 60] [--heic 24] [--rounds 2]

Ours is the time of the whole command beyond its start-up: the slope between a small and a large folder.
With --models (a folder with an InsightFace pack such as buffalo_sc) faces are looked for too.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pillow_heif
import simplejpeg
from pictures import make_heics, make_jpegs
from report import OUT, report
from usual import face_analysis, look_at

USUAL_PHOTOS = 6
SMALL = 4
REACH = {("jpeg", False): 25.0, ("jpeg", True): 13.0, ("heic", False): 100.0, ("heic", True): 2.2}


@dataclass(frozen=True)
class Ours:
    """One run of the command: seconds of wall time and of all processors, and its summary line."""

    wall: float
    processors: float
    summary: dict[str, Any]


@contextmanager
def folder_of(files: Sequence[Path]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="nivo-bench-") as name:
        for file in files:
            try:
                os.link(file, Path(name) / file.name)
            except OSError:  # another file system
                shutil.copy(file, name)
        yield Path(name)


def ours(files: Sequence[Path], models: Path | None) -> Ours:
    """A scan of the files with a home of its own."""
    with folder_of(files) as folder, tempfile.TemporaryDirectory(prefix="nivo-bench-home-") as home:
        environment = {**os.environ, "NIVO_HOME": home}
        if models is not None:
            environment["NIVO_MODELS"] = str(models)
        command = [sys.executable, "-m", "nivo_tui", "scan", str(folder), "--json"]
        command += ["--models", "none" if models is None else "auto"]
        before, started = children_s(), time.perf_counter()
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        wall = time.perf_counter() - started
        return Ours(wall, children_s() - before, json.loads(run.stdout.splitlines()[-1]))


def children_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


def floor_s(kind: str, files: Sequence[Path], *, faces: bool) -> float:
    """Seconds a photo that the bare decoder takes on one thread, for the pixels that are needed."""
    started = time.perf_counter()
    for file in files:
        data = file.read_bytes()
        if kind == "jpeg":
            height, width = simplejpeg.decode_jpeg_header(data)[:2]
            by = 2 if faces else 8
            simplejpeg.decode_jpeg(data, "RGB", min_width=-(-width // by), min_height=-(-height // by))
        else:
            image = pillow_heif.open_heif(data)[0]
            (image if faces or not image.info.get("thumbnails") else image.get_thumbnail(0)).load()
    return (time.perf_counter() - started) / len(files)


def compare(kind: str, files: list[Path], models: Path | None, app: Any, rounds: int) -> dict[str, Any]:
    """Both ways in turn; the median of the rounds."""
    some, few = files[:USUAL_PHOTOS], files[:SMALL]
    usual, slopes, processors, floors = [], [], [], []
    found_usual = 0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as place:
            started = time.perf_counter()
            found_usual = look_at(some, Path(place) / "catalog.db", app)
            usual.append((time.perf_counter() - started) / len(some))
        small, large = ours(few, models), ours(files, models)
        added = len(files) - len(few)
        slopes.append((large.wall - small.wall) / added)
        processors.append((large.processors - small.processors) / added)
        floors.append(floor_s(kind, some, faces=models is not None))
    found_ours = ours(some, models).summary["faces"] if models is not None else None
    a, b = statistics.median(usual), statistics.median(slopes)
    return {
        "measure": f"{kind} {'with faces' if models else 'scan'}",
        "usual ms": 1000 * a,
        "ours ms": 1000 * b,
        "ours processor ms": 1000 * statistics.median(processors),
        "bare decoder ms": 1000 * statistics.median(floors),
        "ratio": a / b,
        "reach": REACH[kind, models is not None],
        "faces usual": found_usual if models else None,
        "faces ours": found_ours,
        "photos": len(files),
    }


def photos_in(folder: Path | None, kind: str, count: int) -> list[Path]:
    """The first photos of a kind in a folder, or generated ones."""
    if folder is None:
        make = make_jpegs if kind == "jpeg" else make_heics
        return make(OUT / "pictures" / kind, count)
    endings = (".jpg", ".jpeg") if kind == "jpeg" else (".heic", ".heif")
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in endings)[:count]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, help="a folder of photos instead of generated pictures")
    parser.add_argument(
        "--models", type=Path, help="a folder with packs; one named buffalo_sc is the usual way's"
    )
    parser.add_argument("--jpeg", type=int, default=60)
    parser.add_argument("--heic", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    app = face_analysis(options.models.resolve() / "buffalo_sc") if options.models else None
    rows = []
    for kind, count in (("jpeg", options.jpeg), ("heic", options.heic)):
        files = photos_in(options.photos, kind, count)
        if len(files) < 2 * SMALL:
            print(f"{kind}: fewer than {2 * SMALL} photos, left out", file=sys.stderr)
            continue
        for models in (None, options.models) if options.models else (None,):
            rows.append(compare(kind, files, models, app if models else None, options.rounds))
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if rows:
        report("scan", rows)


if __name__ == "__main__":
    main()
