"""Where the time of a scan goes: one thread, each photo from its file to its record, summed up by stage.

    python benchmarks/stages.py [--photos DIR] [--models DIR] [--count 24] [--rounds 3]

The engine's own functions are timed where the analysis calls them, each without what it calls of the
others. It is the processor time of the process, which other programs disturb least and which counts the
threads that a decoder has of its own. With --models (a folder with packs) faces and whatever else its
packs see are looked for too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pictures import KINDS, photos_of
from report import report

from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.engine import analysis
from nivo_tui.engine.analysis import Analyser
from nivo_tui.engine.loading import load_analyser
from nivo_tui.imaging import source
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.imaging.thumbnails import Thumbnails
from nivo_tui.inference.analyst import Analyst
from nivo_tui.settings import load_paths, load_settings

SAVE_AT = 100
REST = "rest"
SAVE = "save"


class Stages:
    """Processor seconds by stage; time spent in a stage inside another counts for the inner one alone."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._inside = [REST]
        self._since = time.process_time()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._turn()
        self._inside.append(name)
        try:
            yield
        finally:
            self._turn()
            self._inside.pop()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            with self.stage(name):
                return function(*args, **named)

        return run

    def take(self) -> dict[str, float]:
        """What was counted since the last call."""
        self._turn()
        counted = dict(self.seconds)
        self.seconds.clear()
        return counted

    def _turn(self) -> None:
        now = time.process_time()
        self.seconds[self._inside[-1]] += now - self._since
        self._since = now


def watch(stages: Stages) -> None:
    """Put a clock before each function that a stage is made of."""
    for owner, attribute, name in (
        (analysis, "stat_of", "stat"),
        (analysis, "read_metadata", "metadata"),
        (analysis, "image_hash", "hash"),
        (analysis, "decode", "decode"),
        (analysis.measuring, "measure", "features"),
        (analysis.measuring, "to_json", "record"),
        (analysis.measuring, "quality", "record"),
        (analysis, "suggest", "suggestions"),
        (Thumbnails, "store", "thumbnail"),
        (Analyst, "analyse", "models"),
        (PhotoSource, "__init__", "open"),
        (source, "_read_fully", "read"),
    ):
        setattr(owner, attribute, stages.timed(name, getattr(owner, attribute)))


def look_through(
    analyser: Analyser, store: PhotoStore, files: list[Path], stages: Stages
) -> dict[str, float]:
    """Milliseconds a photo by stage."""
    stages.take()
    ready = []
    for number, file in enumerate(files, 1):
        record = analyser.deep(str(file))
        if record.error is not None:
            print(f"{file}: {record.error}", file=sys.stderr)
        ready.append(record)
        if len(ready) == SAVE_AT or number == len(files):
            with stages.stage(SAVE):
                store.save(ready)
            ready.clear()
    return {name: 1000 * seconds / len(files) for name, seconds in stages.take().items()}


def profile(
    stages: Stages, kind: str, files: list[Path], models: Path | None, rounds: int
) -> dict[str, float | str]:
    """One row: the median of the rounds, each with a home of its own; a first one, uncounted, warms up."""
    found: list[dict[str, float]] = []
    for _ in range(rounds + 1):
        with tempfile.TemporaryDirectory(prefix="nivo-bench-home-") as home:
            os.environ["NIVO_HOME"] = home
            os.environ["NIVO_MODELS"] = str(models or home)
            paths = load_paths(None)
            paths.create()
            asked = "none" if models is None else "auto"
            analyser = load_analyser(paths, load_settings(paths.config), asked, lambda _: None)
            store = PhotoStore(open_catalog(paths))
            found.append(look_through(analyser, store, files, stages))
            store.connection.close()
    del found[0]
    names = ("stat", "open", "read", "metadata", "hash", "decode", "features", "models", "thumbnail",
             "suggestions", "record", SAVE, REST)  # fmt: skip
    row = {name: statistics.median(one.get(name, 0.0) for one in found) for name in names}
    total = statistics.median(sum(one.values()) for one in found)
    return {"ms of one thread": f"{kind} {'with models' if models else 'scan'}", **row, "all": total}


def profiles(
    photos: Sequence[tuple[str, list[Path]]], models: Path | None, rounds: int
) -> list[dict[str, float | str]]:
    """A row for each kind without models, and one with them where a folder of packs is given."""
    stages = Stages()
    watch(stages)
    return [
        profile(stages, kind, files, packs, rounds)
        for kind, files in photos
        for packs in ((None, models) if models else (None,))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, help="a folder of photos instead of generated pictures")
    parser.add_argument("--models", type=Path, help="a folder with packs")
    parser.add_argument("--kinds", default=",".join(KINDS), help=f"of {', '.join(KINDS)}")
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    kinds = [(kind, photos_of(kind, options.photos, options.count)) for kind in options.kinds.split(",")]
    report(
        "stages", profiles([(kind, files) for kind, files in kinds if files], options.models, options.rounds)
    )


if __name__ == "__main__":
    main()
