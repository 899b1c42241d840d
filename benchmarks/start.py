"""The first frame of the screen, beside that of an empty Textual app; and which modules it loads.

    python benchmarks/start.py [--rounds 7]

Both are started in turn on a pseudo-terminal; the time runs from the start of the process to the moment
their first text is painted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from report import report
from terminal import Terminal

HEAVY = ("numpy", "cv2", "onnxruntime", "insightface", "rawpy", "pillow_heif", "simplejpeg", "textual_image")
REACH = 1.2
MARK = "first-frame"
EMPTY = f"""
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("{MARK}")
Empty().run()
"""
LOADED = """
import sys
import nivo_tui.cli, nivo_tui.commands.screen, nivo_tui.ui.app
import nivo_tui.engine.client, nivo_tui.catalog.library
from nivo_tui.ui.images import probe
print(*sorted(name for name in {heavy!r} if name in sys.modules))
"""


def first_frame_ms(command: list[str], environment: dict[str, str]) -> float:
    with Terminal(command, environment) as terminal:
        return 1000 * (terminal.wait_for(MARK.encode()) - terminal.started)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    rounds: int = parser.parse_args().rounds
    empty, ours = [], []
    with tempfile.TemporaryDirectory(prefix="nivo-bench-") as place:
        folder = Path(place) / MARK  # the screen shows the name of its folder
        folder.mkdir()
        environment = {**os.environ, "NIVO_HOME": str(Path(place) / "home"), "NIVO_MODELS": place}
        for _ in range(rounds + 1):
            empty.append(first_frame_ms([sys.executable, "-c", EMPTY], environment))
            ours.append(first_frame_ms([sys.executable, "-m", "nivo_tui", str(folder)], environment))
    # The first of each fills the caches of files and bytecode.
    a, b = statistics.median(empty[1:]), statistics.median(ours[1:])
    code = LOADED.format(heavy=HEAVY)
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    report(
        "start",
        [
            {"measure": "first frame of an empty Textual app", "ms": a, "ratio": None, "reach": None},
            {"measure": "first frame of the screen", "ms": b, "ratio": b / a, "reach": REACH},
            {"measure": f"heavy modules loaded: {loaded.strip() or 'none'}", "ms": None, "ratio": None,
             "reach": None},
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
