"""The review itself, without a screen: the open folder and photo, decisions, and taking them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nivo_tui.catalog.views import Counts, FolderView, PhotoView, Progress
from nivo_tui.model import State, Suggestion
from nivo_tui.text import plain
from nivo_tui.ui.overview import Overview, read_overview
from nivo_tui.ui.photo_source import PhotoSource
from nivo_tui.ui.sheet import Sheet, TagRow

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person did, for undo: so many acts of the library, or a change of ticks alone.

    `ticks` are the photo's changed ticks as they were before.
    """

    path: str
    calls: int
    ticks: dict[str, bool]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back or made again: a line for the log, and the photo it was on, where known."""

    words: str
    path: str | None


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
    _changed: dict[str, dict[str, bool]] = field(default_factory=dict)
    _acts: list[Act] = field(default_factory=list)
    _undone: list[Act] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open_folder(self.root)

    # what is open

    def open_folder(self, folder: str) -> None:
        """Open a folder at its first photo to do."""
        self.folder = folder
        self.source = PhotoSource(self.library, folder)
        self.open_row(self.library.next_todo(folder, -1) or 0)

    def open_row(self, row: int) -> bool:
        """Open the photo of a row. False where there is none."""
        photo = self.source.row(row)
        if photo is None:
            self.sheet = None
            self.row = 0
            return False
        self.row = row
        self._open_path(photo.path)
        return True

    def _open_path(self, path: str) -> None:
        detail = self.library.detail(path)
        self.sheet = None if detail is None else Sheet(detail, self._changed.setdefault(path, {}))

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
        filtered = self.source.filtered
        return lambda library: read_overview(library, root, folder, path, near, filtered=filtered)

    def adopt(self, overview: Overview) -> None:
        """Take a newer state of the library; the open photo stays open wherever it stands now."""
        self.counts = overview.counts
        self.folders = overview.folders
        if overview.folder != self.folder or (overview.todo is not None) is not self.source.filtered:
            return
        self.source.adopt(overview.total, overview.pages, overview.todo)
        # A person may have gone on to another photo while the library was read.
        asked = overview.path == self.path or self.path is None
        index = overview.index if asked else self.library.position(self.folder, self.path or "")
        row = self.source.row_at(index)
        if row is not None:
            self.row = row
            self.reload()
        elif self.sheet is None:
            self.open_row(self.library.next_todo(self.folder, -1) or 0)
        elif index is None:
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
        if row is None and self.library.position(self.root, path) is not None:
            self.folder = self.root
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
                self._remember(0, f"tick of {suggestion.label}")
                del self._ticks[suggestion.tag]
            return
        self._decide(suggestion, State.UNDECIDED)

    def never(self, suggestion: Suggestion) -> None:
        """Never this tag, anywhere."""
        self.library.never(suggestion.tag)
        self._remember(1)
        self.source.forget()
        self._after_decision()

    def _decide(self, suggestion: Suggestion, state: State, *, tick: bool | None = None) -> None:
        path = self.path
        if path is None or (suggestion.state is state and tick is None):
            return
        self.library.decide(path, suggestion.tag, state, by="key")
        self._remember(1)
        self._ticks.pop(suggestion.tag, None)
        if tick is not None:
            self._ticks[suggestion.tag] = tick
        self._after_decision()

    def _tick(self, suggestion: Suggestion, on: bool) -> None:
        self._remember(0, f"tick of {suggestion.label}")
        self._ticks[suggestion.tag] = on

    @property
    def _ticks(self) -> dict[str, bool]:
        return self._changed.setdefault(self.path or "", {})

    # decisions on the photo

    def accept_as_shown(self) -> bool:
        """Accept what is ticked and call the photo done. False where it was not analysed."""
        if self.sheet is None or self.sheet.detail.progress in (Progress.NEW, Progress.FAILED):
            return False
        self.library.accept_as_shown(self.sheet.detail.path, self.sheet.ticked())
        self._remember(1)
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
        self.library.add_tag(path, text)
        self._remember(1)
        self._after_decision()
        self.last_added = None if self._became_name(text) else text
        return text

    def _became_name(self, text: str) -> bool:
        suggestions = self.sheet.detail.suggestions if self.sheet is not None else ()
        return any(
            s.is_name and text.casefold() in (s.label.casefold(), s.tag.casefold()) for s in suggestions
        )

    def copy(self) -> int:
        """Remember the ticked and accepted tags, never names; how many."""
        self.copied = self.sheet.taken() if self.sheet is not None else ()
        return len(self.copied)

    def paste(self) -> int:
        """Accept the remembered tags here, as one act; how many were new."""
        path = self.path
        if self.sheet is None or path is None:
            return 0
        here = {s.tag: s for s in self.sheet.detail.suggestions}
        wanted = [s for s in self.copied if s.tag not in here or here[s.tag].state in _NOT_TAKEN]
        if not wanted:
            return 0
        for suggestion in wanted:
            if suggestion.tag in here:
                self.library.decide(path, suggestion.tag, State.ACCEPTED, by="paste")
            else:
                self.library.add_tag(path, suggestion.label)
        self._remember(len(wanted))
        self._after_decision()
        return len(wanted)

    # taking back

    def _remember(self, calls: int, words: str = "") -> None:
        path = self.path
        if path is not None:
            self._acts.append(Act(path, calls, dict(self._changed.get(path, {})), words))
            self._undone.clear()

    def note_act(self, words: str) -> None:
        """An act was committed over another connection: undo takes it back like those made here."""
        self._acts.append(Act(self.path or "", 1, dict(self._ticks), words))
        self._undone.clear()
        self.source.forget()
        self._after_decision()

    def undo(self) -> Undone | None:
        """Take back the newest act, and open its photo. None when there is nothing to take back."""
        if not self._acts:
            words = self.library.undo()
            self.source.forget()
            self._after_decision()
            return Undone(words, None) if words is not None else None
        act = self._acts.pop()
        lines = [self.library.undo() for _ in range(act.calls)]
        self._undone.append(self._swap_ticks(act))
        return self._settled(act, lines)

    def redo(self) -> Undone | None:
        """Make the act taken back last again."""
        if not self._undone:
            words = self.library.redo()
            self.source.forget()
            self._after_decision()
            return Undone(words, None) if words is not None else None
        act = self._undone.pop()
        lines = [self.library.redo() for _ in range(act.calls)]
        self._acts.append(self._swap_ticks(act))
        return self._settled(act, lines)

    def _swap_ticks(self, act: Act) -> Act:
        now = dict(self._changed.get(act.path, {}))
        ticks = self._changed.setdefault(act.path, {})
        ticks.clear()
        ticks.update(act.ticks)
        return Act(act.path, act.calls, now, act.words)

    def _settled(self, act: Act, lines: Iterable[str | None]) -> Undone:
        self.version += 1
        self.source.forget()
        if act.path != self.path:
            self.go_to_path(act.path)
        self.reload()
        said = [line for line in lines if line]
        words = plain(act.words) if act.calls == 0 else "; ".join(said[:1]) or "nothing was left to take back"
        return Undone(words, act.path)

    def _after_decision(self) -> None:
        self.version += 1
        self.reload()


_NOT_TAKEN = frozenset({State.UNDECIDED, State.PASSED, State.REJECTED})
