"""The write plan as it looks in each of its states, at three sizes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from conftest import Screen, make_app
from plan_news import orders, receipt, started, target, told
from screen_fakes import Clock, FakeLibrary, FakeLink
from textual.pilot import Pilot

from nivo_tui.engine import protocol
from nivo_tui.model import Receipt
from nivo_tui.ui.screens.receipts import Phase

SIZES = [(80, 24), (120, 40), (200, 50)]
SEA = ("beach", "sea", "ericeira", "surfboard", "umbrella", "calm")
Snap = Callable[..., bool]


def accepted(library: FakeLibrary) -> None:
    for path in library.paths[:18]:
        library.accept_as_shown(path, {"beach", "sea"})


def planned_news(paths: list[str], job: int = 5) -> list[Receipt | protocol.Event]:
    """Twelve photos in the file, three sidecars, two left out, and an open catalog."""
    news: list[Receipt | protocol.Event] = []
    for n, path in enumerate(paths[:15]):
        beside = n % 5 == 4
        at = f"{path}.xmp" if beside else path
        news += [
            target(
                job, path, target=at, names=(("Ann",), ("Ann", "Ben"))[n % 2] if n % 4 == 1 else (), facts=9,
                old_count=n % 7, size=0 if beside else 2_104_332, passed=n % 3,
                backup=None if beside else f"{path}.original",
                programs=("lightroom",) if n % 3 == 0 else (),
                hierarchies=("places|Portugal|Ericeira",),
            ),
            Receipt(
                path, at, "planned", fields=("xmp:dc:subject", "xmp:lr:hierarchicalSubject", "iptc:2:25"),
                added=SEA[: 1 + n % 6], bytes_added=2871 + 13 * n,
                reason="its XMP is not UTF-8" if beside else None,
            ),
        ]  # fmt: skip
    return [
        *news,
        Receipt(paths[15], None, "refused", reason="changed since the scan (scan again)"),
        Receipt(paths[16], None, "refused", reason="read-only"),
        Receipt(paths[17], paths[17], "unchanged"),
        protocol.PlanAround(job, (("/", 31_000_000, 212_000_000_000),), ("/Pictures/Lightroom/Trip.lrcat",)),
    ]


class Plan:
    """Brings the dialog of an application into its states."""

    def __init__(self, pilot: Pilot[int], link: FakeLink, library: FakeLibrary, clock: Clock) -> None:
        assert pilot.app is not None
        self.screen = Screen(pilot.app, pilot, library, link, clock)  # type: ignore[arg-type]
        self.paths = library.paths

    async def opened(self) -> None:
        await self.screen.until(lambda: self.screen.app.is_open and self.screen.review.is_mounted)
        await self.screen.settle()
        self.screen.app.open_write_plan()
        await self.screen.until(lambda: orders(self.screen) or self._phase is Phase.OVER)

    @property
    def _phase(self) -> Phase | None:
        return getattr(self.screen.app.screen, "phase", None)

    def tell(self, job: int, *news: Receipt | protocol.Event) -> None:
        self.screen.link.put(*told(self.screen, job, *news))

    async def planning(self) -> None:
        await self.opened()
        self.tell(5, started(self.screen, 5), *planned_news(self.paths)[:14])
        await self.screen.until(lambda: self.screen.app.screen.plan.receipts == 7)

    async def ready(self) -> None:
        await self.opened()
        self.tell(
            5, started(self.screen, 5), *planned_news(self.paths), protocol.JobEnded(5, "write", "done")
        )
        await self.screen.until(lambda: self._phase is Phase.READY)

    async def detail(self) -> None:
        await self.ready()
        await self.screen.press("v", "right")
        await self.screen.until(lambda: "Hierarchies" in self.screen.text())

    async def steps(self) -> None:
        await self.ready()
        await self.screen.press("question_mark")
        await self.screen.until(lambda: "Save Metadata" in self.screen.text())

    async def wrong_count(self) -> None:
        await self.ready()
        await self.screen.press("1", "4", "enter")

    def _made(self, count: int, *, failed: int = 0) -> list[Receipt]:
        news = [each for each in planned_news(self.paths) if isinstance(each, Receipt)]
        made = []
        for n, each in enumerate(news[:count]):
            values = {name: getattr(each, name) for name in ("added", "bytes_added")}
            if n < failed:
                made.append(Receipt(each.path, each.target, "failed", reason="no space is left on the disk"))
                continue
            backup = f"{each.path}.original" if each.target == each.path else None
            made.append(Receipt(each.path, each.target, "written", run=9, backup=backup, **values))
        return made

    async def writing(self, count: int = 6, failed: int = 0) -> None:
        await self.ready()
        await self.screen.press("1", "5", "enter")
        made = self._made(count, failed=failed)
        progress = protocol.Progress(6, "write", "write", count, 15, 4.0, 2.0)
        self.tell(6, started(self.screen, 6), progress, *made)
        await self.screen.until(lambda: self.screen.app.screen.done.receipts == count)
        await self.screen.pilot.pause(0.05)

    async def over(self, failed: int = 0) -> None:
        await self.writing(15, failed)
        self.tell(6, protocol.JobEnded(6, "write", "done"))
        await self.screen.until(lambda: self._phase is Phase.OVER)
        await self.screen.pilot.pause(0.05)

    async def failures(self) -> None:
        await self.over(3)

    async def undo_question(self) -> None:
        await self.over()
        await self.screen.press("u", "1")

    async def undone(self) -> None:
        await self.undo_question()
        await self.screen.press("5", "enter")
        modes = ["exact"] * 12 + ["additions", "refused", "exact"]
        undone = [
            receipt(
                r.path, "refused" if mode == "refused" else "written", run=9, mode=mode, added=(),
                bytes_added=-r.bytes_added, removed=r.added,
                reason="the file is gone" if mode == "refused" else None,
            )
            for r, mode in zip(self._made(15), modes, strict=True)
        ]  # fmt: skip
        self.tell(7, started(self.screen, 7, "undo"), *undone, protocol.JobEnded(7, "undo", "done"))
        await self.screen.until(lambda: self._phase is Phase.UNDONE)

    async def dead(self) -> None:
        await self.writing()
        self.tell(6, protocol.JobEnded(0, "write", "failed", {}, "the engine ended (status -9)"))
        await self.screen.until(lambda: self._phase is Phase.OVER)

    async def empty(self) -> None:
        await self.opened()
        await self.screen.until(lambda: self._phase is Phase.OVER)


STATES: dict[str, Callable[[Plan], Awaitable[None]]] = {
    "planning": Plan.planning,
    "ready": Plan.ready,
    "detail": Plan.detail,
    "steps": Plan.steps,
    "wrong_count": Plan.wrong_count,
    "writing": Plan.writing,
    "over": Plan.over,
    "failures": Plan.failures,
    "undo_question": Plan.undo_question,
    "undone": Plan.undone,
    "dead": Plan.dead,
    "empty": Plan.empty,
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", list(STATES))
def test_write_plan(snap_compare: Snap, state: str, size: tuple[int, int]) -> None:
    library, link, clock = FakeLibrary(60), FakeLink(), Clock()
    if state != "empty":
        accepted(library)
    app = make_app(library, link, clock)

    async def before(pilot: Pilot[int]) -> None:
        await STATES[state](Plan(pilot, link, library, clock))
        await pilot.pause(0)

    assert snap_compare(app, terminal_size=size, run_before=before)
