"""The loop, as a person at the keys meets it."""

from __future__ import annotations

import dataclasses

from conftest import OpenScreen
from screen_fakes import ROOT, FakeLibrary, FakeLink

from nivo_tui.catalog.views import Progress
from nivo_tui.engine import protocol
from nivo_tui.errors import EngineError
from nivo_tui.model import State
from nivo_tui.ui.keymap import key_table


async def test_one_key_a_photo_when_all_is_right(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        first = screen.review.session.path
        await screen.press("enter")
        assert screen.library.calls == [
            ("as_shown", first, frozenset({"beach", "sea", "surfboard", "ericeira"}))
        ]
        assert screen.review.session.path != first
        await screen.settle()
        assert "59 photos" not in screen.text()
        await screen.until(lambda: "58 to do · 1 to write" in screen.text())


async def test_enter_is_ignored_until_the_photo_was_painted(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        screen.review.guard.changed(screen.review.session.path)
        await screen.press("enter")
        assert screen.library.calls == []


async def test_a_held_enter_decides_one_photo(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("enter")
        await screen.press("enter", after=0.5)
        for _ in range(6):
            await screen.press("enter", after=0.03)
        await screen.until(lambda: screen.review.guard._painted)
        assert len(screen.library.calls) == 1


async def test_enter_soon_after_another_counts_once_no_repeat_follows(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("enter")
        await screen.settle()
        await screen.press("enter", after=0.5)
        await screen.until(lambda: len(screen.library.calls) == 2)


async def test_an_enter_that_waits_comes_before_the_next_key(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("enter")
        await screen.settle()
        second = screen.review.session.path
        screen.clock.now += 0.5
        screen._post("enter")
        screen._post("space")
        await screen.until(lambda: screen.review.session.row == 3)
        assert [call[1] for call in screen.library.calls][1:] == [second]


async def test_digits_flip_rows_and_a_name_takes_its_own_key(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        path = screen.review.session.path
        await screen.press("5", "1", "2", "9")
        assert screen.library.calls == [
            ("decide", path, "umbrella", State.ACCEPTED),
            ("decide", path, "ann", State.ACCEPTED),
        ]
        assert "5 ticked of 7" in screen.text()
        await screen.press("enter")
        assert screen.library.calls[-1] == ("as_shown", path, frozenset({"sea", "surfboard", "ericeira"}))


async def test_accept_and_reject_go_on_to_the_next_row(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        path = screen.review.session.path
        await screen.press("j", "x", "a", "u")
        assert screen.library.calls == [
            ("decide", path, "beach", State.REJECTED),
            ("decide", path, "sea", State.ACCEPTED),
        ]
        assert screen.review.tags.current.suggestion.tag == "surfboard"
        await screen.press("k", "u", "z")
        assert screen.review.tags.numbered[2].suggestion.state is State.ACCEPTED


async def test_space_and_arrows_decide_nothing(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("space", "right", "l", "left", "h")
        assert screen.review.session.row == 1
        assert screen.library.calls == []


async def test_undo_goes_back_to_the_photo(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        first = screen.review.session.path
        await screen.press("enter", "z")
        assert screen.review.session.path == first
        assert screen.library.photos[first].progress is Progress.TODO
        await screen.press("Z")
        assert screen.library.photos[first].progress is Progress.DONE


async def test_a_tag_is_typed_completed_and_repeated(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("i", *"fam", "enter")
        await screen.press("right", "full_stop")
        added = [call[2] for call in screen.library.calls if call[0] == "add_tag"]
        assert added == ["fam", "fam"]
        await screen.press("i", *"umb", "right", "enter")
        assert screen.library.calls[-1][2] == "umbrella"


async def test_escape_in_a_dialog_commits_nothing(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("i", *"never", "escape")
        await screen.press("slash", *"x", "escape")
        assert screen.library.calls == []
        assert screen.app.screen is screen.review


async def test_facts_unfold_into_rows_that_can_be_accepted(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        before = screen.text()
        assert "golden hour · summer" in before
        await screen.press("f", *["j"] * 8, "a")
        assert screen.library.calls == [("decide", screen.review.session.path, "golden_hour", State.ACCEPTED)]
        await screen.press("f")
        assert "✓ golden hour" in screen.text()


async def test_copy_and_paste(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("5", "y", "right", "P")
        pasted = [call[2] for call in screen.library.calls[1:]]
        assert pasted == ["beach", "sea", "surfboard", "umbrella", "ericeira"]
        await screen.press("z")
        assert screen.review.tags.numbered[1].suggestion.state is State.UNDECIDED


async def test_never_is_said_and_undone(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("j", "minus")
        assert screen.library.calls == [("never", "beach")]
        assert "beach is not suggested any more; z takes it back" in screen.text()
        await screen.press("z")
        assert screen.review.tags.numbered[1].suggestion.tag == "beach"


async def test_folders_open_with_enter_and_fold_with_arrows(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("tab", "j", "enter")
        assert screen.review.session.folder == f"{ROOT}/2024"
        assert screen.review.pane == "photos"
        await screen.press("shift+tab", "h")
        assert "Spring" not in screen.text()
        await screen.press("l")
        assert "Spring" in screen.text()
        assert screen.library.calls == []


async def test_first_and_last(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("shift+tab", "G")
        assert screen.review.session.row == 59
        await screen.press("g", "g")
        assert screen.review.session.row == 0
        await screen.press("pagedown")
        assert screen.review.session.row > 3


async def test_narrow_screens_show_one_pane_at_a_time(open_screen: OpenScreen) -> None:
    async with open_screen(size=(80, 24)) as screen:
        assert "Batch_1" not in screen.text() and "IMG_0414" not in screen.text()
        await screen.press("tab")
        await screen.until(lambda: "Batch_1" in screen.text())
        await screen.press("tab")
        await screen.until(lambda: "IMG_0414" in screen.text())
        await screen.press("j", "1", "a", "enter")
        await screen.until(lambda: "surfboard" in screen.text())
        assert screen.library.calls == []
        assert screen.review.session.row == 1


async def test_the_picture_takes_the_screen_and_leaves_it(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("o")
        await screen.until(lambda: "2✓ beach" in screen.text())
        await screen.press("5", "escape")
        await screen.until(lambda: "Taken" in screen.text())
        assert screen.library.calls[-1][2] == "umbrella"
        await screen.press("p")
        await screen.until(lambda: "iPhone" not in screen.text())
        await screen.press("p")
        await screen.until(lambda: "iPhone" in screen.text())


async def test_a_tiny_terminal_gets_one_line_and_no_decisions(open_screen: OpenScreen) -> None:
    async with open_screen(size=(40, 10), wait=False) as screen:
        await screen.until(lambda: "60×16" in screen.text())
        await screen.press("enter", "a", "1", "w")
        assert screen.library.calls == []
        await screen.pilot.resize_terminal(100, 30)
        await screen.until(lambda: "surfboard" in screen.text() and "60×16" not in screen.text())


async def test_the_scan_starts_by_itself_and_shows_in_the_log(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.until(lambda: screen.link.orders)
        assert screen.link.orders[0] == protocol.Run("scan", {"paths": [ROOT]})
        screen.link.put(
            protocol.JobStarted(1, "scan", "scan"),
            protocol.ModelsLoaded("CPUExecutionProvider", "CPU (CUDA: driver not found)"),
            protocol.Progress(1, "scan", "deep", 96, 177, 6.2, 13),
            protocol.PhotoSeen(1, f"{ROOT}/x\x1b[2J.JPG", "failed", "truncated"),
        )
        await screen.until(lambda: "deep pass 96/177   6.2 photos/s   0:13 left   CPU (CUDA" in screen.text())
        assert "x\\x1b[2J.JPG  truncated" in screen.text()
        await screen.press("c")
        assert screen.link.orders[-1] == protocol.Cancel()
        screen.link.put(protocol.JobEnded(1, "scan", "cancelled", {"photos": 96}))
        await screen.until(lambda: "cancelled: 96 photos" in screen.text())
        await screen.press("s")
        assert screen.link.orders[-1] == protocol.Run("scan", {"paths": [ROOT]})


async def test_photos_appear_as_they_are_analysed(open_screen: OpenScreen) -> None:
    async with open_screen(count=0, wait=False) as screen:
        await screen.until(lambda: "looking for photos" in screen.text())
        screen.link.put(protocol.JobStarted(1, "scan", "scan"))
        whole = FakeLibrary(12)
        new = whole.paths[0]
        screen.library.photos.update(
            {
                path: dataclasses.replace(d, progress=Progress.NEW, suggestions=())
                for path, d in whole.photos.items()
            }
        )
        screen.library.paths = whole.paths
        screen.link.put(protocol.PhotoSeen(1, new, "new"))
        await screen.until(lambda: "not analysed yet" in screen.text() and "12 to scan" in screen.text())
        await screen.press("enter")
        assert screen.library.calls == []
        screen.library.photos[new] = whole.photos[new]
        screen.link.put(protocol.PhotoSeen(1, new, "new"))
        await screen.until(lambda: "surfboard" in screen.text())


async def test_what_is_on_the_screen_is_analysed_first(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        screen.link.put(protocol.JobStarted(1, "scan", "scan"))
        await screen.until(lambda: screen.review.jobs.running)
        await screen.press("right")
        await screen.until(lambda: any(isinstance(order, protocol.Look) for order in screen.link.orders))
        look = screen.link.orders[-1]
        assert isinstance(look, protocol.Look) and look.paths[0] == screen.review.session.path


async def test_an_engine_that_cannot_start_leaves_a_screen_that_decides(open_screen: OpenScreen) -> None:
    link = FakeLink()
    link.fail_start = EngineError("the engine could not be started")
    async with open_screen(link=link) as screen:
        await screen.until(lambda: "the engine could not be started" in screen.text())
        await screen.press("enter")
        assert len(screen.library.calls) == 1
        await screen.press("s")
        assert "no engine" in screen.text()


async def test_an_engine_that_dies_is_said_with_what_to_do(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        screen.link.put(EngineError("the engine died"))
        await screen.until(lambda: "the engine died: quit and start" in screen.text())
        await screen.until(lambda: "The engine stopped" in screen.text())


async def test_a_second_screen_says_whom_it_follows(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        screen.link.put(protocol.EngineBusy(7, "scanning /photos"))
        await screen.until(lambda: "another nivo-tui is at work (scanning /photos)" in screen.text())


async def test_the_palette_does_what_keys_do(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("colon")
        await screen.press(*"skip")
        await screen.until(lambda: "Go to the next photo" in screen.text())
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.review)
        await screen.until(lambda: screen.review.session.row == 1)
        assert screen.library.calls == []


async def test_help_lists_the_keys_of_the_user(open_screen: OpenScreen) -> None:
    async with open_screen(keys=key_table("nivo", {"accept": "B"}), size=(120, 50)) as screen:
        await screen.press("question_mark")
        await screen.until(lambda: "Accept the tag of this row." in screen.text())
        line = next(li for li in screen.text().splitlines() if "Accept the tag of this row." in li)
        assert " B " in line
        await screen.press("x", "escape")
        assert screen.app.screen is screen.review
        assert screen.library.calls == []


async def test_the_mouse_opens_photos_and_runs_the_footer(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.pilot.click("#photos", offset=(5, 3))
        await screen.until(lambda: screen.review.session.row == 3)
        footer = screen.text().splitlines()[-1]
        await screen.pilot.click("#footer", offset=(footer.index("Space") + 2, 0))
        await screen.until(lambda: screen.review.session.row == 4)
        await screen.pilot.click("#footer", offset=(2, 0))
        await screen.pilot.pause()
        assert screen.library.calls == []


async def test_quitting_asks_only_while_files_are_written(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        screen.link.put(protocol.JobStarted(3, "write", "write"))
        await screen.until(lambda: screen.review.jobs.running)
        screen.review.jobs.writes.add(3)
        await screen.press("q")
        await screen.until(lambda: "Files are being written" in screen.text())
        await screen.press("x", "escape")
        assert screen.app.screen is screen.review
        screen.link.put(protocol.JobEnded(3, "write", "done"))
        await screen.until(lambda: not screen.review.jobs.running)
        assert await screen.leave("q") == 0


async def test_hostile_names_are_shown_as_text(open_screen: OpenScreen) -> None:
    names = ["a\x1b]0;title\x07.JPG", "x\u202egpj.JPG", "[red]b[/red].JPG", "caf\udce9.JPG", "日本" * 40]

    def hostile(library: FakeLibrary) -> None:
        for name, old in zip(names, list(library.paths), strict=True):
            path = f"{ROOT}/2024/{name}"
            suggestion = dataclasses.replace(library.photos[old].suggestions[1], label=name, why=name)
            library.photos[path] = dataclasses.replace(
                library.photos.pop(old),
                path=path,
                name=name,
                suggestions=(suggestion,),
                file_keywords=(name,),
                error=None,
                notes=(name,),
            )
        library.paths = sorted(library.photos)

    async with open_screen(prepare=hostile, count=5) as screen:
        for _ in names:
            await screen.press("i")
            seen = screen.text()
            await screen.press("escape", "o")
            seen += screen.text()
            await screen.press("o", "right")
            seen += screen.text()
            assert not set(seen) & set("\x1b\x07\u202e\udce9")
        assert "[red]b[/red].JPG" in screen.text()


async def test_w_says_why_there_is_no_plan(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        assert "write" not in screen.text().splitlines()[-1]
        await screen.press("w")
        assert screen.app.screen is screen.review
        assert "nothing waits to be written" in screen.text()
