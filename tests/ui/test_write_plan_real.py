"""The write plan with a real engine: two photos written from the screen, and taken back byte for byte."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from textual.pilot import Pilot

from nivo_tui.catalog.library import Library
from nivo_tui.engine.client import EngineLink
from nivo_tui.platform.locks import FileLock
from nivo_tui.settings import Paths, load_paths
from nivo_tui.ui.app import NivoApp, Parts
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.keymap import key_table
from nivo_tui.ui.overview import LibraryReader
from nivo_tui.ui.screens.receipts import Phase
from nivo_tui.ui.screens.write_plan import WritePlanScreen


class OnlyFiles(EngineLink):
    """A link whose scans load no model: what is tested is the writing."""

    def send(self, order):
        if getattr(order, "kind", "") == "scan":
            order.options.update(models="none", quick=True)
        super().send(order)


def _end_engine(paths: Paths) -> None:
    holder = FileLock(paths.lock).holder()
    if holder is not None and holder.pid != os.getpid():
        try:
            os.kill(holder.pid, signal.SIGTERM)
        except OSError:
            return


async def _until(pilot: Pilot[int], met: Callable[[], object]) -> None:
    async def wait() -> None:
        while not met():
            await pilot.pause(0.02)

    await asyncio.wait_for(wait(), 60)


async def test_two_photos_are_written_and_taken_back(home: Path, tmp_path: Path) -> None:
    photos = [tmp_path / "p" / f"{n}.jpg" for n in range(2)]
    photos[0].parent.mkdir()
    for n, photo in enumerate(photos):
        Image.new("RGB", (320, 240), (40 + 90 * n, 90, 160)).save(photo)
    before = [photo.read_bytes() for photo in photos]
    paths = load_paths()
    paths.create()
    library = Library(paths)
    parts = Parts(library, LibraryReader(lambda: Library(paths)), OnlyFiles(paths), key_table())
    app = NivoApp(str(tmp_path / "p"), lambda: parts, PictureSupport("none"), interval=0.02, debounce=0.0)
    try:
        async with app.run_test(size=(100, 30)) as pilot:
            await _until(pilot, lambda: app.is_open and all(library.detail(str(p)) for p in photos))
            await _until(pilot, lambda: not app.review.jobs.busy)
            for photo in photos:
                library.add_tag(str(photo), "harbour")
            app.open_write_plan()
            await _until(pilot, lambda: getattr(app.screen, "phase", None) is Phase.READY)
            plan = app.screen
            assert isinstance(plan, WritePlanScreen)
            assert sorted(plan.plan.stamps) == [str(photo) for photo in photos]
            assert all(target.backup for target in plan.plan.targets.values())
            assert plan.plan.around is not None and plan.plan.around.disks[0][1] > 0

            # Somebody decides one more thing meanwhile: what was typed is not for that.
            library.add_tag(str(photos[0]), "boats")
            await pilot.press("2")
            await pilot.pause(0.15)
            await pilot.press("enter")
            await _until(pilot, lambda: plan.phase is Phase.READY and plan.remark)
            assert [photo.read_bytes() for photo in photos] == before
            assert plan.plan.tags == 3

            await pilot.press("2")
            await pilot.pause(0.15)
            await pilot.press("enter")
            await _until(pilot, lambda: plan.phase is Phase.OVER)
            assert plan.error is None and len(plan.done.photos) == 2
            assert b"harbour" in photos[1].read_bytes() and b"boats" in photos[0].read_bytes()
            assert (tmp_path / "p" / "0.jpg.original").read_bytes() == before[0]

            await pilot.press("u", "2")
            await pilot.pause(0.15)
            await pilot.press("enter")
            await _until(pilot, lambda: plan.phase is Phase.UNDONE)
            assert plan.undone.modes == {"exact": 2}
            assert [photo.read_bytes() for photo in photos] == before
    finally:
        app.close_parts()
        _end_engine(paths)
