"""Near-duplicates of the open photo and of the one just decided: looked for elsewhere, offered once."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import WorkType

from nivo_tui.catalog.bursts import given_tags
from nivo_tui.catalog.views import PhotoDetail, Progress
from nivo_tui.errors import NivoError
from nivo_tui.text import plain
from nivo_tui.ui.text import counted

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library
    from nivo_tui.ui.screens.review import ReviewScreen

_PAUSE_S = 0.15


class Twins:
    """Says whose decision can be given to near-duplicates: the photo just decided, else the open one."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen
        self._open: str | None = None
        self._was_to_do = False
        self._decided: str | None = None
        self._near = 0

    @property
    def source(self) -> str | None:
        """The photo whose decision can be given now, None where there is nothing to give or nobody."""
        if self._decided is not None:
            return self._decided
        sheet = self.screen.session.sheet
        if self._near and sheet is not None and sheet.detail.path == self._open and given_tags(sheet.detail):
            return self._open
        return None

    def opened(self) -> None:
        """Another photo is the open one."""
        sheet = self.screen.session.sheet
        before = self._open if self._was_to_do else None
        self._open = sheet.detail.path if sheet is not None else None
        self._was_to_do = sheet is not None and sheet.detail.progress is Progress.TODO
        self.forget()
        self._start(before)

    def look_again(self) -> None:
        """Some near-duplicates are done: find those that are left of the open photo."""
        self.forget()
        self._start(None)

    def forget(self) -> None:
        """Nothing is offered until it was looked for."""
        self._decided = None
        self._near = 0

    def _start(self, before: str | None) -> None:
        path = self._open
        if path is None:
            return
        # A coroutine would be left behind, never awaited, by a worker that is replaced before it began.
        look: WorkType[None] = partial(self._look, before, path)
        self.screen.run_worker(look, group="twins", exclusive=True)

    async def _look(self, before: str | None, path: str) -> None:
        await asyncio.sleep(_PAUSE_S)
        screen, root = self.screen, self.screen.session.root
        try:
            given, near = await screen.reader.read(lambda library: _looked(library, root, before, path))
        except NivoError:
            return  # the overview, read in the same way, says what is wrong
        if not screen.is_attached or path != self._open:
            return
        self._near = near
        if given is not None:
            detail, count = given
            self._decided = detail.path
            words = counted(count, "near-duplicate")
            them = "it" if count == 1 else "them"
            sign = screen.sign_of("burst")
            screen.say("burst", f"{plain(detail.name)} has {words}: {sign} gives {them} the same")
        screen.show_footer()


def _looked(
    library: Library, root: str, before: str | None, path: str
) -> tuple[tuple[PhotoDetail, int] | None, int]:
    """The photo decided before and how many near-duplicates are to do, and how many of the open photo."""
    given = None
    detail = library.detail(before) if before is not None else None
    if detail is not None and detail.progress is Progress.DONE and given_tags(detail):
        count = len(library.near_duplicates(root, detail.path))
        given = (detail, count) if count else None
    return given, len(library.near_duplicates(root, path))
