"""The hash of the image data survives every edit of metadata, and nothing else."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nivo_tui.imaging.extents import image_extents
from nivo_tui.imaging.formats import format_of_name, sniff
from nivo_tui.imaging.identity import hash_of, image_hash
from nivo_tui.imaging.source import BytesSource, PhotoSource
from nivo_tui.model import Format

from .pictures import box, dng, encoded, full_box, grid_heif, jpeg_segment, png_chunk, scene, tiff


def hashed(data: bytes, fmt: Format) -> str:
    source = BytesSource(data)
    extents = image_extents(source, fmt)
    assert extents is not None
    return hash_of(source, extents)


# --- JPEG -------------------------------------------------------------------------------------------


def _jpeg(seed: int = 1, **options: object) -> bytes:
    return encoded(
        np.random.default_rng(seed).integers(0, 255, (96, 128, 3)).astype(np.uint8), "JPEG", **options
    )


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 2}])
def test_jpeg_metadata_and_trailers_do_not_count(options: dict[str, object]) -> None:
    data = _jpeg(**options)
    plain = hashed(data, Format.JPEG)
    start = 2
    many = b"".join(jpeg_segment(0xE0 + n, bytes([n]) * 50) for n in range(16)) + jpeg_segment(
        0xFE, b"a comment"
    )
    assert hashed(data[:start] + many + data[start:], Format.JPEG) == plain
    trailer = _jpeg(seed=9) + b"\0\0\0\x18ftypmp42" + bytes(500)
    assert hashed(data + trailer, Format.JPEG) == plain
    scan = data.rfind(b"\xff\xda")
    assert hashed(data[:scan] + jpeg_segment(0xFE, b"between scans") + data[scan:], Format.JPEG) == plain


def test_jpeg_image_data_does_count() -> None:
    data = _jpeg()
    plain = hashed(data, Format.JPEG)
    assert hashed(_jpeg(seed=2), Format.JPEG) != plain
    tables = data.find(b"\xff\xdb") + 10
    assert hashed(data[:tables] + bytes([data[tables] ^ 1]) + data[tables + 1 :], Format.JPEG) != plain
    last = len(data) - 3
    assert hashed(data[:last] + bytes([data[last] ^ 1]) + data[last + 1 :], Format.JPEG) != plain


def test_a_jpeg_without_its_end_marker_counts_to_the_end() -> None:
    data = _jpeg()[:-2]
    extents = image_extents(BytesSource(data), Format.JPEG)
    assert extents is not None
    assert sum(extents[-1]) == len(data)
    assert image_extents(BytesSource(data[:200]), Format.JPEG) is None


def test_a_marker_split_between_two_reads_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from nivo_tui.imaging import jpeg_segments

    data = _jpeg() + bytes(100)
    expected = image_extents(BytesSource(data), Format.JPEG)
    for chunk in (64, 65, 97, 1000):
        monkeypatch.setattr(jpeg_segments, "_CHUNK", chunk)
        assert image_extents(BytesSource(data), Format.JPEG) == expected


# --- PNG and WebP -----------------------------------------------------------------------------------


def test_png_text_does_not_count_and_splitting_the_data_neither() -> None:
    data = encoded(scene(64, 48), "PNG")
    plain = hashed(data, Format.PNG)
    after_header = 8 + 25
    text = (
        png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>")
        + png_chunk(b"eXIf", b"II*\0")
        + png_chunk(b"tIME", bytes(7))
    )
    assert hashed(data[:after_header] + text + data[after_header:], Format.PNG) == plain
    assert hashed(data[:-12] + text + data[-12:] + b"trailing", Format.PNG) == plain
    body = zlib.compress(bytes(4000))
    whole = data[:after_header] + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")
    split = (
        data[:after_header]
        + png_chunk(b"IDAT", body[:9])
        + png_chunk(b"IDAT", body[9:])
        + png_chunk(b"IEND", b"")
    )
    assert hashed(whole, Format.PNG) == hashed(split, Format.PNG) != plain


def test_webp_metadata_does_not_count() -> None:
    picture = Image.fromarray(np.dstack([scene(64, 48), np.full((48, 64), 90, np.uint8)]))
    for options in ({}, {"lossless": True}, {"save_all": True, "append_images": [picture.rotate(180)]}):
        out, tagged = io.BytesIO(), io.BytesIO()
        picture.save(out, "WEBP", **options)
        picture.save(tagged, "WEBP", exif=b"Exif\0\0II*\0", xmp=b"<x:xmpmeta/>", **options)
        assert len(tagged.getvalue()) > len(out.getvalue())
        assert hashed(out.getvalue(), Format.WEBP) == hashed(tagged.getvalue(), Format.WEBP)


# --- TIFF and raw -----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_data_may_move(order: str) -> None:
    page, thumbnail = bytes(range(256)) * 4, bytes(160)
    plain = hashed(tiff([page], order=order), Format.TIFF)
    for pages in ([page], [thumbnail, page], [page, thumbnail]):
        for first in (True, False):
            moved = tiff(pages, order=order, description=b"a new description", data_first=first)
            assert hashed(moved, Format.TIFF) == plain
    assert hashed(tiff([page[::-1]], order=order), Format.TIFF) != plain


def test_tiff_written_by_a_library_in_strips_and_as_bigtiff() -> None:
    picture = scene(300, 400)
    for options in ({}, {"big_tiff": True}, {"compression": "tiff_deflate"}):
        data = encoded(picture, "TIFF", **options)
        tagged = encoded(picture, "TIFF", description="x" * 500, **options)
        assert hashed(data, Format.TIFF) == hashed(tagged, Format.TIFF)


def test_the_sensor_data_of_a_dng_counts_and_its_preview_does_not() -> None:
    plain = hashed(dng(64, 48), Format.DNG)
    large = encoded(np.random.default_rng(0).integers(0, 255, (300, 300, 3)).astype(np.uint8), "JPEG")
    assert len(large) > 64 * 48 * 2
    assert hashed(dng(64, 48, preview=large, preview_size=(300, 300)), Format.DNG) == plain


def test_raws_with_containers_of_their_own() -> None:
    sensor = os.urandom(400)
    raf = b"FUJIFILMCCD-RAW 0201".ljust(100, b"\0") + struct.pack(">II", 200, 400) + bytes(92) + sensor
    assert image_extents(BytesSource(raf), Format.RAF) == [(200, 400)]
    rw2 = b"IIU\0\x08\0\0\0" + struct.pack("<HHHLLL", 1, 0x0118, 4, 1, 100, 0) + bytes(74) + sensor
    assert image_extents(BytesSource(rw2), Format.RW2) == [(100, len(rw2) - 100)]
    mrw = b"\0MRM" + struct.pack(">L", 92) + bytes(92) + sensor
    assert image_extents(BytesSource(mrw), Format.RAW) == [(100, 400)]
    directory = struct.pack("<H", 1) + struct.pack("<HLL", 0x2005, 400, 6)
    crw = (
        b"II" + struct.pack("<L", 26) + b"HEAPCCDR" + bytes(18) + sensor + directory + struct.pack("<L", 406)
    )
    assert image_extents(BytesSource(crw), Format.RAW) == [(32, 400)]
    x3f_directory = b"SECd" + bytes(4) + struct.pack("<L", 2) + struct.pack("<LL4s", 40, 100, b"PROP")
    x3f_directory += struct.pack("<LL4s", 140, 300, b"IMA2")
    x3f = b"FOVb".ljust(40, b"\0") + sensor + x3f_directory + struct.pack("<L", 440)
    assert image_extents(BytesSource(x3f), Format.RAW) == [(140, 300)]


def test_the_sensor_track_of_a_cr3() -> None:
    def trak(offset: int, sizes: list[int]) -> bytes:
        stsz = full_box(
            b"stsz", 0, struct.pack(">II", 0, len(sizes)) + b"".join(struct.pack(">I", n) for n in sizes)
        )
        stsc = full_box(b"stsc", 0, struct.pack(">IIII", 1, 1, len(sizes), 1))
        co64 = full_box(b"co64", 0, struct.pack(">IQ", 1, offset))
        return box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", stsz + stsc + co64))))

    ftyp = box(b"ftyp", b"crx \0\0\0\1crx isom")

    def build(start: int) -> bytes:
        moov = box(b"moov", trak(start, [50]) + trak(start + 50, [300, 100]))
        return ftyp + moov + box(b"mdat", bytes(450))

    start = len(build(0)) - 450
    assert sniff(build(start), "a.cr3") is Format.CR3
    assert image_extents(BytesSource(build(start)), Format.CR3) == [(start + 50, 400)]


# --- HEIF -------------------------------------------------------------------------------------------


def test_heif_items_may_move_and_metadata_may_grow() -> None:
    tiles = [os.urandom(300), os.urandom(200)]
    plain = hashed(grid_heif(tiles), Format.HEIC)
    for changed in (
        grid_heif(tiles, exif=bytes(900)),
        grid_heif(tiles, exif=bytes(77), exif_first=True),
        grid_heif(tiles, padding=4096),
        grid_heif(tiles) + box(b"free", bytes(50)),
    ):
        assert hashed(changed, Format.HEIC) == plain
    assert hashed(grid_heif(tiles[::-1]), Format.HEIC) != plain
    another = tiles[1][:-1] + bytes([tiles[1][-1] ^ 1])
    assert hashed(grid_heif([tiles[0], another]), Format.HEIC) != plain
    extents = image_extents(BytesSource(grid_heif(tiles)), Format.HEIC)
    assert extents is not None
    assert [length for _, length in extents] == [8, 300, 200]


def test_a_heif_that_points_outside_itself_is_not_understood() -> None:
    data = grid_heif([bytes(300)])
    assert image_extents(BytesSource(data[:-1]), Format.HEIC) is None
    assert image_extents(BytesSource(data[:60]), Format.HEIC) is None


# --- the whole --------------------------------------------------------------------------------------


def test_what_is_not_understood_is_hashed_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    path.write_bytes(b"nothing of the kind")
    with PhotoSource(path) as source:
        first = image_hash(source, Format.HEIC)
    path.write_bytes(b"nothing of the kind!")
    with PhotoSource(path) as source:
        second = image_hash(source, Format.HEIC)
    assert first[1]
    assert second[1]
    assert first[0] != second[0]
    assert len(first[0]) == 64


def test_reading_in_pieces_gives_the_same_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nivo_tui.imaging import identity

    path = tmp_path / "a.jpg"
    path.write_bytes(_jpeg())
    with PhotoSource(path) as source:
        whole = image_hash(source, Format.JPEG)
    monkeypatch.setattr(identity, "_CHUNK", 100)
    with PhotoSource(path, max_data_bytes=10) as source:
        assert image_hash(source, Format.JPEG) == whole
    assert not whole[1]


_SEEDS = {
    Format.JPEG: _jpeg(),
    Format.PNG: encoded(scene(20, 10), "PNG"),
    Format.WEBP: encoded(scene(20, 10), "WEBP"),
    Format.TIFF: tiff([bytes(160), bytes(320)]),
    Format.HEIC: grid_heif([bytes(50), bytes(60)], exif=bytes(40)),
    Format.DNG: dng(16, 12),
}


@settings(max_examples=150, deadline=None)
@given(
    fmt=st.sampled_from(list(_SEEDS)),
    read_as=st.sampled_from(list(Format)),
    changes=st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, 100_000),
)
def test_hostile_bytes_give_plausible_ranges_or_none(
    fmt: Format, read_as: Format, changes: list[tuple[int, int]], cut: int
) -> None:
    blob = bytearray(_SEEDS[fmt])
    for at, value in changes:
        blob[at % len(blob)] = value
    data = bytes(blob[: len(blob) - cut % 50])
    for target in (fmt, read_as):
        extents = image_extents(BytesSource(data), target)
        if extents is not None:
            assert all(
                offset >= 0 and length > 0 and offset + length <= len(data) for offset, length in extents
            )
            assert sum(length for _, length in extents) <= len(data)


def _exiftool() -> list[str] | None:
    named = os.environ.get("NIVO_EXIFTOOL")
    found = named or shutil.which("exiftool")
    return [found] if found else None


@pytest.mark.skipif(_exiftool() is None, reason="needs exiftool on the path or in NIVO_EXIFTOOL")
def test_exiftools_edits_leave_the_hash_alone(corpus: Path, tmp_path: Path) -> None:
    tool = _exiftool()
    assert tool is not None
    before: dict[Path, tuple[str, int]] = {}
    for path in sorted(corpus.iterdir()):
        if format_of_name(path.name) is None:
            continue
        copy = tmp_path / path.name
        shutil.copyfile(path, copy)
        with PhotoSource(copy) as source:
            digest, whole = image_hash(source, sniff(source.head, copy.name) or Format.RAW)
            if not whole:
                before[copy] = (digest, source.size)
    edits = ["-XMP:Subject=one more keyword", f"-XMP:Description={'x' * 3000}", "-EXIF:UserComment=a comment"]
    command = [*tool, "-q", "-m", "-overwrite_original", *edits, *map(str, before)]
    subprocess.run(command, capture_output=True, check=False)  # it refuses some, with an exit code
    edited = 0
    for copy, (digest, size) in before.items():
        with PhotoSource(copy) as source:
            assert image_hash(source, sniff(source.head, copy.name) or Format.RAW) == (digest, False), (
                copy.name
            )
            edited += source.size != size
    assert edited > 40
