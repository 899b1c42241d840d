"""The history on the screen: taking back what was decided, asked first where it is much."""

from __future__ import annotations

from conftest import OpenScreen, Screen

from nivo_tui.catalog.decisions import Choice
from nivo_tui.catalog.library import Library
from nivo_tui.model import State
from nivo_tui.ui.screens.history import HistoryScreen
from nivo_tui.ui.widgets.history_list import HistoryList


def bulk(library: Library) -> None:
    choices = [Choice(path, "beach", "beach", State.ACCEPTED, "scene") for path in library.paths("/")]
    library.commit(f"'beach' accepted on {len(choices)} photos", choices, by="bulk")


def many_kinds(library: Library) -> None:
    paths = library.paths("/")
    bulk(library)
    library.never("calm")
    library.decide(paths[0], "beach", State.REJECTED)
    library.add_tag(paths[1], "summer [red]house[/red]")


def state(screen: Screen, path: str, tag: str) -> State:
    detail = screen.library.detail(path)
    return next(s.state for s in detail.suggestions if s.tag == tag)


async def opened(screen: Screen) -> HistoryList:
    await screen.press("H")
    await screen.until(lambda: isinstance(screen.app.screen, HistoryScreen))
    entries = screen.app.screen.query_one(HistoryList)
    await screen.until(lambda: entries.current is not None or (entries.empty and not entries.keys))
    return entries


async def test_x_takes_back_the_act_under_the_cursor_and_x_again_lets_it_stand(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        path = screen.review.session.path
        await screen.press("j", "x")
        entries = await opened(screen)
        assert entries.current.decisions == 1
        await screen.press("x")
        await screen.until(lambda: entries.current.revoked)
        assert state(screen, path, "beach") is State.UNDECIDED
        await screen.press("x")
        await screen.until(lambda: not entries.current.revoked)
        assert state(screen, path, "beach") is State.REJECTED
        await screen.press("escape")
        assert screen.app.screen is screen.review


async def test_a_large_act_is_asked_about_and_later_decisions_stay(open_real: OpenScreen) -> None:
    async with open_real(prepare=many_kinds) as screen:
        first, _, third = screen.library.paths("/")[:3]
        entries = await opened(screen)
        await screen.press("G", "x")
        await screen.until(lambda: "Take this back?" in screen.text())
        assert "60 decisions on 60 photos are taken back" in screen.text()
        await screen.press("x", "escape")
        assert state(screen, third, "beach") is State.ACCEPTED
        await screen.press("x", "enter")
        await screen.until(lambda: entries.current is not None and entries.current.revoked)
        assert state(screen, third, "beach") is State.UNDECIDED
        assert state(screen, first, "beach") is State.REJECTED


async def test_what_the_history_took_back_is_turned_round_by_undo_and_redo(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        path = screen.review.session.path
        await screen.press("j", "x", "a")
        entries = await opened(screen)
        await screen.press("j", "x")
        await screen.until(lambda: entries.current.revoked)
        assert (state(screen, path, "beach"), state(screen, path, "sea")) == (State.UNDECIDED, State.ACCEPTED)
        await screen.press("escape", "z")
        assert (state(screen, path, "beach"), state(screen, path, "sea")) == (State.REJECTED, State.ACCEPTED)
        await screen.press("z")
        assert (state(screen, path, "beach"), state(screen, path, "sea")) == (State.REJECTED, State.UNDECIDED)
        await screen.press("z", "z")
        assert state(screen, path, "beach") is State.UNDECIDED
        assert "H takes back older ones" in screen.text()
        await screen.press("Z", "Z", "Z")
        assert (state(screen, path, "beach"), state(screen, path, "sea")) == (State.UNDECIDED, State.ACCEPTED)


async def test_undo_does_not_reach_before_this_session(open_real: OpenScreen) -> None:
    async with open_real(prepare=many_kinds) as screen:
        await screen.press("z")
        assert "H takes back older ones" in screen.text()
        assert state(screen, screen.library.paths("/")[0], "beach") is State.REJECTED


async def test_a_decision_of_another_program_is_not_undone_here(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        path, other = screen.library.paths("/")[:2]
        await screen.press("j", "a")
        screen.library.decisions.record(
            "decide: accept sea", [Choice(other, "sea", "sea", State.ACCEPTED)], by="command"
        )
        await screen.press("z")
        assert state(screen, path, "beach") is State.UNDECIDED
        assert state(screen, other, "sea") is State.ACCEPTED


async def test_rules_are_listed_together(open_real: OpenScreen) -> None:
    async with open_real(prepare=many_kinds) as screen:
        entries = await opened(screen)
        await screen.press("F")
        await screen.until(lambda: entries.current is not None and entries.current.rules == ("calm",))
        assert len(entries.keys) == 1
        await screen.press("x")
        await screen.until(lambda: entries.current.revoked)
        assert "calm" not in screen.library.decisions.never_tags()
        await screen.press("F")
        await screen.until(lambda: entries.current is not None and entries.current.by == "bulk")
        await screen.press("F")
        await screen.until(lambda: "nothing was written yet" in screen.text())


async def test_words_are_looked_for(open_real: OpenScreen) -> None:
    async with open_real(prepare=many_kinds) as screen:
        entries = await opened(screen)
        await screen.press("slash", *"[red]", "enter")
        await screen.until(lambda: len(entries.keys) == 1 and entries.current is not None)
        assert "summer [red]house[/red]" in screen.text()
        await screen.press("slash", *"zebra", "enter")
        await screen.until(lambda: "nothing here holds zebra" in screen.text())


async def test_a_held_key_takes_back_one_act(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        await screen.press("j", "a")
        entries = await opened(screen)
        await screen.press("x")
        await screen.press("x", after=0.5)
        for _ in range(8):
            await screen.press("x", after=0.03)
        await screen.until(lambda: entries.current.revoked)
        await screen.press("j", after=0.1)
        await screen.press("enter")
        assert entries.current.revoked


async def test_it_is_there_while_a_scan_runs(open_real: OpenScreen) -> None:
    from nivo_tui.engine import protocol

    async with open_real(prepare=many_kinds) as screen:
        entries = await opened(screen)
        path = screen.library.paths("/")[1]
        screen.link.put(protocol.JobStarted(1, "scan", "scan"), protocol.PhotoSeen(1, path, "new"))
        await screen.press("x")
        await screen.until(lambda: entries.current.revoked)
        await screen.until(lambda: screen.review.jobs.running)
