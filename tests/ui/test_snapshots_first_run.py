"""The first run as it looks, at three sizes, every step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from screen_fakes import Clock, FakeLibrary, FakeLink
from test_first_run import first_app, sidecar, told
from textual.pilot import Pilot

from nivo_tui.engine import protocol
from nivo_tui.ui.screens.first_run import FirstRunScreen

SIZES = [(80, 24), (120, 40), (200, 50)]
Snap = Callable[..., bool]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder below the home of the test, so that its name is the same everywhere."""
    made = tmp_path / "Pictures"
    made.mkdir()
    for n in range(30):
        (made / f"{n}.{('jpg', 'HEIC', 'NEF')[n % 3]}").write_bytes(b"x" * 1000)
    for n in range(2, 12, 3):
        sidecar(made / f"{n}.NEF.xmp", 'xmlns:darktable="http://darktable.sf.net/"')
    (made / "digikam4.db").write_bytes(b"")
    return made


def before(step: int, link: FakeLink, *keys: str) -> Callable[[Pilot[int]], object]:
    """Bring the first run to a step, and press keys there."""

    async def run(pilot: Pilot[int]) -> None:
        async def until(met: Callable[[], object]) -> None:
            for _ in range(500):
                if met():
                    return
                await pilot.pause(0.01)
            raise AssertionError("the screen never came to it")

        await until(lambda: isinstance(pilot.app.screen, FirstRunScreen) and pilot.app.screen.is_mounted)
        screen = pilot.app.screen
        assert isinstance(screen, FirstRunScreen)
        await until(lambda: screen.state.found is not None and screen.state.found.over)
        await until(lambda: screen.state.packs is not None)
        screen.step = step
        screen._show()
        for key in keys:
            screen._press(key)
        if "f" in keys:
            link.put(protocol.Progress(2, "models", "fetch buffalo_sc", 7_500_000, 15_000_000, 2.1e6))
            await until(lambda: "fetch buffalo_sc" in screen.state.fetching)
        await pilot.pause(0)

    return run


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("step", range(5), ids=["folder", "faces", "programs", "tags", "models"])
def test_step(snap_compare: Snap, folder: Path, step: int, size: tuple[int, int]) -> None:
    link = FakeLink()
    link.put(*told())
    app = first_app(folder, FakeLibrary(3), link, Clock())
    assert snap_compare(app, terminal_size=size, run_before=before(step, link))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("step", "keys"),
    [(0, ("2",)), (3, ("2", "4", "6")), (4, ("1", "f"))],
    ids=["typing", "ids in German", "fetching"],
)
def test_state(
    snap_compare: Snap, folder: Path, step: int, keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    link = FakeLink()
    link.put(*told())
    app = first_app(folder, FakeLibrary(3), link, Clock())
    assert snap_compare(app, terminal_size=size, run_before=before(step, link, *keys))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_photos(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "empty").mkdir()
    link = FakeLink()
    link.put(*told())
    app = first_app(tmp_path / "empty", FakeLibrary(3), link, Clock())
    assert snap_compare(app, terminal_size=size, run_before=before(0, link))
