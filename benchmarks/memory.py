"""How much memory a process and all its children use, sampled from outside (Linux)."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType

PAUSE_S = 0.1


def with_children(pid: int) -> list[int]:
    """The process and all below it, as far as they still run."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:  # it ended meanwhile
                continue
    return found


def proportional_bytes(pid: int) -> int:
    """PSS: a process's own pages, and of pages shared with others its part."""
    return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def resident_bytes(pid: int) -> int:
    """RSS: all pages that a process has in memory."""
    return _field(Path(f"/proc/{pid}/status"), "VmRSS:")


def _field(path: Path, name: str) -> int:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(name)), 0)


class PeakMemory:
    """A thread that samples the PSS of a process and its children together, until the block ends."""

    def __init__(self, pid: int) -> None:
        self.bytes = 0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.is_set():
            started = time.perf_counter()
            now = sum(proportional_bytes(pid) for pid in with_children(self._pid))
            self.bytes = max(self.bytes, now)
            self._over.wait(max(0.0, PAUSE_S - (time.perf_counter() - started)))
