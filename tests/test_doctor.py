"""The checks of `doctor`: each with what is fine and what is not, and the command as a whole."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from nivo_tui.cli import main
from nivo_tui.commands import doctor_system, doctor_terminal
from nivo_tui.commands.doctor_checks import Check
from nivo_tui.platform.locks import FileLock
from nivo_tui.settings import Paths, load_paths

GPU_AND_CPU = {"onnxruntime": "1.32.0", "onnxruntime-gpu": "1.31.1"}


@pytest.fixture
def paths(home: Path) -> Paths:
    made = load_paths(home)
    made.create()
    return made


def _doctor(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, Any]], dict[str, Any]]:
    status = main(["doctor", "--json"])
    *checks, summary = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert all(line["type"] == "check" for line in checks)
    return status, {line["name"]: line for line in checks}, summary


def test_the_command_looks_at_everything(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    status, checks, summary = _doctor(capsys)
    assert status == (1 if summary["fail"] else 0)
    assert {
        "Python", "system", "ONNX Runtime packages", "OpenCV packages", "home", "free space", "file system",
        "settings", "catalog.db", "decisions.db", "engine", "inference", "built-in face detector",
        "HEIC decoder", "RAW decoder", "JPEG decoder", "thumbnails",
    } <= set(checks)  # fmt: skip
    assert all(set(c) == {"type", "name", "status", "detail", "remedy"} for c in checks.values())
    assert all(c["remedy"] for c in checks.values() if c["status"] != "ok")
    assert "ExecutionProvider" in checks["inference"]["detail"]
    assert str(home) in checks["home"]["detail"]
    assert sum(summary[s] for s in ("ok", "warn", "fail")) == len(checks)


def test_a_damaged_database_fails_with_its_remedy(capsys: pytest.CaptureFixture[str], paths: Paths) -> None:
    paths.catalog.write_bytes(b"this is no database, and long enough to be read as one" * 40)
    status, checks, _ = _doctor(capsys)
    assert status == 1
    assert checks["catalog.db"]["status"] == "fail"
    assert "scan" in checks["catalog.db"]["remedy"]
    # The engine cannot open this home either: that is a line too, and no traceback.
    assert checks["inference and decoders"]["status"] == "fail"


def test_a_pack_that_is_broken_is_named(capsys: pytest.CaptureFixture[str], paths: Paths) -> None:
    (paths.models / "faces.onnx").write_bytes(b"not a graph")
    status, checks, _ = _doctor(capsys)
    assert checks["model pack faces"]["status"] == "warn"
    assert "cannot be used" in checks["model pack faces"]["detail"]
    assert status == 0


def test_one_runtime_is_fine() -> None:
    check = doctor_system.one_runtime({"onnxruntime-gpu": "1.31.1"})
    assert (check.status, check.detail, check.remedy) == ("ok", "onnxruntime-gpu 1.31.1", None)


@pytest.mark.parametrize(
    ("system", "machine", "wanted"),
    [
        ("linux", "x86_64", "onnxruntime-gpu"),
        ("linux", "aarch64", "onnxruntime"),
        ("darwin", "arm64", "onnxruntime"),
    ],
)
def test_two_runtimes_are_both_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, wanted: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(doctor_system.platform, "machine", lambda: machine)
    check = doctor_system.one_runtime(GPU_AND_CPU)
    assert check.status == "fail"
    assert "onnxruntime 1.32.0 and onnxruntime-gpu 1.31.1" in check.detail
    assert check.remedy is not None
    assert "pip uninstall -y onnxruntime onnxruntime-gpu &&" in check.remedy
    assert check.remedy.endswith(f" {wanted}")


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ({}, "fail"),
        ({"opencv-python-headless": "5"}, "ok"),
        ({"opencv-contrib-python-headless": "5"}, "ok"),
        ({"opencv-python": "5"}, "warn"),
        ({"opencv-python": "5", "opencv-python-headless": "5"}, "fail"),
    ],
)
def test_opencv_is_there_once_and_headless(found: dict[str, str], status: str) -> None:
    assert doctor_system.one_opencv(found).status == status


def test_installed_distributions_are_found_by_name() -> None:
    assert list(doctor_system.installed(("pytest", "no-such-distribution"))) == ["pytest"]


@pytest.mark.parametrize(
    ("system", "machine", "libc", "mac", "status"),
    [
        ("linux", "x86_64", ("glibc", "2.31"), "", "ok"),
        ("linux", "aarch64", ("glibc", "2.28"), "", "ok"),
        ("linux", "x86_64", ("glibc", "2.17"), "", "warn"),
        ("linux", "x86_64", ("", ""), "", "warn"),
        ("linux", "riscv64", ("glibc", "2.39"), "", "warn"),
        ("darwin", "arm64", ("", ""), "14.5", "ok"),
        ("darwin", "arm64", ("", ""), "13.6", "warn"),
        ("darwin", "x86_64", ("", ""), "14.5", "warn"),
        ("win32", "AMD64", ("", ""), "", "ok"),
        ("win32", "ARM64", ("", ""), "", "warn"),
        ("freebsd14", "amd64", ("", ""), "", "warn"),
    ],
)
def test_supported_systems(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, libc: tuple[str, str], mac: str, status: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(doctor_system.platform, "machine", lambda: machine)
    monkeypatch.setattr(doctor_system.platform, "libc_ver", lambda: libc)
    monkeypatch.setattr(doctor_system.platform, "mac_ver", lambda: (mac, ("", "", ""), ""))
    assert doctor_system.system().status == status


@pytest.mark.parametrize(("free", "status"), [(10_000_000, "fail"), (10**9, "warn"), (10**11, "ok")])
def test_free_space(paths: Paths, free: int, status: str) -> None:
    assert doctor_system.free_space(paths, lambda _: free).status == status


@pytest.mark.parametrize(("remote", "status"), [(True, "warn"), (False, "ok")])
def test_network_file_systems(paths: Paths, remote: bool, status: str) -> None:
    assert doctor_system.network(paths, lambda _: remote).status == status


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
def test_a_home_that_others_can_read(paths: Paths) -> None:
    paths.home.chmod(0o755)
    assert doctor_system.home(paths).status == "warn"
    paths.home.chmod(0o700)
    assert doctor_system.home(paths).status == "ok"


def test_a_home_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    lines = list(doctor_system.checks(load_paths(tmp_path / "file" / "home")))
    assert (lines[-1].name, lines[-1].status) == ("home", "fail")


@pytest.mark.parametrize(
    ("text", "status"), [('[write]\nmtime = "now"\n', "ok"), ("[wrong]\n", "fail"), ("=", "fail")]
)
def test_settings(paths: Paths, text: str, status: str) -> None:
    assert doctor_system.settings(paths).status == "ok"
    paths.config.write_text(text, encoding="utf-8")
    assert doctor_system.settings(paths).status == status


def _database(path: Path, number: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t(a, b)")
    connection.executemany("INSERT INTO t VALUES(?, ?)", [(n, "x" * 500) for n in range(200)])
    connection.execute("CREATE INDEX i ON t(a)")
    connection.execute(f"PRAGMA user_version = {number}")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(("number", "status"), [(1, "ok"), (2, "ok"), (3, "fail")])
def test_database_versions(tmp_path: Path, number: int, status: str) -> None:
    path = tmp_path / "catalog #1?.db"
    _database(path, number)
    assert doctor_system.database("catalog.db", path, 2, "remedy").status == status


def test_a_database_damaged_inside_is_seen_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    _database(path, 1)
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 5] = os.urandom(8192)
    path.write_bytes(data)
    check = doctor_system.database("catalog.db", path, 1, "the remedy")
    assert (check.status, check.remedy) == ("fail", "the remedy")
    assert path.read_bytes() == data


def test_an_engine_at_work_is_named(paths: Paths) -> None:
    assert "none is running" in doctor_system.engine(paths).detail
    with FileLock(paths.lock) as lock:
        assert lock.acquire()
        check = doctor_system.engine(paths)
    assert check.status == "ok"
    assert f"process {os.getpid()}" in check.detail


@pytest.mark.parametrize(("columns", "lines", "status"), [(80, 24, "ok"), (79, 24, "warn"), (80, 23, "warn")])
def test_terminal_size(columns: int, lines: int, status: str) -> None:
    assert doctor_terminal.size(columns, lines).status == status


@pytest.mark.parametrize(
    ("env", "detail"),
    [
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "16 million"),
        ({"WT_SESSION": "1"}, "16 million"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm"}, "16 (TERM=xterm)"),
        ({}, "16 (TERM=not set)"),
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "none"),
    ],
)
def test_colours(env: dict[str, str], detail: str) -> None:
    assert doctor_terminal.colours(env).detail.startswith(detail)


@pytest.mark.parametrize(
    ("name", "status"),
    [("utf-8", "ok"), ("UTF8", "ok"), ("cp1252", "warn"), ("ANSI_X3.4-1968", "warn"), (None, "warn")],
)
def test_encoding(name: str | None, status: str) -> None:
    assert doctor_terminal.encoding(name).status == status


def test_a_remedy_stands_below_its_check() -> None:
    first, second = Check("home", "fail", "cannot be written", "chmod it").words()
    assert first.startswith("fail")
    assert second.strip() == "-> chmod it"
