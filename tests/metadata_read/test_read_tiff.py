"""The TIFF walker: orders, variants, sub-directories, and input that means harm."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nivo_tui.metadata.containers.source import from_bytes
from nivo_tui.metadata.containers.tiff import read_header, read_tiff

from .read_builders import ASCII, LONG, RATIONAL, SHORT, tiff


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_values_and_directories_are_read_in_both_orders_and_sizes(order: str, big: bool) -> None:
    data = tiff(
        {0x100: (LONG, 70_000), 0x10F: (ASCII, "A maker of cameras"), 0x102: (SHORT, [8, 8, 8])},
        exif={0x829D: (RATIONAL, "2.8")},
        gps={0: (1, b"\2\3\0\0")},
        subs=[{0x100: (LONG, 10)}, {0x100: (LONG, 20)}],
        pages=[{0x100: (LONG, 30)}],
        order=order,
        big=big,
    )
    structure = read_tiff(from_bytes(data))
    assert structure is not None
    assert [ifd.kind for ifd in structure.ifds] == ["page", "sub", "sub", "exif", "gps", "page"]
    main = structure.ifds[0]
    assert main.text(0x10F) == "A maker of cameras"
    assert main.numbers(0x102) == (8, 8, 8)
    assert main.integer(0x100) == 70_000
    assert [ifd.integer(0x100) for ifd in structure.ifds if ifd.kind == "sub"] == [10, 20]
    exif = structure.first("exif")
    assert exif is not None and exif.number(0x829D) == pytest.approx(2.8)


@pytest.mark.parametrize("head", [b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"II*\0", b"MM\0*"])
def test_variants_of_the_magic(head: bytes) -> None:
    assert read_header(from_bytes(head + b"\0\0\0\x08" + b"\0" * 8)) is not None


@pytest.mark.parametrize(
    "head", [b"", b"II", b"II*\0\x08", b"IM*\0aaaabbbb", b"II\0*aaaabbbb", b"II+\0\4\0\0\0aaaaaaaa"]
)
def test_what_is_no_tiff_gives_none(head: bytes) -> None:
    assert read_tiff(from_bytes(head)) is None


def test_pages_are_left_out_on_request() -> None:
    data = tiff({0x100: (LONG, 1)}, exif={}, pages=[{0x100: (LONG, 2)}])
    structure = read_tiff(from_bytes(data), pages=False)
    assert structure is not None
    assert [ifd.kind for ifd in structure.ifds] == ["page", "exif"]


def test_a_loop_of_directories_ends() -> None:
    ifd = struct.pack("<HHHI4sI", 1, 0x100, 4, 1, b"\1\0\0\0", 8)
    structure = read_tiff(from_bytes(b"II*\0\x08\0\0\0" + ifd))
    assert structure is not None and len(structure.ifds) == 1


def test_a_directory_that_is_its_own_exif_directory_ends() -> None:
    ifd = struct.pack("<HHHI4sI", 1, 0x8769, 4, 1, b"\x08\0\0\0", 0)
    structure = read_tiff(from_bytes(b"II*\0\x08\0\0\0" + ifd))
    assert structure is not None and len(structure.ifds) == 1


def test_an_absurd_count_of_values_costs_no_memory() -> None:
    asked: list[int] = []
    ifd = struct.pack("<HHHI4sI", 1, 0x10F, 2, 0xFFFFFFFF, b"\x08\0\0\0", 0)
    data = b"II*\0\x08\0\0\0" + ifd

    def read_at(offset: int, length: int) -> bytes:
        asked.append(length)
        return data[offset : offset + length]

    structure = read_tiff(read_at)
    assert structure is not None
    structure.ifds[0].text(0x10F)
    assert max(asked) <= 64 * 1024


def test_many_directories_full_of_entries_are_bounded() -> None:
    count = 4000
    size = 2 + count * 12 + 4
    row = struct.pack("<HHI4s", 1, 4, 1, b"\0\0\0\0")
    pages = [
        struct.pack("<H", count)
        + b"".join(struct.pack("<H", tag) + row[2:] for tag in range(count))
        + struct.pack("<I", 8 + (page + 1) * size)
        for page in range(40)
    ]
    structure = read_tiff(from_bytes(b"II*\0\x08\0\0\0" + b"".join(pages)))
    assert structure is not None
    assert sum(len(ifd.entries) for ifd in structure.ifds) < 70_000


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0\x10" + b"\0" * 7]),
)
def test_any_bytes_behind_a_header_are_survived(body: bytes, head: bytes) -> None:
    structure = read_tiff(from_bytes(head + body))
    assert structure is not None
    for ifd in structure.ifds:
        for tag in ifd.entries:
            ifd.text(tag), ifd.numbers(tag), ifd.integer(tag), ifd.raw(tag), ifd.location(tag)
