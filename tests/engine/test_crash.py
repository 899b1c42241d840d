"""A decoder that ends the process: the scan goes on, and the photo it died of is named and left out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
from running import nivo, picture

from nivo_tui.settings import load_paths

# Loaded by every Python process that finds it: as soon as the engine has noted that it takes up the
# photo `killer.jpg`, the process aborts, as native code does that runs wild.
KILLER = """
import os
_write = os.write
def write(fd, data):
    written = _write(fd, data)
    if b"killer.jpg" in bytes(data) and bytes(data).startswith(b"/"):
        os.abort()
    return written
os.write = write
"""


@pytest.mark.skipif(sys.platform == "win32", reason="aborts by signal")
def test_a_photo_that_kills_the_decoder_twice_is_quarantined(tmp_path: Path) -> None:
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(KILLER)
    root = tmp_path / "p"
    for name in ("a", "b", "c", "killer", "z"):
        picture(root / f"{name}.jpg", seed=len(name))
    ran = nivo("scan", root, "--models", "none", "--json", PYTHONPATH=str(hook))
    statuses = {os.path.basename(x["path"]): x for x in ran.of("photo")}
    assert ran.status == 1 and ran.summary["failed"] == 1
    assert "quarantined" in statuses["killer.jpg"]["error"]
    assert {n for n, x in statuses.items() if x["status"] != "failed"} == {"a.jpg", "b.jpg", "c.jpg", "z.jpg"}
    again = nivo("scan", root, "--models", "none", "--json")
    assert "quarantined" in next(x["error"] for x in again.of("photo") if x["error"])
    rechecked = nivo("scan", root, "--models", "none", "--json", "--recheck")
    assert rechecked.status == 0 and rechecked.summary["failed"] == 0


# As soon as the engine has noted that the pack runs, the process aborts; WHEN is how many photos come first.
FATAL_PACK = """
import os
_write, seen = os.write, []
def write(fd, data):
    written = _write(fd, data)
    if bytes(data).startswith(b"/"):
        seen.append(data)
    if bytes(data).startswith(b"fatal@") and len(seen) >= WHEN:
        os.abort()
    return written
os.write = write
"""


@pytest.mark.skipif(sys.platform == "win32", reason="aborts by signal")
@pytest.mark.parametrize("when", [0, 1])
def test_a_pack_that_ends_the_program_is_left_out_and_no_photo_is_blamed(
    tmp_path: Path, home: Path, when: int
) -> None:
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(FATAL_PACK.replace("WHEN", str(when)))
    tiny.yolox(home / "models" / "fatal.onnx")
    tiny.classifier(home / "models" / "scenes.onnx")
    root = tmp_path / "p"
    for name in ("a", "b", "c"):
        picture(root / f"{name}.jpg", seed=ord(name))
    ran = nivo("scan", root, "--json", PYTHONPATH=str(hook))
    assert ran.status == 0 and ran.summary["failed"] == 0
    assert "scenes" in ran.summary["packs"] and "fatal" not in ran.summary["packs"]
    assert "fatal cannot be used: it ended the program" in ran.err
    assert "fatal cannot be used" in nivo("scan", root, "--json").err
    rechecked = nivo("scan", root, "--json", "--recheck")
    assert "fatal" in rechecked.summary["packs"] and rechecked.summary["failed"] == 0


# The engine's first look at a photo never comes back, as in a network that goes round in circles.
ENDLESS = """
import sys
if "nivo_tui.engine" in " ".join(sys.orig_argv):
    import threading
    import nivo_tui.inference.classes as classes
    def classify(*_):
        threading.Event().wait()
    classes.Classifier.classify = classify
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_model_that_never_ends_is_ended_by_ctrl_c(tmp_path: Path, home: Path) -> None:
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(ENDLESS)
    tiny.classifier(home / "models" / "scenes.onnx")
    photo = picture(tmp_path / "p" / "a.jpg")
    process = subprocess.Popen(
        [sys.executable, "-m", "nivo_tui", "scan", str(photo), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(hook)},
    )
    log = load_paths().logs / "engine.log"
    while not log.exists():
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert nivo("scan", photo, "--models", "none", "--json", "--no-wait").status == 0
