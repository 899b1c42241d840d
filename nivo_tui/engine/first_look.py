"""A first look at a folder: how many photos, of which kinds, and which programs left their traces there.

Reads names, and the beginnings of a few sidecars; nothing is opened that is no sidecar.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from nivo_tui.imaging.formats import format_of_name
from nivo_tui.metadata.sidecar_read import RAW_EXTENSIONS
from nivo_tui.tagging.vocabulary import Vocabulary

PROGRAMS = ("digikam", "darktable", "lightroom", "captureone", "immich")
"""Programs that read photos, as the setting `readers` names them."""

MOST_SECONDS = 20.0
MOST_SIDECARS = 50
SIDECAR_BYTES = 64 * 1024
_PARENTS = 3
_TELL_S = 0.1
_NOT_ENTERED = frozenset({"@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found"})
_HOME_FILES = frozenset({"engine.lock", "catalog.db"})

_DIGIKAM = b"http://www.digikam.org/ns/"
_DARKTABLE = b"http://darktable.sf.net/"
_ADOBE = (b"http://ns.adobe.com/camera-raw-settings/", b"Adobe Photoshop Lightroom", b'xmptk="Adobe XMP Core')
_CAPTURE_ONE = re.compile(rb"CreatorTool\s*(?:=\s*[\"']|>)\s*Capture One|phaseone\.com/ns", re.IGNORECASE)
_OURS = re.compile(rb"xmlns:nivo\s*=")

_FILES = {
    "digikam4.db": "digikam",
    ".immich": "immich",
}
_ENDINGS = {
    ".lrcat": "lightroom",
    ".cocatalog": "captureone",
    ".cocatalogdb": "captureone",
    ".cosessiondb": "captureone",
    ".cos": "captureone",
}
_IMMICH_FOLDERS = frozenset({"upload", "thumbs", "encoded-video"})


@dataclass(slots=True)
class Found:
    """What was seen so far. `complete` once everything below the folder was; `bytes` is of the photos.

    `traces` are, by program, what of it lies there, in words; `long_names` counts sidecars called
    name.ext.xmp, `short_names` those called name.xmp.
    """

    photos: int = 0
    bytes: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    traces: dict[str, list[str]] = field(default_factory=dict)
    long_names: int = 0
    short_names: int = 0
    complete: bool = False
    over: bool = False
    error: str | None = None
    marked: dict[str, int] = field(default_factory=dict)
    sampled: int = 0

    def as_now(self) -> Found:
        """The state of this moment, for another thread."""
        traces = {program: list(words) for program, words in self.traces.items()}
        return replace(self, kinds=Counter(self.kinds), traces=traces, marked=dict(self.marked))

    def evidence(self, program: str) -> tuple[str, ...]:
        """Why a program is thought to read these photos; empty where nothing says so."""
        words = list(self.traces.get(program, ()))
        if count := self.marked.get(program):
            words.append(f"its marks in {count} of {self.sampled} sidecars looked at")
        return tuple(words)

    @property
    def readers(self) -> tuple[str, ...]:
        """The programs of which traces were found, else those whose names the sidecars bear."""
        seen = tuple(program for program in PROGRAMS if self.evidence(program))
        if seen:
            return seen
        if self.short_names and not self.long_names:
            return ("lightroom",)
        return ("digikam", "darktable")


def look_at(
    folder: str,
    tell: Callable[[Found], None],
    stopped: Callable[[], bool],
    *,
    clock: Callable[[], float] = time.monotonic,
    most_seconds: float = MOST_SECONDS,
) -> Found:
    """Look through a folder. `tell` gets the state a few times a second, from this thread; so does the end.

    Ends early where `stopped` says so or the time is over; then `complete` is False.
    """
    look = _Look(clock() + most_seconds, stopped, clock)
    due = clock() + _TELL_S
    for _ in look.walk(folder):
        if clock() >= due:
            tell(look.found.as_now())
            due = clock() + _TELL_S
    look.above(folder)
    look.read_sidecars()
    look.found.over = True
    tell(look.found)
    return look.found


class _Look:
    """One look through a folder."""

    def __init__(self, end: float, stopped: Callable[[], bool], clock: Callable[[], float]) -> None:
        self.found = Found()
        self._end = end
        self._stopped = stopped
        self._clock = clock
        self._sidecars: list[str] = []
        self._seen: set[tuple[int, int]] = set()

    def _enough(self) -> bool:
        return self._stopped() or self._clock() >= self._end

    def walk(self, root: str) -> Iterator[None]:
        """Count what lies below a folder, a step for each entry."""
        waiting = [root]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    names: list[str] = []
                    below: list[str] = []
                    photos: list[os.DirEntry[str]] = []
                    for entry in entries:
                        names.append(entry.name)
                        self._take(entry, below, photos)
                        if self._enough():
                            break
                        yield
            except OSError as error:
                if folder == root:
                    self.found.error = (error.strerror or "cannot be read").lower()
                continue
            self._traces(folder, names)
            self._name_sidecars(folder, names, [photo.name for photo in photos])
            for photo in photos:
                self._count(photo)
                if self._enough():
                    return
                yield
            if self._enough():
                return
            if not set(names) >= _HOME_FILES:
                waiting.extend(sorted(below, reverse=True))
        self.found.complete = self.found.error is None

    def _take(self, entry: os.DirEntry[str], below: list[str], photos: list[os.DirEntry[str]]) -> None:
        try:
            if entry.is_dir():
                if self._may_enter(entry):
                    below.append(entry.path)
                return
        except OSError:
            return
        if not entry.name.startswith(".") and format_of_name(entry.name) is not None:
            photos.append(entry)

    def _may_enter(self, entry: os.DirEntry[str]) -> bool:
        if entry.name.startswith(".") or entry.name in _NOT_ENTERED:
            return False
        status = entry.stat()
        identity = (status.st_dev, status.st_ino) if status.st_ino else (0, hash(entry.path))
        if identity in self._seen:
            return False
        self._seen.add(identity)
        return True

    def _count(self, photo: os.DirEntry[str]) -> None:
        fmt = format_of_name(photo.name)
        assert fmt is not None
        ending = os.path.splitext(photo.name)[1][1:]
        self.found.photos += 1
        self.found.kinds[ending.upper() if fmt.value == "raw" else fmt.value.upper()] += 1
        try:
            self.found.bytes += photo.stat().st_size
        except OSError:
            return

    def _traces(self, folder: str, names: list[str]) -> None:
        """What programs keep beside photos, by its name."""
        for name in names:
            lower = name.casefold()
            program = _FILES.get(lower) or _ENDINGS.get(os.path.splitext(lower)[1])
            if program is not None:
                self._trace(program, name if program != "immich" else "a folder of its storage")
            elif lower == "captureone":
                self._trace("captureone", "a folder CaptureOne")
        if set(names) >= _IMMICH_FOLDERS:
            self._trace("immich", "the folders of its storage")

    def _trace(self, program: str, words: str) -> None:
        traces = self.found.traces.setdefault(program, [])
        if words not in traces and len(traces) < 2:
            traces.append(words)

    def _name_sidecars(self, folder: str, names: list[str], photos: list[str]) -> None:
        with_ending = set(photos)
        stems = {os.path.splitext(name)[0] for name in photos}
        for name in names:
            stem, ending = os.path.splitext(name)
            if ending.casefold() != ".xmp":
                continue
            if stem in with_ending:
                self.found.long_names += 1
            elif stem in stems:
                self.found.short_names += 1
            else:
                continue
            # From all over the library: of many, every newer one takes an older one's place now and then.
            count = self.found.long_names + self.found.short_names
            if len(self._sidecars) < MOST_SIDECARS:
                self._sidecars.append(os.path.join(folder, name))
            elif count % 7 == 0:
                self._sidecars[count // 7 % MOST_SIDECARS] = os.path.join(folder, name)

    def above(self, folder: str) -> None:
        """The folders above: a catalog often lies beside the folder of the photos."""
        parent = folder
        for _ in range(_PARENTS):
            if self._enough() or os.path.dirname(parent) == parent:
                return
            parent = os.path.dirname(parent)
            try:
                with os.scandir(parent) as entries:
                    names = [entry.name for _, entry in zip(range(2000), entries, strict=False)]
            except OSError:
                return
            self._traces(parent, [name for name in names if name.casefold() != "captureone"])

    def read_sidecars(self) -> None:
        """Whose marks a few sidecars bear. Those that we wrote ourselves say nothing."""
        for path in self._sidecars:
            if self._enough():
                return
            head = _head(path)
            if head is None or _OURS.search(head):
                continue
            self.found.sampled += 1
            for program in _marks(head):
                self.found.marked[program] = self.found.marked.get(program, 0) + 1


def _head(path: str) -> bytes | None:
    """The beginning of a sidecar; None for what is no file, or cannot be read."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe of that name would never answer
            return None
        with open(path, "rb") as file:
            return file.read(SIDECAR_BYTES)
    except OSError:
        return None


def _marks(head: bytes) -> Iterator[str]:
    if _DIGIKAM in head:
        yield "digikam"
    if _DARKTABLE in head:
        yield "darktable"
    if _CAPTURE_ONE.search(head):
        yield "captureone"
    elif any(mark in head for mark in _ADOBE):
        yield "lightroom"


def sidecar_names(readers: tuple[str, ...], found: Found) -> tuple[str, ...]:
    """What a new sidecar of a raw photo will be called for these readers (see `metadata.sidecar`)."""
    raw = next((kind for kind, _ in found.kinds.most_common() if kind.lower() in RAW_EXTENSIONS), "NEF")
    long, short = f"DSC_0414.{raw}.xmp", "DSC_0414.xmp"
    needs_short = bool({"lightroom", "captureone"} & set(readers))
    needs_long = not needs_short or bool(set(readers) - {"lightroom", "captureone"})
    return (*((long,) if needs_long else ()), *((short,) if needs_short else ()))


@dataclass(frozen=True, slots=True)
class Example:
    """How two tags stand in a file: as keywords, and in the lists of Lightroom and of digiKam."""

    keywords: tuple[str, ...]
    lightroom: tuple[str, ...]
    digikam: tuple[str, ...]


EXAMPLE_TAGS = ("beach", "golden_hour")


def example(style: str, language: str) -> Example:
    """What a write puts into a file for the tags of the example (see `engine.wanted`)."""
    vocabulary = Vocabulary.load(language)
    words, paths = [], []
    for name in EXAMPLE_TAGS:
        tag = vocabulary.get(name)
        assert tag is not None
        word = tag.id if style == "id" else tag.label
        words.append(word)
        paths.append((*tag.path[:-1], word) if len(tag.path) > 1 else (word,))
    return Example(
        tuple(words), tuple("|".join(path) for path in paths), tuple("/".join(path) for path in paths)
    )
