"""How often the suggested tags are right: a table for each set of labelled photos.

    python benchmarks/tags.py [--photos DIR] [--models DIR] [--derived]

DIR holds the sets `blur_quality`, `objects_scenes` and `faces_count`, each with a `labels.csv`; without
`--models` only what needs no pack is measured. Each set is scanned by `nivo-tui scan` in a home of its own,
and judged by what `show --json` prints. `--derived` also degrades the sharp photos of `objects_scenes` and
`faces_count` in two dozen ways (`tag_versions.py`), and counts which tags each version gets.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from report import Row, report
from tag_sets import Photo, faces_count, labels_of, names_ticked, objects_scenes, shown
from tag_versions import VERSIONS, write_versions

SHARED = Path(__file__).resolve().parents[2] / "shared"
BLURRED = frozenset({"blurry", "very_blurry"})
SHARPNESS = BLURRED | {"sharp", "soft_focus"}

WANTED: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "sharp": (frozenset({"sharp"}), BLURRED | {"soft_focus", "underexposed", "overexposed", "low_contrast"}),
    "blurred": (BLURRED, frozenset({"sharp"})),
    "soft": (BLURRED | {"soft_focus"}, frozenset({"sharp"})),
    "moved": (BLURRED | {"motion_blur"}, frozenset({"sharp"})),
    "dark": (frozenset({"underexposed"}), BLURRED | {"overexposed"}),
    "over": (frozenset({"overexposed"}), BLURRED | {"underexposed"}),
    "lowcontrast": (frozenset({"low_contrast"}), BLURRED),
    "noisy": (frozenset({"noisy"}), BLURRED),
    "same": (frozenset({"sharp"}), BLURRED | {"soft_focus"}),
    "jpegq8": (frozenset({"sharp"}), BLURRED),
}
"""For each kind of version the tags of which it has to get one, and those it must not get."""

_LABELS = {"blur3": "soft"}
_COUNTED = ("sharp", "soft_focus", "blurry", "very_blurry", "motion_blur", "underexposed", "overexposed")
_MORE = ("low_contrast", "noisy", "jpeg_artifacts", "good_quality", "poor_quality")


def quality_rows(name: str, labelled: Iterable[tuple[str, str, set[str]]]) -> tuple[list[Row], list[str]]:
    """A row for each label, and a line for each photo that lacks its tag or has another's.

    `labelled` are label, file and tags. A row counts how many photos got each tag.
    """
    found: dict[str, list[tuple[str, set[str]]]] = {}
    for label, file, tags in labelled:
        found.setdefault(label, []).append((file, tags))
    rows: list[Row] = []
    faults = []
    for label, photos in found.items():
        wanted, unwanted = WANTED[VERSIONS[label].kind if label in VERSIONS else _LABELS.get(label, label)]
        wrong = [(file, tags) for file, tags in photos if not tags & wanted or tags & unwanted]
        faults += [f"{name} {label}: {file} has {' '.join(sorted(tags)) or 'no tag'}" for file, tags in wrong]
        counts = Counter(tag for _, tags in photos for tag in tags)
        right = len(photos) - len(wrong)
        rows.append(
            {
                "version": label,
                "photos": len(photos),
                "right %": 100.0 * right / len(photos),
                **{tag: counts[tag] for tag in (*_COUNTED, *_MORE)},
            }
        )
    return rows, faults


def blur_quality(folder: Path, photos: Mapping[str, Photo]) -> tuple[list[Row], list[str]]:
    """The rows of the set of labelled versions."""
    rows = [row for row in labels_of(folder) if row["file"] in photos]
    return quality_rows(
        "blur_quality", ((row["label"], row["file"], _quality_tags(photos[row["file"]])) for row in rows)
    )


def derived(sets: Iterable[Path], models: Path | None, home: Path) -> tuple[list[Row], list[str]]:
    """The rows of versions made of the photos of other sets, as far as these are called sharp themselves."""
    pictures = home / "pictures"
    write_versions((path for folder in sets for path in sorted(folder.iterdir())), pictures)
    photos = shown(pictures, home / "home", models)
    sharp = {
        name.partition("@")[0]
        for name, photo in photos.items()
        if "@sharp." in name and "sharp" in _quality_tags(photo)
    }
    labelled = (
        (name.partition("@")[2].removesuffix(".jpg"), name, _quality_tags(photo))
        for name, photo in sorted(photos.items())
        if name.partition("@")[0] in sharp
    )
    rows, faults = quality_rows("derived", labelled)
    order = list(VERSIONS)
    return sorted(rows, key=lambda row: order.index(str(row["version"]))), faults


def _quality_tags(photo: Photo) -> set[str]:
    return {tag["tag"] for tag in photo["tags"] if tag["category"] == "quality"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, default=SHARED / "photos")
    parser.add_argument("--models", type=Path)
    parser.add_argument("--derived", action="store_true")
    options = parser.parse_args()
    photos = options.photos.resolve()
    models = options.models.resolve() if options.models else None
    faults: list[str] = []

    def told(name: str, made: tuple[list[Row], list[str]]) -> None:
        rows, wrong = made
        print(f"\n{name}")
        if rows:
            report(f"tags-{name}", rows)
        faults.extend(wrong)

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        told(
            "blur_quality",
            blur_quality(photos / "blur_quality", shown(photos / "blur_quality", home / "quality", models)),
        )
        scenes = shown(photos / "objects_scenes", home / "scenes", models)
        told("objects_scenes", objects_scenes(photos / "objects_scenes", scenes))
        plain = shown(photos / "faces_count", home / "built-in", None)
        rows, wrong = faces_count(photos / "faces_count", plain, "built-in")
        faces = plain
        if models is not None:
            faces = shown(photos / "faces_count", home / "faces", models)
            of_pack, more = faces_count(photos / "faces_count", faces, "pack")
            rows, wrong = [*of_pack, *rows], [*more, *wrong]
        told("faces_count", (rows, wrong))
        if options.derived:
            sets = (photos / "objects_scenes", photos / "faces_count")
            told("derived", derived(sets, models, home / "derived"))
    print("\nnames of persons ticked:", names_ticked([*scenes.values(), *faces.values()]))
    print(*faults, sep="\n")


if __name__ == "__main__":
    main()
