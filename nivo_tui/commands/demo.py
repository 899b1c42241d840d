"""`nivo-tui demo`: a small library of its own to try everything on, or to check an installation with."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from nivo_tui.commands.common import Surroundings
from nivo_tui.commands.demo_library import DemoLibrary, open_library
from nivo_tui.settings import load_paths


def run(options: Namespace, around: Surroundings) -> int:
    """Open the screen on the demo library; with --check walk the whole loop without it."""
    if options.check:
        from nivo_tui.commands.demo_check import check

        return check(around.output, options.dir)
    library = open_library(_folder(options, around))
    _introduce(library, around)
    return _open_screen(library, around, options.images)


def _folder(options: Namespace, around: Surroundings) -> Path:
    """Where the demo library lies: the folder named, else one that is never the person's own home."""
    if options.dir:
        return Path(os.path.abspath(os.path.expanduser(options.dir)))
    if around.paths.is_one_folder:
        return around.paths.home / "demo"
    import platformdirs

    return platformdirs.user_cache_path("nivo-tui-demo", appauthor=False)


def _introduce(library: DemoLibrary, around: Surroundings) -> None:
    say = around.output.message
    state = "was made" if library.made_now else "is"
    say(f"the demo library {state} in {library.photos}: nothing you change there touches your own photos")
    for note in library.stamp.notes:
        say(note)


def _open_screen(library: DemoLibrary, around: Surroundings, images: str | None) -> int:
    paths = load_paths(library.home)
    paths.create()
    from nivo_tui.ui.start import run as run_screen

    return run_screen(str(library.photos), paths, around.settings, images=images, title="demo")
