"""Starting the screen: asks the terminal what it can do, then runs the application over a home."""

from __future__ import annotations

import gc
import sys
from functools import cached_property, partial
from typing import TYPE_CHECKING

from nivo_tui.errors import UsageError
from nivo_tui.platform.process import end_process_after, on_hangup
from nivo_tui.ui.app import FirstRun, NivoApp, Parts
from nivo_tui.ui.text import short_path
from nivo_tui.ui.themes import DARK, LIGHT

if TYPE_CHECKING:
    from nivo_tui.settings import Paths, Settings
    from nivo_tui.ui.app import Link

LOST_TERMINAL_S = 3.0


def run(
    root: str,
    paths: Paths,
    settings: Settings,
    *,
    images: str | None = None,
    title: str | None = None,
    ask_first: bool = False,
) -> int:
    """Open the screen on a folder; returns the exit code.

    `ask_first`: where the home has no settings file, what would be in one is asked.
    Asks the terminal what it can draw before Textual starts. Raises UsageError where there is none,
    SettingsError for wrong keys and StoreError for a home that cannot be opened.
    """
    from nivo_tui.platform.console import is_terminal
    from nivo_tui.ui.images.probe import picture_support, probe_terminal

    found = probe_terminal()
    if not found.terminal:
        raise UsageError("the screen needs a terminal; every command works without one: nivo-tui --help")
    theme = settings.screen.theme
    if theme == "textual-dark":
        theme = DARK.name if found.dark is not False else LIGHT.name
    home = _Home(paths, settings)
    app = NivoApp(
        root,
        home.open_parts,
        picture_support(found, images or settings.screen.images),
        title=title,
        theme=theme,
        late_replies=found.terminal and not found.fenced,
        guards_pastes=True,
        backups=settings.write.backup,
        models_folder=short_path(str(paths.models)),
        has_terminal=is_terminal,
        first_run=home.first_run() if ask_first and not paths.config.exists() else None,
    )
    gc.disable()
    # The reader's thread hands the interpreter over sooner: a key press waits for it at most this long.
    sys.setswitchinterval(0.001)
    # What is still to be drawn may wait for ever for a terminal that takes nothing.
    app.on_lost = partial(end_process_after, LOST_TERMINAL_S)
    restore = on_hangup(app.hang_up)
    try:
        status = app.run() or 0
    finally:
        restore()
        gc.enable()
        app.close_parts()
    if app.failure is not None:
        raise app.failure
    return status


class _Home:
    """Opens what a screen over a home works on; the first run uses the engine's link before the review."""

    def __init__(self, paths: Paths, settings: Settings) -> None:
        self._paths = paths
        self._settings = settings

    @cached_property
    def link(self) -> Link:
        from nivo_tui.engine.client import EngineLink

        return EngineLink(self._paths)

    def open_parts(self) -> Parts:
        from nivo_tui.catalog.library import Library
        from nivo_tui.ui.keymap import key_table
        from nivo_tui.ui.overview import LibraryReader

        paths = self._paths
        keys = key_table(self._settings.screen.keymap, self._settings.keys, file=str(paths.config))
        return Parts(Library(paths), LibraryReader(lambda: Library(paths)), self.link, keys, remembers=True)

    def first_run(self) -> FirstRun:
        import platformdirs

        pictures = platformdirs.user_pictures_path()
        there = str(pictures) if pictures.is_dir() else None
        return FirstRun(self._paths.config, str(self._paths.home), lambda: self.link, there)
