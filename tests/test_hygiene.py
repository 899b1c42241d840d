"""Rules that hold for all source files, read as text or as syntax trees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PACKAGE = ROOT / "nivo_tui"
SOURCES = sorted(PACKAGE.rglob("*.py"))

SYSTEM_MODULES = frozenset({"fcntl", "msvcrt", "termios", "tty", "pwd", "grp", "winreg"})
SYSTEM_NAMES = frozenset(
    {
        "os.fork", "os.setsid", "os.killpg", "os.getuid", "os.geteuid", "signal.SIGKILL", "signal.SIGHUP",
        "signal.SIGWINCH", "ctypes.windll",
    }
)  # fmt: skip

# Files that are opened for writing, each with what it writes: none is a photo of the user's.
WRITERS = {
    "commands/demo_library.py": "the stamp of the demo",
    "commands/demo_making.py": "the demo's own pictures",
    "commands/report.py": "the export a person named",
    "engine/helper.py": "its own pipe to the engine that started it",
    "engine/viewing.py": "what the screen shows large, in the cache",
    "engine/work.py": "notes on what is in hand, in the home",
    "engine/__main__.py": "the log",
    "imaging/thumbnails.py": "thumbnails in the cache",
    "inference/packs/facts.py": "what is known of model files, in the home",
    "inference/fetch/licences.py": "which licences were shown, in the home",
    "inference/fetch/partial.py": "where a download came from, in the home",
    "inference/fetch/pins.py": "what is known of a pack, in the home",
    "inference/fetch/transfer.py": "the files of packs, in the home",
    "inference/phrases/zeroshot.py": "the vectors of phrases, in the home",
    "metadata/apply.py": "photos and sidecars: the one place",
    "metadata/backups.py": "backups beside photos",
    "platform/locks.py": "the lock of a home",
    "settings_file.py": "the settings file of the first run",
}
_WRITE_CALLS = frozenset(
    {"write_bytes", "write_text", "mkstemp", "NamedTemporaryFile", "copyfile", "copy2", "copy", "truncate"}
)
_WRITE_MODES = re.compile(r"[wax+]")


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for path in SOURCES:
        yield _name(path), ast.parse(path.read_text(encoding="utf-8"))


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]}
    return set()


def test_what_differs_between_systems_is_in_its_own_room() -> None:
    found = []
    for name, tree in _trees():
        if name.startswith("platform/"):
            continue
        for node in ast.walk(tree):
            used = _imported(node) & SYSTEM_MODULES
            if isinstance(node, ast.Attribute) and _dotted(node) in SYSTEM_NAMES:
                used = {_dotted(node)}
            if isinstance(node, ast.ImportFrom) and node.module in ("os", "signal"):
                used = {f"{node.module}.{alias.name}" for alias in node.names} & SYSTEM_NAMES
            found += [f"{name}:{node.lineno} {word}" for word in used]  # type: ignore[attr-defined]
    assert found == []


NETWORK = frozenset(
    {"urllib", "http", "requests", "httpx", "ftplib", "aiohttp", "urllib3", "xmlrpc", "smtplib"}
)


DOWNLOADS = "inference/fetch/download.py"


def test_one_module_alone_speaks_to_the_network_to_fetch_models() -> None:
    found = {name for name, tree in _trees() for node in ast.walk(tree) if _imported(node) & NETWORK}
    assert found == {DOWNLOADS}


def _writes(call: ast.Call) -> bool:
    """Whether a call opens or makes a file for writing, as far as its syntax tells."""
    function = call.func
    last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if last in ("open", "fdopen"):
        if _dotted(function) == "os.open":
            return any(word in ast.unparse(call) for word in ("O_WRONLY", "O_RDWR", "O_CREAT"))
        place = 0 if isinstance(function, ast.Attribute) and _dotted(function) not in ("io.open",) else 1
        if last == "fdopen":
            place = 1
        modes = [k.value for k in call.keywords if k.arg == "mode"] + list(call.args[place : place + 1])
        return any(isinstance(m, ast.Constant) and _WRITE_MODES.search(str(m.value)) for m in modes)
    if last == "copy" and _dotted(function) != "shutil.copy":
        return False
    return last in _WRITE_CALLS


def test_only_known_places_open_files_for_writing() -> None:
    found = {
        name
        for name, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _writes(node) and "os.devnull" not in ast.unparse(node)
    }
    assert found - set(WRITERS) == set()


def test_photos_are_replaced_in_one_place_alone() -> None:
    callers = {
        name
        for name, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "nivo_tui.platform.files"
        and "replace" in {alias.name for alias in node.names}
    }
    assert callers <= {
        "metadata/apply.py",
        "metadata/backups.py",
        "metadata/journal.py",
        "imaging/thumbnails.py",
        "inference/fetch/fetching.py",
        "inference/fetch/store.py",
    }


@pytest.mark.parametrize(
    ("code", "writes"),
    [
        ("open(p, 'wb')", True),
        ("open(p, mode='a')", True),
        ("path.open('xb')", True),
        ("os.open(p, os.O_RDWR | os.O_CREAT)", True),
        ("path.write_text('x')", True),
        ("tempfile.mkstemp()", True),
        ("open(p, 'rb')", False),
        ("open(p)", False),
        ("path.open()", False),
        ("os.open(p, os.O_RDONLY)", False),
        ("image.copy()", False),
    ],
)
def test_the_check_for_writing_sees_what_it_should(code: str, writes: bool) -> None:
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    assert _writes(call) is writes


def test_modules_are_short_enough_to_read_and_say_what_they_are() -> None:
    texts = {_name(path): path.read_text(encoding="utf-8") for path in SOURCES}
    assert [name for name, text in texts.items() if len(text.splitlines()) > 400] == []
    silent = [name for name, text in texts.items() if ast.get_docstring(ast.parse(text)) is None]
    assert set(silent) <= {"__init__.py"}
