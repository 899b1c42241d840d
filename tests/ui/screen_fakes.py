"""A library and an engine that live in memory, for the screen's tests."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
from collections.abc import AsyncIterator, Collection, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from nivo_tui.catalog.decisions import Act, Choice
from nivo_tui.catalog.views import Counts, FolderView, PhotoDetail, PhotoView, Progress
from nivo_tui.engine import protocol
from nivo_tui.model import Capture, Category, Format, Gps, State, Suggestion

ROOT = "/photos/Pictures"
_FACTS = frozenset(
    {
        Category.TEMPORAL,
        Category.TECHNICAL,
        Category.FORMAT,
        Category.QUALITY,
        Category.COLOR,
        Category.PEOPLE,
    }
)
_FOLDERS = ("2024", "2024/Spring", "2025", "2025/Batch_1", "2025/Batch_1/raw", "Scans")


def suggestions(number: int) -> tuple[Suggestion, ...]:
    """Seven judgements and fourteen facts, like those of a real photo; they vary with `number`."""

    def one(tag: str, category: Category, confidence: float, why: str) -> Suggestion:
        return Suggestion(
            tag, tag.replace("_", " "), category, confidence, "test", why, fact=category in _FACTS
        )

    name = ("Ann", "Ben", "Chloé")[number % 3]
    named = (
        ()
        if number % 4 == 3
        else (
            Suggestion(name.lower(), name, Category.PEOPLE, 0.91, "faces", "distance 0.31, next person 0.74"),
        )
    )
    return (
        *named,
        one("beach", Category.SCENE, 0.84, "sand and water in 5 of 8 tiles"),
        one("sea", Category.SCENE, 0.71, "class seashore 0.71"),
        one("surfboard", Category.OBJECTS, 0.77, "found at 0.77"),
        one("umbrella", Category.OBJECTS, 0.41, "found at 0.41"),
        one("ericeira", Category.LOCATION, 0.95, "1.2 km away"),
        one("calm", Category.MOOD, 0.52, "low contrast 0.18, soft light"),
        one("couple", Category.PEOPLE, 1.0, "two faces"),
        one("golden_hour", Category.TEMPORAL, 0.97, "sun at 4.1°"),
        one("summer", Category.TEMPORAL, 1.0, "August, north"),
        one("2025", Category.TEMPORAL, 1.0, "14 Aug 2025"),
        one("warm", Category.COLOR, 0.8, "mean hue 28°"),
        one("soft_focus", Category.QUALITY, 0.7, "sharpness 0.21"),
        one("f_1_6", Category.TECHNICAL, 1.0, "f/1.6"),
        one("low_iso", Category.TECHNICAL, 1.0, "ISO 50"),
        one("4k_plus", Category.FORMAT, 1.0, "4032×3024"),
        one("horizontal", Category.FORMAT, 1.0, "4:3"),
    )


def photo(number: int, path: str, thumbnail: str | None) -> PhotoDetail:
    """One photo, by its number."""
    name = path.rsplit("/", 1)[1]
    failed = number == 5
    upright = number % 5 == 4
    found = () if failed else suggestions(number)
    ticked = frozenset(
        s.tag for s in found if s.confidence >= 0.7 and s.tag in ("beach", "sea", "surfboard", "ericeira")
    )
    return PhotoDetail(
        path=path,
        name=name,
        format=Format.HEIC if name.endswith("HEIC") else Format.JPEG,
        size=2_104_332 + 1117 * number,
        mtime_ns=0,
        width=None if failed else 3024 if upright else 4032,
        height=None if failed else 4032 if upright else 3024,
        capture=Capture(
            taken_at=datetime(2025, 8, 14, 14, 1) + timedelta(minutes=7 * number),
            make="Apple",
            model="iPhone 13",
            aperture=1.6,
            exposure_s=1 / 1200,
            iso=50,
            focal_mm=5.1,
        ),
        gps=Gps(38.963, -9.417),
        rating=3 if number % 7 == 0 else None,
        quality=None,
        image_hash=f"{number:064x}",
        perceptual_hash=None,
        file_keywords=("holiday", "surf"),
        faces=None,
        detector="test",
        suggestions=found,
        ticked=ticked,
        to_write=(),
        thumbnail=thumbnail,
        progress=Progress.FAILED if failed else Progress.TODO,
        error="truncated at 412 kB: features from what is there" if failed else None,
    )


class FakeDecisions:
    """The acts of a fake library, numbered by their place; only the newest can be taken back."""

    def __init__(self, library: FakeLibrary) -> None:
        self._library = library

    def newest_act(self, *, since: int) -> Act | None:
        return self.act(len(self._library._undo))

    def act(self, number: int) -> Act | None:
        acts = [*self._library._undo, *reversed(self._library._redo)]
        if not 0 < number <= len(acts):
            return None
        return Act(number, acts[number - 1][0], "key", "", number > len(self._library._undo))

    def revoke_act(self, number: int) -> None:
        assert number == len(self._library._undo)
        self._library.undo()

    def restore_act(self, number: int) -> None:
        assert number == len(self._library._undo) + 1
        self._library.redo()


class FakeLibrary:
    """Photos in a dictionary; every decision is one act with its undo."""

    def __init__(self, count: int = 300, thumbnails: Path | None = None) -> None:
        self.photos: dict[str, PhotoDetail] = {}
        for number in range(count):
            folder = _FOLDERS[(number * len(_FOLDERS)) // max(1, count)]
            ending = "HEIC" if number % 3 else "JPG"
            path = f"{ROOT}/{folder}/IMG_{411 + number:04d}.{ending}"
            thumbnail = str(thumbnails / f"{number % 12}.jpg") if thumbnails else None
            self.photos[path] = photo(number, path, thumbnail)
        self.paths = sorted(self.photos)
        self._undo: list[tuple[str, dict[str, PhotoDetail]]] = []
        self._redo: list[tuple[str, dict[str, PhotoDetail]]] = []
        self.calls: list[tuple[object, ...]] = []
        self.decisions = FakeDecisions(self)
        self.connection = sqlite3.connect(":memory:", check_same_thread=False)
        self.connection.executescript(
            "ATTACH ':memory:' AS d; CREATE TABLE suggestions(tag, label); "
            "CREATE TABLE keywords(folded, keyword); CREATE TABLE d.decisions(label); "
            "CREATE TABLE d.acts(id, revoked_at); CREATE TABLE d.rules(id, act, kind, tag, text); "
            "CREATE TABLE d.own_words(act); CREATE TABLE d.clocks(act); "
            "CREATE TABLE words(folded, keyword, path, photos, tag, label, tag_path)"
        )

    def _below(self, folder: str) -> list[str]:
        if folder == ROOT:
            return self.paths
        return [p for p in self.paths if p.startswith(folder + "/")]

    def folders(self, root: str) -> tuple[FolderView, ...]:
        def view(folder: str) -> FolderView:
            below = self._below(folder)
            depth = 0 if folder == root else folder[len(root) :].count("/")
            todo = sum(self.photos[p].progress is Progress.TODO for p in below)
            return FolderView(folder, folder.rsplit("/", 1)[1], depth, len(below), todo)

        return (view(root), *(view(f"{root}/{name}") for name in _FOLDERS))

    def count(self, folder: str) -> int:
        return len(self._below(folder))

    def page(self, folder: str, offset: int, limit: int) -> tuple[PhotoView, ...]:
        return tuple(self._view(path) for path in self._below(folder)[offset : offset + limit])

    def _view(self, path: str) -> PhotoView:
        d = self.photos[path]
        open_tags = sum(s.state is State.UNDECIDED for s in d.suggestions[:7])
        return PhotoView(
            path, d.name, d.format, d.size, d.capture.taken_at, 2, open_tags, d.rating, d.progress, d.error
        )

    def position(self, folder: str, path: str) -> int | None:
        below = self._below(folder)
        return below.index(path) if path in below else None

    def next_todo(self, folder: str, after: int) -> int | None:
        below = self._below(folder)
        return next(
            (i for i in range(after + 1, len(below)) if self.photos[below[i]].progress is Progress.TODO), None
        )

    def near_duplicates(self, root: str, path: str) -> tuple[str, ...]:
        return ()

    def detail(self, path: str) -> PhotoDetail | None:
        return self.photos.get(path)

    def counts(self, root: str) -> Counts:
        every = [self.photos[p].progress for p in self._below(root)]
        return Counts(
            len(every),
            every.count(Progress.NEW),
            every.count(Progress.TODO),
            every.count(Progress.DONE),
            every.count(Progress.FAILED),
            len(self.pending(root)),
        )

    def pending(self, root: str) -> tuple[str, ...]:
        return tuple(p for p in self._below(root) if self.photos[p].to_write)

    def _act(self, words: str, path: str, changed: PhotoDetail, *call: object) -> int:
        self._undo.append((words, {path: self.photos[path]}))
        self._redo.clear()
        self.photos[path] = _with_to_write(changed)
        self.calls.append(call)
        return len(self._undo)

    def decide(self, path: str, tag: str, state: State, *, by: str = "key") -> int:
        return self._act(
            f"{tag} {state.value}", path, _set(self.photos[path], {tag: state}), "decide", path, tag, state
        )

    def accept_as_shown(self, path: str, ticked: Collection[str], unticked: Collection[str] = ()) -> int:
        detail = self.photos[path]
        states = {
            s.tag: State.ACCEPTED if s.tag in ticked else State.PASSED
            for s in detail.suggestions[:7]
            if s.state is State.UNDECIDED
        }
        changed = dataclasses.replace(_set(detail, states), progress=Progress.DONE)
        return self._act(f"{detail.name} as shown", path, changed, "as_shown", path, frozenset(ticked))

    def add_tag(self, path: str, text: str) -> int:
        detail = self.photos[path]
        added = Suggestion(text.casefold(), text, None, 1.0, "you", "typed", State.ACCEPTED)
        changed = dataclasses.replace(detail, suggestions=(added, *detail.suggestions))
        return self._act(f"{text} added", path, changed, "add_tag", path, text)

    def never(self, tag: str) -> int:
        self._undo.append((f"never {tag}", dict(self.photos)))
        self._redo.clear()
        self._stop(tag)
        return len(self._undo)

    def _stop(self, tag: str) -> None:
        for path, detail in self.photos.items():
            kept = tuple(s for s in detail.suggestions if s.tag != tag)
            self.photos[path] = dataclasses.replace(detail, suggestions=kept)
        self.calls.append(("never", tag))

    def commit(
        self, title: str, choices: Iterable[Choice] = (), *, by: str, never: Collection[str] = ()
    ) -> int:
        made = list(choices)
        before = {path: self.photos[path] for path in (self.photos if never else {c.path for c in made})}
        for choice in made:
            detail = self.photos[choice.path]
            if choice.tag not in {s.tag for s in detail.suggestions}:
                typed = Suggestion(choice.tag, choice.label, None, 1.0, "you", "typed", choice.state)
                detail = dataclasses.replace(detail, suggestions=(typed, *detail.suggestions))
            self.photos[choice.path] = _with_to_write(_set(detail, {choice.tag: choice.state}))
            self.calls.append(("decide", choice.path, choice.tag, choice.state))
        for tag in never:
            self._stop(tag)
        self._undo.append((title, before))
        self._redo.clear()
        return len(self._undo)

    def undo(self) -> str | None:
        return self._swap(self._undo, self._redo)

    def redo(self) -> str | None:
        return self._swap(self._redo, self._undo)

    def _swap(
        self,
        source: list[tuple[str, dict[str, PhotoDetail]]],
        target: list[tuple[str, dict[str, PhotoDetail]]],
    ) -> str | None:
        if not source:
            return None
        words, before = source.pop()
        target.append((words, {path: self.photos[path] for path in before}))
        self.photos.update(before)
        return words

    def wait_at_most(self, seconds: float) -> None:
        pass

    def close(self) -> None:
        pass


def _set(detail: PhotoDetail, states: dict[str, State]) -> PhotoDetail:
    changed = tuple(dataclasses.replace(s, state=states.get(s.tag, s.state)) for s in detail.suggestions)
    return dataclasses.replace(detail, suggestions=changed, ticked=detail.ticked - states.keys())


def _with_to_write(detail: PhotoDetail) -> PhotoDetail:
    labels = tuple(s.label for s in detail.suggestions if s.state is State.ACCEPTED)
    return dataclasses.replace(detail, to_write=labels)


class FakeLink:
    """An engine that says what a test puts into it, and remembers its orders."""

    def __init__(self) -> None:
        self.orders: list[protocol.Order] = []
        self.queue: asyncio.Queue[protocol.Event | Exception] = asyncio.Queue()
        self.fail_start: Exception | None = None

    async def start(self) -> None:
        if self.fail_start is not None:
            raise self.fail_start

    def send(self, order: protocol.Order) -> None:
        self.orders.append(order)

    def put(self, *events: protocol.Event | Exception) -> None:
        for event in events:
            self.queue.put_nowait(event)

    async def events(self) -> AsyncIterator[protocol.Event]:
        while True:
            event = await self.queue.get()
            if isinstance(event, Exception):
                raise event
            yield event

    async def close(self) -> None:
        pass


class Clock:
    """A clock that moves when it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
