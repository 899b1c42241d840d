"""The tag view: a page is decided by one Enter, seen and pressed; what is wrong by its own key."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import OpenScreen
from real_home import record
from screen_fakes import suggestions

from nivo_tui.catalog.across import TagTally, tags_to_decide
from nivo_tui.model import State, Suggestion
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.keymap import key_table
from nivo_tui.ui.screens.tag_view import TagViewScreen
from nivo_tui.ui.tag_page import labels

TAGS = ("beach", "sea", "surfboard", "umbrella", "ericeira", "calm")


def view(screen) -> TagViewScreen:
    found = screen.app.screen
    assert isinstance(found, TagViewScreen)
    return found


async def open_list(screen) -> None:
    await screen.press("T")
    await screen.until(lambda: isinstance(screen.app.screen, TagViewScreen) and not view(screen)._busy)


async def open_tag(screen, tag: str) -> None:
    """The cursor to a tag, and its first page."""
    shown = view(screen)
    row = next(i for i, tally in enumerate(shown.tags.tallies) if tally.tag == tag)
    for _ in range(abs(row - shown.tags.cursor)):
        await screen.press("down" if row > shown.tags.cursor else "up")
    await screen.press("enter")
    await page_painted(screen)


async def page_painted(screen) -> None:
    await screen.until(
        lambda: (view(screen).page is None and not view(screen)._busy) or view(screen).guard._painted
    )


def states(screen, tag: str) -> dict[str, State]:
    found: dict[str, State] = {}
    for path in screen.library.paths(screen.review.session.root):
        for s in screen.library.detail(path).suggestions:
            if s.tag == tag:
                found[path] = s.state
    return found


def count(screen, tag: str, state: State) -> int:
    return sum(found is state for found in states(screen, tag).values())


async def test_enter_accepts_the_page_but_for_the_flipped_ones(open_real: OpenScreen) -> None:
    async with open_real(count=60) as screen:
        await open_list(screen)
        await open_tag(screen, "beach")
        page = view(screen).page
        shown, wrong = [photo.path for photo in page.photos], {1, 3}
        await screen.press("2", "4")
        assert "✗" in screen.text()
        assert count(screen, "beach", State.UNDECIDED) == 60
        await screen.press("enter")
        await screen.until(lambda: view(screen).page is not page)
        found = states(screen, "beach")
        assert [found[path] for path in shown] == [
            State.REJECTED if i in wrong else State.ACCEPTED for i in range(len(shown))
        ]
        assert count(screen, "beach", State.UNDECIDED) == 60 - len(shown)
        act = screen.library.decisions.newest_act(since=0)
        assert (act.by, act.title) == ("tag view", f"beach: {len(shown) - 2} accepted, 2 wrong")
        assert screen.review.session.counts.done == 0


async def test_what_is_below_the_bar_is_left_unless_said_otherwise(open_real: OpenScreen) -> None:
    async with open_real(count=15) as screen:
        await open_list(screen)
        await open_tag(screen, "umbrella")
        photos = view(screen).page.photos
        assert not any(photo.ticked for photo in photos)
        await screen.press("1", "right", "x")
        await screen.press("enter")
        await screen.until(lambda: view(screen).page is None or view(screen).page.photos != photos)
        found = states(screen, "umbrella")
        assert found[photos[0].path] is State.ACCEPTED
        assert found[photos[1].path] is State.REJECTED
        assert count(screen, "umbrella", State.UNDECIDED) == 13


async def test_marks_by_the_cursor_and_back(open_real: OpenScreen) -> None:
    async with open_real(count=15) as screen:
        await open_list(screen)
        await open_tag(screen, "beach")
        shown = view(screen)
        await screen.press("x", "x", "left", "u", "down")
        assert [shown.page.mark(i).value for i in range(3)] == ["✗", "✓", "✓"]
        await screen.press("up", "left", "a")
        assert shown.page.mark(0).value == "✓"
        assert count(screen, "beach", State.UNDECIDED) == 15


async def test_esc_decides_nothing_and_leads_back(open_real: OpenScreen) -> None:
    async with open_real(count=15) as screen:
        await open_list(screen)
        await open_tag(screen, "beach")
        await screen.press("1", "escape")
        await screen.until(lambda: view(screen).page is None and not view(screen)._busy)
        assert count(screen, "beach", State.UNDECIDED) == 15
        await screen.press("escape")
        await screen.until(lambda: screen.app.screen is screen.review)
        assert screen.library.decisions.newest_act(since=0) is None


async def test_a_held_enter_decides_nothing(open_real: OpenScreen) -> None:
    async with open_real(count=60) as screen:
        await open_list(screen)
        await screen.press("enter")
        await page_painted(screen)
        for _ in range(20):
            await screen.press("enter", after=0.03)
        assert screen.library.decisions.newest_act(since=0) is None


async def test_a_repeat_after_the_first_pause_decides_nothing(open_real: OpenScreen) -> None:
    async with open_real(count=60) as screen:
        await open_list(screen)
        await screen.press("enter")
        await page_painted(screen)
        await screen.press("enter", after=0.5)
        await screen.press("enter", after=0.03)
        await screen.press("enter", after=0.03)
        await screen.pilot.pause(0.2)
        assert screen.library.decisions.newest_act(since=0) is None


async def test_enter_counts_only_when_the_page_was_painted(open_real: OpenScreen) -> None:
    async with open_real(count=60) as screen:
        await open_list(screen)
        await open_tag(screen, "beach")
        view(screen).guard._painted = False
        await screen.press("enter")
        await screen.pilot.pause(0.1)
        assert screen.library.decisions.newest_act(since=0) is None


async def test_undo_takes_back_the_page_and_shows_it_again(open_real: OpenScreen) -> None:
    async with open_real(count=60) as screen:
        await open_list(screen)
        await open_tag(screen, "beach")
        first = view(screen).page.photos
        await screen.press("3")
        for _ in range(2):
            before = view(screen).page
            await screen.press("enter")
            await screen.until(lambda before=before: view(screen).page is not before)
            await page_painted(screen)
        assert count(screen, "beach", State.ACCEPTED) >= 2 * 20 - 1
        for _ in range(2):
            before = view(screen).page
            await screen.press("z")
            await screen.until(lambda before=before: view(screen).page is not before)
            await page_painted(screen)
        assert count(screen, "beach", State.UNDECIDED) == 60
        assert view(screen).page.photos == first
        assert [view(screen).page.mark(index).value for index in range(3)] == ["✓", "✓", "✗"]


async def test_undo_in_the_review_takes_the_page_back_too(open_real: OpenScreen) -> None:
    async with open_real(count=15) as screen:
        await open_list(screen)
        await open_tag(screen, "beach")
        await screen.press("enter")
        await screen.until(lambda: view(screen).page is None and not view(screen)._busy)
        await screen.press("escape")
        await screen.until(lambda: screen.app.screen is screen.review)
        assert count(screen, "beach", State.ACCEPTED) == 15
        await screen.press("z")
        assert count(screen, "beach", State.UNDECIDED) == 15


async def test_after_the_last_page_the_next_tag_is_offered(open_real: OpenScreen) -> None:
    async with open_real(count=15) as screen:
        await open_list(screen)
        first = view(screen).tags.current.tag
        await screen.press("enter")
        await page_painted(screen)
        await screen.press("enter")
        await screen.until(lambda: view(screen).page is None and not view(screen)._busy)
        assert "gone through" in screen.text()
        assert view(screen).tags.current.tag != first


async def test_names_are_listed_last_and_never_opened(open_real: OpenScreen) -> None:
    async with open_real(count=30) as screen:
        await open_list(screen)
        tallies = view(screen).tags.tallies
        names = [tally.label for tally in tallies if tally.is_name]
        assert names and [tally.label for tally in tallies[-len(names) :]] == names
        await screen.press("end", "enter")
        assert view(screen).page is None
        assert "own key" in screen.text()


async def test_keys_of_photos_mean_nothing_else() -> None:
    keys = key_table()
    shown = labels(keys)
    assert shown.startswith("1234567890") and len(shown) >= 26
    assert not set(shown) & set("axuzohjklq")
    other = key_table(overrides={"accept": "r"})
    assert "r" in shown and "r" not in labels(other)


async def test_a_persons_own_key_means_the_same_here(open_real: OpenScreen) -> None:
    async with open_real(count=15) as screen:
        screen.review.keys = key_table(overrides={"reject": "r"})
        await open_list(screen)
        await open_tag(screen, "beach")
        await screen.press("r")
        assert view(screen).page.mark(0).value == "✗"


async def test_a_smaller_terminal_shows_fewer_and_decides_only_those(open_real: OpenScreen) -> None:
    async with open_real(count=60) as screen:
        await open_list(screen)
        await open_tag(screen, "beach")
        many = len(view(screen).page.photos)
        await screen.pilot.resize_terminal(80, 24)
        await screen.until(lambda: len(view(screen).page.photos) < many and view(screen).guard._painted)
        shown = view(screen).page
        few = len(shown.photos)
        assert few >= 10
        await screen.press("enter")
        await screen.until(lambda: view(screen).page is not shown)
        assert count(screen, "beach", State.ACCEPTED) == few
        await screen.pilot.resize_terminal(20, 5)
        await screen.pilot.pause(0.1)
        await screen.pilot.resize_terminal(120, 40)
        await screen.until(lambda: len(view(screen).page.photos) == many)


async def test_pictures_are_not_sent_again_for_a_flip(open_real: OpenScreen) -> None:
    from nivo_tui.ui.widgets.sheet_rows import SheetRow

    async with open_real(count=30, thumbnails=True, support=PictureSupport("half")) as screen:
        await open_list(screen)
        await open_tag(screen, "beach")
        await screen.until(lambda: all(row._pictures for row in screen.app.screen.query(SheetRow)))
        before = [w.drawn for row in screen.app.screen.query(SheetRow) for w in row._pictures]
        await screen.press("3", "right", "x")
        after = [w.drawn for row in screen.app.screen.query(SheetRow) for w in row._pictures]
        assert all(a is b for a, b in zip(before, after, strict=True))


async def test_a_photo_is_shown_larger_and_judged_there(open_real: OpenScreen) -> None:
    async with open_real(count=15, thumbnails=True, support=PictureSupport("half")) as screen:
        await open_list(screen)
        await open_tag(screen, "beach")
        shown = view(screen)
        await screen.press("o")
        await screen.until(lambda: screen.app.screen.id == "large-photo")
        await screen.press("x")
        await screen.until(lambda: screen.app.screen is shown)
        assert shown.page.mark(0).value == "✗" and shown.sheet.cursor == 1
        await screen.press("o", "escape")
        await screen.until(lambda: screen.app.screen is shown)
        assert shown.page.mark(1).value == "✓"


async def test_nothing_to_decide_says_so(open_real: OpenScreen) -> None:
    async with open_real(count=3, change=lambda n, r: replace(r, suggestions=())) as screen:
        await open_list(screen)
        assert "No tag waits" in screen.text()
        await screen.press("enter", "z", "escape")
        await screen.until(lambda: screen.app.screen is screen.review)


async def test_many_photos_to_do_recommend_it_once(open_real: OpenScreen) -> None:
    async with open_real(count=220) as screen:
        assert screen.text().count("T decides tag by tag") == 1


async def test_few_photos_do_not(open_real: OpenScreen) -> None:
    async with open_real(count=60) as screen:
        assert "tag by tag" not in screen.text()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_perfect_user_needs_few_keys(open_real: OpenScreen, size: tuple[int, int]) -> None:
    """One in ten is wrong: a person flips those and presses Enter; every tag, to the end."""

    def change(number: int, made):
        return replace(
            made,
            suggestions=tuple(
                replace(rated, ticked=not (rated.suggestion.fact or rated.suggestion.is_name))
                for rated in made.suggestions
            ),
        )

    async with open_real(size=size, count=120, change=change) as screen:
        root = screen.review.session.root
        total = sum(tally.photos for tally in tags_to_decide(screen.library, root) if not tally.is_name)
        keys = 1
        await open_list(screen)
        keys_of = labels(key_table())
        seen: set[str] = set()
        while True:
            shown = view(screen)
            if shown.page is None:
                tally: TagTally | None = shown.tags.current
                if tally is None or tally.is_name:
                    break
                await screen.press("enter")
            else:
                page = shown.page
                wrong = [i for i, photo in enumerate(page.photos) if is_wrong(photo.path, page.tally.tag)]
                for index in wrong:
                    await screen.press(keys_of[index])
                seen.update(photo.path + page.tally.tag for photo in page.photos)
                await screen.press("enter")
                keys += len(wrong)
                await screen.until(lambda page=page: view(screen).page is not page and not view(screen)._busy)
            keys += 1
            await page_painted(screen)
        assert len(seen) == total == 120 * len(TAGS)
        for tag in TAGS:
            assert {p for p, s in states(screen, tag).items() if s is State.REJECTED} == {
                p for p in states(screen, tag) if is_wrong(p, tag)
            }
        assert keys / total <= 0.2


def is_wrong(path: str, tag: str) -> bool:
    """One in ten, by the photo's number."""
    return (int(path[-9:-4]) * 7 + len(tag)) % 10 == 0


def test_the_library_has_these_tags() -> None:
    judged: tuple[Suggestion, ...] = tuple(s for s in suggestions(3) if not s.fact)
    assert tuple(s.tag for s in judged) == TAGS
    assert record(7).suggestions
