"""The order of work, its priorities, and the notes of what is in hand."""

from __future__ import annotations

import threading
from pathlib import Path

from nivo_tui.engine.work import MODEL, InHand, WorkList


def _all(work: WorkList) -> list[str]:
    taken = []
    while (path := work.take()) is not None:
        taken.append(path)
        work.done()
    return taken


def test_each_path_is_handed_out_once_in_order() -> None:
    assert _all(WorkList("abc")) == ["a", "b", "c"]


def test_what_is_looked_at_comes_first() -> None:
    work = WorkList("abcde")
    assert work.take() == "a"
    work.first(["d", "a", "c", "zzz"])
    assert _all(work) == ["d", "c", "b", "e"]


def test_suspects_come_last_and_alone() -> None:
    work = WorkList("abc", alone=["a"])
    assert [work.take(), work.take()] == ["b", "c"]
    got: list[str | None] = []
    other = threading.Thread(target=lambda: got.append(work.take()))
    other.start()
    work.done()
    assert got == []
    work.done()
    other.join(10)
    assert got == ["a"]


def test_nothing_is_handed_out_after_a_stop() -> None:
    work = WorkList("abc")
    work.stop()
    assert work.take() is None


def test_a_photo_in_hand_is_found_by_the_next_engine(tmp_path: Path) -> None:
    InHand(tmp_path).note("/photos/caf\udce9.jpg")
    assert list(InHand(tmp_path).left_behind().values()) == ["/photos/caf\udce9.jpg"]
    assert InHand(tmp_path).left_behind() == {}


def test_a_photo_that_was_done_is_not_left_behind(tmp_path: Path) -> None:
    in_hand = InHand(tmp_path)
    in_hand.note("/photos/a.jpg")
    in_hand.close()
    assert InHand(tmp_path).left_behind() == {}


def test_a_model_in_hand_has_the_thread_of_its_photo(tmp_path: Path) -> None:
    InHand(tmp_path).note("/a.jpg")
    InHand(tmp_path, MODEL).note("pack@1")
    photos, packs = InHand(tmp_path).left_behind(), InHand(tmp_path, MODEL).left_behind()
    assert photos.keys() == packs.keys() and list(packs.values()) == ["pack@1"]


def test_a_short_name_after_a_long_one_is_found_as_it_is(tmp_path: Path) -> None:
    in_hand = InHand(tmp_path)
    in_hand.note("/photos/a-very-long-name.jpg")
    in_hand.note("/b.jpg")
    assert list(InHand(tmp_path).left_behind().values()) == ["/b.jpg"]
