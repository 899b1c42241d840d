"""The write plan: nothing is written before the number of photos is typed."""

from __future__ import annotations

from conftest import OpenScreen, Screen
from plan_news import orders, planned, receipt, started, target, three_accepted, told, written
from screen_fakes import ROOT
from textual import events

from nivo_tui.engine import protocol
from nivo_tui.errors import EngineError
from nivo_tui.model import Receipt
from nivo_tui.ui.plan_figures import PlanFigures, format_name
from nivo_tui.ui.screens.receipts import Phase, ReceiptsScreen
from nivo_tui.ui.typed_count import Said, TypedCount
from nivo_tui.ui.widgets.receipt_table import ReceiptTable


async def three(screen: Screen, *more: Receipt | protocol.Event):
    """The plan of three photos, ready to be confirmed."""
    paths = screen.library.paths[:3]
    return await planned(
        screen, *(target(5, path) for path in paths), *(receipt(path, "planned") for path in paths), *more
    )


async def test_the_number_writes_and_the_result_can_be_taken_back(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        paths = screen.library.paths[:3]
        dialog = await planned(
            screen,
            target(5, paths[0], names=("Ann",), facts=9, rejected=1),
            receipt(paths[0], "planned"),
            target(5, paths[1], target=paths[1] + ".xmp", backup=None, size=0),
            Receipt(paths[1], paths[1] + ".xmp", "planned", added=("beach",), bytes_added=2871),
            Receipt(paths[2], None, "refused", reason="changed since the scan (scan again)"),
        )
        plan = orders(screen)[0].options
        assert (plan["paths"], plan["execute"], plan["details"]) == (paths, False, True)
        text = screen.text()
        for expected in (
            "Write 2 photos",
            "1 in the file   JPEG 1",
            "1 sidecar   HEIC 1",
            "+ 3 tags",
            "keeps all 4 keywords",
            "Ann 1",
            "in nivo only  9 facts · 1 wrong here",
            "1 backup (.original), 2.1 MB",
            "left out 1  1 changed since the scan",
            "Left out 1",
            "IMG_0413.HEIC",
            "Type 2 and press Enter",
            "+3,912",
        ):
            assert expected in text, expected
        await screen.press("2", "enter")
        options = orders(screen)[-1].options
        assert (options["paths"], options["execute"], options["command"]) == (paths[:2], True, "screen")
        assert options["stamps"] == {path: f"stamp of {path}" for path in paths[:2]}
        screen.link.put(started(screen, 6), *told(screen, 6, receipt(paths[0], "written", run=9)))
        await screen.until(lambda: "1 of 2" in screen.text())
        assert screen.review.jobs.writing
        screen.link.put(
            *told(screen, 6, receipt(paths[1], "written", run=9)), protocol.JobEnded(6, "write", "done")
        )
        await screen.until(lambda: dialog.phase is Phase.OVER)
        assert "2 of 2 photos written" in screen.text()
        await screen.press("u")
        assert "Type 2 and press Enter to take all of it back" in screen.text()
        await screen.press("enter", "escape", "3", "enter", "escape")
        assert not orders(screen, "undo")
        await screen.press("u", "2", "enter")
        undo = orders(screen, "undo")[0].options
        assert (undo["run"], undo["execute"]) == (9, True)
        screen.link.put(
            started(screen, 7, "undo"),
            *told(
                screen,
                7,
                receipt(paths[0], "written", run=9, mode="exact", added=(), removed=("beach", "sea")),
                receipt(paths[1], "written", run=9, mode="additions", added=(), removed=("beach",)),
            ),
            protocol.JobEnded(7, "undo", "done"),
        )
        await screen.until(lambda: dialog.phase is Phase.UNDONE)
        text = screen.text()
        assert "2 of 2 photos taken back" in text and "- 3 tags" in text
        assert "1 byte for byte" in text and "additions" in text
        await screen.press("u", "z", "2", "enter")
        assert len(orders(screen, "undo")) == 1
        await screen.press("escape", "escape")
        assert screen.app.screen is screen.review


async def test_a_wrong_number_an_empty_one_and_escape_write_nothing(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        dialog = await three(screen)
        await screen.press("4", "enter", "a", "x", "w", "1", "3", "enter")
        assert "That is not 3" in screen.text()
        await screen.press("3", "backspace", "enter")
        assert screen.app.screen is not dialog  # nothing typed: the row was opened
        await screen.press("3", "enter", "escape", "3", "escape")
        assert len(orders(screen)) == 1
        assert screen.app.screen is screen.review


async def test_a_held_or_pasted_enter_confirms_nothing(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        dialog = await three(screen)
        dialog.post_message(events.Paste("3\r\n"))
        await screen.until(lambda: "3▏" in screen.text())
        assert len(orders(screen)) == 1
        dialog.post_message(events.Paste("33 photos"))
        await screen.press("enter", after=0.0)
        assert len(orders(screen)) == 1 and "in one go" in screen.text()
        await screen.press("enter", after=0.05)  # the repeat of it
        assert len(orders(screen)) == 1
        await screen.press("enter")
        assert len(orders(screen)) == 2


async def test_a_number_is_not_carried_over(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        await three(screen)
        for away in (("right", "escape"), ("question_mark", "left")):
            await screen.press("3", *away)
            assert "3▏" not in screen.text()
        await screen.press("3")
        await screen.pilot.resize_terminal(20, 5)
        await screen.pilot.pause(0.05)
        await screen.press("3", "enter")
        await screen.pilot.resize_terminal(110, 30)
        await screen.until(lambda: "Type 3" in screen.text())
        assert "3▏" not in screen.text() and len(orders(screen)) == 1


async def test_what_was_decided_since_is_planned_again(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        dialog = await three(screen)
        await screen.press("3", "enter")
        screen.link.put(
            started(screen, 6), protocol.JobEnded(6, "write", "done", {"stale": True, "run": None})
        )
        await screen.until(lambda: len(orders(screen)) == 3)
        assert dialog.phase is Phase.PLANNING and not orders(screen)[-1].options["execute"]
        screen.link.put(
            started(screen, 7),
            *told(screen, 7, receipt(screen.library.paths[0], "planned")),
            protocol.JobEnded(7, "write", "done"),
        )
        await screen.until(lambda: dialog.phase is Phase.READY)
        assert "decided or changed since" in screen.text() and "Type 1 " in screen.text()
        await screen.press("3", "enter")
        assert len(orders(screen)) == 3


async def test_a_job_of_another_screen_is_not_taken_for_ours(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        await screen.until(lambda: screen.review.session.can_write)
        await screen.press("w")
        await screen.until(lambda: orders(screen))
        screen.link.put(
            protocol.JobStarted(4, "write", "write", "somebody-else"),
            *told(screen, 4, receipt(screen.library.paths[7], "written")),
            protocol.JobEnded(4, "write", "done"),
            started(screen, 5),
            *told(screen, 5, receipt(screen.library.paths[0], "planned")),
            protocol.JobEnded(5, "write", "done"),
        )
        await screen.until(lambda: "Type 1 " in screen.text())


async def test_writing_stops_between_files(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        dialog = await three(screen)
        await screen.press("3", "enter")
        screen.link.put(started(screen, 8))
        await screen.until(lambda: screen.review.jobs.running and dialog.job.number == 8)
        await screen.press("c")
        assert screen.link.orders[-1] == protocol.Cancel(8)
        screen.link.put(
            *told(screen, 8, receipt(screen.library.paths[0], "written", run=4)),
            protocol.JobEnded(8, "write", "cancelled"),
        )
        await screen.until(lambda: dialog.phase is Phase.OVER)
        assert "1 of 3 photos written" in screen.text()
        assert "Stopped as you asked." in screen.text()
        await screen.press("u")
        assert "Type 1 and press Enter to take" in screen.text()


async def test_an_engine_that_dies_says_how_far_it_came(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        dialog = await three(screen)
        await screen.press("3", "enter")
        screen.link.put(
            started(screen, 8),
            *told(screen, 8, receipt(screen.library.paths[0], "written", run=4)),
            protocol.JobEnded(0, "write", "failed", {}, "the engine ended (status -9)"),
        )
        await screen.until(lambda: dialog.phase is Phase.OVER)
        text = " ".join(screen.text().split())
        assert "the engine ended (status -9). 1 photo written so far; the next start settles" in text


async def test_a_lost_link_says_so_and_forgets_the_number(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        dialog = await three(screen)
        await screen.press("3")
        screen.link.put(EngineError("the pipe broke"))
        await screen.until(lambda: dialog.phase is Phase.OVER)
        assert "the pipe broke" in screen.text()
        await screen.press("3", "enter")
        assert len(orders(screen)) == 1


async def test_a_plan_begun_again_counts_nothing_twice(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        paths = screen.library.paths[:3]
        await screen.until(lambda: screen.review.session.can_write)
        await screen.press("w")
        await screen.until(lambda: orders(screen))
        screen.link.put(started(screen, 5), *told(screen, 5, *(receipt(p, "planned") for p in paths[:2])))
        screen.link.put(started(screen, 6), *told(screen, 6, *(receipt(p, "planned") for p in paths)))
        screen.link.put(protocol.JobEnded(6, "write", "done"))
        await screen.until(lambda: "Type 3 " in screen.text())
        assert len(screen.app.screen.plan.going) == 3


async def test_the_dialog_can_be_left_while_files_are_written(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        await three(screen)
        await screen.press("3", "enter")
        screen.link.put(started(screen, 8), *told(screen, 8, receipt(screen.library.paths[0], "written")))
        await screen.until(lambda: screen.review.jobs.writing)
        await screen.press("escape", "q")
        await screen.until(lambda: "Files are being written" in screen.text())
        assert await screen.leave("enter") == 0


async def test_leaving_during_the_plan_cancels_it(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        await screen.until(lambda: screen.review.session.can_write)
        await screen.press("w")
        await screen.until(lambda: orders(screen))
        screen.link.put(started(screen, 5))
        await screen.until(lambda: screen.review.jobs.running)
        await screen.press("escape")
        assert screen.link.orders[-1] == protocol.Cancel(5)


async def test_a_failed_plan_says_why(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        await screen.until(lambda: screen.review.session.can_write)
        await screen.press("w")
        await screen.until(lambda: orders(screen))
        screen.link.put(started(screen, 5), protocol.JobEnded(5, "write", "failed", {}, "disk gone"))
        await screen.until(lambda: "Stopped: disk gone." in screen.text())


async def test_a_plan_waits_for_the_scan_and_says_so(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        screen.link.put(protocol.JobStarted(1, "scan", "scan"))
        await screen.until(lambda: screen.review.jobs.running and screen.review.session.can_write)
        await screen.press("w")
        await screen.until(lambda: "Waits for the job that runs" in screen.text())


async def test_nothing_accepted_says_what_to_do(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        screen.app.open_write_plan()
        await screen.until(lambda: "Nothing to write" in screen.text())
        assert "Accept some first: Enter takes" in screen.text()
        await screen.press("1", "enter")
        assert not orders(screen)


async def test_every_photo_left_out_can_be_reached(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        refused = [Receipt(f"{ROOT}/{n:02}.JPG", None, "refused", reason="read-only") for n in range(99)]
        await planned(screen, receipt(screen.library.paths[0], "planned"), *refused)
        assert "left out 99  99 read-only" in screen.text()
        await screen.press("end")
        assert "98.JPG" in screen.text()
        await screen.press("enter")
        await screen.until(lambda: "none: the photo stays as it is" in screen.text())


async def test_failures_come_first_when_it_is_over(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        await three(screen)
        paths = screen.library.paths
        await written(
            screen,
            *(receipt(path, "written", run=3) for path in paths[:2]),
            Receipt(paths[2], paths[2], "failed", reason="the disk is full"),
        )
        lines = [
            line for line in screen.text().splitlines() if "IMG_" in line and ("✓" in line or "✗" in line)
        ]
        assert "IMG_0413" in lines[0] and "the disk is full" in lines[0]


async def test_a_row_opens_with_all_of_it(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted, size=(80, 40)) as screen:
        path = screen.library.paths[0]
        old = tuple(f"word{n}" for n in range(30))
        await planned(
            screen,
            target(
                5, path, old=old, old_count=1000, hierarchies=("places|Portugal|Ericeira",),
                programs=("lightroom",), names=("Ann",), passed=4,
            ),
            receipt(path, "planned", fields=("xmp:dc:subject", "iptc:2:25"), notes=("no xattrs here",)),
        )  # fmt: skip
        await screen.press("right")
        await screen.until(lambda: "Hierarchies" in screen.text())
        text = screen.text()
        for expected in (
            "word29", "and 970 more", "+ beach", "places > Portugal > Ericeira", "xmp:dc:subject · iptc:2:25",
            "2,104,332 + 3,912", "IMG_0411.JPG.original, 2.1 MB", "Lightroom, kept as they are", "Ann",
            "4 passed", "no xattrs here",
        ):  # fmt: skip
            assert expected in text, expected
        await screen.press("left")
        assert "Type 1 " in screen.text()


async def test_names_are_gone_through_by_a_key(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        paths = screen.library.paths[:3]
        news = [target(5, path, names=("Ann",) if n else ()) for n, path in enumerate(paths)]
        await planned(screen, *news, *(receipt(path, "planned") for path in paths))
        table = screen.app.screen.query_one(ReceiptTable)
        assert "◇ names  Ann 2" in screen.text()
        for expected in (paths[1], paths[2], paths[1]):
            await screen.press("v")
            assert table.current.path == expected


async def test_other_programs_are_named_with_their_steps(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted, size=(120, 40)) as screen:
        path = screen.library.paths[0]
        raw = f"{ROOT}/a.NEF"
        await planned(
            screen,
            target(5, path, programs=("lightroom", "darktable")),
            receipt(path, "planned"),
            target(5, raw, target=f"{raw}.xmp", size=0, backup=None),
            Receipt(raw, f"{raw}.xmp", "planned", added=("sea",)),
            protocol.PlanAround(
                5, (("/", 2_200_000, 1_000_000), ("/media/card", 1, 9_000_000)), (f"{ROOT}/My.lrcat",), ()
            ),
        )
        text = screen.text()
        assert "1 with Lightroom settings · 1 with darktable settings" in text
        assert "! Lightroom has" in text and "My.lrcat open" in text
        assert "! / has 1.0 MB free, and 2.2 MB are needed" in text and "9.0 MB on /media/card" in text
        await screen.press("question_mark")
        await screen.until(lambda: "Save Metadata to Files" in screen.text())
        text = screen.text()
        assert "Read Metadata from Files" in text and "open now" in text
        assert "1 new sidecar will be called" in text and "look for updated XMP" in text


async def test_hostile_names_and_a_megabyte_of_keyword_are_cut_and_shown_plain(
    open_screen: OpenScreen,
) -> None:
    async with open_screen(prepare=three_accepted, size=(80, 24)) as screen:
        hostile = f"{ROOT}/\x1b[31m[red]\u202egpj.{'x' * 300}.JPG"
        huge = "k" * 1_000_000
        news = [
            target(5, hostile, old=("\x1b]0;t\x07", huge), names=("\u202eAnn[b]",), programs=("\x1b[2J",)),
            receipt(hostile, "planned", added=(huge, "\x1b[2Jsea")),
            Receipt(hostile + "2", None, "refused", reason="\x1b[5m" + huge),
        ]
        await planned(screen, *news)
        for keys in ((), ("right",), ("escape", "end"), ("right",), ("pagedown",)):
            await screen.press(*keys)
            await screen.pilot.pause(0.05)
            assert "\x1b" not in screen.text() and "\u202e" not in screen.text()
        await screen.press("escape", "question_mark", "escape", "1", "enter")
        assert len(orders(screen)) == 2


async def test_ten_thousand_photos_are_taken_in_slices(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        await screen.until(lambda: screen.review.session.can_write)
        await screen.press("w")
        dialog = screen.app.screen
        await screen.until(lambda: orders(screen))
        paths = [f"{ROOT}/{n}.JPG" for n in range(10_000)]
        screen.link.put(
            started(screen, 5),
            *(target(5, path) for path in paths),
            *told(screen, 5, *(receipt(path, "planned") for path in paths)),
            protocol.JobEnded(5, "write", "done"),
        )
        await screen.until(lambda: dialog.job.news)
        assert len(dialog.job.news) > 1000 and dialog.phase is Phase.PLANNING
        await screen.until(lambda: dialog.phase is Phase.READY)
        await screen.press("end")
        assert "9999.JPG" in screen.text() and "Type 10000" in screen.text()


async def test_receipts_of_a_run_are_shown_and_taken_back(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        paths = screen.library.paths[:2]
        made = [receipt(paths[0], "written", run=12), Receipt(paths[1], None, "refused", reason="read-only")]
        dialog = ReceiptsScreen(screen.review, made, "Written while you were away", 12)
        screen.app.push_screen(dialog)
        await screen.until(lambda: "Written while you were away" in screen.text())
        assert "read-only" in screen.text()
        await screen.press("z", "1", "enter")
        assert orders(screen, "undo")[0].options["run"] == 12


async def test_receipts_without_a_run_cannot_be_taken_back(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        screen.app.push_screen(ReceiptsScreen(screen.review, [], "Nothing came of it", None))
        await screen.until(lambda: "Nothing came of it" in screen.text())
        await screen.press("u", "enter", "v", "right", "end", "home", "pagedown", "c")
        assert not orders(screen, "undo")


def test_a_count_is_used_up_by_enter() -> None:
    now = [0.0]
    count = TypedCount(lambda: now[0])
    count.paste("31\n")
    now[0] += 1
    assert count.enter(31) is Said.YES
    now[0] += 1
    assert count.enter(31) is Said.NOTHING
    now[0] += 0.05
    count.digit("3")
    assert count.enter(3) is Said.NOT_PRESSED
    now[0] += 1
    assert count.enter(3) is Said.YES
    count.paste("0")
    now[0] += 1
    assert count.enter(0) is Said.WRONG


def test_figures_count_photos_once() -> None:
    figures = PlanFigures()
    figures.note(target(5, "/a.NEF"))
    figures.note(target(5, "/a.NEF", target="/a.NEF.xmp", backup=None))
    figures.add(receipt("/a.NEF", "planned"))
    figures.add(Receipt("/a.NEF", "/a.NEF.xmp", "planned", added=("beach", "sea")))
    figures.add(Receipt("/b.JPG", "/b.JPG", "unchanged"))
    assert (len(figures.photos), figures.tags, len(figures.unchanged)) == (1, 2, 1)
    assert (figures.kept, figures.backups, figures.sidecars["NEF"]) == (2, 1, 1)
    names = ("/x.jpeg", "/x.DNG", "/x", "/x.heif")
    assert [format_name(name) for name in names] == ["JPEG", "DNG", "?", "HEIC"]
