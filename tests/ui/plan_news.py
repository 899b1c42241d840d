"""What an engine says of a plan, for the tests of the write plan."""

from __future__ import annotations

from conftest import Screen
from screen_fakes import FakeLibrary

from nivo_tui.engine import protocol
from nivo_tui.model import Receipt
from nivo_tui.ui.screens.receipts import Phase, ReceiptsScreen
from nivo_tui.ui.screens.write_plan import WritePlanScreen


def three_accepted(library: FakeLibrary) -> None:
    for path in library.paths[:3]:
        library.accept_as_shown(path, {"beach", "sea"})
    library.calls.clear()


def receipt(path: str, status: str, **more: object) -> Receipt:
    target = path if status in ("planned", "written") else None
    values: dict[str, object] = {"added": ("beach", "sea"), "bytes_added": 3912, **more}
    return Receipt(path, target, status, **values)  # type: ignore[arg-type]


def target(job: int, path: str, **more: object) -> protocol.TargetPlanned:
    values: dict[str, object] = {
        "old": ("holiday", "surf"),
        "old_count": 2,
        "size": 2_104_332,
        "backup": f"{path}.original",
        **more,
    }
    return protocol.TargetPlanned(job, path, str(values.pop("target", path)), f"stamp of {path}", **values)  # type: ignore[arg-type]


def orders(screen: Screen, kind: str = "write") -> list[protocol.Run]:
    return [order for order in screen.link.orders if isinstance(order, protocol.Run) and order.kind == kind]


def started(screen: Screen, job: int, kind: str = "write") -> protocol.JobStarted:
    """The start of the job that was asked for last."""
    return protocol.JobStarted(job, kind, kind, orders(screen, kind)[-1].options["token"])


def told(screen: Screen, job: int, *news: Receipt | protocol.Event) -> list[protocol.Event]:
    """Receipts as the events of a job; other events as they are."""
    return [protocol.ReceiptMade(job, each) if isinstance(each, Receipt) else each for each in news]


async def planned(screen: Screen, *news: Receipt | protocol.Event) -> WritePlanScreen:
    """Open the plan, which comes to these receipts."""
    await screen.until(lambda: screen.review.session.can_write)
    await screen.press("w")
    dialog = screen.app.screen
    assert isinstance(dialog, WritePlanScreen)
    await screen.until(lambda: orders(screen))
    screen.link.put(started(screen, 5), *told(screen, 5, *news), protocol.JobEnded(5, "write", "done"))
    await screen.until(lambda: dialog.phase is not Phase.PLANNING)
    return dialog


async def written(screen: Screen, *news: Receipt, state: str = "done", job: int = 6) -> ReceiptsScreen:
    """Type the number; the write comes to these receipts."""
    dialog = screen.app.screen
    assert isinstance(dialog, ReceiptsScreen)
    await screen.press(*str(dialog.wanted), "enter")
    screen.link.put(started(screen, job), *told(screen, job, *news), protocol.JobEnded(job, "write", state))
    await screen.until(lambda: dialog.phase is Phase.OVER)
    return dialog
