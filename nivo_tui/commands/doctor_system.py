"""The checks of `doctor` that need nothing heavy: Python, the home, its databases, the installed packages."""

from __future__ import annotations

import os
import platform
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from nivo_tui.catalog.schema import CATALOG_MIGRATIONS, DECISIONS_MIGRATIONS
from nivo_tui.commands.doctor_checks import Check, failed, fine, warning
from nivo_tui.errors import SettingsError
from nivo_tui.platform.files import free_bytes, on_network
from nivo_tui.platform.locks import FileLock
from nivo_tui.platform.packages import RUNTIMES, installed, instead_of, is_whole, named, runtime_for_here
from nivo_tui.settings import Paths, load_settings

NEWEST_PYTHON = (3, 14)
OLDEST_GLIBC = (2, 28)
OLDEST_MACOS = 14
_TIGHT_BYTES = 200_000_000
_LOW_BYTES = 2_000_000_000

OPENCVS = (
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)


def checks(paths: Paths) -> Iterator[Check]:
    """Every light check of a home and of the installation."""
    yield python()
    yield system()
    yield one_runtime(installed(RUNTIMES), is_whole("onnxruntime"))
    yield one_opencv(installed(OPENCVS))
    try:
        paths.create()
    except SettingsError as error:
        yield failed("home", str(error), "set NIVO_HOME to a folder that you can write")
        return
    yield home(paths)
    yield free_space(paths)
    yield network(paths)
    yield settings(paths)
    yield database("catalog.db", paths.catalog, len(CATALOG_MIGRATIONS), _catalog_remedy(paths))
    copies = f"the newest good copy is in {paths.copies}: put it in the place of decisions.db"
    yield database("decisions.db", paths.decisions, len(DECISIONS_MIGRATIONS), copies)
    yield engine(paths)


def _catalog_remedy(paths: Paths) -> str:
    return f"it can be computed again: move {paths.catalog} away and scan"


def python() -> Check:
    """Whether this Python is one that is tested."""
    here = sys.version_info[:2]
    detail = f"{platform.python_implementation()} {platform.python_version()}"
    if here > NEWEST_PYTHON or platform.python_implementation() != "CPython":
        newest = ".".join(map(str, NEWEST_PYTHON))
        return warning("Python", f"{detail} is not tested", f"CPython 3.11 to {newest} is")
    return fine("Python", detail)


def system() -> Check:
    """Whether this system is a supported one."""
    machine = platform.machine().lower()
    detail = f"{platform.system()} {platform.release()} {machine}"
    problem = _unsupported(machine)
    if problem is None:
        return fine("system", detail)
    remedy = "supported: Linux x86-64 and aarch64 (glibc 2.28), Windows x64, macOS 14 on Apple silicon"
    return warning("system", f"{detail}: {problem}", remedy)


def _unsupported(machine: str) -> str | None:
    if sys.platform == "win32":
        return None if machine in ("amd64", "x86_64") else "no wheels for this processor"
    if sys.platform == "darwin":
        return _unsupported_mac(machine, platform.mac_ver()[0])
    if sys.platform == "linux":
        return _unsupported_linux(machine, *platform.libc_ver())
    return "not tested"


def _unsupported_mac(machine: str, release: str) -> str | None:
    if machine != "arm64":
        return "Intel Macs have no current ONNX Runtime"
    major = release.partition(".")[0]
    return f"macOS {release} is too old" if major.isdigit() and int(major) < OLDEST_MACOS else None


def _unsupported_linux(machine: str, library: str, number: str) -> str | None:
    if library != "glibc":
        return "no glibc: the decoders have no wheels for it"
    if tuple(int(part) for part in number.split(".")[:2]) < OLDEST_GLIBC:
        return f"glibc {number} is too old"
    return None if machine in ("x86_64", "aarch64") else "no wheels for this processor"


def one_runtime(found: dict[str, str], whole: bool = True) -> Check:
    """Exactly one ONNX Runtime: two share one folder, and the one installed last damages the other."""
    name, wanted = "ONNX Runtime packages", runtime_for_here()
    if not found:
        return failed(name, "none is installed", f"pip install {wanted}")
    fix = instead_of(list(found), wanted)
    if len(found) > 1:
        return failed(name, f"{named(found)} are installed over each other", fix)
    if not whole:
        return failed(name, f"{named(found)} is damaged: parts of it are gone", fix)
    return fine(name, named(found))


def one_opencv(found: dict[str, str]) -> Check:
    """Exactly one OpenCV, and one that needs no X libraries."""
    name, wanted = "OpenCV packages", OPENCVS[0]
    if not found:
        return failed(name, "none is installed", f"pip install {wanted}")
    fix = instead_of(list(found), wanted)
    if len(found) > 1:
        return failed(name, f"{named(found)} are installed over each other", fix)
    if not next(iter(found)).endswith("-headless"):
        return warning(name, f"{named(found)} needs X libraries that a server may lack", fix)
    return fine(name, named(found))


def home(paths: Paths) -> Check:
    """Whether the home can be written, and by its owner alone be read."""
    try:
        with tempfile.TemporaryFile(dir=paths.home):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        return failed("home", f"{paths.home} cannot be written: {reason}", "set NIVO_HOME to another folder")
    if sys.platform != "win32" and stat.S_IMODE(paths.home.stat().st_mode) & 0o077:
        return warning("home", f"{paths.home} can be read by others", f"chmod 700 {paths.home}")
    return fine("home", f"{paths.home}, for you alone")


def free_space(paths: Paths, free: Callable[[Path], int] = free_bytes) -> Check:
    """Room for databases and thumbnails."""
    left = free(paths.home)
    detail = f"{left / 1e9:.1f} GB free in {paths.home}"
    if left < _TIGHT_BYTES:
        return failed("free space", detail, "make room: databases and thumbnails cannot grow")
    if left < _LOW_BYTES:
        return warning("free space", detail, "thumbnails and databases of a large library take several GB")
    return fine("free space", detail)


def network(paths: Paths, is_remote: Callable[[Path], bool] = on_network) -> Check:
    """Whether the home lies on a network file system."""
    if is_remote(paths.home):
        remedy = "set NIVO_HOME to a folder on a local disk; the photos may stay where they are"
        return warning("file system", f"{paths.home} is on a network: slow, and locks are not safe", remedy)
    return fine("file system", "the home is on a local disk, as far as the system tells")


def settings(paths: Paths) -> Check:
    """Whether the settings file can be read."""
    if not paths.config.exists():
        return fine("settings", f"none at {paths.config}; the defaults hold")
    try:
        load_settings(paths.config)
    except SettingsError as error:
        return failed("settings", str(error), "correct that line, or move the file away")
    return fine("settings", str(paths.config))


def database(name: str, path: Path, known: int, remedy: str) -> Check:
    """Whether a database is whole, and of a version this program knows. It is opened for reading alone."""
    if not path.exists():
        return fine(name, "not made yet")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as opened:
            number = int(opened.execute("PRAGMA user_version").fetchone()[0])
            answer = str(opened.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return failed(name, f"{path} cannot be read: {error}", remedy)
    if answer != "ok":
        return failed(name, f"{path} is damaged: {answer}", remedy)
    if number > known:
        detail = f"version {number}; this program knows up to {known}"
        return failed(name, detail, "install the newer nivo-tui that made it")
    return fine(name, f"version {number} of {known}, whole, {os.path.getsize(path) / 1e6:.1f} MB")


def engine(paths: Paths) -> Check:
    """Whether another nivo-tui works on this home now."""
    lock = FileLock(paths.lock)
    try:
        if lock.acquire():
            lock.release()
            return fine("engine", "none is running on this home")
    except OSError as error:
        return failed("engine", f"the lock {paths.lock} cannot be used: {error.strerror}", "see home above")
    holder = lock.holder()
    if holder is None:
        return fine("engine", "another nivo-tui works on this home")
    since = datetime.fromtimestamp(holder.since).strftime("%Y-%m-%d %H:%M")
    return fine("engine", f"process {holder.pid} on {holder.host} works on this home since {since}")
