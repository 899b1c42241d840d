"""What is about the whole library, or the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.engine import protocol
from nivo_tui.ui import commands

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen


class Whole:
    """What is about the whole library, or the program. One method for each command id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen

    def write(self) -> None:
        """The write plan; where there is none, why."""
        if self.screen.jobs.writing:
            self.screen.say("write", "files are being written")
            return
        if not self.screen.session.can_write:
            sign = self.screen.sign_of("as_shown")
            self.screen.say("write", f"nothing waits to be written: {sign} accepts what is ticked")
            return
        self.screen.nivo.open_write_plan()

    def scan(self) -> None:
        """Look for new and changed photos."""
        self.screen.nivo.scan()

    def cancel(self) -> None:
        """End the job in hand."""
        self.screen.nivo.cancel_job()
        self.screen.say("cancel", "the job ends after the photo in hand")

    def help(self) -> None:
        """All keys, and how to get models."""
        from nivo_tui.ui.screens.help import HelpScreen

        self.screen.nivo.push_screen(HelpScreen(self.screen.keys, self.screen.nivo.models_folder))

    def receipts(self) -> None:
        """What the newest run did, file by file."""
        self.screen.work(self._receipts, "receipts", exclusive=True)

    async def _receipts(self) -> None:
        screen = self.screen
        returning = screen.nivo.returning
        found = await returning.receipts() if returning is not None else None
        if found is None:
            screen.say("receipts", "nothing was written yet")
            return
        if not found[0]:
            screen.say("receipts", f"those of {found[1]} are not kept any more; nivo-tui runs lists it")
            return
        from nivo_tui.ui.screens.receipts import ReceiptsScreen

        if screen.is_current:
            screen.nivo.push_screen(ReceiptsScreen(screen, *found))

    def palette(self) -> None:
        """All commands by name."""
        self.screen.nivo.open_palette()

    def leave(self) -> None:
        """Back one level: from the full picture, marks, a search, a pane over the tags."""
        screen = self.screen
        screen.workers.cancel_group(screen, "search")
        if screen.preview.full:
            screen.does.showing.picture_full()
        elif screen.does.deciding.clear_marks():
            return
        elif screen.pane != commands.TAGS:
            screen.show_pane(commands.TAGS)
        elif screen.session.source.filtered:
            screen.does.finding.clear_filter()

    def history(self) -> None:
        """What was decided, ruled out and written."""
        from nivo_tui.ui.screens.history import HistoryScreen

        self.screen.nivo.push_screen(HistoryScreen(self.screen))

    def keywords(self) -> None:
        """The keywords of the library that mean a tag."""
        self.screen.offer.open()

    def quit(self) -> None:
        """Leave; asks only while files are written."""
        self.screen.nivo.leave()

    def look(self) -> None:
        """The photos on the screen are analysed first."""
        photos = self.screen.photos
        top = int(photos.scroll_offset.y)
        rows = range(top, top + max(1, photos.size.height))
        shown = [photo.path for photo in map(self.screen.session.source.row, rows) if photo is not None]
        path = self.screen.session.path
        if path is not None:
            self.screen.nivo.order(protocol.Look((path, *(p for p in shown if p != path))))
