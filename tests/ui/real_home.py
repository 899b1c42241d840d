"""A home with a catalog of many photos, made in a moment: no file of them is on the disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from screen_fakes import suggestions

from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import FileStat, PhotoRecord, Rated
from nivo_tui.imaging.thumbnails import Thumbnails
from nivo_tui.model import Capture, Face, FileMetadata, Format, Quality
from nivo_tui.settings import Paths

ROOT = os.path.join(os.path.abspath(os.sep), "photos", "Pictures")
_FOLDERS = ("2024/Spring", "2025/Batch_1", "2025/Batch_1/raw", "Scans")
_BAR = 0.7

Change = Callable[[int, PhotoRecord], PhotoRecord]


def record(number: int, *, folder: str | None = None, name: str | None = None) -> PhotoRecord:
    """A photo of the catalog by its number. Every tenth is the second of a burst with the one before."""
    folder = folder or _FOLDERS[number % len(_FOLDERS)]
    path = os.path.join(ROOT, *folder.split("/"), name or f"IMG_{number:05d}.JPG")
    taken = datetime(2025, 8, 14, 14, 1) + timedelta(minutes=3 * number)
    likeness = number * 0x9E3779B97F4A7C15 % 2**64
    faces = tuple(Face(400 + 900 * n, 300, 900 + 900 * n, 900, 0.9) for n in range(number % 4))
    found = tuple(
        Rated(s, not s.fact and not s.is_name and s.confidence >= _BAR) for s in suggestions(number)
    )
    return PhotoRecord(
        path=path,
        stat=FileStat(2_100_000 + number, 1_755_180_000_000_000_000 + number, 1),
        format=Format.JPEG,
        width=4032,
        height=3024,
        metadata=FileMetadata(
            capture=Capture(taken, "original", "Apple", "iPhone 13", None, 1.6, 1 / 1200, 50),
            keywords=("holiday",) if number % 3 == 0 else (),
            rating=number % 6 or None,
        ),
        image_hash=f"{number:032x}",
        perceptual_hash=f"{likeness:016x}",
        quality=Quality(60, 0.5, 0.9, 0.1),
        faces=faces,
        detector="scrfd",
        versions={"features": "1", "rules": "1"},
        suggestions=found,
    )


def make_home(paths: Paths, count: int, change: Change | None = None, *, thumbnails: bool = False) -> None:
    """Fill the catalog of a home. `change` gets the number and the record, and returns what is stored."""
    paths.create()
    connection = open_catalog(paths)
    try:
        store = PhotoStore(connection)
        for start in range(0, count, 500):
            made = [record(number) for number in range(start, min(count, start + 500))]
            changed = [change(start + i, r) if change else r for i, r in enumerate(made)]
            store.save(changed)
            for one in changed if thumbnails else ():
                make_thumbnail(paths, one)
    finally:
        connection.close()


def make_thumbnail(paths: Paths, photo: PhotoRecord) -> Path:
    """A thumbnail of stripes whose colour goes by the picture's hash."""
    import numpy as np

    assert photo.image_hash is not None
    rows, columns = np.mgrid[0:96, 0:128]
    seed = int(photo.image_hash[-6:], 16) * 2654435761
    picture = np.stack(
        [(rows + seed) % 256, (columns * 2 + seed // 256) % 256, np.full_like(rows, seed // 65536 % 256)], -1
    )
    return Thumbnails(paths.thumbnails).store(photo.image_hash, picture.astype(np.uint8))


def burst(numbers: range, gap_s: float = 1.0) -> Change:
    """These photos become one burst: seconds apart, and alike but for a bit or two."""

    def change(number: int, made: PhotoRecord) -> PhotoRecord:
        if number not in numbers:
            return made
        first = record(numbers.start)
        at = first.metadata.capture.taken_at
        assert at is not None and first.perceptual_hash is not None
        place = number - numbers.start
        capture = replace(first.metadata.capture, taken_at=at + timedelta(seconds=gap_s * place))
        likeness = int(first.perceptual_hash, 16) ^ (1 << place % 64)
        return replace(
            made,
            path=os.path.join(os.path.dirname(first.path), os.path.basename(made.path)),
            metadata=replace(made.metadata, capture=capture),
            perceptual_hash=f"{likeness:016x}",
        )

    return change
