"""Each format that is written in the file, from a small picture: what goes in comes out again."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import piexif
import pillow_heif
import pytest
from PIL import Image

from nivo_tui.metadata import xmp
from nivo_tui.metadata.blocks import CITY, EXIF_TEXTS, STATE
from nivo_tui.metadata.editors import EDITORS
from nivo_tui.metadata.iptc import read_iptc
from nivo_tui.metadata.iptc_edit import texts_of
from nivo_tui.metadata.journal import Journal
from nivo_tui.metadata.plan import WriteOptions
from nivo_tui.metadata.planned import now
from nivo_tui.metadata.read import read_metadata
from nivo_tui.metadata.regions import NamedFace, Regions, to_seen
from nivo_tui.metadata.undo import undo_run, untag
from nivo_tui.metadata.xmp import Location
from nivo_tui.metadata.xmp_regions import regions_of
from nivo_tui.model import FileMetadata, Format, Receipt
from tests.metadata_write import exiftool
from tests.metadata_write.builders import bag, jpeg, open_journal, packet, segment, write, xmp_segment

KEYWORDS = ("nivo bar", "Zürich", "日本")
PLACE = Location(city="Zürich", state="Zürich", country="Schweiz", code="CHE")

pillow_heif.register_heif_opener()


def _picture(width: int = 64) -> Image.Image:
    return Image.linear_gradient("L").resize((width, 48)).convert("RGB")


def _saved(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    _picture().save(buffer, kind, **options)
    return buffer.getvalue()


def _exif() -> bytes:
    return bytes(piexif.dump({"0th": {piexif.ImageIFD.Make: b"Maker"}, "Exif": {37500: b"note" * 20}}))


MAKERS: dict[str, tuple[Format, Callable[[], bytes]]] = {
    "bare.jpg": (Format.JPEG, lambda: _saved("JPEG")),
    "exif.jpg": (Format.JPEG, lambda: _saved("JPEG", exif=_exif())),
    "bare.png": (Format.PNG, lambda: _saved("PNG")),
    "simple.webp": (Format.WEBP, lambda: _saved("WEBP", lossless=True)),
    "exif.webp": (Format.WEBP, lambda: _saved("WEBP", exif=_exif())),
    "bare.heic": (Format.HEIC, lambda: _saved("HEIF")),
    "exif.heic": (Format.HEIC, lambda: _saved("HEIF", exif=_exif())),
    "bare.avif": (Format.AVIF, lambda: _saved("AVIF")),
    "bare.tif": (Format.TIFF, lambda: _saved("TIFF")),
    "packed.tif": (Format.TIFF, lambda: _saved("TIFF", compression="tiff_lzw")),
}
HOLDS_IPTC = {Format.JPEG, Format.TIFF}
HOLDS_EXIF = {Format.JPEG, Format.TIFF, Format.HEIC, Format.AVIF}

each_format = pytest.mark.parametrize("name", list(MAKERS))


@pytest.fixture
def photo(name: str, tmp_path: Path) -> Path:
    path = tmp_path / name
    path.write_bytes(MAKERS[name][1]())
    return path


def facts(path: Path) -> FileMetadata:
    return read_metadata(str(path), MAKERS[path.name][0])


def pixels(path: Path) -> bytes:
    with Image.open(path) as image:
        return image.convert("RGB").tobytes()


def iptc_of(path: Path) -> tuple[str, ...]:
    block = EDITORS[MAKERS[path.name][0]](path.read_bytes()).iptc
    return () if block is None else read_iptc(block).keywords


def take_out(journal: Journal, path: Path, *tags: str) -> Receipt:
    run = journal.begin_run("untag", now())
    (receipt,) = untag(journal, run, [str(path)], tags or None, execute=True)
    journal.end_run(run, now())
    return receipt


@each_format
def test_all_that_is_asked_for_goes_in_and_the_picture_stays(
    name: str, photo: Path, journal: Journal
) -> None:
    before = pixels(photo)
    (receipt,) = write(journal, photo, *KEYWORDS, title="A title", description="Ein Tag in Zürich")
    assert (receipt.status, receipt.target, receipt.reason) == ("written", str(photo), None), receipt
    assert not [note for note in receipt.notes if "left as it is" in note or "without" in note]
    seen = facts(photo)
    assert set(seen.keywords) == set(KEYWORDS)
    assert (seen.title, seen.description) == ("A title", "Ein Tag in Zürich")
    assert pixels(photo) == before
    fmt = MAKERS[name][0]
    assert set(iptc_of(photo)) == (set(KEYWORDS) if fmt in HOLDS_IPTC else set())
    texts = EDITORS[fmt](photo.read_bytes()).exif_texts or {}
    assert set(texts.values()) == ({"Ein Tag in Zürich"} if fmt in HOLDS_EXIF else set())
    assert ("iptc:Keywords" in receipt.fields) == (fmt in HOLDS_IPTC)
    assert ("exif:UserComment" in receipt.fields) == (fmt in HOLDS_EXIF)


@each_format
def test_what_is_there_is_not_written_again(name: str, photo: Path, journal: Journal) -> None:
    asked = {"title": "A title", "description": "Words", "location": PLACE}
    write(journal, photo, *KEYWORDS, **asked)
    old = photo.read_bytes()
    (receipt,) = write(journal, photo, *KEYWORDS, **asked)
    assert receipt.status == "unchanged"
    assert photo.read_bytes() == old


@each_format
def test_two_runs_are_taken_back_byte_for_byte(name: str, photo: Path, journal: Journal) -> None:
    states = [photo.read_bytes()]
    write(journal, photo, "first", description="One")
    states.append(photo.read_bytes())
    write(journal, photo, "second", "Zürich", title="Two")
    for state in reversed(states):
        (receipt,) = undo_run(journal, execute=True)
        assert (receipt.status, receipt.mode) == ("written", "exact"), receipt
        assert photo.read_bytes() == state


@each_format
def test_untag_leaves_what_was_there(name: str, photo: Path, journal: Journal) -> None:
    before, seen = facts(photo), pixels(photo)
    write(journal, photo, *KEYWORDS, title="A title", description="Ein Tag", location=PLACE)
    assert take_out(journal, photo).status == "written"
    assert facts(photo) == before
    assert pixels(photo) == seen
    data = photo.read_bytes()
    assert b"nivo" not in data or MAKERS[name][0] is Format.TIFF
    image = EDITORS[MAKERS[name][0]](data)
    assert (image.packet, image.iptc) == (None, None)


@each_format
def test_one_tag_of_several_is_taken_out_everywhere(name: str, photo: Path, journal: Journal) -> None:
    write(journal, photo, *KEYWORDS)
    assert take_out(journal, photo, "Zürich").removed == ("Zürich",)
    assert set(facts(photo).keywords) == {"nivo bar", "日本"}
    assert "Zürich" not in iptc_of(photo)


@each_format
def test_many_changes_do_not_make_a_file_grow(name: str, photo: Path, journal: Journal) -> None:
    write(journal, photo, *KEYWORDS, description="Words")
    take_out(journal, photo)
    write(journal, photo, *KEYWORDS, description="Words")
    once = photo.stat().st_size
    for _ in range(6):
        take_out(journal, photo)
        write(journal, photo, *KEYWORDS, description="Words")
    assert photo.stat().st_size <= once + 64


def test_iptc_is_written_as_the_setting_says(tmp_path: Path, journal: Journal) -> None:
    path = tmp_path / "bare.jpg"
    data = MAKERS["bare.jpg"][1]()
    for policy, expected in (("never", ()), ("if-present", ()), ("always", ("Zürich",))):
        path.write_bytes(data)
        write(journal, path, "Zürich", options=WriteOptions(iptc=policy))
        assert iptc_of(path) == expected, policy
    write(journal, path, "more", options=WriteOptions(iptc="never"))
    assert iptc_of(path) == ("Zürich",)
    write(journal, path, "and more", options=WriteOptions(iptc="if-present"))
    assert iptc_of(path) == ("Zürich", "and more")


def test_a_long_keyword_is_cut_in_iptc_alone(tmp_path: Path, journal: Journal) -> None:
    path = tmp_path / "bare.jpg"
    path.write_bytes(MAKERS["bare.jpg"][1]())
    long = "日本" * 20
    write(journal, path, long)
    assert iptc_of(path) == ("日本" * 10 + "日",)
    assert facts(path).keywords == (long,)
    assert write(journal, path, long)[0].status == "unchanged"
    take_out(journal, path)
    assert iptc_of(path) == ()


def test_a_dng_goes_into_the_file_for_lightroom_and_on_request(tmp_path: Path, journal: Journal) -> None:
    data = _saved("TIFF", tiffinfo={50706: b"\x01\x04\x00\x00"})
    for number, (asked, inside) in enumerate(
        [
            ({}, False),
            ({"options": WriteOptions(readers=frozenset({"lightroom"}))}, True),
            ({"target": "file"}, True),
        ]
    ):
        path = tmp_path / f"{number}.dng"
        path.write_bytes(data)
        (receipt,) = write(journal, path, "beach", **asked)  # type: ignore[arg-type]
        assert receipt.status == "written", receipt
        assert (receipt.target == str(path)) == inside


@exiftool.needs_exiftool
def test_exiftool_reads_all_of_it_and_sees_the_rest_as_it_was(tmp_path: Path, journal: Journal) -> None:
    paths = []
    for name, (_, make) in MAKERS.items():
        path = tmp_path / name
        path.write_bytes(make())
        paths.append(path)
    before = exiftool.tags(paths)
    for path in paths:
        write(journal, path, *KEYWORDS, description="Ein Tag in Zürich")
    after = exiftool.tags(paths)
    for path in paths:
        old, new = before[path.name], after[path.name]
        assert new["XMP-dc:Subject"] == list(KEYWORDS), path.name
        if MAKERS[path.name][0] in HOLDS_IPTC:
            assert new["IPTC:Keywords"] == list(KEYWORDS), path.name
            assert new["IPTC:Caption-Abstract"] == "Ein Tag in Zürich"
        if MAKERS[path.name][0] in HOLDS_EXIF:
            assert new["ExifIFD:UserComment"] == "Ein Tag in Zürich", path.name
            assert new["IFD0:ImageDescription"] == "Ein Tag in Zürich", path.name
        assert not [name for name in new if name.startswith("ExifTool:") and name not in old], path.name
        assert [old.get(n) for n in old if "DataHash" in n] == [new.get(n) for n in old if "DataHash" in n]
        kept = exiftool.content(old, "WebP_Flags", "MediaData", "MediaDataSize")
        assert {name: new.get(name) for name in kept} == kept, path.name


@exiftool.needs_exiftool
@each_format
def test_undo_leaves_what_another_program_wrote_since(name: str, photo: Path, journal: Journal) -> None:
    write(journal, photo, *KEYWORDS)
    exiftool.run("-q", "-overwrite_original", "-XMP-dc:Description=A caption", str(photo))
    (receipt,) = undo_run(journal, execute=True)
    assert (receipt.status, receipt.mode) == ("written", "additions"), receipt
    seen = facts(photo)
    assert (seen.keywords, seen.description) == ((), "A caption")
    assert iptc_of(photo) == ()


@exiftool.needs_exiftool
def test_undo_leaves_an_iptc_caption_written_since(tmp_path: Path, journal: Journal) -> None:
    for name in ("bare.jpg", "bare.tif"):
        path = tmp_path / name
        path.write_bytes(MAKERS[name][1]())
        write(journal, path, *KEYWORDS)
        exiftool.run(
            "-q", "-overwrite_original", "-IPTC:Caption-Abstract=Größe", "-charset", "iptc=utf8", str(path)
        )
        (receipt,) = undo_run(journal, execute=True)
        assert receipt.mode == "additions"
        block = EDITORS[MAKERS[name][0]](path.read_bytes()).iptc
        assert block is not None
        assert (read_iptc(block).keywords, read_iptc(block).caption) == ((), "Größe")


def test_the_homes_of_two_runs_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bare.jpg"
    path.write_bytes(MAKERS["bare.jpg"][1]())
    journals = []
    for number, word in itertools.product((1, 2), ("mine",)):
        monkeypatch.setenv("NIVO_HOME", str(tmp_path / f"home{number}"))
        journals.append(open_journal())
        home = WriteOptions(home=journals[-1].home())
        write(journals[-1], path, f"{word} {number}", options=home)
    (receipt,) = undo_run(journals[0], execute=True)
    assert receipt.mode == "additions"
    assert facts(path).keywords == ("mine 2",)


def iptc_block(*datasets: tuple[int, int, bytes]) -> bytes:
    return b"".join(
        bytes((0x1C, record, number)) + len(value).to_bytes(2, "big") + value
        for record, number, value in datasets
    )


def photoshop_segment(*blocks: bytes) -> bytes:
    resources = [b"8BIM\x04\x04\0\0" + len(b).to_bytes(4, "big") + b + b"\0" * (len(b) & 1) for b in blocks]
    return segment(0xED, b"Photoshop 3.0\0" + b"".join(resources))


def test_a_place_that_somebody_named_stays_and_is_not_contradicted(tmp_path: Path, journal: Journal) -> None:
    path = tmp_path / "bare.jpg"
    path.write_bytes(jpeg(photoshop_segment(iptc_block((2, 90, b"Wien")))))
    write(journal, path, "sea", location=PLACE)
    image = EDITORS[Format.JPEG](path.read_bytes())
    assert image.packet is not None
    assert xmp.read(image.packet).location == Location(None, "Zürich", "Schweiz", "CHE")
    assert texts_of(image.iptc)[CITY] == "Wien"
    assert texts_of(image.iptc)[STATE] == "Zürich"
    take_out(journal, path)
    assert set(texts_of(EDITORS[Format.JPEG](path.read_bytes()).iptc).values()) == {None, "Wien"}


def test_a_file_whose_iptc_is_in_doubt_gets_the_rest_and_a_note(tmp_path: Path, journal: Journal) -> None:
    path = tmp_path / "bare.jpg"
    two = photoshop_segment(iptc_block((2, 25, b"one")), iptc_block((2, 25, b"two")))
    path.write_bytes(jpeg(two))
    (receipt,) = write(journal, path, "sea", description="Words", target="file")
    assert receipt.status == "written"
    assert any("IPTC was left as it is" in note for note in receipt.notes)
    assert two in path.read_bytes()
    assert "sea" in facts(path).keywords
    assert EDITORS[Format.JPEG](path.read_bytes()).exif_texts == dict.fromkeys(EXIF_TEXTS, "Words")


def test_old_captions_are_read_as_before_once_the_character_set_is_declared(
    tmp_path: Path, journal: Journal
) -> None:
    path = tmp_path / "bare.jpg"
    path.write_bytes(jpeg(photoshop_segment(iptc_block((2, 25, b"Caf\xe9"), (2, 116, b"\xa9 M\xfcller")))))
    write(journal, path, "日本")
    block = EDITORS[Format.JPEG](path.read_bytes()).iptc
    assert block is not None
    assert read_iptc(block).keywords == ("Café", "日本")
    assert "© Müller".encode() in block
    assert facts(path).keywords == ("Café", "日本")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_named_faces_go_into_the_file_as_regions(tmp_path: Path, journal: Journal, orientation: int) -> None:
    path = tmp_path / "bare.jpg"
    path.write_bytes(MAKERS["bare.jpg"][1]())
    seen = (48, 64) if orientation > 4 else (64, 48)
    faces = Regions((NamedFace("Ann Müller", 4, 4, 20, 24),), *seen, orientation=orientation)
    (receipt,) = write(journal, path, regions=faces)
    assert (receipt.status, receipt.added) == ("written", ("Ann Müller",))
    assert write(journal, path, regions=faces)[0].status == "unchanged"
    assert facts(path).people == ("Ann Müller",)
    packet = EDITORS[Format.JPEG](path.read_bytes()).packet
    assert packet is not None
    (region,) = regions_of(packet)
    assert (region.name, region.kind) == ("Ann Müller", "Face")
    area = to_seen(region.area, orientation)
    assert (area.x * seen[0], area.y * seen[1]) == (pytest.approx(12, abs=0.1), pytest.approx(14, abs=0.1))
    take_out(journal, path)
    assert path.read_bytes() == MAKERS["bare.jpg"][1]()


@exiftool.needs_exiftool
@pytest.mark.parametrize("name", ["bare.jpg", "exif.heic", "bare.tif", "bare.png"])
@pytest.mark.parametrize("how", ["rewritten", "without XMP"])
def test_undo_goes_by_the_journal_where_another_program_dropped_our_records(
    name: str, how: str, photo: Path, journal: Journal
) -> None:
    write(journal, photo, *KEYWORDS, title="A title", description="Words")
    if how == "rewritten":
        exiftool.run(
            "-q", "-overwrite_original", "-all=", "-tagsfromfile", "@", "-all:all", "-unsafe", str(photo)
        )
    else:
        exiftool.run("-q", "-overwrite_original", "-XMP:all=", str(photo))
    (receipt,) = undo_run(journal, execute=True)
    assert (receipt.status in ("written", "unchanged"), receipt.mode) == (True, "additions"), receipt
    seen = facts(photo)
    # Copied without its character set, a keyword in IPTC is not the one that we wrote any more.
    assert {*seen.keywords, *iptc_of(photo)} <= {"??"}
    assert (seen.hierarchies, seen.title, seen.description) == ((), None, None)
    assert not any((EDITORS[MAKERS[name][0]](photo.read_bytes()).exif_texts or {}).values())


def test_iptc_that_can_be_read_in_two_ways_is_left_alone_by_every_write(
    tmp_path: Path, journal: Journal
) -> None:
    path = tmp_path / "bare.jpg"
    block = photoshop_segment(iptc_block((2, 25, "Größe".encode())))
    path.write_bytes(jpeg(block))
    for word in ("one", "two"):
        write(journal, path, word)
        assert block in path.read_bytes()
    assert set(facts(path).keywords) == {"Größe", "one", "two"}


def test_keywords_of_several_lines_leave_iptc_again(tmp_path: Path, journal: Journal) -> None:
    path = tmp_path / "bare.jpg"
    path.write_bytes(jpeg(xmp_segment(packet(bag("dc:subject", "a\nb", "tab\there")))))
    write(journal, path, "sea")
    assert "sea" in iptc_of(path)
    take_out(journal, path)
    assert iptc_of(path) == ()


def test_so_many_keywords_that_the_records_need_extended_xmp(tmp_path: Path, journal: Journal) -> None:
    path = tmp_path / "bare.jpg"
    path.write_bytes(
        jpeg(xmp_segment(packet(bag("dc:subject", *(f"keyword number {n}" for n in range(250))))))
    )
    old = path.read_bytes()
    (receipt,) = write(journal, path, *KEYWORDS, target="file")
    assert receipt.status == "written", receipt
    assert b"http://ns.adobe.com/xmp/extension/" in path.read_bytes()
    assert set(KEYWORDS) < set(facts(path).keywords)
    assert write(journal, path, *KEYWORDS, target="file")[0].status == "unchanged"
    assert take_out(journal, path, "Zürich").removed == ("Zürich",)
    for _ in range(2):
        (back,) = undo_run(journal, execute=True)
        assert back.mode == "exact", back
    assert path.read_bytes() == old


@pytest.mark.parametrize("name", [name for name, (fmt, _) in MAKERS.items() if fmt in HOLDS_EXIF])
def test_a_new_description_takes_the_place_of_ours_everywhere(
    name: str, photo: Path, journal: Journal
) -> None:
    for text in ("First", "Second", "Größer"):
        (receipt,) = write(journal, photo, text.lower(), description=text)
        assert not [note for note in receipt.notes if "without" in note], receipt
        assert set((EDITORS[MAKERS[name][0]](photo.read_bytes()).exif_texts or {}).values()) == {text}
        assert facts(photo).description == text
    take_out(journal, photo)
    assert not any((EDITORS[MAKERS[name][0]](photo.read_bytes()).exif_texts or {}).values())


def test_an_index_whose_further_pictures_are_gone_does_not_keep_a_photo_from_being_written(
    tmp_path: Path, journal: Journal
) -> None:
    path = tmp_path / "bare.jpg"
    frames = [_picture(), _picture(80), _picture(96)]
    frames[0].save(path, "MPO", save_all=True, append_images=frames[1:])
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\xff\xd9") + 2])
    assert write(journal, path, "sea", target="file")[0].status == "written"
