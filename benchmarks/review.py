"""The review as a person uses it: keys for each photo, bytes for each move, and how soon a library is open.

    python benchmarks/review.py [--photos 100000] [--reviewed 200] [--models DIR]

A perfect user goes through generated photos with eleven tags each, and through the demo library, photo by
photo and tag by tag; one tag in ten is not as it is ticked, and every key pressed is counted. The bytes are
those of the cursor going a row down or up, without a picture, at 120x40. The opening is from the start of the
process to the first name of the list, with compiled bytecode.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

from catalog import ROOT, fill, made
from report import Row, report
from terminal import Terminal
from textual.pilot import Pilot

from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import Rated
from nivo_tui.commands.demo_library import open_library
from nivo_tui.engine import protocol
from nivo_tui.model import Category, Suggestion
from nivo_tui.settings import Paths, load_paths
from nivo_tui.ui.app import NivoApp, Parts
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.keymap import key_table
from nivo_tui.ui.overview import LibraryReader
from nivo_tui.ui.screens.tag_view import TagViewScreen
from nivo_tui.ui.tag_page import Mark, labels

TAGS, WRONG = 11, 0.1
MOVES = 30
ROUNDS = 5
REACH_KEYS, REACH_TAG_KEYS, REACH_MOVE_BYTES, REACH_OPEN_MS = 2.5, 0.2, 2000, 1000


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


def fill_for_review(paths: Paths, photos: int, known: int = 200) -> None:
    """Photos with eleven judgements each of so many known ones, about half of them ticked."""
    paths.create()
    chance = random.Random(2)
    store = PhotoStore(open_catalog(paths))
    tags = [f"tag {n}" for n in range(known)]

    def rated(tag: str) -> Rated:
        sure = round(chance.random(), 3)
        s = Suggestion(tag.replace(" ", "_"), tag, Category.OBJECTS, sure, "made", "made up")
        return Rated(s, ticked=sure > 0.5)

    records = [made(n, chance, photos) for n in range(photos)]
    store.save([replace(r, suggestions=tuple(map(rated, chance.sample(tags, TAGS)))) for r in records])
    store.connection.close()


class User:
    """Presses keys, each when what it is about is painted, and counts them."""

    def __init__(self, paths: Paths, root: str) -> None:
        library = Library(paths)
        parts = Parts(library, LibraryReader(lambda: Library(paths)), NoEngine(), key_table())
        support = PictureSupport("none")
        self.app = NivoApp(root, lambda: parts, support, clock=self._clock, debounce=0.0)
        self.library = library
        self.root = root
        self.pressed = 0
        self._now = 0.0

    def _clock(self) -> float:
        return self._now

    async def press(self, pilot: Pilot[int], *keys: str) -> None:
        """Press keys one after the other, more slowly than a held key repeats."""
        for key in keys:
            self._now += 2.0
            self.pressed += 1
            await pilot.press(key)

    async def wait(self, pilot: Pilot[int], met: Callable[[], object]) -> None:
        """Until a condition holds. Raises TimeoutError."""
        for _ in range(5000):
            if met():
                return
            await pilot.pause(0.002)
        raise TimeoutError("the screen never came to it")

    async def opened(self, pilot: Pilot[int]) -> None:
        """Until the first photo is there."""
        await self.wait(pilot, lambda: self.app.is_open and self.app.review.is_mounted)
        await self.wait(pilot, lambda: self.app.review.guard.is_painted)


async def keys_for_photos(paths: Paths, root: str) -> tuple[float, float]:
    """Keys that a perfect user presses for a photo, and the tags of a photo: a digit for each wrong tick,
    then Enter."""
    user, chance = User(paths, root), random.Random(3)
    photos = user.library.counts(root).todo
    tags = 0
    async with user.app.run_test(size=(120, 40)) as pilot:
        await user.opened(pilot)
        for _ in range(photos):
            await user.wait(pilot, lambda: user.app.review.guard.is_painted)
            tags += len(user.app.review.tags.numbered)
            await user.press(pilot, *_corrections(user.app, chance), "enter")
        left = user.library.counts(root).todo
    user.app.close_parts()
    if left:
        raise RuntimeError(f"{left} of {photos} photos are not done: the keys did not do what they should")
    return user.pressed / photos, tags / photos


async def keys_for_tags(paths: Paths, root: str) -> float:
    """Keys for a suggestion in the tag view: one for each wrong photo, one for a page, one for a tag.

    Only suggestions that are ticked are counted: the others are left as they are.
    """
    user, chance = User(paths, root), random.Random(4)
    keys = labels(key_table())
    decided = 0
    async with user.app.run_test(size=(120, 40)) as pilot:
        await user.opened(pilot)
        await user.press(pilot, "T")
        await user.wait(pilot, lambda: isinstance(user.app.screen, TagViewScreen))
        view = user.app.screen
        assert isinstance(view, TagViewScreen)
        while True:
            await user.wait(pilot, lambda: view.is_ready)
            page = view.page
            if page is None:
                tally = view.tags.current
                if tally is None or tally.is_name or not tally.sure:
                    break
            else:
                ticked = [n for n in range(len(page.photos)) if page.mark(n) is Mark.ACCEPT]
                if not ticked:
                    # No more of this tag is ticked: back to the list, to the next tag.
                    await user.press(pilot, "escape", "home")
                    continue
                decided += len(ticked)
                await user.press(pilot, *(keys[n] for n in ticked if chance.random() < WRONG))
            await user.press(pilot, "enter")
    user.app.close_parts()
    return user.pressed / decided


def demo_library(folder: Path, models: Path | None) -> tuple[Paths, str]:
    """The demo library, made and scanned."""
    environment = {**os.environ, "NIVO_MODELS": str(models.resolve() if models else folder)}
    library = open_library(folder)
    command = [sys.executable, "-m", "nivo_tui", "scan", str(library.photos), "--home", str(library.home)]
    subprocess.run([*command, "--json"], env=environment, check=False, stdout=subprocess.DEVNULL)
    return load_paths(library.home), str(library.photos)


def _corrections(app: NivoApp, chance: random.Random) -> list[str]:
    """The keys that put right what is not as it should be."""
    keys = []
    for place in range(len(app.review.tags.numbered)):
        if chance.random() < WRONG:
            # The eleventh row has no number: to the last row, and accept or reject it.
            ticked = app.review.tags.numbered[place].ticked
            keys += ["1234567890"[place]] if place < 10 else ["G", "x" if ticked else "a"]
    return keys


def bytes_per_move(environment: dict[str, str]) -> float:
    """The bytes written when the cursor of the tags goes one row down or up."""
    with Terminal([sys.executable, "-m", "nivo_tui", ROOT, "--images", "none"], environment) as terminal:
        terminal.wait_for(b"IMG_", 60)
        terminal.quiet(1.0)
        sent = []
        for move in range(MOVES):
            terminal.press(b"jk"[move % 2 : move % 2 + 1])
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
    parser.add_argument("--models", type=Path, help="a folder with model packs, for the demo library")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nivo-bench-", ignore_cleanup_errors=True) as place:
        small, large = load_paths(Path(place) / "small"), load_paths(Path(place) / "large")
        fill_for_review(small, options.reviewed)
        tagwise = load_paths(Path(place) / "tagwise")
        fill_for_review(tagwise, options.reviewed, 20)
        keys, tags = asyncio.run(keys_for_photos(small, ROOT))
        demo, demo_root = demo_library(Path(place) / "demo", options.models)
        demo_keys, demo_tags = asyncio.run(keys_for_photos(demo, demo_root))
        large.create()
        fill(large, options.photos, 0.2)
        (large.home / "config.toml").touch()
        os.makedirs(ROOT, exist_ok=True)
        compiled = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(place) / "bytecode")}
        compiled.pop("PYTHONDONTWRITEBYTECODE", None)
        environment = {**compiled, "NIVO_HOME": str(large.home), "NIVO_MODELS": place}
        rows: list[Row] = [
            _row(f"keys a photo, {tags:.1f} tags, {WRONG:.0%} wrong", keys, REACH_KEYS),
            _row(f"keys a photo, demo library, {demo_tags:.1f} tags", demo_keys, REACH_KEYS),
            _row("keys a suggestion, tag view", asyncio.run(keys_for_tags(tagwise, ROOT)), REACH_TAG_KEYS),
            _row("bytes for the cursor one row down", bytes_per_move(environment), REACH_MOVE_BYTES),
            _row(f"{options.photos:,} photos open, ms", open_ms(environment), REACH_OPEN_MS),
        ]
        report("review", rows)


def _row(measure: str, reached: float, reach: float) -> Row:
    return {"measure": measure, "reached": reached, "reach": reach}


if __name__ == "__main__":
    main()
