"""One photo's tags as the screen shows them: which rows there are, and what each one's sign says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.model import State, Suggestion
from nivo_tui.text import plain
from nivo_tui.ui.namesakes import namesakes, told_apart

_OPEN = frozenset({State.UNDECIDED, State.PASSED})
_TAKEN = frozenset({State.ACCEPTED, State.IN_FILE, State.WRITTEN})


@dataclass(frozen=True, slots=True)
class TagRow:
    """A row of the tag table. `number` is what its key shows (1-9, then 0), None beyond ten rows.

    `bar` says that its tick follows a learned bar; it is empty where it does not. `kind` tells it from a row
    that is called the same: the region Lisbon from the town.
    """

    suggestion: Suggestion
    number: int | None
    ticked: bool
    bar: str = ""
    kind: str = ""

    @property
    def label(self) -> str:
        """What the tag is called, as it is safe to show."""
        return told_apart(plain(self.suggestion.label), self.kind)

    @property
    def sign(self) -> str:
        """✓ ticked or accepted, ✗ wrong, · not ticked, ◇ a name waiting for its own key."""
        state = self.suggestion.state
        if state is State.REJECTED:
            return "✗"
        if state in _TAKEN or self.ticked:
            return "✓"
        return "◇" if self.suggestion.is_name else "·"

    @property
    def role(self) -> str:
        """The colour of the sign, as a role of the style sheet."""
        state = self.suggestion.state
        if state is State.REJECTED:
            return "bad"
        if state in (State.IN_FILE, State.WRITTEN):
            return "dim"
        if state is State.ACCEPTED:
            return "good"
        if self.ticked or self.suggestion.is_name:
            return "accent"
        return "dim"

    @property
    def why(self) -> str:
        """The reason, after what is already in the file where it is."""
        state = self.suggestion.state
        if state is State.IN_FILE:
            return "in the file"
        if state is State.WRITTEN:
            return "written"
        why = plain(self.suggestion.why)
        return f"{why}; {self.bar}" if self.bar and state is State.UNDECIDED else why


@dataclass(slots=True)
class Sheet:
    """The open photo: its detail, and the ticks a person changed on it but did not commit.

    `changed` maps a tag id to its tick; it is kept while the program runs, so that going away and coming
    back loses nothing. `bars` has the learned bars in words, by tag.
    """

    detail: PhotoDetail
    changed: Mapping[str, bool] = field(default_factory=dict)
    bars: Mapping[str, str] = field(default_factory=dict)

    def is_ticked(self, suggestion: Suggestion) -> bool:
        """Whether Enter would accept it: never a name."""
        if suggestion.state not in _OPEN or suggestion.is_name:
            return False
        default = suggestion.tag in self.detail.ticked and suggestion.state is State.UNDECIDED
        return self.changed.get(suggestion.tag, default)

    def rows(self) -> tuple[TagRow, ...]:
        """The numbered rows: the judgements, and what a person typed."""
        judged = [s for s in self.detail.suggestions if not s.fact]
        kinds = namesakes((s.tag, s.label) for s in judged)
        return tuple(
            TagRow(
                s,
                (i + 1) % 10 if i < 10 else None,
                self.is_ticked(s),
                self.bars.get(s.tag, ""),
                kinds.get(s.tag, ""),
            )
            for i, s in enumerate(judged)
        )

    def facts(self) -> tuple[TagRow, ...]:
        """The facts, as rows without numbers."""
        return tuple(TagRow(s, None, False) for s in self.detail.suggestions if s.fact)

    def ticked(self) -> frozenset[str]:
        """The tag ids that Enter accepts."""
        return frozenset(s.tag for s in self.detail.suggestions if self.is_ticked(s) and not s.fact)

    def taken(self) -> tuple[Suggestion, ...]:
        """What is accepted or ticked, without names: what copying remembers."""
        rows = (*self.rows(), *(row for row in self.facts() if row.suggestion.state is State.ACCEPTED))
        return tuple(
            r.suggestion
            for r in rows
            if (r.ticked or r.suggestion.state in _TAKEN) and not r.suggestion.is_name
        )

    def tally(self) -> str:
        """The line over the table: 5 ticked of 7."""
        rows = self.rows()
        if not rows:
            return ""
        on = sum(row.sign == "✓" for row in rows)
        return f"{on} ticked of {len(rows)}"
