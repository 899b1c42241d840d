"""A decoder that ends the process: the scan goes on, and the photo it died of is named and left out."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from running import nivo, picture

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
