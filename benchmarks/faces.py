"""Faces found in labelled photos: ours beside the insightface package at several sizes.

    python benchmarks/faces.py PHOTOS MODELS

PHOTOS is a folder of sets, each with a `labels.csv` (`file`, and for counted photos `faces_min` and
`faces_max`); MODELS holds a face pack folder `buffalo_sc`. Times are of one thread, decoding left out.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image, ImageOps, UnidentifiedImageError
from report import report

from nivo_tui.inference.detections import overlaps
from nivo_tui.inference.faces.finder import FaceFinder
from nivo_tui.inference.faces.scrfd import Scrfd
from nivo_tui.inference.faces.views import shrunk
from nivo_tui.inference.runtime.backend import Backend

Find = Callable[[Any], Any]


@dataclass
class Tally:
    """What one way of looking found."""

    right: int = 0
    missed: int = 0
    extra: int = 0
    of_package: int = 0
    seconds: float = 0.0
    boxes: list[Any] = field(default_factory=list)


def pictures(photos: Path) -> Iterator[tuple[dict[str, str], Any]]:
    """Each photo once, upright, with its row of labels."""
    for labels in sorted(photos.glob("*/labels.csv")):
        with labels.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                try:
                    with Image.open(labels.parent / row["file"]) as image:
                        yield row, np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
                except (OSError, UnidentifiedImageError):
                    continue


def ours(model: Path) -> Find:
    """The pipeline on its working image."""
    finder = FaceFinder(Scrfd(Backend("cpu").load(model)))

    def find(rgb: Any) -> Any:
        working, ratio = shrunk(rgb, 1280)
        found = finder.find(np.ascontiguousarray(working), 1 / ratio)
        return np.array([[f.left, f.top, f.right, f.bottom] for f in found], np.float32).reshape(-1, 4)

    return find


def package(model: Path, det_size: tuple[int, int] | None) -> Find:
    """The package's detector on the whole picture; `det_size` None is its default, two sizes."""
    from insightface.app import FaceAnalysis

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    name = str(model.parent.resolve())
    app = FaceAnalysis(name=name, providers=["CPUExecutionProvider"], sess_options=options)
    app.prepare(-1, det_size=det_size)

    def find(rgb: Any) -> Any:
        faces = app.get(np.ascontiguousarray(rgb[:, :, ::-1]))
        return np.array([face.bbox for face in faces], np.float32).reshape(-1, 4)

    app.models = {"detection": app.det_model}
    return find


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path)
    parser.add_argument("models", type=Path)
    options = parser.parse_args()
    photos, models = options.photos, options.models
    model = models / "buffalo_sc" / "det_500m.onnx"
    ways = {"ours": ours(model)}
    for name, size in {"package 640": (640, 640), "package 320": (320, 320), "package default": None}.items():
        ways[name] = package(model, size)
    tallies = {name: Tally() for name in ways}
    count = counted = theirs = 0
    for row, rgb in pictures(photos):
        count += 1
        found = {}
        for name, find in ways.items():
            started = time.perf_counter()
            found[name] = find(rgb)
            tallies[name].seconds += time.perf_counter() - started
        judge = found["package 640"]
        theirs += len(judge)
        for name, boxes in found.items():
            tally = tallies[name]
            tally.of_package += sum(bool((overlaps(box, boxes) > 0.5).any()) for box in judge)
            if "faces_min" in row:
                least, most = int(row["faces_min"]), int(row["faces_max"])
                tally.right += least <= len(boxes) <= most
                tally.missed += max(0, least - len(boxes))
                tally.extra += max(0, len(boxes) - most)
        counted += "faces_min" in row
    report(
        "faces",
        [
            {
                "way": name,
                f"right of {counted}": tally.right,
                "missed": tally.missed,
                "extra": tally.extra,
                f"of the package's {theirs}": tally.of_package,
                f"ms a photo ({count})": tally.seconds / count * 1000,
            }
            for name, tally in tallies.items()
        ],
    )


if __name__ == "__main__":
    main()
