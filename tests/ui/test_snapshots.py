"""The screen as it looks, at three sizes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from conftest import make_app
from screen_fakes import Clock, FakeLibrary, FakeLink
from textual.pilot import Pilot

from nivo_tui.engine import protocol
from nivo_tui.model import Receipt, State
from nivo_tui.ui.app import NivoApp

SIZES = [(80, 24), (120, 40), (200, 50)]
Snap = Callable[..., bool]


def pictured() -> tuple[FakeLibrary, FakeLink]:
    """A library with every sign in it, and an engine in the middle of a scan."""
    library = FakeLibrary(120)
    for path in library.paths[:2]:
        library.accept_as_shown(path, {"beach", "sea", "ericeira"})
    third = library.paths[2]
    library.decide(third, "surfboard", State.REJECTED)
    library.decide(third, "umbrella", State.ACCEPTED)
    library.photos[third] = dataclasses.replace(library.photos[third])
    link = FakeLink()
    link.put(
        protocol.JobStarted(1, "scan", "scan"),
        protocol.ModelsLoaded(
            "CPUExecutionProvider", "CPU (cuda:0 not used: no NVIDIA driver library)", ("buffalo_sc",)
        ),
        protocol.LogLine(1_755_180_062.0, "info", "faces", "IMG_0507.HEIC  3 faces"),
        protocol.LogLine(
            1_755_180_063.0,
            "error",
            "error",
            "IMG_0416.JPG  truncated at 412 kB: features from what is there",
        ),
        protocol.Progress(1, "scan", "deep", 96, 177, 6.2, 13),
    )
    return library, link


async def settled(pilot: Pilot[int]) -> None:
    app = pilot.app
    assert isinstance(app, NivoApp)
    for _ in range(500):
        await pilot.pause(0.005)
        if not app.is_open:
            continue
        review = app.review
        if review.session.counts is not None and review.jobs.progress is not None and review.guard._painted:
            break
    await pilot.pause(0)


def press(*keys: str) -> Callable[[Pilot[int]], object]:
    async def before(pilot: Pilot[int]) -> None:
        await settled(pilot)
        for key in keys:
            await pilot.press(key)

    return before


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_review(snap_compare: Snap, size: tuple[int, int]) -> None:
    library, link = pictured()
    assert snap_compare(make_app(library, link, Clock()), terminal_size=size, run_before=press())


@pytest.mark.parametrize("theme", ["nivo-light", "textual-dark"])
def test_review_in_other_colours(snap_compare: Snap, theme: str) -> None:
    library, link = pictured()
    app = make_app(library, link, Clock(), theme=theme)
    assert snap_compare(app, terminal_size=(120, 40), run_before=press("f"))


@pytest.mark.parametrize("keys", [("tab",), ("tab", "tab"), ("o",)], ids="-".join)
def test_narrow_panes(snap_compare: Snap, keys: tuple[str, ...]) -> None:
    library, link = pictured()
    assert snap_compare(make_app(library, link, Clock()), terminal_size=(80, 24), run_before=press(*keys))


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
def test_write_plan(snap_compare: Snap, size: tuple[int, int]) -> None:
    library, link = pictured()
    paths = library.paths

    async def before(pilot: Pilot[int]) -> None:
        await settled(pilot)
        await pilot.press("w")
        while not (asked := [o for o in link.orders if getattr(o, "kind", "") == "write"]):
            await pilot.pause(0.01)
        token = asked[-1].options["token"]
        link.put(protocol.JobEnded(1, "scan", "done"), protocol.JobStarted(2, "write", "write", token))
        for number, path in enumerate(paths[:12]):
            added = ("beach", "sea", "ericeira", "surfboard", "umbrella", "calm")[: 1 + number % 6]
            target = path + ".xmp" if number % 4 == 3 else path
            made = Receipt(path, target, "planned", added=added, bytes_added=2871 + number, backup="b")
            link.put(protocol.ReceiptMade(2, made))
        link.put(
            protocol.ReceiptMade(
                2, Receipt(paths[12], None, "refused", reason="changed since the scan (scan again)")
            ),
            protocol.ReceiptMade(2, Receipt(paths[13], None, "refused", reason="read-only")),
            protocol.JobEnded(2, "write", "done"),
        )
        await pilot.pause(0.5)

    assert snap_compare(make_app(library, link, Clock()), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_help(snap_compare: Snap, size: tuple[int, int]) -> None:
    library, link = pictured()
    app = make_app(library, link, Clock())
    assert snap_compare(app, terminal_size=size, run_before=press("question_mark"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_add_tag(snap_compare: Snap, size: tuple[int, int]) -> None:
    library, link = pictured()
    assert snap_compare(make_app(library, link, Clock()), terminal_size=size, run_before=press("i", "b"))


def test_too_small(snap_compare: Snap) -> None:
    library, link = pictured()
    assert snap_compare(make_app(library, link, Clock()), terminal_size=(40, 10), run_before=press())
