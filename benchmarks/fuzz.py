"""Coverage-guided fuzzing of one editor of metadata (Linux).

    uv run --with atheris python benchmarks/fuzz.py TARGET [--seconds 60] [--seeds DIR] [--findings DIR]

TARGET is jpeg, png, webp, bmff or tiff (a file of that kind), or iptc, exif or xmp (the block alone). Seeds
are small pictures made here and, with --seeds, the small files of the kind in a folder. Each input is edited,
edited again, emptied and taken back; what goes wrong is counted, its first input is kept as a file, and the
search goes on. Then two different writes and a removal go through the gate. What it stops is no fault, but
told, for each step apart: there the editor offered what it should not have.
Ends with 1 where an editor raised what it may not, lost something, or took longer than a second.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("atheris is missing: uv run --with atheris python benchmarks/fuzz.py ... (Linux only)")

with atheris.instrument_imports(include=["nivo_tui.metadata", "nivo_tui.imaging"]):
    import fuzz_targets as targets

from fuzz_seeds import MUTATIONS, REPAIRS, made_seeds, seeds_in

MOST_BYTES = 200_000
MOST_SECONDS = 1.0
MOST_REASONS = 8
OUT = Path(__file__).parent / "out" / "fuzz"


class Findings:
    """What went wrong, counted by where it did; the first input of each kind is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.faults: Counter[str] = Counter()
        self.gate: Counter[str] = Counter()
        self.passed: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.slowest = 0.0

    def fault(self, kind: str, data: bytes) -> None:
        if not self.faults[kind]:
            self._keep(f"fault-{len(self.faults) + 1}", data)
        self.faults[kind] += 1

    def stopped(self, reason: str, data: bytes) -> None:
        kind = without_values(reason)
        if not self.gate[kind]:
            self._keep(f"gate-{len(self.gate) + 1}", data)
        self.gate[kind] += 1

    def _keep(self, name: str, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_bytes(data)

    def tell(self, name: str) -> None:
        total = sum(self.outcomes.values())
        words = ", ".join(f"{count:,} {outcome}" for outcome, count in self.outcomes.most_common())
        print(f"\n{name}: {total:,} inputs ({words}); slowest {1000 * self.slowest:.0f} ms")
        if self.passed:
            print("passed the gate: " + ", ".join(f"{step} {count:,}" for step, count in self.passed.items()))
        common = dict(self.refusals.most_common(MOST_REASONS))
        told = {"refused": common, "faults": self.faults, "stopped by the gate": self.gate}
        for title, found in told.items():
            print(f"{title}: {sum(found.values()):,} of {len(found)} kinds")
            for number, (kind, count) in enumerate(found.items(), 1):
                print(f"  {number:2} {count:7,}  {kind}")
        if self.faults or self.gate:
            print(f"their first inputs are in {self._folder}")


def without_values(reason: str) -> str:
    return re.sub(r"'.*'|\d[\d,]*", "…", reason)[:110]


def place_of(error: BaseException) -> str:
    """The type of an error and the last place in the package that it came through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "nivo_tui" in f.filename]
    last = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {without_values(str(error))}"


def examine(target: targets.Target, data: bytes, findings: Findings) -> None:
    """One input through a target, timed by the processor, which others' work does not slow."""
    began = time.process_time()
    try:
        outcome = target(data)
    except Exception as error:
        outcome = targets.Outcome("faulty", fault=place_of(error))
    took = outcome.seconds or time.process_time() - began
    findings.outcomes[outcome.word] += 1
    findings.slowest = max(findings.slowest, took)
    if outcome.reason:
        findings.refusals[without_values(outcome.reason)] += 1
    if outcome.fault:
        findings.fault(outcome.fault, data)
    findings.passed.update(outcome.passed)
    for reason in outcome.stopped:
        findings.stopped(reason, data)
    if took > MOST_SECONDS:
        findings.fault("took longer than a second", data)


def mutator(name: str) -> Callable[[bytes, int, int], bytes]:
    """Mutations of all bytes, of a part near the beginning, and of the order of the parts of a file."""
    structural, repair = MUTATIONS.get(name), REPAIRS.get(name)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        choice = chance.random()
        if structural and choice < 0.3:
            data = structural(data, chance)
        elif choice < 0.75 and len(data) > 16:
            start = int(len(data) * chance.random() ** 3)
            end = start + chance.choice((4, 8, 16, 64, 256))
            part = data[start:end]
            data = data[:start] + atheris.Mutate(part, len(part) + 16) + data[end:]
        else:
            data = atheris.Mutate(data, most)
        if repair and chance.random() < 0.85:
            data = repair(data)
        return data[:most]

    return mutate


def kept_seeds(name: str, folder: Path | None) -> Iterator[bytes]:
    yield from made_seeds(name)
    if folder is not None:
        yield from seeds_in(folder, name)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("target", choices=sorted(targets.TARGETS))
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--seeds", type=Path)
    arguments.add_argument("--findings", type=Path, default=OUT)
    chosen = arguments.parse_args()
    target = targets.TARGETS[chosen.target]()
    findings = Findings(chosen.findings / chosen.target)
    inputs = tempfile.mkdtemp(prefix="nivo-fuzz-")
    seeds = [seed for seed in kept_seeds(chosen.target, chosen.seeds) if len(seed) <= MOST_BYTES]
    for number, seed in enumerate(seeds):
        (Path(inputs) / f"{number:04}").write_bytes(seed)
    # libFuzzer ends the process past everything of Python's, so the end is ours and its limit a last resort.
    end = time.monotonic() + chosen.seconds

    def one(data: bytes) -> None:
        examine(target, data, findings)
        if time.monotonic() > end:
            findings.tell(f"{chosen.target} from {len(seeds)} seeds")
            sys.stdout.flush()
            os._exit(bool(findings.faults))

    findings_prefix = f"-artifact_prefix={chosen.findings}/{chosen.target}-"
    limits = [f"-max_len={MOST_BYTES}", f"-max_total_time={2 * chosen.seconds + 60}", "-timeout=30"]
    options = [sys.argv[0], inputs, *limits, findings_prefix, "-rss_limit_mb=3000", "-verbosity=0"]
    chosen.findings.mkdir(parents=True, exist_ok=True)
    atheris.Setup(options, one, custom_mutator=mutator(chosen.target))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
