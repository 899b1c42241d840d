"""The entries of the history as lines, read as they are seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.message import Message

from nivo_tui.catalog.history import Entry, Key, Kind
from nivo_tui.text import plain
from nivo_tui.ui.text import counted, fit, number, wrap
from nivo_tui.ui.widgets.lines import LineList, Lines, Piece, spread

PAGE = 64
_SIGNS: dict[str, Piece] = {
    "stands": ("✓", "good"),
    "partly": ("✓", "warn"),
    "revoked": ("·", "dim"),
    "undone": ("·", "dim"),
}
_STATES = {"stands": "stands", "partly": "partly taken back", "revoked": "taken back", "undone": "undone"}
_KINDS = {Kind.ALL: "all", Kind.RULES: "rules", Kind.BULK: "many at once", Kind.RUNS: "written"}


class HistoryHead(Lines):
    """What is listed, and how much that is."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._kind = Kind.ALL
        self._words = ""
        self._count: int | None = None

    def show(self, kind: Kind, words: str, count: int | None) -> None:
        """Set what is listed; `count` is None while it is read."""
        self._kind, self._words, self._count = kind, words, count
        self.refresh()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """One line."""
        left: list[Piece] = [(" History  ", "head")]
        for kind, name in _KINDS.items():
            chosen = kind is self._kind
            left.append((f"[{name}]" if chosen else f" {name} ", "accent" if chosen else "dim"))
        if self._words:
            left.append((fit(f"  with {self._words}", 24).rstrip(), "warn"))
        count = "reading …" if self._count is None else counted(self._count, "entry", "entries")
        return [spread(left, [(count + " ", "dim")], width)]


class HistoryList(LineList):
    """Lines of the history. Asks for the entries it has not got with `Needs`."""

    class Needs(Message):
        """Lines came into view whose entries were not read yet."""

        def __init__(self, keys: tuple[Key, ...]) -> None:
            super().__init__()
            self.keys = keys

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.keys: tuple[Key, ...] = ()
        self.empty = ""
        self._entries: dict[Key, Entry] = {}
        self._asked: set[int] = set()

    def show(self, keys: tuple[Key, ...], empty: str) -> None:
        """List other entries, from the newest; `empty` stands where there are none."""
        self.keys, self.empty = keys, empty
        self._entries.clear()
        self._asked.clear()
        self.cursor = 0
        self.scroll_to(y=0, animate=False, immediate=True)
        self.update_size()

    def put(self, entries: Sequence[Entry]) -> None:
        """Take entries that were read."""
        self._entries.update({(("run" if e.is_run else "act"), e.number): e for e in entries})
        self.refresh()

    @property
    def current(self) -> Entry | None:
        """The entry under the cursor, where it was read."""
        return self._entries.get(self.keys[self.cursor]) if self.cursor < len(self.keys) else None

    @property
    def row_count(self) -> int:
        return len(self.keys) or 1

    def can_stand_on(self, row: int) -> bool:
        return 0 <= row < len(self.keys)

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """Sign, time, who decided, what, how much."""
        if not self.keys:
            return [("  " + fit(self.empty, width - 2), "dim")]
        entry = self._entries.get(self.keys[row])
        if entry is None:
            self._want(row // PAGE)
            return [("   …", "dim")]
        wide = width >= 100
        faded = "dim" if entry.revoked else ""
        state = _state(entry) if entry.state != "stands" else ""
        state_width = 19 if wide else 0
        sign, role = _SIGNS[entry.state]
        time_width, by_width = (18, 11) if wide else (13, 10)
        room = max(8, width - 3 - time_width - by_width - 13 - state_width - 1)
        return [
            (f" {sign} ", role),
            (fit(_time(entry.at, wide=wide), time_width), "dim"),
            (fit(plain(entry.by), by_width), "accent" if entry.by not in ("key", "write") else "dim"),
            (fit(_title(entry), room), faded),
            (fit(_amount(entry), 13), faded or "dim"),
            (" ", ""),
            (fit("  " + state, state_width), "dim"),
        ]

    def _want(self, page: int) -> None:
        if page not in self._asked:
            self._asked.add(page)
            self.post_message(self.Needs(self.keys[page * PAGE : (page + 1) * PAGE]))


class HistoryAbout(Lines):
    """The entry under the cursor in full, and what can be done with it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._entry: Entry | None = None
        self._then = ""

    def show(self, entry: Entry | None, then: str) -> None:
        """Set the entry, and what its keys would do."""
        if (entry, then) != (self._entry, self._then):
            self._entry, self._then = entry, then
            self.refresh()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """What it is in a line or two; how much, its state and what then."""
        entry = self._entry
        if entry is None:
            return [[]]
        about = [_state(entry), _whole(entry), self._then]
        words = wrap(_title(entry).split(), width - 2, " ")
        below = wrap([part for part in about if part], width - 2)
        title = words[: max(1, 3 - len(below))]
        return [*([(" " + line, "head")] for line in title), *([(" " + line, "dim")] for line in below)]


def _amount(entry: Entry) -> str:
    """How much it holds; the numbers stand below each other, whatever they count."""
    if entry.is_run:
        count, noun = entry.photos, "file"
    elif entry.rules and not entry.decisions:
        count, noun = len(entry.rules), "rule"
    elif entry.words:
        count, noun = len(entry.words), "word"
    else:
        count, noun = entry.decisions, "tag"
    return f"{number(count):>7} {noun if count == 1 else noun + 's':<5}" if count else ""


def _state(entry: Entry) -> str:
    if entry.is_run and entry.state == "partly":
        return "partly undone"
    return _STATES[entry.state]


def _title(entry: Entry) -> str:
    title = plain(entry.title)
    return f"run {entry.number}: {title}" if entry.is_run else title


def _whole(entry: Entry) -> str:
    if entry.is_run:
        return f"{counted(entry.photos, 'file')} changed"
    if entry.rules:
        return f"never: {', '.join(plain(tag) for tag in entry.rules[:8])}"
    if entry.words:
        return ", ".join(plain(words) for words in entry.words[:3])
    if not entry.decisions:
        return f"by {plain(entry.by)}"
    tags = counted(entry.decisions, "decision")
    return f"{tags} on {counted(entry.photos, 'photo')} by {plain(entry.by)}"


def _time(at: str, *, wide: bool) -> str:
    """A time of the database, as it was on the clock here."""
    try:
        local = datetime.fromisoformat(at).astimezone()
    except ValueError:
        return plain(at)
    return f"{local:%Y-%m-%d %H:%M}" if wide else f"{local:%m-%d %H:%M}"
