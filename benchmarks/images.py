"""What a picture costs on the line: bytes and time of "next photo", and of a cursor moved beside it.

    python benchmarks/images.py [--folder PHOTOS] [--sizes 80x24 120x40 200x50] [--photos 8]

On a pseudo-terminal that answers as one with sixel, kitty's protocol or neither, as it is locally and over
SSH. The time runs from the key press to the last byte; the screen waits 150 ms before it draws a picture.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from pictures import photos_of
from report import OUT, report
from terminal import Terminal

PROTOCOLS = ("sixel", "kitty", "half")
SIZES = ("80x24", "120x40", "200x50")
MOST_SWAP, MOST_MOVE = 120_000, 2_000
PICTURE = {"sixel": b"\x1bP0;0;0q", "kitty": b"\x1b_Ga=T", "half": "▀".encode()}
QUIET_S = 0.45


def environment_of(home: Path, *, remote: bool) -> dict[str, str]:
    """The caller's, without what tells of a multiplexer, and with or without a line to elsewhere."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SSH_", "TMUX", "STY"))}
    return {**kept, "NIVO_HOME": str(home)} | ({"SSH_CONNECTION": "a 1 b 22"} if remote else {})


def measured(
    folder: Path, home: Path, protocol: str, size: tuple[int, int], photos: int, *, remote: bool
) -> dict[str, str | float | int | None]:
    """The row of one terminal."""
    command = [sys.executable, "-m", "nivo_tui", str(folder)]
    environment = environment_of(home, remote=remote)
    with Terminal(command, environment, size=size, pictures=protocol) as terminal:
        terminal.wait_for(PICTURE[protocol], 60)
        terminal.quiet(1.5, 60)
        for _ in range(photos):  # a known library opens where one was
            terminal.after(b"h", 0.1)
        terminal.quiet(1.0)
        swaps, times = [], []
        for _ in range(photos - 1):
            count, spent, seen = terminal.after(b"l", QUIET_S)
            if seen.count(PICTURE[protocol]) < 1:
                raise RuntimeError(f"no picture was painted: {seen[-200:]!r}")
            if protocol != "half" and seen.count(PICTURE[protocol]) != 1:
                raise RuntimeError(f"the picture was painted {seen.count(PICTURE[protocol])} times")
            swaps.append(count)
            times.append(spent)
        terminal.after(b"f", QUIET_S)  # the facts are rows too
        moves = [terminal.after(key, 0.2)[0] for key in (b"j", b"j", b"k", b"j")]
        terminal.after(b"o", 1.5)
        full = [terminal.after(b"h", 1.5)[0] for _ in range(2)]
    return {
        "protocol": protocol,
        "size": "{}x{}".format(*size),
        "line": "ssh" if remote else "local",
        "swap bytes": int(statistics.median(swaps)),
        "largest": max(swaps),
        "full bytes": max(full),
        "move bytes": max(moves),
        "key to last byte ms": 1000 * statistics.median(times),
        "reach": f"swap {MOST_SWAP}, move {MOST_MOVE}" if remote else f"move {MOST_MOVE}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", default=list(SIZES))
    parser.add_argument("--protocols", nargs="+", default=list(PROTOCOLS), choices=PROTOCOLS)
    parser.add_argument("--folder", type=Path, help="JPEG photos instead of generated ones")
    parser.add_argument("--photos", type=int, default=8)
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    rows = []
    with tempfile.TemporaryDirectory(prefix="nivo-bench-", dir=OUT) as place:
        folder, home = Path(place) / "photos", Path(place) / "home"
        folder.mkdir()
        home.mkdir()
        (home / "config.toml").touch()
        for number, picture in enumerate(photos_of("jpeg", options.folder, options.photos)):
            shutil.copy(picture, folder / f"{number:02d}-{picture.name}")
        for text in options.sizes:
            columns, lines = (int(part) for part in text.split("x"))
            for protocol in options.protocols:
                for remote in (False, True):
                    rows.append(
                        measured(folder, home, protocol, (columns, lines), options.photos, remote=remote)
                    )
    report("images", rows)


if __name__ == "__main__":
    main()
