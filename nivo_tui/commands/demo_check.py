"""`nivo-tui demo --check`: the whole loop on a fresh demo library, each step held against the files.

The steps run the real commands, each in an engine of its own; what they say is compared with what other
programs' readers (Pillow, the XML parser of the standard library, exiftool where it is installed) see.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nivo_tui.commands import clock, decide, importing, report, scan, show, write
from nivo_tui.commands.common import DONE, INTERRUPTED, SOME_FAILED, Surroundings
from nivo_tui.commands.demo_library import DemoLibrary, open_library
from nivo_tui.commands.demo_reading import digests, hierarchies, pixels, subjects
from nivo_tui.commands.output import Output
from nivo_tui.errors import NivoError, UsageError
from nivo_tui.settings import Settings, load_paths

TAGS = ("nivo demo", "déjà vu")
_FOREST, _WOODS = "P1020344.JPG", "Woods"
"""A photo of a forest, and what the keywords of others call one."""

_BACKUP = ".original"

Command = Callable[[Namespace, Surroundings], int]
Lines = list[dict[str, Any]]


class StepError(Exception):
    """A step did not do what it has to; the message says what was seen."""


def check(output: Output, folder: str | None = None) -> int:
    """Walk the loop in a temporary folder (below `folder` where one is given); 1 where a step failed."""
    started, failed = time.monotonic(), 0
    with _fresh_folder(folder) as place:
        walk = Walk(place)
        for name, step in walk.steps():
            try:
                ok, detail = True, step()
            except (StepError, NivoError, OSError) as error:
                ok, detail = False, str(error)
            failed += not ok
            output.line("step", {"name": name, "ok": ok, "detail": detail}, _words(name, ok, detail))
            if not ok and walk.library is None:
                break
    seconds = time.monotonic() - started
    steps = "step" if failed == 1 else "steps"
    words = f"{failed} {steps} failed" if failed else "everything works"
    output.line("summary", {"failed": failed, "seconds": round(seconds, 1)}, f"{words} ({seconds:.1f} s)")
    return SOME_FAILED if failed else DONE


def _words(name: str, ok: bool, detail: str) -> str:
    return f"{'ok' if ok else 'FAILED':6} {name:34} {detail}"


@contextmanager
def _fresh_folder(folder: str | None) -> Iterator[Path]:
    try:
        if folder is not None:
            os.makedirs(folder, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix="nivo-demo-check-", dir=folder))
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be used: {error.strerror}; name another --dir") from error
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Told:
    """What a command printed and how it ended."""

    status: int
    lines: Lines

    def of(self, kind: str) -> Lines:
        return [line for line in self.lines if line["type"] == kind]

    @property
    def summary(self) -> dict[str, Any]:
        return next(iter(self.of("summary")), {})


class Walk:
    """The steps, in order, and what each leaves for the next."""

    def __init__(self, place: Path) -> None:
        self.library: DemoLibrary | None = None
        self._place = place
        self._first: dict[str, str] = {}
        self._written: dict[str, str] = {}
        self._pixels: dict[str, str] = {}
        self._receipts: Lines = []

    def steps(self) -> tuple[tuple[str, Callable[[], str]], ...]:
        """Each step's name and what does it; it returns a detail in words and raises where it fails."""
        return (
            ("make a library", self.make),
            ("scan", self.scan),
            ("show what was seen", self.show),
            ("places, times and a wrong clock", self.places_and_times),
            ("decide", self.decide),
            ("plan a write, change nothing", self.plan),
            ("write", self.write),
            ("keywords, read by other programs", self.read_back),
            ("tags as their owner writes them", self.own_words),
            ("pictures unchanged", self.compare_pictures),
            ("write again, nothing to do", self.write_again),
            ("verify", self.verify),
            ("undo, every byte as before", self.undo),
            ("export and import", self.export_and_import),
        )

    @property
    def _made(self) -> DemoLibrary:
        if self.library is None:
            raise StepError("there is no library")
        return self.library

    @property
    def _photos(self) -> str:
        return str(self._made.photos)

    @property
    def _good(self) -> list[str]:
        return [str(path) for path in self._made.files() if path != self._made.broken]

    def _run(self, command: Command, home: str = "home", **options: Any) -> Told:
        out, err = io.StringIO(), io.StringIO()
        paths = load_paths(self._place / home)
        around = Surroundings(paths, Settings(), Output(as_json=True, out=out, err=err))
        status = command(Namespace(**options), around)
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        return Told(status, [json.loads(line) for line in out.getvalue().splitlines()])

    def _write(self, *, execute: bool) -> Told:
        return self._run(
            write.write, paths=[self._photos], execute=execute, limit=None, keyword=[], keywords=None,
            description=None, describe=False, categories=None, target="auto", no_backup=False,
        )  # fmt: skip

    def make(self) -> str:
        """A demo library in the temporary folder."""
        self.library = open_library(self._place / "demo")
        self._first = digests(self._photos)
        self._pixels = {path: pixels(path) for path in self._good}
        return "; ".join(self.library.stamp.notes)

    def scan(self) -> str:
        """Every photo is reported once, and the damaged one alone failed."""
        told = self._run(
            scan.run, paths=[self._photos], models=None, recheck=False, limit=None, verbose=False
        )
        seen = Counter(line["path"] for line in told.of("photo"))
        wanted = Counter(str(path) for path in self._made.files())
        _require(seen == wanted, f"reported other photos than there are: {_differences(seen, wanted)}")
        failed = {line["path"]: line["error"] for line in told.of("photo") if line["status"] == "failed"}
        _require(list(failed) == [str(self._made.broken)], f"failed: {failed or 'none'}")
        _require(told.status == SOME_FAILED, f"exit status {told.status}, not 1")
        summary = told.summary
        _require(summary.get("skipped") == {"mov": 1}, f"skipped: {summary.get('skipped')}")
        faces = f", {summary['faces']} faces" if summary["face_counts"] else ", faces not counted"
        models = f"{', '.join(summary['packs'])} on {summary['provider']}" if summary["packs"] else "no model"
        return f"{summary['photos']} photos{faces}, {models}; the damaged one was named"

    def show(self) -> str:
        """What the files say about themselves is known, and tags are suggested."""
        by_name = self._shown()
        photos = by_name.values()
        first = by_name[os.path.basename(self._made.stamp.files[0])]
        _require(str(first["taken_at"]).startswith("2024-08-17T20:24"), f"taken at {first['taken_at']}")
        _require(first["camera"] == "Apple iPhone 13", f"camera {first['camera']}")
        _require(first["gps"] and abs(first["gps"]["lat"] - 38.963) < 1e-3, f"position {first['gps']}")
        keywords = by_name["IMG_2207.JPG"]["file_keywords"]
        _require(list(keywords) == ["lavender", "Provence", "été 2024"], f"keywords {keywords}")
        bare = [line["path"] for line in photos if line["error"] is None and not line["tags"]]
        _require(not bare, f"no tag at all for {bare}")
        return f"{sum(len(line['tags']) for line in photos)} tags for {len(photos)} photos"

    def _shown(self) -> dict[str, dict[str, Any]]:
        lines = self._run(show.run, paths=[self._photos]).of("photo")
        return {os.path.basename(line["path"]): line for line in lines}

    def places_and_times(self) -> str:
        """A position has its town and country, a name tells a date, and a clock is put right and back."""
        before = self._shown()
        places = {tag["label"] for tag in before["IMG_3012.JPG"]["tags"] if tag["category"] == "location"}
        _require(places >= {"Ericeira", "Portugal"}, f"places {places or 'none'} at 38.963, -9.417")
        for name in before.keys() & {"20240615_141233.webp"}:
            taken = str(before[name]["taken_at"])
            _require(taken.startswith("2024-06-15T14:12:33"), f"{name} was taken at {taken}")
        set_right = self._run(
            clock.run, action="set", camera="NIKON Z 6", first=None, last=None, shift="-9h", zone=None,
            photo=None, time=None,
        )  # fmt: skip
        taken = str(self._shown()["DSC_0207.JPG"]["taken_at"])
        _require(taken.startswith("2025-01-12T03:40"), f"9 hours before 12:40 came to {taken}")
        for line in set_right.of("clock"):
            self._run(clock.run, action="remove", id=line["id"])
        after = self._shown()
        _require(after == before, "something else is known after the clock was put back")
        return f"{', '.join(sorted(places))}; a date from a name; a clock put right and back"

    def decide(self) -> str:
        """Two tags of our own and every judgement are accepted for every readable photo."""
        told = self._run(
            decide.run, paths=self._good, accept=",".join(TAGS), reject=None, category=None,
            min_confidence=0.0, all=False, names=False,
        )  # fmt: skip
        forest = [path for path in self._good if path.endswith(_FOREST)]
        one = self._run(
            decide.run, paths=forest, accept="forest", reject=None, category=None,
            min_confidence=None, all=False, names=False,
        )  # fmt: skip
        states = {line["state"] for line in (*told.of("decision"), *one.of("decision"))}
        _require(states == {"accepted"}, f"states {states}")
        return f"{told.summary['decided']} tags accepted"

    def plan(self) -> str:
        """Without --execute every readable photo is planned and no byte on the disk changes."""
        receipts = self._write(execute=False).of("receipt")
        planned = {line["path"] for line in receipts if line["status"] == "planned"}
        _require(
            planned == set(self._good), f"planned {len(planned)} of {len(self._good)}; {_reasons(receipts)}"
        )
        _require(digests(self._photos) == self._first, "files changed")
        return f"{len(planned)} photos planned, no file changed"

    def write(self) -> str:
        """Every readable photo gets its tags, in the file or beside it; the damaged one is left alone."""
        told = self._write(execute=True)
        self._receipts = [line for line in told.of("receipt") if line["status"] == "written"]
        written = {line["path"] for line in self._receipts}
        self._written = digests(self._photos)
        missing = set(self._good) - written
        _require(not missing, f"not written: {_reasons(told.of('receipt'))}")
        _require(self._same(str(self._made.broken)), "the damaged photo was changed")
        beside = sum(line["target"] != line["path"] for line in self._receipts)
        return f"{len(self._receipts) - beside} in the file, {beside} in a sidecar"

    def _same(self, path: str) -> bool:
        return self._written.get(path) == self._first[path]

    def read_back(self) -> str:
        """The keywords, and those that stood there before, are found by readers that are not ours."""
        targets = [line["target"] for line in self._receipts]
        _require(bool(targets), "nothing was written")
        for target in targets:
            found = subjects(target)
            missing = set(TAGS) - set(found)
            _require(not missing, f"{target} lacks {missing}: it holds {found}")
            _require(len(found) == len(set(found)), f"{target} holds a keyword twice: {found}")
        field = next(t for t in targets if "IMG_2207" in t)
        _require(set(subjects(field)) >= {"lavender", "Provence", "été 2024"}, "old keywords were lost")
        readers = ["Pillow", "ElementTree"]
        tool = os.environ.get("NIVO_EXIFTOOL") or shutil.which("exiftool")
        if tool is not None:
            _ask_exiftool(tool, targets)
            readers.append("exiftool")
        return f"{len(targets)} files, read by {', '.join(readers)}"

    def own_words(self) -> str:
        """A tag that the library has another word for is written as that word, at its place."""
        target = next(line["target"] for line in self._receipts if line["path"].endswith(_FOREST))
        found = {*subjects(target), *hierarchies(target)}
        _require(found >= {_WOODS, f"Nature|{_WOODS}"}, f"no {_WOODS} at Nature in {target}: {found}")
        _require("forest" not in found, f"{target} holds forest beside {_WOODS}")
        return f"forest is {_WOODS}, at Nature, as other photos have it"

    def compare_pictures(self) -> str:
        """Every pixel that Pillow decodes is as it was."""
        changed = [path for path in self._good if pixels(path) != self._pixels[path]]
        _require(not changed, f"other pixels in {changed}")
        return f"{len(self._good)} pictures decode to the same pixels"

    def write_again(self) -> str:
        """A second write finds everything done."""
        told = self._write(execute=True)
        other = [line for line in told.of("receipt") if line["status"] not in ("unchanged",)]
        _require(not other, f"had something to do: {_reasons(other)}")
        _require(digests(self._photos) == self._written, "files changed")
        return "no file changed"

    def verify(self) -> str:
        """The tags stand, the pictures are the same, the backups are good."""
        lines = self._run(write.verify, paths=[self._photos]).of("verify")
        bad = [line for line in lines if line["status"] != "ok" or line["lost"]]
        _require(len(lines) >= len(self._good), f"{len(lines)} files verified of {len(self._good)}")
        _require(not bad, f"not as written: {bad[:3]}")
        return f"{len(lines)} files are as they were written"

    def undo(self) -> str:
        """After undo every photo is what it was, byte for byte, and no sidecar is left."""
        receipts = self._run(write.undo, paths=[], run=None, execute=True).of("receipt")
        modes = Counter(line["mode"] for line in receipts)
        _require(set(modes) == {"exact"}, f"modes {dict(modes)}; {_reasons(receipts)}")
        now = digests(self._photos)
        extra = {path for path in now if path not in self._first and not path.endswith(_BACKUP)}
        changed = [path for path in self._first if now.get(path) != self._first[path]]
        _require(not changed, f"not as before: {changed}")
        _require(not extra, f"left behind: {sorted(extra)}")
        backups = sum(path.endswith(_BACKUP) for path in now)
        return f"{len(receipts)} writes undone; {backups} backups kept"

    def export_and_import(self) -> str:
        """What was accepted arrives in another home."""
        file = str(self._place / "export.json")
        self._run(report.export, paths=[self._photos], format="json", output=file)
        exported = json.loads(Path(file).read_text(encoding="utf-8"))["photos"]
        sent = {photo["path"]: set(photo["accepted"]) for photo in exported if photo["accepted"]}
        _require(set(sent) == set(self._good), f"{len(sent)} of {len(self._good)} photos exported with tags")
        self._run(importing.import_tags, "second home", file=file, accept=True)
        arrived = self._accepted("second home")
        _require(arrived == sent, "other tags arrived than were sent")
        return f"{sum(map(len, sent.values()))} tags of {len(sent)} photos"

    def _accepted(self, home: str) -> dict[str, set[str]]:
        from nivo_tui.catalog.decisions import DecisionStore, open_decisions

        connection = open_decisions(load_paths(self._place / home))
        try:
            store = DecisionStore(connection)
            return {path: {s.label for s in store.of_photo(path).values()} for path in self._good}
        finally:
            connection.close()


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise StepError(otherwise)


def _differences(seen: Counter[str], wanted: Counter[str]) -> str:
    return f"missing {sorted(wanted - seen)}, extra {sorted(seen - wanted)}"


def _reasons(receipts: Lines) -> str:
    """What a few receipts say, for the detail of a failed step."""
    parts = [f"{os.path.basename(line['path'])} {line['status']}: {line['reason']}" for line in receipts]
    return "; ".join([p for p in parts if " planned:" not in p and " written:" not in p][:4]) or "no receipts"


def _ask_exiftool(tool: str, targets: list[str]) -> None:
    command = [tool] if os.access(tool, os.X_OK) else ["perl", tool]
    command += ["-j", "-XMP-dc:Subject", "-charset", "filename=utf8", *targets]
    done = subprocess.run(command, check=False, capture_output=True, timeout=60)
    try:
        answers = json.loads(done.stdout)
    except ValueError:
        raise StepError(f"exiftool gave no answer: {done.stderr.decode(errors='replace')[:200]}") from None
    for answer in answers:
        found = answer.get("Subject", [])
        missing = set(TAGS) - set(found if isinstance(found, list) else [found])
        _require(not missing, f"exiftool finds no {missing} in {answer['SourceFile']}")
