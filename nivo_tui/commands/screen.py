"""`nivo-tui [DIR]`: the screen."""

from __future__ import annotations

import gc
import os
from argparse import Namespace

from nivo_tui.commands.common import Surroundings
from nivo_tui.errors import UsageError


def run(options: Namespace, around: Surroundings) -> int:
    """Open the screen on a folder; returns when the person leaves it."""
    folder = os.path.abspath(os.path.expanduser(options.folder or os.curdir))
    if not os.path.exists(folder):
        raise UsageError(f"{options.folder} is neither a folder nor a command; see: nivo-tui --help")
    if not os.path.isdir(folder):
        raise UsageError(f"{options.folder} is a file; the screen opens a folder")
    around.paths.create()
    # What an interrupted write left is settled by the engine, which starts right after the first frame.
    # Nothing that is loaded for the first frame is garbage; the screen lets the collector work after it.
    gc.disable()
    from nivo_tui.ui.start import run as run_screen

    return run_screen(folder, around.paths, around.settings, images=options.images, ask_first=True)
