"""The write plan: nothing is written before the number of photos is typed."""

from __future__ import annotations

from conftest import OpenScreen, Screen
from screen_fakes import ROOT, FakeLibrary

from nivo_tui.engine import protocol
from nivo_tui.model import Receipt
from nivo_tui.ui.plan_figures import PlanFigures, format_name
from nivo_tui.ui.screens.write_plan import Phase, WritePlanScreen


def three_accepted(library: FakeLibrary) -> None:
    for path in library.paths[:3]:
        library.accept_as_shown(path, {"beach", "sea"})
    library.calls.clear()


def receipt(path: str, status: str, **more: object) -> Receipt:
    target = path if status in ("planned", "written") else None
    return Receipt(path, target, status, added=("beach", "sea"), bytes_added=3912, **more)  # type: ignore[arg-type]


async def planned(screen: Screen, *receipts: Receipt) -> WritePlanScreen:
    await screen.until(lambda: screen.review.session.can_write)
    await screen.press("w")
    dialog = screen.app.screen
    assert isinstance(dialog, WritePlanScreen)
    screen.link.put(
        protocol.JobStarted(5, "write", "write"),
        *(protocol.ReceiptMade(5, made) for made in receipts),
        protocol.JobEnded(5, "write", "done"),
    )
    await screen.until(lambda: dialog.phase is not Phase.PLANNING)
    return dialog


def orders(screen: Screen) -> list[protocol.Run]:
    return [
        order for order in screen.link.orders if isinstance(order, protocol.Run) and order.kind == "write"
    ]


async def test_the_number_writes_and_the_result_says_how_to_undo(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        paths = screen.library.paths[:3]
        dialog = await planned(
            screen,
            receipt(paths[0], "planned"),
            Receipt(paths[1], paths[1] + ".xmp", "planned", added=("beach",), bytes_added=2871),
            Receipt(paths[2], None, "refused", reason="changed since the scan (scan again)"),
        )
        assert orders(screen) == [protocol.Run("write", {"paths": paths, "execute": False})]
        await screen.until(lambda: "keeps all 4 keywords" in screen.text())
        text = screen.text()
        for expected in (
            "Write 2 photos",
            "1 in the file   JPEG 1",
            "1 sidecar   HEIC 1",
            "+ 3 tags",
            "1 backup (.original)",
            "Left out 1:  IMG_0413.HEIC  changed since the scan",
            "Type 2 and press Enter",
            "+3,912",
        ):
            assert expected in text, expected
        await screen.press("2", "enter")
        assert orders(screen)[-1].options == {"paths": paths[:2], "execute": True, "command": "screen"}
        screen.link.put(
            protocol.JobStarted(6, "write", "write"),
            protocol.ReceiptMade(6, receipt(paths[0], "written", run=9)),
        )
        await screen.until(lambda: "1 of 2" in screen.text())
        assert screen.review.jobs.writing
        screen.link.put(
            protocol.ReceiptMade(6, receipt(paths[1], "written", run=9)),
            protocol.JobEnded(6, "write", "done"),
        )
        await screen.until(lambda: dialog.phase is Phase.OVER)
        assert "2 of 2 photos written" in screen.text()
        assert "nivo-tui undo --run 9 --execute" in screen.text()
        await screen.press("escape")
        assert screen.app.screen is screen.review


async def test_a_wrong_number_an_empty_one_and_escape_write_nothing(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        await planned(screen, *(receipt(path, "planned") for path in screen.library.paths[:3]))
        await screen.press("enter", "4", "enter", "a", "x", "w", "1", "3", "enter")
        assert "That is not 3" in screen.text()
        await screen.press("3", "escape")
        assert len(orders(screen)) == 1
        assert screen.app.screen is screen.review


async def test_writing_stops_between_files(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        dialog = await planned(screen, *(receipt(path, "planned") for path in screen.library.paths[:3]))
        await screen.press("3", "enter")
        screen.link.put(protocol.JobStarted(8, "write", "write"))
        await screen.until(lambda: screen.review.jobs.writing)
        await screen.press("c")
        assert screen.link.orders[-1] == protocol.Cancel(8)
        screen.link.put(
            protocol.ReceiptMade(8, receipt(screen.library.paths[0], "written", run=4)),
            protocol.JobEnded(8, "write", "cancelled"),
        )
        await screen.until(lambda: dialog.phase is Phase.OVER)
        assert "1 of 3 photos written" in screen.text()
        assert "Stopped as you asked." in screen.text()


async def test_the_dialog_can_be_left_while_files_are_written(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        await planned(screen, *(receipt(path, "planned") for path in screen.library.paths[:3]))
        await screen.press("3", "enter")
        screen.link.put(protocol.JobStarted(8, "write", "write"))
        await screen.until(lambda: screen.review.jobs.writing)
        await screen.press("escape", "q")
        await screen.until(lambda: "Files are being written" in screen.text())
        assert await screen.leave("enter") == 0


async def test_leaving_during_the_plan_cancels_it(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        await screen.until(lambda: screen.review.session.can_write)
        await screen.press("w")
        screen.link.put(protocol.JobStarted(5, "write", "write"))
        await screen.until(lambda: screen.review.jobs.running)
        await screen.press("escape")
        assert screen.link.orders[-1] == protocol.Cancel(5)


async def test_a_failed_plan_says_why(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        await screen.until(lambda: screen.review.session.can_write)
        await screen.press("w")
        screen.link.put(
            protocol.JobStarted(5, "write", "write"), protocol.JobEnded(5, "write", "failed", {}, "disk gone")
        )
        await screen.until(lambda: "Stopped: disk gone." in screen.text())


async def test_a_plan_waits_for_the_scan_and_says_so(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        screen.link.put(protocol.JobStarted(1, "scan", "scan"))
        await screen.until(lambda: screen.review.jobs.running and screen.review.session.can_write)
        await screen.press("w")
        await screen.until(lambda: "Waits for the job that runs" in screen.text())


async def test_nothing_accepted_means_no_plan(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("w")
        assert screen.app.screen is screen.review


async def test_many_left_out_are_summed_up(open_screen: OpenScreen) -> None:
    async with open_screen(prepare=three_accepted) as screen:
        refused = [Receipt(f"{ROOT}/{n}.JPG", None, "refused", reason="read-only") for n in range(9)]
        await planned(screen, receipt(screen.library.paths[0], "planned"), *refused)
        await screen.until(lambda: "and 6 more" in screen.text())


def test_figures_count_photos_once() -> None:
    figures = PlanFigures()
    figures.add(receipt("/a.NEF", "planned"))
    figures.add(Receipt("/a.NEF", "/a.NEF.xmp", "planned", added=("beach", "sea")))
    figures.add(Receipt("/b.JPG", "/b.JPG", "unchanged"))
    assert (len(figures.photos), figures.tags, figures.unchanged) == (1, 2, 1)
    assert figures.sidecars["NEF"] == 1
    assert [format_name(name) for name in ("/x.jpeg", "/x.DNG", "/x", "/x.heif")] == [
        "JPEG",
        "DNG",
        "?",
        "HEIC",
    ]
