"""Every file of the corpus: written without loss as other readers see it and undone, or refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import piexif
import pillow_heif
import pytest
from PIL import Image, ImageSequence

from nivo_tui.imaging.formats import format_of_name
from nivo_tui.metadata.containers.jpeg import walk
from nivo_tui.metadata.containers.mpf import mp_images
from nivo_tui.metadata.planned import now
from nivo_tui.metadata.read import read_metadata
from nivo_tui.metadata.undo import undo_run, untag
from nivo_tui.model import Format
from tests.metadata_write import exiftool
from tests.metadata_write.builders import open_journal, write

KEYWORDS = ("nivo bar", "Zürich", "日本")
CUT_OFF = {"5482a54657765056f1a94116a8dbffe7.jpg"}
OURS = ("http://ns.adobe.com/x", "Photoshop 3.0", "MPF")
# Cut off, of no sound structure, or with XMP that is not UTF-8 or not well-formed: exiftool leaves them too.
DAMAGED = {
    "IMG_1361.dng", "Issue 356 (dotnet).png", "L_xmp_latin1.heic", "github_138.heic",
    "m1-487f40372de5a8b6c848ba2569848492.tif", "m3-bfa1e2fb1d67bcd9d902a0dbf5badb70.tif",
    "m6-336db1cd76254717eb50a8602b651fbf.tif",
}  # fmt: skip
CHANGED = (
    "Subject", "HierarchicalSubject", "TagsList", "Keywords", "MetadataDate", "CodedCharacterSet",
    "XMPToolkit", "About", "MediaData", "MediaDataSize", "WebP_Flags", "EnvelopeRecordVersion",
    "ApplicationRecordVersion",
    "HasExtendedXMP",
)  # fmt: skip

pillow_heif.register_heif_opener()


def copies_of(corpus: Path, tmp_path: Path, *formats: Format) -> list[Path]:
    folder = tmp_path / "corpus"
    folder.mkdir()
    return [
        Path(shutil.copy(path, folder))
        for path in sorted(corpus.iterdir())
        if (fmt := format_of_name(path.name)) is not None and (fmt in formats or not formats)
    ]


@pytest.fixture
def copies(corpus: Path, tmp_path: Path) -> list[Path]:
    return copies_of(corpus, tmp_path, Format.JPEG)


@pytest.fixture
def others(corpus: Path, tmp_path: Path) -> list[Path]:
    written = (Format.HEIC, Format.AVIF, Format.PNG, Format.WEBP, Format.TIFF, Format.DNG)
    return copies_of(corpus, tmp_path, *written)


def pillow_sees(path: Path) -> object:
    """Size, mode, profile and the APPn segments that hold none of our fields, as Pillow reads them."""
    try:
        with Image.open(path) as image:
            segments = [
                (name, body)
                for name, body in getattr(image, "applist", ())
                if not body.startswith(tuple(header.encode() for header in OURS))
            ]
            return image.size, image.mode, image.info.get("icc_profile"), segments
    except (OSError, SyntaxError, ValueError):
        return None


def frames_of(path: Path) -> list[bytes]:
    """The pixels of each page or frame, shrunk; as far as Pillow and pillow-heif decode them."""
    found = []
    try:
        with Image.open(path) as image:
            for frame in ImageSequence.Iterator(image):
                found.append(
                    frame.convert("RGB").reduce(4).tobytes() if min(frame.size) > 4 else frame.tobytes()
                )
    except Exception:  # what a decoder raises over a damaged file
        found.append(b"no more")
    return found


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


def test_the_other_formats_lose_nothing_and_come_back(others: list[Path]) -> None:
    journal = open_journal()
    refused = set()
    for path in others:
        fmt = format_of_name(path.name)
        assert fmt is not None
        before, old, frames = read_metadata(str(path), fmt), path.read_bytes(), frames_of(path)
        (receipt,) = write(journal, path, *KEYWORDS, title="A title", description="Words", target="file")
        if receipt.status == "refused":
            refused.add(path.name)
            assert receipt.reason
            assert path.read_bytes() == old
            continue
        after = read_metadata(str(path), fmt)
        assert set(after.keywords) == {*before.keywords, *KEYWORDS}, path.name
        assert (after.capture, after.people, after.rating) == (before.capture, before.people, before.rating)
        assert frames_of(path) == frames, path.name
        assert write(journal, path, *KEYWORDS, title="A title", description="Words", target="file")[
            0
        ].status == ("unchanged"), path.name
        run = journal.begin_run("untag", now())
        (gone,) = untag(journal, run, [str(path)], execute=True)
        journal.end_run(run, now())
        assert gone.status == "written"
        assert read_metadata(str(path), fmt) == before, path.name
        for _ in range(2):
            (back,) = undo_run(journal, execute=True)
            assert back.mode == "exact"
        assert path.read_bytes() == old, path.name
    assert refused <= DAMAGED


@exiftool.needs_exiftool
def test_exiftool_finds_everything_else_as_it_was(corpus: Path, tmp_path: Path) -> None:
    journal = open_journal()
    paths = copies_of(corpus, tmp_path)
    before = exiftool.tags(paths)
    written = [p for p in paths if write(journal, p, *KEYWORDS, target="file")[0].status == "written"]
    after = exiftool.tags(written)
    for path in written:
        old, new = before[path.name], after[path.name]
        subject = new["XMP-dc:Subject"]
        assert set(KEYWORDS) <= set(subject if isinstance(subject, list) else [subject]), path.name
        hashes = [name for name in old if name.endswith("ImageDataHash")]
        assert [old[name] for name in hashes] == [new.get(name) for name in hashes], path.name
        kept = {
            name: value
            for name, value in exiftool.content(old, *CHANGED).items()
            if not name.startswith(("XMP-nivo", "PLUS"))
        }
        assert {name: new.get(name) for name in kept} == kept, path.name
