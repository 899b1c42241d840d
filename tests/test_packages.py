"""Two distributions of ONNX Runtime over one folder, and what one of them leaves behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nivo_tui.platform.packages import clash, installed, is_whole, runtime_for_here


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages, the only one there is."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    return tmp_path


def install(folder: Path, name: str, version: str) -> None:
    information = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    module = folder / "onnxruntime"
    module.mkdir(exist_ok=True)
    (module / "__init__.py").write_text("raise AssertionError('this must not be imported')\n")


def test_one_is_fine(environment: Path) -> None:
    install(environment, "onnxruntime-gpu", "1.31.1")
    assert installed(("onnxruntime", "onnxruntime-gpu")) == {"onnxruntime-gpu": "1.31.1"}
    assert clash() is None


def test_none_is_no_clash(environment: Path) -> None:
    assert clash() is None


def test_two_are_named_with_the_command_that_mends_it(environment: Path) -> None:
    install(environment, "onnxruntime", "1.32.0")
    install(environment, "onnxruntime-gpu", "1.31.1")
    line = clash()
    assert line is not None
    assert "onnxruntime 1.32.0 and onnxruntime-gpu 1.31.1 are installed over each other" in line
    assert line.endswith(
        f"pip uninstall -y onnxruntime onnxruntime-gpu && pip install --no-cache-dir {runtime_for_here()}"
    )
    assert "\n" not in line


def test_what_the_other_left_is_damaged(environment: Path) -> None:
    install(environment, "onnxruntime", "1.32.0")
    (environment / "onnxruntime" / "__init__.py").unlink()
    assert not is_whole("onnxruntime")
    assert "onnxruntime 1.32.0 is damaged" in str(clash())


def test_a_module_that_is_gone_altogether_is_damaged(environment: Path) -> None:
    install(environment, "onnxruntime", "1.32.0")
    (environment / "onnxruntime" / "__init__.py").unlink()
    (environment / "onnxruntime").rmdir()
    assert "is damaged" in str(clash())
