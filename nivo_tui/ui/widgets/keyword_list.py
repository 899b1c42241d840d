"""The keywords of a library that mean a tag, and what becomes of each, as lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len

from nivo_tui.catalog.mappings import Answer, Proposal
from nivo_tui.text import plain
from nivo_tui.ui.text import counted, fit, fit_middle, number, wrap
from nivo_tui.ui.widgets.lines import LineList, Lines, Piece, spread

_LONGEST = 200
_TOLD = 48
_SIGNS: dict[Answer, Piece] = {
    Answer.MAP: ("✓ map", "good"),
    Answer.KEEP: ("· keep", "dim"),
    Answer.NEVER: ("✗ never", "bad"),
}
Answered = tuple[Proposal, Answer, str]
"""A proposal, its answer, and the keyword that its tag is written as."""

_DONE = {Answer.MAP: "mapped", Answer.KEEP: "kept apart", Answer.NEVER: "never"}


class KeywordHead(Lines):
    """How many there are, and what becomes of them."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._answers: Counter[Answer] = Counter()

    def show(self, answers: Counter[Answer]) -> None:
        """Set the figures."""
        self._answers = answers
        self.refresh()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """One line."""
        figures = [f"{number(self._answers[answer])} {words}" for answer, words in _DONE.items()]
        count = self._answers.total()
        total = f"{number(count)} {'means' if count == 1 else 'mean'} a tag"
        return [
            spread(
                [(" Your keywords  ", "head"), (total, "dim")], [(" · ".join(figures) + " ", "dim")], width
            )
        ]


class KeywordList(LineList):
    """A proposal a line, with its answer. A tag of several keywords is never suggested, or it is."""

    def __init__(self, proposals: Sequence[Proposal], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.proposals = tuple(proposals)
        self.answers = [Answer.MAP] * len(self.proposals)
        self._rows_of: dict[str, list[int]] = {}
        for row, proposal in enumerate(self.proposals):
            self._rows_of.setdefault(proposal.tag, []).append(row)

    @property
    def row_count(self) -> int:
        return len(self.proposals)

    @property
    def current(self) -> Answered | None:
        """The proposal under the cursor, its answer, and the keyword that its tag is written as."""
        if self.cursor >= len(self.proposals):
            return None
        proposal = self.proposals[self.cursor]
        mapped = (row for row in self._rows_of[proposal.tag] if self.answers[row] is Answer.MAP)
        # Of several that are mapped the most frequent, which comes first, gives the spelling.
        written = next((self.proposals[row].keyword for row in mapped), "")
        return proposal, self.answers[self.cursor], written

    def answer(self, answer: Answer) -> None:
        """Answer the proposal under the cursor; `never` is said of its tag, whatever the keyword."""
        if self.cursor >= len(self.proposals):
            return
        same_tag = self._rows_of[self.proposals[self.cursor].tag]
        if answer is Answer.NEVER:
            for row in same_tag:
                self.answers[row] = answer
        else:
            for row in same_tag:
                if self.answers[row] is Answer.NEVER:
                    self.answers[row] = Answer.MAP
            self.answers[self.cursor] = answer
        self.refresh()

    def answer_all(self, answer: Answer) -> None:
        """The same answer for all."""
        self.answers = [answer] * len(self.proposals)
        self.refresh()

    @property
    def state(self) -> tuple[tuple[Answer, ...], int]:
        """All answers and where the cursor is, for `restore`."""
        return tuple(self.answers), self.cursor

    def restore(self, state: tuple[tuple[Answer, ...], int]) -> None:
        """As it was."""
        self.answers = list(state[0])
        self.go_to(state[1])
        self.refresh()

    def given(self) -> dict[str, Answer]:
        """The answers by keyword."""
        return {p.keyword: answer for p, answer in zip(self.proposals, self.answers, strict=True)}

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """Answer, tag, how many photos have the keyword, and the keyword with its place."""
        proposal, answer = self.proposals[row], self.answers[row]
        sign, role = _SIGNS[answer]
        label = fit(_plain(proposal.label), max(8, min(26, width // 4)))
        count = f"({number(proposal.photos)})"
        lead: list[Piece] = [
            (" ", ""),
            (fit(sign, 9), role),
            (label, "dim" if answer is Answer.NEVER else ""),
            (fit(count, 11, right=True), "dim"),
            ("  → " if answer is Answer.MAP else "    ", "dim"),
        ]
        room = max(1, width - sum(cell_len(text) for text, _ in lead) - 1)
        keyword, place = _keyword(proposal)
        shown = fit(keyword, room).rstrip()
        rest = room - cell_len(shown) - 3
        told = f" [{fit_middle(place, rest)}]" if place and rest >= 8 else ""
        faded = "" if answer is Answer.MAP else "dim"
        return [*lead, (shown, faded), (told, "dim")]


class KeywordAbout(Lines):
    """What the answer under the cursor means, in words."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._current: Answered | None = None

    def show(self, current: Answered | None) -> None:
        """Set the proposal and its answer."""
        if current != self._current:
            self._current = current
            self.refresh()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """At most three lines."""
        if self._current is None:
            return ()
        return [[(" " + line, "")] for line in wrap(_told(*self._current).split(), width - 2, " ")[:3]]


def _keyword(proposal: Proposal) -> tuple[str, str]:
    return _plain(proposal.keyword), "|".join(_plain(part) for part in proposal.path[:-1])


def _told(proposal: Proposal, answer: Answer, written: str) -> str:
    label = fit_middle(_plain(proposal.label), _TOLD)
    keyword, place = (fit_middle(text, _TOLD) for text in _keyword(proposal))
    if answer is Answer.NEVER:
        return f"{label} is never suggested, for any photo. {keyword} stays in the files that have it."
    if answer is Answer.KEEP:
        return (
            f"{label} is written as {label}, and {keyword} is another keyword: photos with it are asked too."
        )
    asked = "is" if proposal.photos == 1 else "are"
    had = f"{counted(proposal.photos, 'photo has', 'photos have')} it already and {asked} not asked again."
    if written != proposal.keyword:
        return f"{keyword} means {label} too, which is written as {fit_middle(_plain(written), _TOLD)}. {had}"
    at = f", at {place}" if place else ""
    return f"{label} is written as {keyword}{at}. {had}"


def _plain(text: str) -> str:
    return plain(text, _LONGEST)
