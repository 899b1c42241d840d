"""Learned bars where tags are decided: what a tag is ticked at, and from how much that was learned."""

from __future__ import annotations

from conftest import OpenScreen

from nivo_tui.catalog.learned import NEVER_TICKED, switch
from nivo_tui.catalog.library import Library
from nivo_tui.engine.protocol import JobEnded
from nivo_tui.model import State
from nivo_tui.ui.bridge import Batch
from nivo_tui.ui.learned_words import bars_in_words


def judged(library: Library) -> None:
    """Umbrella was accepted by its key on 24 photos, and its ticks follow that; calm is never ticked."""
    for path in library.paths("/")[1:25]:
        library.decide(path, "umbrella", State.ACCEPTED)
        library.decide(path, "calm", State.REJECTED)
        library.decide(path, "sea", State.ACCEPTED)
    rows = [("umbrella", 0.3, 0.7, 0.41), ("calm", 0.3, 0.5, NEVER_TICKED), ("sea", 0.3, 0.7, 0.7)]
    library.connection.executemany(
        "INSERT INTO bars(tag, label, floor, bar, applied) VALUES(?1, ?1, ?2, ?3, ?4)", rows
    )
    switch(library.decisions, on=True)


def switched_off(library: Library) -> None:
    judged(library)
    switch(library.decisions, on=False)


async def test_a_learned_bar_stands_after_the_reason(open_real: OpenScreen) -> None:
    async with open_real(size=(200, 50), prepare=judged) as screen:
        await screen.until(lambda: screen.review.session.bars)
        text = screen.text()
        assert "found at 0.41; bar .41 learned from 24" in text
        assert "sea" in text and text.count("learned from") == 1
        assert screen.review.session.bars["calm"] == "not ticked, learned from 24"
        assert "sea" not in screen.review.session.bars


async def test_where_the_reason_has_no_room_it_stands_beside_the_picture(open_real: OpenScreen) -> None:
    async with open_real(size=(80, 24), prepare=judged) as screen:
        await screen.until(lambda: screen.review.session.bars)
        row = next(r for r in screen.review.tags.numbered if r.suggestion.tag == "umbrella")
        await screen.press(*["j"] * (row.number - 1))
        assert "umbrella: found at 0.41; bar" in screen.text()
        assert ".41 learned from 24" in screen.text()


async def test_bulk_and_tag_view_name_it(open_real: OpenScreen) -> None:
    async with open_real(size=(200, 50), prepare=judged) as screen:
        await screen.until(lambda: screen.review.session.bars)
        row = next(r for r in screen.review.tags.numbered if r.suggestion.tag == "umbrella")
        await screen.press(*["j"] * (row.number - 1), "percent_sign")
        await screen.until(lambda: "(bar .41 learned from 24)" in screen.text())
        await screen.press("escape", "T")
        tags = screen.app.screen
        await screen.until(lambda: getattr(tags, "tags", None) is not None and tags.tags.tallies)
        place = next(i for i, tally in enumerate(tags.tags.tallies) if tally.tag == "umbrella")
        tags.tags.go_to(place)
        await screen.press("enter")
        await screen.until(lambda: "bar .41 learned from 24 ·" in screen.text())


async def test_nothing_is_said_while_learning_is_off(open_real: OpenScreen) -> None:
    async with open_real(size=(200, 50), prepare=switched_off) as screen:
        assert bars_in_words(screen.library) == {}
        assert "learned from" not in screen.text()
        switch(screen.library.decisions, on=True)
        screen.app.deliver(Batch(ended=(JobEnded(1, "renew", "done"),)))
        await screen.until(lambda: "learned from 24" in screen.text())
