"""From a key press to its paint: idle, and while the same machine scans photos with every model there is.

    python benchmarks/keys.py [--models DIR] [--presses 60]

"Next photo" is pressed on a pseudo-terminal; the time runs until the name of that photo is painted anew.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from pictures import photos_of
from report import OUT, report
from terminal import Terminal

PICTURES = 8
COPIES = 40
BETWEEN_S = 0.12
LOST_S = 2.0
REACH_MS, REACH_RATIO = 50.0, 1.5


def spread(folder: Path) -> list[str]:
    """Copies of a few pictures, no two of which have the same image data; returns the names in order.

    Of equal ones a scan would look at the first alone.
    """
    names = []
    for number, picture in enumerate(photos_of("jpeg", None, PICTURES)):
        data = bytearray(picture.read_bytes())
        table = data.index(b"\xff\xdb") + 5
        for copy in range(COPIES):
            # One of the highest frequencies is quantised a little more coarsely.
            place = table + 63 - copy % 32
            data[place] += 1
            names.append(f"P{copy:03d}{number:02d}.jpg")
            (folder / names[-1]).write_bytes(data)
    return sorted(names)


def settle(terminal: Terminal, name: str) -> None:
    """Press "next photo" until the first photos are listed and this one is chosen."""
    for _ in range(20):
        terminal.press(b"l")
        try:
            terminal.wait_for(name.encode(), 1.0)
        except TimeoutError:
            continue
        terminal.quiet(0.3, 2.0)
        return
    raise TimeoutError(f"{name} was never chosen")


def presses_ms(terminal: Terminal, names: list[str]) -> list[float]:
    """Press "next photo" once for each name but the first; a press that shows nothing counts as its wait."""
    spent = []
    for name in names[1:]:
        pressed = terminal.press(b"l")
        try:
            spent.append(1000 * (terminal.wait_for(name.encode(), LOST_S) - pressed))
        except TimeoutError:
            spent.append(1000 * LOST_S)
            settle(terminal, name)
        end = time.perf_counter() + BETWEEN_S
        while (left := end - time.perf_counter()) > 0:
            terminal.read(left)
    return spent


def row(name: str, spent: list[float], idle: float | None) -> dict[str, str | float | int | None]:
    ordered = sorted(spent)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    ratio = p95 / idle if idle else None
    return {
        "measure": name,
        "median ms": statistics.median(ordered),
        "p95 ms": p95,
        "p95 to idle": ratio,
        "lost": sum(one >= 1000 * LOST_S for one in ordered),
        "reach": f"{REACH_MS:.0f} ms, {REACH_RATIO}x" if idle else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=Path, help="a folder with model packs")
    parser.add_argument("--presses", type=int, default=200)
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nivo-bench-", dir=OUT, ignore_cleanup_errors=True) as place:
        folder = Path(place) / "photos"
        folder.mkdir()
        names = spread(folder)[: options.presses + 1]
        home = Path(place) / "home"
        home.mkdir()
        (home / "config.toml").touch()  # else the first run is asked for
        environment = {**os.environ, "NIVO_HOME": str(home)}
        if options.models:
            environment["NIVO_MODELS"] = str(options.models.resolve())
        command = [sys.executable, "-m", "nivo_tui", str(folder)]
        with Terminal(command, environment) as terminal:
            terminal.wait_for(names[0].encode(), 60)
            settle(terminal, names[1])
            busy = presses_ms(terminal, names[1:])
            terminal.quiet(3.0, 120)
            for _ in range(len(names) + 5):
                terminal.press(b"h")
                terminal.read(0.2)
            terminal.quiet(1.0)
            settle(terminal, names[1])
            idle = presses_ms(terminal, names[1:])
        idle_row = row("idle", idle, None)
        report("keys", [idle_row, row("during a scan", busy, float(idle_row["p95 ms"] or 0))])


if __name__ == "__main__":
    main()
