"""What decides: on a tag, on a row, on the photo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nivo_tui.catalog.views import Progress
from nivo_tui.text import plain
from nivo_tui.ui.guard import CONFIRM_S, Verdict
from nivo_tui.ui.sheet import TagRow
from nivo_tui.ui.text import counted

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen


class Deciding:
    """What decides: on a tag, on a row, on the photo. One method for each command id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen
        self._waiting: int | None = None

    def as_shown(self) -> None:
        """Accept as shown and go on, unless the key is held or the photo was not seen yet."""
        guard = self.screen.guard
        verdict = guard.enter()
        if verdict is Verdict.ACT:
            self._accept_and_go_on()
        elif verdict is Verdict.WAIT:
            self._waiting = guard.serial
            self.screen.set_timer(CONFIRM_S, self.settle_enter)

    def settle_enter(self) -> None:
        """An Enter that waited counts, unless another Enter followed: the key was held."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting == self.screen.guard.serial:
            self._accept_and_go_on()

    def _accept_and_go_on(self) -> None:
        screen = self.screen
        sheet = screen.session.sheet
        if not screen.session.accept_as_shown():
            failed = sheet is not None and sheet.detail.progress is Progress.FAILED
            screen.say(
                "review",
                "it could not be analysed; nothing decided"
                if failed
                else "not analysed yet; nothing decided",
            )
            return
        if screen.session.next_todo():
            screen.show_photo()
        else:
            screen.show_photo(same=True)
            screen.run_worker(self._say_all_done(), group="done", exclusive=True)

    async def _say_all_done(self) -> None:
        screen = self.screen
        root, sign = screen.session.root, screen.sign_of("write")
        waiting = await screen.reader.read(lambda library: len(library.pending(root)))
        then = f"{sign} writes {counted(waiting, 'photo')}" if waiting else "nothing waits to be written"
        screen.say("review", f"all done here; {then}")
        self.screen.nivo.notify(then, title="All done here", markup=False)

    def flip(self, key: str) -> None:
        """The numbered row of a digit."""
        number = self.screen.keys.digit(key)
        rows = self.screen.tags.numbered
        if number is not None and number < min(10, len(rows)):
            self.screen.session.flip(rows[number])
            self.screen.show_photo(same=True)

    def accept(self) -> None:
        """Accept the row, then the next row."""
        self._decide(lambda row: self.screen.session.accept(row.suggestion), advance=True)

    def reject(self) -> None:
        """Wrong here, then the next row."""
        self._decide(lambda row: self.screen.session.reject(row.suggestion), advance=True)

    def back(self) -> None:
        """The row back to undecided."""
        self._decide(lambda row: self.screen.session.take_back(row.suggestion))

    def never(self) -> None:
        """Never this tag, anywhere."""
        row = self.screen.tags.current
        self._decide(lambda row: self.screen.session.never(row.suggestion))
        if row is not None:
            label = plain(row.suggestion.label)
            self.screen.say(
                "never", f"{label} is not suggested any more; {self.screen.sign_of('undo')} takes it back"
            )

    def _decide(self, act: Callable[[TagRow], None], *, advance: bool = False) -> None:
        row = self.screen.tags.current
        if row is None:
            return
        act(row)
        self.screen.show_photo(same=True)
        if advance:
            self.screen.tags.step(1)

    def add_tag(self) -> None:
        """Ask for a tag."""
        from nivo_tui.ui.screens.dialogs import AskText

        sheet = self.screen.session.sheet
        known = sorted({plain(s.label) for s in sheet.detail.suggestions}) if sheet is not None else []
        title = f"Add a tag to {plain(sheet.detail.name) if sheet is not None else ''}"
        self.screen.nivo.push_screen(AskText(title, "Enter adds, Esc leaves", known), self._add)

    def _add(self, text: str | None) -> None:
        if text:
            self.screen.attempt(lambda: self._say_added(self.screen.session.add_tag(text)))

    def _say_added(self, text: str | None) -> None:
        if text:
            self.screen.show_photo(same=True)
            self.screen.say("add", plain(text))

    def repeat(self) -> None:
        """Add the last typed tag here too."""
        if self.screen.session.last_added:
            self._say_added(self.screen.session.add_tag(self.screen.session.last_added))

    def copy(self) -> None:
        """Remember the tags."""
        self.screen.say("copy", f"{self.screen.session.copy()} tags")
        self.screen.show_footer()

    def paste(self) -> None:
        """Accept the remembered tags."""
        count = self.screen.session.paste()
        self.screen.show_photo(same=True)
        self.screen.say("paste", f"{count} tags" if count else "all of them are here already")

    def undo(self) -> None:
        """Take back the newest act."""
        undone = self.screen.session.undo()
        self.screen.say("undo", plain(undone.words) if undone else "nothing to take back")
        self.screen.show_all()

    def redo(self) -> None:
        """Make it again."""
        redone = self.screen.session.redo()
        self.screen.say("redo", plain(redone.words) if redone else "nothing to make again")
        self.screen.show_all()
