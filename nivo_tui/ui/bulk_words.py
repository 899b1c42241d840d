"""The sentences of bulk accept: what is judged, what Enter waits for or does, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nivo_tui.catalog.judging import Accepted
from nivo_tui.catalog.precision import DRAW
from nivo_tui.model import Suggestion
from nivo_tui.text import plain
from nivo_tui.ui.judgement import Gate, Judgement
from nivo_tui.ui.text import counted, number
from nivo_tui.ui.widgets.bulk_lines import Line, head_lines, wrapped
from nivo_tui.ui.widgets.lines import Piece, pieces_width

FOOT = 5
"""Lines at the foot: the estimate, a higher bar, two of what is missing, and the keys."""


class BulkWords:
    """Says it of one tag, with the keys as the person has them (`sign` gives a command's key).

    `bar` are the words of a learned bar, empty where there is none.
    """

    def __init__(self, suggestion: Suggestion, sign: Callable[[str], str], bar: str = "") -> None:
        self._suggestion = suggestion
        self._label = plain(suggestion.label)
        self._sign = sign
        self._bar = f" ({bar})" if bar else ""

    def head(self, judgement: Judgement | None, width: int) -> Sequence[Line]:
        """What is accepted on how many photos, and the keys that judge."""
        if judgement is None:
            return head_lines(f'Accept "{self._label}"', "", "looking for its photos …", "", width)
        drawn = len(judgement.drawn)
        every = "all of them" if drawn == judgement.photos else f"{drawn} drawn at random"
        names = (("bulk_right", "right"), ("bulk_wrong", "wrong"), ("bulk_back", "take back"))
        return head_lines(
            f'Accept "{self._label}" at {judgement.bar / 100:.2f} and above{self._bar}',
            counted(judgement.photos, "photo"),
            f"{every}, to be judged" if drawn else "",
            "   ".join(f"{self._sign(name)} {does}" for name, does in names) if drawn else "",
            width,
        )

    def foot(self, judgement: Judgement | None, said: str, width: int, accepting: bool) -> list[Line]:
        """What is known, what Enter waits for or does, and the keys. `said` stands before what is missing."""
        lines: list[Line] = []
        if judgement is not None and accepting:
            lines += wrapped(f"Accepting {self._label} on {_going(judgement)} …", "accent", width, 2)
        elif judgement is not None:
            lines += self._verdict(judgement, said, width)
        keys: Line = [("one moment: all of it is kept, or nothing", "dim")]
        if not accepting:
            keys = self._keys(judgement, width)
        return [*lines[: FOOT - 1], *[()] * (FOOT - 1 - len(lines)), keys]

    def _verdict(self, judgement: Judgement, said: str, width: int) -> list[Line]:
        gate = judgement.gate
        if gate is Gate.EMPTY:
            return wrapped(self._nothing(judgement), "", width, 3)
        lines = wrapped(judgement.estimate(), "", width, 1)
        if gate is Gate.OPEN:
            return [*lines, *wrapped(said + self._offer(judgement), "good", width, 3)]
        lines += wrapped(judgement.advice(), "dim", width, 1)
        missing = judgement.missing(self._sign("bulk_more"), self._sign("bulk_raise"))
        role = "warn" if said or gate is Gate.SHUT else "accent"
        return [*lines, *wrapped(said + missing, role, width, 2)]

    def _nothing(self, judgement: Judgement) -> str:
        """Why there is no photo, and what to do."""
        if self._suggestion.is_name:
            return "A person's name is accepted by its own key alone, photo by photo. Esc goes back."
        below = judgement.candidates.count(0)
        if not below:
            return f"No photo in this folder waits for a decision on {self._label}. Esc goes back."
        lower = self._sign("bulk_lower")
        waiting = counted(below, "photo")
        return f"No photo waits for {self._label} up here, {waiting} below: {lower} lowers the bar."

    def _offer(self, judgement: Judgement) -> str:
        """What Enter does now."""
        enter, wrong = self._sign("bulk_accept"), judgement.wrong
        if wrong == judgement.photos:
            return f"{enter} notes that {self._label} is wrong on all of them."
        ones = "the wrong one" if wrong == 1 else f"the {number(wrong)} wrong ones"
        rest = f"; on {ones} it never comes back" if wrong else ""
        return f"{enter} accepts {self._label} on {_going(judgement)}{rest}."

    def _keys(self, judgement: Judgement | None, width: int) -> Line:
        """The keys that can be used now, the last ones left out where it is narrow."""
        offers: list[tuple[str, str]] = []
        if judgement is not None and judgement.gate is Gate.OPEN:
            offers.append((self._sign("bulk_accept"), "accept"))
        offers.append((f"{self._sign('bulk_raise')} {self._sign('bulk_lower')}", "bar"))
        if judgement is not None and len(judgement.drawn) < judgement.photos:
            left = min(DRAW, judgement.photos - len(judgement.drawn))
            offers.append((self._sign("bulk_more"), f"{left} more"))
        offers.append(("Esc", "leave"))
        if judgement is not None and judgement.drawn:
            offers.append((f"{self._sign('bulk_previous')} {self._sign('bulk_next')}", "photo"))
        pieces: list[Piece] = []
        for key, does in offers:
            added: list[Piece] = [("     " if pieces else "", ""), (key, "key"), (f" {does}", "dim")]
            if pieces_width([*pieces, *added]) <= width:
                pieces += added
        return pieces

    def committed(self, made: Accepted) -> str:
        """The line of the log."""
        parts = (
            f"{self._label} accepted on {counted(made.accepted, 'photo')}",
            f"wrong on {number(made.wrong)}" if made.wrong else "",
            f"{number(made.gone)} changed meanwhile" if made.gone else "",
        )
        said = ", ".join(part for part in parts if part)
        return f"{said}; {self._sign('history')} takes it back" if made.act is not None else said


def _going(judgement: Judgement) -> str:
    return counted(judgement.photos - judgement.wrong, "photo")
