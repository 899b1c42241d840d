"""The first run: five short steps on one screen, each preset, then the settings file."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import Screen
from textual.suggester import Suggester
from textual.widgets import Input
from textual.worker import get_current_worker

from nivo_tui.engine import protocol
from nivo_tui.errors import NivoError
from nivo_tui.ui import first_steps as steps
from nivo_tui.ui.first_packs import packs_of
from nivo_tui.ui.first_steps import State
from nivo_tui.ui.geometry import LEAST, fits
from nivo_tui.ui.guard import CONFIRM_S, DecisionGuard, Verdict
from nivo_tui.ui.resources import style_sheets
from nivo_tui.ui.text import megabytes, short_path
from nivo_tui.ui.widgets.frame import Rule
from nivo_tui.ui.widgets.lines import LINE_CLASSES, Lines, Piece, spread

if TYPE_CHECKING:
    from nivo_tui.engine.first_look import Found
    from nivo_tui.ui.app import Link

_MOST_WIDTH = 86
_BACK = frozenset({"left", "backspace", "h"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The folder to open, and what went wrong with the settings file, if anything did."""

    folder: str
    trouble: str | None = None


class StepLines(Lines):
    """Lines made by a function of the width, the block of them in the middle of a wide terminal."""

    def __init__(self, make: Callable[[int], list[list[Piece]]], *, id: str) -> None:
        super().__init__(id=id)
        self._make = make

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are (Textual's layout)."""
        return len(self.lines(width))

    def lines(self, width: int) -> list[list[Piece]]:
        """The lines, with a margin where the terminal is wide."""
        taken = min(width, _MOST_WIDTH)
        margin = " " * ((width - taken) // 2)
        return [[(margin, ""), *pieces] for pieces in self._make(taken)]


class FolderSuggester(Suggester):
    """Completes the name of a folder; folders are listed in a thread."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The first folder that begins with what was typed."""
        return await asyncio.to_thread(complete_folder, value)


def complete_folder(typed: str) -> str | None:
    """The first folder whose path begins with `typed`, hidden ones only where a dot is typed."""
    head, tail = os.path.split(typed)
    if not head and not typed.startswith("~"):
        return None
    try:
        with os.scandir(os.path.expanduser(head) or os.sep) as entries:
            names = sorted(e.name for e in entries if e.name.startswith(tail) and e.is_dir())
    except OSError:
        return None
    shown = [name for name in names if name.isprintable() and (tail or not name.startswith("."))]
    return os.path.join(head, shown[0]) + os.sep if shown else None


class FirstRunScreen(Screen[Outcome]):
    """Asks the five questions; dismissed with the folder to open, the settings file written or not."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = style_sheets("first_run.tcss")

    def __init__(
        self,
        root: str,
        config: Path,
        home: str,
        make_link: Callable[[], Link],
        *,
        clock: Callable[[], float] = time.monotonic,
        pictures: str | None = None,
        language: str | None = None,
    ) -> None:
        super().__init__(id="first-run")
        folders = tuple(dict.fromkeys((root, *([pictures] if pictures else ()))))
        self.state = State(root, folders, home, language=language or steps.language_of(os.environ))
        self.step = steps.FOLDER
        self._root = root
        self._config = config
        self._make_link = make_link
        self._link: Link | None = None
        self._guard = DecisionGuard(clock)
        self._answers: list[dict[str, object]] = []
        self._fetched: list[str] = []

    def compose(self) -> ComposeResult:
        """Title, the step, its keys."""
        yield StepLines(self._title_lines, id="first-title")
        yield Rule()
        with Vertical(id="first-body"):
            yield StepLines(self._words, id="first-words")
            folder = Input(
                id="first-folder",
                suggester=FolderSuggester(),
                compact=True,
                disabled=True,
                select_on_focus=False,
            )
            folder.cursor_blink = False
            yield folder
        yield Rule()
        yield StepLines(self._key_lines, id="first-keys")

    def on_mount(self) -> None:
        """Begin to count, and let the engine say which models there are."""
        self._show()
        self._look()
        self.run_worker(self._follow(), group="engine", exit_on_error=True)

    # what is shown

    def _title_lines(self, width: int) -> list[list[Piece]]:
        left: list[Piece] = [(" nivo", "accent"), ("  first run", "dim")]
        at = f"{self.step + 1} of {steps.STEPS} "
        return [spread(left, [(at, "dim")], width)]

    def _words(self, width: int) -> list[list[Piece]]:
        if not fits(*self.size):
            return [[(f" nivo needs {LEAST[0]}×{LEAST[1]} characters", "")]]
        high = self.size.height >= 22
        head: list[list[Piece]] = [[], [(f"  {steps.TITLES[self.step]}", "head")], []]
        return [*head[0 if high else 1 :], *steps.lines(self.state, self.step, width)]

    def _key_lines(self, width: int) -> list[list[Piece]]:
        pieces: list[Piece] = [(" ", "")]
        for key, text in steps.keys(self.state, self.step):
            pieces += [(key, "key"), (f" {text}", "dim"), ("   " if width >= 80 else "  ", "")]
        return [pieces]

    def _show(self) -> None:
        """Draw the step; Enter counts from the moment it was painted."""
        shown = f"{self.step}"
        if self._guard.photo != shown:
            self._guard.changed(shown)
        for lines in self.query(StepLines):
            lines.refresh(layout=self.state.typing)
        self.call_after_refresh(self._guard.painted, shown)

    # keys

    def on_key(self, event: events.Key) -> None:
        """Enter goes on, digits choose, Esc leaves all as it is."""
        if self.state.typing:
            if event.key == "escape":
                event.stop()
                self._end_typing()
            return
        event.stop()
        event.prevent_default()
        self._press(event.key)

    def _press(self, key: str) -> None:
        if key == "enter":
            self._enter()
        elif key == "escape":
            self._leave()
        elif key == "q":
            self.app.exit(0)
        elif key in _BACK and self.step > steps.FOLDER:
            self.step -= 1
            self._show()
        elif key in "123456789":
            self._choose(int(key) - 1)
        elif self.step == steps.MODELS and key == "f":
            self._fetch()
        elif self.step == steps.MODELS and key == "c" and self.state.fetching:
            self._send(protocol.Cancel())

    def _choose(self, row: int) -> None:
        before = self.state.folder
        if not steps.choose(self.state, self.step, row):
            return
        self.state.note = "" if self.step == steps.FOLDER else self.state.note
        if self.state.typing:
            self._begin_typing()
        elif self.state.folder != before:
            self._look()
        self._show()

    def _enter(self) -> None:
        verdict = self._guard.enter()
        if verdict is Verdict.ACT:
            self._go_on()
        elif verdict is Verdict.WAIT:
            serial = self._guard.serial
            self.set_timer(CONFIRM_S, lambda: self._go_on() if serial == self._guard.serial else None)

    def _go_on(self) -> None:
        if self.step < steps.STEPS - 1:
            self.step += 1
            self._show()
            return
        from nivo_tui.settings_file import write_new_settings

        trouble = None
        try:
            if not write_new_settings(self._config, self.state.settings()):
                trouble = "a settings file was written meanwhile, and is left as it is"
        except NivoError as error:
            trouble = f"{error}. You will be asked again next time."
        self.dismiss(Outcome(self.state.folder, trouble))

    def _leave(self) -> None:
        """Nothing is written, and the folder is the one that was given."""
        if self.state.fetching:
            self._send(protocol.Cancel())
        self.dismiss(Outcome(self._root))

    # the folder

    def _begin_typing(self) -> None:
        self.set_class(True, "-typing")
        folder = self.query_one("#first-folder", Input)
        folder.disabled = False
        folder.value = short_path(self.state.folder.rstrip(os.sep) + os.sep)
        if not folder.value.isprintable():
            folder.value = "~" + os.sep
        folder.cursor_position = len(folder.value)
        self._place_entry()
        folder.focus()

    def on_resize(self) -> None:
        """The line to type in stands under the words."""
        self._place_entry()

    def _place_entry(self) -> None:
        margin = max(0, self.size.width - _MOST_WIDTH) // 2 + 4
        self.query_one("#first-folder").styles.margin = (0, margin)

    def _end_typing(self) -> None:
        self.state.typing = False
        self.state.note = ""
        self.set_class(False, "-typing")
        folder = self.query_one("#first-folder", Input)
        folder.disabled = True
        self.set_focus(None)
        self._show()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        typed = event.value.strip()
        path = os.path.abspath(os.path.expanduser(typed)) if typed else ""
        if not os.path.isdir(path):
            self.state.note = "There is no such folder." if typed else "Type the path of a folder."
            self._show()
            return
        if path not in self.state.folders:
            self.state.folders = (*self.state.folders[:2], path)
        self.state.folder = path
        self.state.found = None
        self._end_typing()
        self._look()

    @work(thread=True, group="look", exclusive=True, exit_on_error=True)
    def _look(self) -> None:
        """Thread: count the photos and look for traces of other programs."""
        from nivo_tui.engine.first_look import look_at

        worker = get_current_worker()
        folder = self.state.folder

        def tell(found: Found) -> None:
            if not worker.is_cancelled and self.is_attached:
                self.app.call_from_thread(self._found, folder, found)

        look_at(folder, tell, lambda: worker.is_cancelled)

    def _found(self, folder: str, found: Found) -> None:
        if folder == self.state.folder:
            self.state.found = found
            self._show()

    # the engine

    def _send(self, order: protocol.Order) -> None:
        if self._link is not None:
            self._link.send(order)

    def _fetch(self) -> None:
        wanted = [pack.name for pack in self.state.offered if pack.name in self.state.marked]
        if self.state.fetching or self.state.packs is None:
            return
        if not wanted:
            self.state.note = "Mark with its digit what is to be fetched." if self.state.offered else ""
        else:
            self.state.note = ""
            self.state.fetching = f"fetching {', '.join(wanted)} …"
            self._answers.clear()
            self._send(protocol.Run("models", {"action": "fetch", "names": wanted}))
        self._show()

    async def _follow(self) -> None:
        """Start the engine, ask which models there are, and take what it says."""
        try:
            link = self._link = await asyncio.to_thread(self._make_link)
            await link.start()
            link.send(protocol.Run("models", {"action": "list"}))
            async for event in link.events():
                self._take(event)
        except NivoError as error:
            self._link = None
            self._packs_unknown(str(error))

    def _take(self, event: protocol.Event) -> None:
        if isinstance(event, protocol.Answer):
            self._answers.append(event.line)
        elif isinstance(event, protocol.Progress) and event.kind == "models" and self.state.fetching:
            of = f" of {megabytes(event.total)}" if event.total else ""
            rate = f", {megabytes(int(event.rate))}/s" if event.rate else ""
            self.state.fetching = f"{event.stage}: {megabytes(event.done)}{of}{rate}"
        elif isinstance(event, protocol.JobEnded) and event.kind in ("models", "start"):
            self._ended(event)
        else:
            return
        if self.step == steps.MODELS:
            self._show()

    def _ended(self, event: protocol.JobEnded) -> None:
        if event.state == "failed":
            self._packs_unknown(event.error or "failed")
            return
        if not self.state.fetching:
            self.state.packs = packs_of(self._answers)
            return
        self.state.fetching = ""
        self.state.note = _fetched_words(self._answers, event.state)
        self.state.marked.clear()
        self._answers.clear()
        self._send(protocol.Run("models", {"action": "list"}))

    def _packs_unknown(self, reason: str) -> None:
        """One line, and the rest goes on without."""
        self.state.note = reason if self.state.fetching else f"Which models are here is not known: {reason}"
        self.state.fetching = ""
        self._show()


def _fetched_words(answers: list[dict[str, object]], state: str) -> str:
    """How a fetch ended, in one line: failures first."""
    packs = [line["pack"] for line in answers if isinstance(line.get("pack"), dict)]
    failed = [p for p in packs if isinstance(p, dict) and str(p.get("status", "")).startswith("failed")]
    if failed:
        return f"{failed[0].get('name')} {failed[0].get('status')}"
    if state == "cancelled":
        return "Cancelled; what came already is kept for the next time."
    return ", ".join(str(p.get("name")) for p in packs if isinstance(p, dict)) + " is here now"
