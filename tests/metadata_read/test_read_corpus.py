"""Real files: what is known of them, and every way of cutting and damaging them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nivo_tui.metadata.containers.source import from_bytes
from nivo_tui.metadata.read import metadata_from, read_metadata
from nivo_tui.model import FileMetadata, Format

FORMATS = {"jpg": "jpeg", "heif": "heic", "hif": "heic", "tif": "tiff"}


def format_of(path: Path) -> Format | None:
    extension = path.suffix[1:].lower()
    name = FORMATS.get(extension, extension)
    return Format(name) if name in set(Format) else None


def files(corpus: Path) -> list[Path]:
    return sorted(path for path in corpus.iterdir() if format_of(path))


def read(corpus: Path, name: str) -> FileMetadata:
    path = corpus / name
    fmt = format_of(path)
    assert fmt is not None
    return read_metadata(str(path), fmt)


def test_camera_jpeg(corpus: Path) -> None:
    found = read(corpus, "Nikon D40.jpg")
    capture = found.capture
    assert (capture.make, capture.model) == ("NIKON CORPORATION", "NIKON D40")
    assert capture.taken_from == "original"
    assert found.width and found.height and found.width > found.height


def test_keywords_of_iptc_and_xmp_that_disagree(corpus: Path) -> None:
    found = read(corpus, "MWG.jpg")
    assert len(found.keywords) == len(set(found.keywords)) > 0


def test_damaged_xmp_still_gives_keywords(corpus: Path) -> None:
    found = read(corpus, "Issue 356 (dotnet).png")
    assert found.keywords == ("Daniel Wood", "Denise Wood")
    assert found.description == "Here is the Caption"
    assert len(found.problems) == 1


def test_heic_is_reported_as_its_decoder_turns_it(corpus: Path) -> None:
    found = read(corpus, "arrow.heic")
    assert found.orientation == 1
    assert found.capture.make == "Apple"


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("Nikon.nef", (3040, 2014)),
        ("Panasonic.rw2", (3648, 2736)),
        ("FujiFilm.raf", (4256, 1424)),
        ("IMG_1361.dng", (4032, 3024)),
    ],
)
def test_size_of_raw(corpus: Path, name: str, size: tuple[int, int]) -> None:
    found = read(corpus, name)
    assert (found.width, found.height) == size
    assert isinstance(found.capture.taken_at, datetime)


def test_every_file_answers(corpus: Path, photos: Path) -> None:
    for path in files(corpus) + [photo for photo in sorted(photos.rglob("*")) if format_of(photo)]:
        fmt = format_of(path)
        assert fmt is not None
        found = read_metadata(str(path), fmt)
        assert found.orientation in range(1, 9)
        assert len(found.keywords) == len(set(found.keywords))


def test_every_file_cut_short_is_survived(corpus: Path) -> None:
    for path in files(corpus):
        data = path.read_bytes()
        for cut in {0, 1, 3, 11, 17, 64, 300, 2000, len(data) // 10, len(data) // 2, len(data) - 1}:
            metadata_from(from_bytes(data[:cut]), min(cut, len(data)), Format.JPEG)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_is_survived(corpus: Path, data: st.DataObject) -> None:
    whole = bytearray(_content(data.draw(st.sampled_from(files(corpus)))))
    reach = min(len(whole), data.draw(st.sampled_from([40, 400, 4000, 200_000])))
    places = st.integers(0, reach - 1)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=12)):
        whole[place] = value
    metadata_from(from_bytes(bytes(whole)), len(whole), Format.JPEG)


_CONTENTS: dict[Path, bytes] = {}


def _content(path: Path) -> bytes:
    """The head and tail that hold the metadata of most files, so that a try stays quick."""
    if path not in _CONTENTS:
        _CONTENTS[path] = path.read_bytes()[:400_000]
    return _CONTENTS[path]
