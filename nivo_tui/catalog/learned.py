"""Bars learned from a person's own judgements: from which confidence on a tag was right nearly always.

A judgement is a tag that a key of its own accepted or called wrong on one photo, or unticked before Enter.
What came along with others (the rest of an Enter, bulk, bursts, pages, pastes, marks, commands, imports)
tells little about the one tag, and does not count: no bar is lowered by it. But it can speak against raising
one: who calls the wrong ones wrong, and takes hundreds of right ones by Enter, judges wrong ones alone. The
confidence is the one it has on that photo now.

The share of right ones at or above a confidence is bounded from below by Wilson's score interval, one-sided
at 90 % (Wilson 1927, JASA 22, 209-212; Brown, Cai and DasGupta 2001, Statistical Science 16, 101-133): 15 out
of 15 reach 0.9, and 14 do not.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import groupby
from math import sqrt
from typing import TYPE_CHECKING

from nivo_tui.catalog.decisions import DecisionStore
from nivo_tui.model import State

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

LEAST_JUDGED = 20
"""Judgements of a tag before anything is learned of it."""

RIGHT = 0.9
"""The share that has to be right."""

NEVER_TICKED = 2.0
"""A bar above every confidence."""

LEARN, UNLEARN = "learn", "unlearn"
_EVERY = ""
_Z = 1.2816  # one tail of 10 %
_RIGHT = frozenset({State.ACCEPTED, State.WRITTEN})


class Outcome(StrEnum):
    """What the judgements of a tag are enough for: a bar, no tick at all (it is often wrong), or nothing."""

    LEARNED = "learned"
    NEVER = "never ticked"
    TOO_FEW = "too few"
    OPEN = "not sure yet"


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of a tag. `floor` and `default` are the vocabulary's floor and bar, `judged` how many
    judgements count and `right` how many of them accepted it. `bar` is the learned one, `NEVER_TICKED` where
    nothing is to be ticked, None where nothing was learned. `ticked_at` is the bar that ticks follow now.
    """

    tag: str
    label: str
    floor: float
    default: float
    judged: int
    right: int
    outcome: Outcome
    bar: float | None
    ticked_at: float


def learned(library: Library) -> dict[str, Learned]:
    """What was learned of each tag that a person judged, by tag; also while it is switched off."""
    return _read(library.connection, library.connection, "d.")


def learned_bars(catalog: sqlite3.Connection, decisions: sqlite3.Connection) -> dict[str, Learned]:
    """The same over two connections, for the engine."""
    return _read(catalog, decisions, "main.")


def bars_in_use(catalog: sqlite3.Connection, decisions: sqlite3.Connection) -> dict[str, float]:
    """The bars that take the place of the vocabulary's, by tag; none while learning is off."""
    if not is_on(decisions):
        return {}
    return {t.tag: t.bar for t in learned_bars(catalog, decisions).values() if t.bar is not None}


def is_on(decisions: sqlite3.Connection, schema: str = "main.") -> bool:
    """Whether learned bars take the place of the vocabulary's: off until it is asked for."""
    row = decisions.execute(
        f"SELECT r.text FROM {schema}rules r JOIN {schema}acts a ON a.id = r.act "
        "WHERE r.kind = ? AND a.revoked_at IS NULL ORDER BY r.id DESC LIMIT 1",
        (LEARN,),
    ).fetchone()
    return row is not None and row[0] == "on"


def is_on_here(library: Library) -> bool:
    """The same, for a library."""
    return is_on(library.connection, "d.")


def switch(decisions: DecisionStore, *, on: bool) -> int:
    """Let ticks follow learned bars, or those of the vocabulary; returns the act, which can be revoked."""
    word = "on" if on else "off"
    act, _ = decisions.record(f"learned thresholds {word}", by="command", rules=[(LEARN, _EVERY, word)])
    return act


def forget(decisions: DecisionStore, tags: Collection[str] = ()) -> int:
    """Let the judgements made so far of some tags, or of all, count no more; returns the act.

    The decisions themselves stand, and revoking the act lets them count again.
    """
    what = ", ".join(sorted(tags)) or "all tags"
    rules = [(UNLEARN, tag, None) for tag in sorted(tags) or [_EVERY]]
    act, _ = decisions.record(f"learned thresholds reset: {what}", by="command", rules=rules)
    return act


def _read(catalog: sqlite3.Connection, decisions: sqlite3.Connection, schema: str) -> dict[str, Learned]:
    judged = _judgements(catalog, decisions, schema)
    found: dict[str, Learned] = {}
    for row in catalog.execute("SELECT tag, label, floor, bar, applied FROM bars ORDER BY tag").fetchall():
        tag, label, floor, default, applied = tuple(row)
        of_tag = judged.get(tag)
        if of_tag:
            taken = partial(_taken_along, catalog, decisions, schema, tag)
            outcome, bar = learn(of_tag, floor, default, taken)
            right = sum(is_right for _, is_right in of_tag)
            found[tag] = Learned(tag, label, floor, default, len(of_tag), right, outcome, bar, applied)
    return found


def _taken_along(
    catalog: sqlite3.Connection, decisions: sqlite3.Connection, schema: str, tag: str
) -> list[float]:
    """How sure a tag is on the photos where it was accepted along with others."""
    rows = decisions.execute(
        f"SELECT s.path FROM {schema}standing s JOIN {schema}decisions d ON d.id = s.decision "
        "WHERE s.tag = ? AND s.state = 'accepted' AND d.single = 0",
        (tag,),
    ).fetchall()
    confidence = (
        "SELECT s.confidence FROM photos p JOIN suggestions s ON s.photo = p.id AND s.tag = ? "
        "WHERE p.path = ?"
    )
    found = (catalog.execute(confidence, (tag, path)).fetchone() for (path,) in map(tuple, rows))
    return [float(row[0]) for row in found if row is not None]


def _judgements(
    catalog: sqlite3.Connection, decisions: sqlite3.Connection, schema: str
) -> Mapping[str, list[tuple[float, bool]]]:
    """The judgements that count: by tag, how sure it is on the photo and whether it is right there."""
    since = dict(
        tuple(row)
        for row in decisions.execute(
            f"SELECT r.tag, max(r.act) FROM {schema}rules r JOIN {schema}acts a ON a.id = r.act "
            "WHERE r.kind = ? AND a.revoked_at IS NULL GROUP BY r.tag",
            (UNLEARN,),
        )
    )
    rows = decisions.execute(
        f"SELECT d.tag, d.path, d.image_hash, d.state, d.act FROM {schema}decisions d "
        f"JOIN {schema}standing s ON s.decision = d.id "
        "WHERE d.single = 1 AND d.state <> 'undecided' ORDER BY d.id DESC"
    ).fetchall()
    found: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    seen: set[tuple[str, object]] = set()
    for tag, path, image_hash, state, act in map(tuple, rows):
        # One picture in several files is judged once.
        key = (tag, image_hash or path)
        if act <= max(since.get(tag, 0), since.get(_EVERY, 0)) or key in seen:
            continue
        seen.add(key)
        row = catalog.execute(
            "SELECT s.confidence FROM photos p JOIN suggestions s ON s.photo = p.id AND s.tag = ? "
            "WHERE p.path = ? AND s.fact = 0 AND s.category <> 'people'",
            (tag, path),
        ).fetchone()
        if row is not None:
            found[tag].append((float(row[0]), state in _RIGHT))
    return found


def learn(
    judged: Sequence[tuple[float, bool]],
    floor: float,
    default: float,
    taken: Callable[[], Sequence[float]] = list,
) -> tuple[Outcome, float | None]:
    """The bar that judgements, as (confidence, right), are enough for, and what that makes of the tag.

    It is the lowest confidence from the floor on at or above which the share of right ones surely reaches
    `RIGHT`. Where there is none, and the share at or above the default bar is surely below, none is ticked.
    `taken` tells how sure the tag is where it was accepted along with others: the bar is not raised past
    those where they were right often enough.
    """
    if len(judged) < LEAST_JUDGED:
        return Outcome.TOO_FEW, None
    bar = None
    for confidence, count, right in _from_above(judged):
        if floor <= confidence and wilson(right, count, -_Z) >= RIGHT:
            bar = min(1.0, confidence)
    if (bar is None or bar > default) and not _speaks_for_raising(judged, default, bar, taken):
        return Outcome.OPEN, None
    return (Outcome.NEVER, NEVER_TICKED) if bar is None else (Outcome.LEARNED, bar)


def _speaks_for_raising(
    judged: Sequence[tuple[float, bool]],
    default: float,
    bar: float | None,
    taken: Callable[[], Sequence[float]],
) -> bool:
    """Whether too few are right of those that would be ticked no more."""
    top = NEVER_TICKED if bar is None else bar
    passed = [is_right for sure, is_right in judged if default <= sure < top]
    if not passed or wilson(sum(passed), len(passed), _Z) >= RIGHT:
        return False
    along = sum(default <= sure < top for sure in taken())
    return wilson(sum(passed) + along, len(passed) + along, _Z) < RIGHT


def _from_above(judged: Iterable[tuple[float, bool]]) -> Iterable[tuple[float, int, int]]:
    """For each confidence, the highest first: how many are at or above it, and how many of them right."""
    count = right = 0
    ordered = sorted(judged, key=lambda each: -each[0])
    for confidence, alike in groupby(ordered, key=lambda each: each[0]):
        for _, is_right in alike:
            count += 1
            right += is_right
        yield confidence, count, right


def wilson(right: int, count: int, z: float) -> float:
    """A bound of Wilson's score interval for the share of `right` in `count` (at least 1): the lower one for
    a negative `z`, the upper one for a positive."""
    share = right / count
    spread = sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (share + z * z / (2 * count) + z * spread) / (1 + z * z / count)
