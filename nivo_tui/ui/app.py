"""The application: opens the library, follows the engine, and holds the screens."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Protocol

from textual import events
from textual.app import App

from nivo_tui.engine import protocol
from nivo_tui.errors import NivoError, UsageError
from nivo_tui.ui.bridge import INTERVAL_S, Batch, Bridge
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.images.late_replies import LateReplies
from nivo_tui.ui.keymap import KeyTable, key_table
from nivo_tui.ui.overview import LibraryReader
from nivo_tui.ui.resources import style_sheets
from nivo_tui.ui.screens.review import ReviewScreen
from nivo_tui.ui.session import Session
from nivo_tui.ui.themes import DARK, LIGHT, between_colours

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library
    from nivo_tui.settings import Paths, Settings


class Link(Protocol):
    """The engine as the screen uses it; `engine.client.EngineLink` is one."""

    async def start(self) -> None: ...
    def send(self, order: protocol.Order) -> None: ...
    def events(self) -> AsyncIterator[protocol.Event]: ...
    async def close(self) -> None: ...


class NivoApp(App[int]):
    """The screens over one library and one engine."""

    TITLE = "nivo"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        root: str,
        library: Library,
        reader: LibraryReader,
        link: Link,
        keys: KeyTable,
        support: PictureSupport,
        *,
        title: str | None = None,
        theme: str = "nivo-dark",
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        interval: float = INTERVAL_S,
        debounce: float | None = None,
        late_replies: bool = False,
        backups: bool = True,
    ) -> None:
        super().__init__(css_path=style_sheets())
        self._late_replies = LateReplies() if late_replies else None
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = theme if theme in self.available_themes else DARK.name
        self.root = root
        self.library = library
        self.link = link
        self._interval = interval
        self._wall_clock = wall_clock
        self._linked = False
        self._backups = backups
        self.review = ReviewScreen(
            Session(library, root),
            reader,
            keys,
            support,
            title=title,
            clock=clock,
            wall_clock=wall_clock,
            debounce=debounce,
        )

    def get_default_screen(self) -> ReviewScreen:
        """The review is the first screen: there is none below it to be drawn."""
        return self.review

    def on_mount(self) -> None:
        """The first frame, then the engine."""
        self.call_after_refresh(self._start_engine)

    async def on_event(self, event: events.Event) -> None:
        """Every event; an answer of the terminal that came late is no key press."""
        if (
            self._late_replies is not None
            and isinstance(event, events.Key)
            and not event.is_forwarded
            and self._late_replies.swallows(event.key, event.time)
        ):
            return
        await super().on_event(event)

    async def on_unmount(self) -> None:
        """Let go of the engine; it goes on and ends by itself."""
        await self.link.close()

    def _start_engine(self) -> None:
        self.run_worker(self._follow_engine(), name="engine", exit_on_error=True)

    async def _follow_engine(self) -> None:
        try:
            await self.link.start()
        except NivoError as error:
            self.deliver(Batch(lost=str(error)))
            return
        self._linked = True
        self.scan()
        await Bridge(self.link, self.deliver, self._wall_clock, self._interval).run()
        self._linked = False

    def deliver(self, batch: Batch) -> None:
        """A batch of the engine, to every screen that follows it."""
        self.review.apply(batch)
        for screen in self.screen_stack:
            if screen is not self.review and hasattr(screen, "apply"):
                screen.apply(batch)
        if batch.lost is not None:
            self.notify(
                "Decisions are kept and can still be made. Quit and start nivo-tui again to scan or write.",
                title="The engine stopped",
                severity="warning",
                timeout=10,
                markup=False,
            )

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The colours that our style sheets use beside a theme's own."""
        return between_colours(self.current_theme)

    # orders

    def order(self, order: protocol.Order) -> bool:
        """Send an order to the engine. False, with a line in the log, where there is none."""
        if not self._linked:
            self.review.say("engine", "no engine: quit and start nivo-tui again", "error")
            return False
        self.link.send(order)
        return True

    def scan(self) -> None:
        """Look for new and changed photos."""
        self.order(protocol.Run("scan", {"paths": [self.root]}))

    def cancel_job(self) -> None:
        """End the job in hand after the file in hand."""
        self.order(protocol.Cancel())

    # screens

    def open_palette(self) -> None:
        """All commands by name."""
        from textual.command import CommandPalette

        from nivo_tui.ui.palette import NivoCommands

        self.push_screen(CommandPalette(providers=[NivoCommands], placeholder="Command"))

    def open_write_plan(self) -> None:
        """What would be written, to be confirmed."""
        from nivo_tui.ui.screens.write_plan import WritePlanScreen

        self.push_screen(
            WritePlanScreen(
                self.library, self.root, self.review.jobs, self.review.keys, self.order, backups=self._backups
            )
        )

    def leave(self) -> None:
        """Quit; asks only while files are being written."""
        if not self.review.jobs.writing:
            self.exit(0)
            return
        from nivo_tui.ui.screens.dialogs import Confirm

        question = "The file in hand is finished in any case; the engine goes on writing the rest."
        self.push_screen(
            Confirm("Files are being written", question, "Enter quits, Esc stays"),
            lambda sure: self.exit(0) if sure else None,
        )

    async def action_quit(self) -> None:
        """Ctrl+Q."""
        self.leave()

    def action_help_quit(self) -> None:
        """Ctrl+C: say how to leave."""
        self.review.say("quit", f"{self.review.sign_of('quit')} leaves nivo")


def run(
    root: str,
    paths: Paths,
    settings: Settings,
    *,
    images: str | None = None,
    title: str | None = None,
) -> int:
    """Open the screen on a folder; returns the exit code.

    Asks the terminal what it can draw before Textual starts. Raises UsageError where there is none,
    SettingsError for wrong keys and StoreError for a home that cannot be opened.
    """
    from nivo_tui.catalog.library import Library
    from nivo_tui.engine.client import EngineLink
    from nivo_tui.ui.images.probe import picture_support, probe_terminal

    keys = key_table(settings.screen.keymap, settings.keys)
    found = probe_terminal()
    if not found.terminal:
        raise UsageError("the screen needs a terminal; every command works without one: nivo-tui --help")
    library = Library(paths)
    reader = LibraryReader(lambda: Library(paths))
    theme = settings.screen.theme
    if theme == "textual-dark":
        theme = DARK.name if found.dark is not False else LIGHT.name
    app = NivoApp(
        root,
        library,
        reader,
        EngineLink(paths),
        keys,
        picture_support(found, images or settings.screen.images),
        title=title,
        theme=theme,
        late_replies=found.terminal and not found.fenced,
        backups=settings.write.backup,
    )
    try:
        return app.run() or 0
    finally:
        reader.close()
        library.close()
