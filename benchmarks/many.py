"""`nivo-tui scan` of very many small files: how fast, and whether the memory stays what it was.

    python benchmarks/many.py [--count 100000] [--models DIR]

The resident memory of the engine and of the command is sampled twice a second (Linux) and told as the
median while the second tenth of the photos was scanned, and while the last tenth was: flat memory has the
same in both. The files are JPEGs of 64 x 48 pixels, each of its own, a thousand in a folder.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from memory import resident_bytes, with_children
from report import report

SIZE = (48, 64)
IN_FOLDER = 1000
PAUSE_S = 0.5
FLAT = 1.1


def make_files(folder: Path, count: int) -> None:
    chance = np.random.default_rng(1)
    picture = np.empty((*SIZE, 3), np.uint8)
    for number in range(count):
        place = folder / f"{number // IN_FOLDER:04d}"
        if number % IN_FOLDER == 0:
            place.mkdir()
        picture[:] = chance.integers(0, 255, 3, np.uint8)
        picture[8:40, 8:56] = chance.integers(0, 255, (32, 48, 1), np.uint8)
        data = simplejpeg.encode_jpeg(picture, quality=70, colorspace="RGB", colorsubsampling="420")
        (place / f"{number:06d}.jpg").write_bytes(data)


@dataclass
class Course:
    """What was seen of a scan while it ran: resident bytes by photos done, of engine and command."""

    done: int = 0
    first_s: float | None = None
    last_s: float = 0.0
    samples: list[tuple[int, int, int]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)

    def follow(self, lines: Iterator[str]) -> None:
        """Count the photos of a scan's output until it ends."""
        for line in lines:
            if line.startswith('{"type": "photo"') or line.startswith('{"type":"photo"'):
                self.last_s = time.perf_counter()
                self.first_s = self.first_s or self.last_s
                self.done += 1
            else:
                self.summary = json.loads(line)

    def median_mb(self, which: int, start: float, end: float) -> float | None:
        """Median of a process's megabytes (1 engine, 2 command) between two shares of all photos."""
        there = [s[which] for s in self.samples if start * self.done <= s[0] <= end * self.done]
        return statistics.median(there) / 1e6 if there else None


def is_engine(pid: int) -> bool:
    try:
        return b"nivo_tui.engine" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextmanager
def sampled(course: Course, command: int) -> Iterator[None]:
    over = threading.Event()

    def sample() -> None:
        while not over.wait(PAUSE_S):
            engine = sum(resident_bytes(pid) for pid in with_children(command) if is_engine(pid))
            course.samples.append((course.done, engine, resident_bytes(command)))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def scan(folder: Path, home: Path, models: Path | None) -> Course:
    environment = {**os.environ, "NIVO_HOME": str(home), "NIVO_MODELS": str(models or home)}
    command = [sys.executable, "-m", "nivo_tui", "scan", str(folder), "--json"]
    command += ["--models", "none" if models is None else "auto"]
    course = Course()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        with sampled(course, process.pid):
            course.follow(process.stdout)
    return course


def rows_of(course: Course) -> list[dict[str, Any]]:
    spent = course.last_s - (course.first_s or course.last_s)
    rows = []
    for which, name in ((1, "engine"), (2, "command")):
        early, late = course.median_mb(which, 0.1, 0.2), course.median_mb(which, 0.9, 1.0)
        rows.append(
            {
                "measure": f"memory of the {name}",
                "photos": course.done,
                "failed": course.summary.get("failed"),
                "a second": course.done / spent if spent else None,
                "MB at 10-20 %": early,
                "MB at 90-100 %": late,
                "ratio": late / early if early and late else None,
                "reach": FLAT,
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--models", type=Path, help="a folder with packs; none are loaded without it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nivo-bench-") as place:
        folder = Path(place) / "photos"
        folder.mkdir()
        make_files(folder, options.count)
        print(f"{options.count} files made", file=sys.stderr)
        report("many", rows_of(scan(folder, Path(place) / "home", options.models)))


if __name__ == "__main__":
    main()
