"""Suggestions made anew from what is stored: no photo is opened or decoded for a rule that changed."""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from nivo_tui.catalog.photos import PhotoStore
from nivo_tui.catalog.records import versions_of
from nivo_tui.catalog.renewal import RenewalRows
from nivo_tui.engine.analysis import PHRASES, RULES, Analyser
from nivo_tui.engine.consistency import JUDGED, bursts_with
from nivo_tui.engine.context import JobContext
from nivo_tui.engine.helping import Helpers
from nivo_tui.engine.loading import load_analyser
from nivo_tui.engine.remaking import Batch, Group, Made, Remaking
from nivo_tui.engine.ticking import settle_library
from nivo_tui.engine.words import settle_words
from nivo_tui.model import Category

AT_ONCE = 200
"""Photos in a transaction: some 20 ms."""

Progress = Callable[[int], None]


def _untold(_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Done:
    """How many photos were gone through, and on how many of them a suggestion changed."""

    photos: int
    changed: int


class Renewal:
    """Makes suggestions anew, some categories of some photos at a time; frames of a burst together."""

    def __init__(
        self, photos: PhotoStore, analyser: Analyser, cancelled: Callable[[], bool] = lambda: False
    ) -> None:
        self._rows = RenewalRows(photos)
        self._analyser = analyser
        self._cancelled = cancelled
        self._remaking = Remaking(self._rows, analyser)
        self._stale: dict[str, frozenset[Category]] = {}

    def stale_of(self, versions: str) -> frozenset[Category]:
        """The categories to make anew where these versions (their text) are stored. Photos share a few."""
        stale = self._stale.get(versions)
        if stale is None:
            stale = self._stale[versions] = self._analyser.renewable(versions_of(versions))
        return stale

    def outdated(self) -> dict[int, frozenset[Category]]:
        """The photos of the catalog with something to make anew, and what."""
        known = ((photo, self.stale_of(versions)) for photo, versions in self._rows.analysed())
        return {photo: stale for photo, stale in known if stale}

    def renew(self, stale: Mapping[int, frozenset[Category]], progress: Progress = _untold) -> Done:
        """Make anew what is outdated; where that is judged by looks, on the whole burst of a photo."""
        judged = [photo for photo, categories in stale.items() if categories & JUDGED]
        bursts = bursts_with(self._rows, judged) if judged else []
        return self._renew(stale, bursts, progress)

    def _renew(
        self, stale: Mapping[int, frozenset[Category]], bursts: Iterable[Group], progress: Progress
    ) -> Done:
        todo: dict[frozenset[Category], list[Group]] = defaultdict(list)
        grouped: set[int] = set()
        for burst in bursts:
            own = frozenset().union(*(stale.get(photo, frozenset()) for photo in burst))
            todo[own].append(burst)
            grouped.update(burst)
        for photo, categories in stale.items():
            if photo not in grouped:
                todo[categories].append((photo,))
        batches = [(batch, categories) for categories, groups in todo.items() for batch in _batches(groups)]
        photos = changed = 0
        with _without_collecting(), Helpers.of(self._rows, self._analyser, len(stale)) as helpers:
            for count, made in self._made(batches, helpers):
                changed += sum(self._rows.replace(renewed, categories) for categories, renewed in made)
                photos += count
                progress(photos)
        return Done(photos, changed)

    def _made(self, batches: Sequence[Batch], helpers: Helpers) -> Iterator[tuple[int, Made]]:
        """What is made of each batch, as it comes, with its number of photos: here or by a helper."""
        for batch in batches:
            if self._cancelled():
                return
            if not helpers.take(batch):
                yield _size(batch), self._remaking.made(*batch)
            for done, made in helpers.ready():
                yield _size(done), self._remaking.made(*done) if made is None else made
        for done, made in helpers.rest():
            if self._cancelled():
                return
            yield _size(done), self._remaking.made(*done) if made is None else made

    def settle(self, progress: Progress = _untold) -> Done:
        """Make the frames of bursts that photos came to, or left, consistent."""
        unsettled = self._rows.unsettled()
        if not unsettled:
            return Done(0, 0)
        ids = list(unsettled)
        bursts = bursts_with(self._rows, ids)
        alone = set(unsettled).difference(*bursts)
        stale = {photo: JUDGED for burst in bursts for photo in burst}
        # A photo alone is as its own look made it, but where the others of its burst went away.
        stale |= {photo: JUDGED for photo in alone if unsettled[photo]}
        done = self._renew(stale, bursts, progress)
        if not self._cancelled():
            self._rows.settled(ids)
        return done


@contextmanager
def _without_collecting() -> Iterator[None]:
    """No search for cycles meanwhile: there are none among so many small records, and it costs a quarter."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _size(batch: Batch) -> int:
    return sum(map(len, batch[0]))


def _batches(groups: Iterable[Group]) -> Iterator[list[Group]]:
    """Groups, never parted, of some `AT_ONCE` photos together."""
    batch: list[Group] = []
    photos = 0
    for group in groups:
        batch.append(group)
        photos += len(group)
        if photos >= AT_ONCE:
            yield batch
            batch, photos = [], 0
    if batch:
        yield batch


def renew(context: JobContext, options: dict[str, Any]) -> dict[str, Any]:
    """The job: make anew what is outdated in the whole catalog, without listing or opening a file.

    It takes no options. What needs another look at a picture is left to the next scan.
    """
    started = time.monotonic()
    analyser = _load(context)
    renewal = Renewal(context.photos, analyser, context.cancelled)
    stale = renewal.outdated()
    context.restart_clock()
    done = renewal.renew(stale, lambda count: context.progress("rules", count, len(stale)))
    settled = renewal.settle(lambda count: context.progress("bursts", count, None))
    ticks = 0
    if not context.cancelled():
        ticks = settle_library(context.photos, context.decisions_db, analyser.vocabulary)
    context.progress("rules", done.photos, done.photos, last=True)
    seconds = time.monotonic() - started
    return {
        "photos": done.photos,
        "changed": done.changed + settled.changed,
        "ticks": ticks,
        "seconds": round(seconds, 3),
        "photos_per_second": round(done.photos / seconds, 2) if done.photos and seconds > 0 else None,
    }


def _load(context: JobContext) -> Analyser:
    """The rules of now, with the models only where what they say in words is weighed anew."""
    paths, settings = context.paths, context.settings
    settle_words(paths, settings, context.photos.connection, context.decisions_db, changed=False)
    rules_alone = load_analyser(paths, settings, "none", _untold)
    keys = [RULES[category] for category in rules_alone.phrased if category in rules_alone.rules]
    wanted = rules_alone.versions
    for text in RenewalRows(context.photos).kinds_of_versions():
        made = versions_of(text)
        if PHRASES in made and any(made.get(key) != wanted[key] for key in keys):
            return load_analyser(paths, settings, settings.scan.models, _untold)
    return rules_alone
