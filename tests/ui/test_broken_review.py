"""The review where something goes wrong beside it: locked or lost databases, other screens, held keys."""

from __future__ import annotations

import dataclasses
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import OpenScreen, Screen
from real_home import burst

from nivo_tui.catalog.decisions import Choice, DecisionStore, open_decisions
from nivo_tui.catalog.judging import candidates
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.records import PhotoRecord
from nivo_tui.errors import StoreError
from nivo_tui.model import Category, State, Suggestion
from nivo_tui.settings import load_paths
from nivo_tui.ui.screens.burst import BurstScreen
from nivo_tui.ui.screens.history import HistoryScreen
from nivo_tui.ui.screens.tag_view import TagViewScreen


@contextmanager
def locked() -> Iterator[None]:
    """Another program writes decisions and does not come to an end."""
    other = sqlite3.connect(load_paths().decisions, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


def acts() -> int:
    connection = sqlite3.connect(load_paths().decisions)
    try:
        return int(connection.execute("SELECT count(*) FROM acts WHERE revoked_at IS NULL").fetchone()[0])
    finally:
        connection.close()


def log(screen: Screen) -> str:
    return "\n".join(line.text for line in screen.review.log_tail.memory.tail(screen.review.log_tail.level))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nivo_tui.ui.app.LOCKED_S", 0.01)
    monkeypatch.setattr("nivo_tui.catalog.database._BUSY_MS", 10)


# databases


@pytest.mark.parametrize("keys", [["j", "x"], ["j", "a"], ["enter"], ["j", "minus"], ["m", "m", "a"]])
async def test_a_decision_while_another_program_decides_is_refused_in_words(
    open_real: OpenScreen, keys: list[str]
) -> None:
    async with open_real() as screen:
        path = screen.review.session.path
        with locked():
            await screen.press(*keys)
        assert "Another program holds it; try again in a moment." in log(screen)
        assert (screen.review.session.path, acts()) == (path, 0)
        await screen.press(*keys)
        assert acts() == 1


async def test_an_undo_that_failed_can_be_made_once_more(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        await screen.press("j", "x")
        with locked():
            await screen.press("z")
        assert acts() == 1
        await screen.press("z")
        assert acts() == 0
        with locked():
            await screen.press("Z")
        await screen.press("Z")
        assert acts() == 1


async def test_screens_that_decide_survive_a_locked_library(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        await screen.press("j", "x", "H")
        await screen.until(lambda: isinstance(screen.app.screen, HistoryScreen))
        await screen.until(lambda: "rejected" in screen.text())
        with locked():
            await screen.press("x")
            await screen.until(lambda: "Another program" in log(screen))
        await screen.press("escape", "T")
        await screen.until(lambda: isinstance(screen.app.screen, TagViewScreen))
        view = screen.app.screen
        await screen.until(lambda: view.is_ready)
        await screen.press("enter")
        await screen.until(lambda: view.page is not None and view.is_ready)
        await screen.press("enter")
        await screen.until(lambda: acts() == 2 and view.is_ready)
        with locked():
            await screen.press("z")
        assert acts() == 2
        await screen.press("z")
        assert acts() == 1


async def test_what_cannot_be_read_is_said(open_real: OpenScreen) -> None:
    async with open_real() as screen:

        def fail(library: Library) -> None:
            library.connection.execute("SELECT * FROM nowhere")

        with pytest.raises(StoreError, match="no such table"):
            await screen.review.reader.read(fail)
        await screen.press("j", "x", "H")
        await screen.until(lambda: isinstance(screen.app.screen, HistoryScreen))
        history = screen.app.screen
        history._search_for("%" * 60_000)  # a pattern that SQLite does not take
        await screen.until(lambda: "too complex" in log(screen))


def test_a_commit_that_failed_leaves_no_transaction_open(home: Path) -> None:
    paths = load_paths()
    paths.create()
    connection = open_decisions(paths)
    store = DecisionStore(connection)
    # A key that points nowhere is found out at the very end.
    connection.execute("CREATE TABLE late(act INTEGER REFERENCES acts(id) DEFERRABLE INITIALLY DEFERRED)")
    connection.execute(
        "CREATE TEMP TRIGGER t AFTER INSERT ON main.acts BEGIN INSERT INTO late VALUES(99); END"
    )
    with pytest.raises(StoreError):
        store.record("x", [Choice("/a.jpg", "sea", "sea", State.ACCEPTED)], by="key")
    assert not connection.in_transaction
    assert store.of_photo("/a.jpg") == {}
    connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open cannot be moved there")
async def test_nothing_is_decided_in_a_database_that_was_moved_away(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        file = load_paths().decisions
        away = file.with_name("away.db")
        file.rename(away)
        await screen.press("j", "x")
        assert "was moved or deleted while it was open" in log(screen)
        away.rename(file)
        await screen.press("x")
        assert acts() == 1


async def test_what_ends_after_the_screen_is_taken_apart_finds_nothing_to_show(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        await screen.review.query("#title, #photo-head, #tag-head, #footer").remove()
        screen.review.show_all()


# other screens


async def test_z_takes_back_our_page_and_not_what_another_screen_did_since(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        await screen.press("T")
        view = screen.app.screen
        await screen.until(lambda: view.is_ready)
        await screen.press("enter")
        await screen.until(lambda: view.page is not None and view.is_ready)
        read = screen.review.reader.read

        async def with_another(question):
            answer = await read(question)
            other = Library(load_paths())
            other.never("calm")
            other.close()
            return answer

        screen.review.reader.read = with_another
        await screen.press("enter")
        await screen.until(lambda: acts() >= 2 and view.is_ready)
        screen.review.reader.read = read
        await screen.press("escape", "escape")
        await screen.until(lambda: screen.app.screen is screen.review)
        await screen.press("z")
        assert "calm" in Library(load_paths()).decisions.never_tags()


# names


def unnamed(number: int, made: PhotoRecord) -> PhotoRecord:
    """The first two photos: one where nobody was recognised, and one where Ann may be."""
    rated = [r for r in made.suggestions if not r.suggestion.is_name]
    if number:
        ann = next(r for r in made.suggestions if not r.suggestion.fact)
        name = Suggestion("ann", "Ann", Category.PEOPLE, 0.91, "faces", "distance 0.31")
        rated.insert(0, dataclasses.replace(ann, suggestion=name, ticked=False))
    return dataclasses.replace(made, suggestions=tuple(rated))


def state(screen: Screen, path: str) -> State:
    detail = screen.review.session.library.detail(path)
    return next(s.state for s in detail.suggestions if s.tag == "ann")


@pytest.mark.parametrize("keys", [["."], ["y", "p"]])
async def test_a_typed_word_that_is_a_name_elsewhere_is_not_repeated_or_pasted_there(
    open_real: OpenScreen, keys: list[str]
) -> None:
    async with open_real(count=8, change=unnamed) as screen:
        session = screen.review.session
        first = next(p for p in session.library.paths("/") if p.endswith("00000.JPG"))
        session.go_to_path(first)
        screen.review.show_all()
        session.add_tag("Ann")
        if keys[0] == "y":
            screen.review.command("copy")
        other = next(p for p in session.library.paths("/") if p != first)
        session.go_to_path(other)
        screen.review.show_all()
        screen.review.command("repeat" if keys[0] == "." else "paste")
        assert state(screen, other) is State.UNDECIDED
        assert state(screen, first) is State.ACCEPTED


async def test_bulk_finds_no_photo_for_a_word_that_is_a_name_there(open_real: OpenScreen) -> None:
    async with open_real(count=8, change=unnamed) as screen:
        typed = Suggestion("ann", "Ann", None, 0.0, "you", "added by you")
        assert not candidates(screen.review.session.library, "/", typed).photos


# held keys


async def test_a_key_held_in_the_filter_does_not_flip_a_tag_behind_it(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        await screen.press("F")
        assert screen.app.screen is not screen.review
        await screen.press("1")
        await screen.until(lambda: screen.app.screen is screen.review)
        before = len(screen.review.session.undoing)
        await screen.press("1", after=0.5)
        await screen.press("1", "1", "1", "1", after=0.03)
        assert len(screen.review.session.undoing) == before


async def test_an_enter_held_on_the_first_page_of_a_burst_gives_nothing(open_real: OpenScreen) -> None:
    async with open_real(size=(80, 24), count=60, change=burst(range(0, 40))) as screen:
        await screen.press("enter")
        await screen.until(lambda: screen.review.twins.source is not None)
        await screen.press("S")
        await screen.until(lambda: isinstance(screen.app.screen, BurstScreen))
        view = screen.app.screen
        await screen.until(lambda: view.offer is not None and view.page)
        for _ in range(20):
            await screen.until(lambda: all(p.path in view._painted for p in view.page))
            if not view.unseen:
                break
            await screen.press("enter")
        count = acts()
        screen.clock.now += 0.5
        await screen.press("enter", after=0.0)
        await screen.press(*["enter"] * 6, after=0.03)
        await screen.pilot.pause(0.2)
        assert acts() == count
        await screen.press("enter")
        await screen.until(lambda: acts() == count + 1)
