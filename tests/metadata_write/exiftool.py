"""exiftool as a second reader and writer for the tests, where it is installed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

_PLACES = re.compile(
    r"(Offset|Offsets|Start|Pointer|Length|ByteCounts|Digest)$|^(SourceFile|ExifTool|System|File|Composite):"
)


def command() -> list[str] | None:
    """How to start exiftool: NIVO_EXIFTOOL, else the one of the system."""
    named = os.environ.get("NIVO_EXIFTOOL")
    if named:
        return ["perl", named] if shutil.which("perl") else None
    found = shutil.which("exiftool")
    return [found] if found else None


needs_exiftool = pytest.mark.skipif(
    command() is None, reason="needs exiftool on the path or in NIVO_EXIFTOOL"
)


def run(*arguments: str) -> str:
    """Its output; a warning of it is no failure."""
    ended = subprocess.run([*(command() or []), *arguments], capture_output=True, check=False)
    return ended.stdout.decode("utf-8", "replace")


def tags(paths: Iterable[Path]) -> dict[str, dict[str, object]]:
    """All that it reads of files, by name; the hash of the image data among it."""
    names = [str(path) for path in paths]
    text = run("-j", "-b", "-G1", "-a", "-s", "-U", "-struct", "-api", "requesttags=imagedatahash", *names)
    return {os.path.basename(str(each["SourceFile"])): each for each in json.loads(text or "[]")}


def content(seen: dict[str, object], *but: str) -> dict[str, object]:
    """What it read, without the places of things in the file and without the tags named."""
    return {
        name: value
        for name, value in seen.items()
        if not _PLACES.search(name) and name.rpartition(":")[2] not in but
    }
