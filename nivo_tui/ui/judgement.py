"""Bulk accept without a screen: the draw that is judged, what was judged, and what is missing for Enter."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from nivo_tui.catalog.judging import Candidates
from nivo_tui.catalog.precision import (
    DRAW,
    LEAST_RIGHT,
    judged_needed,
    right_between,
    suffices,
    wrong_allowed,
)
from nivo_tui.ui.text import counted, number

STEP = 5
_LOWEST, _HIGHEST = 5, 100


@dataclass(slots=True)
class Draft:
    """What a person judged of a tag and did not commit: kept while the program runs.

    `judged` maps a photo's number in the catalog to whether the tag is right on it. `bar` is in hundredths,
    `draws` how many times DRAW photos were drawn.
    """

    bar: int
    draws: int = 1
    judged: dict[int, bool] = field(default_factory=dict)


def bar_of(confidence: float) -> int:
    """The bar at which a photo of this confidence is just above it."""
    return max(_LOWEST, min(_HIGHEST, int(confidence * 100 + 1e-6) // STEP * STEP))


class Gate(Enum):
    """What Enter would do: nothing, as some are to be judged or too many were wrong; or accept."""

    EMPTY = auto()
    JUDGING = auto()
    SHUT = auto()
    OPEN = auto()


class Judgement:
    """The photos at or above the bar, the draw of them, and what follows from what was judged."""

    def __init__(self, candidates: Candidates, draft: Draft) -> None:
        self.candidates = candidates
        self.draft = draft
        self.photos: int = 0
        self.drawn: tuple[int, ...] = ()
        self._draw()

    def _draw(self) -> None:
        self.photos = self.candidates.count(self.draft.bar)
        self.drawn = self.candidates.drawn(self.draft.bar, self.draft.draws * DRAW)

    @property
    def bar(self) -> int:
        """The bar, in hundredths."""
        return self.draft.bar

    def move_bar(self, by: int) -> bool:
        """Raise or lower the bar; the draw at the new bar has the judged photos that belong to it."""
        bar = max(_LOWEST, min(_HIGHEST, self.bar + by))
        if bar == self.bar:
            return False
        self.draft.bar = bar
        self.draft.draws = 1
        self._draw()
        # Later draws that were judged already are part of it.
        while self._judged_beyond(self.draft.draws * DRAW):
            self.draft.draws += 1
            self._draw()
        return True

    def _judged_beyond(self, place: int) -> bool:
        more = self.candidates.drawn(self.bar, place + DRAW)[place:]
        return bool(more) and all(photo in self.draft.judged for photo in more)

    def draw_more(self) -> bool:
        """Draw DRAW more. False where all are drawn."""
        if len(self.drawn) >= self.photos:
            return False
        self.draft.draws += 1
        self._draw()
        return True

    def verdict(self, place: int) -> bool | None:
        """Whether the drawn photo at a place was judged right; None where it was not judged."""
        return self.draft.judged.get(self.drawn[place])

    def judge(self, place: int, right: bool | None) -> None:
        """Judge a drawn photo, or take that back."""
        photo = self.drawn[place]
        if right is None:
            self.draft.judged.pop(photo, None)
        else:
            self.draft.judged[photo] = right

    def next_open(self, after: int) -> int | None:
        """The next place that is not judged, going round; None where all are."""
        count = len(self.drawn)
        order = (*range(after + 1, count), *range(min(after + 1, count)))
        return next((place for place in order if self.verdict(place) is None), None)

    # what follows

    @property
    def counted(self) -> int:
        """How many of the drawn photos the decision rests on: whole draws, up to the last that was begun.

        A draw that was asked for and not begun yet changes nothing.
        """
        last = max((i for i, photo in enumerate(self.drawn) if photo in self.draft.judged), default=0)
        return min(len(self.drawn), (last // DRAW + 1) * DRAW)

    @property
    def judged(self) -> int:
        """How many of the drawn photos were judged."""
        return sum(photo in self.draft.judged for photo in self.drawn)

    @property
    def wrong(self) -> int:
        """How many of them were wrong."""
        return sum(self.draft.judged.get(photo) is False for photo in self.drawn)

    @property
    def left(self) -> int:
        """How many of those that count are still to be judged."""
        return self.counted - self.judged

    @property
    def gate(self) -> Gate:
        """Whether Enter accepts: when whole draws are judged and enough of them were right.

        Where every photo was judged nothing is accepted unseen: then Enter commits what was judged.
        """
        if not self.photos:
            return Gate.EMPTY
        if self.left:
            return Gate.JUDGING
        if self.judged == self.photos or suffices(self.photos, self.judged, self.wrong):
            return Gate.OPEN
        return Gate.SHUT

    def estimate(self) -> str:
        """What the judged ones say of all."""
        judged, photos = self.judged, self.photos
        if not judged:
            return f"None judged yet, so nothing is known of the {number(photos)}."
        right = judged - self.wrong
        if judged == photos:
            return f"All {number(photos)} judged: {number(right)} right, {number(self.wrong)} wrong."
        least, most = right_between(photos, judged, self.wrong)
        low, high = 100 * least // photos, -(-100 * most // photos)
        return (
            f"{judged} judged, {right} right: between {low} % and {high} % of the {number(photos)} are right."
        )

    def advice(self) -> str:
        """A higher bar at which no judged photo was wrong; empty where none was, or no bar is like that."""
        if not self.wrong:
            return ""
        for bar in range(self.bar + STEP, _HIGHEST + 1, STEP):
            above = self.candidates.drawn(bar, len(self.drawn))
            verdicts = [self.draft.judged[photo] for photo in above if photo in self.draft.judged]
            if verdicts and all(verdicts):
                photos = counted(self.candidates.count(bar), "photo")
                right = (
                    "the 1 judged was right"
                    if len(verdicts) == 1
                    else f"all {len(verdicts)} judged were right"
                )
                return f"At {bar / 100:.2f} and above ({photos}) {right}."
        return ""

    def missing(self, more: str, higher: str) -> str:
        """What Enter waits for. `more` and `higher` are the keys that draw more and raise the bar."""
        need = judged_needed(self.photos, self.judged, self.wrong)
        if self.left:
            return f"{self.left} more to judge before Enter accepts{self._outlook(need, more, higher)}"
        if need is None:
            return (
                f"{self.wrong} wrong are more than {100 - LEAST_RIGHT} % of {self.photos}: "
                f"it cannot open at this bar; {higher} raises it"
            )
        return f"{self._takes(need, more)}, or {higher} raises the bar"

    def _outlook(self, need: int | None, more: str, higher: str) -> str:
        """How the draw in hand may still end."""
        if self.counted == self.photos:
            return ""
        allowed = wrong_allowed(self.photos, self.counted)
        spare = -1 if allowed is None else allowed - self.wrong
        if spare >= 0:
            return f", {_at_most(spare)}"
        if need is None:
            return f"; too many are wrong already: {higher} raises the bar"
        return f"; with {self.wrong} wrong it then takes {self._waits_for(need, more)} too, or {higher}"

    def _takes(self, need: int, more: str) -> str:
        """With so many wrong, how many have to be judged, and how many draws that is."""
        drawn = self._drawn_for(need)
        spare = (wrong_allowed(self.photos, drawn) or 0) - self.wrong
        return (
            f"with {self.wrong} wrong of {self.judged} it takes {need} judged: "
            f"{self._waits_for(need, more)}, {_at_most(spare)}"
        )

    def _drawn_for(self, need: int) -> int:
        """Whole draws that hold as many photos as have to be judged."""
        return min(self.photos, -(-need // DRAW) * DRAW)

    def _waits_for(self, need: int, more: str) -> str:
        """What is to be done for as many judged photos: draw more, or judge what is drawn already."""
        wanted = self._drawn_for(need)
        if wanted <= len(self.drawn):
            return f"the {wanted - self.counted} more that are drawn"
        left = wanted - len(self.drawn)
        draws = -(-left // DRAW)
        times = "" if draws == 1 else " twice" if draws == 2 else f" {draws} times"
        return f"{left} more ({more}{times})"


def _at_most(spare: int) -> str:
    return "none of them wrong" if spare <= 0 else f"at most {spare} of them wrong"
