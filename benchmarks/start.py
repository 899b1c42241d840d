"""The first frame of the screen beside that of an empty Textual app, and the first photo of a scan.

    python benchmarks/start.py [--rounds 7] [--models DIR]

The screen and the empty app are started in turn on a pseudo-terminal; the time runs from the start of the
process to the moment their first text is painted. Told is also which heavy modules are loaded by then.

Then `nivo-tui scan ONE.jpg --json`, from the start of the process to the line of its photo: command,
engine, libraries, and with --models (a folder with packs) the models. All with compiled bytecode, which a
first, uncounted round writes to a folder of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pictures import photos_of
from report import report
from terminal import Terminal

HEAVY = ("numpy", "cv2", "onnxruntime", "insightface", "rawpy", "pillow_heif", "simplejpeg")
REACH = 1.2
REACH_FIRST_PHOTO_MS = 800.0
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
import nivo_tui.cli, nivo_tui.commands.screen, nivo_tui.ui.start
import nivo_tui.engine.client, nivo_tui.catalog.library
from nivo_tui.ui.images import probe
print(*sorted(name for name in {heavy!r} if name in sys.modules))
"""


def first_frame_ms(command: list[str], environment: dict[str, str]) -> float:
    with Terminal(command, environment) as terminal:
        return 1000 * (terminal.wait_for(MARK.encode()) - terminal.started)


def first_photo_ms(photo: Path, models: Path | None, environment: dict[str, str]) -> float:
    """From the start of the command to its line about the one photo; each time with a new home."""
    with tempfile.TemporaryDirectory(prefix="nivo-bench-home-") as home:
        environment = {**environment, "NIVO_HOME": home, "NIVO_MODELS": str(models or home)}
        command = [sys.executable, "-m", "nivo_tui", "scan", str(photo), "--json"]
        command += ["--models", "none" if models is None else "auto"]
        started = time.perf_counter()
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            line = json.loads(process.stdout.readline())
            spent = time.perf_counter() - started
            process.communicate()
    if line["type"] != "photo" or line["status"] != "new":
        raise SystemExit(f"not the line of a photo: {line}")
    return 1000 * spent


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--models", type=Path, help="a folder with packs")
    options = parser.parse_args()
    rounds: int = options.rounds
    empty, ours = [], []
    packs = (None, options.models.resolve()) if options.models else (None,)
    first: dict[Path | None, list[float]] = {models: [] for models in packs}
    photo = photos_of("jpeg", None, 1)[0]
    with tempfile.TemporaryDirectory(prefix="nivo-bench-") as place:
        folder = Path(place) / MARK  # the screen shows the name of its folder
        folder.mkdir()
        compiled = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(place) / "bytecode")}
        compiled.pop("PYTHONDONTWRITEBYTECODE", None)
        environment = {**compiled, "NIVO_HOME": str(Path(place) / "home"), "NIVO_MODELS": place}
        for _ in range(rounds + 1):
            empty.append(first_frame_ms([sys.executable, "-c", EMPTY], environment))
            ours.append(first_frame_ms([sys.executable, "-m", "nivo_tui", str(folder)], environment))
            for models, times in first.items():
                times.append(first_photo_ms(photo, models, compiled))
    # The first of each fills the caches of files and bytecode.
    a, b = statistics.median(empty[1:]), statistics.median(ours[1:])
    code = LOADED.format(heavy=HEAVY)
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    rows = [
        {"measure": "first frame of an empty Textual app", "ms": a},
        {"measure": "first frame of the screen", "ms": b, "ratio": b / a, "reach ratio": REACH},
        {"measure": f"heavy modules loaded: {loaded.strip() or 'none'}"},
    ]
    for models, times in first.items():
        name = f"first photo of a scan {'with' if models else 'without'} packs"
        rows.append({"measure": name, "ms": statistics.median(times[1:]), "reach ms": REACH_FIRST_PHOTO_MS})
    columns = ("measure", "ms", "ratio", "reach ratio", "reach ms")
    report("start", [{column: row.get(column) for column in columns} for row in rows])


if __name__ == "__main__":
    main()
