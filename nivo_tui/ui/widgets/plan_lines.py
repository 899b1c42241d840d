"""The lines of the write plan: its figures, and the question that asks for the number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from nivo_tui.text import plain
from nivo_tui.ui.plan_figures import PlanFigures
from nivo_tui.ui.plan_words import PROGRAMS, staying
from nivo_tui.ui.text import counted, fit, megabytes, number, short_path, wrap
from nivo_tui.ui.widgets.lines import Lines, Piece, pieces_width

_GAP: Piece = ("     ", "")
_NAME = 40
_MOST_NAMES = 8
_MOST_CATALOGS = 2
_MOST_ASKED = 3


class PlanSummary(Lines):
    """The totals of the plan. Where there is no room for all, what matters least is left out."""

    def __init__(self, names_key: str, steps_key: str) -> None:
        super().__init__(id="plan-summary")
        self._plan = PlanFigures()
        self._backups = True
        self._outcome = False
        self._room = 99
        self._names_key, self._steps_key = names_key, steps_key

    def show(self, plan: PlanFigures, *, backups: bool, outcome: bool) -> None:
        """Set the figures. `outcome`: they tell what was done; `backups`: whether they are wanted."""
        self._plan, self._backups, self._outcome = plan, backups, outcome
        self.refresh()

    def fit_height(self, room: int) -> int:
        """Take the lines that are needed, at most `room`; how many."""
        self._room = max(0, room)
        height = len(self.lines(max(1, self.size.width)))
        self.styles.height = height
        return height

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """Where to, what, what keeps it safe, and what to take care of."""
        made = [(rank, _fitting(groups, width)) for rank, groups in self._all()]
        made = [(rank, line) for rank, line in made if line]
        kept = sorted(range(len(made)), key=lambda place: made[place][0])[: self._room]
        return [made[place][1] for place in sorted(kept)]

    def _all(self) -> list[tuple[int, list[list[Piece]]]]:
        """Every line as groups of pieces, with its rank: 0 is shown before all."""
        plan = self._plan
        if not plan.receipts:
            return []
        return [
            (1, [_targets("in the file", plan.in_file), _targets("sidecars", plan.sidecars)]),
            (2, [*_tags(plan)]),
            (0, [_names(plan.names, self._names_key)]),
            (6, [_staying(plan)]),
            (5, self._safety()),
            *((1, [line]) for line in ([] if self._outcome else _short_disks(plan))),
            (4, [_programs(plan, self._steps_key)]),
            *((0, [line]) for line in _open_catalogs(plan, self._steps_key, self._outcome)),
            (3, [_left_out(plan, "not done" if self._outcome else "left out")]),
        ]

    def _safety(self) -> list[list[Piece]]:
        plan = self._plan
        around = plan.around
        if self._outcome:
            made = f"{counted(plan.backups, 'backup')} made (.original)"
            return [[(made, "dim")]] if plan.backups else []
        undo: list[Piece] = [("undo brings back every byte", "dim")]
        if not self._backups:
            backup: list[Piece] = [("no backups", "dim")]
        elif not plan.backups:
            backup = [("no new backup", "dim")]
        else:
            words = f"{counted(plan.backups, 'backup')} (.original), {megabytes(plan.backup_bytes)}"
            backup = [(words, "")]
        free: list[Piece] = []
        if around is not None and len(around.disks) == 1:
            free = [(f"{megabytes(around.disks[0][2])} free", "dim")]
        elif around is not None and around.disks:
            listed = " · ".join(
                f"{megabytes(room)} on {_short(folder)}" for folder, _, room in around.disks[:3]
            )
            free = [(f"free {listed}", "dim")]
        return [backup, free, undo]


def _short(path: str) -> str:
    return plain(short_path(path), 60)


def _tags(plan: PlanFigures) -> list[list[Piece]]:
    keywords = "the 1 keyword" if plan.kept == 1 else f"all {number(plan.kept)} keywords"
    return [
        [(f"+ {counted(plan.tags, 'tag')}", "good")] if plan.tags or not plan.taken else [],
        [(f"- {counted(plan.taken, 'tag')}", "warn")] if plan.taken else [],
        [(f"{plan.growth:+,} bytes", "dim")] if plan.growth else [],
        [(f"keeps {keywords} already there", "")] if plan.kept else [],
        [(f"{number(len(plan.unchanged))} need nothing", "dim")] if plan.unchanged else [],
    ]


def _targets(where: str, formats: Counter[str]) -> list[Piece]:
    total = sum(formats.values())
    if not total:
        return []
    listed = " · ".join(f"{plain(name)} {number(count)}" for name, count in formats.most_common(6))
    return [
        (f"{number(total)} {where if total != 1 else where.removesuffix('s')}", "head"),
        (f"   {listed}", "dim"),
    ]


def _names(names: Counter[str], key: str) -> list[Piece]:
    if not names:
        return []
    shown = [f"{plain(name, _NAME)} {number(count)}" for name, count in names.most_common(_MOST_NAMES)]
    more = f" and {number(len(names) - _MOST_NAMES)} more" if len(names) > _MOST_NAMES else ""
    return [("◇ names  ", "accent"), (", ".join(shown) + more, "head"), (f"   {key} next of them", "dim")]


def _staying(plan: PlanFigures) -> list[Piece]:
    stays = staying(plan.facts, plan.passed, plan.rejected)
    return [("in nivo only  ", "dim"), (stays, "dim")] if stays else []


def _short_disks(plan: PlanFigures) -> list[list[Piece]]:
    if plan.around is None:
        return []
    return [
        [(f"! {_short(folder)} has {megabytes(free)} free, and {megabytes(needed)} are needed", "bad")]
        for folder, needed, free in plan.around.disks
        if needed > free
    ]


def _programs(plan: PlanFigures, key: str) -> list[Piece]:
    if not plan.programs:
        return []
    listed = " · ".join(
        f"{number(count)} with {PROGRAMS.get(name, plain(name))} settings"
        for name, count in sorted(plan.programs.items(), reverse=True)
    )
    return [(listed, ""), (f"   {key} what to do there", "dim")]


def _open_catalogs(plan: PlanFigures, key: str, outcome: bool) -> list[list[Piece]]:
    if plan.around is None:
        return []
    both = (("Lightroom", plan.around.lightroom), ("darktable", plan.around.darktable))
    when = "says what to do now" if outcome else "first"
    return [
        [(f"! {name} has {_short(path)} open: {key} {when}", "warn")]
        for name, paths in both
        for path in paths[:_MOST_CATALOGS]
    ]


def _left_out(plan: PlanFigures, words: str) -> list[Piece]:
    if not plan.left_out:
        return []
    reasons = plan.reasons().most_common(2)
    listed = " · ".join(f"{number(count)} {plain(reason, 80)}" for reason, count in reasons)
    return [(f"! {words} {number(len(plan.left_out))}  ", "warn"), (listed, "dim")]


def _fitting(groups: Sequence[list[Piece]], width: int) -> list[Piece]:
    """The groups in a line, those that do not fit left out from the end; one alone is cut."""
    line: list[Piece] = []
    for group in groups:
        if not group:
            continue
        gap: list[Piece] = [_GAP] if line else []
        if line and pieces_width([*line, *gap, *group]) > width:
            break
        line += [*gap, *group]
    return _cut(line, width)


def _cut(line: list[Piece], width: int) -> list[Piece]:
    over = pieces_width(line) - width
    while line and over > 0:
        text, role = line.pop()
        room = pieces_width([(text, role)]) - over
        if room > 1:
            return [*line, (fit(text, room), role)]
        over = pieces_width(line) - width
    return line


class PlanAsk(Lines):
    """What is asked or said, the digits typed so far, and the keys that do something now."""

    def __init__(self) -> None:
        super().__init__(id="plan-ask")
        self._question: Piece = ("", "")
        self._typed: str | None = None
        self._hint = ""

    def show(self, question: Piece, typed: str | None, hint: str) -> None:
        """`typed` is None where no number is asked for."""
        if (question, typed, hint) == (self._question, self._typed, self._hint):
            return
        self._question, self._typed, self._hint = question, typed, hint
        self.refresh()

    def fit_height(self) -> int:
        """Take the lines that are needed; how many."""
        height = len(self.lines(max(20, self.size.width)))
        self.styles.height = height
        return height

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """The question, the number behind it, over the keys."""
        text, role = self._question
        typed = "" if self._typed is None else f"   {self._typed}▏"
        asked: list[list[Piece]] = [[(line, role)] for line in wrap(text.split(" "), width - len(typed), " ")]
        if asked:
            asked[-1].append((typed, "key"))
        return [*asked[-_MOST_ASKED:], [(fit(self._hint, width), "dim")]]
