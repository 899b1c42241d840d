"""What is suggested for labelled photos: the first object or scene, wrong ticks, the count of people.

    python benchmarks/tag_sets.py PHOTOS MODELS

PHOTOS is a folder of sets with a `labels.csv` each: `objects_scenes` (file, kind, labels) and `faces_count`
(file, faces_min, faces_max). MODELS is a folder with packs. Photos are scanned in homes of their own, and
judged by what `show --json` prints.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from report import Row, report

from nivo_tui.tagging.vocabulary import Vocabulary

Photo = Mapping[str, Any]
"""A line `photo` of `show --json`."""

LABELS = Path(__file__).with_name("labels.toml")
COUNTS = {"no_people": 0, "single_person": 1, "couple": 2, "small_group": 3, "group": 6, "crowd": 16}
UNJUDGED = frozenset({"mood"})
"""Judgements that no label of an object or a place can tell right from wrong."""


@dataclass(frozen=True)
class Right:
    """The tags one of which has to come first, and those that may be ticked besides."""

    primary: tuple[frozenset[str], ...]
    also: frozenset[str]

    def is_right(self, tag: str) -> bool:
        """Whether a tag may be ticked."""
        return tag in self.also or any(tag in names for names in self.primary)


def shown(folder: Path, home: Path, models: Path | None, *options: str) -> dict[str, Photo]:
    """What `show --json` prints of the photos of a folder once they were scanned, by file name.

    `models` None leaves the built-in face detector alone.
    """
    environment = {**os.environ, "NIVO_HOME": str(home), "NIVO_MODELS": "" if models is None else str(models)}
    command = [sys.executable, "-m", "nivo_tui"]
    scan = [*command, "scan", str(folder), "--json", *options]
    subprocess.run(scan, env=environment, check=False, capture_output=True, text=True)
    show = [*command, "show", str(folder), "--json"]
    done = subprocess.run(show, env=environment, check=True, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(line["path"]).name: line for line in lines if line.get("type") == "photo"}


def labels_of(folder: Path) -> list[dict[str, str]]:
    """The rows of a set's `labels.csv`."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def objects_scenes(folder: Path, photos: Mapping[str, Photo]) -> tuple[list[Row], list[str]]:
    """The row of the set, and a line for each photo with a fault.

    A photo is right where its first object or its first scene is one of its label's tags; for names of COCO
    all of them have to be among the objects. Wrong is what is ticked and no tag of the label's row.
    """
    right = wrong = ticked = unjudged = counted = 0
    faults = []
    for row in labels_of(folder):
        photo = photos.get(row["file"])
        if photo is None:
            continue
        counted += 1
        expected = right_tags(row["kind"], row["labels"])
        first = _firsts(photo)
        is_right = _is_right(photo, row["kind"], expected)
        right += is_right
        judged = [tag for tag in photo["tags"] if tag["ticked"]]
        unjudged += sum(tag["category"] in UNJUDGED for tag in judged)
        judged = [tag for tag in judged if tag["category"] not in UNJUDGED]
        mistaken = [tag["tag"] for tag in judged if not expected.is_right(tag["tag"])]
        ticked, wrong = ticked + len(judged), wrong + len(mistaken)
        if not is_right or mistaken:
            faults.append(
                f"{row['file']} ({row['labels']}): first {', '.join(first) or '-'}; wrong {mistaken}"
            )
    share = 100.0 * right / max(counted, 1)
    return [
        {
            "set": "objects_scenes",
            "photos": counted,
            "primary right": right,
            "primary right %": share,
            "ticked": ticked,
            "wrong ticked": wrong,
            "wrong per photo": wrong / max(counted, 1),
            "moods ticked": unjudged,
        }
    ], faults


def faces_count(folder: Path, photos: Mapping[str, Photo], detector: str) -> tuple[list[Row], list[str]]:
    """The row of the set, and a line for each photo whose one count tag is not the right one."""
    right = counted = 0
    faults = []
    for row in labels_of(folder):
        photo = photos.get(row["file"])
        if photo is None:
            continue
        counted += 1
        found = [tag["tag"] for tag in photo["tags"] if tag["tag"] in COUNTS]
        expected = {count_tag(faces) for faces in range(int(row["faces_min"]), int(row["faces_max"]) + 1)}
        if len(found) == 1 and found[0] in expected:
            right += 1
        else:
            faults.append(f"{row['file']}: {found}, not {sorted(expected)}")
    share = 100.0 * right / max(counted, 1)
    rows: list[Row] = [
        {"set": "faces_count", "detector": detector, "photos": counted, "right": right, "right %": share}
    ]
    return rows, faults


def names_ticked(photos: Iterable[Photo]) -> int:
    """How many names of persons are ticked: none may be."""
    ticked = (tag for photo in photos for tag in photo["tags"] if tag["ticked"])
    return sum(tag["category"] == "people" for tag in ticked)


def count_tag(faces: int) -> str:
    """The people tag of that many faces."""
    return max((least, tag) for tag, least in COUNTS.items() if least <= faces)[1]


def right_tags(kind: str, labels: str) -> Right:
    """What is right for a photo: `labels` are "207:golden_retriever", or names of COCO, "a;b|c"."""
    always = frozenset(_table()["always"])
    if kind == "coco":
        named = tuple(frozenset(names.split("|")) for names in labels.split(";"))
        return Right(named, always | {"pets", "vehicle", "traffic", "cycling", "person"})
    index, _, name = labels.partition(":")
    row = _rows().get(int(index))
    if row is not None:
        return Right((frozenset(row["primary"]),), always | frozenset(row["also"]))
    return Right((_by_name(name),), always)


def _is_right(photo: Photo, kind: str, expected: Right) -> bool:
    if kind == "coco":
        found = {tag["tag"] for tag in photo["tags"] if tag["category"] == "objects"}
        return all(names & found for names in expected.primary)
    return any(tag in names for tag in _firsts(photo) for names in expected.primary)


def _firsts(photo: Photo) -> list[str]:
    """The surest object, groups left out, and the surest scene."""
    firsts = []
    for category in ("objects", "scene"):
        tags = [t for t in photo["tags"] if t["category"] == category and not t["tag"].startswith("has_")]
        firsts += [max(tags, key=lambda tag: tag["confidence"])["tag"]] if tags else []
    return firsts


def _by_name(name: str) -> frozenset[str]:
    """The tags of a class in no row: those whose name it is, or one of its words."""
    vocabulary = Vocabulary.load()
    whole = name.replace("_", " ")
    found = (vocabulary.match(text) for text in (whole, *whole.split(), *whole.split("-")))
    return frozenset(tag for tag in found if tag is not None)


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    return tomllib.loads(LABELS.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _rows() -> Mapping[int, Mapping[str, Sequence[str]]]:
    by_class: dict[int, Mapping[str, Sequence[str]]] = {}
    for row in _table()["rows"]:
        for span in row["classes"]:
            first, _, last = str(span).partition("-")
            by_class.update(dict.fromkeys(range(int(first), int(last or first) + 1), row))
    return by_class


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("models", type=Path)
    options = parser.parse_args()
    photos, models = options.photos.resolve(), options.models.resolve()
    with tempfile.TemporaryDirectory() as home:
        scenes = shown(photos / "objects_scenes", Path(home, "scenes"), models)
        faces = shown(photos / "faces_count", Path(home, "faces"), models)
        built_in = shown(photos / "faces_count", Path(home, "built-in"), None)
    judged, faults = objects_scenes(photos / "objects_scenes", scenes)
    report("tags-objects-scenes", judged)
    counted, more = faces_count(photos / "faces_count", faces, "pack")
    plain, most = faces_count(photos / "faces_count", built_in, "built-in")
    report("tags-faces-count", [*counted, *plain])
    print("names ticked:", names_ticked([*scenes.values(), *faces.values()]))
    print(*faults, *more, *most, sep="\n")


if __name__ == "__main__":
    main()
