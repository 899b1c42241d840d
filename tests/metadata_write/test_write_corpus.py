"""Every JPEG of the corpus: written without loss as other readers see it and undone, or refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import piexif
import pytest
from PIL import Image

from nivo_tui.imaging.formats import format_of_name
from nivo_tui.metadata.containers.jpeg import walk
from nivo_tui.metadata.containers.mpf import mp_images
from nivo_tui.metadata.plan import now
from nivo_tui.metadata.read import read_metadata
from nivo_tui.metadata.undo import undo_run, untag
from nivo_tui.model import Format
from tests.metadata_write.builders import open_journal, write

KEYWORDS = ("nivo bar", "Zürich", "日本")
CUT_OFF = {"5482a54657765056f1a94116a8dbffe7.jpg"}


@pytest.fixture
def copies(corpus: Path, tmp_path: Path) -> list[Path]:
    folder = tmp_path / "corpus"
    folder.mkdir()
    return [
        Path(shutil.copy(path, folder))
        for path in sorted(corpus.iterdir())
        if format_of_name(path.name) is Format.JPEG
    ]


def pillow_sees(path: Path) -> object:
    """Size, mode, profile and the APPn segments that are not XMP, as Pillow reads them."""
    try:
        with Image.open(path) as image:
            segments = [
                (name, body)
                for name, body in getattr(image, "applist", ())
                if not body.startswith((b"http://ns.adobe.com/xap/1.0/", b"MPF\0"))
            ]
            return image.size, image.mode, image.info.get("icc_profile"), segments
    except (OSError, SyntaxError, ValueError):
        return None


def piexif_sees(path: Path) -> object:
    try:
        return piexif.load(str(path))
    except Exception:  # piexif raises whatever a broken file makes it stumble over
        return None


def pictures_of(path: Path) -> list[bytes]:
    data = path.read_bytes()
    return [data[i.start : i.start + i.size] for i in mp_images(data, walk(data)) if i.stored_offset]


def test_nothing_is_lost_and_all_comes_back(copies: list[Path]) -> None:
    journal = open_journal()
    for path in copies:
        before, old = read_metadata(str(path), Format.JPEG), path.read_bytes()
        seen = pillow_sees(path), piexif_sees(path), pictures_of(path)
        (receipt,) = write(journal, path, *KEYWORDS, target="file")
        assert (receipt.status == "refused") == (path.name in CUT_OFF), (path.name, receipt.reason)
        if receipt.status == "refused":
            assert receipt.reason
            assert path.read_bytes() == old
            continue
        after = read_metadata(str(path), Format.JPEG)
        assert set(after.keywords) == {*before.keywords, *KEYWORDS}, path.name
        assert (after.capture, after.people, after.rating) == (before.capture, before.people, before.rating)
        assert (pillow_sees(path), piexif_sees(path), pictures_of(path)) == seen, path.name
        assert write(journal, path, *KEYWORDS, target="file")[0].status == "unchanged"
        (back,) = undo_run(journal, execute=True)
        assert back.mode == "exact"
        assert path.read_bytes() == old, path.name


def test_untag_gives_the_metadata_from_before(copies: list[Path]) -> None:
    journal = open_journal()
    small = [path for path in copies if path.stat().st_size < 300_000 and path.name not in CUT_OFF]
    for path in small:
        before, old = read_metadata(str(path), Format.JPEG), path.read_bytes()
        write(journal, path, *KEYWORDS, title="A title", target="file")
        run = journal.begin_run("untag", now())
        (receipt,) = untag(journal, run, [str(path)], execute=True)
        journal.end_run(run, now())
        assert receipt.status == "written"
        assert read_metadata(str(path), Format.JPEG) == before, path.name
        if b"http://ns.adobe.com/xap/1.0/" not in old:
            assert path.read_bytes() == old, path.name


def test_every_cut_of_every_file_is_refused_or_whole(copies: list[Path]) -> None:
    journal = open_journal()
    for path in copies:
        data = path.read_bytes()
        end = walk(data).image_end
        for share in (0.0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.999):
            cut = data[: int(len(data) * share)]
            path.write_bytes(cut)
            (receipt,) = write(journal, path, "nivo bar", target="file", backup=False)
            whole = end is not None and len(cut) >= end
            assert (receipt.status == "written") == whole, (path.name, share, receipt.reason)
            if not whole:
                assert path.read_bytes() == cut
