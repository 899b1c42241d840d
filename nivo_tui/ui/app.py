"""The application: opens the library, follows the engine, and holds the screens."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from textual import events
from textual.app import App

from nivo_tui.errors import NivoError
from nivo_tui.ui.images.late_replies import LateReplies
from nivo_tui.ui.pasted import PasteGuard
from nivo_tui.ui.resources import FIRST_SHEET, style_sheets
from nivo_tui.ui.screens.opening import OpeningScreen
from nivo_tui.ui.text import short_path
from nivo_tui.ui.themes import DARK, THEMES, between_colours, other, theme_for

if TYPE_CHECKING:
    from pathlib import Path

    from nivo_tui.catalog.library import Library
    from nivo_tui.engine import protocol
    from nivo_tui.ui.bridge import Batch
    from nivo_tui.ui.images.factory import PictureSupport
    from nivo_tui.ui.keymap import KeyTable
    from nivo_tui.ui.overview import LibraryReader
    from nivo_tui.ui.returning import Returning
    from nivo_tui.ui.screens.review import ReviewScreen

INTERVAL_S = 0.2
TERMINAL_PAUSE_S = 2.0
LOCKED_S = 2.0
_OPENING, _REVIEW = "opening", "review"


class Link(Protocol):
    """The engine as the screen uses it; `engine.client.EngineLink` is one."""

    async def start(self) -> None: ...
    def send(self, order: protocol.Order) -> None: ...
    def events(self) -> AsyncIterator[protocol.Event]: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What the review works on. `library` belongs to the screen's thread, `reader` has one of its own.

    `remembers`: where a person was is kept in the library, and opened again.
    """

    library: Library
    reader: LibraryReader
    link: Link
    keys: KeyTable
    remembers: bool = False


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What the first run needs: where the settings file will be, the home, and the engine's link.

    `pictures` is the folder where the system keeps pictures, where there is one.
    """

    config: Path
    home: str
    link: Callable[[], Link]
    pictures: str | None = None


class NivoApp(App[int]):
    """The screens over one library and one engine.

    The first frame is painted before anything is opened, and before the modules of the review are loaded:
    `open_parts` is called after it, in the screen's thread. What it raises ends the application; `failure`
    holds it then.
    """

    TITLE = "nivo"
    ENABLE_COMMAND_PALETTE = False
    DEFAULT_MODE = _OPENING

    def __init__(
        self,
        root: str,
        open_parts: Callable[[], Parts],
        support: PictureSupport,
        *,
        title: str | None = None,
        theme: str = "nivo-dark",
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        interval: float = INTERVAL_S,
        debounce: float | None = None,
        late_replies: bool = False,
        guards_pastes: bool = False,
        backups: bool = True,
        models_folder: str = "models",
        has_terminal: Callable[[], bool] | None = None,
        first_run: FirstRun | None = None,
    ) -> None:
        super().__init__(css_path=style_sheets(FIRST_SHEET))
        self._late_replies = LateReplies() if late_replies else None
        self._paste_guard = PasteGuard(self, self._say_pasted) if guards_pastes else None
        for known in THEMES:
            self.register_theme(known)
        theme = theme_for(theme, self.console.color_system)
        # Set without its watcher, which runs at the start anyway.
        self.set_reactive(App.theme, theme if theme in self.available_themes else DARK.name)
        self.add_mode(_OPENING, lambda: OpeningScreen(title or short_path(root)))
        self.root = root
        self.failure: NivoError | None = None
        self._open_parts = open_parts
        self._parts: Parts | None = None
        self._review: ReviewScreen | None = None
        self._support = support
        self._title = title
        self._clock = clock
        self._wall_clock = wall_clock
        self._interval = interval
        self._debounce = debounce
        self._linked = False
        self._leaving = False
        self.keeps_backups = backups
        self.models_folder = models_folder
        self._has_terminal = has_terminal
        self._first_run = first_run
        self._trouble: str | None = None
        self.last_key = ""
        self.returning: Returning | None = None
        self.on_lost: Callable[[], None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def on_mount(self) -> None:
        """The first frame, then the library, then the engine."""
        self.call_after_refresh(self._start_opening)
        self._loop = asyncio.get_running_loop()
        if self._has_terminal is not None:
            self.set_interval(TERMINAL_PAUSE_S, self._leave_without_terminal)

    def _leave_without_terminal(self) -> None:
        """End where the terminal is gone and nothing told us: waiting for its keys would never end."""
        if self._has_terminal is not None and not self._has_terminal():
            self._terminal_lost()

    def hang_up(self) -> None:
        """The terminal goes, or we are to end (from a signal's handler): keep where one was, and end."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._terminal_lost)

    def _terminal_lost(self) -> None:
        if self._leaving:
            return
        self._leaving = True
        if self.returning is not None:
            self.returning.leave()
        self.exit(1)
        if self.on_lost is not None:
            self.on_lost()

    def _start_opening(self) -> None:
        self.run_worker(self._open(), name="open", exit_on_error=True)

    async def _ask_first(self, first_run: FirstRun) -> None:
        """The first run's questions; the folder they end with is the one to open."""
        from nivo_tui.ui.screens.first_run import FirstRunScreen

        screen = FirstRunScreen(
            self.root,
            first_run.config,
            first_run.home,
            first_run.link,
            clock=self._clock,
            pictures=first_run.pictures,
        )
        outcome = await self.push_screen_wait(screen)
        self.root, self._trouble = outcome.folder, outcome.trouble

    async def _open(self) -> None:
        loading = asyncio.ensure_future(asyncio.to_thread(_load))
        if self._first_run is not None:
            await self._ask_first(self._first_run)
        await loading
        if self._leaving or not self.is_running:
            return
        from nivo_tui.ui.returning import Returning, visit_of
        from nivo_tui.ui.screens.review import ReviewScreen
        from nivo_tui.ui.session import Session

        try:
            parts = self._parts = self._open_parts()
            parts.library.wait_at_most(LOCKED_S)
            visit = visit_of(parts.library, self.root) if parts.remembers else None
            session = Session(parts.library, self.root, visit=visit)
        except NivoError as error:
            self.failure = error
            self.exit(2)
            return
        review = self._review = ReviewScreen(
            session,
            parts.reader,
            parts.keys,
            self._support,
            size=self.size,
            title=self._title,
            clock=self._clock,
            wall_clock=self._wall_clock,
            debounce=self._debounce,
        )
        self.add_mode(_REVIEW, lambda: review)
        await self.switch_mode(_REVIEW)
        if self._trouble is not None:
            review.say("settings", self._trouble, "error")
        self.returning = Returning(review, parts.remembers)
        self.call_after_refresh(self._start_engine)

    @property
    def review(self) -> ReviewScreen:
        """The review, once the library is open."""
        assert self._review is not None
        return self._review

    @property
    def is_open(self) -> bool:
        """Whether the review is there."""
        return self._review is not None

    async def on_event(self, event: events.Event) -> None:
        """Every event; an answer of the terminal that came late is no key press."""
        if (
            self._late_replies is not None
            and isinstance(event, events.Key)
            and not event.is_forwarded
            and self._late_replies.swallows(event.key, event.time)
        ):
            return
        if (
            self._paste_guard is not None
            and isinstance(event, events.Key)
            and not event.is_forwarded
            and self._paste_guard.holds(event)
        ):
            return
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.last_key = event.key
        await super().on_event(event)

    def _say_pasted(self, keys: int) -> None:
        if self._review is not None:
            self._review.say("keys", f"{keys} keys came at once, like a pasted text: none of them counted")

    async def on_unmount(self) -> None:
        """Let go of the engine, which goes on and ends by itself, and of the library."""
        if self._parts is not None:
            await self._parts.link.close()

    def close_parts(self) -> None:
        """After the application ended: keep where one was, and close both libraries."""
        if self.returning is not None:
            self.returning.leave()
        if self._parts is not None:
            self._parts.reader.close()
            self._parts.library.close()

    def _start_engine(self) -> None:
        # What was made to start is kept: the collector need not look at it again.
        gc.freeze()
        gc.enable()
        self.run_worker(self._follow_engine(), name="engine", exit_on_error=True)

    async def _follow_engine(self) -> None:
        from nivo_tui.ui.bridge import Batch, Bridge

        assert self._parts is not None
        link = self._parts.link
        try:
            await link.start()
        except NivoError as error:
            self.deliver(Batch(lost=str(error)))
            return
        self._linked = True
        if self.returning is not None:
            self.review.work(self.returning.tell, "returning")
        self.scan()
        await Bridge(link, self.deliver, self._wall_clock, self._interval).run()
        self._linked = False

    def deliver(self, batch: Batch) -> None:
        """A batch of the engine, to every screen that follows it."""
        self.review.apply(batch)
        if self.returning is not None:
            self.returning.apply(batch)
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

    def turn_colours(self) -> None:
        """From the dark colours to the light ones, and back."""
        self.theme = other(self.current_theme)

    # orders

    def order(self, order: protocol.Order, *, quietly: bool = False) -> bool:
        """Send an order to the engine. False where there is none, with a line in the log if not `quietly`."""
        if not self._linked or self._parts is None:
            if quietly:
                return False
            self.review.say("engine", "no engine: quit and start nivo-tui again", "error")
            return False
        self._parts.link.send(order)
        return True

    def scan(self) -> None:
        """Look for new and changed photos."""
        from nivo_tui.engine import protocol

        self.order(protocol.Run("scan", {"paths": [self.root]}))

    def cancel_job(self) -> None:
        """End the job in hand after the file in hand."""
        from nivo_tui.engine import protocol

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

        self.push_screen(WritePlanScreen(self.review))

    def leave(self) -> None:
        """Quit; asks only while files are being written."""
        self._leaving = self._review is None
        if self._review is None or not self._review.jobs.writing:
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
        if self._review is None:
            self.leave()
            return
        self.review.say("quit", f"{self.review.sign_of('quit')} leaves nivo")


def _load() -> None:
    """The modules that the first frame does without."""
    import nivo_tui.catalog.library
    import nivo_tui.engine.client
    import nivo_tui.ui.bridge
    import nivo_tui.ui.screens.review  # noqa: F401
