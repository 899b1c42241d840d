"""What decides: on a tag, on a row, on the photo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nivo_tui.catalog.on_many import add_to_photos
from nivo_tui.catalog.views import Progress
from nivo_tui.errors import NivoError
from nivo_tui.model import State, Suggestion
from nivo_tui.text import plain
from nivo_tui.ui import commands
from nivo_tui.ui.guard import CONFIRM_S, Verdict
from nivo_tui.ui.text import counted, number

if TYPE_CHECKING:
    from nivo_tui.ui.completing import LibraryWords
    from nivo_tui.ui.screens.review import ReviewScreen


_DID = {State.ACCEPTED: "accepted", State.REJECTED: "wrong here", State.UNDECIDED: "undecided again"}
_IN_FILE = frozenset({State.IN_FILE, State.WRITTEN})


class Deciding:
    """What decides: on a tag, on a row, on the photo. One method for each command id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen
        self._waiting: int | None = None
        self._words: LibraryWords | None = None
        self._adding = False

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
            self.screen.attempt(self._accept_and_go_on)

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
            screen.work(self._say_all_done, "done", exclusive=True)

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
        """Accept the row, then the next row; or the marked rows."""
        self._decide(State.ACCEPTED, self.screen.session.accept, advance=True)

    def reject(self) -> None:
        """Wrong here, then the next row; or the marked rows."""
        self._decide(State.REJECTED, self.screen.session.reject, advance=True)

    def back(self) -> None:
        """The row back to undecided, or the marked rows."""
        self._decide(State.UNDECIDED, self.screen.session.take_back)

    def _decide(self, state: State, act: Callable[[Suggestion], None], *, advance: bool = False) -> None:
        session, row = self.screen.session, self.screen.tags.current
        if session.marks.tags:
            self._say_marked(_DID[state], *session.decide_marked(state))
        elif row is not None:
            act(row.suggestion)
            self.screen.show_photo(same=True)
            if advance:
                self.screen.tags.step(1)

    def _say_marked(self, did: str, count: int, names: int) -> None:
        self.screen.show_photo(same=True)
        left = f"; {counted(names, 'name')} left out: only its own key decides it" if names else ""
        self.screen.say("marks", f"{counted(count, 'tag')} {did}{left}")

    def never(self) -> None:
        """Never this tag, anywhere; or the marked ones."""
        session, row = self.screen.session, self.screen.tags.current
        if session.marks.tags:
            self._say_marked("not suggested any more", *session.never_marked())
        elif row is not None:
            session.never(row.suggestion)
            self.screen.show_photo(same=True)
            label = row.label
            self.screen.say(
                "never", f"{label} is not suggested any more; {self.screen.sign_of('undo')} takes it back"
            )

    def mark(self) -> None:
        """Mark the row, and go on to the next; in the photo list the photo."""
        screen = self.screen
        if screen.pane == commands.PHOTOS:
            photo = screen.session.photo
            if photo is not None:
                screen.session.marks.flip_photo(photo.path)
                screen.active_list.step(1)
        elif screen.tags.current is not None:
            screen.session.marks.flip_tag(screen.tags.current.suggestion.tag)
            screen.tags.step(1)
        self.show_marks()

    def clear_marks(self) -> bool:
        """Nothing is marked any more. False where nothing was."""
        cleared = self.screen.session.marks.clear()
        if cleared:
            self.show_marks()
        return cleared

    def marked_count(self) -> str:
        """What follows the head of the photo list."""
        photos = self.screen.session.marks.photos
        return f" · {number(len(photos))} marked" if photos else ""

    def marked_hint(self) -> str:
        """What stands below the tags while photos are marked."""
        photos, sign = self.screen.session.marks.photos, self.screen.sign_of
        if not photos:
            return ""
        keys = f"{sign('add_tag')}, {sign('repeat')} and {sign('paste')}"
        return f"{counted(len(photos), 'photo')} marked: {keys} act on all of them, {sign('leave')} ends that"

    def show_marks(self) -> None:
        """The marks in both lists, and how many photos are marked."""
        self.screen.photos.refresh()
        self.screen.tags.refresh()
        self.screen.show_photo(same=True)

    def add_tag(self) -> None:
        """Ask for a tag, for this photo or the marked ones."""
        marked = len(self.screen.session.marks.photos)
        sheet = self.screen.session.sheet
        where = counted(marked, "marked photo") if marked else plain(sheet.detail.name) if sheet else ""
        self._ask(f"Add a tag to {where}", "Enter adds, Esc leaves", self._add)

    def edit_tag(self) -> None:
        """Ask for another tag in the place of the row's."""
        row = self.screen.tags.current
        if row is not None:
            old = row.suggestion
            label = plain(old.label)
            self._ask(
                f"In place of {label}, for this photo",
                "Enter changes it, Esc leaves",
                lambda text: self._edit(old, text),
                label,
            )

    def _ask(self, title: str, hint: str, then: Callable[[str | None], None], text: str = "") -> None:
        from nivo_tui.ui.completing import Completion, LibraryWords
        from nivo_tui.ui.screens.dialogs import AskText

        if self._words is None:
            self._words = LibraryWords(self.screen.reader, self.screen.clock)
        sheet = self.screen.session.sheet
        here = sorted({plain(s.label) for s in sheet.detail.suggestions}) if sheet is not None else []
        self.screen.nivo.push_screen(AskText(title, hint, Completion(here, self._words), text), then)

    def _edit(self, old: Suggestion, text: str | None) -> None:
        if text:
            self.screen.attempt(lambda: self._say_edited(old, self.screen.session.edit(old, text)))

    def _say_edited(self, old: Suggestion, new: str | None) -> None:
        if new is None:
            self.screen.say("edit", "the same tag: nothing changed")
            return
        self.screen.show_photo(same=True)
        stays = "; it stays in the file until it is taken out there" if old.state in _IN_FILE else ""
        self.screen.say("edit", f"{plain(old.label)} became {plain(new)}{stays}")

    def _add(self, text: str | None) -> None:
        if not text or not text.strip():
            return
        if self.screen.session.marks.photos:
            self.screen.session.last_added = " ".join(text.split())
            self._on_marked([text], "marks")
        else:
            self.screen.attempt(lambda: self._say_added(self.screen.session.add_tag(text)))

    def _say_added(self, text: str | None) -> None:
        if text:
            self.screen.show_photo(same=True)
            self.screen.say("add", plain(text))

    def repeat(self) -> None:
        """Add the last typed tag here too, or to the marked photos."""
        session = self.screen.session
        if session.last_added and session.marks.photos:
            self._on_marked([session.last_added], "marks")
        elif session.last_added and session.is_name_here(session.last_added):
            label = plain(session.last_added)
            self.screen.say("repeat", f"{label} is a person's name here: only its own key accepts it")
        elif session.last_added:
            self._say_added(session.add_tag(session.last_added))

    def copy(self) -> None:
        """Remember the tags."""
        self.screen.say("copy", counted(self.screen.session.copy(), "tag"))
        self.screen.show_footer()

    def paste(self) -> None:
        """Accept the remembered tags here, or on the marked photos."""
        session = self.screen.session
        if session.marks.photos:
            self._on_marked([s.label for s in session.copied], "paste")
            return
        count = session.paste()
        self.screen.show_photo(same=True)
        self.screen.say("paste", counted(count, "tag") if count else "all of them are here already")

    def _on_marked(self, labels: list[str], by: str) -> None:
        """Add tags to the marked photos; not while that is being done already."""
        if self._adding:
            return
        self._adding = True
        paths = list(self.screen.session.marks.photos)
        self.screen.run_worker(self._add_to(paths, labels, by), group="marked")

    async def _add_to(self, paths: list[str], labels: list[str], by: str) -> None:
        screen = self.screen
        try:
            added = await screen.reader.read(lambda library: add_to_photos(library, paths, labels, by=by))
        except NivoError as error:
            screen.say("error", str(error), "error")
            return
        finally:
            self._adding = False
        if not screen.is_attached:
            return
        what = plain(labels[0]) if len(labels) == 1 else counted(len(labels), "tag")
        if added.act is not None:
            screen.session.note_act(f"{what} on {counted(added.photos, 'photo')}", added.act)
            screen.show_all()
        left = f"; {counted(added.names, 'name')} left out" if added.names else ""
        screen.say("marks", f"{what}: added to {counted(added.photos, 'photo')}{left}")

    def undo(self) -> None:
        """Take back the newest act of this session."""
        undone = self.screen.session.undo()
        older = f"nothing of this session is left; {self.screen.sign_of('history')} takes back older ones"
        self.screen.say("undo", plain(undone.words) if undone else older)
        self.screen.offer.turned_round(undone.numbers if undone else ())
        self.screen.show_all()

    def redo(self) -> None:
        """Make it again."""
        redone = self.screen.session.redo()
        self.screen.say("redo", plain(redone.words) if redone else "nothing to make again")
        self.screen.offer.turned_round(redone.numbers if redone else ())
        self.screen.show_all()
