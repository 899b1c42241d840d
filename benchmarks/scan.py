"""`nivo-tui scan` beside the usual way, on the same files, in turn, in one run.

    python benchmarks/scan.py [--photos DIR] [--models DIR] [--kinds jpeg,heic,dng,dng-full]
                              [--count 60,24,24,24] [--rounds 2] [--stages]

Ours is the time of the whole command beyond its start-up: the slope between a small and a large folder.
With --models (a folder with an InsightFace pack such as buffalo_sc) faces are looked for too. The memory
is the peak of all processes of a scan together (PSS, Linux), in a run that is not timed. With --stages
the table of stages.py follows, of the same photos.
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
import rawpy
import simplejpeg
from memory import PeakMemory
from pictures import KINDS, photos_of
from report import report
from stages import profiles
from usual import face_analysis, look_at

USUAL_PHOTOS = 6
SMALL = 4
REACH = {
    ("jpeg", False): 25.0,
    ("jpeg", True): 13.0,
    ("heic", False): 100.0,
    ("heic", True): 2.2,
    ("dng", False): 12.0,
    ("dng", True): 6.0,
}
REACH_MB = 400.0


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


@contextmanager
def scan_of(files: Sequence[Path], models: Path | None) -> Iterator[subprocess.Popen[str]]:
    """A scan of the files with a home of its own, begun."""
    with folder_of(files) as folder, tempfile.TemporaryDirectory(prefix="nivo-bench-home-") as home:
        environment = {**os.environ, "NIVO_HOME": home, "NIVO_MODELS": str(models or home)}
        command = [sys.executable, "-m", "nivo_tui", "scan", str(folder), "--json"]
        command += ["--models", "none" if models is None else "auto"]
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            yield process
        if process.returncode:
            raise SystemExit(f"the scan failed: {' '.join(command)}")


def ours(files: Sequence[Path], models: Path | None) -> Ours:
    """A scan of the files, timed."""
    before, started = children_s(), time.perf_counter()
    with scan_of(files, models) as process:
        output, _ = process.communicate()
        wall = time.perf_counter() - started
    return Ours(wall, children_s() - before, json.loads(output.splitlines()[-1]))


def peak_mb(files: Sequence[Path], models: Path | None) -> float | None:
    """The most memory that all processes of a scan had together."""
    if not sys.platform.startswith("linux"):
        return None
    with scan_of(files, models) as process, PeakMemory(process.pid) as peak:
        process.communicate()
    return peak.bytes / 1e6


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
        elif kind.startswith("dng"):
            with rawpy.imread(str(file)) as raw:
                preview = raw.extract_thumb().data
            width = simplejpeg.decode_jpeg_header(preview)[1]
            side = 1280 if faces else 480
            simplejpeg.decode_jpeg(preview, "RGB", min_width=min(width, side), min_height=1)
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
    memory = peak_mb(files, models)
    a, b = statistics.median(usual), statistics.median(slopes)
    return {
        "measure": f"{kind} {'with faces' if models else 'scan'}",
        "usual ms": 1000 * a,
        "ours ms": 1000 * b,
        "ours processor ms": 1000 * statistics.median(processors),
        "bare decoder ms": 1000 * statistics.median(floors),
        "ratio": a / b,
        "reach": REACH[kind.partition("-")[0], models is not None],
        "faces usual": found_usual if models else None,
        "faces ours": found_ours,
        "peak MB": memory,
        "reach MB": REACH_MB,
        "photos": len(files),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, help="a folder of photos instead of generated pictures")
    parser.add_argument(
        "--models", type=Path, help="a folder with packs; one named buffalo_sc is the usual way's"
    )
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument(
        "--count", default="60,24,24,24", help="how many photos of each kind; one number is for all"
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--stages", action="store_true", help="where the time goes, too")
    options = parser.parse_args()
    app = face_analysis(options.models.resolve() / "buffalo_sc") if options.models else None
    rows = []
    looked_at = []
    kinds, counts = options.kinds.split(","), options.count.split(",")
    if len(counts) == 1:
        counts *= len(kinds)
    for kind, count in zip(kinds, counts, strict=False):
        files = photos_of(kind, options.photos, int(count))
        if len(files) < 2 * SMALL:
            print(f"{kind}: fewer than {2 * SMALL} photos, left out", file=sys.stderr)
            continue
        looked_at.append((kind, files))
        for models in (None, options.models) if options.models else (None,):
            rows.append(compare(kind, files, models, app if models else None, options.rounds))
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if rows:
        report("scan", rows)
    if options.stages:
        print()
        report("stages", profiles(looked_at, options.models, options.rounds))


if __name__ == "__main__":
    main()
