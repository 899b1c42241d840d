"""Running the program as a person would, and reading what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw


@dataclass(frozen=True)
class Ran:
    """What a run of the program printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == kind]

    @property
    def summary(self) -> dict[str, Any]:
        assert self.lines[-1]["type"] == "summary"
        return self.lines[-1]


def nivo(*words: object, **environment: str) -> Ran:
    """Run nivo-tui with these words, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "nivo_tui", *map(str, words)],
        capture_output=True,
        env={**os.environ, **environment},
        timeout=100,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def picture(path: Path, *, seed: int = 0, size: tuple[int, int] = (640, 480)) -> Path:
    """Draw a picture with some structure; its format is that of the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, (40 + seed * 7 % 200, 90, 160))
    draw = ImageDraw.Draw(image)
    for n in range(40):
        x, y = (n * 97 + seed * 31) % size[0], (n * 53 + seed * 17) % size[1]
        draw.rectangle((x, y, x + 40, y + 25), fill=((n * 37) % 256, (n * 11 + seed) % 256, 80))
    image.save(path)
    return path
