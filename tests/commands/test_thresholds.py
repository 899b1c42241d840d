"""thresholds from outside: what was learned is listed, switched and reset, and ticks follow at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from real_home import ROOT, make_home
from running import Ran, nivo

from nivo_tui.catalog.library import Library
from nivo_tui.catalog.records import PhotoRecord, Rated
from nivo_tui.model import Category, State, Suggestion
from nivo_tui.platform.locks import FileLock
from nivo_tui.settings import load_paths
from nivo_tui.tagging.vocabulary import Vocabulary

COUNT = 40
BEACH = Vocabulary.load().get("beach")
assert BEACH is not None
FLOOR, BAR = BEACH.floor, BEACH.bar


def path(number: int) -> str:
    return f"{ROOT}/IMG_{number:05d}.JPG"


def sure(number: int) -> float:
    """From the floor up past the bar."""
    return round(FLOOR + number * (0.99 - FLOOR) / COUNT, 3)


def with_beach(number: int, made: PhotoRecord) -> PhotoRecord:
    beach = Suggestion("beach", "beach", Category.SCENE, sure(number), "made", "made up")
    return replace(made, path=path(number), suggestions=(Rated(beach, sure(number) >= BAR),))


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    """Every photo from the tenth on was judged right by its key."""
    make_home(load_paths(), COUNT, with_beach)
    opened = Library(load_paths())
    for number in range(10, COUNT):
        opened.decide(path(number), "beach", State.ACCEPTED)
    for number in range(10):
        opened.decide(path(number), "beach", State.REJECTED)
    yield opened
    opened.close()


def ticked(library: Library) -> list[int]:
    rows = library.connection.execute(
        "SELECT p.path FROM suggestions s JOIN photos p ON p.id = s.photo WHERE s.ticked AND s.tag = 'beach'"
    )
    return sorted(int(bytes(row[0])[-9:-4]) for row in rows)


def threshold(ran: Ran) -> dict[str, object]:
    assert ran.status == 0, ran.err
    (line,) = ran.of("threshold")
    return line


def test_learned_bars_are_listed_and_switched(library: Library) -> None:
    by_vocabulary = [n for n in range(COUNT) if sure(n) >= BAR]
    assert ticked(library) == by_vocabulary
    on = nivo("thresholds", "on", "--json")
    line = threshold(on)
    judged = {"judged": 40, "right": 30, "floor": FLOOR, "default": BAR, "outcome": "learned"}
    assert {key: line[key] for key in judged} == judged and line["tag"] == "beach"
    bar = line["learned"]
    assert isinstance(bar, float) and FLOOR <= bar <= sure(10) and line["ticked_at"] == bar
    assert ticked(library) == [n for n in range(COUNT) if sure(n) >= bar] != by_vocabulary
    assert on.summary["on"] is True and on.summary["ticks"] == len(ticked(library)) - len(by_vocabulary)
    assert threshold(nivo("--json", "thresholds"))["learned"] == bar
    off = nivo("thresholds", "off", "--json")
    assert off.summary["on"] is False and threshold(off)["learned"] == bar
    assert ticked(library) == by_vocabulary


def test_a_reset_lets_ticks_come_back_and_is_an_act(library: Library) -> None:
    assert nivo("thresholds", "on").status == 0
    words = nivo("thresholds", "list").out
    assert "beach" in words and "40" in words and "ticks follow them" in words
    ran = nivo("thresholds", "reset", "Beach", "--json")
    assert ran.status == 0 and ran.of("threshold") == [] and ran.summary["on"] is True
    assert ticked(library) == [n for n in range(COUNT) if sure(n) >= BAR]
    act = library.decisions.newest_act(since=0)
    assert act is not None and act.title == "learned thresholds reset: beach"
    library.decisions.revoke_act(act.id)
    assert threshold(nivo("thresholds", "--json"))["judged"] == 40
    assert nivo("thresholds", "reset").status == 0
    assert nivo("thresholds", "list", "--json").of("threshold") == []


def test_a_tag_that_was_never_judged_is_wrong_usage(library: Library) -> None:
    ran = nivo("thresholds", "reset", "zebra")
    assert (ran.status, ran.out) == (2, "") and "no judgement of 'zebra' counts" in ran.err


def test_an_empty_home_has_learned_nothing(home: Path) -> None:
    ran = nivo("thresholds", "--json")
    assert ran.status == 0 and ran.summary == {
        **{"type": "summary", "on": False, "tags": 0, "learned": 0, "ticks": 0},
    }
    assert "no tag was judged" in nivo("thresholds").out


def test_what_was_switched_while_the_home_is_busy_counts_from_the_next_scan_on(library: Library) -> None:
    lock = FileLock(load_paths().lock)
    assert lock.acquire()
    try:
        ran = nivo("--no-wait", "thresholds", "on", "--json")
    finally:
        lock.release()
    assert ran.status == 0 and ran.summary["on"] is True, ran.err
    assert "the next scan applies it" in ran.err
