"""The screen of the keywords that a library has already: keep, map or never."""

from __future__ import annotations

import pytest
from conftest import OpenScreen, Screen

from nivo_tui.catalog.history import History
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.mappings import proposals
from nivo_tui.catalog.offers import KEYWORDS, was_offered
from nivo_tui.catalog.words import LibraryWord, save_words, word_rules
from nivo_tui.engine.protocol import JobEnded, Run
from nivo_tui.ui.bridge import Batch
from nivo_tui.ui.keyword_offer import QUIET_S, KeywordOffer
from nivo_tui.ui.returning import Returning
from nivo_tui.ui.screens.keywords import KeywordsScreen
from nivo_tui.ui.widgets.keyword_list import KeywordList

WORDS = [
    LibraryWord("Beach", ("Places", "Coast", "Beach"), 214, "beach", "beach", ("Scene", "beach")),
    LibraryWord("Sonnenuntergang", ("Sonnenuntergang",), 88, "sunset", "sunset", ("Scene", "sunset")),
    LibraryWord("Strand", ("Strand",), 12, "beach", "beach", ("Scene", "beach")),
    LibraryWord(
        "[b]cat\x1b[31m\u202e" + "x" * 280, ("A" * 90, "B", "cat"), 3, "cat", "cat", ("Objects", "cat")
    ),
    LibraryWord("garden", ("garden",), 400),
]
SCAN_ENDED = Batch(ended=(JobEnded(1, "scan", "done"),))


def with_words(library: Library) -> None:
    save_words(library.connection, WORDS)


def with_many(library: Library) -> None:
    made = [
        LibraryWord(f"Word {n}", (f"Word {n}",), 9000 - n, f"tag_{n}", f"tag {n}", ("Scene", f"tag {n}"))
        for n in range(5000)
    ]
    save_words(library.connection, made)


async def opened(screen: Screen, *, key: bool = True) -> KeywordList:
    if key:
        await screen.press("M")
    await screen.until(lambda: isinstance(screen.app.screen, KeywordsScreen))
    await screen.pilot.pause()
    return screen.app.screen.query_one(KeywordList)


def rules(screen: Screen) -> set[tuple[str, str, str]]:
    return {(r.kind, r.tag, r.text) for r in word_rules(screen.library.connection, "d")}


def renewals(screen: Screen) -> int:
    return sum(isinstance(order, Run) and order.kind == "renew" for order in screen.link.orders)


async def test_enter_commits_all_as_shown_in_one_act_that_undo_takes_back(open_real: OpenScreen) -> None:
    async with open_real(prepare=with_words) as screen:
        found = await opened(screen)
        assert [p.keyword for p in found.proposals][:3] == ["Beach", "Sonnenuntergang", "Strand"]
        text = screen.text()
        assert "beach" in text and "(214)" in text and "→ Beach [Places|Coast]" in text
        assert "garden" not in text.split("Your keywords", 1)[1].split("Esc leaves")[0]
        assert "\x1b" not in text and "\u202e" not in text
        await screen.press("a", "k", "up", "up")
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.review)
        assert {(k, t) for k, t, _ in rules(screen)} == {("map", "beach"), ("keep", "sunset"), ("map", "cat")}
        assert proposals(screen.library) == ()
        assert renewals(screen) == 1
        (entry,) = [
            e for e in History(screen.library).entries(History(screen.library).keys()) if not e.is_run
        ]
        assert "3 mapped, 1 kept" in entry.title and len(entry.words) == 4
        await screen.press("z")
        assert rules(screen) == set() and len(proposals(screen.library)) == 4
        assert renewals(screen) == 2
        await screen.press("Z")
        assert len(rules(screen)) == 4 and renewals(screen) == 3


async def test_never_is_of_the_tag_whatever_the_keyword(open_real: OpenScreen) -> None:
    async with open_real(prepare=with_words) as screen:
        found = await opened(screen)
        await screen.press("x")
        assert [answer.value for answer in found.answers] == ["never", "map", "never", "map"]
        await screen.press("down", "k")
        assert [answer.value for answer in found.answers] == ["map", "map", "keep", "map"]
        await screen.press("home", "minus", "enter")
        await screen.until(lambda: screen.app.screen is screen.review)
        assert "beach" in screen.library.decisions.never_tags()
        await screen.press("H")
        await screen.until(lambda: "2 rules" in screen.text())


async def test_one_photo_is_and_many_are_not_asked_again(open_real: OpenScreen) -> None:
    def prepare(library: Library) -> None:
        save_words(
            library.connection,
            [
                LibraryWord("Auto", ("Auto",), 2, "car", "car", ("Objects", "car")),
                LibraryWord("Strand", ("Strand",), 1, "beach", "beach", ("Scene", "beach")),
            ],
        )

    async with open_real(prepare=prepare) as screen:
        await opened(screen)
        assert "2 photos have it already and are not asked again" in " ".join(screen.text().split())
        await screen.press("down")
        assert "1 photo has it already and is not asked again" in " ".join(screen.text().split())


async def test_esc_answers_nothing_and_says_how_to_come_back(open_real: OpenScreen) -> None:
    async with open_real(prepare=with_words) as screen:
        await opened(screen)
        await screen.press("x", "K", "escape")
        assert screen.app.screen is screen.review
        assert rules(screen) == set() and renewals(screen) == 0
        assert "nothing answered; M asks again" in screen.text()
        await opened(screen)


async def test_without_keywords_it_says_so(open_real: OpenScreen) -> None:
    async with open_real() as screen:
        await screen.press("M")
        await screen.until(lambda: "no keyword waits for an answer" in screen.text())
        assert screen.app.screen is screen.review


async def test_a_held_enter_commits_nothing(open_real: OpenScreen) -> None:
    async with open_real(prepare=with_words) as screen:
        await opened(screen)
        for _ in range(20):
            await screen.press("enter", after=0.04)
        assert isinstance(screen.app.screen, KeywordsScreen) and rules(screen) == set()


@pytest.mark.parametrize("pause", [0.2, 0.5, 1.0])
async def test_a_held_key_answers_once(open_real: OpenScreen, pause: float) -> None:
    async with open_real(prepare=with_many) as screen:
        found = await opened(screen)
        await screen.press("x")
        await screen.press("x", after=pause)
        for _ in range(20):
            await screen.press("x", after=0.04)
        assert [answer.value for answer in found.answers[:3]] == ["never", "map", "map"]
        assert found.cursor == 1


async def test_five_thousand_are_moved_through_and_committed(open_real: OpenScreen) -> None:
    async with open_real(prepare=with_many) as screen:
        found = await opened(screen)
        assert found.row_count == 5000
        await screen.press("G")
        assert found.cursor == 4999 and "Word 4999" in screen.text()
        await screen.press("x", "g", "g")
        assert found.cursor == 0
        await screen.press("K", "a", "enter")
        await screen.until(lambda: screen.app.screen is screen.review)
        kinds = [rule.kind for rule in word_rules(screen.library.connection, "d")]
        assert (kinds.count("keep"), kinds.count("map")) == (4999, 1)


async def test_what_was_answered_elsewhere_meanwhile_stays(open_real: OpenScreen) -> None:
    from nivo_tui.catalog.mappings import Answer, answer

    async with open_real(prepare=with_words) as screen:
        await opened(screen)
        answer(screen.library, {"Beach": Answer.KEEP}, by="command")
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.review)
        assert ("keep", "beach", "Beach") in rules(screen)


def remembering(screen: Screen) -> Returning:
    screen.app.returning = Returning(screen.review, remembers=True)
    return screen.app.returning


async def test_the_first_scan_that_found_some_opens_it_once_in_the_life_of_a_home(
    open_real: OpenScreen,
) -> None:
    async with open_real(prepare=with_words) as screen:
        remembering(screen)
        screen.app.deliver(SCAN_ENDED)
        await opened(screen, key=False)
        await screen.press("escape")
        screen.review.offer._when_quiet(proposals(screen.library))
        assert screen.app.screen is screen.review
        await screen.until(lambda: was_offered(screen.library, KEYWORDS))
        remembering(screen)
        screen.review.offer = KeywordOffer(screen.review)
        screen.app.deliver(SCAN_ENDED)
        for _ in range(20):
            await screen.pilot.pause(0.01)
        assert screen.app.screen is screen.review


async def test_it_opens_neither_over_a_dialog_nor_while_keys_come(open_real: OpenScreen) -> None:
    async with open_real(prepare=with_words) as screen:
        remembering(screen)
        await screen.press("question_mark")
        screen.app.deliver(SCAN_ENDED)
        for _ in range(20):
            await screen.pilot.pause(0.01)
        assert not isinstance(screen.app.screen, KeywordsScreen)
        await screen.press("escape")
        await screen.press("j")
        found = proposals(screen.library)
        screen.review.offer._when_quiet(found)
        assert screen.app.screen is screen.review
        screen.clock.now += QUIET_S
        screen.review.offer._when_quiet(found)
        await opened(screen, key=False)


async def test_an_enter_meant_for_the_review_does_not_count(open_real: OpenScreen) -> None:
    async with open_real(prepare=with_words) as screen:
        remembering(screen)
        screen.app.deliver(SCAN_ENDED)
        await opened(screen, key=False)
        await screen.press("enter", after=0.5)
        assert isinstance(screen.app.screen, KeywordsScreen) and rules(screen) == set()
        await screen.press("enter", after=3)
        await screen.until(lambda: screen.app.screen is screen.review)
        assert len(rules(screen)) == 4


async def test_a_resize_to_nothing_and_back(open_real: OpenScreen) -> None:
    async with open_real(prepare=with_words) as screen:
        await opened(screen)
        await screen.pilot.resize_terminal(20, 5)
        await screen.press("j", "x")
        await screen.pilot.resize_terminal(200, 50)
        assert "Places|Coast" in screen.text()
