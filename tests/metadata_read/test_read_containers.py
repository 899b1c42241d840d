"""Where each container keeps its metadata, and that little else of the file is read."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nivo_tui.metadata.containers import bmff
from nivo_tui.metadata.containers.png import read_png
from nivo_tui.metadata.containers.raf import read_raf
from nivo_tui.metadata.containers.source import FileSource, from_bytes
from nivo_tui.metadata.containers.webp import read_webp
from nivo_tui.metadata.read import metadata_from
from nivo_tui.model import FileMetadata, Format

from .read_builders import (
    ASCII,
    LONG,
    SHORT,
    box,
    chunk,
    cr3,
    dataset,
    full_box,
    heic,
    jpeg,
    photoshop,
    png,
    raf,
    raw_profile,
    riff_chunk,
    subjects,
    tiff,
    webp,
    xmp_packet,
)  # fmt: skip

EXIF = tiff({0x10F: (ASCII, "Maker"), 0x112: (SHORT, 6)}, exif={0x8827: (SHORT, 200)})
XMP = xmp_packet(subjects("castle", "moat") + "<xmp:Rating>4</xmp:Rating>")


def read(data: bytes, fmt: Format = Format.JPEG) -> FileMetadata:
    return metadata_from(from_bytes(data), len(data), fmt)


def check_exif_and_xmp(found: FileMetadata, orientation: int = 6) -> None:
    assert (found.capture.make, found.capture.iso) == ("Maker", 200)
    assert found.keywords == ("castle", "moat")
    assert (found.rating, found.orientation) == (4, orientation)
    assert found.problems == ()


def test_jpeg() -> None:
    found = read(
        jpeg(exif=EXIF, xmp=XMP, iptc=dataset(2, 25, b"moat") + dataset(2, 25, b"tower"), size=(4000, 3000))
    )
    assert found.keywords == ("castle", "moat", "tower")
    assert (found.width, found.height, found.orientation, found.capture.iso) == (4000, 3000, 6, 200)


def test_jpeg_whose_scan_lies_far_behind_large_segments() -> None:
    filler = (b"\xff\xe2" + struct.pack(">H", 65_000) + b"\0" * 64_998) * 20
    found = read(jpeg(exif=EXIF, xmp=XMP, extra=filler, size=(4000, 3000)))
    check_exif_and_xmp(found)
    assert (found.width, found.height) == (4000, 3000)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe1", b"not a picture at all", b"\0" * 100]
)
def test_what_is_no_picture_is_a_problem(data: bytes) -> None:
    found = read(data)
    assert found.problems
    assert found.width is None


@pytest.mark.parametrize("unit", [b"\xff\x00", b"\xff\xff", b"\xff\xe0\0\2"])
def test_a_jpeg_of_noise_is_given_up_early(unit: bytes) -> None:
    data = b"\xff\xd8" + unit * 2_000_000
    reached = 0

    def read_at(offset: int, length: int) -> bytes:
        nonlocal reached
        reached = max(reached, offset + length)
        return data[offset : offset + length]

    assert metadata_from(read_at, len(data), Format.JPEG).problems
    assert reached <= 1024 * 1024


def test_a_file_is_read_as_what_it_is_whatever_it_is_called() -> None:
    check_exif_and_xmp(read(jpeg(exif=EXIF, xmp=XMP), Format.NEF))


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_png_chunks(prefix: bytes) -> None:
    itxt = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
    found = read(png(chunk(b"eXIf", prefix + EXIF), itxt), Format.PNG)
    check_exif_and_xmp(found)
    assert (found.width, found.height) == (640, 480)


def test_png_chunks_behind_the_picture_and_compressed() -> None:
    itxt = chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0en\0XMP\0" + zlib.compress(XMP))
    check_exif_and_xmp(read(png(after=chunk(b"eXIf", EXIF) + itxt), Format.PNG))


@pytest.mark.parametrize("name", ["exif", "APP1"])
def test_png_raw_profiles(name: str) -> None:
    iptc = dataset(2, 25, b"tower")
    chunks = (
        raw_profile(name, b"Exif\0\0" + EXIF),
        raw_profile("xmp", XMP),
        raw_profile("iptc", photoshop(iptc)),
    )
    found = read(png(*chunks), Format.PNG)
    assert found.capture.iso == 200
    assert found.keywords == ("castle", "moat", "tower")


def test_png_app1_profile_may_be_xmp() -> None:
    profile = raw_profile("APP1", b"http://ns.adobe.com/xap/1.0/\0" + XMP)
    assert read(png(profile), Format.PNG).keywords == ("castle", "moat")


def test_png_texts_and_time() -> None:
    data = png(
        chunk(b"tEXt", b"Title\0A castle"),
        chunk(b"tEXt", "Description\0Zürich".encode("latin-1")),
        chunk(b"tIME", struct.pack(">H5B", 2020, 5, 20, 19, 37, 60)),
    )
    found = read(data, Format.PNG)
    assert (found.title, found.description) == ("A castle", "Zürich")
    assert found.capture.taken_at == datetime(2020, 5, 20, 19, 37, 59, tzinfo=UTC)
    assert found.capture.taken_from == "modified"


def test_png_bombs_do_not_unfold() -> None:
    bomb = zlib.compress(b"0" * (40 * 1024 * 1024))
    data = png(*[chunk(b"zTXt", b"Title\0\0" + bomb)] * 50)
    facts = read_png(from_bytes(data), len(data))
    assert facts.title is None
    assert facts.text_bytes < 64 * 1024 * 1024
    assert facts.problems


def test_webp_chunks() -> None:
    vp8x = riff_chunk(b"VP8X", b"\x0c\0\0\0" + (3999).to_bytes(3, "little") + (2999).to_bytes(3, "little"))
    for prefix in (b"", b"Exif\0\0", b"Exif\0\0Exif\0\0"):
        data = webp(
            vp8x,
            riff_chunk(b"VP8 ", b"\0" * 11),
            riff_chunk(b"EXIF", prefix + EXIF),
            riff_chunk(b"XMP ", XMP),
        )
        found = read(data, Format.WEBP)
        check_exif_and_xmp(found)
        assert (found.width, found.height) == (4000, 3000)


def test_webp_sizes_without_the_extended_header() -> None:
    lossy = webp(riff_chunk(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 0x4000 | 640, 480)))
    lossless = webp(riff_chunk(b"VP8L", b"\x2f" + (639 | 479 << 14).to_bytes(4, "little") + b"\0" * 5))
    for data in (lossy, lossless):
        facts = read_webp(from_bytes(data), len(data))
        assert (facts.width, facts.height) == (640, 480)


@pytest.mark.parametrize("in_idat", [False, True])
@pytest.mark.parametrize("wide", [False, True])
def test_heic_items(in_idat: bool, wide: bool) -> None:
    data = heic(exif=EXIF, xmp=XMP, size=(4032, 3024), turns=3, in_idat=in_idat, wide=wide)
    found = read(data, Format.HEIC)
    check_exif_and_xmp(found, orientation=1)
    assert (found.width, found.height) == (3024, 4032)
    facts = bmff.read_bmff(from_bytes(data), len(data))
    assert (facts.turns, facts.width, facts.height) == (3, 4032, 3024)
    assert facts.brands[0] == b"heic"


def test_heic_is_shown_cropped_then_turned() -> None:
    found = read(heic(size=(4032, 3024), turns=1, clap=(6000, 2, 2000, 1)), Format.HEIC)
    assert (found.width, found.height, found.orientation) == (2000, 3000, 1)
    senseless = read(heic(size=(4032, 3024), clap=(6000, 0, 2000, 1)), Format.HEIC)
    assert (senseless.width, senseless.height) == (4032, 3024)


@pytest.mark.parametrize("prefix", [b"\0\0\0\6Exif\0\0", b"\0\0\0\0Exif\0\0", b"\0\0\0\x06", b""])
def test_heic_exif_header_is_found_where_its_offset_lies(prefix: bytes) -> None:
    check_exif_and_xmp(read(heic(exif=EXIF, xmp=XMP, exif_prefix=prefix), Format.HEIC), orientation=1)


def test_heic_extents_count_from_their_base() -> None:
    infe = full_box(b"infe", 2, 0, struct.pack(">HH4s", 7, 0, b"Exif"), b"\0")
    row = struct.pack(">HHIHIIII", 7, 0, 1000, 2, 5, 10, 50, 0)
    iloc = full_box(b"iloc", 0, 0, b"\x44\x40", struct.pack(">H", 1), row)
    table = bmff.read_item_table(b"\0\0\0\0" + full_box(b"iinf", 0, 0, b"\0\1", infe) + iloc)
    assert table.items[7].extents == ((1005, 10), (1050, 0))
    whole = bytes(range(256)) * 5
    item = bmff.read_item(from_bytes(whole), len(whole), table, table.items[7])
    assert item == whole[1005:1015] + whole[1050:]


@pytest.mark.parametrize("change", [{"construction": 2}, {"data_reference": 1}, {"extents": ()}])
def test_heic_items_that_lie_elsewhere_are_not_read(change: dict) -> None:
    item = bmff.Item(1, b"Exif", **{"extents": ((0, 4),), **change})
    assert bmff.read_item(from_bytes(b"data"), 4, bmff.ItemTable(), item) is None


def test_heic_item_outside_the_file_is_a_problem() -> None:
    data = heic(exif=EXIF)
    found = read(data[:-20], Format.HEIC)
    assert found.problems == ("the Exif item cannot be read",)
    assert found.width == 640


def test_a_meta_box_with_countless_items_is_bounded() -> None:
    infe = b"".join(full_box(b"infe", 2, 0, struct.pack(">HH4s", n, 0, b"Exif"), b"\0") for n in range(5000))
    rows = b"".join(struct.pack(">HHHII", n, 0, 1, 0, 0) for n in range(5000))
    iloc = full_box(b"iloc", 0, 0, b"\x44\0", struct.pack(">H", 5000), rows)
    meta = full_box(b"meta", 0, 0, full_box(b"iinf", 0, 0, b"\x13\x88", infe), iloc)
    asked: list[int] = []
    data = box(b"ftyp", b"heic\0\0\0\0") + meta

    def read_at(offset: int, length: int) -> bytes:
        asked.append(length)
        return data[offset : offset + length]

    bmff.read_bmff(read_at, len(data))
    assert sum(asked) < 8 * len(data)


def test_cr3() -> None:
    main = tiff({0x10F: (ASCII, "Canon"), 0x100: (LONG, 6000), 0x101: (LONG, 4000), 0x112: (SHORT, 8)})
    details = tiff({0x8827: (SHORT, 800), 0xA434: (ASCII, "RF24-105mm F4 L IS USM")})
    gps = tiff({1: (ASCII, "N"), 2: (5, [10, 0, 0]), 3: (ASCII, "E"), 4: (5, [20, 0, 0])})
    found = read(cr3(main, details, gps, XMP), Format.CR3)
    assert (found.capture.make, found.capture.iso, found.capture.lens) == (
        "Canon",
        800,
        "RF24-105mm F4 L IS USM",
    )
    assert (found.width, found.height, found.orientation) == (6000, 4000, 8)
    assert found.capture.gps is not None and (found.capture.gps.lat, found.capture.gps.lon) == (10, 20)
    assert found.keywords == ("castle", "moat")


def test_raf() -> None:
    data = raf(jpeg(exif=EXIF, xmp=XMP))
    found = read(data, Format.RAF)
    check_exif_and_xmp(found)
    assert (found.width, found.height) == (4256, 2848)
    assert read_raf(from_bytes(data[:50]), 50) is None


def test_rw2() -> None:
    borders = {4: (SHORT, 8), 5: (SHORT, 4), 6: (SHORT, 2744), 7: (SHORT, 3652)}
    main = borders | {0x10F: (ASCII, "Panasonic"), 0x112: (SHORT, 6), 0x2E: (7, jpeg(exif=EXIF, xmp=XMP))}
    found = read(tiff(main, magic=0x55), Format.RW2)
    assert (found.capture.make, found.capture.iso, found.orientation) == ("Panasonic", 200, 6)
    assert (found.width, found.height) == (3648, 2736)
    assert found.keywords == ("castle", "moat")


def test_tiff_main_image_is_the_largest_that_is_not_reduced() -> None:
    reduced = {0xFE: (LONG, 1), 0x100: (LONG, 9000), 0x101: (LONG, 9000)}
    small = {0x100: (LONG, 100), 0x101: (LONG, 100)}
    large = {0x100: (LONG, 6000), 0x101: (LONG, 4000)}
    found = read(tiff(reduced | {0x112: (SHORT, 3)}, subs=[small, large]), Format.DNG)
    assert (found.width, found.height, found.orientation) == (6000, 4000, 3)


def test_tiff_blocks_of_xmp_and_iptc() -> None:
    iptc = dataset(2, 25, b"tower")
    size = {0x100: (LONG, 10), 0x101: (LONG, 20)}
    own = read(tiff(size | {700: (1, XMP), 33723: (7, iptc)}), Format.TIFF)
    assert own.keywords == ("castle", "moat", "tower")
    by_photoshop = read(tiff(size | {34377: (7, photoshop(iptc))}), Format.TIFF)
    assert by_photoshop.keywords == ("tower",)


@pytest.mark.parametrize(
    ("data", "fmt", "most"),
    [
        (jpeg(exif=EXIF, xmp=XMP), Format.JPEG, 70_000),
        (heic(exif=EXIF, xmp=XMP), Format.HEIC, 80_000),
        (cr3(EXIF, EXIF, EXIF, XMP), Format.CR3, 80_000),
        (tiff({700: (1, XMP)}), Format.TIFF, 80_000),
    ],
)
def test_of_a_large_file_little_is_read(data: bytes, fmt: Format, most: int) -> None:
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            part = super().read(size)
            self.taken += len(part)
            return part

    file = Counting(data + (b"" if fmt is Format.JPEG else box(b"free", b"")) + b"\0" * 5_000_000)
    source = FileSource(file)
    found = metadata_from(source.read_at, source.size, fmt)
    assert found.keywords == ("castle", "moat")
    assert file.taken < most


def test_source_gives_the_same_as_the_bytes() -> None:
    data = bytes(range(256)) * 1200
    source = FileSource(io.BytesIO(data), head_bytes=1000)
    assert source.size == len(data)
    for offset, length in [
        (0, 10),
        (990, 20),
        (5000, 10),
        (5005, 4000),
        (4990, 30),
        (300_000, 20_000),
        (10**12, 5),
    ]:
        assert source.read_at(offset, length) == data[offset : offset + length]


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=120), st.sampled_from([b"iloc", b"iinf", b"iref", b"iprp", b"pitm", b"ipma", b"idat"])
)
def test_any_bytes_in_a_table_of_items_are_survived(payload: bytes, kind: bytes) -> None:
    meta = full_box(
        b"meta", 0, 0, box(kind, payload), box(b"iprp", box(b"ipco", payload), box(kind, payload))
    )
    data = box(b"ftyp", b"avif\0\0\0\0") + meta
    read(data, Format.AVIF)


WHOLE = [
    jpeg(exif=EXIF, xmp=XMP, iptc=dataset(2, 25, b"tower")),
    png(chunk(b"eXIf", EXIF), raw_profile("xmp", XMP)),
    webp(riff_chunk(b"EXIF", EXIF), riff_chunk(b"XMP ", XMP)),
    heic(exif=EXIF, xmp=XMP),
    cr3(EXIF, EXIF, EXIF, XMP),
    raf(jpeg(exif=EXIF)),
    tiff({700: (1, XMP)}, exif={0x8827: (SHORT, 1)}, gps={}, big=True),
]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage_to_a_small_file_is_survived(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(0, min(len(whole), 1200) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
