"""`nivo-tui models ...` as a person runs it, with a registry in the home that names a server of the test."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import tiny
from running import nivo
from webserver import Asked, Server, serving

from nivo_tui.commands.output import Output
from nivo_tui.engine.modelstore import _Models
from nivo_tui.inference.packs.pack import Pack
from nivo_tui.platform.locks import FileLock
from nivo_tui.settings import load_paths

KEYS = {"type", "name", "task", "path", "status", "licence"}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


@pytest.fixture
def things(server: Server, home: Path, tmp_path: Path) -> bytes:
    """The home knows an object detector by its hash, and a face pack in a zip without one."""
    model = tiny.yolox(tmp_path / "made" / "things.onnx").read_bytes()
    server.files["things.onnx"] = model
    zipped = tmp_path / "made" / "tiny_faces.zip"
    with zipfile.ZipFile(zipped, "w") as made:
        made.write(tiny.scrfd(tmp_path / "made" / "det.onnx"), "tiny_faces/det.onnx")
        made.write(tiny.recogniser(tmp_path / "made" / "rec.onnx"), "tiny_faces/rec.onnx")
    server.files["tiny_faces.zip"] = zipped.read_bytes()
    (home / "models").mkdir(parents=True)
    (home / "models" / "registry.toml").write_text(
        f"""
        [things]
        task = "objects"
        licence = "Free-1.0"
        licence_url = "https://example.org/free"
        [[things.files]]
        name = "things.onnx"
        url = "{server.url("things.onnx")}"
        sha256 = "{hashlib.sha256(model).hexdigest()}"
        bytes = {len(model)}
        [tiny_faces]
        task = "face"
        licence = "No sale"
        non_commercial = true
        url = "{server.url("tiny_faces.zip")}"
        [[tiny_faces.files]]
        name = "det.onnx"
        kind = "scrfd"
        [[tiny_faces.files]]
        name = "rec.onnx"
        kind = "recogniser"
        """,
        encoding="utf-8",
    )
    return model


def test_fetch_list_verify_and_remove(server: Server, home: Path, things: bytes) -> None:
    ran = nivo("models", "fetch", "things", "tiny_faces", "--json")
    assert ran.status == 0, ran.err
    first, second = ran.of("pack")
    assert set(first) == set(second) == KEYS
    assert first == {
        "type": "pack", "name": "things", "task": "objects", "path": str(home / "models" / "things"),
        "status": "published", "licence": "Free-1.0",
    }  # fmt: skip
    assert (second["task"], second["status"]) == ("face", "pinned on first download")
    assert ran.summary == {"type": "summary", "packs": 2, "fetched": 2, "present": 0, "failed": 0}
    assert "Free-1.0 (https://example.org/free)" in ran.err
    assert "not for commercial use" in ran.err

    again = nivo("--json", "models", "fetch", "things")
    assert (again.status, again.summary["present"]) == (0, 1)
    assert "Free-1.0" not in again.err
    assert [path for path, _ in server.asked] == ["things.onnx", "tiny_faces.zip"]

    listed = {line["name"]: line for line in nivo("models", "list", "--json").of("pack")}
    assert all(set(line) == KEYS for line in listed.values())
    assert listed["things"]["status"] == "published"
    assert listed["tiny_faces"]["status"] == "pinned on first download"
    assert (listed["buffalo_sc"]["path"], listed["buffalo_sc"]["status"]) == (None, "not installed")
    assert listed["buffalo_sc"]["licence"]

    model = home / "models" / "things" / "things.onnx"
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    verified = nivo("models", "verify", "--json")
    assert verified.status == 1
    assert {line["name"]: line["status"] for line in verified.of("pack")} == {
        "things": "changed since it was downloaded",
        "tiny_faces": "pinned on first download",
    }
    assert "things: things.onnx is not as it came" in verified.err
    assert nivo("models", "verify", "tiny_faces").status == 0

    assert nivo("models", "fetch", "things").status == 0
    assert model.read_bytes() == things
    assert nivo("models", "verify", "things").status == 0

    removed = nivo("models", "remove", "things", "tiny_faces", "--json")
    assert (removed.status, removed.summary["removed"]) == (0, 2)
    assert not model.exists()
    gone = nivo("models", "remove", "things", "--json")
    assert (gone.status, gone.of("pack")[0]["status"]) == (1, "failed: it is not installed")


def test_one_pack_that_fails_keeps_no_other_from_coming(server: Server, home: Path, things: bytes) -> None:
    server.files["things.onnx"] = things[:-1] + b"?"
    ran = nivo("models", "fetch", "things", "tiny_faces", "--json")
    assert ran.status == 1
    assert [line["status"].partition(":")[0] for line in ran.of("pack")] == [
        "failed",
        "pinned on first download",
    ]
    assert "other bytes than the published ones" in ran.of("pack")[0]["status"]
    assert not (home / "models" / "things").exists()


def test_words_for_a_person(home: Path, things: bytes) -> None:
    out = nivo("models", "list").out
    assert "buffalo_sc" in out and "not installed, 15.0 MB to download" in out
    assert nivo("models", "fetch", "things").out.splitlines()[-1] == "1 fetched"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fetch", "thinks"), "did you mean 'things'?"),
        (("fetch", "things", "nothing_of_the_kind"), "there is: "),
        (("verify", "nope"), "no model pack is called 'nope'"),
        (("remove", "nope"), "no model pack is called 'nope'"),
        (("import", "/no/such/file.zip"), "does not exist"),
        (("fetch",), "NAME"),
        ((), "ACTION"),
    ],
)
def test_wrong_words_change_nothing(server: Server, things: bytes, words: tuple[str, ...], said: str) -> None:
    ran = nivo("models", *words, "--json")
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert server.asked == []


def test_a_broken_registry_of_the_home_is_named(home: Path, things: bytes) -> None:
    (home / "models" / "registry.toml").write_text("[things]\ntask = 3\n")
    ran = nivo("models", "fetch", "things")
    assert ran.status == 2
    assert "registry.toml: things.task" in ran.err
    listed = nivo("models", "list", "--json")
    assert listed.status == 0
    assert any("registry.toml" in line["status"] for line in listed.of("pack"))


def test_import_works_without_a_network(home: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(tiny.classifier(tmp_path / "scenes.onnx").read_bytes()[:-50])
    ran = nivo("models", "import", tmp_path / "scenes.onnx", cut, "--json")
    assert ran.status == 1
    good, bad = ran.of("pack")
    assert (good["name"], good["task"], good["path"]) == (
        "scenes",
        "classes",
        str(home / "models" / "scenes"),
    )
    assert bad["status"].startswith("failed: cut.onnx is not a complete ONNX model")
    again = nivo("models", "import", home / "models" / "scenes", "--json")
    assert "models already" in again.of("pack")[0]["status"]


def test_a_pack_found_elsewhere_is_listed_and_not_removed(tmp_path: Path) -> None:
    tiny.yolox(tmp_path / "more" / "mine.onnx")
    place = {"NIVO_MODELS": str(tmp_path / "more")}
    ran = nivo("models", "remove", "mine", "--json", **place)
    assert ran.status == 1
    assert "more" in ran.of("pack")[0]["status"]
    assert {line["name"] for line in nivo("models", "list", "--json", **place).of("pack")} >= {"mine"}


def test_a_busy_home_is_read_but_not_changed(home: Path, things: bytes) -> None:
    lock = FileLock(load_paths(home).lock)
    assert lock.acquire()
    try:
        assert nivo("models", "fetch", "things", "--no-wait").status == 3
        assert nivo("--no-wait", "models", "list").status == 0
    finally:
        lock.release()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_keeps_what_came_and_the_next_run_goes_on(server: Server, home: Path, things: bytes) -> None:
    half = len(things) // 2
    under_way, over = threading.Event(), threading.Event()

    def stall(asked: Asked) -> None:
        asked.send(200, things[:half], Content_Length=str(len(things)), ETag='"a"')
        asked.handler.wfile.flush()
        under_way.set()
        over.wait(30)

    server.answers["things.onnx"] = [
        stall,
        lambda asked: asked.part(things, asked.range_start or 0, ETag='"a"'),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "nivo_tui", "models", "fetch", "things", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert under_way.wait(60)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    over.set()
    assert process.returncode == 130
    assert json.loads(out.splitlines()[-1])["fetched"] == 0
    assert nivo("models", "fetch", "things").status == 0
    assert (home / "models" / "things" / "things.onnx").read_bytes() == things
    start = server.asked[-1][1]
    assert start is None or 0 < int(start.removeprefix("bytes=").removesuffix("-")) <= half


def test_the_photos_scanned_next_use_what_was_fetched(home: Path, things: bytes, tmp_path: Path) -> None:
    assert nivo("models", "fetch", "things").status == 0
    shutil.rmtree(home / "models" / ".incoming", ignore_errors=True)
    (tmp_path / "photos").mkdir()
    ran = nivo("scan", tmp_path / "photos", "--models", "things", "--json")
    assert ran.status == 0, ran.err


def test_an_error_nobody_thought_of_ends_one_pack_alone(
    home: Path, things: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: _Models, pack: Pack) -> None:
        raise TypeError("never thought of")

    job = _Models(SimpleNamespace(paths=load_paths(home), emitter=Sent(), job=1, cancelled=lambda: False))
    tiny.yolox(home / "models" / "one.onnx")
    tiny.classifier(home / "models" / "two.onnx")
    with monkeypatch.context() as patched:
        patched.setattr(_Models, "_verify", broken)
        job.verify([])
    said = [answer.line["pack"]["status"] for answer in job._context.emitter.sent]
    assert said == ["failed: internal error (TypeError: never thought of)"] * 2
    assert job.summary == {"packs": 2, "good": 0, "bad": 2}


def test_a_pack_put_aside_by_a_killed_run_is_put_back_before_packs_are_looked_for(
    home: Path, things: bytes
) -> None:
    assert nivo("models", "fetch", "things").status == 0
    aside = home / "models" / ".incoming" / "old"
    aside.mkdir(parents=True, exist_ok=True)
    (home / "models" / "things").rename(aside / "things")
    ran = nivo("models", "fetch", "things", "--json")
    assert (ran.status, ran.summary["present"], ran.summary["fetched"]) == (0, 1, 0)


class Sent:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, event: Any) -> None:
        self.sent.append(event)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_of_bytes_reads_as_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = Terminal()
    output = Output(as_json=False, err=screen)
    output.in_bytes = True
    output.progress("fetch things", 7_300_000, 14_900_000, 2_100_000.0, 4.0)
    assert screen.getvalue().endswith("] 7.3 MB/14.9 MB  2.1 MB/s  0:04 left")
