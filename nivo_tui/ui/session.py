"""The review itself, without a screen: the open folder and photo, decisions, and taking them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nivo_tui.catalog.decisions import Choice
from nivo_tui.catalog.records import fold
from nivo_tui.catalog.states import added_choice
from nivo_tui.catalog.views import Counts, FolderView, PhotoDetail, PhotoView, Progress
from nivo_tui.model import State, Suggestion
from nivo_tui.ui.marks import Marks
from nivo_tui.ui.overview import Overview, read_overview
from nivo_tui.ui.photo_source import PhotoSource
from nivo_tui.ui.sheet import Sheet, TagRow
from nivo_tui.ui.text import counted
from nivo_tui.ui.undoing import Act, Undoing, Undone
from nivo_tui.ui.visit import Visit, open_visit, with_new

if TYPE_CHECKING:
    from nivo_tui.catalog.finder import Listing
    from nivo_tui.catalog.library import Library


@dataclass(slots=True)
class Session:
    """Holds what is open, and turns keys into decisions of the library."""

    library: Library
    root: str
    folder: str = ""
    source: PhotoSource = field(init=False)
    row: int = 0
    sheet: Sheet | None = None
    copied: tuple[Suggestion, ...] = ()
    last_added: str | None = None
    counts: Counts | None = None
    folders: tuple[FolderView, ...] = ()
    version: int = 0
    visit: Visit | None = None
    _changed: dict[str, dict[str, bool]] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)
    bars: Mapping[str, str] = field(default_factory=dict)  # learned ones in words, by tag
    undoing: Undoing = field(init=False)

    def __post_init__(self) -> None:
        self.undoing = Undoing(self.library, lambda path: self._changed.setdefault(path, {}))
        open_visit(self, self.visit)

    # what is open

    def open_folder(self, folder: str) -> None:
        """Open a folder at its first photo to do."""
        self.folder = folder
        self.source = PhotoSource(self.library, folder)
        self.marks.photos.clear()
        self.open_row(self.library.next_todo(folder, -1) or 0)

    def show_listing(self, listing: Listing | None, path: str | None) -> None:
        """List what a query found in the open folder, or all of it; `path` stays open where it is listed."""
        self.source = PhotoSource(self.library, self.folder, listing)
        row = self.source.row_of(path) if path is not None else None
        self.open_row(row if row is not None else self.source.next_todo_row(-1) or 0)

    def open_row(self, row: int) -> bool:
        """Open the photo of a row. False where there is none."""
        photo = self.source.row(row)
        if photo is None:
            self.sheet = None
            self.row = 0
            return False
        self.row = row
        if photo.path != self.path:
            self.marks.tags.clear()
        self._open_path(photo.path)
        return True

    def _open_path(self, path: str) -> None:
        detail = self.library.detail(path)
        changed = self._changed.setdefault(path, {})
        self.sheet = None if detail is None else Sheet(detail, changed, self.bars)

    def reload(self) -> None:
        """Read the open photo anew, and its row of the list."""
        if self.sheet is None:
            return
        self._open_path(self.sheet.detail.path)
        photo = self.photo
        if self.sheet is not None and photo is not None and photo.path == self.sheet.detail.path:
            detail = self.sheet.detail
            still_open = sum(row.suggestion.state is State.UNDECIDED for row in self.sheet.rows())
            self.source.put(replace(photo, tags=still_open, progress=detail.progress, error=detail.error))

    def ask(self) -> Callable[[Library], Overview]:
        """The question that an overview answers, for the state as it is now."""
        root, folder, path, near = self.root, self.folder, self.path, self.row
        listing, visit = self.source.listing, self.visit
        return lambda library: with_new(
            read_overview(library, root, folder, path, near, listing), library, root, visit
        )

    def adopt(self, overview: Overview) -> None:
        """Take a newer state of the library; the open photo stays open wherever it stands now."""
        self.counts = overview.counts
        self.folders = overview.folders
        if overview.folder != self.folder or overview.asked is not self.source.listing:
            return
        self.source.adopt(overview.total, overview.pages, overview.listing)
        # A person may have gone on to another photo while the library was read.
        asked = overview.path == self.path or self.path is None
        row = overview.row if asked else self.source.row_of(self.path or "")
        if row is not None:
            self.row = row
            self.reload()
        elif self.sheet is None:
            self.open_row(self.source.next_todo_row(-1) or 0)
        else:
            self.open_row(max(0, min(self.row, len(self.source) - 1)))

    @property
    def can_write(self) -> bool:
        """Whether anything accepted is not in its file yet, as far as known."""
        if self.sheet is not None and self.sheet.detail.to_write:
            return True
        return self.counts is not None and self.counts.to_write > 0

    @property
    def path(self) -> str | None:
        """The open photo."""
        return self.sheet.detail.path if self.sheet is not None else None

    @property
    def photo(self) -> PhotoView | None:
        """The open photo's row of the list."""
        return self.source.row(self.row)

    def go_to_path(self, path: str) -> bool:
        """Open a photo by its path; its folder is left only when it does not hold it."""
        row = self.source.row_of(path)
        if row is None and self.source.filtered and self.library.position(self.folder, path) is not None:
            self.source = PhotoSource(self.library, self.folder)
            row = self.source.row_of(path)
        if row is None and self.library.position(self.root, path) is not None:
            self.folder = self.root
            self.marks.photos.clear()
            self.source = PhotoSource(self.library, self.root)
            row = self.source.row_of(path)
        return row is not None and self.open_row(row)

    # decisions on one tag

    def flip(self, row: TagRow) -> None:
        """Tick or untick; a name is accepted, for this is its own key."""
        suggestion = row.suggestion
        if row.sign == "✓":
            if suggestion.state is State.UNDECIDED:
                self._tick(suggestion, False)
            else:
                self._decide(suggestion, State.UNDECIDED, tick=False)
        else:
            self._decide(suggestion, State.ACCEPTED)

    def accept(self, suggestion: Suggestion) -> None:
        """Accept one tag."""
        self._decide(suggestion, State.ACCEPTED)

    def reject(self, suggestion: Suggestion) -> None:
        """The tag is wrong for this photo."""
        self._decide(suggestion, State.REJECTED)

    def take_back(self, suggestion: Suggestion) -> None:
        """Back to undecided, and to the tick it had at first."""
        if suggestion.state is State.UNDECIDED:
            if suggestion.tag in self._ticks:
                self._remember((), f"tick of {suggestion.label}")
                del self._ticks[suggestion.tag]
            return
        self._decide(suggestion, State.UNDECIDED)

    def never(self, suggestion: Suggestion) -> None:
        """Never this tag, anywhere."""
        self._remember((self.library.never(suggestion.tag),))
        self.source.forget()
        self._after_decision()

    def _decide(self, suggestion: Suggestion, state: State, *, tick: bool | None = None) -> None:
        path = self.path
        if path is None or (suggestion.state is state and tick is None):
            return
        self._remember((self.library.decide(path, suggestion.tag, state, by="key"),))
        self._ticks.pop(suggestion.tag, None)
        if tick is not None:
            self._ticks[suggestion.tag] = tick
        self._after_decision()

    def _tick(self, suggestion: Suggestion, on: bool) -> None:
        self._remember((), f"tick of {suggestion.label}")
        self._ticks[suggestion.tag] = on

    @property
    def _ticks(self) -> dict[str, bool]:
        return self._changed.setdefault(self.path or "", {})

    # decisions on the photo

    def accept_as_shown(self) -> bool:
        """Accept what is ticked and call the photo done. False where it was not analysed."""
        if self.sheet is None or self.sheet.detail.progress in (Progress.NEW, Progress.FAILED):
            return False
        detail, ticked = self.sheet.detail, self.sheet.ticked()
        # A tick that a digit took away is a judgement of that tag; what was never ticked is none.
        unticked = {tag for tag, on in self._ticks.items() if not on and tag in detail.ticked}
        self._remember((self.library.accept_as_shown(detail.path, ticked, unticked),))
        self._ticks.clear()
        self._after_decision()
        return True

    def next_todo(self) -> bool:
        """Open the next photo to do. False where there is none."""
        row = self.source.next_todo_row(self.row)
        return row is not None and self.open_row(row)

    def add_tag(self, text: str) -> str | None:
        """Add what a person typed. Returns the word, None where it holds nothing."""
        text = " ".join(text.split())
        path = self.path
        if not text or path is None:
            return None
        self._remember((self.library.add_tag(path, text),))
        self._after_decision()
        self.last_added = None if self.is_name_here(text) else text
        return text

    def is_name_here(self, text: str) -> bool:
        """Whether a text, accepted on the open photo, is a person's name that is suggested there."""
        suggestions = self.sheet.detail.suggestions if self.sheet is not None else ()
        return any(s.is_name and fold(text) in (fold(s.label), fold(s.tag)) for s in suggestions)

    def copy(self) -> int:
        """Remember the ticked and accepted tags, never names; how many."""
        self.copied = self.sheet.taken() if self.sheet is not None else ()
        return len(self.copied)

    def paste(self) -> int:
        """Accept the remembered tags here, but for what is a name here, as one act; how many were new."""
        path = self.path
        if self.sheet is None or path is None:
            return 0
        here = {s.tag: s for s in self.sheet.detail.suggestions}
        copied = [s for s in self.copied if not self.is_name_here(s.label)]
        wanted = [s for s in copied if s.tag not in here or here[s.tag].state in _NOT_TAKEN]
        if not wanted:
            return 0
        detail = self.sheet.detail
        choices = [
            _choice(detail, here[s.tag], State.ACCEPTED)
            if s.tag in here
            else added_choice(path, s.label, detail)
            for s in wanted
        ]
        self._commit(f"{counted(len(wanted), 'tag')} pasted on {detail.name}", choices, by="paste")
        return len(wanted)

    # decisions on several tags

    def decide_marked(self, state: State) -> tuple[int, int]:
        """Accept, reject or leave open the marked tags, as one act; how many, and how many names were not."""
        chosen, names = self._marked()
        changed = [s for s in chosen if s.state is not state]
        if self.sheet is not None and changed:
            detail = self.sheet.detail
            words = f"{_DID[state]} {_listed(changed)} for {detail.name}"
            self._commit(words, [_choice(detail, s, state) for s in changed], by="marks")
        elif state is State.UNDECIDED and any(s.tag in self._ticks for s in chosen):
            self._remember((), f"ticks of {_listed(chosen)}")
        for suggestion in chosen:
            self._ticks.pop(suggestion.tag, None)
        return len(changed), names

    def never_marked(self) -> tuple[int, int]:
        """Never the marked tags, as one act; how many, and how many names were left out."""
        chosen, names = self._marked()
        if chosen:
            number = self.library.commit(
                f"{_listed(chosen)} never again", by="marks", never=[s.tag for s in chosen]
            )
            self._remember((number,))
            self.source.forget()
            self._after_decision()
        return len(chosen), names

    def _marked(self) -> tuple[list[Suggestion], int]:
        """The marked tags without names, and how many names there were; nothing is marked after it."""
        rows = (*self.sheet.rows(), *self.sheet.facts()) if self.sheet is not None else ()
        marked = [r.suggestion for r in rows if r.suggestion.tag in self.marks.tags]
        self.marks.tags.clear()
        chosen = [s for s in marked if not s.is_name]
        return chosen, len(marked) - len(chosen)

    def edit(self, suggestion: Suggestion, text: str) -> str | None:
        """Put a tag in another's place, as one act: the old one is left, or taken back where it was typed.

        Returns the new tag's label, None where it would be the same. Raises UsageError where it is no tag.
        """
        path = self.path
        if self.sheet is None or path is None or not text.strip():
            return None
        detail = self.sheet.detail
        new = added_choice(path, text, detail)
        if new.tag == suggestion.tag:
            return None
        left = State.UNDECIDED if suggestion.source == "you" else State.PASSED
        self._commit(
            f"{suggestion.label!r} became {new.label!r} on {detail.name}",
            [_choice(detail, suggestion, left), new],
            by="key",
        )
        self._ticks.pop(suggestion.tag, None)
        return new.label

    def _commit(self, title: str, choices: Sequence[Choice], *, by: str) -> None:
        self._remember((self.library.commit(title, choices, by=by),))
        self._after_decision()

    # taking back

    def _remember(self, numbers: tuple[int, ...], words: str = "") -> None:
        path = self.path
        if path is not None:
            self.undoing.note(Act(path, numbers, dict(self._changed.get(path, {})), words))

    def note_act(self, words: str, number: int | None = None) -> None:
        """An act was committed over another connection: undo takes it back like those made here.

        `number` is the act's, that of the newest act where it is not given.
        """
        numbers = self.undoing.newest() if number is None else (number,)
        self.undoing.note(Act(self.path or "", numbers, dict(self._ticks), words))
        self._look_anew()

    def note_revoked(self, number: int, words: str, *, stand: bool) -> None:
        """An act was taken back (or stands again, `stand`) in the history: undo turns that round."""
        self.undoing.note(Act(self.path or "", (number,), dict(self._ticks), words, stand=stand))
        self._look_anew()

    def undo(self) -> Undone | None:
        """Take back the newest act, and open its photo. None when there is nothing to take back."""
        return self._settled(self.undoing.undo())

    def redo(self) -> Undone | None:
        """Make the act taken back last again."""
        return self._settled(self.undoing.redo())

    def drop(self) -> Undone | None:
        """Take back the newest act, which was none: the repeat of a held key."""
        return self._settled(self.undoing.drop())

    def _settled(self, undone: Undone | None) -> Undone | None:
        if undone is not None:
            if undone.path is not None and undone.path != self.path:
                self.source.forget()
                self.go_to_path(undone.path)
            self._look_anew()
        return undone

    def _look_anew(self) -> None:
        """Much may have changed: the list is read anew too."""
        self.source.forget()
        self._after_decision()

    def _after_decision(self) -> None:
        self.version += 1
        self.reload()


_NOT_TAKEN = frozenset({State.UNDECIDED, State.PASSED, State.REJECTED})
_DID = {State.ACCEPTED: "accepted", State.REJECTED: "rejected", State.UNDECIDED: "left open"}


def _choice(detail: PhotoDetail, suggestion: Suggestion, state: State) -> Choice:
    return Choice(
        detail.path, suggestion.tag, suggestion.label, state, suggestion.category, detail.image_hash
    )


def _listed(suggestions: Sequence[Suggestion]) -> str:
    """Tags in a line for the history: the first three, and how many more."""
    named = ", ".join(repr(s.label) for s in suggestions[:3])
    return named + (f" and {len(suggestions) - 3} more" if len(suggestions) > 3 else "")
