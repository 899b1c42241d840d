"""Writing three keywords into a copy of every file of a corpus: what is lost, and how long it takes.

    NIVO_EXIFTOOL=/path/to/exiftool python benchmarks/write.py [CORPUS] [--photos 20] [--batch 300]

Writes, writes again, untags and undoes through the functions the engine uses, each write verified, synced
and journalled; exiftool (13 or newer) reads every file before and after. Then the same keywords are written
by exiftool to the same files, by one that stays open and by one process a file; neither verifies or syncs.
Last the memory of a process that writes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import exiftool
from pictures import picture
from PIL import Image
from report import OUT, Row, report

from nivo_tui.catalog.decisions import open_decisions
from nivo_tui.errors import PhotoError
from nivo_tui.imaging.formats import format_of_name, sniff
from nivo_tui.imaging.identity import image_hash
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.metadata.apply import apply_plan
from nivo_tui.metadata.batch import plans_ahead
from nivo_tui.metadata.journal import Journal
from nivo_tui.metadata.plan import WriteOptions, WriteRequest, plan_write
from nivo_tui.metadata.planned import now
from nivo_tui.metadata.undo import undo_run, untag
from nivo_tui.metadata.xmp import Keyword
from nivo_tui.model import Receipt
from nivo_tui.platform.memory import keep_freed_memory
from nivo_tui.settings import load_paths

KEYWORDS = ("nivo bar", "Zürich", "日本")
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
PROCESSES = 8
ROUNDS = 3
BATCH_WARM = 30
MEMORY_BYTES = 60_000_000
SMALL_JPEG = (1200, 900)
REACH = {"stay_open": 1.0, "process": 5.0, "memory": 3.0}


class Writer:
    """Our writer as the engine drives it, with a home and a journal of its own."""

    def __init__(self, home: Path) -> None:
        keep_freed_memory()
        paths = load_paths(str(home))
        paths.create()
        self.journal = Journal(open_decisions(paths))
        self._options = WriteOptions(home=self.journal.home())

    @contextmanager
    def run(self, command: str) -> Iterator[int]:
        number = self.journal.begin_run(command, now())
        yield number
        self.journal.end_run(number, now())

    def write(self, file: Path, run: int) -> tuple[Receipt, ...]:
        keywords = tuple(Keyword(word) for word in KEYWORDS)
        plan = plan_write(WriteRequest(str(file), keywords), self._options, run)
        return apply_plan(plan, self.journal, run, self._options)

    def write_all(self, files: Sequence[Path], run: int) -> None:
        """The same of many, as a command does it: each planned while the one before it is carried out."""
        keywords = tuple(Keyword(word) for word in KEYWORDS)
        requests = (WriteRequest(str(file), keywords) for file in files)
        for plan in plans_ahead(requests, self._options, run):
            if plan is not None:
                apply_plan(plan, self.journal, run, self._options)

    def untag(self, files: Sequence[Path]) -> None:
        with self.run("untag") as run:
            for _ in untag(self.journal, run, [str(file) for file in files], execute=True):
                pass

    def undo(self) -> None:
        for _ in undo_run(self.journal, execute=True):
            pass


@dataclass
class Written:
    """What became of one file of the corpus."""

    kind: str
    receipts: tuple[Receipt, ...]
    ms: float
    added: int

    @property
    def in_file(self) -> bool:
        return any(r.status == "written" and r.target == r.path for r in self.receipts)

    @property
    def refusal(self) -> str | None:
        """Why the file was not written itself, where it is of a format that is."""
        if self.in_file:
            return None
        return next((r.reason for r in self.receipts if r.reason), None)


@dataclass
class Tally:
    """The figures of one format."""

    files: list[Written] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def photos_of(corpus: Path) -> list[Path]:
    return sorted(p for p in corpus.rglob("*") if p.is_file() and format_of_name(p.name) is not None)


def kind_of(file: Path) -> str:
    with open(file, "rb") as opened:
        fmt = sniff(opened.read(64 * 1024), file.name)
    return "no photo" if fmt is None else fmt.value


def copied(corpus: Path, files: Sequence[Path], into: Path) -> dict[Path, Path]:
    """Copies of the files under the same names, by the original."""
    copies = {file: into / file.relative_to(corpus) for file in files}
    for file, copy in copies.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy)
        copy.chmod(0o600)
    return copies


def image_of(file: Path) -> object:
    try:
        with PhotoSource(file) as source:
            fmt = sniff(source.head, file.name)
            found, of_file = (None, True) if fmt is None else image_hash(source, fmt)
            return None if of_file else found
    except PhotoError:
        return None


def lossless(corpus: Path, tool: Sequence[str], place: Path) -> dict[str, Tally]:
    """Write, read back, write again, undo; and in other copies write and untag. Tallies by format."""
    originals = photos_of(corpus)
    tallies: dict[str, Tally] = defaultdict(Tally)
    copies, others = (copied(corpus, originals, place / name) for name in ("written", "untagged"))
    writer = Writer(place / "home")
    _warm_up(writer, place / "warm")
    said = exiftool.read(tool, originals)
    done = _write_all(writer, copies)
    after = exiftool.read(tool, copies.values())
    for file, copy in copies.items():
        one, tally = done[file], tallies[done[file].kind]
        tally.files.append(one)
        if one.in_file:
            before, now_said = said.get(file, {}), after.get(copy, {})
            tally.counts += _checked(file, copy, before, now_said)
        elif copy.read_bytes() != file.read_bytes():
            _complain(file, "changed though no receipt says so")
            tally.counts["lost"] += 1
    with writer.run("again") as run:
        for file, copy in copies.items():
            if any(r.status == "written" for r in writer.write(copy, run)):
                tallies[done[file].kind].counts["twice"] += 1
    while writer.journal.newest_standing_run() is not None:
        writer.undo()
    for file, copy in copies.items():
        tallies[done[file].kind].counts["undo"] += copy.read_bytes() != file.read_bytes()
    _write_all(writer, others)
    writer.untag([copy for file, copy in others.items() if done[file].in_file])
    after = exiftool.read(tool, others.values())
    for file, copy in others.items():
        different = exiftool.differences(said.get(file, {}), after.get(copy, {}))
        if different:
            _complain(file, f"untag leaves {', '.join(different[:4])}")
        tallies[done[file].kind].counts["untag"] += bool(different)
    return tallies


def _warm_up(writer: Writer, place: Path) -> None:
    """Let every module be loaded that a write needs."""
    place.mkdir()
    file = place / "warm.jpg"
    Image.new("RGB", (64, 48)).save(file)
    with writer.run("warm up") as run:
        writer.write(file, run)
    writer.undo()


def _write_all(writer: Writer, copies: dict[Path, Path]) -> dict[Path, Written]:
    done = {}
    with writer.run("write") as run:
        for file, copy in copies.items():
            before = copy.stat().st_size
            started = time.perf_counter()
            receipts = writer.write(copy, run)
            ms = 1000 * (time.perf_counter() - started)
            done[file] = Written(kind_of(file), receipts, ms, copy.stat().st_size - before)
    return done


def _checked(file: Path, copy: Path, before: exiftool.Tags, after: exiftool.Tags) -> Counter[str]:
    lost, altered = exiftool.lost_and_altered(before, after)
    for what, names in (("lost", lost), ("altered", altered)):
        if names:
            _complain(file, f"{what}: {', '.join(names[:4])}")
    old, new = exiftool.image_hash(before), exiftool.image_hash(after)
    changed = {"image (exiftool)": old != new, "image (ours)": image_of(file) != image_of(copy)}
    for what, is_so in changed.items():
        if is_so:
            _complain(file, f"{what} changed")
    wanted = set(KEYWORDS)
    return Counter(
        {
            "lost": len(lost) + len(altered),
            **{what: int(is_so) for what, is_so in changed.items()},
            "XMP": int(wanted <= exiftool.words(after, "XMP")),
            "IPTC": int(wanted <= exiftool.words(after, "IPTC")),
        }
    )


_complaints: list[str] = []
_refusals: list[str] = []


def _complain(file: Path, words: str) -> None:
    _complaints.append(f"{file.name}: {words}")


@dataclass(frozen=True)
class Times:
    """Milliseconds a file: of our batches and exiftool's, one value a round, and of single processes."""

    files: int
    ours: list[float]
    stay_open: list[float]
    process: list[float]
    our_processor: float

    def row(self, measure: str) -> Row:
        ours, stay_open, process = map(statistics.median, (self.ours, self.stay_open, self.process))
        return {
            "measure": measure,
            "files": self.files,
            "ours ms": ours,
            "stay_open ms": stay_open,
            "process ms": process,
            "stay_open / ours": stay_open / ours,
            "reach": REACH["stay_open"],
            "process / ours": process / ours,
            "reach ": REACH["process"],
            "ours processor ms": self.our_processor,
            "ours, rounds": " ".join(f"{ms:.1f}" for ms in self.ours),
            "stay_open, rounds": " ".join(f"{ms:.1f}" for ms in self.stay_open),
        }


class Contest:
    """The three ways on copies of the same files, in turn."""

    def __init__(self, tool: Sequence[str], originals: Sequence[Path], place: Path) -> None:
        self._tool = tool
        self._originals = originals
        self._place = place
        self._arguments = exiftool.adding(KEYWORDS)
        self._writer = Writer(place / "home")
        _warm_up(self._writer, place / "warm")

    def changed(self) -> tuple[set[int], set[int]]:
        """Which of the files we change, and which exiftool does."""
        everything = range(len(self._originals))
        mine, theirs = self._fresh("seen", everything), self._fresh("shown", everything)
        with self._writer.run("write") as run:
            self._writer.write_all(mine, run)
        with exiftool.StayOpen(self._tool) as opened:
            for file in theirs:
                opened.run([*self._arguments, str(file)])
        return self._differing(mine), self._differing(theirs)

    def times(self, chosen: Sequence[int]) -> Times:
        """A batch of ours and one of exiftool's, several times in turn; and some files by one process each.

        Between the batches what was written goes to the disk, so that none pays for another.
        """
        ours, theirs, spent = [], [], 0.0
        with exiftool.StayOpen(self._tool) as opened:
            opened.run([*self._arguments, str(self._fresh("first", [0])[0])])
            for number in range(ROUNDS):
                mine = self._fresh(f"ours{number}", chosen)
                began = time.process_time()
                with self._writer.run("write") as run:
                    ours.append(_timed(lambda m=mine, r=run: self._writer.write_all(m, r), len(chosen)))
                spent += time.process_time() - began
                others = self._fresh(f"open{number}", chosen)
                theirs.append(_timed(lambda o=others: self._by(opened, o), len(chosen)))
        singly = [
            _timed(lambda f=file: self._alone(f), 1)
            for file in self._fresh("process", chosen[:: max(1, len(chosen) // PROCESSES)])
        ]
        each = 1000 / (ROUNDS * len(chosen))
        return Times(len(chosen), ours, theirs, singly, spent * each)

    def _fresh(self, name: str, numbers: Iterable[int]) -> list[Path]:
        folder = self._place / name
        folder.mkdir(parents=True, exist_ok=True)
        return [
            Path(shutil.copy2(self._originals[n], folder / f"{n:04}{self._originals[n].suffix}"))
            for n in numbers
        ]

    def _differing(self, copies: Sequence[Path]) -> set[int]:
        pairs = enumerate(zip(copies, self._originals, strict=True))
        return {n for n, (copy, original) in pairs if copy.read_bytes() != original.read_bytes()}

    def _by(self, opened: exiftool.StayOpen, files: Sequence[Path]) -> None:
        for file in files:
            opened.run([*self._arguments, str(file)])

    def _alone(self, file: Path) -> None:
        subprocess.run([*self._tool, *self._arguments, str(file)], capture_output=True, check=False)


def _timed(work: Callable[[], object], files: int) -> float:
    """Milliseconds a file, begun with nothing left to be written to the disk."""
    if hasattr(os, "sync"):
        os.sync()
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started) / files


def big_jpegs(count: int) -> list[Path]:
    """Pictures of 12 megapixels and about 4 MB, kept for the next time."""
    folder = OUT / "pictures" / "write"
    folder.mkdir(parents=True, exist_ok=True)
    first = folder / "0.jpg"
    if not first.exists():
        image = Image.fromarray(picture(0))
        exif = Image.Exif()
        exif[0x010F], exif[0x0110], exif[0x0132] = "Acme", "Camera 1", "2024:05:06 07:08:09"
        for quality in (95, 96, 97, 98):
            image.save(first, quality=quality, exif=exif)
            if first.stat().st_size >= 4_000_000:
                break
    return [first] * count


def corpus_rows(tallies: dict[str, Tally], writable: Counter[str], missed: Counter[str]) -> list[Row]:
    rows: list[dict[str, str | float | int | None]] = []
    for kind, tally in sorted(tallies.items()):
        inside = [one for one in tally.files if one.in_file]
        refused = [one for one in tally.files if one.refusal]
        rows.append(
            {
                "format": kind,
                "files": len(tally.files),
                "written": len(inside),
                "refused": len(refused),
                "sidecar": sum(_has_sidecar(one) for one in tally.files),
                "tags lost": tally.counts["lost"],
                "image changed (exiftool)": tally.counts["image (exiftool)"],
                "(ours)": tally.counts["image (ours)"],
                "XMP read back": tally.counts["XMP"],
                "IPTC read back": tally.counts["IPTC"],
                "bytes added": int(statistics.median(one.added for one in inside)) if inside else None,
                "ms": statistics.median(one.ms for one in inside) if inside else None,
                "written twice": tally.counts["twice"],
                "untag differs": tally.counts["untag"],
                "undo differs": tally.counts["undo"],
                "exiftool writes": writable[kind],
                "of these refused": missed[kind],
            }
        )
    total: dict[str, str | float | int | None] = {"format": "all"}
    for column in rows[0]:
        if column not in ("format", "bytes added", "ms"):
            total[column] = sum(int(row[column] or 0) for row in rows)
    every = [one for tally in tallies.values() for one in tally.files if one.in_file]
    total["bytes added"] = int(statistics.median(one.added for one in every)) if every else None
    total["ms"] = statistics.median(one.ms for one in every) if every else None
    return [*rows, {column: total[column] for column in rows[0]}]


def _has_sidecar(one: Written) -> bool:
    return any(r.status == "written" and r.target != r.path for r in one.receipts)


# -- memory: each in a process of its own


def memory_rows(place: Path, batch: int) -> list[Row]:
    rows: list[Row] = []
    for kind, make in (("tiff", _big_tiff), ("png", _big_png), ("jpeg", _long_jpeg)):
        file = place / f"big.{kind}"
        make(file)
        size = file.stat().st_size
        status, before, peak = _in_child("one", file)
        is_written = status == "written"
        rows.append(
            {
                "measure": f"one {kind}",
                "file MB": size / 1e6,
                "peak MB above the start": (peak - before) / 1e6 if is_written else None,
                "times the file": (peak - before) / size if is_written else None,
                "reach": REACH["memory"],
                "status": status,
            }
        )
        file.unlink()
    folder = place / "batch"
    folder.mkdir()
    first = folder / "000.jpg"
    Image.fromarray(picture(1)).resize(SMALL_JPEG).save(first, quality=90)
    for n in range(1, batch):
        shutil.copy(first, folder / f"{n:03}.jpg")
    status, before, peak = _in_child("batch", folder)
    rows.append(
        {
            "measure": f"{batch} files, after {BATCH_WARM} of them",
            "file MB": first.stat().st_size / 1e6,
            "peak MB above the start": (peak - before) / 1e6,
            "times the file": None,
            "reach": None,
            "status": status,
        }
    )
    return rows


def _big_tiff(file: Path) -> None:
    Image.fromarray(picture(2)).resize((MEMORY_BYTES // 12_000, 4000)).save(file)


def _big_png(file: Path) -> None:
    Image.fromarray(picture(2)).resize((MEMORY_BYTES // 12_000, 4000)).save(file, compress_level=0)


def _long_jpeg(file: Path) -> None:
    """A JPEG with most of its bytes behind the picture, as a motion photo has them."""
    data = big_jpegs(1)[0].read_bytes()
    file.write_bytes(data + bytes(MEMORY_BYTES - len(data)))


def _in_child(what: str, path: Path) -> tuple[str, int, int]:
    with tempfile.TemporaryDirectory(prefix="nivo-bench-home-") as home:
        words = [sys.executable, __file__, "--child", what, str(path), home]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    status, before, peak = done.stdout.split()
    return status, int(before), int(peak)


def child(what: str, path: Path, home: Path) -> None:
    """Write, and print the status, the most memory before and the most in all (bytes)."""
    writer = Writer(home)
    _warm_up(writer, home / "warm")
    small = home / f"small{path.suffix}" if what == "one" else None
    with writer.run("write") as run:
        if small is not None:
            Image.new("RGB", (64, 48)).save(small)
            writer.write(small, run)
        files = [path] if what == "one" else sorted(path.iterdir())
        before, statuses = _peak(), set()
        for n, file in enumerate(files):
            receipts = writer.write(file, run)
            statuses |= {r.status if r.target == r.path else "sidecar" for r in receipts}
            if what == "batch" and n == BATCH_WARM:
                before = _peak()
    print(",".join(sorted(statuses)), before, _peak())


def _peak() -> int:
    """The most memory this process has held. On Linux the figure of getrusage would be its parent's too."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="?", type=Path, default=CORPUS, help="a folder of photos to copy")
    parser.add_argument("--photos", type=int, default=20, help="how many writes of a 4 MB JPEG are timed")
    parser.add_argument("--batch", type=int, default=300, help="how many files in the batch of the memory")
    parser.add_argument("--child", nargs=3, metavar=("WHAT", "PATH", "HOME"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], Path(options.child[1]), Path(options.child[2]))
        return
    tool = exiftool.command()
    if tool is None:
        sys.exit("exiftool 13 is needed: NIVO_EXIFTOOL=/path/to/exiftool")
    with tempfile.TemporaryDirectory(prefix="nivo-bench-", dir=os.environ.get("NIVO_BENCH_DIR")) as name:
        measure(options, tool, Path(name))


def measure(options: argparse.Namespace, tool: Sequence[str], place: Path) -> None:
    tallies = lossless(options.corpus, tool, place / "corpus")
    originals = photos_of(options.corpus)
    contest = Contest(tool, originals, place / "times")
    by_us, by_them = contest.changed()
    on_corpus = contest.times(sorted(by_us & by_them))
    writable, missed = Counter[str](), Counter[str]()
    for n in by_them:
        kind = kind_of(originals[n])
        refused = any(
            one.refusal and one.receipts[0].path.endswith(originals[n].name) for one in tallies[kind].files
        )
        writable[kind] += 1
        missed[kind] += n not in by_us and refused
    report("write", corpus_rows(tallies, writable, missed))
    for line in sorted(_refused(tallies)):
        print("refused:", line)
    for line in _complaints:
        print("WRONG:", line)
    print()
    on_big = Contest(tool, big_jpegs(options.photos), place / "big").times(range(options.photos))
    report(
        "write_speed", [on_corpus.row("corpus, files both write"), on_big.row("JPEG, 12 megapixels, 4 MB")]
    )
    print()
    if sys.platform != "win32":
        report("write_memory", memory_rows(place, options.batch))


def _refused(tallies: dict[str, Tally]) -> Iterator[str]:
    for kind, tally in tallies.items():
        for one in tally.files:
            if one.refusal:
                yield f"{kind}  {Path(one.receipts[0].path).name}: {one.refusal}"


if __name__ == "__main__":
    main()
