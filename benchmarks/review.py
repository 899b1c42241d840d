"""The review as a person uses it: keys for each photo, bytes for each move, and how soon a library is open.

    python benchmarks/review.py [--photos 100000] [--reviewed 200]

A perfect user goes through generated photos with eleven tags each, of which one in ten is not as it is
ticked; every key pressed is counted. The bytes are those of the cursor going down, without a picture, at
120x40. The opening is from the start of the process to the first name of the list, with compiled bytecode.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from catalog import ROOT, fill, made
from report import Row, report
from terminal import Terminal
from textual.pilot import Pilot

from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import Rated
from nivo_tui.engine import protocol
from nivo_tui.model import Category, Suggestion
from nivo_tui.settings import Paths, load_paths
from nivo_tui.ui.app import NivoApp, Parts
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.keymap import key_table
from nivo_tui.ui.overview import LibraryReader

TAGS, WRONG = 11, 0.1
MOVES = 30
ROUNDS = 5
REACH_KEYS, REACH_MOVE_BYTES, REACH_OPEN_MS = 2.5, 2000, 1000


class NoEngine:
    """A link on which nothing ever happens."""

    async def start(self) -> None:
        pass

    def send(self, order: protocol.Order) -> None:
        pass

    async def events(self) -> AsyncIterator[protocol.Event]:
        await asyncio.Event().wait()
        yield protocol.EngineReady(0)

    async def close(self) -> None:
        pass


def fill_for_review(paths: Paths, photos: int) -> None:
    """Photos with eleven judgements each, about half of them ticked."""
    paths.create()
    chance = random.Random(2)
    store = PhotoStore(open_catalog(paths))
    tags = [f"tag {n}" for n in range(200)]

    def rated(tag: str) -> Rated:
        sure = round(chance.random(), 3)
        s = Suggestion(tag.replace(" ", "_"), tag, Category.OBJECTS, sure, "made", "made up")
        return Rated(s, ticked=sure > 0.5)

    records = [made(n, chance, photos) for n in range(photos)]
    store.save([replace(r, suggestions=tuple(map(rated, chance.sample(tags, TAGS)))) for r in records])
    store.connection.close()


async def keys_for_photos(paths: Paths, photos: int) -> float:
    """Keys that a perfect user presses for a photo: a digit for each wrong tick, then Enter."""
    now = 0.0

    def clock() -> float:
        return now

    library = Library(paths)
    parts = Parts(library, LibraryReader(lambda: Library(paths)), NoEngine(), key_table())
    app = NivoApp(ROOT, lambda: parts, PictureSupport("none"), clock=clock, debounce=0.0)
    chance, pressed = random.Random(3), 0
    async with app.run_test(size=(120, 40)) as pilot:
        while not (app.is_open and app.review.is_mounted and app.review.guard.photo):
            await pilot.pause(0.01)
        for _ in range(photos):
            for key in (*_corrections(app, chance), "enter"):
                now += 1.0
                pressed += 1
                await _press(app, pilot, key)
    app.close_parts()
    left = Library(paths)
    done = left.counts(ROOT).done
    left.close()
    if done != photos:
        raise RuntimeError(f"{done} of {photos} photos are done: the keys did not do what they should")
    return pressed / photos


def _corrections(app: NivoApp, chance: random.Random) -> list[str]:
    """The keys that put right what is not as it should be."""
    keys = []
    for place in range(len(app.review.tags.numbered)):
        if chance.random() < WRONG:
            # The eleventh row has no number: to the last row, and accept or reject it.
            ticked = app.review.tags.numbered[place].ticked
            keys += ["1234567890"[place]] if place < 10 else ["G", "x" if ticked else "a"]
    return keys


async def _press(app: NivoApp, pilot: Pilot[int], key: str) -> None:
    """Press a key as soon as the photo is painted, as a person does."""
    while not app.review.guard.is_painted:
        await pilot.pause(0.002)
    await pilot.press(key)


def bytes_per_move(environment: dict[str, str]) -> float:
    """The bytes written when the cursor goes one row down."""
    with Terminal([sys.executable, "-m", "nivo_tui", ROOT, "--images", "none"], environment) as terminal:
        terminal.wait_for(b"IMG_", 60)
        terminal.quiet(1.0)
        sent = []
        for _ in range(MOVES):
            terminal.press(b"j")
            written = 0
            while got := terminal.read(0.15):
                written += len(got)
            sent.append(written)
    return statistics.median(sent)


def open_ms(environment: dict[str, str]) -> float:
    """From the start of the process to the first name of the list."""
    spent = []
    for _ in range(ROUNDS + 1):
        with Terminal([sys.executable, "-m", "nivo_tui", ROOT, "--images", "none"], environment) as terminal:
            spent.append(1000 * (terminal.wait_for(b"IMG_", 60) - terminal.started))
    return statistics.median(spent[1:])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--reviewed", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nivo-bench-", ignore_cleanup_errors=True) as place:
        small, large = load_paths(Path(place) / "small"), load_paths(Path(place) / "large")
        fill_for_review(small, options.reviewed)
        keys = asyncio.run(keys_for_photos(small, options.reviewed))
        large.create()
        fill(large, options.photos, 0.2)
        (large.home / "config.toml").touch()
        os.makedirs(ROOT, exist_ok=True)
        compiled = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(place) / "bytecode")}
        compiled.pop("PYTHONDONTWRITEBYTECODE", None)
        environment = {**compiled, "NIVO_HOME": str(large.home), "NIVO_MODELS": place}
        rows: list[Row] = [
            _row(f"keys a photo, {TAGS} tags, {WRONG:.0%} wrong", keys, REACH_KEYS),
            _row("bytes for the cursor one row down", bytes_per_move(environment), REACH_MOVE_BYTES),
            _row(f"{options.photos:,} photos open, ms", open_ms(environment), REACH_OPEN_MS),
        ]
        report("review", rows)


def _row(measure: str, reached: float, reach: float) -> Row:
    return {"measure": measure, "reached": reached, "reach": reach}


if __name__ == "__main__":
    main()
