"""The application with its clocks stopped, for pictures of it."""

from __future__ import annotations

from real_home import ROOT
from screen_fakes import Clock, FakeLink

from nivo_tui.catalog.library import Library
from nivo_tui.settings import Paths
from nivo_tui.ui.app import NivoApp, Parts
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.keymap import key_table
from nivo_tui.ui.overview import LibraryReader


def still_app(library: Library, paths: Paths) -> NivoApp:
    """The application over a real library, without pictures and without a wait between events and paints."""
    parts = Parts(library, LibraryReader(lambda: Library(paths)), FakeLink(), key_table())
    return NivoApp(
        ROOT,
        lambda: parts,
        PictureSupport("none"),
        clock=Clock(),
        wall_clock=lambda: 1_755_180_062.0,
        interval=0.0,
        debounce=0.0,
    )
