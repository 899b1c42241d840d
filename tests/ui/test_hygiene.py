"""What the screen may import, and where its style sheets are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nivo_tui.ui.resources import FIRST_SHEET, REVIEW_SHEETS, style_sheets

HEAVY = ("numpy", "cv2", "onnxruntime", "rawpy", "pillow_heif", "PIL", "lxml")


def test_the_screen_loads_nothing_heavy_before_its_first_frame() -> None:
    code = (
        "import sys, nivo_tui.ui.start, nivo_tui.ui.images.probe\n"
        "import nivo_tui.ui.screens.write_plan, nivo_tui.ui.screens.help\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_the_first_frame_does_without_the_review_and_the_library() -> None:
    code = (
        "import sys, nivo_tui.commands.screen, nivo_tui.ui.start, nivo_tui.ui.images.probe\n"
        "print([name for name in sys.modules if name.startswith(('nivo_tui.catalog', 'nivo_tui.engine',"
        " 'nivo_tui.metadata', 'nivo_tui.ui.screens.review', 'nivo_tui.ui.widgets', 'sqlite3'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_only_the_console_speaks_to_the_terminal() -> None:
    room = Path(sys.modules["nivo_tui.ui.resources"].__file__ or "").parent
    for file in room.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for word in ("import termios", "import msvcrt", "import fcntl", "import tty"):
            assert word not in text, (file, word)
        if file.parent.name != "images":
            assert "PIL" not in text, file


def test_every_style_sheet_is_found() -> None:
    for sheet in style_sheets(FIRST_SHEET, *REVIEW_SHEETS):
        assert Path(sheet).is_file()
